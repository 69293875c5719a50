"""Writes what the service made of a recording into a folder."""

from pathlib import Path

from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Folder
from local.aws import storage
from local.runtime import Runtime

_FROM_OUTPUT = {
    "speech.wav": (keys.Folder.AUDIO, ".wav"),
    "transcript.json": (Folder.TRANSCRIBE, ".json"),
    "transcript.txt": (Folder.CAPTIONS, ".txt"),
    "captions.srt": (Folder.CAPTIONS, ".srt"),
    "captions.vtt": (Folder.CAPTIONS, ".vtt"),
    "analysis.json": (Folder.ANALYSIS, ".json"),
    "summary.txt": (Folder.SUMMARY, ".txt"),
    "summary.json": (Folder.SUMMARY, ".json"),
    "report.html": (Folder.REPORT, ".html"),
}
MAIL = "mail.eml"


def export(asset: Asset, folder: Path, runtime: Runtime) -> list[str]:
    """Write all results of `asset` to `folder`, in place of those of an earlier run. Returns the files' names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*_FROM_OUTPUT, *(preset.export_name for preset in presets.ALL), MAIL):
        (folder / name).unlink(missing_ok=True)
    outputs = runtime.services.outputs
    written = []
    for rendition in asset.renditions:
        name = presets.find(rendition.preset).export_name
        storage.export(outputs.at(rendition.key), folder / name)
        written.append(name)
    for name, (kind, ending) in _FROM_OUTPUT.items():
        key = keys.output_key(asset, kind, ending)
        if outputs.info(key) is not None:
            storage.export(outputs.at(key), folder / name)
            written.append(name)
    for mail in runtime.mail_about(keys.job_name(asset.run, keys.Task.REPORT)):
        (folder / MAIL).write_bytes(mail)
        written.append(MAIL)
    return written
