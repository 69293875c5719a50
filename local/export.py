"""Writes what the service made of a recording into a folder."""

from pathlib import Path

from chalicelib.domain import files, keys, presets
from chalicelib.domain.assets import Asset
from local.aws import storage
from local.runtime import Runtime

MAIL = "mail.eml"


def export(asset: Asset, folder: Path, runtime: Runtime) -> list[str]:
    """Write all results of `asset` to `folder`, in place of those of an earlier run. Returns the files' names.

    Of one whose results are withheld there are the report and the mail, as of one that was rejected at once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    services = runtime.services
    known = files.files(asset, services.tracks)
    for name in {MAIL, *(preset.export_name for preset in presets.ALL), *(file.name for file in known)}:
        (folder / name).unlink(missing_ok=True)
    report = keys.output_key(asset, keys.Folder.REPORT, ".html")
    wanted = [file for file in known if not asset.is_withheld or file.key == report]
    written = []
    for file in wanted:
        info = services.outputs.info(file.key)
        if info is not None and not files.says_nothing(file.name, info.size):
            storage.export(services.outputs.at(file.key), folder / file.name)
            written.append(file.name)
    for mail in runtime.mail_about(keys.report_name(asset)):
        (folder / MAIL).write_bytes(mail)
        written.append(MAIL)
    return written
