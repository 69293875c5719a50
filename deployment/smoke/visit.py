"""`make smoke`: goes once through a deployed stage as a user of it does, and says what does not work.

A user of its own signs in, uploads recordings by the public addresses, follows them, and looks into every result; then
all of it is removed. Costs what these few minutes of recording cost, about ten cents.
"""

import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.assets import FINISHED, AssetRef, ReportState, Status
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.settings import Settings
from deployment.errors import DeploymentError
from deployment.smoke import advice, checks, media
from deployment.smoke.advice import Names, Standing
from deployment.smoke.checks import Faults, File
from deployment.smoke.operator import Operator
from deployment.smoke.visitor import Visitor
from deployment.stage import settings_of
from deployment.target import ROOT, Target

SAMPLE = ROOT / "samples" / "debate.mp4"
_TRICKY = "Débat + Q&A"
"""Comes before the name of the file, with a space after it: letters and signs that get lost where a name is not written
as it should be in addresses, keys and messages."""

_RIGHT_SECONDS = 20
_ERASED_WITHIN = 120.0
_CREATED = 201
_OK = 200

Say = Callable[[str], None]


@dataclass(frozen=True)
class Patience:
    """How long to wait for the end of everything, in minutes, and how often to look, in seconds."""

    minutes: float = 30.0
    every: float = 5.0


@dataclass
class Recording:
    """A file that is uploaded: `is_right_only` if it speaks on its right channel only."""

    name: str
    data: bytes
    content_type: str
    is_right_only: bool = False
    asset: dict[str, Any] = field(default_factory=dict)

    @property
    def film(self) -> media.Film | None:
        """What the file is, if it is an MP4."""
        try:
            return media.film(self.data)
        except ValueError:
            return None


def smoke(target: Target, session: boto3.Session, say: Say, file: Path | None, patience: Patience) -> Faults:
    """Go through the stage once. Returns what is wrong, nothing if all is well.

    Raises DeploymentError if it cannot begin.
    """
    settings = settings_of(target, session)
    if settings.api_url is None or settings.user_pool is None:
        raise DeploymentError(f"The stage {target.stage} has no API or no accounts. Deploy it again.")
    names = Names(target.app_name, target.stage)
    operator = Operator(session, settings, names)
    before = operator.standing()
    if unread := advice.wiring(before, names):
        return unread
    if before.is_sandbox:
        say("SES has this account in its sandbox: mails reach confirmed addresses only, and SES's own for tests")
    recordings = [recording_of(file or SAMPLE), *_right_only(say)]
    return Visit(settings, names, operator, say, patience, session.region_name, before).pay(recordings)


