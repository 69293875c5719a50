"""The night: what is new is taken in, models are made of it and measured, and what is better comes into use.

An hourly schedule finds the trainings that are due and queues them; each is for one scope (an account, or everybody)
and one language, and asks each of the trainers (`seams/training.py`). What a trainer's job makes is looked after every
hour, until it is measured; an event of its end makes it sooner. Every step can be done again, and two nights at once
change nothing that one does not. A night in which nothing is made says why.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

from chalicelib.domain import keys
from chalicelib.domain.calendar import day_in, next_digest
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.learning.gate import is_held_out
from chalicelib.learning.models import (
    EVERYBODY,
    Approved,
    InUse,
    LastNight,
    Material,
    Model,
    ModelRef,
    ModelState,
    Night,
    Outcome,
)
from chalicelib.message import Message
from chalicelib.observability import count, logger
from chalicelib.pipeline import consent, dropping, learnt_words, lessons, material, models, rollback, vocabularies
from chalicelib.pipeline import known as knowledge
from chalicelib.pipeline.known import Known, ref_of
from chalicelib.pipeline.measuring import heard_of, measure, to_hear
from chalicelib.pipeline.models import LOOK_AFTER, retire, step_back
from chalicelib.seams.seam import OptionalSeam
from chalicelib.seams.training import (
    TRAININGS,
    ChangesTranscripts,
    CostsMoney,
    ForgetsModels,
    HearsWith,
    LearnsFrom,
    Trained,
    Trainer,
    TrainingJob,
    TrainingSet,
    TrainingStarted,
)
from chalicelib.services import Services

_DAY = 24 * 3600.0
_LONGEST = 7 * _DAY
"""A training that has not ended by then never will."""

_LEAVES_WITHIN = 25 * _DAY
"""A model that holds what was withdrawn is out of use by then, whatever is still being made: thirty days are promised,
and whoever looks after it may be late."""

_LEFT_FOR = 60 * _DAY
"""What a job that nobody waits for may still make is asked for so long."""

_MOST_FAILURES = 3
"""In a row: a training of a service is tried again the next night as often, and then only when there is more."""

_TRIES = 5
_MAKING = {ModelState.TRAINING}

_NOT_NEW = Message(
    "too-little-new", "There is too little new to learn from: %(count)s of at least %(least)s recordings."
)
_NO_NEW_MATERIAL = Message("no-new-material", "No material has been brought since the last model was made.")
_FAILED_AGAIN = Message(
    "training-failed-again",
    "It has failed %(times)s times in a row. It is tried again once there is more to learn from.",
)
_AS_BEFORE = Message("training-as-before", "It does the same as model %(number)s, which was taken out of use again.")
_TOO_DEAR = Message(
    "training-limit", "It would cost about %(estimate_usd)s; the trainings of a night may cost %(limit_usd)s together."
)
_TOO_LONG = Message("training-too-long", "The training has not come to an end.")
_WITHDRAWN = Message("training-withdrawn", "It was made of something that has been withdrawn since.")
_OVERTAKEN = Message("training-overtaken", "Other models came into use while it was measured.")


@dataclass(frozen=True, slots=True)
class Named:
    """A training that is due, as its message names it; or one that is to be looked after (`is_look`)."""

    scope: str
    language: str
    due_at: float
    is_look: bool = False


def collect(now: float, services: Services) -> None:
    """Queue the trainings that are due at `now` (seconds since the epoch). Queued twice, each is done once."""
    url = services.settings.queue_url("learning")
    for night in services.learning.due(now):
        named = {"scope": night.scope, "language": night.language, "due_at": night.due_at}
        body = json.dumps({**named, **({"look": True} if night.is_look else {})})
        services.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
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


def _trainers(services: Services) -> Iterator[tuple[OptionalSeam[Trainer], Trainer]]:
    for seam in TRAININGS:
        trainer = services.engine(seam)
        if trainer is not None:
            yield seam, trainer


def _one_after_the_other(steps: Iterator[Callable[[], object]]) -> None:
    """Do each of them: a trainer that breaks down does not keep the others from their night."""
    errors = []
    for step in steps:
        try:
            step()
        except Exception as exc:  # noqa: BLE001 - raised below
            errors.append(exc)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup("trainers that broke down", errors)


def _train_all(night: Night, known: Known, now: float, services: Services) -> None:
    def steps() -> Iterator[Callable[[], object]]:
        for seam, trainer in _trainers(services):
            yield lambda seam=seam, trainer=trainer: _train(night, seam, trainer, known, now, services)  # type: ignore[misc]
        yield lambda: _clear_up_all(night.scope, night.language, services)

    _one_after_the_other(steps())


def _train(
    night: Night, seam: OptionalSeam[Trainer], trainer: Trainer, known: Known, now: float, services: Services
) -> None:
    called, name = _name(night), seam.name
    ours = _models(night.scope, night.language, name, services)
    mine = next((one for one in ours if one.night == called), None)
    for model in ours:
        if model.state is ModelState.TRAINING:
            _go_on(model, trainer, known, services)
    if mine is None:
        back = _was_brought_back(night, name, services) or rollback.look(night, name, known, now, services)
        reason = None if back else _make(night, called, seam, trainer, known, services)
        if reason is not None:
            services.learning.note_night(night.scope, LastNight(night.language, name, now, Outcome.SKIPPED, reason))


def _was_brought_back(night: Night, name: str, services: Services) -> bool:
    last = services.learning.last_night(night.scope, night.language, name)
    return last is not None and last.outcome is Outcome.ROLLED_BACK and last.at >= night.due_at


@dataclass(frozen=True, slots=True)
class _Lore:
    """What a model may be made of: lessons by recording, with the rules that were `approved`; or what was `brought`."""

    source: LearnsFrom
    lessons: Known
    approved: tuple[Approved, ...] = ()
    brought: Material = field(default_factory=Material)


def _lore(scope: str, language: str, trainer: Trainer, known: Known, services: Services) -> _Lore:
    source, is_shared = trainer.learns_from(scope), scope == EVERYBODY
    if source is LearnsFrom.MATERIAL:
        return _Lore(source, {}, brought=services.material.total(language) if is_shared else Material())
    approved = services.learning.approved(language) if is_shared else []
    taught = {name: one for name, one in known.items() if not is_held_out(ref_of(name).asset_id)}
    return _Lore(source, taught, tuple(approved))


def _make(
    night: Night, called: str, seam: OptionalSeam[Trainer], trainer: Trainer, known: Known, services: Services
) -> Message | None:
    """Make a model, or say why not."""
    learning, settings = services.learning, services.settings
    ours = _models(night.scope, night.language, seam.name, services)
    if any(model.state is ModelState.TRAINING for model in ours):
        return None  # one after the other: it is made first, and what is new counts for the next
    lore = _lore(night.scope, night.language, trainer, known, services)
    place, document = _taught(night, lore, services)
    material = _set(night.scope, night.language, place, lore, services)
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
    _go_on(model, trainer, known, services)
    return None


def _hindrance(
    night: Night,
    seam: OptionalSeam[Trainer],
    trainer: Trainer,
    lore: _Lore,
    known: Known,
    ours: list[Model],
    material: TrainingSet,
    services: Services,
) -> Message | None:
    """Why no model is made: nothing is new, or not enough; or the trainer says so."""
    failed = _failures(ours)
    is_stopped = seam.has_jobs and failed >= _MOST_FAILURES
    counted = [model for model in ours if is_stopped or model.state is not ModelState.FAILED]
    last = max((model.made_at for model in counted), default=0.0)
    must_leave = any(model.gone_since is not None for model in ours if model.state is ModelState.CURRENT)
    if lore.source is LearnsFrom.MATERIAL:
        is_due = must_leave or lore.brought.at > last
        return trainer.hindrance(night.language, material) or (
            None if is_due else _FAILED_AGAIN.of(times=failed) if is_stopped else _NO_NEW_MATERIAL
        )
    new, least = sum(one.taken_at > last for one in known.values()), services.settings.training_least_new
    if new < least and not must_leave and not any(one.at > last for one in lore.approved):
        return _FAILED_AGAIN.of(times=failed) if is_stopped else _NOT_NEW.of(count=new, least=least)
    return trainer.hindrance(night.language, material)


def _failures(ours: Iterable[Model]) -> int:
    """How many in a row have failed, up to now."""
    found = 0
    for model in ours:
        found = found + 1 if model.state is ModelState.FAILED else 0
    return found


def _name(night: Night) -> str:
    return str(int(night.due_at))


def _models(scope: str, language: str, trainer: str, services: Services) -> list[Model]:
    return [one for one in services.learning.models(scope, language) if one.ref.trainer == trainer]


def _taught(night: Night, lore: _Lore, services: Services) -> tuple[str, str]:
    """What a model is made of, as it is kept, and where: under a name that is made of it, so it never changes."""
    is_brought = lore.source is LearnsFrom.MATERIAL and night.scope == EVERYBODY
    sets = services.material.ready(night.language) if is_brought else []
    taught = {
        "brought": sorted(one.id for one in sets),
        "taught": {name: one.taught.to_json() for name, one in sorted(lore.lessons.items())},
        "approved": {one.heard: one.written for one in lore.approved},
        "dropped": sorted(services.learning.dropped(night.scope, night.language)),
    }
    document = json.dumps(taught, ensure_ascii=False)
    name = hashlib.sha256(document.encode()).hexdigest()[:32]
    return f"{_made_of(night.scope, night.language)}{name}.json", document


def _made_of(scope: str, language: str) -> str:
    """Where begins what models are made of."""
    return f"{keys.learning_of(scope, language)}taught/"


def _set(scope: str, language: str, place: str, lore: _Lore, services: Services) -> TrainingSet:
    at, brought = services.outputs.at, lore.brought
    if lore.source is LearnsFrom.MATERIAL:
        folder = at(keys.material_of(language))
        sound = folder if brought.seconds else None
        return TrainingSet(scope, at(place), folder, brought.files, brought.words, sound, brought.seconds)
    words = sum(one.words for one in lore.lessons.values())
    return TrainingSet(scope, at(place), at(knowledge.text_of(scope, language)), len(lore.lessons), words)


# ---- one model


def _go_on(model: Model, trainer: Trainer, known: Known, services: Services) -> None:
    """Take a model on from where it stands; safe to call again. Whatever breaks down, it comes to an end."""
    if model.state is not ModelState.TRAINING:
        return
    try:
        if model.artefact is not None:
            _made(model, Trained(model.ref.job_name, model.artefact), trainer, known, services)
            return
        started = _attempt(trainer, _job(model, trainer, known, services))
        if isinstance(started, Trained):
            _made(model, started, trainer, known, services)
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
    _tell(model, Outcome.TRAINING, None, services)
    services.learning.look_again(ref.scope, ref.language, time.time() + LOOK_AFTER)


def _job(model: Model, trainer: Trainer, known: Known, services: Services) -> TrainingJob:
    ref = model.ref
    lore = _lore(ref.scope, ref.language, trainer, known, services)
    material = _set(ref.scope, ref.language, model.material, lore, services)
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


def made(trained: Trained, services: Services) -> None:
    """A trainer's service tells that a training has ended. Twice, or late: nothing follows. What was made of a model
    that nobody waits for any more is deleted.

    It is looked at again in any case, so nothing hangs on its being told.
    """
    ref = ModelRef.of_job(trained.name)
    trainer = next((one for seam, one in _trainers(services) if ref and seam.name == ref.trainer), None)
    if ref is None or trainer is None:
        return
    with _promises_kept(ref.scope, services):
        model = services.learning.model(ref)
        if model is not None and not trained.is_of(model.made_at):
            return
        if model is None or model.state in {ModelState.RETIRED, ModelState.FAILED}:
            _came_late(ref, trained, services)
        elif model.state is ModelState.TRAINING and model.artefact is None:
            _made(model, trained, trainer, knowledge.load(ref.scope, ref.language, services), services)
            _clear_up(ref.scope, ref.language, ref.trainer, services)


def _came_late(ref: ModelRef, trained: Trained, services: Services) -> None:
    if trained.artefact is not None:
        models.forget(ref.trainer, trained.artefact, services)
    services.learning.note_ended(ref)


def _made(model: Model, trained: Trained, trainer: Trainer, known: Known, services: Services) -> None:
    """A model has been made, or could not be: it is measured, and comes into use if it is better."""
    if trained.artefact is None:
        _end(model, ModelState.FAILED, Outcome.FAILED, trained.failure, services)
        return
    model = replace(model, artefact=trained.artefact)
    if model.gone_since is not None:
        _end(model, ModelState.REFUSED, Outcome.REFUSED, _WITHDRAWN, services)
        return
    if isinstance(trainer, ChangesTranscripts):
        model = replace(model, does=trainer.does(services.outputs.read(trained.artefact) or b""))
        ours = _models(model.ref.scope, model.ref.language, model.ref.trainer, services)
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
    _tell(model, Outcome.TAKEN, None, services)
    if not services.learning.change(replace(model, state=ModelState.CURRENT), _MAKING):
        now = services.learning.model(model.ref)
        if now is not None and now.state is ModelState.RETIRED:
            ref = model.ref
            services.learning.put_out_of_use(ref.scope, ref.language, ref.trainer, ref.number)


def _end(model: Model, state: ModelState, outcome: Outcome, reason: Message | None, services: Services) -> None:
    """It ends without coming into use. What is noted for others comes first: who dies in between does both again."""
    ref, told = model.ref, reason
    if state is ModelState.FAILED and next(one for one in TRAININGS if one.name == ref.trainer).has_jobs:
        before = [one for one in _models(ref.scope, ref.language, ref.trainer, services) if one.ref.number < ref.number]
        failed = _failures(before) + 1
        if failed < _MOST_FAILURES:
            services.learning.make_due(ref.scope, ref.language, lessons.due_next(services))
        else:
            told = _FAILED_AGAIN.of(times=failed)
    _tell(model, outcome, told, services)
    services.learning.change(replace(model, state=state, reason=reason), _MAKING)


def _tell(
    model: Model, outcome: Outcome, reason: Message | None, services: Services, *, is_aside: bool = False
) -> None:
    ref = model.ref
    last = LastNight(ref.language, ref.trainer, time.time(), outcome, reason, ref.number)
    services.learning.note_night(ref.scope, last, is_aside=is_aside)


# ---- what is under way, and what has to leave


def _look(look: Night, services: Services) -> None:
    """Look after what is being made."""
    known = knowledge.load(look.scope, look.language, services)

    def steps() -> Iterator[Callable[[], object]]:
        for seam, trainer in _trainers(services):
            for model in _models(look.scope, look.language, seam.name, services):
                yield lambda model=model, trainer=trainer: _go_on(model, trainer, known, services)  # type: ignore[misc]
        yield lambda: _clear_up_all(look.scope, look.language, services)

    _one_after_the_other(steps())
    services.learning.look_no_more(look)


def _clear_up_all(scope: str, language: str, services: Services) -> None:
    """Of all that has made models here, also where it is switched off by now: what has to go never comes back with
    it.
    """
    found = services.learning.models(scope, language)
    named = {model.ref.trainer for model in found}
    _one_after_the_other(
        lambda name=name: _clear_up(scope, language, name, services)  # type: ignore[misc]
        for name in sorted(named)
    )
    # Whoever died before its model was begun has left what it was to be made of.
    used = {model.material for model in found}
    for place in services.outputs.names(_made_of(scope, language)):
        if place not in used and not _is_young(place, services):
            services.outputs.delete_under(place)


def _is_young(place: str, services: Services) -> bool:
    info = services.outputs.info(place)
    return info is not None and info.written_at > time.time() - _DAY


def _clear_up(scope: str, language: str, name: str, services: Services) -> None:
    """Retire what was made of something that has been withdrawn since: what is in use too, unless a model without it is
    still being made. And delete what nobody needs any more: services keep but so many models.
    """
    ours = _models(scope, language, name, services)
    trainer = models.trainer(name, services)
    is_making = trainer is not None and any(model.state is ModelState.TRAINING for model in ours)
    old = _superseded(ours)
    for model in ours:
        if model.is_left:
            _ask_after(model, trainer, services)
        if model.state in {ModelState.RETIRED, ModelState.TRAINING}:
            continue
        if model.gone_since is not None and (
            model.state is not ModelState.CURRENT or not is_making or time.time() - model.gone_since > _LEAVES_WITHIN
        ):
            _tell(model, Outcome.RETIRED, _WITHDRAWN, services, is_aside=model.state is not ModelState.CURRENT)
            retire(model, services)
        elif model.ref in old:
            retire(model, services)
        elif model.state is ModelState.FAILED and (model.artefact or model.material):
            models.let_go_of(model, services)
            services.learning.note_empty(model.ref)
    if isinstance(trainer, HearsWith):
        _forget_heard(scope, language, name, ours, services)


def _superseded(ours: Iterable[Model]) -> set[ModelRef]:
    """What nobody goes back to: all that were refused or in use before, but the latest of each."""
    refused = [model for model in ours if model.state is ModelState.REFUSED]
    former = sorted(
        (model for model in ours if model.state is ModelState.PREVIOUS), key=lambda model: model.changed_at or 0.0
    )
    return {model.ref for model in (*refused[:-1], *former[:-1])}


def _ask_after(model: Model, trainer: Trainer | None, services: Services) -> None:
    """Delete what has been made of a model that nobody waits for, once its job has ended."""
    if not isinstance(trainer, ForgetsModels):
        return
    ref = model.ref
    standing = trainer.standing(ref.job_name)
    if standing is None or isinstance(standing, Trained):
        _came_late(ref, standing or Trained(ref.job_name), services)
    elif time.time() - model.made_at < _LEFT_FOR:
        services.learning.look_again(ref.scope, ref.language, time.time() + LOOK_AFTER)


def _forget_heard(scope: str, language: str, name: str, ours: Iterable[Model], services: Services) -> None:
    """Delete what was heard to measure models by, of those that are measured no more."""
    there = services.outputs.names(f"{keys.learning_of(scope, language)}{name}/")
    for model in ours:
        place = heard_of(model.ref)
        if model.state is not ModelState.TRAINING and any(one.startswith(place) for one in there):
            services.outputs.delete_under(place)
