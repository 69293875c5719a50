"""The files that were made of a recording, as its owner gets them: what each is called, and where it lies."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.domain.tracks import Track


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One file: its plain name ("captions.srt"), its key in the output bucket, its content type."""

    name: str
    key: str
    content_type: str


REPORT = "report.html"

_HEADER = 10
"""Bytes: "WEBVTT" and empty lines. A single cue has more (https://www.w3.org/TR/webvtt1/#syntax)."""


def files(asset: Asset, tracks: Iterable[Track]) -> list[ResultFile]:
    """All files that the asset may have: its renditions, and what is there only if its branch came to something."""
    return [
        *renditions(asset),
        ResultFile("speech.wav", keys.output_key(asset, keys.Folder.AUDIO, ".wav"), "audio/wav"),
        *(file for track in tracks if track.made_of(asset) for file in files_of(track, asset)),
        ResultFile(REPORT, keys.output_key(asset, keys.Folder.REPORT, ".html"), "text/html"),
    ]


def renditions(asset: Asset) -> list[ResultFile]:
    """The files of its renditions."""
    made = ((presets.find(rendition.preset), rendition.key) for rendition in asset.renditions)
    return [ResultFile(preset.export_name, key, preset.content_type) for preset, key in made]


def prefixes(ref: AssetRef, tracks: Iterable[Track]) -> list[str]:
    """Where all begins that was made of an asset: a prefix a folder of the output bucket."""
    folders = (
        *keys.Folder,
        *(preset.name for preset in presets.ALL),
        *(folder for track in tracks for folder in track.folders),
    )
    return [keys.outputs_of(ref, folder) for folder in dict.fromkeys(folders)]


def says_nothing(name: str, size: int) -> bool:
    """Whether a file of `size` bytes is one of captions or cues without any: nobody wants it listed."""
    return name.endswith((".srt", ".vtt")) and size <= _HEADER


def files_of(track: Track, asset: Asset) -> Iterator[ResultFile]:
    """The forms of a track, in its newest edition."""
    for form in track.forms:
        yield ResultFile(form.file_name, track.key(asset, form.ending, asset.edition), form.content_type)
