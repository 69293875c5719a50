"""One transcript format for every engine: Amazon Transcribe's JSON, read into words and segments.

Source of the format: https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html#how-it-works-output and the
examples linked from there for speakers, channels, redaction, vocabulary filters, alternatives and language
identification. `results.items` and the labels that belong to them are read, and of `results.segments` what else words
were taken for; `results.audio_segments` holds the same words once more.
"""

import json
import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import accumulate, chain, groupby
from typing import Any

from chalicelib.domain.tracks import Moment, Passage
from chalicelib.errors import TranscriptError
from chalicelib.message import Message
from chalicelib.speech.transcripts import (
    MOST_ALTERNATIVES,
    UNSURE_BELOW,
    Confirmation,
    Segment,
    Transcript,
    Word,
    clean,
    is_channel,
    join,
    spaced,
)

LONGEST_PAUSE = 2.0
"""Seconds of silence that end a segment, whatever the words."""

LONGEST_SEGMENT_WORDS = 60
LONGEST_SEGMENT_SECONDS = 30.0
"""A segment past either limit is cut at its best pause: analysis and reading along want pieces of this size."""

LATEST_TIME = 3_600_000.0
"""Seconds (a thousand hours). A later time is a mistake, and is treated as missing."""

_NO_JSON = Message(
    "transcript-no-json",
    "The transcript came back unreadable. Try again; if it fails again, tell the operator of this service.",
)
_NO_RESULTS = Message(
    "transcript-no-results",
    "The transcript came back without results. Try again; if it fails again, tell the operator of this service.",
)
_NO_WORDS = Message(
    "transcript-no-words",
    "The transcript came back without words. Try again; if it fails again, tell the operator of this service.",
)

_OPENERS = "¿¡([{„「『（［〈《"


def load_transcript(data: bytes) -> Transcript:
    """The transcript in a stored document. Raises TranscriptError if there is none in it."""
    try:
        document = json.loads(data)
    except ValueError as exc:
        raise TranscriptError(_NO_JSON) from exc
    return read_transcript(document)


def passages(data: bytes) -> Iterator[Passage]:
    """What is said in a stored transcript, and who says it. Raises TranscriptError as `load_transcript` does."""
    for segment in load_transcript(data).segments:
        yield Passage(segment.text, Moment(segment.start, segment.end), segment.speaker)


def read_transcript(document: Mapping[str, Any]) -> Transcript:
    """Read Transcribe's JSON, in any of its shapes.

    What is missing is filled in: a word without a start begins where the one before it ended, one without an end ends
    where it begins, and none starts before its predecessor (in its channel). Channels stand as speakers where there are
    no speakers; where labels stand apart from the words and pass one over, the speaker before it goes on. Words without
    content are left out.

    Raises TranscriptError if `document` is not a transcript.
    """
    results = document.get("results") if isinstance(document, Mapping) else None
    if not isinstance(results, Mapping):
        raise TranscriptError(_NO_RESULTS)
    items = results.get("items")
    if items is None and "transcripts" in results and not _has_text(results):
        items = []
    if not isinstance(items, list):
        raise TranscriptError(_NO_WORDS)
    if (written := _written_lines(results, items)) is not None:
        return written
    by_channel = "channel_labels" in results
    voices: dict[str | None, list[Word]] = {}
    words = _words(_mappings(items), _labels(results, items), by_channel, known=_confirmations(results))
    for word in _with_alternatives(words, results):
        voices.setdefault(word.speaker if by_channel else None, []).append(word)
    sentences = sorted(chain.from_iterable(map(_sentences, voices.values())), key=lambda sentence: sentence[0].start)
    language = _language(results)
    segments = tuple(Segment(tuple(sentence), sentence[0].language or language) for sentence in sentences)
    return Transcript(segments, language)


