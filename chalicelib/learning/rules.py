"""Replacements that were learnt: what an engine hears again and again in the place of something else. Pure.

A rule is learnt from at least `LEAST_RECORDINGS` recordings in which somebody corrected the same words the same way,
unless the words stood confirmed as they were heard elsewhere. What a rule changes is marked (`Word.heard`), so that
whoever reads sees it and can take it back; one that is taken back too often is dropped.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from chalicelib.learning.lessons import Lesson, key
from chalicelib.speech.transcripts import Word

LEAST_RECORDINGS = 2
LEAST_PRECISION = 0.95
"""Of the times that somebody looked at what was heard: below, a rule does more harm than good."""

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


def learn(taught_by: Mapping[str, Taught], language: str | None) -> list[Rule]:
    """The rules that recordings teach, by their ids, in an order that does not change.

    Words that were corrected in two ways teach nothing: nobody can tell which is meant.
    """
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for recording, lesson in sorted(taught_by.items()):
        for heard, corrections in lesson.changes.items():
            right[heard] += sum(corrections.values())
            for written in corrections:
                found[heard][written].add(recording)
        right.update(lesson.kept)
        wrong.update(lesson.undone)
        wrong.update(lesson.stood)
    rules = []
    for heard, ways in sorted(found.items()):
        (written, recordings), *others = ways.items()
        is_sure = not wrong[heard] or right[heard] / (right[heard] + wrong[heard]) >= LEAST_PRECISION
        is_other = heard != key(written.split(), language)
        if len(recordings) >= LEAST_RECORDINGS and not others and is_sure and is_other and _is_long(heard):
            rules.append(Rule(tuple(heard.split()), written, tuple(sorted(recordings))))
    return rules


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
