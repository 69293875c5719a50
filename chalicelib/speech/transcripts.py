"""One transcript format for every engine: Amazon Transcribe's JSON, read into words and segments.

Source of the format: https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html#how-it-works-output and the
examples linked from there for speakers, channels, redaction, vocabulary filters, alternatives and language
identification. Only `results.items` and the labels that belong to them are read: `results.segments` (alternatives) and
`results.audio_segments` hold the same words once more.
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, groupby
from typing import Any

from chalicelib.domain.tracks import Moment, Passage
from chalicelib.errors import TranscriptError
from chalicelib.message import Message

LONGEST_PAUSE = 2.0
"""Seconds of silence that end a segment, whatever the words."""

LONGEST_SEGMENT_WORDS = 60
LONGEST_SEGMENT_SECONDS = 30.0
"""A segment past either limit is cut at its best pause: analysis and reading along want pieces of this size."""

LATEST_TIME = 3_600_000.0
"""Seconds (a thousand hours). A later time is a mistake, and is treated as missing."""

_NO_JSON = Message("transcript-no-json", "The transcription engine left something that is not JSON.")
_NO_RESULTS = Message(
    "transcript-no-results", "The transcription engine left something that is not a transcript: it has no results."
)
_NO_WORDS = Message("transcript-no-words", "The transcription engine left a transcript without a list of words.")

_SENTENCE_ENDS = frozenset(".?!…。？！．｡؟۔।॥፧።‼⁇⁈⁉")
_CLOSERS = "\"'”’»›)]}」』）］〉》"
_CLAUSE_ENDS = frozenset(",;:，、；：،؛–—")
_OPENERS = "¿¡([{„「『（［〈《"
_ABBREVIATIONS = frozenset(
    (
        "mr.",
        "mrs.",
        "ms.",
        "dr.",
        "prof.",
        "st.",
        "sr.",
        "vs.",
        "e.g.",
        "i.e.",
        "approx.",
        "gen.",
        "sen.",
        "rep.",
        "gov.",
    )
)
_SPACELESS = re.compile(
    # Thai, Lao; Burmese; Khmer; CJK marks, kana, bopomofo, Han; full-width forms and half-width kana; more Han
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff01-\uff9f\U00020000-\U0003ffff]"
)
_FIRST_SPACELESS = "\u0e00"


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word: times in seconds from the start of the recording, `confidence` from 0 to 1.

    `punctuation` is what is written right after the word ("," or "." or "?!"), or empty. `language` is the code that
    the engine gave to this very word, in a recording of several languages. `space` is what a person wrote between this
    word and the one before it in its line: a space of whatever kind, several, or nothing. It is None where nobody
    wrote it: there the script tells (`is_spaced`).
    """

    start: float
    end: float
    text: str
    confidence: float = 1.0
    punctuation: str = ""
    speaker: str | None = None
    language: str | None = None
    space: str | None = None

    @property
    def written(self) -> str:
        """The word with its punctuation."""
        return self.text + self.punctuation

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
    for word in _words(_mappings(items), _labels(results, items), by_channel):
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
    for word in words:
        labels = {"channel_label" if by_channel else "speaker_label": word.speaker, "language_code": word.language}
        labelled = {name: label for name, label in labels.items() if label is not None}
        item = labelled if word.space is None else labelled | {_SPACE: word.space}
        alternatives = [{"confidence": str(word.confidence), "content": word.text}]
        items.append({"type": "pronunciation", "alternatives": alternatives, **_times(word), **item})
        if word.punctuation:
            alternatives = [{"confidence": "0.0", "content": word.punctuation}]
            items.append({"type": "punctuation", "alternatives": alternatives, **labelled})
    text = "".join(chain.from_iterable(spaced(words)))
    results: dict[str, Any] = {"transcripts": [{"transcript": text}], "items": items}
    if lines is not None:
        results[_LINES] = list(lines)
    if language is not None:
        results["language_code"] = language
    if by_channel:
        results["channel_labels"] = _channel_labels(items, speakers)
        sentences = read_transcript({"results": results}).segments
        results["transcripts"] = [{"transcript": join(sentence.text for sentence in sentences)}]
    elif speakers:
        results["speaker_labels"] = {"speakers": len(speakers), "segments": _label_segments(words)}
    return {"jobName": job_name, "accountId": "", "status": "COMPLETED", "results": results}


_LINES = "rapporteur_lines"
"""Ours, beside what Transcribe writes: the words of each line of a corrected transcript, counted."""

_SPACE = "rapporteur_space"
"""Ours, in an item: what a person wrote between the word and the one before it (`Word.space`)."""


def _written_lines(results: Mapping[str, Any], items: list[Any]) -> Transcript | None:
    """The transcript in the lines that a person chose; None if nobody did, or they do not fit the words."""
    lines = results.get(_LINES)
    if not isinstance(lines, list) or not all(isinstance(count, int) and count > 0 for count in lines):
        return None
    # By speaker: two may have spoken at once.
    words = _words(_mappings(items), _labels(results, items), by_channel=True, is_written=True)
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
    items: Iterable[Mapping[str, Any]], labels: _Labels, by_channel: bool, is_written: bool = False
) -> list[Word]:
    """The words in `items`. `is_written`: by us, of what a person wrote, so that nothing is to be tidied up."""
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
        words.append(Word(start, end, opening + text, _confidence(item), "", label, language, space))
        opening = ""
    return words


_NOTHING = Word(0.0, 0.0, "")


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
