"""What the models have heard, as the words of a transcript: each with its times, its marks and its speaker. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from chalicelib.speech.transcripts import Word
from container.contract import Heard, HeardSegment, HeardWord

_MARKS = ".,!?;:…。、！？，：；．｡؟،۔।"
_WRITTEN = re.compile(rf"""["“”„«»()\[\]\s]*(.*?)["“”„«»()\[\]\s]*([{_MARKS}]*)["“”„«»()\[\]\s]*""", re.DOTALL)

Timed = tuple[HeardWord, float, float]


def words_of(heard: Heard, seconds: float = 0.0) -> list[Word]:
    """The words in order, none of which begins before the one before it, or ends after `seconds` (0: not known)."""
    segments = sorted((one for one in heard.segments if one.words), key=lambda segment: segment.start)
    if seconds > 0:
        # On silence at the end Whisper makes words up.
        segments = [segment for segment in segments if segment.start < seconds]
    usual = _mean(word.score for segment in segments for word in segment.words)
    words: list[Word] = []
    for segment in segments:
        surely = _mean(word.score for word in segment.words)
        for word, start, end in _timed(segment):
            score = next(known for known in (word.score, surely, usual, 1.0) if known is not None)
            said = _said(word, start, end, score, word.speaker or segment.speaker)
            if said.text:
                words.append(said)
            elif words and not words[-1].punctuation:  # a mark on its own
                words[-1] = replace(words[-1], punctuation=said.punctuation)
    return _named(_in_order(words, seconds))


def _said(word: HeardWord, start: float, end: float, score: float, speaker: str | None) -> Word:
    match = _WRITTEN.fullmatch(word.text)
    text, marks = match.groups() if match else (word.text.strip(), "")
    # A text is on one line, with no spaces in it: each is a word.
    return Word(start, end, " ".join(text.split()), round(min(max(score, 0.0), 1.0), 4), marks, speaker)


def _mean(scores: Iterable[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if known else None


def _timed(segment: HeardSegment) -> Iterator[Timed]:
    """Each word of a segment with its times: those that have none share what their neighbours leave, by their length.

    Aligners time words by their letters: "2014." and "£13" have none.
    """
    words = segment.words
    latest = max(segment.start, 0.0)
    at = 0
    for is_known, group in groupby(words, key=lambda word: word.start is not None):
        run = list(group)
        if is_known:
            for number, word in enumerate(run, at):
                start = max(word.start or 0.0, 0.0)
                following = words[number + 1].start if number + 1 < len(words) else None
                end = word.end if word.end is not None else (following if following is not None else segment.end)
                latest = max(start, end)
                yield word, start, latest
        else:
            following = words[at + len(run)].start if at + len(run) < len(words) else segment.end
            yield from _shared(run, latest, max(following or latest, latest))
        at += len(run)


def _shared(run: Sequence[HeardWord], start: float, end: float) -> Iterator[Timed]:
    lengths = [max(len(word.text.strip()), 1) for word in run]
    ends = [start + (end - start) * sum(lengths[: at + 1]) / sum(lengths) for at in range(len(run))]
    for word, (begun, ended) in zip(run, pairwise([start, *ends]), strict=True):
        yield word, begun, ended


def _in_order(words: Sequence[Word], seconds: float) -> Iterator[Word]:
    latest = 0.0
    for word in words:
        start, end = max(word.start, latest), word.end
        if seconds > 0:
            start, end = min(start, seconds), min(end, seconds)
        latest = start
        yield replace(word, start=round(start, 3), end=round(max(start, end), 3))


def _named(words: Iterable[Word]) -> list[Word]:
    """The words with their speakers called spk_0, spk_1, … in the order in which they first speak.

    A word of which nobody knows whose it is goes on with the one before it; those at the start with the first that is
    known.
    """
    told = list(words)
    first = next((word.speaker for word in told if word.speaker is not None), None)
    if first is None:
        return told
    names: dict[str, str] = {}
    current, named = first, []
    for word in told:
        current = word.speaker or current
        named.append(replace(word, speaker=names.setdefault(current, f"spk_{len(names)}")))
    return named
