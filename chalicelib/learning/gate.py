"""Whether a candidate is better than what is in use, by recordings that neither was made of, and surely. Pure.

Both have heard the same sound in the same night. A candidate replaces what is in use if it makes fewer errors by more
than a little, if that is no luck (a paired bootstrap over recordings: Bisani and Ney, "Bootstrap Estimates for
Confidence Intervals in ASR Performance Evaluation", ICASSP 2004), if it makes up no more than before, and if it is no
worse on what is general.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.learning.errors import Errors

LEAST_RECORDINGS = 5
LEAST_WORDS = 1_000
"""Held out: with fewer nobody can tell."""

LEAST_GAIN = 0.02
"""Of the errors that there were: less is not worth a change."""

LEAST_SURENESS = 0.95
MOST_GENERAL_LOSS = 0.005
"""Of the words of the general set: that it may be worse by, which is what chance does."""

_RESAMPLES = 1_000
_HELD_OUT_OF = 5
_SEED = 20_251_129


class Verdict(StrEnum):
    """What becomes of a candidate."""

    BETTER = "better"
    NOT_ENOUGH = "not-enough-yet"
    NOT_BETTER = "not-better"
    NOT_SURE = "not-sure"
    MAKES_UP_MORE = "makes-up-more"
    WORSE_IN_GENERAL = "worse-in-general"


@dataclass(frozen=True, slots=True)
class Heard:
    """One recording, heard by what is in use and by the candidate."""

    current: Errors
    candidate: Errors


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with its figures: rates from 0; `sureness` is the share of resamples in which the candidate wins."""

    verdict: Verdict
    recordings: int
    words: int
    current: float
    candidate: float
    sureness: float
    general_current: float | None = None
    general_candidate: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the candidate takes the place of what is in use."""
        return self.verdict is Verdict.BETTER


def is_held_out(asset_id: str) -> bool:
    """Whether a recording is one to measure by, and never to learn from: so for ever, by its id."""
    return int(hashlib.sha256(asset_id.encode()).hexdigest(), 16) % _HELD_OUT_OF == 0


def judge(held_out: Sequence[Heard], general: Sequence[Heard]) -> Judgement:
    """Whether the candidate is better on recordings that were `held_out`, and no worse on the `general` ones."""
    current, candidate = _sums(held_out)
    sureness = _sureness(held_out)
    known = [sum_.rate for sum_ in _sums(general)] if general else [None, None]
    return Judgement(
        _verdict(held_out, current, candidate, sureness, known),
        len(held_out),
        current.total,
        current.rate,
        candidate.rate,
        sureness,
        *known,
    )


def _verdict(
    held_out: Sequence[Heard],
    current: Errors,
    candidate: Errors,
    sureness: float,
    general: Sequence[float | None],
) -> Verdict:
    before, after = general
    if len(held_out) < LEAST_RECORDINGS or current.total < LEAST_WORDS:
        return Verdict.NOT_ENOUGH
    if candidate.rate > current.rate * (1 - LEAST_GAIN) or candidate.count >= current.count:
        return Verdict.NOT_BETTER
    if sureness < LEAST_SURENESS:
        return Verdict.NOT_SURE
    if candidate.inserted > current.inserted:
        return Verdict.MAKES_UP_MORE
    if before is not None and after is not None and after > before + MOST_GENERAL_LOSS:
        return Verdict.WORSE_IN_GENERAL
    return Verdict.BETTER


def _sums(recordings: Sequence[Heard]) -> tuple[Errors, Errors]:
    current = candidate = Errors()
    for one in recordings:
        current, candidate = current + one.current, candidate + one.candidate
    return current, candidate


def _sureness(recordings: Sequence[Heard]) -> float:
    """In how many of the samples that could have been drawn instead the candidate makes fewer errors."""
    if not recordings:
        return 0.0
    draw = random.Random(_SEED)  # noqa: S311 - the same figures each time it is asked, and no secret
    saved = [one.current.count - one.candidate.count for one in recordings]
    won = sum(sum(draw.choices(saved, k=len(saved))) > 0 for _ in range(_RESAMPLES))
    return won / _RESAMPLES
