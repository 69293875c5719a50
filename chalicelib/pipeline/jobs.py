"""The one door for what engines tell: a job has ended, or has left a file that takes its run on.

The end of a job comes as an event of EventBridge, or as a message of SNS through a queue; a file, as an event of S3.
Each names a run and a task of it, and so a branch, which goes on.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from chalice.app import SQSEvent

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, RunRef
from chalicelib.errors import EngineBusy
from chalicelib.lazy import stage
from chalicelib.observability import about
from chalicelib.pipeline import finish, hold, messages, waiting
from chalicelib.pipeline.branch import Branch, add_notes
from chalicelib.pipeline.branches import branches, of_task
from chalicelib.pipeline.one_after_the_other import one_after_the_other
from chalicelib.pipeline.vision import Vision
from chalicelib.seams.jobs import SNS, JobOutcome
from chalicelib.services import Services


def event(received: Mapping[str, Any], services: Services) -> None:
    """EventBridge tells how a job goes, or a training; only its end matters. Or how a vocabulary stands."""
    if "VocabularyName" in received["detail"]:
        _vocabulary_told(received, services)
        return
    outcomes = services.outcomes_of(received)
    _all_ended(outcomes, services)
    for trained in () if outcomes else services.trainings_of(received):
        _training_ended(trained, services)


def notices(event_of_queue: SQSEvent, services: Services) -> None:
    """SNS tells, through a queue, how jobs go: the same, for services that send no events."""

    def read(body: str) -> tuple[JobOutcome, ...]:
        match json.loads(body):
            case {"Type": "Notification", "Message": str(message)}:
                return services.outcomes_of({"source": SNS, "detail": json.loads(message)})
        raise ValueError("the message is not one of SNS")

    messages.each(event_of_queue, services, read, lambda outcomes: _all_ended(outcomes, services))


_training_ended = stage("pipeline.sittings:training_ended")  # most events are of no training
_vocabulary_told = stage("pipeline.vocabularies:told")  # as above
_cut_ended = stage("pipeline.clips:ended")  # as above
_answer, _leave_open = stage("pipeline.answering:work"), stage("pipeline.answering:give_up")  # as above
_BESIDE_BRANCHES: dict[str, tuple[type, Callable[..., Any], Callable[..., Any]]] = {
    "corrected": (int, stage("pipeline.remaking:work"), stage("pipeline.remaking:give_up")),
    "translated": (str, stage("pipeline.translating:work"), stage("pipeline.translating:give_up")),
    "clip": (str, stage("pipeline.clips:work"), stage("pipeline.clips:give_up")),
}
"""What else comes through the queue of the branches (`waiting.py` sends it), by what its message names: of which kind
that is, what does it, and what gives it up.
"""


def _all_ended(outcomes: Iterable[JobOutcome], services: Services) -> None:
    """The parts of a job have ended. One whose branch breaks down does not keep the others from going on."""
    one_after_the_other(partial(ended, outcome, services) for outcome in outcomes)


def ended(outcome: JobOutcome, services: Services) -> None:
    """A job has ended: its branch goes on."""
    job = keys.parse_job_name(outcome.job_name)
    if job is not None and job.task == keys.Task.CLIP:
        _cut_ended(outcome, job, services)
        return
    branch = of_task(job.task, services.settings) if job else None
    if job is not None and branch is not None:
        add_notes(outcome, job, services)
        _go_on(job.run, branch, lambda asset, heard: branch.job_ended(asset, job, outcome, heard), services)


def output_written(key: str, services: Services) -> None:
    """What stands at `key` was left by a job: its branch goes on."""
    written = keys.parse_output_key(key)
    branch = of_task(written.task, services.settings) if written else None
    if written is not None and branch is not None:
        _go_on(written.run, branch, lambda asset, heard: branch.output_written(asset, written, heard), services)


def turn(event_of_queue: SQSEvent, services: Services) -> None:
    """The turn of some branches has come, a transcript was corrected; or captions are to be translated, a clip is to be
    cut, a question to be answered.
    """

    def on(what: Callable[[Branch, Asset, Services], None]) -> Callable[[tuple[RunRef, str]], None]:
        def do(named: tuple[RunRef, str]) -> None:
            run, name = named
            branch = branches(services.settings).get(name)
            asset = finish.open_branch(run, name, services) if branch else None
            if branch is not None and asset is not None:
                with about(run.asset):
                    what(branch, asset, services.hearing_with(asset.options.transcriber))
                    hold.enforce(run, services)

        return do

    def work(branch: Branch, asset: Asset, services: Services) -> None:
        try:
            branch.work(asset, services)
        except EngineBusy:
            waiting.postpone(asset.run, branch.name, services)

    def give_up(branch: Branch, asset: Asset, services: Services) -> None:
        branch.give_up(asset, services)

    def read(body: str) -> tuple[Callable[[], None], Callable[[], None]]:
        match json.loads(body):
            case {"owner": str(owner), "question": str(question)}:
                return partial(_answer, owner, question, services), partial(_leave_open, owner, question, services)
        run = messages.decode(body)
        for name, (kind, do, leave) in _BESIDE_BRANCHES.items():
            if (what := messages.named_in(body, name, kind)) is not None:
                return partial(do, run, what, services), partial(leave, run, what, services)
        named = messages.branch_of(body)
        return partial(on(work), named), partial(on(give_up), named)

    messages.each(event_of_queue, services, read, lambda do: do[0](), lambda do: do[1]())


def _go_on(run: RunRef, branch: Branch, do: Callable[[Asset, Services], None], services: Services) -> None:
    asset = finish.open_branch(run, branch.name, services)
    if asset is not None:
        try:
            do(asset, services.hearing_with(asset.options.transcriber))
        except EngineBusy:
            waiting.postpone_intake(asset, services)
    if branch.name == Vision.name:
        hold.enforce(run, services)
