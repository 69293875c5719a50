"""The files that were made of a recording, as its owner gets them: what each is called, and where it lies."""

from dataclasses import dataclass

from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Folder

TRANSCRIPT_TYPES = {
    "json": "application/json",
    "txt": "text/plain",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
}
"""Content type of a transcript's forms, by their ending."""

_NAMES = {"json": "transcript.json", "txt": "transcript.txt", "srt": "captions.srt", "vtt": "captions.vtt"}


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One file: its plain name ("captions.srt"), its key in the output bucket, its content type."""

    name: str
    key: str
    content_type: str


def files(asset: Asset) -> list[ResultFile]:
    """All files that the asset may have: its renditions, and what is there only if its branch came to something."""
    made = [presets.find(rendition.preset) for rendition in asset.renditions]
    renditions = [
        ResultFile(preset.export_name, rendition.key, preset.content_type)
        for preset, rendition in zip(made, asset.renditions, strict=True)
    ]
    texts = [
        ResultFile(_NAMES[ending], transcript_key(asset, ending, len(asset.edits)), content_type)
        for ending, content_type in TRANSCRIPT_TYPES.items()
    ]
    others = [
        ResultFile(name, keys.output_key(asset, folder, ending), content_type)
        for name, folder, ending, content_type in (
            ("speech.wav", keys.Folder.AUDIO, ".wav", "audio/wav"),
            ("analysis.json", Folder.ANALYSIS, ".json", "application/json"),
            ("summary.txt", Folder.SUMMARY, ".txt", "text/plain"),
            ("summary.json", Folder.SUMMARY, ".json", "application/json"),
            ("report.html", Folder.REPORT, ".html", "text/html"),
        )
    ]
    return [*renditions, *texts, *others]


def transcript_key(asset: Asset, ending: str, edition: int) -> str:
    """Where an edition of the transcript lies in the form that `ending` names; 0 is what the engine heard."""
    if edition:
        return keys.file_key(asset.run, Folder.EDITS, f"{asset.edits[edition - 1]}.{ending}")
    return keys.output_key(asset, Folder.TRANSCRIBE if ending == "json" else Folder.CAPTIONS, f".{ending}")
