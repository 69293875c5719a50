"""A transcript: its words and segments, and how words of any script make text. Pure."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby

_SENTENCE_ENDS = frozenset(".?!…。？！．｡؟۔।॥፧።‼⁇⁈⁉")
_CLOSERS = "\"'”’»›)]}」』）］〉》"
_CLAUSE_ENDS = frozenset(",;:，、；：،؛–—")
_ABBREVIATED = ("mr", "mrs", "ms", "dr", "prof", "st", "sr", "vs", "e.g", "i.e", "approx", "gen", "sen", "rep", "gov")
_ABBREVIATIONS = frozenset(f"{word}." for word in _ABBREVIATED)
_SPACELESS = re.compile(
    # Thai, Lao; Burmese; Khmer; CJK marks, kana, bopomofo, Han; full-width forms and half-width kana; more Han
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff01-\uff9f\U00020000-\U0003ffff]"
)
_FIRST_SPACELESS = "\u0e00"
_PARTS = 10_000
_FINGERPRINT = 32  # characters


UNSURE_BELOW = 0.6
"""Below this confidence a word is uncertain: the pages mark it as such (`web/asset/model/words.js`)."""

MOST_ALTERNATIVES = 4
"""That are kept of a word."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a person stands behind a word: who (an account's id), and when (seconds since the epoch)."""

    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word: times in seconds from the start of the recording, `confidence` from 0 to 1.

    `punctuation` is what is written right after the word ("," or "." or "?!"), or empty. `language` is the code that
    the engine gave to this very word, in a recording of several languages. `space` is what a person wrote between this
    word and the one before it in its line: a space of whatever kind, several, or nothing. It is None where nobody
    wrote it: there the script tells (`is_spaced`). It is `confirmed` if somebody has said that it is right, or wrote it
    anew; a word that nobody touched may be wrong. `heard` is what was heard in its place, where a rule that was learnt
    has changed it. `alternatives` are what else the engine took it for, the likeliest first: of an uncertain word, and
    only from engines that tell.
    """

    start: float
    end: float
    text: str
    confidence: float = 1.0
    punctuation: str = ""
    speaker: str | None = None
    language: str | None = None
    space: str | None = None
    confirmed: Confirmation | None = None
    heard: str | None = None
    alternatives: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """The word with its punctuation."""
        return self.text + self.punctuation

    @property
    def is_unsure(self) -> bool:
        """Whether the engine was not sure of it, and nobody else is."""
        return self.confidence < UNSURE_BELOW and self.confirmed is None

    @property
    def ends_sentence(self) -> bool:
        """Whether a sentence ends with this word: "home." and "home?" do, "3.5" and "Dr." do not."""
        written = self.written.rstrip(_CLOSERS)
        return written[-1:] in _SENTENCE_ENDS and written.lower() not in _ABBREVIATIONS

    @property
    def ends_clause(self) -> bool:
        """Whether a comma, a colon or the like is written after this word."""
        return self.written.rstrip(_CLOSERS)[-1:] in _CLAUSE_ENDS


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one speaker's words, in one language, that reads as a sentence; never empty."""

    words: tuple[Word, ...]
    language: str | None = None

    @property
    def start(self) -> float:
        """Start of the first word, in seconds."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """End of the last word, in seconds."""
        return self.words[-1].end

    @property
    def speaker(self) -> str | None:
        """Who speaks, where the engine knows."""
        return self.words[0].speaker

    @property
    def text(self) -> str:
        """The words as a reader wants them."""
        return "".join(chain.from_iterable(spaced(self.words)))


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, in order. `language` is the code that the engine gave or found, or None.

    Segments stand in the order in which they begin, and so do words, except where channels speak at once: there the
    segments overlap, since sentences torn apart word by word could be neither read nor analysed.
    """

    segments: tuple[Segment, ...]
    language: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no word was heard."""
        return not self.segments

    @property
    def duration(self) -> float:
        """When the last word ends, in seconds; 0 if there is none."""
        return max((segment.end for segment in self.segments), default=0.0)

    @property
    def text(self) -> str:
        """Everything that was said: a paragraph for each turn of a speaker, with an empty line between."""
        turns = groupby(self.segments, key=lambda segment: segment.speaker)
        return "\n\n".join(join(segment.text for segment in turn) for _, turn in turns)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers, in the order in which they first speak; empty where the engine knows none."""
        return tuple(dict.fromkeys(segment.speaker for segment in self.segments if segment.speaker is not None))

    @property
    def confirmed(self) -> float:
        """How much of it somebody stands behind, from 0 to 1 of its words, rounded down; 0 of an empty one."""
        return self._confirmed_in(_PARTS) / _PARTS

    @property
    def percent_confirmed(self) -> int:
        """The same in percent, rounded down: 100 only where somebody stands behind all of it."""
        return self._confirmed_in(100)

    def _confirmed_in(self, parts: int) -> int:
        """How many of so many parts of its words somebody stands behind, rounded down; 0 of an empty one."""
        known = [word.confirmed is not None for word in self.words()]
        return sum(known) * parts // len(known) if known else 0

    @property
    def fingerprint(self) -> str:
        """Stands for what is said, and by whom: not for when, nor for where lines end or who confirmed it."""
        turns = groupby(self.segments, key=lambda segment: segment.speaker)
        said = [[speaker, join(segment.text for segment in turn)] for speaker, turn in turns]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:_FINGERPRINT]

    def as_heard(self) -> "Transcript":
        """It before any rule that was learnt has changed it."""
        return replace(self, segments=tuple(replace(one, words=tuple(_as_heard(one.words))) for one in self.segments))

    def words(self) -> Iterator[Word]:
        """Every word, segment by segment."""
        for segment in self.segments:
            yield from segment.words

    def talk_time(self) -> dict[str, float]:
        """Seconds that each speaker speaks, short pauses included; empty where the engine knows no speakers."""
        seconds = dict.fromkeys(self.speakers, 0.0)
        for segment in self.segments:
            if segment.speaker is not None:
                seconds[segment.speaker] += segment.end - segment.start
        return seconds


