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
from dataclasses import dataclass, replace
from decimal import Decimal

from chalicelib.domain import keys
from chalicelib.domain.calendar import next_digest
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
from chalicelib.pipeline import consent, dropping, learnt_words, material, rollback, vocabularies
from chalicelib.pipeline import known as knowledge
from chalicelib.pipeline.known import Known, ref_of
from chalicelib.pipeline.measuring import held_out, measure
from chalicelib.pipeline.models import retire, step_back
from chalicelib.seams.seam import OptionalSeam
from chalicelib.seams.training import (
    TRAININGS,
    CostsMoney,
    HearsWith,
    Trained,
    Trainer,
    TrainingJob,
    TrainingSet,
    TrainingStarted,
)
from chalicelib.services import Services

_HOUR = 3600.0
_DAY = 24 * _HOUR
_LONGEST = 7 * _DAY
"""A training that has not ended by then never will."""

_LEAVES_WITHIN = 25 * _DAY
"""A model that holds what was withdrawn is out of use by then, whatever is still being made: thirty days are promised,
and whoever looks after it may be late."""

_TRIES = 5
_MAKING = {ModelState.TRAINING}

_NOT_NEW = Message(
    "too-little-new", "There is too little new to learn from: %(count)s of at least %(least)s recordings."
)
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
    if named.is_look:
        _look(Night(named.scope, named.language, named.due_at, is_look=True), services)
        return
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
        _keep_promises(night.scope, services)
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


def _keep_promises(scope: str, services: Services) -> None:
    """An account that has withdrawn while its models were made has none."""
    if scope != EVERYBODY and services.users.profile(scope).training is None:
        consent.forget(scope, services)


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
    _one_after_the_other(
        lambda seam=seam, trainer=trainer: _train(night, seam.name, trainer, known, now, services)  # type: ignore[misc]
        for seam, trainer in _trainers(services)
    )


def _train(night: Night, name: str, trainer: Trainer, known: Known, now: float, services: Services) -> None:
    called = _name(night)
    ours = _models(night.scope, night.language, name, services)
    mine = next((one for one in ours if one.night == called), None)
    for model in ours:
        if model.state is ModelState.TRAINING:
            _go_on(model, trainer, known, services)
    if mine is None:
        back = _was_brought_back(night, name, services) or rollback.look(night, name, known, now, services)
        reason = None if back else _make(night, called, name, trainer, known, services)
        if reason is not None:
            services.learning.note_night(night.scope, LastNight(night.language, name, now, Outcome.SKIPPED, reason))
    _let_leave(night.scope, night.language, name, services)


def _was_brought_back(night: Night, name: str, services: Services) -> bool:
    last = services.learning.last_night(night.scope, night.language, name)
    return last is not None and last.outcome is Outcome.ROLLED_BACK and last.at >= night.due_at


def _make(night: Night, called: str, name: str, trainer: Trainer, known: Known, services: Services) -> Message | None:
    """Make a model, or say why not."""
    learning, settings = services.learning, services.settings
    ours = _models(night.scope, night.language, name, services)
    if any(model.state is ModelState.TRAINING for model in ours):
        return None  # one after the other: it is made first, and what is new counts for the next
    last = max((model.made_at for model in ours), default=0.0)
    is_shared = night.scope == EVERYBODY
    brought = services.material.total(night.language) if is_shared else Material()
    approved = learning.approved(night.language) if is_shared else []
    new = sum(one.taken_at > last for one in known.values())
    must_leave = any(model.gone_since is not None for model in ours if model.state is ModelState.CURRENT)
    is_asked = must_leave or brought.at > last or any(one.at > last for one in approved)
    if new < settings.training_least_new and not is_asked:
        return _NOT_NEW.of(count=new, least=settings.training_least_new)
    learnt_from = {one: found for one, found in known.items() if not is_held_out(ref_of(one).asset_id)}
    material = _material(night, learnt_from, known, brought, approved, services)
    reason = trainer.hindrance(night.language, material)
    if reason is not None:
        return reason
    if isinstance(trainer, CostsMoney):
        estimate, limit = trainer.estimate(material), settings.training_limit_usd
        by = f"{night.scope}#{night.language}#{name}"
        if not learning.spend(called, by, estimate.quantize(Decimal("0.0001")), limit):
            return _TOO_DEAR.of(estimate_usd=float(estimate), limit_usd=float(limit))
    model = learning.begin(
        night.scope,
        night.language,
        name,
        called,
        recordings=material.recordings,
        words=material.words,
        owners=frozenset(found.taught.owner for found in learnt_from.values()),
        material=material.taught.key,
    )
    _go_on(model, trainer, known, services)
    return None


def _name(night: Night) -> str:
    return str(int(night.due_at))


def _models(scope: str, language: str, trainer: str, services: Services) -> list[Model]:
    return [one for one in services.learning.models(scope, language) if one.ref.trainer == trainer]


