"""A transcript corrected by a person: words that stand keep their times, changed ones share those of what they replace.

Pure. What is written is kept as it is: every mark, and every space between words (`Word.space`). Lines are matched
first and words only where lines differ, so that a correction in ten hours of talk is quick.
"""

import hashlib
import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import SequenceMatcher
from functools import partial
from itertools import accumulate, chain, islice, repeat
from typing import Any

from chalicelib.speech import captions
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Confirmation, Transcript, Word, as_line, is_mark, is_opening, is_spaced

_TOKEN = re.compile(r"(\s*)(\S+)")
"""What is written in one piece, and the space before it."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a person wrote: a stretch of one speaker's words."""

    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected transcript, ready to be stored: its `texts` by ending, and a `name` that stands for what was asked.

    `text` is its fingerprint, `before` that of what was corrected; `confirmed` is how much of it somebody stands
    behind. It `brings_back` the text of an earlier edition, if it names one. With a `title` it is an edition of its
    own, which is called so and has ended at once.
    """

    name: str
    texts: Mapping[str, str]
    text: str
    before: str
    confirmed: float
    brings_back: int | None = None
    title: str | None = None

    @property
    def is_apart(self) -> bool:
        """Whether it goes into no sitting: it is an edition of its own."""
        return self.brings_back is not None or self.title is not None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What whoever corrects says of words beside changing them: `who` and when; the stretches (seconds, from and to) in
    which what now stands is right, and those of which they take back that it is.
    """

    who: Confirmation
    right: tuple[tuple[float, float], ...] = ()
    open: tuple[tuple[float, float], ...] = ()


def correction(
    transcript: Transcript,
    lines: Sequence[Line],
    length: float,
    job: str,
    edition: int,
    verdict: Verdict | None = None,
    brings_back: int | None = None,
) -> Correction:
    """What `correct` makes of `transcript`, as a document of the `job` and with captions made anew.

    It is to follow the save `edition`, whose text `transcript` is unless it `brings_back` another.
    """
    words, lengths = correct(transcript, lines, length, verdict)
    document = transcribe_document(job, words, transcript.language, lengths)
    corrected = read_transcript(document)
    texts = captions.written(corrected, captions.cues(corrected))
    texts["json"] = json.dumps(document, ensure_ascii=False)
    name = name_of(lines, job, edition, verdict, brings_back)
    return Correction(
        name, texts, corrected.fingerprint, transcript.fingerprint, corrected.confirmed, brings_back=brings_back
    )


def name_of(
    lines: Sequence[Line], job: str, edition: int, verdict: Verdict | None = None, brings_back: int | None = None
) -> str:
    """What a correction is called: always the same for the same request, so that one that is sent again is known.

    When its words are confirmed makes no other of it.
    """
    said = [verdict.who.by, verdict.right, verdict.open] if verdict else None
    asked = [edition, brings_back, job, [[line.text, line.speaker] for line in lines], said]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]


def correct(
    transcript: Transcript, lines: Sequence[Line], length: float = 0.0, verdict: Verdict | None = None
) -> tuple[list[Word], list[int]]:
    """The words of `lines`, with times from `transcript`; and how many words each line has, empty ones left out.

    Confidence is 1 for what a person wrote anew. Where nothing was heard, what is written is spread over the `length`
    of the recording (seconds). What is written anew is confirmed by that, and so is what the `verdict` says; what was
    confirmed before stays so where it stands as it was.
    """
    until = transcript.duration or length
    old = [list(exploded(segment.words)) for segment in transcript.segments]
    new = [words for line in lines if (words := list(words_of(line)))]
    corrected: list[Word] = []
    for kind, i1, i2, j1, j2 in _opcodes([keys_of(line) for line in old], [keys_of(line) for line in new]):
        said = [word for line in old[i1:i2] for word in line]
        written = [word for line in new[j1:j2] for word in line]
        if kind == "equal":
            corrected += map(_timed, written, said)
        else:
            before = old[i1 - 1][-1].end if i1 else 0.0
            after = old[i2][0].start if i2 < len(old) else max(before, until)
            corrected += _aligned(said, written, before, after)
    rest = iter(corrected)
    joined = [list(_joined(list(islice(rest, len(words))))) for words in new]
    return _judged(list(chain.from_iterable(joined)), verdict), list(map(len, joined))


