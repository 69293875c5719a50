"""What was found by looking for sensitive content, and what follows of it. Pure values.

A deployment has a policy, or none. By it each film and each picture is looked at. What is seen is noted; or it has what
was made withheld until an administrator has decided; or for good.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.message import Message


class Policy(StrEnum):
    """What becomes of films and pictures in which sensitive content is seen."""

    NOTE = "note"
    HOLD = "hold"
    REJECT = "reject"

    @property
    def withholds(self) -> bool:
        """Whether nothing that was made is given out before it is known that there is no such content."""
        return self is not Policy.NOTE


class Decision(StrEnum):
    """What an administrator has decided of what was held."""

    RELEASE = "release"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Sensitive:
    """Something that counts: of what `kind`, what exactly, from when to when (seconds; None in a picture), how surely.

    `kind` and `name` are labels of Amazon Rekognition, whoever saw it; `confidence` is from 0 to 1.
    """

    kind: str
    name: str
    start: float | None = None
    end: float | None = None
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Moderation:
    """How a run stands by the `policy` that held when it began.

    `found` is what counts, of which the first are kept, and `reason` says it in a sentence, or that nobody could look:
    it is None while nobody knows, and where there is nothing. What an administrator has decided of it, who that was
    (an account's id), when (seconds since the epoch) and why they say so, follows.

    A film is looked at as a whole for it, whatever is asked for, or `in_stills` where it cannot be otherwise.
    """

    policy: Policy
    found: tuple[Sensitive, ...] = ()
    reason: Message | None = None
    decision: Decision | None = None
    decided_by: str | None = None
    decided_at: float | None = None
    comment: str = ""
    in_stills: bool = False


_AS_GOOD_AS = 1.0
"""Seconds by which a time may be off that an engine tells of the same film the next time."""


@dataclass(frozen=True, slots=True)
class Released:
    """That an administrator has released the content that S3 calls `etag`, in which this was `found`.

    Who, when and why is as in `Moderation`.
    """

    etag: str
    found: tuple[Sensitive, ...]
    by: str | None
    at: float | None
    comment: str = ""

    def covers(self, found: Iterable[Sensitive]) -> bool:
        """Whether nothing is `found` but what was found, and released, then: of the same kind, at the same time."""
        return all(any(_is_same(one, other) for other in self.found) for one in found)


def _is_same(one: Sensitive, other: Sensitive) -> bool:
    if one.kind != other.kind:
        return False
    if one.start is None or other.start is None:
        return one.start is other.start
    end, last = (each.start if each.end is None else each.end for each in (one, other))
    return one.start >= other.start - _AS_GOOD_AS and (end or 0.0) <= (last or 0.0) + _AS_GOOD_AS
