"""Replacements that were learnt: what an engine hears again and again in the place of something else. Pure.

A rule is learnt from at least `LEAST_RECORDINGS` recordings in which somebody corrected the same words the same way,
unless the words stood confirmed as they were heard elsewhere. What a rule changes is marked (`Word.heard`), so that
whoever reads sees it and can take it back; one that is taken back too often is dropped, and so is one that somebody
wants to be no rule.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self, TypeVar

from chalicelib.learning.errors import is_by_character, tokens
from chalicelib.learning.lessons import Change, Lesson, key
from chalicelib.speech.transcripts import Word

_Key = TypeVar("_Key", str, tuple[str, str])

LEAST_RECORDINGS = 2
LEAST_ACCOUNTS = 3
"""That must teach the same, for it to be for everybody: what one account calls its people is its own business. So many
have to be against what an administrator has let through."""

LEAST_PRECISION = 0.95
"""Of the times that somebody looked at what was heard: below, a rule does more harm than good."""

_UNDONE_OF = 20
"""A rule that readers change back more than one time in so many is dropped."""

_LARGEST_SHARE_OF = 5
"""An account is at most one part in so many of what is learnt for everybody."""

LEAST_SHARING = _LARGEST_SHARE_OF
"""Accounts that must have corrected something, for anything to be for everybody by itself: of fewer, one would be a
larger part."""

_LEAST_LETTERS = 3
"""What is shorter is misheard for many things."""

_MOST = 200
"""Corrections that a recording teaches, of at most `_LONGEST` letters each: what is known of all stays small."""

_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """Where `heard` is heard, in words, `written` is meant; learnt from `recordings`, by their ids. `is_term` says that
    it is a name or a term, and no ordinary word.
    """

    heard: tuple[str, ...]
    written: str
    recordings: tuple[str, ...]
    is_term: bool = False

    @property
    def key(self) -> str:
        """What is heard, as lessons have it (`lessons.key`)."""
        return " ".join(self.heard)

    def to_json(self) -> dict[str, Any]:
        """The rule as it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The rule that `to_json` wrote."""
        return cls(
            tuple(values["heard"]), values["written"], tuple(values["recordings"]), values.get("is_term") is True
        )


@dataclass(frozen=True, slots=True)
class Taught:
    """What one recording has taught, small enough to be kept for ever: what was written for what was heard, how often;
    what stood confirmed as it was heard, of what others had corrected; how often a rule's change was kept, and undone.
    `terms` are those of what was written that are no ordinary words; `left_out` counts the corrections that were too
    many, or too long.
    """

    owner: str
    changes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    stood: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)
    undone: Mapping[str, int] = field(default_factory=dict)
    terms: tuple[str, ...] = ()
    left_out: int = 0

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(**{**values, "terms": tuple(values.get("terms", ()))})


def corrected(taught_by: Iterable[Taught]) -> frozenset[str]:
    """All that was corrected in enough of these recordings to become a rule, by what was heard."""
    times = Counter(heard for one in taught_by for heard in one.changes)
    return frozenset(heard for heard, count in times.items() if count >= LEAST_RECORDINGS)


def taught(owner: str, lesson: Lesson) -> Taught:
    """What a lesson teaches the rules. What stands in it of what was corrected elsewhere is told by `also_standing`."""
    counts: Counter[tuple[str, str]] = Counter()
    for change in lesson.changes:
        heard = key(change.heard, lesson.language)
        counts[heard, change.written] += bool(heard)
    fitting = [pair for pair, times in counts.items() if times and max(map(len, pair)) <= _LONGEST]
    changes: dict[str, dict[str, int]] = defaultdict(dict)
    for heard, written in sorted(fitting, key=lambda pair: (-counts[pair], pair))[:_MOST]:
        changes[heard][written] = counts[heard, written]
    ways = {written for found in changes.values() for written in found}
    return Taught(
        owner,
        dict(changes),
        _most(_stood(lesson, changes)),
        dict(lesson.kept),
        dict(lesson.undone),
        tuple(sorted({change.written for change in lesson.changes if change.written in ways and _is_term(change)})),
        counts.total() - sum(sum(found.values()) for found in changes.values()),
    )


def also_standing(one: Taught, lesson: Lesson, wanted: Iterable[str]) -> Taught:
    """`one` with how often of what is `wanted` stands confirmed in its lesson as it was heard."""
    return replace(one, stood=_most(dict(one.stood) | _stood(lesson, wanted)))


def _most(counts: Mapping[str, int]) -> dict[str, int]:
    """Of what stands in a recording that which does most often: so no recording makes what is known large."""
    return {heard: counts[heard] for heard in sorted(counts, key=lambda heard: (-counts[heard], heard))[:_MOST]}


def _stood(lesson: Lesson, wanted: Iterable[str]) -> dict[str, int]:
    if is_by_character(lesson.language):
        # Where a word ends there, an engine and a person seldom agree on.
        said = ["".join(tokens([text], lesson.language)) for text in lesson.text]
        sought = {heard: heard.replace(" ", "") for heard in wanted}
    else:
        said = [f" {key(text.split(), lesson.language)} " for text in lesson.text]
        sought = {heard: f" {heard} " for heard in wanted}
    counts = {heard: sum(text.count(one) for text in said) for heard, one in sought.items() if heard}
    return {heard: times for heard, times in counts.items() if times}


def _is_term(change: Change) -> bool:
    """Whether what was written is a name or a term: it has a capital where no sentence begins, letters and digits, or
    is of a script that has no capitals to tell by.
    """
    letters = [char for char in change.written if char.isalpha()]
    if not all(char.islower() or char.isupper() or char.istitle() for char in letters):
        return len(letters) > 1
    if letters and any(char.isdigit() for char in change.written):
        return True
    # What stands beside an apostrophe is a word of its own: "I'll" has no name in it, "O'Brien" has.
    words = [re.split("['’]", word) for word in change.written.split()]
    return any(
        any(map(str.isupper, part[1:])) or (len(part) > 1 and part[0].isupper() and (at > 0 or change.is_inside))
        for at, parts in enumerate(words)
        for part in map(_letters, parts)
    )


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))


_Lessons = Mapping[str, Taught]
"""What recordings have taught of one thing that is heard, by their ids."""


def learn(
    taught_by: Mapping[str, Taught],
    language: str | None,
    *,
    for_everybody: bool = False,
    approved: Mapping[str, str] | None = None,
    dropped: Collection[str] = (),
    newcomers: Collection[str] = (),
) -> list[Rule]:
    """The rules that recordings teach, by their ids, in an order that does not change; none of what is `dropped`.

    Words that were corrected in two ways teach nothing: nobody can tell which is meant. What is `for_everybody` must
    come from several accounts, of which none counts for more than a fifth (`balanced`), and be no name, as far as
    capitals tell; or be `approved` by an administrator: what is heard, and what is meant, nothing if never to be one.
    What `newcomers` among the accounts teach is only for everybody where it is approved.
    """
    if not for_everybody:
        return _rules(taught_by, language, LEAST_RECORDINGS, dropped, _way_of_account)
    let_through = approved or {}
    common = balanced({name: one for name, one in taught_by.items() if one.owner not in newcomers})

    def way_approved(heard: str, lessons: _Lessons) -> str | None:
        written = let_through.get(heard, "")
        is_taught = any(written in one.changes.get(heard, ()) for one in lessons.values())
        return written if is_taught and not _is_outvoted(heard, written, lessons, LEAST_ACCOUNTS) else None

    def common_way(heard: str, lessons: _Lessons) -> str | None:
        is_theirs = heard in let_through or _is_one_word(heard)  # an administrator's to decide
        written = None if is_theirs else _common_way(_ways(heard, lessons), lessons)
        return None if written is None or _is_outvoted(heard, written, lessons) else written

    found = [
        *_rules(taught_by, language, 1, dropped, way_approved),
        *_rules(common, language, LEAST_RECORDINGS, dropped, common_way),
    ]
    return sorted(found, key=lambda rule: rule.heard)


def taken_back(
    taught_by: Mapping[str, Taught], *, for_everybody: bool = False, approved: Mapping[str, str] | None = None
) -> frozenset[str]:
    """What was heard in the place of that which readers change back too often, whatever it was learnt from before.

    For everybody accounts are counted: one that changes everything back is one.
    """
    found = {heard: lessons for heard, lessons in _by_heard(taught_by).items() if _sum("undone", heard, lessons)}
    if not for_everybody:
        return frozenset(heard for heard, lessons in found.items() if _is_taken_back(heard, lessons))
    let_through = approved or {}
    return frozenset(
        heard
        for heard, lessons in found.items()
        if _is_outvoted(heard, None, lessons, LEAST_ACCOUNTS if let_through.get(heard) else 1)
    )


def _rules(
    taught_by: Mapping[str, Taught],
    language: str | None,
    least: int,
    dropped: Collection[str],
    way_of: Callable[[str, _Lessons], str | None],
) -> list[Rule]:
    rules = []
    for heard, lessons in sorted(_by_heard(taught_by).items()):
        written = None if heard in dropped or not _is_long(heard) else way_of(heard, lessons)
        if written is None or heard == key(written.split(), language):
            continue
        recordings = _ways(heard, lessons)[written]
        if len(recordings) >= least:
            is_term = any(written in lessons[one].terms for one in recordings)
            rules.append(Rule(tuple(heard.split()), written, tuple(sorted(recordings)), is_term))
    return rules


def _by_heard(taught_by: Mapping[str, Taught]) -> dict[str, dict[str, Taught]]:
    found: dict[str, dict[str, Taught]] = defaultdict(dict)
    for recording, lesson in taught_by.items():
        for heard in (*lesson.changes, *lesson.stood, *lesson.kept, *lesson.undone):
            found[heard][recording] = lesson
    return found


def _ways(heard: str, lessons: _Lessons) -> dict[str, set[str]]:
    """What was written for what was heard, and in which recordings."""
    ways: dict[str, set[str]] = defaultdict(set)
    for recording, lesson in lessons.items():
        for written in lesson.changes.get(heard, ()):
            ways[written].add(recording)
    return ways


def _sum(what: str, heard: str, lessons: _Lessons) -> int:
    return sum(getattr(lesson, what).get(heard, 0) for lesson in lessons.values())


def _is_taken_back(heard: str, lessons: _Lessons) -> bool:
    kept, undone = (_sum(what, heard, lessons) for what in ("kept", "undone"))
    return undone * _UNDONE_OF > kept + undone


def _way_of_account(heard: str, lessons: _Lessons) -> str | None:
    """The only way in which it is corrected, if it is wrong nearly always, and a rule of it is hardly ever undone."""
    ways = list(_ways(heard, lessons))
    if len(ways) != 1 or _is_taken_back(heard, lessons):
        return None
    well = sum(lesson.changes.get(heard, {}).get(ways[0], 0) for lesson in lessons.values())
    well += _sum("kept", heard, lessons)
    return ways[0] if well >= LEAST_PRECISION * (well + _sum("stood", heard, lessons)) else None


def _is_outvoted(heard: str, written: str | None, lessons: _Lessons, least: int = 1) -> bool:
    """Whether accounts are against a rule, at least so many, and more than one for every five that are for it.

    An account is against it if it undoes more than it keeps, or has more of what was heard stand as it is than it
    corrects; where nothing is `written`, only what was undone is asked for. However much it has of that, it is one.
    """
    right: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    stands: Counter[str] = Counter()
    for lesson in lessons.values():
        ways = lesson.changes.get(heard, {})
        right[lesson.owner] += sum(ways.values()) if written is None else ways.get(written, 0)
        kept[lesson.owner] += lesson.kept.get(heard, 0) - lesson.undone.get(heard, 0)
        stands[lesson.owner] += lesson.stood.get(heard, 0) if written is not None else 0
    against = {one for one in right if kept[one] < 0 or stands[one] > right[one] + kept[one]}
    agreeing = {one for one in right if right[one] + kept[one] > 0} - against
    return len(against) >= least and len(against) * _LARGEST_SHARE_OF > len(agreeing)


def _common_way(ways: Mapping[str, set[str]], taught_by: Mapping[str, Taught]) -> str | None:
    """The way in which enough accounts correct it, if hardly anybody does otherwise, and if it is no name.

    However often one account says it, it is one account: so none can bring in a rule, nor keep one out that many teach.
    """
    if not ways:
        return None
    accounts = {written: {taught_by[one].owner for one in recordings} for written, recordings in ways.items()}
    written = max(sorted(accounts), key=lambda way: len(accounts[way]))
    others = set[str]().union(*(owners for way, owners in accounts.items() if way != written)) - accounts[written]
    is_clear = len(others) * _LARGEST_SHARE_OF <= len(accounts[written])
    return written if len(accounts[written]) >= LEAST_ACCOUNTS and is_clear and not may_be_name(written) else None


def _is_one_word(heard: str) -> bool:
    """Whether one word alone is heard: to change it everywhere ("yes" into "never") turns round what people say, and no
    measuring finds that out where those who teach it are measured by. So an administrator looks at it.
    """
    return len(heard.split()) == 1


def may_be_name(written: str) -> bool:
    """Whether words may be somebody's name, or tell where somebody is reached: a word has a capital, or is of a script
    that has none to tell by; or there is a digit, "@" or "/".
    """
    return any(
        char.isupper() or char.istitle() or (char.isalpha() and not char.islower()) or char.isnumeric() or char in "@/"
        for char in written
    )


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
        stand, undone = (_trimmed(counts, room, 1) for counts in (lesson.stood, lesson.undone))
        found[recording] = Taught(lesson.owner, dict(changes), stand, _trimmed(lesson.kept, room, 1), undone)
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
    letters = heard.replace(" ", "")
    return len(letters) >= _LEAST_LETTERS or any(unicodedata.name(char, "").startswith(_WORDS) for char in letters)


_WORDS = ("CJK UNIFIED", "HANGUL SYLLABLE")
"""Scripts of which one letter is a word, or nearly: two make most names."""