def _material(
    night: Night,
    learnt_from: Known,
    known: Known,
    brought: Material,
    approved: Iterable[Approved],
    services: Services,
) -> TrainingSet:
    """What there is to learn from, kept under a name that is made of what is in it: so it never changes."""
    sets = services.material.ready(night.language) if night.scope == EVERYBODY else []
    taught = {
        "brought": sorted(one.id for one in sets),
        "taught": {name: one.taught.to_json() for name, one in sorted(learnt_from.items())},
        "approved": {one.heard: one.written for one in approved},
        "dropped": sorted(services.learning.dropped(night.scope, night.language)),
    }
    document = json.dumps(taught, ensure_ascii=False)
    folder = keys.learning_of(night.scope, night.language)
    place = f"{folder}material/{hashlib.sha256(document.encode()).hexdigest()[:32]}.json"
    services.outputs.write(place, document, "application/json")
    return _set(night.scope, night.language, place, learnt_from, known, brought, services)


def _set(
    scope: str,
    language: str,
    place: str,
    learnt_from: Known,
    known: Known,
    brought: Material,
    services: Services,
) -> TrainingSet:
    # What everybody is taught is words, and no account's text: in that are names.
    is_own = scope != EVERYBODY
    text = knowledge.text_of(scope, language) if is_own else keys.material_of(language)
    return TrainingSet(
        scope,
        services.outputs.at(place),
        services.outputs.at(text),
        len(learnt_from),
        sum(one.words for one in learnt_from.values()) if is_own else brought.words,
        services.outputs.at(keys.material_of(language)) if brought.seconds else None,
        brought.seconds,
        sum(one.seconds for _, one in held_out(scope, known)),
    )


# ---- one model


def _go_on(model: Model, trainer: Trainer, known: Known, services: Services) -> None:
    """Take a model on from where it stands; safe to call again."""
    if model.state is not ModelState.TRAINING:
        return
    if model.artefact is not None:
        _made(model, Trained(model.ref.job_name, model.artefact), trainer, known, services)
        return
    started = _attempt(trainer, _job(model, known, services))
    if isinstance(started, Trained):
        _made(model, started, trainer, known, services)
    elif time.time() - model.made_at > _LONGEST:
        _end(model, ModelState.FAILED, Outcome.FAILED, _TOO_LONG, services)
    else:
        _wait(model, services)


def _wait(model: Model, services: Services) -> None:
    ref = model.ref
    _tell(model, Outcome.TRAINING, None, services)
    services.learning.look_again(ref.scope, ref.language, time.time() + _HOUR)


def _job(model: Model, known: Known, services: Services) -> TrainingJob:
    ref = model.ref
    learnt_from = {one: found for one, found in known.items() if not is_held_out(ref_of(one).asset_id)}
    brought = services.material.total(ref.language) if ref.scope == EVERYBODY else Material()
    material = _set(ref.scope, ref.language, model.material, learnt_from, known, brought, services)
    place = f"{keys.learning_of(ref.scope, ref.language)}{ref.trainer}/{ref.number:06}.json"
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
    """A trainer's service tells that a training has ended. Twice, late, or of a model that is no more: nothing follows.

    It is looked at again in any case, so nothing hangs on its being told.
    """
    ref = ModelRef.of_job(trained.name)
    model = services.learning.model(ref) if ref else None
    if model is not None and not trained.is_of(model.made_at):
        return
    trainer = next((one for seam, one in _trainers(services) if ref and seam.name == ref.trainer), None)
    if model is not None and trainer is not None and model.state is ModelState.TRAINING and model.artefact is None:
        known = knowledge.load(model.ref.scope, model.ref.language, services)
        _made(model, trained, trainer, known, services)
        _let_leave(model.ref.scope, model.ref.language, model.ref.trainer, services)
        _keep_promises(model.ref.scope, services)


def _made(model: Model, trained: Trained, trainer: Trainer, known: Known, services: Services) -> None:
    """A model has been made, or could not be: it is measured, and comes into use if it is better."""
    if trained.artefact is None:
        _end(model, ModelState.FAILED, Outcome.FAILED, trained.failure, services)
        return
    model = replace(model, artefact=trained.artefact)
    if model.gone_since is not None:
        _end(model, ModelState.REFUSED, Outcome.REFUSED, _WITHDRAWN, services)
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
        if time.time() - model.made_at > _LONGEST:
            _end(model, ModelState.FAILED, Outcome.FAILED, _TOO_LONG, services)
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
    _tell(model, outcome, reason, services)
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
            yield lambda name=seam.name: _let_leave(look.scope, look.language, name, services)  # type: ignore[misc]

    _one_after_the_other(steps())
    services.learning.look_no_more(look)
    _keep_promises(look.scope, services)


def _let_leave(scope: str, language: str, name: str, services: Services) -> None:
    """Retire what was made of something that has been withdrawn since: what is in use too, unless a model without it is
    still being made.
    """
    ours = _models(scope, language, name, services)
    is_making = any(model.state is ModelState.TRAINING for model in ours)
    for model in ours:
        if model.gone_since is None or model.state in {ModelState.RETIRED, ModelState.TRAINING}:
            continue
        is_late = time.time() - model.gone_since > _LEAVES_WITHIN
        if model.state is not ModelState.CURRENT or not is_making or is_late:
            _tell(model, Outcome.RETIRED, _WITHDRAWN, services, is_aside=model.state is not ModelState.CURRENT)
            retire(model, services)
