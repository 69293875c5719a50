"""Why a job that did several things for a run has not left all of them, for an owner to read. Pure.

What tells: the code that the program exits with, the file `failure.json` that it leaves, and what AWS Batch says of the
job. `container/README.md` has the codes. Where the program could say nothing, since it was ended from outside, Batch is
believed: https://docs.aws.amazon.com/batch/latest/userguide/troubleshooting.html
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.keys import JobName, Task
from chalicelib.message import Message
from chalicelib.vision.detections import Detection

REJECTED = Message(
    "rejected-by-moderation",
    "Not made: the file was rejected, since it shows what may not be published here.",
)
STOPPED = Message("job-stopped", "The job was stopped before it had done this.")
LEFT_NOTHING = Message("job-left-nothing", "The job has ended well, and yet has not left this.")
_UNREADABLE = Message(
    "job-cannot-read",
    "The job cannot read the file as a film, a picture or a sound: it is damaged, of a format that is not known, or no "
    "longer there.",
)
_SILENT = Message(
    "job-hears-nothing",
    "There is nothing to transcribe: the file has no sound that can be read. Export it again with its sound, "
    "and upload that.",
)
_DENIED = Message(
    "job-denied",
    "The job may not read the file, which is perhaps no longer there, or may not leave what it makes. Its operator "
    "should check the role that it has.",
)
_DISK_FULL = Message("job-disk-full", "The file is larger than the disk of the machine that the job runs on.")
_MEMORY = Message("job-memory", "The file is too much for the machine that the job runs on: its memory was used up.")
_MODELS_MISSING = Message(
    "job-models-missing",
    "The job lacks a model that this needs. Its operator will find in the job's log which it is.",
)
_BAD_REQUEST = Message(
    "job-not-understood",
    "The job does not understand what it was asked for: its image may be older than this deployment. Its operator "
    "will find the reason in the job's log.",
)
_TOO_LONG = Message("job-too-long", "The job was not done within the time that it is given for a file of this length.")
_BROKEN = Message("job-broken", "The job broke down. Its operator will find the reason in the job's log.")
_INTERRUPTED = Message(
    "job-interrupted",
    "The machine that the job ran on was taken away before it had done this. Processing the file again may succeed.",
)
_NO_IMAGE = Message(
    "job-without-image",
    "The job could not be begun: its program or its secrets could not be fetched. Its operator should look at the "
    "image and at the role that fetches it.",
)
_NOT_BEGUN = Message(
    "job-not-begun",
    "The machine could not begin the job's program. Its operator should check that the image is made for the machine's "
    "driver.",
)
_FITS_NOWHERE = Message(
    "job-fits-nowhere",
    "None of the machines that may be used is large enough for the job. Its operator should allow larger ones.",
)
NO_MACHINE = Message(
    "job-without-machine",
    "No machine was to be had for the job in time. Processing the file again later may succeed.",
)

_BY_CODE = {
    "unreadable": _UNREADABLE,
    "silent": _SILENT,
    "rejected": REJECTED,
    "denied": _DENIED,
    "disk-full": _DISK_FULL,
    "memory": _MEMORY,
    "models-missing": _MODELS_MISSING,
    "bad-request": _BAD_REQUEST,
    "too-long": _TOO_LONG,
    "broken": _BROKEN,
    "interrupted": _INTERRUPTED,
}
"""By the code in `failure.json`."""

_TERMINATED = 143
"""What the program ends with where it is told to: by its host, which is taken back, unless Batch says who else did."""

_BY_EXIT = {
    10: _UNREADABLE,
    11: _SILENT,
    12: REJECTED,
    13: _DENIED,
    14: _DISK_FULL,
    15: _MEMORY,
    16: _MODELS_MISSING,
    17: _BAD_REQUEST,
    18: _TOO_LONG,
    137: _MEMORY,  # killed, which is what the host does to whoever uses more than it may
    _TERMINATED: _INTERRUPTED,
}

_OUTSIDE = 125
"""Exit codes from here on are Docker's, of what it could not begin, and those of programs that were ended from outside,
of which they know least themselves."""

STOPPED_BY_OWNER = "Rapporteur: nobody waits for it any more"
GIVEN_UP = "Rapporteur: no machine came for it"
"""What Batch is told, and tells again, of why a job was ended by us."""

_TAKEN_AWAY = r"Host EC2|Spot|instance .*terminated"
_NO_SPOT = re.compile(rf"INSUFFICIENT_INSTANCE_CAPACITY|{_TAKEN_AWAY}", re.IGNORECASE)
_BY_ITSELF = "Essential container in task exited"
_BY_REASON = {
    re.escape(STOPPED_BY_OWNER): STOPPED,
    re.escape(GIVEN_UP): NO_MACHINE,
    r"MISCONFIGURATION|COMPUTE_ENVIRONMENT_MAX_RESOURCE|JOB_RESOURCE_REQUIREMENT": _FITS_NOWHERE,
    r"INSUFFICIENT_INSTANCE_CAPACITY|RUNNABLE": NO_MACHINE,
    r"attempt duration exceeded": _TOO_LONG,
    _TAKEN_AWAY: _INTERRUPTED,
    r"CannotPull|ResourceInitialization|AccessDenied.*secret": _NO_IMAGE,
    r"OutOfMemory": _MEMORY,
    r"Cannot(Start|Create|Inspect)|DockerTimeout": _NOT_BEGUN,
}
"""By what Batch says, in `statusReason` and in the container's `reason`."""