def recording_of(path: Path) -> Recording:
    """A file to upload. Raises DeploymentError if it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise DeploymentError(f"FILE cannot be read: {exc}.") from exc
    kind = {".mp4": "video/mp4", ".mov": "video/quicktime", ".mp3": "audio/mpeg", ".wav": "audio/wav"}
    return Recording(f"{_TRICKY} {path.name}", data, kind.get(path.suffix.lower(), "application/octet-stream"))


def _right_only(say: Say) -> Iterator[Recording]:
    """The first seconds of the sample with its speech on the right channel and nothing on the left."""
    try:
        import imageio_ffmpeg
    except ImportError:
        say("NOT LOOKED AT: whether speech on one channel is heard; imageio-ffmpeg is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "right.m4a"
        pan = "aformat=channel_layouts=mono,pan=stereo|c0=0*c0|c1=c0"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-i", str(SAMPLE)]
        command += ["-t", str(_RIGHT_SECONDS), "-vn", "-af", pan, "-c:a", "aac", "-b:a", "96k", str(made)]
        subprocess.run(command, check=True, timeout=60)  # noqa: S603 - our own arguments
        yield Recording(f"{_TRICKY} right.m4a", made.read_bytes(), "audio/mp4", is_right_only=True)


@dataclass
class Visit:
    """One visit of a new user; `faults` gathers what is wrong."""

    settings: Settings
    names: Names
    operator: Operator
    say: Say
    patience: Patience
    region: str
    before: Standing
    faults: Faults = field(default_factory=list)
    owner: str = ""

    def __post_init__(self) -> None:
        api = str(self.settings.api_url).rstrip("/")
        page = urlsplit(self.settings.pages_url or api)
        self.visitor = Visitor(api, f"{page.scheme}://{page.netloc}")

    def pay(self, recordings: Sequence[Recording]) -> Faults:
        """All of it, and away again whatever happened."""
        with self._noting(), self._account(), self._assets(recordings):
            self._follow(recordings)
            for recording in recordings:
                self._look_into(recording)
        with self._noting():
            self.faults += advice.troubles(self.before, self.operator.standing(), self.names)
        return self.faults

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """What ends this early is a fault beside those that were found, and keeps nothing from being done after it."""
        try:
            yield
        except DeploymentError as exc:
            self.faults.append(str(exc))
        except (BotoCoreError, ClientError) as exc:
            self.faults.append(f"AWS says: {exc}")

    # ---- coming and going

    @contextmanager
    def _account(self) -> Iterator[None]:
        # SES takes mail to this address in its sandbox too, delivers it to nobody, and counts no bounce:
        # https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
        email = f"success+smoke-{secrets.token_hex(6)}@simulator.amazonses.com"
        invited_with, password = (f"Aa1-{secrets.token_urlsafe(24)}" for _ in range(2))
        self.operator.invite(email, invited_with)
        try:
            config = self._config()
            if self.settings.pages_url is not None and config.get("sign_in_pages"):
                answer = self.visitor.ask_to_sign_in(config, self.settings.pages_url)
                self.faults += checks.sign_in_pages(answer)
            self.visitor.sign_in(self.operator.token_of(email, invited_with, password))
            self.owner = self.operator.owner_of(email)
            if (self._told("GET", "/me") or {}).get("owner") != self.owner:
                raise DeploymentError("The API does not say who is signed in.")
            self.say("signed in as a new user")
            yield
        finally:
            self._leave(email)

    def _config(self) -> Mapping[str, Any]:
        config: Mapping[str, Any] = self._told("GET", "/config")
        self.faults += checks.unknown_route(self.visitor.call("GET", "/no-such-route"))
        return config

    def _told(self, method: str, path: str, body: object = None, status: int = _OK, what: str | None = None) -> Any:  # noqa: ANN401 - any JSON
        """What the API answers, in JSON; `what` is the path without names. Raises DeploymentError if not as it must."""
        answer = self.visitor.call(method, path, body)
        if faults := checks.answered(answer, status, f"{method} {what or path}", self.names.api_log):
            raise DeploymentError(faults[0])
        return answer.json()

    def _leave(self, email: str) -> None:
        """Have the account erased; and delete by hand what is left of it then."""
        self.say("removing the user and all that is theirs")
        try:
            if self.owner:
                with self._noting():
                    self._erase(email)
        finally:
            with self._noting():
                self.operator.remove_account(email)

    def _erase(self, email: str) -> None:
        """Erase the account as its owner does. Where that is not accepted, an operator asks for the same."""
        if not self._is_accepted():
            self.operator.erase(self.owner)
            self.say("the API did not take it, so the service was told to erase the user by its queue")
        end = time.monotonic() + min(_ERASED_WITHIN, self.patience.minutes * 60)
        while self.operator.has_account(email) and time.monotonic() < end:
            time.sleep(self.patience.every)
        if self.operator.has_account(email):
            self.faults.append(
                "An account that is to be erased is still there: look at the log group "
                f"{self.names.log('on_account')} and at the queue {self.names.queue('account')}."
            )

    def _is_accepted(self) -> bool:
        """Whether the API takes it that its user wants to be erased."""
        with self._noting():
            faults = checks.answered(self.visitor.call("DELETE", "/me"), 202, "DELETE /me", self.names.api_log)
            self.faults += faults
            return not faults
        return False

    @contextmanager
    def _assets(self, recordings: Sequence[Recording]) -> Iterator[None]:
        try:
            for recording in recordings:
                self._upload(recording)
            yield
        finally:
            for recording in recordings:
                if recording.asset:
                    with self._noting():
                        self._remove(recording)

    def _remove(self, recording: Recording) -> None:
        path = f"/assets/{recording.asset['id']}"
        deleted = self.visitor.call("DELETE", path)
        self.faults += checks.answered(deleted, 204, "DELETE /assets/{id}", self.names.api_log)
        gone = self.visitor.call("GET", path)
        left = self.operator.left_of(self._ref(recording))
        if gone.status == _OK or left:
            self.faults.append(
                f"{recording.name} was deleted, and is still there: {', '.join(left) or 'its item'}. Look at the log "
                f"group {self.names.api_log}."
            )

    # ---- uploading

    def _upload(self, recording: Recording) -> None:
        """Announce a recording and send it where the API says. Raises DeploymentError if it does not get there."""
        wanted = {
            "file_name": recording.name,
            "size": len(recording.data),
            "content_type": recording.content_type,
            "language": "en-US",
        }
        told = self._told("POST", "/assets", wanted, _CREATED)
        recording.asset = told["asset"]
        how = told["upload"]
        sent = self._send_form if how["method"] == "post" else self._send_parts
        if faults := sent(recording, how):
            self.faults += faults[:-1]
            raise DeploymentError(faults[-1])
        self.say(f"uploaded {recording.name}")

    def _send_form(self, recording: Recording, how: Mapping[str, Any]) -> Faults:
        url, fields = how["url"], how["fields"]
        what = f"the upload of {recording.name}"
        self.faults += checks.address(url, self.region, "to upload to")
        self.faults += checks.signature(fields, "the form to upload with")
        bucket = self.settings.uploads_bucket
        self.faults += checks.preflight(self.visitor.may("POST", url), what, bucket)
        return checks.stored(self.visitor.send_form(url, fields, recording.name, recording.data), what, bucket)

    def _send_parts(self, recording: Recording, how: Mapping[str, Any]) -> Faults:
        path = f"/assets/{recording.asset['id']}/upload"
        parts = []
        for number in range(1, how["parts"] + 1):
            what = f"part {number} of {recording.name}"
            asked = {"upload_id": how["upload_id"], "parts": [number]}
            told = self.visitor.call("POST", f"{path}/parts", asked)
            if faults := checks.answered(told, _OK, "POST …/upload/parts", self.names.api_log):
                return faults
            (one,) = told.json()["parts"]
            data = recording.data[(number - 1) * how["part_size"] : number * how["part_size"]]
            if number == 1:
                self.faults += checks.signed_address(one["url"], self.region, "to upload parts to")
                may = self.visitor.may("PUT", one["url"])
                self.faults += checks.preflight(may, what, self.settings.uploads_bucket)
            sent = self.visitor.send_part(one["url"], data)
            if faults := checks.stored(sent, what, self.settings.uploads_bucket):
                return faults
            parts.append({"number": number, "etag": sent.headers.get("etag", "")})
        done = self.visitor.call("POST", f"{path}/complete", {"upload_id": how["upload_id"], "parts": parts})
        return checks.answered(done, _OK, "POST …/upload/complete", self.names.api_log)

    # ---- following

    def _follow(self, recordings: Sequence[Recording]) -> None:
        """Wait until all of them have ended and been reported, and no longer than is to be waited."""
        said: dict[str, str] = {}
        end = time.monotonic() + self.patience.minutes * 60
        while time.monotonic() < end:
            for recording in recordings:
                recording.asset = self._asset(recording)
                line = f"{recording.name}: {_stage(recording.asset)}"
                if said.get(recording.name) != line:
                    said[recording.name] = line
                    self.say(line)
            if all(self._is_over(recording) for recording in recordings):
                return
            time.sleep(self.patience.every)

    def _asset(self, recording: Recording) -> dict[str, Any]:
        asset: dict[str, Any] = self._told("GET", f"/assets/{recording.asset['id']}", what="/assets/{id}")
        return asset

    def _is_over(self, recording: Recording) -> bool:
        return Status(recording.asset["status"]) in FINISHED and self._report(recording)[0] is not ReportState.DUE

    def _report(self, recording: Recording) -> tuple[ReportState, bool]:
        """Whether the report has gone, and whether there is an address that it goes to."""
        asset = self.operator.asset(self._ref(recording))
        return (asset.report, asset.options.email is not None) if asset else (ReportState.NONE, False)

    def _ref(self, recording: Recording) -> AssetRef:
        return AssetRef(self.owner, recording.asset["id"])

    # ---- looking

    def _look_into(self, recording: Recording) -> None:
        asset = recording.asset
        if Status(asset["status"]) not in FINISHED:
            now = self.operator.standing()
            self.faults += advice.stuck(asset, now, self.names, self.patience.minutes)
            return
        faults = checks.ended_well(asset)
        if asset["status"] == Status.COMPLETED:
            faults += self._look_into_files(recording)
        if recording.is_right_only:
            self.faults += checks.heard_on_the_right(faults)
        self.faults += faults
        report, has_address = self._report(recording)
        if not has_address or report is not ReportState.DELIVERED:
            self.faults += advice.mail(recording.name, report, has_address, self.operator.standing(), self.names)

    def _look_into_files(self, recording: Recording) -> Faults:
        asset = recording.asset
        listed = self.visitor.call("GET", f"/assets/{asset['id']}/files")
        if faults := checks.answered(listed, _OK, "GET …/files", self.names.api_log):
            return faults
        found = listed.json()["files"]
        listed_names = [one["name"] for one in found]
        faults = checks.all_there(asset, listed_names, bool(self.settings.engines[SUMMARIZING]), recording.film)
        for one in found:
            what = f"{one['name']} of {recording.name}"
            faults += checks.signed_address(one["url"], self.region, f"of {one['name']}")
            answer = self.visitor.fetch(one["url"])
            refused = checks.fetched(answer, what, self.settings.output_bucket)
            file = File(one["name"], one["size"], answer.body)
            faults += refused or checks.as_promised(file, asset, recording.film)
        for path in ("lines", "analysis"):
            answer = self.visitor.call("GET", f"/assets/{asset['id']}/{path}")
            faults += checks.answered(answer, _OK, f"GET …/{path}", self.names.api_log)
        self.say(f"looked into {len(found)} results of {recording.name}")
        return list(dict.fromkeys(faults))


def _stage(asset: Mapping[str, Any]) -> str:
    opened = [
        branch + (f" {state['progress']:.0%}" if state.get("progress") is not None else "")
        for branch, state in asset["branches"].items()
        if state["status"] == "open"
    ]
    return str(asset["status"]) + (f" ({', '.join(opened)})" if opened else "")
