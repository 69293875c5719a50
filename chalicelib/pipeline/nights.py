"""The night: what is new is taken in, models are made of it and measured, and what is better comes into use.

An hourly schedule finds the trainings that are due and queues them; each is for one scope (an account, or everybody)
and one language, and asks each of the trainers (`seams/training.py`). What a trainer's job makes is looked after every
hour, until it is measured; an event of its end makes it sooner. Every step can be done again, and two nights at once
change nothing that one does not. A night in which nothing is made says why.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from chalicelib.domain.calendar import day_in, next_digest
from chalicelib.errors import EngineBusy
from chalicelib.learning.models import (
    EVERYBODY,
    LastNight,
    Model,
    ModelRef,
    ModelState,
    Night,
    Outcome,
)
from chalicelib.message import Message
from chalicelib.pipeline import (
    candidates,
    consent,
    dropping,
    learnt_words,
    leaving,
    material,
    messages,
    models,
    rollback,
    training_sets,
    vocabularies,
)
from chalicelib.pipeline import known as knowledge
from chalicelib.pipeline.known import Known
from chalicelib.pipeline.measuring import to_hear
from chalicelib.pipeline.one_after_the_other import one_after_the_other
from chalicelib.seams.seam import OptionalSeam
from chalicelib.seams.training import (
    CostsMoney,
    HearsWith,
    LearnsFrom,
    Trained,
    Trainer,
    TrainingSet,
)
from chalicelib.services import Services

_TRIES = 5

_NOT_NEW = Message(
    "too-little-new", "There is too little new to learn from: %(count)s of at least %(least)s recordings."
)
_NO_NEW_MATERIAL = Message("no-new-material", "No material has been brought since the last model was made.")
_TOO_DEAR = Message(
    "training-limit", "It would cost about %(estimate_usd)s; the trainings of a night may cost %(limit_usd)s together."
)


@dataclass(frozen=True, slots=True)
class Named:
    """A training that is due, as its message names it; or one that is to be looked after (`is_look`)."""

    scope: str
    language: str
    due_at: float
    is_look: bool = False


def collect(now: float, services: Services) -> None:
    """Queue the trainings that are due at `now` (seconds since the epoch). Queued twice, each is done once."""
    for night in services.learning.due(now):
        named = {"scope": night.scope, "language": night.language, "due_at": night.due_at}
        messages.to_learning({**named, **({"look": True} if night.is_look else {})}, services)
    vocabularies.collect(now, services)
    material.collect(now, services)


def train(named: Named, services: Services) -> None:
    """Do what is due, unless it was done."""
    with _promises_kept(named.scope, services):
        if named.is_look:
            _look(Night(named.scope, named.language, named.due_at, is_look=True), services)
        else:
            _night(named, services)


def _night(named: Named, services: Services) -> None:
    for _ in range(_TRIES):
        night = services.learning.night(named.scope, named.language)
        if night is None or night.due_at != named.due_at:
            return
        now = time.time()
        fresh = services.learning.fresh(night.scope, night.language)
        known = knowledge.take_in(night, fresh, now, services)
        if known is None:
            continue  # another night was faster: what it has taken in counts too
        dropping.look(night, known, services)
        _train_all(night, known, now, services)
        dropping.clear(night, services)
        learnt_words.settle(night.scope, night.language, services)
        services.learning.taken_in(night.scope, fresh)
        _settle(night, services)
        return
    raise EngineBusy


def _settle(night: Night, services: Services) -> None:
    """Done with this night; where more was taught in the meantime there is another one."""
    for _ in range(_TRIES):
        if services.learning.settle(night, None):
            return
        latest = services.learning.night(night.scope, night.language)
        if latest is None or latest.due_at != night.due_at:
            return
        following = next_digest(time.time(), services.settings.training_zone, services.settings.training_hour)
        if services.learning.settle(latest, following):
            return


@contextmanager
def _promises_kept(scope: str, services: Services) -> Iterator[None]:
    """Whatever comes of what is done inside: an account that has withdrawn meanwhile has no models, and of one that was
    erased nothing is left.
    """
    try:
        yield
    except Exception:
        _keep_promises(scope, services)
        raise
    _keep_promises(scope, services)


def _keep_promises(scope: str, services: Services) -> None:
    if scope != EVERYBODY and (services.users.profile(scope).training is None or services.users.is_gone(scope)):
        consent.stop(scope, services)
        services.users.take_back_late(scope)


# ---- trainers


def _train_all(night: Night, known: Known, now: float, services: Services) -> None:
    def steps() -> Iterator[Callable[[], object]]:
        for seam, trainer in models.trainers(services):
            yield lambda seam=seam, trainer=trainer: _train(night, seam, trainer, known, now, services)  # type: ignore[misc]
        yield lambda: leaving.clear_up_all(night.scope, night.language, services)

    one_after_the_other(steps())


def _train(
    night: Night, seam: OptionalSeam[Trainer], trainer: Trainer, known: Known, now: float, services: Services
) -> None:
    called, name = _name(night), seam.name
    ours = models.of_trainer(night.scope, night.language, name, services)
    mine = next((one for one in ours if one.night == called), None)
    for model in ours:
        if model.state is ModelState.TRAINING:
            candidates.go_on(model, trainer, known, services)
    if mine is None:
        back = _was_brought_back(night, name, services) or rollback.look(night, name, known, now, services)
        reason = None if back else _make(night, called, seam, trainer, known, services)
        if reason is not None:
            services.learning.note_night(night.scope, LastNight(night.language, name, now, Outcome.SKIPPED, reason))


def _was_brought_back(night: Night, name: str, services: Services) -> bool:
    last = services.learning.last_night(night.scope, night.language, name)
    return last is not None and last.outcome is Outcome.ROLLED_BACK and last.at >= night.due_at


def _make(
    night: Night, called: str, seam: OptionalSeam[Trainer], trainer: Trainer, known: Known, services: Services
) -> Message | None:
    """Make a model, or say why not."""
    learning, settings = services.learning, services.settings
    ours = models.of_trainer(night.scope, night.language, seam.name, services)
    if any(model.state is ModelState.TRAINING for model in ours):
        return None  # one after the other: it is made first, and what is new counts for the next
    lore = training_sets.lore(night.scope, night.language, trainer, known, services)
    place, document = training_sets.made_of(night, lore, services)
    material = training_sets.of(night.scope, night.language, place, lore, services)
    reason = _hindrance(night, seam, trainer, lore, known, ours, material, services)
    if reason is not None:
        return reason
    if isinstance(trainer, CostsMoney):
        if isinstance(trainer, HearsWith):
            material = replace(material, measured_seconds=to_hear(night.scope, night.language, known, services))
        estimate, limit = trainer.estimate(material), settings.training_limit_usd
        by = f"{night.scope}#{night.language}#{seam.name}#{called}"
        # What was missed is made up for on one day: it has the limit of one.
        day = day_in(time.time(), settings.training_zone)
        if not learning.spend(day, by, estimate.quantize(Decimal("0.0001")), limit):
            return _TOO_DEAR.of(estimate_usd=float(estimate), limit_usd=float(limit))
    services.outputs.write(place, document, "application/json")
    model = learning.begin(
        night.scope,
        night.language,
        seam.name,
        called,
        recordings=material.recordings,
        words=material.words,
        material=place,
    )
    candidates.go_on(model, trainer, known, services)
    return None


def _hindrance(
    night: Night,
    seam: OptionalSeam[Trainer],
    trainer: Trainer,
    lore: training_sets.Lore,
    known: Known,
    ours: list[Model],
    material: TrainingSet,
    services: Services,
) -> Message | None:
    """Why no model is made: nothing is new, or not enough; or the trainer says so."""
    failed = candidates.failures(ours)
    is_stopped = seam.has_jobs and failed >= candidates.MOST_FAILURES
    counted = [model for model in ours if is_stopped or model.state is not ModelState.FAILED]
    last = max((model.made_at for model in counted), default=0.0)
    must_leave = any(model.gone_since is not None for model in ours if model.state is ModelState.CURRENT)
    if lore.source is LearnsFrom.MATERIAL:
        is_due = must_leave or lore.brought.at > last
        return trainer.hindrance(night.language, material) or (
            None if is_due else candidates.FAILED_AGAIN.of(times=failed) if is_stopped else _NO_NEW_MATERIAL
        )
    new, least = sum(one.taken_at > last for one in known.values()), services.settings.training_least_new
    if new < least and not must_leave and not any(one.at > last for one in lore.approved):
        return candidates.FAILED_AGAIN.of(times=failed) if is_stopped else _NOT_NEW.of(count=new, least=least)
    reason = trainer.hindrance(night.language, material)
    return training_sets.hindrance(lore) if reason is None and night.scope == EVERYBODY else reason


def _name(night: Night) -> str:
    return str(int(night.due_at))


def made(trained: Trained, services: Services) -> None:
    """A trainer's service tells that a training has ended. Twice, or late: nothing follows. What was made of a model
    that nobody waits for any more is deleted.

    It is looked at again in any case, so nothing hangs on its being told.
    """
    ref = ModelRef.of_job(trained.name)
    trainer = next((one for seam, one in models.trainers(services) if ref and seam.name == ref.trainer), None)
    if ref is None or trainer is None:
        return
    with _promises_kept(ref.scope, services):
        model = services.learning.model(ref)
        if model is not None and not trained.is_of(model.made_at):
            return
        if model is None or model.state in {ModelState.RETIRED, ModelState.FAILED}:
            candidates.came_late(ref, trained, services)
        elif model.state is ModelState.TRAINING and model.artefact is None:
            candidates.was_made(model, trained, trainer, knowledge.load(ref.scope, ref.language, services), services)
            leaving.clear_up(ref.scope, ref.language, ref.trainer, services)


# ---- what is under way


def _look(look: Night, services: Services) -> None:
    """Look after what is being made."""
    known = knowledge.load(look.scope, look.language, services)

    def steps() -> Iterator[Callable[[], object]]:
        for seam, trainer in models.trainers(services):
            for model in models.of_trainer(look.scope, look.language, seam.name, services):
                yield lambda model=model, trainer=trainer: candidates.go_on(model, trainer, known, services)  # type: ignore[misc]
        yield lambda: leaving.clear_up_all(look.scope, look.language, services)

    one_after_the_other(steps())
    services.learning.look_no_more(look)