def _judged(words: list[Word], verdict: Verdict | None) -> list[Word]:
    """`words` with what a person says of them; what was written anew carries `_ANEW` until then."""
    if verdict is None:
        return [replace(word, confirmed=None) if word.confirmed is _ANEW else word for word in words]
    is_right, is_open = _within(verdict.right), _within(verdict.open)
    judged = []
    for word in words:
        middle = (word.start + word.end) / 2
        confirmed = verdict.who if word.confirmed is _ANEW else word.confirmed
        if confirmed is None and is_right(middle):
            confirmed = verdict.who
        if is_open(middle):
            confirmed = None
        judged.append(word if confirmed is word.confirmed else replace(word, confirmed=confirmed))
    return judged


def _within(stretches: Sequence[tuple[float, float]]) -> Callable[[float], bool]:
    """Tells of a moment whether any of the `stretches` has it: of thousands as fast as of a few."""
    ordered = sorted(stretches)
    starts = [start for start, _ in ordered]
    furthest = list(accumulate((end for _, end in ordered), max))  # that any of them reaches which begin by then

    def is_within(moment: float) -> bool:
        begun = bisect_right(starts, moment)
        return begun > 0 and furthest[begun - 1] >= moment

    return is_within


_ANEW = Confirmation("", 0.0)
"""Stands for whoever writes a word anew, while a correction is worked out."""


def _aligned(said: Sequence[Word], written: Sequence[Word], before: float, after: float) -> Iterator[Word]:
    """`written` with the times of `said`, which stands between the seconds `before` and `after`."""
    for kind, i1, i2, j1, j2 in _opcodes(keys_of(said), keys_of(written)):
        if kind == "equal":
            yield from map(_timed, written[j1:j2], said[i1:i2])
        elif i2 - i1 == j2 - j1:  # a word for a word: each keeps its own time
            for word, one in zip(written[j1:j2], said[i1:i2], strict=True):
                yield replace(word, start=one.start, end=one.end)
        elif i1 < i2:
            yield from spread(written[j1:j2], said[i1].start, max(said[i2 - 1].end, said[i1].start))
        else:
            start = said[i1 - 1].end if i1 else min(before, said[0].start) if said else before
            end = said[i1].start if i1 < len(said) else after
            yield from spread(written[j1:j2], start, max(start, end))


def _timed(word: Word, said: Word) -> Word:
    if isinstance(said, _Part):
        # What stands behind the whole is told once it is known which parts of it are left.
        return replace(said, text=word.text, punctuation=word.punctuation, speaker=word.speaker, space=word.space)
    # Capitals and marks make no other word, but whoever changes them stands behind it.
    is_same = word.written == said.written
    return replace(
        word,
        start=said.start,
        end=said.end,
        confidence=said.confidence,
        language=said.language,
        confirmed=said.confirmed if is_same else _ANEW,
        heard=said.heard if is_same else None,
        alternatives=said.alternatives if is_same else (),
    )


def spread(words: Sequence[Word], start: float, end: float) -> Iterator[Word]:
    """`words` one after the other from `start` to `end`, each as long as it is written."""
    total = sum(len(word.text) for word in words)
    passed, begins = 0, start
    for word in words:
        passed += len(word.text)
        ends = min(end, start + (end - start) * passed / total)  # rounding may pass the end by a hair
        yield replace(word, start=begins, end=ends)
        begins = ends


def words_of(line: Line) -> Iterator[Word]:
    """The words of a line, without times yet. Marks belong to the word that they are written at, if they are at one."""
    for space, token in _TOKEN.findall(as_line(line.text)):
        spaces = chain([space or None], repeat(""))  # nothing stands before the first word of a line
        for piece, before in zip(_pieces(token), spaces, strict=False):
            text = piece.rstrip(_marks(piece)) or piece
            yield Word(0.0, 0.0, text, 1.0, piece[len(text) :], line.speaker, None, before, _ANEW)


@dataclass(frozen=True, slots=True)
class _Part(Word):
    """One of the `parts` of what stands as one `whole`, though people write several words or letters: a rule that was
    learnt writes a whole name as one. `at` counts them from 0.
    """

    whole: Word | None = None
    at: int = 0
    parts: int = 1


