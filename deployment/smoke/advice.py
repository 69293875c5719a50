"""From how things stand to what an operator can do about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.assets import BranchStatus, ReportState, Status
from chalicelib.settings import QUEUES
from deployment.policies import API, lambda_name

_WORKERS = {"urgent": "on_urgent_intake", "jobs": "on_job_notice"}


def worker(queue: str) -> str:
    """The function that works off one of the `QUEUES`."""
    return _WORKERS.get(queue, f"on_{queue}")


@dataclass(frozen=True)
class Names:
    """What things of a stage are called."""

    app: str
    stage: str

    def log(self, function: str) -> str:
        """The log group of one of the functions of `app.py`."""
        return f"/aws/lambda/{lambda_name(self.app, self.stage, function)}"

    def queue(self, name: str) -> str:
        """The name on AWS of one of the `QUEUES`."""
        return f"{self.app}-{self.stage}-{name}"

    @property
    def api_log(self) -> str:
        """The log group of the function behind the API."""
        return self.log(API)


@dataclass(frozen=True)
class Standing:
    """How a stage stands: `messages` wait and `dead` letters lie in each queue, `unread` queues feed no function, these
    `alarms` are on. In the sandbox mail reaches confirmed addresses only; the `sender` may not be confirmed.
    """

    messages: Mapping[str, int] = field(default_factory=dict)
    dead: Mapping[str, int] = field(default_factory=dict)
    unread: Sequence[str] = ()
    alarms: Sequence[str] = ()
    sender: str = ""
    is_confirmed: bool = True
    is_sandbox: bool = False


def wiring(now: Standing, names: Names) -> list[str]:
    """Queues that nobody works off: what gets there waits for ever."""
    return [
        f"Nothing takes messages from the queue {names.queue(queue)}: its mapping to the function "
        f"{lambda_name(names.app, names.stage, worker(queue))} is missing or switched off. Deploy again; if it is "
        "there but disabled: aws lambda update-event-source-mapping --enabled --uuid … "
        for queue in now.unread
    ]


def troubles(before: Standing, now: Standing, names: Names) -> list[str]:
    """What an operator finds in the stage at the end that was not there `before`."""
    said = []
    for queue in QUEUES:
        more = now.dead.get(queue, 0) - before.dead.get(queue, 0)
        if more > 0:
            said.append(
                f"The dead letters of the queue {names.queue(queue)} have become {more} more "
                f"({now.dead[queue]} in all): work on a message broke down each time. Why is in the log group "
                f"{names.log(worker(queue))}; once it is mended, have them worked on again on the page for "
                "administrators."
            )
    said += [f"The alarm {alarm} has gone off since." for alarm in now.alarms if alarm not in before.alarms]
    return said


def stuck(asset: Mapping[str, Any], now: Standing, names: Names, minutes: float) -> list[str]:
    """Where an asset (a view of the API) stands that has not come to its end in `minutes`."""
    name, status = asset["file_name"], asset["status"]
    begin = f"{name} is still {status} after {minutes:g} minutes:"
    if status == Status.AWAITING_UPLOAD:
        return [
            f"{begin} S3 has the file, but the service was not told. The uploads bucket must notify the function "
            f"{lambda_name(names.app, names.stage, 'on_upload')} (deploy again: Chalice sets that); if it does, what "
            f"broke is in the log group {names.log('on_upload')}."
        ]
    if status == Status.QUEUED:
        return [f"{begin} {_in_queue('intake', now, names)}"]
    opened = [branch for branch, state in asset["branches"].items() if state["status"] == BranchStatus.OPEN]
    if "speech" in opened:  # the language waits for it
        opened = [branch for branch in opened if branch != "language"]
    return [f"{begin} its branch {branch} is open. {_at_work(branch, now, names)}" for branch in opened] or [
        f"{begin} no branch is open. Look at the log group {names.log('on_sweep')}."
    ]


def _in_queue(queue: str, now: Standing, names: Names) -> str:
    return (
        f"it waits in the queue {names.queue(queue)} ({now.messages.get(queue, 0)} messages, {now.dead.get(queue, 0)} "
        f"dead letters), which {lambda_name(names.app, names.stage, worker(queue))} works off: look at the log group "
        f"{names.log(worker(queue))}."
    )


def _at_work(branch: str, now: Standing, names: Names) -> str:
    match branch:
        case "renditions":
            return (
                f"Look whether MediaConvert's queue {names.app}-{names.stage} has a job of it that goes on; if it has "
                f"ended, its event was not understood: log group {names.log('on_job_event')}."
            )
        case "speech":
            return (
                "Look whether Transcribe has a job of it that goes on. If there is none, the sound never came, or what "
                f"came of it was not taken in: log groups {names.log('on_job_output')} and {names.log('on_intake')}."
            )
    return f"It waits for its turn: {_in_queue('analysis', now, names)}"


def mail(name: str, report: ReportState, has_address: bool, now: Standing, names: Names) -> list[str]:
    """What is wrong with the report about the recording `name`, if anything is."""
    if not has_address:
        return [
            f"The report about {name} was mailed to nobody: the account's address does not count as verified. Invite "
            "with Name=email_verified,Value=true, as docs/deployment.md has it."
        ]
    if report is ReportState.DELIVERED:
        return []
    log = names.log("on_report")
    said = f"The report about {name} is {report.value}:"
    if not now.is_confirmed:
        return [
            f"{said} SES does not send as {now.sender}, which nobody has confirmed. Follow the link in the mail that "
            "SES sent there, or verify its domain; deploy with another REPORT_SENDER if it is not yours."
        ]
    if report is ReportState.UNDELIVERABLE:
        return [
            f"{said} SES refused the mail for good. Look whether SES has paused sending for this account, and at the "
            f"log group {log}."
        ]
    sandbox = " The account is in the SES sandbox, which sends to confirmed addresses only." if now.is_sandbox else ""
    return [f"{said} {_in_queue('report', now, names)}{sandbox}"]
