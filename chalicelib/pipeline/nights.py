"""The night: what is new is taken in, models are made of it and measured, and what is better comes into use.

An hourly schedule finds the trainings that are due and queues them; each is for one scope (an account, or everybody)
and one language. A night reads what is new and what it knew before, never all recordings: what these have taught lies
in one document a scope, by recording, so that each can be taken out again. Every step can be done again, and two
nights at once change nothing that one does not.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.assets import AssetRef
from chalicelib.errors import EngineFailed
from chalicelib.learning.errors import Errors, errors, tokens
from chalicelib.learning.gate import Heard, Judgement, is_held_out, judge
from chalicelib.learning.lessons import LEAST_CONFIRMED, Lesson
from chalicelib.learning.models import Fresh, InUse, Model, ModelState, Night
from chalicelib.learning.rules import Taught, corrected, taught
from chalicelib.message import Message
from chalicelib.observability import count, logger
from chalicelib.pipeline import lessons, vocabularies
from chalicelib.seams.training import (
    WORDS_TRAINING,
    ChangesTranscripts,
    Trained,
    Trainer,
    TrainingJob,
    TrainingSet,
    TrainingStarted,
)
from chalicelib.services import Services
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage import editions

_KNOWN = "known.json"
_TAUGHT = "taught.json"
_TEXT = "text.txt"
_MOST_MEASURED = 40
"""Held-out recordings that are measured in a night, the latest: more would make it no surer, and read the stock."""

_NOT_NEW = Message(
    "too-little-new", "There is too little new to learn from: %(count)s of at least %(least)s recordings."
)


@dataclass(frozen=True, slots=True)
class Named:
    """A training that is due, as its message names it."""

    scope: str
    language: str
    due_at: float


def collect(now: float, services: Services) -> None:
    """Queue the trainings that are due at `now` (seconds since the epoch). Queued twice, each is done once."""
    url = services.settings.queue_url("learning")
    for night in services.learning.due(now):
        body = json.dumps({"scope": night.scope, "language": night.language, "due_at": night.due_at})
        services.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
    vocabularies.collect(now, services)


def train(named: Named, services: Services) -> None:
    """Do what is due, unless it was done. Raises EngineBusy if a trainer has to wait its turn."""
    night = services.learning.night(named.scope, named.language)
    if night is None or night.due_at != named.due_at:
        return
    fresh = services.learning.fresh(night.scope, night.language)
    known = _take_in(night, fresh, services)
    if len([one for one in fresh if not one.gone]) >= services.settings.training_least_new or _has_gone(fresh):
        trainer = services.engine(WORDS_TRAINING)
        if trainer is not None:
            _make(night, trainer, known, services)
    services.learning.taken_in(night.scope, fresh)
    services.learning.settle(night, None)


def _has_gone(fresh: Iterable[Fresh]) -> bool:
    return any(one.gone for one in fresh)


# ---- what is known


@dataclass(frozen=True, slots=True)
class _Recording:
    """What one recording has taught, and whether it is measured by instead."""

    taught: Taught
    version: int
    edition: int
    words: int
    is_held_out: bool
    at: float

    def to_json(self) -> dict[str, Any]:
        return {
            "taught": self.taught.to_json(),
            "version": self.version,
            "edition": self.edition,
            "words": self.words,
            "held_out": self.is_held_out,
            "at": self.at,
        }

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> "_Recording":
        return _Recording(
            Taught.from_json(values["taught"]),
            values["version"],
            values["edition"],
            values["words"],
            values["held_out"],
            values["at"],
        )


_Known = dict[str, _Recording]
"""By "{owner}/{asset}"."""


def _take_in(night: Night, fresh: Iterable[Fresh], services: Services) -> _Known:
    """What is known once the new lessons are in it, and those that are gone are not."""
    place = keys.learning_of(night.scope, night.language) + _KNOWN
    stored = json.loads(services.outputs.read(place) or b"{}")
    known: _Known = {name: _Recording.from_json(values) for name, values in stored.items()}
    words = corrected(one.taught for one in known.values())
    changed = False
    for one in fresh:
        name = f"{one.owner}/{one.asset_id}"
        known.pop(name, None)
        changed = True
        found = None if one.gone else _lesson(one, services)
        if found is not None:
            known[name] = found(words)
    if changed:
        services.outputs.write_json(place, {name: one.to_json() for name, one in known.items()})
    return known


def _lesson(one: Fresh, services: Services) -> Any:  # noqa: ANN401 - what makes a recording of the words known
    noted = services.learning.lesson(one.owner, one.asset_id)
    if noted is None:
        return None
    stored = services.outputs.read(lessons.key(one.owner, one.asset_id, noted.version))
    if stored is None:
        return None
    lesson = Lesson.load(stored)
    held_out = is_held_out(one.asset_id) and lesson.share >= LEAST_CONFIRMED

    def made(words: frozenset[str]) -> _Recording:
        return _Recording(
            taught(one.owner, lesson, words), noted.version, noted.edition, lesson.confirmed, held_out, noted.at
        )

    return made


# ---- models


def _make(night: Night, trainer: Trainer, known: _Known, services: Services) -> None:
    name = WORDS_TRAINING.name
    learnt_from = {one: found for one, found in known.items() if not is_held_out(one.partition("/")[2])}
    material = _material(night, learnt_from, services)
    if trainer.hindrance(night.language, material) is not None:
        return
    model = services.learning.begin(night.scope, night.language, name, str(int(night.due_at)))
    if model.state is not ModelState.TRAINING:
        return
    model = replace(
        model,
        recordings=material.recordings,
        words=material.words,
        owners=frozenset(found.taught.owner for found in learnt_from.values()),
    )
    place = f"{keys.learning_of(night.scope, night.language)}{name}/{model.ref.number:06}.json"
    job = TrainingJob(_job_name(model), model.ref, material, services.outputs.at(place))
    started = _attempt(trainer, job)
    if isinstance(started, Trained):
        ended(model, started, known, services)


def _attempt(trainer: Trainer, job: TrainingJob) -> TrainingStarted:
    try:
        return trainer.start(job)
    except EngineFailed as exc:
        return Trained(job.name, failure=exc.failure)


def _job_name(model: Model) -> str:
    scope = model.ref.scope.removeprefix("#")
    return f"{scope}.{model.ref.language}.{model.ref.trainer}.{model.ref.number}"


def _material(night: Night, known: _Known, services: Services) -> TrainingSet:
    folder = keys.learning_of(night.scope, night.language)
    services.outputs.write_json(folder + _TAUGHT, {name: one.taught.to_json() for name, one in known.items()})
    return TrainingSet(
        services.outputs.at(folder + _TAUGHT),
        services.outputs.at(folder + _TEXT),
        len(known),
        sum(one.words for one in known.values()),
    )


def ended(model: Model, trained: Trained, known: _Known, services: Services) -> None:
    """A model has been made, or could not be: it is measured, and comes into use if it is better."""
    learning = services.learning
    making = {ModelState.TRAINING}
    if trained.artefact is None:
        learning.change(replace(model, state=ModelState.FAILED, reason=trained.failure), making)
        return
    before = learning.in_use(model.ref.scope, model.ref.language, model.ref.trainer)
    if before is not None and before.number == model.ref.number:
        learning.change(replace(model, state=ModelState.CURRENT, artefact=trained.artefact), making)
        return  # whoever flipped it died before it was noted
    judged = _measured(model, trained.artefact, before, known, services)
    model = replace(model, artefact=trained.artefact, judged=judged)
    if not judged.is_taken:
        learning.change(replace(model, state=ModelState.REFUSED), making)
        logger.info("candidate refused", extra={"verdict": judged.verdict.value})
        return
    if learning.flip(model.ref, trained.artefact, before):
        learning.change(replace(model, state=ModelState.CURRENT), making)
        _retire(model, before, services)
        count("ModelsReplaced")


def _retire(model: Model, before: InUse | None, services: Services) -> None:
    """What was in use before stays for a way back."""
    if before is None:
        return
    former = services.learning.model(replace(model.ref, number=before.number))
    if former is not None:
        services.learning.change(replace(former, state=ModelState.PREVIOUS), {ModelState.CURRENT})


# ---- measuring


def _measured(model: Model, artefact: str, before: InUse | None, known: _Known, services: Services) -> Judgement:
    trainer = services.engine(WORDS_TRAINING)
    assert isinstance(trainer, ChangesTranscripts), "of other models the recordings are heard again"
    candidate = services.outputs.read(artefact) or b""
    current = services.outputs.read(before.artefact) if before else None
    held_out = [(name, one) for name, one in known.items() if one.is_held_out]
    latest = sorted(held_out, key=lambda pair: -pair[1].at)[:_MOST_MEASURED]
    heard = []
    for name, one in latest:
        pair = _pair(name, one, services)
        if pair is None:
            continue
        raw, written = pair
        by = [raw if rules is None else trainer.changed(rules, raw) for rules in (current, candidate)]
        heard.append(Heard(*(_errors(written, one_heard, model.ref.language) for one_heard in by)))
    return judge(heard, [])


def _pair(name: str, one: _Recording, services: Services) -> tuple[Transcript, Transcript] | None:
    """What was heard of a recording, before any rule, and what is right."""
    owner, _, asset_id = name.partition("/")
    asset = services.store.get(AssetRef(owner, asset_id))
    if asset is None or asset.version != one.version or len(asset.edits) < one.edition:
        return None
    documents = [editions.read(asset, edition, services.outputs) for edition in (0, one.edition)]
    if None in documents:
        return None
    heard, written = (load_transcript(document or b"") for document in documents)
    return heard.as_heard(), written


def _errors(written: Transcript, heard: Transcript, language: str) -> Errors:
    said: list[str] = []
    known: list[bool] = []
    for word in written.words():
        parts = tokens([word.text], language)
        said += parts
        known += [word.confirmed is not None] * len(parts)
    return errors(said, tokens((word.text for word in heard.words()), language), known)
