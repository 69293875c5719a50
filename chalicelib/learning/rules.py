"""Replacements that were learnt: what an engine hears again and again in the place of something else. Pure.

A rule is learnt from at least `LEAST_RECORDINGS` recordings in which somebody corrected the same words the same way,
unless the words stood confirmed as they were heard elsewhere. What a rule changes is marked (`Word.heard`), so that
whoever reads sees it and can take it back; one that is taken back too often is dropped.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self, TypeVar

from chalicelib.learning.lessons import Lesson, key
from chalicelib.speech.transcripts import Word

_Key = TypeVar("_Key", str, tuple[str, str])

LEAST_RECORDINGS = 2
LEAST_ACCOUNTS = 3
"""That must teach the same, for it to be for everybody: what one account calls its people is its own business."""

LEAST_PRECISION = 0.95
"""Of the times that somebody looked at what was heard: below, a rule does more harm than good."""

_LARGEST_SHARE_OF = 5
"""An account is at most one part in so many of what is learnt for everybody."""

_LEAST_LETTERS = 3
"""What is shorter is misheard for many things."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Where `heard` is heard, in words, `written` is meant; learnt from `recordings`, by their ids."""

    heard: tuple[str, ...]
    written: str
    recordings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The rule as it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The rule that `to_json` wrote."""
        return cls(tuple(values["heard"]), values["written"], tuple(values["recordings"]))


@dataclass(frozen=True, slots=True)
class Taught:
    """What one recording has taught, small enough to be kept for ever: what was written for what was heard, how often;
    what stood confirmed as it was heard, of what others had corrected; how often a rule's change was kept, and undone.
    """

    owner: str
    changes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    stood: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)
    undone: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(**values)


def corrected(taught_by: Iterable[Taught]) -> frozenset[str]:
    """All that was corrected in these recordings, by what was heard."""
    return frozenset(heard for one in taught_by for heard in one.changes)


def taught(owner: str, lesson: Lesson, known: Iterable[str] = ()) -> Taught:
    """What a lesson teaches the rules; `known` is what is `corrected` elsewhere."""
    changes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for change in lesson.changes:
        changes[key(change.heard, lesson.language)][change.written] += 1
    return Taught(
        owner,
        {heard: dict(written) for heard, written in changes.items() if heard},
        _stood(lesson, {*known, *changes}),
        dict(lesson.kept),
        dict(lesson.undone),
    )


def _stood(lesson: Lesson, wanted: Iterable[str]) -> dict[str, int]:
    said = [f" {key(text.split(), lesson.language)} " for text in lesson.text]
    counts = {heard: sum(text.count(f" {heard} ") for text in said) for heard in wanted if heard}
    return {heard: times for heard, times in counts.items() if times}


def learn(
    taught_by: Mapping[str, Taught],
    language: str | None,
    *,
    for_everybody: bool = False,
    approved: Mapping[str, str] | None = None,
) -> list[Rule]:
    """The rules that recordings teach, by their ids, in an order that does not change.

    Words that were corrected in two ways teach nothing: nobody can tell which is meant. What is `for_everybody` must
    come from several accounts, of which none counts for more than a fifth (`balanced`), and be no name, as far as
    capitals tell; or be `approved` by an administrator: what is heard, and what is meant, nothing if never to be one.
    """
    if not for_everybody:
        return _rules(taught_by, language, LEAST_RECORDINGS, _only_way)
    let_through = approved or {}

    def way_approved(heard: str, ways: Mapping[str, set[str]]) -> str | None:
        written = let_through.get(heard, "")
        return written if written in ways else None

    common = balanced(taught_by)

    def common_way(heard: str, ways: Mapping[str, set[str]]) -> str | None:
        return None if heard in let_through else _common_way(ways, common)

    found = [*_rules(taught_by, language, 1, way_approved), *_rules(common, language, LEAST_RECORDINGS, common_way)]
    return sorted(found, key=lambda rule: rule.heard)


def _rules(
    taught_by: Mapping[str, Taught],
    language: str | None,
    least: int,
    way_of: Callable[[str, Mapping[str, set[str]]], str | None],
) -> list[Rule]:
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    right: Counter[tuple[str, str]] = Counter()
    stood_right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for recording, lesson in sorted(taught_by.items()):
        for heard, corrections in lesson.changes.items():
            for way, times in corrections.items():
                right[heard, way] += times
                found[heard][way].add(recording)
        stood_right.update(lesson.kept)
        wrong.update(lesson.undone)
        wrong.update(lesson.stood)
    rules = []
    for heard, ways in sorted(found.items()):
        written = way_of(heard, ways)
        if written is None or len(ways[written]) < least or not _is_long(heard):
            continue
        well = right[heard, written] + stood_right[heard]
        is_sure = not wrong[heard] or well / (well + wrong[heard]) >= LEAST_PRECISION
        if is_sure and heard != key(written.split(), language):
            rules.append(Rule(tuple(heard.split()), written, tuple(sorted(ways[written]))))
    return rules


def _only_way(heard: str, ways: Mapping[str, set[str]]) -> str | None:
    del heard
    return next(iter(ways)) if len(ways) == 1 else None


def _common_way(ways: Mapping[str, set[str]], taught_by: Mapping[str, Taught]) -> str | None:
    """The way in which enough accounts correct it, if hardly anybody does otherwise, and if it is no name.

    However often one account says it, it is one account: so none can bring in a rule, nor keep one out that many teach.
    """
    accounts = {written: {taught_by[one].owner for one in recordings} for written, recordings in ways.items()}
    written = max(sorted(accounts), key=lambda way: len(accounts[way]))
    others = set[str]().union(*(owners for way, owners in accounts.items() if way != written)) - accounts[written]
    is_clear = len(others) * _LARGEST_SHARE_OF <= len(accounts[written])
    return written if len(accounts[written]) >= LEAST_ACCOUNTS and is_clear and not may_be_name(written) else None


def may_be_name(written: str) -> bool:
    """Whether words may be somebody's name: a word has a capital, or is of a script that has none to tell by."""
    return any(char.isupper() or char.istitle() or (char.isalpha() and not char.islower()) for char in written)


