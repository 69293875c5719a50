"""What was seen, in few words: each thing once, with how often and where first. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.domain.tracks import Passage, Place


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that was seen `count` times, `first` at that place; None in a picture."""

    text: str
    count: int
    first: Place | None


def sights(passages: Iterable[Passage]) -> list[Sight]:
    """What the passages of a detection tell of, what was seen most often first."""
    found: dict[str, Sight] = {}
    for passage in passages:
        known = found.get(passage.text)
        count = known.count + 1 if known else 1
        found[passage.text] = Sight(passage.text, count, known.first if known else passage.place)
    return sorted(found.values(), key=lambda sight: -sight.count)