_STEPS = {"transcription": Task.TRANSCRIPT.value, "transcript": Task.TRANSCRIPT.value}
"""What the program calls a part, where that is not the part's task."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What is told of the end of a job: `exit_code` is None where no program of ours has ended, `noted` what its
    `failure.json` holds, `reasons` what Batch says.
    """

    exit_code: int | None
    noted: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


def run_job_of(detail: Mapping[str, Any]) -> JobName | None:
    """The run and the task of the job that Batch tells of, in an event's detail or by DescribeJobs; None if not ours.

    Batch allows no dots in names, and ours have no "_".
    """
    job = keys.parse_job_name(str(detail.get("jobName", "")).replace("_", "."))
    return None if job is None or job.part is not None else job


def ended_of(detail: Mapping[str, Any], noted: Mapping[str, Any]) -> Ended:
    """How the job ended that Batch tells of, as above, where `noted` is what its `failure.json` holds."""
    tries = detail.get("attempts")
    last = tries[-1] if isinstance(tries, list) and tries and isinstance(tries[-1], dict) else {}
    containers = [_mapping(detail.get("container")), _mapping(last.get("container"))]
    codes = (one["exitCode"] for one in containers if isinstance(one.get("exitCode"), int))
    said = [*(one.get("reason") for one in containers), detail.get("statusReason"), last.get("statusReason")]
    return Ended(next(codes, None), noted, tuple(str(one) for one in said if one))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def noted_in(document: bytes | str | None) -> Mapping[str, Any]:
    """What a `failure.json` holds; nothing if there is none, or it is no such document."""
    try:
        noted = json.loads(document) if document is not None else None
    except ValueError:
        noted = None
    return noted if isinstance(noted, dict) else {}


def failures(tasks: Iterable[str], ended: Ended) -> dict[str, Message]:
    """Why the parts with these `tasks` ("moderation", "transcript", "toxicity", "summary") are not there.

    A part's own reason goes before that of the whole. What stopped moderation need not have stopped the rest: of a
    file without sound it has been looked at.
    """
    whole = _of_whole(ended)
    own = _of_parts(ended.noted)
    return {task: _fitting(task, own.get(task, whole)) for task in tasks}


def lacked_machine(ended: Ended) -> bool:
    """Whether nothing is at fault but that no machine came, or that each was taken away: another kind may do."""
    if _by_outside(ended) and _NO_SPOT.search(" ".join(ended.reasons)):
        return True
    # Batch may hear that the program has ended before it hears that its machine is gone.
    return ended.exit_code == _TERMINATED and all(one == _BY_ITSELF for one in ended.reasons)


def _by_outside(ended: Ended) -> bool:
    return ended.exit_code is None or ended.exit_code >= _OUTSIDE


def _of_parts(noted: Mapping[str, Any]) -> dict[str, Message]:
    told = noted.get("parts")
    if not isinstance(told, dict):
        return {}
    return {
        _STEPS.get(str(step), str(step)): failure
        for step, code in told.items()
        if (failure := _of_code(code)) is not None
    }


def _of_code(code: object) -> Message | None:
    """What a code in `failure.json` means. That an earlier try was interrupted says nothing of the last one."""
    return _BY_CODE.get(code) if isinstance(code, str) and code != "interrupted" else None


def _of_whole(ended: Ended) -> Message:
    said = " ".join(ended.reasons)
    if _by_outside(ended):
        for pattern, failure in _BY_REASON.items():
            if re.search(pattern, said, re.IGNORECASE):
                return failure
    if ended.exit_code in _BY_EXIT:
        return _BY_EXIT[ended.exit_code]
    return _of_code(ended.noted.get("code")) or (LEFT_NOTHING if ended.exit_code == 0 else _BROKEN)


def _fitting(task: str, failure: Message) -> Message:
    """A sentence that is true of this part: that there is no sound keeps nobody from looking."""
    return LEFT_NOTHING if failure is _SILENT and task == Detection.MODERATION else failure
