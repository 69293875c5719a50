"""The command line: `python -m local process FILE …` and `python -m local serve`."""

import argparse
import os
import re
import signal
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console

from chalicelib.api.checked import checked
from chalicelib.api.models.assets import UploadRequest
from chalicelib.domain import names, presets
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import FINISHED, Asset, BranchStatus, Channels, ReportState, Status
from chalicelib.domain.folding import same
from chalicelib.domain.moderation import Policy
from chalicelib.errors import RapporteurError
from chalicelib.letters.wording import Wording
from chalicelib.observability import logger
from chalicelib.pipeline.branches import branches
from chalicelib.seams.registry import SEAMS
from local import options as ai_options
from local.aws import ses
from local.aws.ses import Outgoing
from local.data_folder import is_data_folder
from local.engines import _nudity
from local.export import MAIL, export
from local.mail.postman import send_now
from local.mail.smtp import SmtpServer
from local.models import speakers, vision, whisper
from local.models.weights import COMMAND, Weights
from local.progress import BranchProgress, summary
from local.runtime import GPU_JOB, REGION, SENDER, Runtime, engines, has_one_job, has_whisper

OWNER = "local"
_SERVICE = "service"
"""The folder in `out` that `serve` keeps its data in, if nothing else is said."""

_NOWHERE = "–"
_NOT_HERE = "No administrator decides here: what was made of it is not kept."

_DAY = 24 * 3600.0
_INTERRUPTED = 130
_MISUSED = 2
_LARGEST_PORT = 65535


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0, or non-zero after a sentence that says what is wrong."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(stderr=True)
    try:
        return _process(options, console) if options.command == "process" else _serve(options, console)
    except RapporteurError as exc:
        _say(exc.message, console)
        return _MISUSED
    except KeyboardInterrupt:
        console.print("rapporteur: stopped.")
        return _INTERRUPTED


def _say(sentence: str, console: Console) -> None:
    console.print(f"rapporteur: {_readable(sentence)}", markup=False, highlight=False)


def _readable(name: str) -> str:
    """`name` as it can be written and shown: what Linux has of a file's name that is no UTF-8 becomes U+FFFD."""
    return names.visible(re.sub("[\ud800-\udfff]", "\ufffd", name))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="Rapporteur on this machine, with no account.")
    commands = parser.add_subparsers(dest="command", required=True)
    process = commands.add_parser("process", help="make renditions, a transcript and a report of recordings")
    process.add_argument("files", nargs="+", type=Path, metavar="FILE")
    process.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="results go to DIR/NAME (out)")
    process.add_argument("--language", metavar="CODE", help="what is spoken, such as en-US; found out if not given")
    process.add_argument("--speakers", type=int, metavar="N", help="how many speak; found out if not given")
    process.add_argument("--track", type=int, metavar="N", help="which track of sound to hear, where there are several")
    process.add_argument(
        "--channels",
        choices=[how.value for how in Channels],
        default=Channels.TOGETHER.value,
        help="hear both channels of a call at once (together), or each by itself, as a speaker of its own (separate)",
    )
    process.add_argument(
        "--email", default="owner@rapporteur.example", metavar="ADDRESS", help="whom the report is for"
    )
    known = ", ".join(preset.name for preset in presets.OF_RECORDINGS)
    process.add_argument("--presets", metavar="NAMES", help=f"renditions to make, by name or id, with commas: {known}")
    ai_options.add_to(process)
    serve = commands.add_parser("serve", help="run the service with its pages and its API until Ctrl-C")
    serve.add_argument("--host", default="127.0.0.1", metavar="HOST", help="address to listen at (127.0.0.1)")
    serve.add_argument("--port", type=_port, default=8000, metavar="PORT", help="port to listen at (8000); 0: any")
    serve.add_argument(
        "--data", type=Path, default=Path("out") / _SERVICE, metavar="DIR", help="where all is kept (out/service)"
    )
    serve.add_argument("--no-sample", action="store_true", help="do not begin with samples/debate.mp4")
    for command in (process, serve):
        for seam in SEAMS:
            default = str(seam.on_one_machine).removeprefix("local.engines.")
            told = f"what {seam.does} ({default}): a name or a module{', or none' * seam.is_optional}"
            command.add_argument(f"--{seam.setting.replace('_', '-')}", metavar="ENGINE", help=told)
        command.add_argument("--whisper-model", metavar="MODEL", help="name or folder of a model (Whisper base)")
        command.add_argument(
            "--smtp", type=_smtp, metavar="HOST:PORT", help="send mails over this server too (its password: ~/.netrc)"
        )
        command.add_argument(
            "--report-sender", metavar="ADDRESS", help=f"whom mails are from ({SENDER}); a real server wants yours"
        )
        command.add_argument("--verbose", action="store_true", help="show the service's log")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; one is a number up to {_LARGEST_PORT}.")
    return int(text)


