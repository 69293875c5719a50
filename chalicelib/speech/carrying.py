"""What somebody stands behind in one transcript of a recording is found again in another. Pure.

The words that both agree on are confirmed in the other too: the same word, whatever its capitals and marks, at about
the same time. Where words are cut differently, their parts are compared: letters, where a script has no spaces. Where
the two differ nothing is confirmed; each such place is told, with what stands in both.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from itertools import groupby, takewhile
from typing import Any, Self

from chalicelib.speech.transcripts import Confirmation, Segment, Transcript, Word, is_mark, is_spaced

_SLACK = 0.3
"""Seconds by which two engines may tell the time of a word differently: about as long as a short word."""

_MOST_CUTS = 6
"""Words that another hearing may have as one."""

_MOST_IN_A_PLACE = 20
"""Words that are looked at in one go, of many that follow each other."""

_APOSTROPHES = {ord("’"): "'", ord("ʼ"): "'"}


@dataclass(frozen=True, slots=True)
class Difference:
    """A place, in seconds from the beginning, where confirmed words do not stand: what they were, how many, what now
    stands there.
    """

    start: float
    end: float
    was: str
    now: str
    words: int

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The place that `asdict` made a document of. Raises LookupError if it is none."""
        return cls(values["start"], values["end"], values["was"], values["now"], values["words"])


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """How many confirmed words of the transcript before stand again, and where the others were; and by the labels that
    speakers were heard with, which names people had given them there.
    """

    stand: int = 0
    places: tuple[Difference, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def differ(self) -> int:
        """How many do not."""
        return sum(place.words for place in self.places)

    def to_json(self) -> dict[str, Any]:
        """The same as a document."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """What `to_json` made a document of. Raises LookupError if it is none."""
        return cls(document["stand"], tuple(map(Difference.from_json, document["places"])), document["names"])


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is compared: a word, or a letter of a script without spaces. `word` is the number of its word."""

    key: str
    start: float
    end: float
    word: int


def carry_over(old: Transcript, new: Transcript) -> tuple[Transcript, CarriedOver]:
    """`new` with those words confirmed that somebody has confirmed in `old`, by whom and when they did; and the others.

    Done again with what came of it, it is the same.
    """
    before, now = _in_time(old), _in_time(new)
    theirs, ours = list(_units(before)), list(_units(now))
    agreed = _agreed(theirs, ours)
    behind = {
        at: _whole([before[theirs[one].word].confirmed for one in some]) for some, others in agreed for at in others
    }
    confirmed = {
        number: who
        for number, units in _by_word(ours).items()
        if (who := _whole([behind.get(at) for at in units])) is not None
    }
    kept = {at for some, others in agreed for at in some if all(ours[one].word in confirmed for one in others)}
    units_of = _by_word(theirs)
    wanted = [number for number, word in enumerate(before) if word.confirmed is not None and number in units_of]
    lost = [number for number in wanted if not kept.issuperset(units_of[number])]
    places = tuple(_places(before, now, lost))
    return _confirmed(new, now, confirmed), CarriedOver(len(wanted) - len(lost), places)


def _confirmed(transcript: Transcript, words: Sequence[Word], confirmed: Mapping[int, Confirmation]) -> Transcript:
    """`transcript`, whose `words` are these in time, with those of these numbers confirmed."""
    by_identity = {id(words[number]): who for number, who in confirmed.items()}

    def judged(word: Word) -> Word:
        who = by_identity.get(id(word))
        return word if who is None or word.confirmed is not None else replace(word, confirmed=who)

    segments = (Segment(tuple(map(judged, segment.words)), segment.language) for segment in transcript.segments)
    return Transcript(tuple(segments), transcript.language) if confirmed else transcript


def _places(before: Sequence[Word], now: Sequence[Word], lost: Sequence[int]) -> Iterator[Difference]:
    """The places where the words of these numbers do not stand; those that follow each other are one."""
    runs: list[list[int]] = []
    for number in lost:
        if runs and runs[-1][-1] + 1 == number and len(runs[-1]) < _MOST_IN_A_PLACE:
            runs[-1].append(number)
        else:
            runs.append([number])
    first = 0
    for run in runs:
        start, end = before[run[0]].start, max(before[one].end for one in run)
        while first < len(now) and now[first].end <= start:
            first += 1
        there = list(takewhile(lambda word: word.start < end, now[first:]))  # noqa: B023 - used at once
        heard = [word for word in there if start <= (word.start + word.end) / 2 <= end] or there[:1]
        was = Segment(tuple(before[one] for one in run)).text
        yield Difference(round(start, 3), round(end, 3), was, Segment(tuple(heard)).text if heard else "", len(run))


def _whole(found: Sequence[Confirmation | None]) -> Confirmation | None:
    """Who stands behind what is made of these parts: nobody, if nobody does behind one of them; else the latest."""
    known = [one for one in found if one is not None]
    return max(known, key=lambda one: one.at) if known and len(known) == len(found) else None


def _in_time(transcript: Transcript) -> list[Word]:
    """All words in the order in which they begin: channels that are heard apart overlap."""
    return sorted(transcript.words(), key=lambda word: word.start)


def _units(words: Sequence[Word]) -> Iterator[_Unit]:
    for number, word in enumerate(words):
        pieces = list(_pieces(word.text))
        total = sum(map(len, pieces))
        passed, length = 0, word.end - word.start
        for piece in pieces:
            start = word.start + length * passed / total
            passed += len(piece)
            yield _Unit(piece, start, word.start + length * passed / total, number)


def _pieces(text: str) -> Iterator[str]:
    """The bare word in `text`, in parts where it would be written as several, or its script has no spaces."""
    bare = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
    for token in bare.split():
        piece = ""
        for char in token.strip("".join(filter(is_mark, token))):
            category = unicodedata.category(char)
            is_joined = category.startswith("M") or category == "Cf"
            if piece and not is_joined and (_is_spaceless(char) or _is_spaceless(piece[0])):
                yield piece
                piece = ""
            piece += char
        if piece:
            yield piece


def _is_spaceless(char: str) -> bool:
    return not is_spaced(char, char)


def _by_word(units: Sequence[_Unit]) -> dict[int, list[int]]:
    return {number: [at for at, _ in found] for number, found in groupby(enumerate(units), lambda one: one[1].word)}


def _agreed(theirs: Sequence[_Unit], ours: Sequence[_Unit]) -> list[tuple[range, range]]:
    """Which of `theirs` and `ours` say the same at about the same time, in order: one by one, or some in other cuts."""
    found: list[tuple[range, range]] = []
    old, new = [unit.key for unit in theirs], [unit.key for unit in ours]
    # What comes up all the time ("the") is no mark to go by: left out, hours of talk take seconds instead of minutes.
    for first, other, size in SequenceMatcher(None, old, new, autojunk=True).get_matching_blocks():
        both = ((range(first + at, first + at + 1), range(other + at, other + at + 1)) for at in range(size))
        found += [(some, others) for some, others in both if _is_near(theirs, some, ours, others, _SLACK)]
    # What comes again and again may have been taken for another of its kind, or is cut in another way: what is left is
    # looked at by the time; by the very time first, so that no word is taken for the same one beside it.
    for slack in (0.0, _SLACK):
        gaps = _gaps(found, len(old), len(new))
        found += [pair for some, others in gaps for pair in _in_gap(theirs, ours, some, others, slack)]
        found.sort(key=lambda pair: pair[0].start)
    return found


def _gaps(agreed: Sequence[tuple[range, range]], old: int, new: int) -> Iterator[tuple[range, range]]:
    """What lies between those that are agreed on, on both sides."""
    low = first = 0
    for some, others in [*agreed, (range(old, old), range(new, new))]:
        if some.start > low and others.start > first:
            yield range(low, some.start), range(first, others.start)
        low, first = some.stop, others.stop


def _in_gap(
    theirs: Sequence[_Unit], ours: Sequence[_Unit], old: range, new: range, slack: float
) -> Iterator[tuple[range, range]]:
    """What agrees in a gap: with each of `theirs` the first of `ours` that is near and, alone or with what follows on
    either side, says the same.
    """
    at, begin = old.start, new.start
    while at < old.stop:
        while begin < new.stop and ours[begin].end + slack < theirs[at].start:
            begin += 1
        until = theirs[at].end + slack
        pair = None
        for other in range(begin, new.stop):
            if pair is not None or ours[other].start > until:
                break
            same = _same_letters(theirs, ours, range(at, old.stop), range(other, new.stop))
            pair = same if same is not None and _is_near(theirs, same[0], ours, same[1], slack) else None
        if pair is None:
            at += 1
        else:
            yield pair
            at, begin = pair[0].stop, pair[1].stop


def _same_letters(theirs: Sequence[_Unit], ours: Sequence[_Unit], old: range, new: range) -> tuple[range, range] | None:
    """The fewest units from the beginning of both on that have the same letters: "to day" and "today". None if none."""
    some, others = 1, 1
    left, right = theirs[old.start].key, ours[new.start].key
    while left != right:
        if len(left) < len(right) and right.startswith(left) and some < min(len(old), _MOST_CUTS):
            left += theirs[old.start + some].key
            some += 1
        elif len(right) < len(left) and left.startswith(right) and others < min(len(new), _MOST_CUTS):
            right += ours[new.start + others].key
            others += 1
        else:
            return None
    return range(old.start, old.start + some), range(new.start, new.start + others)


def _is_near(theirs: Sequence[_Unit], some: range, ours: Sequence[_Unit], others: range, slack: float) -> bool:
    """Whether the times of both overlap, or their middles are at most `slack` seconds apart."""
    starts = theirs[some.start].start, ours[others.start].start
    ends = theirs[some.stop - 1].end, ours[others.stop - 1].end
    apart = abs(starts[0] + ends[0] - starts[1] - ends[1]) / 2
    return max(starts) < min(ends) or apart <= slack