def _parts(word: Word) -> list[Word]:
    """What is compared with what people write, of one word: itself, if nobody would write it as several."""
    if word.heard is None and " " not in word.text:
        return [word]
    written = list(words_of(Line(word.written)))
    if len(written) < 2:  # noqa: PLR2004
        return [word]
    timed = spread(written, word.start, word.end)
    return [
        _Part(
            one.start,
            one.end,
            one.text,
            word.confidence,
            one.punctuation,
            word.speaker,
            word.language,
            whole=word,
            at=at,
            parts=len(written),
        )
        for at, one in enumerate(timed)
    ]


def _joined(words: Sequence[Word]) -> Iterator[Word]:
    """The words of a line, with those in one that are all the parts of what was one before: where one word of it was
    changed, whoever did so stands behind what they left of it too.
    """
    at = 0
    while at < len(words):
        first = words[at]
        if not isinstance(first, _Part) or first.whole is None:
            yield first
            at += 1
            continue
        parts = words[at : at + first.parts]
        found = [(one.at, one.whole) for one in parts if isinstance(one, _Part)]
        if found == [(place, first.whole) for place in range(first.parts)]:
            text = first.written + "".join((one.space or "") + one.written for one in parts[1:])
            last = parts[-1].punctuation
            yield _timed(_plain(first, text=text.removesuffix(last), punctuation=last), first.whole)
            at += len(parts)
        else:
            yield _plain(first, confirmed=_ANEW)
            at += 1


def _plain(part: _Part, **changes: Any) -> Word:  # noqa: ANN401 - fields
    return replace(Word(*(getattr(part, field.name) for field in fields(Word))), **changes)


def _pieces(token: str) -> Iterator[str]:
    """`token` cut into letters, each with its marks, where its script writes words without spaces.

    Letters, since no two agree where words end.
    """
    piece = opening = ""
    for part in _letters(token):
        if part.strip(_marks(part)):
            if piece:
                yield piece
            piece, opening = opening + part, ""
        elif piece and not opening and not is_opening(part[-1]):
            piece += part
        else:
            opening += part
    if piece or opening:
        yield piece + opening


def _letters(token: str) -> Iterator[str]:
    start = 0
    for at in range(1, len(token)):
        if (_is_spaceless(token[at - 1]) or _is_spaceless(token[at])) and not _is_joined(token[at]):
            yield token[start:at]
            start = at
    yield token[start:]


def exploded(words: Sequence[Word]) -> Iterator[Word]:
    """Words cut as `_pieces` cuts them, each part with its share of the time."""
    for word in chain.from_iterable(map(_parts, words)):
        is_whole = isinstance(word, _Part) or word.heard is not None
        pieces = [] if is_whole else list(_pieces(word.text))
        if len(pieces) < 2:  # noqa: PLR2004
            yield word
            continue
        parts = list(spread(list(map(partial(_piece, word), pieces)), word.start, word.end))
        yield from parts[:-1]
        yield replace(parts[-1], punctuation=word.punctuation)


def _piece(word: Word, text: str) -> Word:
    return replace(word, text=text, punctuation="", alternatives=())  # those of the whole are none of a part


def keys_of(words: Sequence[Word]) -> tuple[str, ...]:
    """What makes two words the same: capitals and marks do not count."""
    return tuple(word.text.strip(_marks(word.text)).casefold() or word.text for word in words)


def _opcodes(old: Sequence[Hashable], new: Sequence[Hashable]) -> Sequence[tuple[str, int, int, int, int]]:
    # What comes up all the time ("the") is no mark to go by: left out, hours of talk take seconds instead of minutes.
    return SequenceMatcher(None, old, new, autojunk=True).get_opcodes()


def _is_spaceless(char: str) -> bool:
    return not is_spaced(char, char)


def _is_joined(char: str) -> bool:
    """Whether `char` belongs to the one before it: an accent, or a sign that joins or parts without being seen."""
    category = unicodedata.category(char)
    return category.startswith("M") or category == "Cf"


def _marks(text: str) -> str:
    """The marks in `text`, for `str.strip`."""
    return "" if text.isalnum() else "".join(filter(is_mark, text))