def _as_heard(words: Iterable[Word]) -> Iterator[Word]:
    for word in words:
        parts = (word.heard or "").split()
        step = (word.end - word.start) / max(len(parts), 1)
        for at, part in enumerate(parts):
            marks = word.punctuation if at == len(parts) - 1 else ""
            start = word.start + at * step
            yield replace(word, text=part, start=start, end=start + step, punctuation=marks, heard=None)
        if not parts:
            yield word


def is_channel(label: str) -> bool:
    """Whether a speaker's label is a channel's, as Transcribe writes it: `ch_0`. It means the same in all of a call."""
    return re.fullmatch(r"ch_\d+", label) is not None


def clean(text: str) -> str:
    """`text` on one line: white space as single spaces, without control characters and half surrogate pairs.

    Marks that steer joining and direction stay: Persian, Hebrew and emoji need them.
    """
    if text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " ":
        return text
    kept = (char for char in text if char.isspace() or unicodedata.category(char) not in {"Cc", "Cs"})
    return " ".join("".join(kept).split())


def as_line(text: str) -> str:
    """What a person wrote, as one line: every sign and every space as they were typed, but for spaces at its ends.

    A line break or a tab is a space. What no file can hold is left out: control characters, halves of surrogate pairs,
    the byte order mark and the two code points that XML forbids (https://www.w3.org/TR/xml/#charsets).
    """
    parts = map(str.strip, _BREAKS.split(_UNWRITABLE.sub("", text)))
    return " ".join(filter(None, parts))


_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]")
_UNWRITABLE = re.compile("[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def is_mark(char: str) -> bool:
    """Whether `char` is a mark of punctuation."""
    return unicodedata.category(char).startswith("P")


def is_opening(mark: str) -> bool:
    """Whether a mark belongs to what comes after it, as brackets and quotation marks that open do."""
    return mark in "¿¡" or unicodedata.category(mark) in {"Ps", "Pi"}


def spaced(words: Iterable[Word]) -> Iterator[tuple[str, str]]:
    """Each word as it is written, after what stands between it and the word before; nothing does before the first."""
    before = ""
    for word in words:
        written, space = word.written, word.space
        if not before:
            space = ""
        elif space is None:
            space = " " if is_spaced(before, written) else ""
        yield space, written
        before = written


def join(pieces: Iterable[str]) -> str:
    """Lines or sentences as running text, with spaces where their script has them."""
    text: list[str] = []
    before = ""
    for piece in pieces:
        if before and is_spaced(before, piece):
            text.append(" ")
        text.append(piece)
        before = piece
    return "".join(text)


def is_spaced(before: str, after: str) -> bool:
    """Whether a space is written between two words.

    The script tells, not the language code, which may be missing or name only one of two languages: there is none
    between words of Chinese, Japanese, Thai, Lao, Khmer or Burmese; there is one between these and a Latin word, as
    their typographers like it, but none beside a number or a full-width mark.
    """
    left, right = before[-1:], after[:1]
    if left < _FIRST_SPACELESS and right < _FIRST_SPACELESS:
        return True
    spaceless = [char for char in (left, right) if _SPACELESS.match(char)]
    if len(spaceless) != 1:
        return not spaceless
    other = right if spaceless[0] == left else left
    return not other.isdigit() and unicodedata.category(spaceless[0])[0] in "LM"
