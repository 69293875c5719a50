"""One model, from its making to its end: made by a job or at once, it is measured, and is used if it is better."""

import time
from collections.abc import Iterable
from dataclasses import replace

from chalicelib.domain import keys
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.learning.models import InUse, LastNight, Model, ModelRef, ModelState, Outcome
from chalicelib.message import Message
from chalicelib.observability import count, logger
from chalicelib.pipeline import lessons, models, training_sets
from chalicelib.pipeline.known import Known
from chalicelib.pipeline.measuring import measure
from chalicelib.pipeline.models import LOOK_AFTER, step_back
from chalicelib.seams.training import (
    TRAININGS,
    ChangesTranscripts,
    ForgetsModels,
    HearsWith,
    Trained,
    Trainer,
    TrainingJob,
    TrainingStarted,
)
from chalicelib.services import Services

_LONGEST = 7 * 24 * 3600.0
"""A training that has not ended by then never will."""

MOST_FAILURES = 3
"""In a row: a training of a service is tried again the next night as often, and then only when there is more."""

_TRIES = 5
_MAKING = {ModelState.TRAINING}

FAILED_AGAIN = Message(
    "training-failed-again",
    "It has failed %(times)s times in a row. It is tried again once there is more to learn from.",
)
_AS_BEFORE = Message("training-as-before", "It does the same as model %(number)s, which was taken out of use again.")
_TOO_LONG = Message("training-too-long", "The training has not come to an end.")
WITHDRAWN = Message("training-withdrawn", "It was made of something that has been withdrawn since.")
_OVERTAKEN = Message("training-overtaken", "Other models came into use while it was measured.")


def go_on(model: Model, trainer: Trainer, known: Known, services: Services) -> None:
    """Take a model on from where it stands; safe to call again. Whatever breaks down, it comes to an end."""
    if model.state is not ModelState.TRAINING:
        return
    try:
        if model.artefact is not None:
            was_made(model, Trained(model.ref.job_name, model.artefact), trainer, known, services)
            return
        started = _attempt(trainer, _job(model, trainer, known, services))
        if isinstance(started, Trained):
            was_made(model, started, trainer, known, services)
            return
    except Exception as exc:
        if not _is_late(model):
            raise
        logger.error("training given up", extra={"error": type(exc).__name__})
    if _is_late(model):
        _give_up(model, trainer, services)
    else:
        _wait(model, services)


def _is_late(model: Model) -> bool:
    return time.time() - model.made_at > _LONGEST


def _give_up(model: Model, trainer: Trainer, services: Services) -> None:
    """Wait no longer. What its job may still make is asked for, and deleted."""
    now = services.learning.model(model.ref) or model
    is_left = now.artefact is None and isinstance(trainer, ForgetsModels)
    if is_left:
        services.learning.look_again(now.ref.scope, now.ref.language, time.time() + LOOK_AFTER)
    _end(replace(now, is_left=is_left), ModelState.FAILED, Outcome.FAILED, _TOO_LONG, services)


def _wait(model: Model, services: Services) -> None:
    ref = model.ref
    tell(model, Outcome.TRAINING, None, services)
    services.learning.look_again(ref.scope, ref.language, time.time() + LOOK_AFTER)


def _job(model: Model, trainer: Trainer, known: Known, services: Services) -> TrainingJob:
    ref = model.ref
    lore = training_sets.lore(ref.scope, ref.language, trainer, known, services)
    material = training_sets.of(ref.scope, ref.language, model.material, lore, services)
    place = f"{keys.model_of(ref.scope, ref.language, ref.trainer, ref.number)}.json"
    material = replace(material, recordings=model.recordings, words=model.words)
    return TrainingJob(ref.job_name, ref, material, services.outputs.at(place), model.made_at)


def _attempt(trainer: Trainer, job: TrainingJob) -> TrainingStarted:
    try:
        return trainer.start(job)
    except EngineFailed as exc:
        return Trained(job.name, failure=exc.failure)
    except EngineBusy:
        return None  # it is asked again in an hour


def came_late(ref: ModelRef, trained: Trained, services: Services) -> None:
    """The job of a model has ended that nobody waits for any more: what it made is deleted."""
    if trained.artefact is not None:
        models.forget(ref.trainer, trained.artefact, services)
    services.learning.note_ended(ref)


