"""AWS Batch as what does one job a run on a machine with a GPU: moderation, transcript, hurtful words and summary.

The program is `container/job.py`; the queues and the job's definition are made by `cloudformation/gpu.yaml`. What
stands behind each seam are the modules `batch_gpu`, which share what is here.

Batch takes the same submission twice without a word, so a run's job is claimed first (`chalicelib/storage/run_jobs.py`)
and found again by its name where whoever submitted it has died since. Two that run at once cost money and harm nothing:
they leave the same at the same keys. API: https://docs.aws.amazon.com/batch/latest/APIReference/Welcome.html
"""

import itertools
import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant, reading
from chalicelib.engines.job_failures import (
    GIVEN_UP,
    LEFT_NOTHING,
    NO_MACHINE,
    STOPPED,
    STOPPED_BY_OWNER,
    ended_of,
    failures,
    lacked_machine,
    noted_in,
    run_job_of,
)
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.message import Message
from chalicelib.observability import logger
from chalicelib.seams.jobs import JobEvents, JobOutcome, Started, UnderWay
from chalicelib.seams.run_job import RunJob
from chalicelib.seams.seam import Seam
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.seams.vision import VISION
from chalicelib.settings import Settings, converted, count, setting, variable
from chalicelib.storage.buckets import ObjectStore
from chalicelib.storage.run_jobs import RunJobRecord, RunJobs
from chalicelib.vision.detections import Detection

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import JobStatusType
    from mypy_boto3_batch.type_defs import JobDetailTypeDef

SERVICES = ("batch",)
NAME = "batch_gpu"
"""What the engines are called that share the job."""

SHARED_JOB = "gpu"
EVENTS = JobEvents("aws.batch", "Batch Job State Change", {"status": ("SUCCEEDED", "FAILED")})
"""https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html; FAILED comes when all tries are used up."""

_SERVICE = "AWS Batch"
_REQUEST = "RAPPORTEUR_JOB"
_SECONDS = "RAPPORTEUR_JOB_SECONDS"
_TOXIC_FROM = "RAPPORTEUR_JOB_TOXIC_FROM"
_PERCENT = 100
_MOST_TOLD = 7_000
"""Characters: ECS takes 8,192 of all that is told to a container with its start, as JSON, in which each quotation mark
of ours counts twice, and Batch adds some variables of its own
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html)."""

_FEWEST_SECONDS = 60
_TO_SAY_WHY = 60
_YOUNG = 60.0
"""Seconds in which whoever has claimed a job may still be about to submit it, and for ListJobs to know of it."""

_KNOWN_LATER = 600.0
"""Seconds, and plenty of them, in which DescribeJobs may not know yet of a job that was submitted
(https://github.com/Netflix/metaflow/pull/543)."""

_WAITING = frozenset({"SUBMITTED", "PENDING", "RUNNABLE"})
_AT_WORK: "tuple[JobStatusType, ...]" = ("RUNNING", "STARTING")
_ENDED: "tuple[JobStatusType, ...]" = ("SUCCEEDED", "FAILED")
START_UP = Decimal(5) / 60
LOADING = Decimal(3) / 60
SHARE_OF_LENGTH = Decimal("0.2")
_LOOKING_SHARE = Decimal("0.03")
"""Hours: of a machine to come and fetch the image, which the next job on it saves; of a job to fetch its weights and
load them; and what an hour of recording takes then, by what others report of WhisperX large-v3 with alignment and
speakers on an A10G or L4, and where it is only looked at. Nothing here has been measured by us."""

_DISK_GB, _DISK_MBPS = 100, 400 - 125
"""Of the machine, as `cloudformation/gpu.yaml` has it: its disk, and what that reads a second beyond what is free."""

_HOURS_A_MONTH = 730