def _smtp(text: str) -> SmtpServer:
    try:
        return SmtpServer.parse(text)
    except RapporteurError as exc:
        raise argparse.ArgumentTypeError(exc.message) from exc


def _serve(options: argparse.Namespace, console: Console) -> int:
    from local.serve import serve  # what a server needs takes a while to load, and `process` has no use for it

    logger.setLevel("DEBUG" if options.verbose else "CRITICAL")
    _check_credentials(options.smtp)
    settings, sample = _settings(options), not options.no_sample
    _say_what_hears(settings, console)
    try:
        serve(options.host, options.port, options.data, settings, sample, console, options.smtp)
    except KeyboardInterrupt:  # how a server is meant to end
        console.print("rapporteur: stopped.")
        return 0


def _settings(options: argparse.Namespace) -> dict[str, str]:
    given = {name: value for name, value in vars(options).items() if value}
    settings = {name.upper(): given[name] for name in ("whisper_model", "report_sender") if name in given}
    for seam in SEAMS:
        if name := given.get(seam.setting):
            is_none = seam.is_optional and name == "none"
            # Where an engine has no dot in its name it is one of this machine's, or else one of the package's.
            is_here = "." not in name and find_spec(f"local.engines.{name}") is not None
            settings[seam.setting.upper()] = "" if is_none else f"local.engines.{name}" if is_here else name
    return settings


def _say_what_hears(settings: Mapping[str, str], console: Console) -> None:
    """Loudly, where what is heard will be much worse than it could be, or where nobody looks who should."""
    used = engines(settings)
    is_one_job = used["TRANSCRIBER"] == GPU_JOB
    missing = []
    if (is_one_job or "TRANSCRIBER" not in settings) and not has_whisper(settings):
        missing.append(_without(whisper.WEIGHTS))
    if (is_one_job or "DIARIZER" not in settings) and not speakers.is_there():
        missing.append(_without(speakers.WEIGHTS))
    if has_one_job(used) and not vision.has(*_nudity.PACKAGES):
        missing.append(f"What looks for sensitive content is not on this machine ({vision.COMMAND} brings it).")
    for sentence in missing:
        console.print(f"!!! {sentence}", style="bold red", highlight=False)


def _without(weights: Weights) -> str:
    return f"{weights.title} is not on this machine ({COMMAND} brings it). {weights.instead}"


def _check_credentials(server: SmtpServer | None) -> None:
    """Better now than when the first mail is due. Raises RapporteurError."""
    if server is not None:
        server.credentials()


def _process(options: argparse.Namespace, console: Console) -> int:
    asked = ai_options.wanted(options)
    requests = [(path, _request(path, options, asked)) for path in options.files]
    ai = AiOptions.from_json(asked)
    folders = _folders(options.out, options.files)
    for folder in folders:
        _check_folder(folder)
    logger.setLevel("DEBUG" if options.verbose else "CRITICAL")
    _check_credentials(options.smtp)
    settings = _settings(options)
    _say_what_hears(settings, console)
    with Runtime(settings) as runtime:
        runtime.services.load_engines()
        branches(runtime.services.settings)
        _say_who_decides(runtime.services.settings.moderation_policy, console)
        uploaded = [
            runtime.upload(path, OWNER, wanted.options(wanted.email, ai=ai), wanted.file_name)
            for path, wanted in requests
        ]
        with BranchProgress(runtime, uploaded, console) as progress:
            _run_to_the_end(runtime, progress)
        by_ref = {asset.ref: asset for asset in runtime.services.store.of_owner(OWNER)}
        assets = [by_ref[asset.ref] for asset in uploaded]
        unwritten = _export(assets, folders, runtime)
        mails = ses.sent(REGION)
    summary(assets, [_readable(f"{folder}/") if folder.is_dir() else _NOWHERE for folder in folders], console)
    faults = [sentence for asset in assets if (sentence := _fault(asset))] + unwritten
    if options.smtp is not None:
        faults += _send(mails, options.smtp, folders, console)
    for sentence in faults:
        _say(sentence, console)
    return 1 if faults else 0