def transcribe_document(
    job_name: str, words: Sequence[Word], language: str | None, lines: Sequence[int] | None = None
) -> dict[str, Any]:
    """Write words, in order, as Transcribe's JSON. Reading it back gives the same words.

    `lines` says how many words each line has, where a person wrote them: lines, marks and spaces are then read back as
    they were. Else, where channels are all the speakers, they are written as such, so that sentences that were said at
    once are not torn apart.
    """
    speakers = {word.speaker for word in words if word.speaker is not None}
    by_channel = lines is None and bool(speakers) and all(map(is_channel, speakers))
    items: list[dict[str, Any]] = []
    confirmations: dict[Confirmation, int] = {}
    for word in words:
        labels = {"channel_label" if by_channel else "speaker_label": word.speaker, "language_code": word.language}
        labelled = {name: label for name, label in labels.items() if label is not None}
        item: dict[str, Any] = labelled if word.space is None else labelled | {_SPACE: word.space}
        if word.heard is not None:
            item = item | {_HEARD: word.heard}
        if word.confirmed is not None:
            item = item | {_CONFIRMED: confirmations.setdefault(word.confirmed, len(confirmations))}
        alternatives = [{"confidence": str(word.confidence), "content": word.text}]
        alternatives += [{"confidence": "0.0", "content": other} for other in word.alternatives]
        items.append({"type": "pronunciation", "alternatives": alternatives, **_times(word), **item})
        if word.punctuation:
            alternatives = [{"confidence": "0.0", "content": word.punctuation}]
            items.append({"type": "punctuation", "alternatives": alternatives, **labelled})
    text = "".join(chain.from_iterable(spaced(words)))
    results: dict[str, Any] = {"transcripts": [{"transcript": text}], "items": items}
    if lines is not None:
        results[_LINES] = list(lines)
    if confirmations:
        results[_CONFIRMATIONS] = [asdict(one) for one in confirmations]
    if language is not None:
        results["language_code"] = language
    if by_channel:
        results["channel_labels"] = _channel_labels(items, speakers)
        sentences = read_transcript({"results": results}).segments
        results["transcripts"] = [{"transcript": join(sentence.text for sentence in sentences)}]
    elif speakers:
        results["speaker_labels"] = {"speakers": len(speakers), "segments": _label_segments(words)}
    return {"jobName": job_name, "accountId": "", "status": "COMPLETED", "results": results}


def for_readers(document: Mapping[str, Any]) -> dict[str, Any]:
    """A transcript without who confirmed words, without what else they were heard as, and without the job's name, which
    has its owner's account in it: for whoever only reads.
    """

    def told(value: object) -> object:
        if isinstance(value, list):
            return list(map(told, value))
        if not isinstance(value, dict):
            return value
        kept = {name: told(one) for name, one in value.items() if name not in {_CONFIRMATIONS, _CONFIRMED, _HEARD}}
        if isinstance(others := kept.get("alternatives"), list):
            kept["alternatives"] = others[:1]
        return kept

    results = {name: told(one) for name, one in document["results"].items()}
    for name in ("segments", _CONFIRMATIONS):  # in segments Transcribe has all words again, as it heard them otherwise
        results.pop(name, None)
    return {**document, "jobName": "", "results": results}


_LINES = "rapporteur_lines"
"""Ours, beside what Transcribe writes: the words of each line of a corrected transcript, counted."""

_SPACE = "rapporteur_space"
"""Ours, in an item: what a person wrote between the word and the one before it (`Word.space`)."""

_CONFIRMATIONS = "rapporteur_confirmations"
"""Ours, beside the items: each time that somebody has confirmed words, with who and when."""

_HEARD = "rapporteur_heard"
"""Ours, in an item: what was heard, where a rule that was learnt has changed it (`Word.heard`)."""

_CONFIRMED = "rapporteur_confirmed"
"""Ours, in an item: which of these it was, counted from 0 (`Word.confirmed`)."""


def _written_lines(results: Mapping[str, Any], items: list[Any]) -> Transcript | None:
    """The transcript in the lines that a person chose; None if nobody did, or they do not fit the words."""
    lines = results.get(_LINES)
    if not isinstance(lines, list) or not all(isinstance(count, int) and count > 0 for count in lines):
        return None
    # By speaker: two may have spoken at once.
    known = _confirmations(results)
    words = _words(_mappings(items), _labels(results, items), by_channel=True, is_written=True, known=known)
    if sum(lines) != len(words):
        return None
    language, ends = _language(results), list(accumulate(lines))
    cuts = zip([0, *ends], ends, strict=False)
    return Transcript(
        tuple(Segment(tuple(words[start:end]), words[start].language or language) for start, end in cuts), language
    )


def _times(word: Word) -> dict[str, str]:
    return {"start_time": str(word.start), "end_time": str(word.end)}


def _channel_labels(items: Sequence[Mapping[str, Any]], channels: Iterable[str]) -> dict[str, Any]:
    of_each = [
        {"channel_label": channel, "items": [item for item in items if item.get("channel_label") == channel]}
        for channel in sorted(channels)
    ]
    return {"channels": of_each, "number_of_channels": len(of_each)}


