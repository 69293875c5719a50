"""If readers correct more than before what a new model has heard, the one before it comes back: once, by itself."""

from dataclasses import replace

from chalicelib.learning.models import InUse, LastNight, ModelRef, ModelState, Night, Outcome
from chalicelib.message import Message
from chalicelib.observability import count
from chalicelib.pipeline.known import Known, Recording
from chalicelib.pipeline.measuring import fairly
from chalicelib.services import Services

RECORDINGS = 20
"""That a model has heard, and readers have corrected, before it is judged by them."""

_LEAST_BEFORE = 5
_MOST_RISE = 1.2
_LEAST_MORE = 5
"""Edits more than there would have been: where hardly anything is corrected, one edit is no rise."""

_MORE_CORRECTED = Message(
    "readers-correct-more",
    "Readers corrected %(after)s words in 1,000 of what it had heard, after %(before)s before it.",
)


def look(night: Night, trainer: str, known: Known, now: float, services: Services) -> bool:
    """Bring the model before it back if readers correct more with the one in use. Returns whether that was done.

    What is noted of it comes before the one write by which it is so: who dies in between does both again.
    """
    learning = services.learning
    use = learning.in_use(night.scope, night.language, trainer)
    if use is None or use.is_brought_back:
        return False
    ref = ModelRef(night.scope, night.language, trainer, use.number)
    rates = _rates(ref, use, known)
    if rates is None:
        return False
    before, after = (round(1_000 * rate) for rate in rates)
    reason = _MORE_CORRECTED.of(before=before, after=after)
    model = learning.model(ref)
    if model is not None:
        learning.change(replace(model, state=ModelState.REFUSED, reason=reason), {ModelState.CURRENT})
    former = learning.model(replace(ref, number=use.previous)) if use.previous else None
    if former is not None:
        learning.change(replace(former, state=ModelState.CURRENT), {ModelState.PREVIOUS})
    told = LastNight(night.language, trainer, now, Outcome.ROLLED_BACK, reason, use.number)
    learning.note_night(night.scope, told)
    if learning.bring_back(ref, use):
        count("ModelsRolledBack")
    return True


def _rates(ref: ModelRef, use: InUse, known: Known) -> tuple[float, float] | None:
    """Edits for each confirmed word, before and with a model, if that has risen by too much."""
    mine = sorted(
        ((name, one) for name, one in known.items() if ref.called in one.models and one.at > use.since),
        key=lambda pair: pair[1].at,
    )
    others = sorted(
        ((name, one) for name, one in known.items() if ref.called not in one.models), key=lambda pair: -pair[1].at
    )
    after, before = (fairly(ref.scope, found, RECORDINGS) for found in (mine, others))
    if len(after) < RECORDINGS or len(before) < _LEAST_BEFORE:
        return None
    was, now = (_rate([one for _, one in found]) for found in (before, after))
    more = sum(one.edits - was * one.read for _, one in after)
    return (was, now) if now > was * _MOST_RISE and more >= _LEAST_MORE else None


def _rate(recordings: list[Recording]) -> float:
    return sum(one.edits for one in recordings) / max(1, sum(one.read for one in recordings))