def _say_who_decides(policy: str | None, console: Console) -> None:
    """Before the work, what a policy comes to where no administrator is."""
    if policy is not None and Policy(policy).withholds:
        _say(
            f"with RAPPORTEUR_MODERATION_POLICY={policy}, films and pictures may end as held. Nobody can release them "
            "here: of such a one only the report and the mail are left. `python -m local serve` has administrators.",
            console,
        )


def _request(path: Path, options: argparse.Namespace, asked: Mapping[str, Any]) -> UploadRequest:
    if not path.is_file():
        raise RapporteurError(f"There is no file {path}.")
    values = {
        "file_name": _readable(path.name),
        "language": options.language,
        "speakers": options.speakers,
        "track": options.track,
        "channels": options.channels,
        "email": options.email,
        "ai_options": asked,
    }
    if options.presets is not None:
        values["presets"] = tuple(name.strip() for name in options.presets.split(",") if name.strip())
    return checked(UploadRequest, values)


def _run_to_the_end(runtime: Runtime, progress: BranchProgress) -> None:
    runtime.run(progress.update)
    # Nothing runs and nothing waits: what is unfinished now is stuck, so the sweep need not wait for its hour.
    for day in range(1, runtime.services.settings.max_sweeps + 2):
        assets = runtime.services.store.of_owner(OWNER)
        if all(asset.status in FINISHED and asset.report is not ReportState.DUE for asset in assets):
            return
        runtime.pump.fire_schedules(time.time() + day * _DAY)
        runtime.run(progress.update)


def _send(mails: Sequence[Outgoing], server: SmtpServer, folders: Sequence[Path], console: Console) -> list[str]:
    """Send `mails`; a sentence for each that was not taken, with the name of the file in `folders` that holds it."""
    files = [folder / MAIL for folder in folders]
    held = {file.read_bytes(): file for file in files if file.is_file()}
    unsent = send_now(mails, server, lambda sentence: _say(sentence, console))
    return [f"{held.get(mail.raw, 'A mail')} was not sent." for mail in unsent]


def _folders(out: Path, files: Sequence[Path]) -> list[Path]:
    """A folder in `out` for each file's results, named after it.

    A second file of the same name gets a number, and so does one whose folder is a service's.
    """
    folders: list[Path] = []
    taken = {_SERVICE}
    for file in files:
        # "..." and the like are no names of folders; on many machines capitals and Unicode's forms tell no two apart.
        name = stem = names.safe_name(_readable(file.stem).lstrip(" .") or names.NAMELESS)
        number = 2
        while same(name) in taken or is_data_folder(out / name):
            name, number = f"{stem}-{number}", number + 1
        taken.add(same(name))
        folders.append(out / name)
    return folders


def _check_folder(folder: Path) -> None:
    """Better now than when all the work is done. Raises RapporteurError if results cannot be written to `folder`."""
    for place in (folder, *folder.parents):
        if is_data_folder(place):
            raise RapporteurError(f"The folder {place} holds the data of a service. Choose another with --out.")
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if not there.is_dir():
        raise RapporteurError(
            f"Results cannot be written to {folder}: {there} is no folder. Choose another with --out."
        )
    if not os.access(there, os.W_OK | os.X_OK):
        raise RapporteurError(
            f"Results cannot be written to {folder}: nothing may be written to {there}. Choose another with --out."
        )


def _export(assets: Sequence[Asset], folders: Sequence[Path], runtime: Runtime) -> list[str]:
    """Write the results that there are; a sentence for each recording whose cannot be written: the others are."""
    faults = []
    for asset, folder in zip(assets, folders, strict=True):
        try:
            if asset.version:
                export(asset, folder, runtime)
        except OSError as exc:
            faults.append(f"The results of {asset.file_name} could not be written to {folder}: {exc.strerror or exc}.")
    return faults


def _fault(asset: Asset) -> str | None:
    """A sentence if something of the asset did not work."""
    if asset.why is not None:
        how = {Status.REJECTED: "was rejected", Status.HELD: "is held"}.get(asset.status, "has failed")
        said = f"{asset.file_name} {how}: {Wording('en', 'UTC').sentence(asset.why)}"
        return f"{said} {_NOT_HERE}" if asset.status is Status.HELD else said
    if asset.status is not Status.COMPLETED and asset.status is not Status.FAILED:
        return f"{asset.file_name} came to no end; its status is {asset.status.value}."
    failed = [branch for branch, state in asset.branches.items() if state.status is BranchStatus.FAILED]
    if failed:
        return f"{asset.file_name} is {asset.status.value}, but this did not work: {', '.join(failed)}."
    if asset.report not in {ReportState.DELIVERED, ReportState.UNADDRESSED}:
        return f"The report about {asset.file_name} could not be delivered."
    return None
