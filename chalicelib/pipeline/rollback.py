"""If readers correct more than before what a new model has heard, the one before it comes back: once, by itself."""

from collections import defaultdict
from dataclasses import replace

from chalicelib.learning.models import EVERYBODY, InUse, LastNight, ModelRef, ModelState, Night, Outcome
from chalicelib.message import Message
from chalicelib.observability import count
from chalicelib.pipeline.known import Known, Recording, owner_of
from chalicelib.services import Services

RECORDINGS = 20
"""That a model has heard, and readers have corrected, before it is judged by them."""

_ACCOUNTS = 5
"""Of these, at least, where it is for everybody: each counts for as much as any other."""

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
        learning.change(
            replace(model, state=ModelState.REFUSED, reason=reason, is_rolled_back=True), {ModelState.CURRENT}
        )
    former = learning.model(replace(ref, number=use.previous)) if use.previous else None
    if former is not None:
        learning.change(replace(former, state=ModelState.CURRENT), {ModelState.PREVIOUS})
    told = LastNight(night.language, trainer, now, Outcome.ROLLED_BACK, reason, use.number)
    learning.note_night(night.scope, told)
    if learning.bring_back(ref, use):
        count("ModelsRolledBack")
    return True


def _rates(ref: ModelRef, use: InUse, known: Known) -> tuple[float, float] | None:
    """Edits for each confirmed word, before and with a model, if that has risen by too much: for everybody, on average
    of the accounts.
    """
    mine = sorted(
        ((name, one) for name, one in known.items() if ref.called in one.models and one.at > use.since),
        key=lambda pair: pair[1].at,
    )
    others = sorted(
        ((name, one) for name, one in known.items() if ref.called not in one.models), key=lambda pair: -pair[1].at
    )
    accounts = _ACCOUNTS if ref.scope == EVERYBODY else 1
    after, before = (_enough(found, accounts) for found in (mine, others))
    if not _is_enough(after, RECORDINGS, accounts) or not _is_enough(before, _LEAST_BEFORE, accounts):
        return None
    was, now = _rate(before), _rate(after)
    more = sum(one.edits - was * one.read for _, one in after)
    return (was, now) if now > was * _MOST_RISE and more >= _LEAST_MORE else None


_Named = list[tuple[str, Recording]]


def _enough(recordings: _Named, accounts: int) -> _Named:
    """The first of them that are enough to tell by; all, where they are not enough."""
    most = next(
        (n for n in range(RECORDINGS, len(recordings)) if _is_enough(recordings[:n], RECORDINGS, accounts)), None
    )
    return recordings[:most]


def _is_enough(recordings: _Named, least: int, accounts: int) -> bool:
    return len(recordings) >= least and len({owner_of(name) for name, _ in recordings}) >= accounts


def _rate(recordings: _Named) -> float:
    by_account: dict[str, list[Recording]] = defaultdict(list)
    for name, one in recordings:
        by_account[owner_of(name)].append(one)
    rates = [sum(one.edits for one in own) / max(1, sum(one.read for one in own)) for own in by_account.values()]
    return sum(rates) / len(rates)