_ARN = r"arn:[^\s,]+"
_TOO_MUCH_TOLD = Message(
    "job-told-too-much",
    "The job cannot be told all that it is to do. Its operator should shorten the kinds of sensitive content.",
)
_LOST = Message("job-lost", "AWS Batch does not know the job any more, and neither did it know one before it.")
_WHOLE_RUNS = Message(
    "only-with-the-run",
    "This is only done in one job with the rest of a recording's work. Processing the file again starts one.",
)
_NOT_OF_DOCUMENTS = Message(
    "not-of-documents", "The job that does this reads films and sound; documents are not given to it."
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set; the stack `gpu` tells most of it."""

    batch_queue: str | None = setting("ARN of the queue of AWS Batch that jobs go to", _ARN, default=None)
    batch_urgent_queue: str | None = setting(
        "ARN of the queue for what is urgent; the usual one when unset", _ARN, default=None
    )
    batch_on_demand_queue: str | None = setting(
        "ARN of a queue whose machines are not Spot, for jobs that no machine came for; none when unset",
        _ARN,
        default=None,
    )
    batch_job_definition: str | None = setting("ARN of the definition of the job", _ARN, default=None)
    batch_timeout_factor: int = count("times the recording's length that a job may run, beside the least", 2)
    batch_least_seconds: int = converted(
        "seconds that any job may run, from 60", "[6-9][0-9]|[1-9][0-9]{2,6}", int, 1800
    )
    batch_waits_minutes: int = count(
        "minutes that a job may wait while no machine works off its queue; looked at by the hourly sweep", 30
    )

    @property
    def queues(self) -> tuple[str, ...]:
        """All queues that jobs may be in."""
        named = (self.batch_queue, self.batch_urgent_queue, self.batch_on_demand_queue)
        return tuple(dict.fromkeys(queue for queue in named if queue))

    def queue_for(self, job: RunJob) -> str:
        """Where a job goes first."""
        return (self.batch_urgent_queue if job.urgent else None) or self.queues[0]


TASKS: Mapping[Seam[Any], str] = {
    VISION: Detection.MODERATION.value,
    TRANSCRIPTION: keys.Task.TRANSCRIPT.value,
    TOXICITY: keys.Task.TOXICITY.value,
    SUMMARIZING: keys.Task.SUMMARY.value,
}
"""The task that the part of a job is named after which stands for each seam."""


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`. What the job itself may is its role's matter (`cloudformation/gpu.yaml`)."""
    options = settings.options(Options)
    definition = options.batch_job_definition
    if definition is None:  # `create` says what is missing
        return EngineGrants()
    remembering = Grant(
        ("dynamodb:GetItem", "dynamodb:UpdateItem"), (place.arn("dynamodb", f"table/{settings.idempotency_table}"),)
    )
    # Our jobs bear a tag, since by nothing else could those be told that we may stop from all others of the account.
    ours = _tag(definition)
    jobs = place.arn("batch", "job/*")
    # Any revision: while a deployment is under way, a function may do what the next is to do, and submit the last one.
    revisions = f"{_without_revision(definition)}:*"

    def submitting(*queues: str) -> tuple[Grant, ...]:
        resources = (revisions, *queues, jobs)
        tagging = Grant(("batch:TagResource",), resources, _equal("aws:RequestTag", ours))
        return Grant(("batch:SubmitJob",), resources), tagging

    looking = Grant(("batch:DescribeJobs", "batch:ListJobs"), ANYTHING)
    finding = Grant(("batch:ListJobs",), ANYTHING)
    ending = Grant(("batch:TerminateJob",), (jobs,), _equal("aws:ResourceTag", ours))
    other = options.batch_on_demand_queue
    elsewhere = (*submitting(other), finding, ending) if other else ()
    tasks = [task for seam, task in TASKS.items() if settings.engines.get(seam) == NAME]
    folders = (keys.Folder.RUN_JOB.value, *(f"jobs/{task}" for task in tasks))
    left = tuple(grant for one in folders for grant in reading(place, settings.output_bucket, f"{keys.prefix(one)}*"))
    return EngineGrants(
        work=(remembering, *submitting(*options.queues), looking, ending, *left),
        events=(remembering, *elsewhere, *left),
        cancelling=(Grant(("dynamodb:UpdateItem",), remembering.resources), finding, ending),
        going_on=(),  # it is started with the run, and by what is left of it nobody starts anything
    )


def _tag(definition: str) -> dict[str, str]:
    """What the jobs of a stage are tagged with: the name of their definition, which is that stage's own."""
    return {"rapporteur-job": _without_revision(definition).rpartition("/")[2]}


def _equal(kind: str, tags: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {"StringEquals": {f"{kind}/{name}": value for name, value in tags.items()}}


def _without_revision(definition: str) -> str:
    name, _, revision = definition.rpartition(":")
    return name if revision.isdigit() else definition


def require_transcriber(settings: Settings, seam: Seam[Any]) -> None:
    """For what is made of the transcript in the same job. Raises SettingsError if another engine transcribes."""
    if settings.engines.get(TRANSCRIPTION) != NAME:
        raise SettingsError(
            f"{variable(seam.setting)} is {NAME}, which works on the transcript that the same job makes: "
            f"{variable(TRANSCRIPTION.setting)} has to be {NAME} too."
        )


def not_of_documents() -> EngineFailed:
    """What an engine raises that is asked by itself for what it makes of a transcript in its job."""
    return EngineFailed(_NOT_OF_DOCUMENTS)


def not_by_itself() -> EngineFailed:
    """What an engine raises that is asked for a job of its own: so after a deployment has changed its engines."""
    return EngineFailed(_WHOLE_RUNS)


def hours(media: MediaInfo, *, is_heard: bool) -> Charges:
    """What a job takes, from above: no machine is warm."""
    share = SHARE_OF_LENGTH if is_heard else _LOOKING_SHARE
    return of_machine(START_UP + LOADING + share * math.ceil(media.duration) / 3600)


def of_machine(hours: Decimal, kind: str = "ec2.gpu_spot_hour") -> Charges:
    """So many hours of a machine with a GPU, its address, and its disk."""
    months = hours / _HOURS_A_MONTH
    disk = {"ebs.gp3_gb_month": _DISK_GB * months, "ebs.gp3_mbps_month": _DISK_MBPS * months}
    return {kind: hours, "ec2.public_ip_hour": hours, **disk}


def is_heard(work: PaidWork) -> bool:
    """Whether a job of this kind transcribes, and so is charged for there."""
    media, by = work.asset.media, work.settings.engines.get(TRANSCRIPTION)
    is_paid = work.transcript is not None or work.is_transcribing
    return by == NAME and is_paid and media is not None and media.audio is not None


@dataclass(frozen=True)
class BatchJobs:
    """Starts the job of a run, and tells how it stands: what all engines have in common that share it."""

    aws: Aws
    options: Options
    bucket: str
    table: str
    toxic_from: float
    shared_job: str = SHARED_JOB

    @classmethod
    def of(cls, context: EngineContext) -> Self:
        """That of a deployment. Raises SettingsError if it has no queue or no definition of the job."""
        settings = context.settings
        options = settings.options(Options)
        for name in ("batch_queue", "batch_job_definition"):
            if getattr(options, name) is None:
                raise SettingsError(
                    f"{variable(name)} is not set: the engine {NAME} needs the ARN that the stack gpu has of it "
                    "(make deploy GPU=on)."
                )
        toxic_from = settings.toxicity_confidence / _PERCENT
        return cls(context.aws, options, settings.output_bucket, settings.idempotency_table, toxic_from)

    @property
    def _outputs(self) -> ObjectStore:
        return ObjectStore(self.aws.s3, self.bucket)

    @property
    def _known(self) -> RunJobs:
        return RunJobs(self.aws.dynamodb, self.table)

    # ---- starting

    def start_run(self, job: RunJob, part: str) -> Started:
        """See `SharesJob`."""
        known = self._known.get(job.name)
        if known is not None and known.is_stopped:
            return self._outcome(part, known, {}) or JobOutcome(part, failure=STOPPED)
        if known is None:
            parts = ((name, place.key) for name, place in job.parts)
            return self._submit(
                job.name, self._known.claim(job.name, self.options.queue_for(job), parts, self._asked(job))
            )
        if known.job_id is None:
            return None if self._take_over(job.name, known) is None else self.start_run(job, part)
        with of_service(_SERVICE):
            told = self.aws.batch.describe_jobs(jobs=[known.job_id])["jobs"]
        if told:
            return self._standing(job.name, part, known, told[0])
        if time.time() - known.claimed_at < _KNOWN_LATER:
            return UnderWay.UNDER_WAY
        if known.was_lost:
            return self._outcome(part, known, {}) or JobOutcome(part, failure=_LOST)
        return self._submit(job.name, self._known.claim_again(job.name, known, known.queue, lost=True))

    def _take_over(self, name: str, known: RunJobRecord) -> RunJobRecord | None:
        """Somebody has claimed the job, and has not noted what it is called: they may be about to, or have died.

        Returns what is known of the job that they have submitted; None if it had to be submitted.
        """
        if time.time() - known.claimed_at < _YOUNG:
            raise EngineBusy
        found = next(self._find(name, known), None)
        if found is None:
            self._submit(name, self._known.claim_again(name, known, known.queue))
            return None
        job_id, queue = found
        noted = self._known.note(name, known.turn, job_id, queue)
        if noted is None:
            raise EngineBusy
        return noted

    def _standing(self, name: str, part: str, known: RunJobRecord, told: "JobDetailTypeDef") -> Started:
        status, other = told["status"], self._other_queue(known)
        if status in _ENDED:
            if other is not None and lacked_machine(ended_of(told, {})):
                return self._submit(name, self._known.claim_again(name, known, other))
            return self._outcome(part, known, told)
        if status not in _WAITING or _waited(told) < self._longest_wait or self._moves(known.queue):
            return UnderWay.UNDER_WAY
        if other is None:
            self._end(told["jobId"], GIVEN_UP)
            return self._outcome(part, known, {}) or JobOutcome(part, failure=NO_MACHINE)
        return self._submit(name, self._known.claim_again(name, known, other))

    @property
    def _longest_wait(self) -> float:
        """Seconds in which some machine has to have come."""
        return 60.0 * self.options.batch_waits_minutes

    def _moves(self, queue: str) -> bool:
        """Whether machines work off what is in `queue`, or lately did: who waits in it then only waits its turn."""
        options, lately = self.options, 1000 * (time.time() - self._longest_wait)
        is_other = queue == options.batch_on_demand_queue
        # The urgent queue and the usual one have the same machines.
        beside = [one for one in options.queues if (one == options.batch_on_demand_queue) is is_other]
        for status, one in itertools.product((*_AT_WORK, *_ENDED), beside):
            with of_service(_SERVICE):
                for page in self.aws.batch.get_paginator("list_jobs").paginate(jobQueue=one, jobStatus=status):
                    for found in page["jobSummaryList"]:
                        if status in _AT_WORK or (found.get("startedAt") and found.get("stoppedAt", 0) > lately):
                            return True
        return False

    def _other_queue(self, known: RunJobRecord) -> str | None:
        """Where a job may be tried that no Spot machine could be had for; None if there is no such queue left."""
        other = self.options.batch_on_demand_queue
        return None if other == known.queue else other

    def _submit(self, name: str, claimed: RunJobRecord | None) -> Started:
        """Submit a job that was `claimed`; None if somebody else has it, who is just about to."""
        if claimed is None:
            raise EngineBusy
        try:
            for job_id in claimed.gone:  # of which nothing is wanted: whoever left them there may have died before this
                self._end(job_id, GIVEN_UP)
            with of_service(_SERVICE):
                submitted = self.aws.batch.submit_job(**self._request(name, claimed))
        except (ClientError, EngineFailed, EngineBusy):
            self._known.release(name, claimed.turn)
            raise
        noted = self._known.note(name, claimed.turn, submitted["jobId"], claimed.queue)
        if noted is None or noted.is_stopped:
            self._end(submitted["jobId"], STOPPED_BY_OWNER)
        return None

    def _request(self, name: str, claimed: RunJobRecord) -> dict[str, Any]:
        return {
            "jobName": _abroad(name),
            "jobQueue": claimed.queue,
            "jobDefinition": self.options.batch_job_definition or "",
            "tags": _tag(self.options.batch_job_definition or ""),
            **json.loads(claimed.asked),
        }

    def _asked(self, job: RunJob) -> str:
        """What is asked for whenever this job is submitted, as JSON: with as many terms as there is room to tell of."""
        options = self.options
        seconds = max(_FEWEST_SECONDS, options.batch_least_seconds) + options.batch_timeout_factor * math.ceil(
            job.media.duration
        )
        told = self._told(job, seconds)
        while len(json.dumps(told)) > _MOST_TOLD:
            if job.transcription is None or not job.transcription.terms:
                raise EngineFailed(_TOO_MUCH_TOLD)
            fewer = replace(job.transcription, terms=job.transcription.terms[:-1])
            job = replace(job, transcription=fewer)
            told = self._told(job, seconds)
        return json.dumps({"containerOverrides": told, "timeout": {"attemptDurationSeconds": seconds}})

    def _told(self, job: RunJob, seconds: int) -> dict[str, Any]:
        variables = {
            _REQUEST: json.dumps(job.to_json(), separators=(",", ":")),
            # The program ends itself a little before Batch would: it can still say why.
            _SECONDS: str(max(seconds - _TO_SAY_WHY, _FEWEST_SECONDS)),
            _TOXIC_FROM: str(self.toxic_from),
        }
        return {"environment": [{"name": name, "value": value} for name, value in variables.items()]}

    def _find(self, name: str, known: RunJobRecord) -> Iterator[tuple[str, str]]:
        """The jobs that Batch has by this name, the newest of each queue first, and their queues; none that is gone.

        With a filter Batch lists those of any status (https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html).
        """
        wanted = _abroad(name)
        for queue in self.options.queues:
            with of_service(_SERVICE):
                pages = self.aws.batch.get_paginator("list_jobs").paginate(
                    jobQueue=queue, filters=[{"name": "JOB_NAME", "values": [wanted]}]
                )
                for page in pages:
                    for found in page["jobSummaryList"]:
                        if found["jobName"] == wanted and found["jobId"] not in known.gone:  # its filter sees no case
                            yield found["jobId"], queue

    def _end(self, job_id: str, reason: str) -> None:
        """Stop a job in whatever state it is; one that has ended, or is not known, stays as it is.

        What Batch has forgotten has no tag any more, so that AWS may say that we have no leave.
        """
        try:
            with of_service(_SERVICE):
                self.aws.batch.terminate_job(jobId=job_id, reason=reason)
        except EngineFailed as exc:
            code = code_of(exc.__cause__) if isinstance(exc.__cause__, ClientError) else ""
            if code not in {"ClientException", "AccessDeniedException"}:
                raise
            if code == "AccessDeniedException":
                logger.error("a job could not be stopped: no leave", extra={"job": job_id})

    # ---- how it ends

    def cancel(self, name: str, source: S3Object) -> None:
        """See `CancelsJobs`. Whichever part is named, the whole job is stopped, and never submitted again."""
        part = keys.parse_job_name(name)
        if part is None:
            return
        whole = keys.job_name(part.run, self.shared_job)
        known = self._known.stop(whole)
        if known.turn == 0:
            return
        jobs = {*known.gone, *([known.job_id] if known.job_id else (job for job, _ in self._find(whole, known)))}
        for job_id in sorted(jobs):
            self._end(job_id, STOPPED_BY_OWNER)

    def read_event(self, event: Mapping[str, Any]) -> tuple[JobOutcome, ...] | None:
        """An outcome for each part that a "Batch Job State Change" says will not come; none for those that are there.

        Where it only lacked a Spot machine, the job is submitted to the other queue at once, and nothing has ended.
        Shape: https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html
        """
        detail = event["detail"]
        job = run_job_of(detail)
        if (
            job is None
            or job.task != self.shared_job
            or detail.get("status") not in _ENDED
            or detail.get("jobQueue") not in self.options.queues
        ):
            return None
        name = keys.job_name(job.run, self.shared_job)
        known = self._known.get(name)
        if known is None or known.is_stopped or known.turn == 0:
            return ()
        job_id = str(detail.get("jobId", ""))
        if job_id in known.gone:
            if known.job_id is None and lacked_machine(ended_of(detail, {})):
                self._take_over(name, known)  # who was to submit it elsewhere has died, and the event comes again
            return ()
        if known.job_id not in {None, job_id}:
            return ()
        missing = [one for one in self._outcomes(known, detail, known.parts) if one.failure is not None]
        other = self._other_queue(known) if missing and lacked_machine(ended_of(detail, {})) else None
        if other is None:
            return tuple(missing)
        noted = known if known.job_id else self._known.note(name, known.turn, job_id, detail["jobQueue"])
        claimed = noted and self._known.claim_again(name, noted, other)
        try:
            if claimed is not None:  # else somebody else has claimed it, or it was stopped
                self._submit(name, claimed)
        except EngineFailed as exc:
            return tuple(JobOutcome(one.job_name, failure=exc.failure) for one in missing)
        return ()

    def progress(self, name: str) -> float | None:
        """See `TellsProgress`: the job writes down itself how far it is, and a look at that is as good as free."""
        part = keys.parse_job_name(name)
        told = self._outputs.read(keys.file_key(part.run, keys.Folder.RUN_JOB, "progress.json")) if part else None
        done = noted_in(told).get("done")
        return float(done) if isinstance(done, int | float) and 0 <= done <= 1 else None

    def _outcome(self, part: str, known: RunJobRecord, told: Mapping[str, Any]) -> JobOutcome | None:
        """How a part of the job has ended, of which Batch has `told`; None if nothing was told and it is not there."""
        if part not in known.parts:
            return JobOutcome(part, failure=LEFT_NOTHING) if told else None
        outcome = next(self._outcomes(known, told, (part,)))
        return outcome if told or outcome.failure is None else None

    def _outcomes(
        self, known: RunJobRecord, told: Mapping[str, Any], parts: "tuple[str, ...] | Mapping[str, str]"
    ) -> Iterator[JobOutcome]:
        outputs = self._outputs
        noted: Mapping[str, Any] | None = None
        for name in parts:
            named = keys.parse_job_name(name)
            if named is None or outputs.info(known.parts[name]) is not None:
                yield JobOutcome(name)
                continue
            if noted is None:
                noted = noted_in(outputs.read(keys.file_key(named.run, keys.Folder.RUN_JOB, "failure.json")))
            yield JobOutcome(name, failure=failures((named.task,), ended_of(told, noted))[named.task])


def _abroad(name: str) -> str:
    """A job's name as Batch takes it."""
    return name.replace(".", "_")


def _waited(told: "JobDetailTypeDef") -> float:
    """Seconds that a job has waited for a machine: since it came, or since it lost the last one."""
    lost = (attempt.get("stoppedAt", 0) for attempt in told.get("attempts", []))
    return time.time() - max(told.get("createdAt", 0), *lost, 0) / 1000
