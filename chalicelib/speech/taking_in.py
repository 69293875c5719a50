"""Captions that others have written, taken in as the text of a transcript: each word of theirs gets its time. Pure.

A word that was heard too has the time at which it was heard. One that was not is placed within its cue, between those
beside it. The cues may be earlier or later than the recording, by the same all through or by ever more, as happens when
a film was cut or runs at another speed: by how much is learnt from the words that agree.
"""

import hashlib
import json
import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import chain, groupby, pairwise
from statistics import median

from chalicelib.speech import captions
from chalicelib.speech.corrections import Correction, Line, exploded, keys_of, spread, words_of
from chalicelib.speech.cue_files import FileCue
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Transcript, Word, as_line, is_spaced

LIKELY = 0.25
"""How much of the text has to have been heard for it to be taken for that of this recording: engines that mishear
every second word still hear more of it; another recording in the same language has a tenth, by its small words."""

_LONGEST_NAME = 100
_NEAR = 4.0
"""Seconds by which a word that was heard may be away from where its cue has it, once the cues are moved."""

_NEIGHBOURS = 9
"""Words that agree, around a cue, by which it is told how far it is to be moved."""

_LEAST_ANCHOR = 3
"""Words that agree one after the other before they tell anything about where a cue belongs."""

_GRAMS = (4, 3, 2, 1)
_SMALL = 40_000
"""Pairs of words up to which two stretches are compared each with each."""

_MOST_WORK = 40_000_000
"""Words that are looked at in all: two files that were made to be slow are given up on, and agree in little."""

_PAUSE = 1.5  # seconds
_LONGEST_LINE = 60  # words

_DIALOGUE_DASH = re.compile(r"(?m)^[ \t]*(?:[-–—][ \t]+|[-–—](?=[^\W\d_]))")
"""Before what another one says."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of it: `words` and how many each line has (`lines`); of the words of the file `agree` were heard too,
    of those of the transcript `unsaid` do not stand in the file; `shift` is by how many seconds the cues had to be
    moved, as a rule.
    """

    words: tuple[Word, ...]
    lines: tuple[int, ...]
    agree: int
    unsaid: int
    shift: float

    @property
    def share(self) -> float:
        """How much of the text was heard too, from 0 to 1."""
        return self.agree / len(self.words) if self.words else 0.0

    @property
    def is_likely(self) -> bool:
        """Whether the file seems to be of this recording, and in its language."""
        return self.share >= LIKELY


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one voice says in a cue, word by word, without times yet; which `cue` it is of."""

    cue: int
    words: tuple[Word, ...]


def take_in(transcript: Transcript, cues: Sequence[FileCue], length: float = 0.0) -> TakenIn:
    """The text of `cues` with the times of what `transcript` has heard, in a recording of this `length` (seconds).

    Where the file does not say who speaks, that is who was heard. Nobody stands behind what was not heard: that it was
    written somewhere does not make it right.
    """
    pieces = [piece for at, cue in enumerate(cues) for piece in _pieces(at, cue)]
    theirs = [(piece.cue, word) for piece in pieces for word in piece.words]
    heard = sorted(chain.from_iterable(exploded(one.words) for one in transcript.segments), key=lambda one: one.start)
    pairs = _matched(keys_of(heard), keys_of([word for _, word in theirs]))
    guessed = _guessed(cues, pieces)
    shifts = _shifts(pairs, heard, guessed, [cue for cue, _ in theirs], len(cues))
    near = {
        mine: heard[other]
        for other, mine in pairs
        if abs(heard[other].start - guessed[mine] - shifts[theirs[mine][0]]) <= _NEAR
    }
    until = max(length, transcript.duration) or math.inf
    timed = list(_timed(theirs, near, cues, shifts, until))
    lines = list(_lines(timed, pieces, near))
    written = [word for line in lines for word in line]
    moved = [heard[other].start - guessed[mine] for other, mine in pairs if mine in near]
    return TakenIn(
        tuple(written),
        tuple(map(len, lines)),
        len(near),
        len(heard) - len(near),
        round(median(moved), 2) if moved else 0.0,
    )


def correction_of(transcript: Transcript, taken: TakenIn, job: str, name: str, title: str) -> Correction:
    """What was taken in, as a correction of this `name` of `transcript`: an edition that is called `title`."""
    document = transcribe_document(job, taken.words, transcript.language, taken.lines)
    made = read_transcript(document)
    texts = captions.written(made, captions.cues(made))
    texts["json"] = json.dumps(document, ensure_ascii=False)
    return Correction(name, texts, made.fingerprint, transcript.fingerprint, made.confirmed, title=title)


def name_of(text: str, title: str, job: str, edition: int) -> str:
    """What the correction by a file of this `text` is called, of the save `edition`: the same for the same request."""
    asked = ["taken in", edition, job, title, text]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]


def _pieces(at: int, cue: FileCue) -> Iterator[_Piece]:
    for said in cue.said:
        speaker = as_line(said.speaker or "")[:_LONGEST_NAME].strip() or None
        for text in _turns(said.text):
            words = tuple(replace(word, confirmed=None) for word in words_of(Line(text, speaker)))
            if words:
                yield _Piece(at, words)


def _turns(text: str) -> Iterator[str]:
    """What is said in a cue: where a dash begins a line, somebody else speaks. Lines that break for want of room go on,
    with a space between where the script has one.
    """
    for turn in _DIALOGUE_DASH.sub("\x1e", text).split("\x1e"):
        joined = ""
        for line in filter(None, map(str.strip, turn.split("\n"))):
            joined += (" " if joined and is_spaced(joined, line) else "") + line
        yield joined


def _guessed(cues: Sequence[FileCue], pieces: Sequence[_Piece]) -> list[float]:
    """When each word would begin if a cue's words took all of its time."""
    found: list[float] = []
    for at, group in groupby(pieces, key=lambda one: one.cue):
        words = [word for piece in group for word in piece.words]
        start, end = cues[at].start, max(cues[at].start, cues[at].end)
        found += [word.start for word in spread(words, start, end)]
    return found


