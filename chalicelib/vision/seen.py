"""What was seen, in few words: each thing once, with how often and where first. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from chalicelib.domain.tracks import Moment, Passage, Place

SHOT = "SHOT"
"""The label of a passage that is a shot; the others of that detection are technical cues."""

BLACK = "BlackFrames"
"""The technical cue of a black stretch, as Rekognition calls it."""

_CONTENT = "Content"
"""The technical cue of all that is none: it tells of nothing."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that was seen `count` times, `first` at that place; None in a picture."""

    text: str
    count: int
    first: Place | None


@dataclass(frozen=True, slots=True)
class Cuts:
    """How a film is cut: the number of `shots`, and where each technical cue stands, by Rekognition's name of it."""

    shots: int
    cues: dict[str, list[Moment]]


def sights(
    passages: Iterable[Passage], name_of: Callable[[Passage], str] = lambda passage: passage.text
) -> list[Sight]:
    """What the passages of a detection tell of, what was seen most often first.

    Passages are of one thing if `name_of` says the same of them; of those that begin where the last of it did, and lie
    in one another, one is counted.
    """
    found: dict[str, Sight] = {}
    last: dict[str, Passage] = {}
    for passage in passages:
        name = name_of(passage)
        known = found.get(name)
        if known is None:
            found[name] = Sight(name, 1, passage.place)
        elif not _is_same(last[name], passage):
            found[name] = replace(known, count=known.count + 1)
        last[name] = passage
    return sorted(found.values(), key=lambda sight: -sight.count)


def cuts(passages: Iterable[Passage]) -> Cuts:
    """How a film is cut, by the passages of the track of segments."""
    shots, cues = 0, dict[str, list[Moment]]()
    for passage in passages:
        if passage.label == SHOT:
            shots += 1
        elif passage.text != _CONTENT and isinstance(passage.place, Moment):
            cues.setdefault(passage.text, []).append(passage.place)
    return Cuts(shots, cues)


def _is_same(one: Passage, other: Passage) -> bool:
    """Whether two passages with different names tell of the same: a kind of things, and one of that kind."""
    return one.text != other.text and one.place == other.place and (one.box == other.box or not (one.box and other.box))