def _label_segments(words: Sequence[Word]) -> list[dict[str, Any]]:
    segments = []
    for speaker, turn in groupby(words, key=lambda word: word.speaker):
        said = list(turn)
        if speaker is not None:
            label = {"speaker_label": speaker}
            items = [_times(word) | label for word in said]
            segments.append({"start_time": str(said[0].start), "end_time": str(said[-1].end), **label, "items": items})
    return segments


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float:
    """The number in `value`, a string as often as not; NaN if there is none."""
    try:
        return float(value) if isinstance(value, (str, int, float)) else math.nan
    except (ValueError, OverflowError):
        return math.nan


def _seconds(value: object) -> float | None:
    seconds = _number(value)
    return seconds if 0 <= seconds <= LATEST_TIME else None


def _has_text(results: Mapping[str, Any]) -> bool:
    return any(transcript.get("transcript") for transcript in _mappings(results["transcripts"]))


def _language(results: Mapping[str, Any]) -> str | None:
    """The language of the document; the one spoken longest, or the likeliest, where there are several."""
    if found := _name(results.get("language_code")):
        return found
    ranked = [(_number(item.get("duration_in_seconds")), item) for item in _mappings(results.get("language_codes"))]
    if not ranked:
        ranked = [(_number(item.get("score")), item) for item in _mappings(results.get("language_identification"))]
    known = [(rank, found) for rank, item in ranked if (found := _name(item.get("language_code") or item.get("code")))]
    return max(known, key=lambda pair: -math.inf if math.isnan(pair[0]) else pair[0])[1] if known else None


_Labels = dict[tuple[float | None, str | None], str]
"""Who says what, by start and, where known, content."""


def _labels(results: Mapping[str, Any], items: list[Any]) -> _Labels:
    """The labels that `results` keeps apart from its items; none where the items carry their own."""
    if any("speaker_label" in item or "channel_label" in item for item in _mappings(items)):
        return {}
    found: _Labels = {}
    for part, groups, label in (
        ("speaker_labels", "segments", "speaker_label"),
        ("channel_labels", "channels", "channel_label"),
    ):
        section = results.get(part)
        for group in _mappings(section.get(groups)) if isinstance(section, Mapping) else []:
            for item in _mappings(group.get("items")):
                name = _name(item.get(label)) or _name(group.get(label))
                if name is not None:
                    found.setdefault((_number(item.get("start_time")), _content(item) or None), name)
    return found


def _content(item: Mapping[str, Any]) -> str:
    """What the best alternative says; empty if there is none."""
    return _name((_mappings(item.get("alternatives")) or [{}])[0].get("content")) or ""


def _words(
    items: Iterable[Mapping[str, Any]],
    labels: _Labels,
    by_channel: bool,
    is_written: bool = False,
    known: Sequence[Confirmation | None] = (),
) -> list[Word]:
    """The words in `items`. `is_written`: by us, of what a person wrote, so that nothing is to be tidied up. The
    confirmations are `known` that words name.
    """
    words: list[Word] = []
    last: dict[str | None, int] = {}  # the latest word of each channel, since each has a clock of its own
    opening = ""
    for item in items:
        content = _content(item)
        text = content if is_written else clean(content)
        if not text:
            continue
        start = _seconds(item.get("start_time"))
        label = _name(item.get("speaker_label")) or _name(item.get("channel_label"))
        if label is None and labels:
            label = labels.get((start, None)) or labels.get((start, content)) or (words[-1].speaker if words else None)
        channel = label if by_channel else None
        if item.get("type") == "punctuation":
            at = last.get(channel, len(words) - 1)
            if text[-1] in _OPENERS and not is_written:
                opening += text
            elif words:
                words[at] = replace(words[at], punctuation=words[at].punctuation + text)
            continue
        before = words[last[channel]] if channel in last else _NOTHING
        start = max(before.end if start is None else start, before.start)
        end = max(_seconds(item.get("end_time")) or 0.0, start)
        last[channel] = len(words)
        language, space = _name(item.get("language_code")), item.get(_SPACE) if is_written else None
        by = item.get(_CONFIRMED)
        confirmed = known[by] if type(by) is int and 0 <= by < len(known) else None  # True is no number
        heard = _name(item.get(_HEARD))
        confidence = _confidence(item)
        others = _others(item, text) if confidence < UNSURE_BELOW else ()
        words.append(Word(start, end, opening + text, confidence, "", label, language, space, confirmed, heard, others))
        opening = ""
    return words


def _others(item: Mapping[str, Any], text: str) -> tuple[str, ...]:
    """What an item says beside its best alternative."""
    return _distinct(text, (clean(_name(one.get("content")) or "") for one in _mappings(item["alternatives"])[1:]))