def was_made(model: Model, trained: Trained, trainer: Trainer, known: Known, services: Services) -> None:
    """A model has been made, or could not be: it is measured, and comes into use if it is better."""
    if trained.artefact is None:
        _end(model, ModelState.FAILED, Outcome.FAILED, trained.failure, services)
        return
    model = replace(model, artefact=trained.artefact)
    if model.gone_since is not None:
        _end(model, ModelState.REFUSED, Outcome.REFUSED, WITHDRAWN, services)
        return
    if isinstance(trainer, ChangesTranscripts):
        model = replace(model, does=trainer.does(services.outputs.read(trained.artefact) or b""))
        ours = models.of_trainer(model.ref.scope, model.ref.language, model.ref.trainer, services)
        former = next((one for one in ours if one.is_rolled_back and one.does == model.does), None)
        if former is not None:
            _end(model, ModelState.REFUSED, Outcome.REFUSED, _AS_BEFORE.of(number=former.ref.number), services)
            return
    for _ in range(_TRIES):
        before = services.learning.in_use(model.ref.scope, model.ref.language, model.ref.trainer)
        if before is not None and before.number == model.ref.number:
            _taken(model, _former(before), services)  # whoever flipped it died before it was noted
            return
        if _judge(model, before, trainer, known, services):
            return
    _end(model, ModelState.REFUSED, Outcome.REFUSED, _OVERTAKEN, services)


def _former(use: InUse) -> InUse | None:
    return InUse(use.previous, use.previous_artefact or "") if use.previous is not None else None


def _judge(model: Model, before: InUse | None, trainer: Trainer, known: Known, services: Services) -> bool:
    """Measure a model, and have it be in use if it is better. False if another has come into use in the meantime."""
    learning, artefact = services.learning, model.artefact
    assert artefact is not None, "it has been made"
    if isinstance(trainer, HearsWith):
        learning.change(model, _MAKING)
    judged = measure(model, artefact, _measured_against(model, before, services), trainer, known, services)
    if judged is None:
        if _is_late(model):
            _give_up(model, trainer, services)
        else:
            _wait(model, services)
        return True
    model = replace(model, judged=judged)
    if not judged.is_taken:
        logger.info("candidate refused", extra={"verdict": judged.verdict.value})
        _end(model, ModelState.REFUSED, Outcome.REFUSED, None, services)
        return True
    if not learning.change(model, _MAKING):
        return True  # it was taken out of use, or another night has come to an end with it
    if not learning.flip(model.ref, artefact, before):
        return False
    count("ModelsReplaced")
    _taken(model, before, services)
    return True


def _measured_against(model: Model, before: InUse | None, services: Services) -> str | None:
    """The artefact that a candidate has to be better than: none, where what is in use has to leave."""
    if before is None:
        return None
    current = services.learning.model(replace(model.ref, number=before.number))
    return None if current is not None and current.gone_since is not None else before.artefact


def _taken(model: Model, before: InUse | None, services: Services) -> None:
    step_back(model.ref, before, services)
    tell(model, Outcome.TAKEN, None, services)
    if not services.learning.change(replace(model, state=ModelState.CURRENT), _MAKING):
        now = services.learning.model(model.ref)
        if now is not None and now.state is ModelState.RETIRED:
            ref = model.ref
            services.learning.put_out_of_use(ref.scope, ref.language, ref.trainer, ref.number)


def _end(model: Model, state: ModelState, outcome: Outcome, reason: Message | None, services: Services) -> None:
    """It ends without coming into use. What is noted for others comes first: who dies in between does both again."""
    ref, told = model.ref, reason
    if state is ModelState.FAILED and next(one for one in TRAININGS if one.name == ref.trainer).has_jobs:
        ours = models.of_trainer(ref.scope, ref.language, ref.trainer, services)
        failed = failures(one for one in ours if one.ref.number < ref.number) + 1
        if failed < MOST_FAILURES:
            services.learning.make_due(ref.scope, ref.language, lessons.due_next(services))
        else:
            told = FAILED_AGAIN.of(times=failed)
    tell(model, outcome, told, services)
    services.learning.change(replace(model, state=state, reason=reason), _MAKING)


def tell(model: Model, outcome: Outcome, reason: Message | None, services: Services, *, is_aside: bool = False) -> None:
    """Note what has become of a model, for who asks what the last night came to, and for the operators."""
    ref = model.ref
    last = LastNight(ref.language, ref.trainer, time.time(), outcome, reason, ref.number)
    services.learning.note_night(ref.scope, last, is_aside=is_aside)


def failures(ours: Iterable[Model]) -> int:
    """How many in a row have failed, up to now."""
    found = 0
    for model in ours:
        found = found + 1 if model.state is ModelState.FAILED else 0
    return found