def _shifts(
    pairs: Sequence[tuple[int, int]],
    heard: Sequence[Word],
    guessed: Sequence[float],
    cue_of: Sequence[int],
    cues: int,
) -> list[float]:
    """By how much each cue has to be moved, in seconds: as the words around it tell that agree in a row."""
    anchors = [
        (cue_of[mine], heard[other].start - guessed[mine])
        for row in _rows(pairs)
        if len(row) >= _LEAST_ANCHOR
        for other, mine in row
    ]
    if not anchors:
        return [0.0] * cues
    places = [cue for cue, _ in anchors]
    found = []
    for cue in range(cues):
        at = bisect_left(places, cue)
        around = anchors[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]
        found.append(median(shift for _, shift in around))
    return found


def _rows(pairs: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    row: list[tuple[int, int]] = []
    for pair in pairs:
        if row and pair != (row[-1][0] + 1, row[-1][1] + 1):
            yield row
            row = []
        row.append(pair)
    if row:
        yield row


def _timed(
    theirs: Sequence[tuple[int, Word]],
    near: dict[int, Word],
    cues: Sequence[FileCue],
    shifts: Sequence[float],
    until: float,
) -> Iterator[Word]:
    """The words with their times: those that were heard as they were, the others in between, each within its cue."""
    following = [until] * len(theirs)
    for at in range(len(theirs) - 2, -1, -1):
        following[at] = near[at + 1].start if at + 1 in near else following[at + 1]
    done = 0.0
    runs = groupby(range(len(theirs)), key=lambda at: (theirs[at][0], at in near))
    for (cue, is_heard), numbers in runs:
        places = list(numbers)
        if is_heard:
            for at in places:
                said, word = near[at], theirs[at][1]
                is_same = word.written == said.written
                done = max(done, said.end)
                yield replace(
                    word,
                    start=said.start,
                    end=said.end,
                    confidence=said.confidence,
                    language=said.language,
                    confirmed=said.confirmed if is_same else None,
                )
            continue
        last = max(done, following[places[-1]])
        start = min(max(done, cues[cue].start + shifts[cue]), last)
        end = min(max(start, cues[cue].end + shifts[cue]), last)
        done = end
        yield from spread([theirs[at][1] for at in places], start, end)


def _lines(timed: Sequence[Word], pieces: Sequence[_Piece], near: dict[int, Word]) -> Iterator[list[Word]]:
    """Lines of one speaker each: sentences, as far as they go on from cue to cue."""
    line: list[Word] = []
    speaker: str | None = None
    at = 0
    for piece in pieces:
        numbers = range(at, at + len(piece.words))
        at += len(piece.words)
        named = piece.words[0].speaker
        known = Counter(near[one].speaker for one in numbers if one in near)
        speaker = named or (known.most_common(1)[0][0] if known else speaker)
        for number in numbers:
            word = replace(timed[number], speaker=speaker)
            if line and _is_parted(line, word):
                yield line
                line = []
            line.append(word if line else replace(word, space=None))  # nothing stands before the first word
    if line:
        yield line


def _is_parted(line: Sequence[Word], word: Word) -> bool:
    last = line[-1]
    is_over = last.ends_sentence or word.start - last.end >= _PAUSE
    return word.speaker != last.speaker or len(line) >= _LONGEST_LINE or is_over


# --- what agrees ----------------------------------------------------------------------------------------------------


def _matched(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Which of `old` and `new` are the same, as pairs of their numbers, in order of both.

    What comes once in both tells where they belong together ("patience"); in between, the same again, by ever fewer
    words in a row, until stretches are short enough to be compared each with each. So hours take no longer than they
    are long, whatever words they have.
    """
    found: list[tuple[int, int]] = []
    work = 0
    todo = [(0, len(old), 0, len(new))]
    while todo:
        low, high, first, last = todo.pop()
        while low < high and first < last and old[low] == new[first]:
            found.append((low, first))
            low, first = low + 1, first + 1
        while low < high and first < last and old[high - 1] == new[last - 1]:
            high, last = high - 1, last - 1
            found.append((high, last))
        if low == high or first == last:
            continue
        size = (high - low) * (last - first)
        work += min(size, high - low + last - first) if size > _SMALL else size // 10
        if work > _MOST_WORK:
            break
        if size <= _SMALL:
            blocks = SequenceMatcher(None, old[low:high], new[first:last], autojunk=False).get_matching_blocks()
            found += [(low + a + at, first + b + at) for a, b, length in blocks for at in range(length)]
            continue
        anchors = _anchors(old, new, low, high, first, last)
        found += anchors
        edges = [(low - 1, first - 1), *anchors, (high, last)]
        todo += [(a + 1, c, b + 1, d) for (a, b), (c, d) in pairwise(edges)] if anchors else []
    return sorted(found)


def _anchors(
    old: Sequence[str], new: Sequence[str], low: int, high: int, first: int, last: int
) -> list[tuple[int, int]]:
    """Where what comes but once in both stretches stands in each: as many as keep their order, longest rows first."""
    for size in _GRAMS:
        ours = _once(old, low, high, size)
        others = _once(new, first, last, size)
        pairs = sorted((at, others[gram]) for gram, at in ours.items() if gram in others)
        if pairs:
            return _rising(pairs)
    return []


def _once(keys: Sequence[str], start: int, end: int, size: int) -> dict[tuple[str, ...], int]:
    grams: dict[tuple[str, ...], int] = {}
    for at in range(start, end - size + 1):
        gram = tuple(keys[at : at + size])
        grams[gram] = -1 if gram in grams else at
    return {gram: at for gram, at in grams.items() if at >= 0}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs, whose first numbers rise, in which the second ones rise too (patience sorting)."""
    tops: list[int] = []  # the smallest number that a run of each length ends with …
    ends: list[int] = []  # … and at which pair
    before: list[int] = []
    for at, (_, number) in enumerate(pairs):
        place = bisect_left(tops, number)
        before.append(ends[place - 1] if place else -1)
        tops[place : place + 1] = [number]
        ends[place : place + 1] = [at]
    run = []
    at = ends[-1] if ends else -1
    while at >= 0:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]
