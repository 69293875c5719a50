"""A transcript in another language: its sentences as a machine has translated them, each at its own time. Pure.

What is translated is a sentence, since a caption torn out of one reads badly in any language; captions are cut anew
from the words, by the rules of the language that they are in. Within a sentence the words are said when as much of the
original was said, by letters: pauses stay where they are.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from chalicelib.speech.corrections import Line, words_of
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import Segment, Transcript, Word

_OF = "rapporteur_translation"
"""Ours, beside what Transcribe writes: of which text (its fingerprint) it is a translation, and from which language."""


def translation_document(transcript: Transcript, texts: Sequence[str], target: str, job: str) -> dict[str, Any]:
    """The sentences of `transcript` as these `texts` in the language `target`, as a document of the `job`."""
    lines = [list(_timed(text, segment)) for segment, text in zip(transcript.segments, texts, strict=True)]
    words = [word for line in lines for word in line]
    document = transcribe_document(job, words, target, [len(line) for line in lines if line])
    document[_OF] = {"text": transcript.fingerprint, "from": transcript.language}
    return document


def is_of(document: bytes, transcript: Transcript) -> bool:
    """Whether a stored document is a translation of what is said in `transcript`, at these times."""
    values = json.loads(document)
    items = values["results"]["items"]
    starts = [item["start_time"] for item in items if "start_time" in item]
    begins = bool(starts) and abs(float(starts[0]) - transcript.segments[0].start) < 0.001  # noqa: PLR2004 - a hair
    return values.get(_OF, {}).get("text") == transcript.fingerprint and begins


def _timed(text: str, segment: Segment) -> list[Word]:
    words = list(words_of(Line(text, segment.speaker)))
    ends = list(accumulate(max(1, len(word.written)) for word in segment.words))
    total = sum(max(1, len(word.text)) for word in words)
    passed = 0.0
    timed = []
    for word in words:
        begins, passed = passed, passed + max(1, len(word.text)) / total * ends[-1]
        start = _moment(segment.words, ends, begins, bisect_right(ends, begins))
        end = _moment(segment.words, ends, passed, bisect_left(ends, passed))
        timed.append(replace(word, start=start, end=max(start, end), confirmed=None))
    return timed


def _moment(words: Sequence[Word], ends: Sequence[int], letters: float, at: int) -> float:
    """When so many letters of the `words` have been said, the last of them of the word at this place."""
    at = min(at, len(words) - 1)
    before = ends[at - 1] if at else 0
    share = min(1.0, max(0.0, (letters - before) / (ends[at] - before)))
    return words[at].start + (words[at].end - words[at].start) * share