def balanced(taught_by: Mapping[str, Taught]) -> dict[str, Taught]:
    """What recordings have taught, of no account more than a fifth of the corrections that are counted.

    What is too much is left out, always the same. Of fewer than five accounts nothing is left: one of them would be
    more than a fifth.
    """
    corrections: Counter[str] = Counter()
    for lesson in taught_by.values():
        corrections[lesson.owner] += sum(sum(ways.values()) for ways in lesson.changes.values())
    most = largest_share(corrections.values())
    if not most:
        return {}
    left = {owner: [most, most] for owner in corrections}
    found = {}
    for recording in sorted(taught_by, key=lambda name: hashlib.sha256(name.encode()).digest()):
        lesson = taught_by[recording]
        room = left[lesson.owner]
        pairs = {(heard, way): times for heard, ways in lesson.changes.items() for way, times in ways.items()}
        changes: dict[str, dict[str, int]] = defaultdict(dict)
        for (heard, way), times in _trimmed(pairs, room, 0).items():
            changes[heard][way] = times
        stood, undone = (_trimmed(counts, room, 1) for counts in (lesson.stood, lesson.undone))
        found[recording] = Taught(lesson.owner, dict(changes), stood, _trimmed(lesson.kept, room, 1), undone)
    return found


def largest_share(counts: Iterable[int], parts: int = 0) -> int:
    """The most that each may count for, so that none is more than a fifth of all that is counted then (or than one of
    `parts`); 0 if that cannot be.
    """
    known = list(counts)
    parts = parts or _LARGEST_SHARE_OF
    most = max(known, default=0)
    while most * parts > (counted := sum(min(count, most) for count in known)):
        most = counted // parts
    return most


def _trimmed(counts: Mapping[_Key, int], room: list[int], which: int) -> dict[_Key, int]:
    kept = {}
    for name, times in sorted(counts.items()):
        taken = min(times, room[which])
        room[which] -= taken
        if taken:
            kept[name] = taken
    return kept


def applied(words: Sequence[Word], rules: Iterable[Rule], language: str | None) -> list[Word]:
    """The words with the rules applied, the longest first: each changed word says what was heard (`Word.heard`).

    What somebody stands behind is left as it is, and so is what another rule has changed. Nothing is changed over the
    border between two speakers.
    """
    by_first: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_first[rule.heard[0]].append(rule)
    for starting in by_first.values():
        starting.sort(key=lambda rule: (-len(rule.heard), rule.heard))
    keys = [key([word.text], language) for word in words]
    return list(_walked(words, keys, by_first))


def _walked(words: Sequence[Word], keys: Sequence[str], by_first: Mapping[str, Sequence[Rule]]) -> Iterator[Word]:
    at = 0
    while at < len(words):
        fitting = (rule for rule in by_first.get(keys[at], ()) if _fits(rule, words, keys, at))
        rule = next(fitting, None)
        if rule is None:
            yield words[at]
            at += 1
            continue
        said = words[at : at + len(rule.heard)]
        yield replace(
            said[0],
            end=max(word.end for word in said),
            text=rule.written,
            confidence=min(word.confidence for word in said),
            punctuation=said[-1].punctuation,
            heard=" ".join(word.text for word in said),
        )
        at += len(said)


def _fits(rule: Rule, words: Sequence[Word], keys: Sequence[str], at: int) -> bool:
    said = words[at : at + len(rule.heard)]
    return (
        tuple(keys[at : at + len(rule.heard)]) == rule.heard
        and len({word.speaker for word in said}) == 1
        and not any(word.confirmed or word.heard for word in said)
        # A sentence that ends between the words was not one name.
        and not any(word.ends_sentence for word in said[:-1])
    )


def _is_long(heard: str) -> bool:
    return len(heard.replace(" ", "")) >= _LEAST_LETTERS or not heard.isascii()