def _distinct(text: str, others: Iterable[str]) -> tuple[str, ...]:
    """Of what a word was taken for beside its `text`, each once, as many as are kept."""
    known = {text.casefold(): text}
    for other in others:
        if other and len(other) <= _LONGEST_ALTERNATIVE:
            known.setdefault(other.casefold(), other)
    return tuple(known.values())[1 : MOST_ALTERNATIVES + 1]


_LONGEST_ALTERNATIVE = 100
_SLACK = 0.1  # seconds by which what another hearing took a word for may reach over it


def _with_alternatives(words: list[Word], results: Mapping[str, Any]) -> list[Word]:
    """`words`, the uncertain ones with what Transcribe took them for in the hearings of their segment.

    Hearings are told by segment, each with all of its words anew (ShowAlternatives), so words are matched by time:
    https://docs.aws.amazon.com/transcribe/latest/dg/alternatives.html
    """
    unsure = sorted((word.start, at) for at, word in enumerate(words) if word.confidence < UNSURE_BELOW)
    found: dict[int, list[str]] = {}
    for segment in _mappings(results.get("segments")) if unsure else ():
        start, end = _number(segment.get("start_time")), _number(segment.get("end_time"))
        channel = _name(segment.get("channel_label"))
        hearings = [_heard_words(one) for one in _mappings(segment.get("alternatives"))]
        first = bisect_left(unsure, (start - _SLACK, 0)) if start <= end else len(unsure)
        for begins, at in unsure[first:]:
            if begins >= end:
                break
            if channel in {None, words[at].speaker}:
                found.setdefault(at, []).extend(_said_at(words[at], hearing) for hearing in hearings)
    return [
        replace(word, alternatives=_distinct(word.text, (*word.alternatives, *found[at]))) if at in found else word
        for at, word in enumerate(words)
    ]


def _heard_words(hearing: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    """The words of a hearing, with their times; without marks, which have none."""
    items = ((item.get("start_time"), item.get("end_time"), item) for item in _mappings(hearing.get("items")))
    return [
        (_number(start), _number(end), text)
        for start, end, item in items
        if item.get("type") != "punctuation" and (text := clean(_name(item.get("content")) or _content(item)))
    ]


def _said_at(word: Word, hearing: Sequence[tuple[float, float, str]]) -> str:
    """What a hearing has in the place of a word: one or several; nothing if what stands there reaches over the word."""
    there = [one for one in hearing if one[0] < word.end - _SLACK / 2 and one[1] > word.start + _SLACK / 2]
    if not there or there[0][0] < word.start - _SLACK or there[-1][1] > word.end + _SLACK:
        return ""
    return join(text for _, _, text in there)


_NOTHING = Word(0.0, 0.0, "")


def _confirmations(results: Mapping[str, Any]) -> list[Confirmation | None]:
    return [_confirmation(one) for one in _mappings(results.get(_CONFIRMATIONS))]


def _confirmation(values: Mapping[str, Any]) -> Confirmation | None:
    by, at = values.get("by"), values.get("at")
    return Confirmation(by, float(at)) if isinstance(by, str) and isinstance(at, int | float) else None


def _confidence(item: Mapping[str, Any]) -> float:
    confidence = _number(_mappings(item.get("alternatives"))[0].get("confidence"))
    return confidence if 0 <= confidence <= 1 else 1.0


def _sentences(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Words grouped into sentences, none past the limits."""
    sentence: list[Word] = []
    for word in words:
        if sentence and _parted(sentence[-1], word):
            yield sentence
            sentence = []
        while sentence and _is_full(sentence, word):
            cut = _best_cut([*sentence, word])
            yield sentence[:cut]
            sentence = sentence[cut:]
        sentence.append(word)
    if sentence:
        yield sentence


def _parted(before: Word, after: Word) -> bool:
    return (
        before.speaker != after.speaker
        or before.language != after.language
        or after.start - before.end > LONGEST_PAUSE
        or before.ends_sentence
    )


def _is_full(sentence: Sequence[Word], word: Word) -> bool:
    return len(sentence) >= LONGEST_SEGMENT_WORDS or word.end - sentence[0].start > LONGEST_SEGMENT_SECONDS


def _best_cut(words: Sequence[Word]) -> int:
    """How many of `words`, the last of which is one too many, to keep: those before the best pause.

    It is at least a third of them, so that no crumbs are left and cutting takes linear time.
    """

    def quality(cut: int) -> tuple[float, int]:
        before, after = words[cut - 1], words[cut]
        return after.start - before.end + _COMMA_IS_WORTH * before.ends_clause, cut

    return max(range(max(1, len(words) // 3), len(words)), key=quality)


_COMMA_IS_WORTH = 0.5  # seconds of pause
