"""Who says which word: the turns of speakers, as an engine finds them in the sound, brought together with the words.

Pure. The document of the turns:

    {"turns": [{"start": 0.5, "end": 3.2, "speaker": "spk_0"}, …]}     seconds from the start of the recording

with, where it was asked for, the `voices` of the speakers as `chalicelib/speech/voices.py` writes them (`"heard":
{…}`); or, where nothing came of it, `{"failure": {"code": …, "english": …, "values": {…}}}`.
"""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.analysis import SegmentSentiment, SentimentScore, overall
from chalicelib.message import Message
from chalicelib.speech.transcripts import Transcript, Word
from chalicelib.speech.voices import Heard, heard_in, voices_document

_CRUMB_SECONDS = 0.5
"""Words of another speaker in the middle of a sentence are taken for the sentence's own speaker's up to this length:
so short a change is more often a mistake about where a turn ends than an interruption."""

_UNREADABLE = Message(
    "turns-unreadable",
    "Who speaks when could not be read. Process the recording again to have the speakers told apart.",
)
_SAME_PAUSE = 0.3  # seconds


@dataclass(frozen=True, slots=True)
class Turn:
    """From `start` to `end` (seconds) one voice speaks, which is called `speaker`. Turns may overlap."""

    start: float
    end: float
    speaker: str


def turns_document(turns: Iterable[Turn], heard: Heard | None = None) -> dict[str, Any]:
    """The turns as a document, with what the voices sound like."""
    told = [{"start": turn.start, "end": turn.end, "speaker": turn.speaker} for turn in turns]
    return {"turns": told, **({"heard": voices_document(heard)} if heard else {})}


def failed_document(failure: Message) -> dict[str, Any]:
    """The document that says why there are no turns."""
    return {"failure": failure.to_json()}


def read_turns(data: bytes) -> list[Turn] | Message:
    """What a document says: the turns in order, or why there are none. One that cannot be read is such a failure."""
    try:
        document = json.loads(data)
        if failure := document.get("failure"):
            return Message.from_json(failure)
        turns = [Turn(float(turn["start"]), float(turn["end"]), str(turn["speaker"])) for turn in document["turns"]]
    except (ValueError, LookupError, TypeError, AttributeError):
        return _UNREADABLE
    return sorted(turns, key=lambda turn: turn.start)


def read_heard(data: bytes) -> Heard | None:
    """What a document says of how its speakers sound; None where it says nothing that can be read."""
    try:
        return heard_in(json.loads(data)["heard"])
    except (ValueError, LookupError, TypeError):
        return None


def labelled(transcript: Transcript, turns: Sequence[Turn]) -> tuple[list[Word], dict[str, str]]:
    """The words of `transcript`, each with the speaker in whose turn most of it is said, or the nearest one; and what
    each of the turns' speakers is called.

    Speakers are called spk_0, spk_1, … in the order in which they first speak, as Amazon Transcribe does. Words without
    any turn have no speaker.
    """
    words = list(transcript.words())
    if not turns:
        return words, {}
    found = [_speaker_of(word, near) for word, near in zip(words, _turns_near(words, turns), strict=True)]
    names: dict[str, str] = {}
    for speaker in (smooth := _without_crumbs(words, found)):
        names.setdefault(speaker, f"spk_{len(names)}")
    return [replace(word, speaker=names[speaker]) for word, speaker in zip(words, smooth, strict=True)], names


def _turns_near(words: Sequence[Word], turns: Sequence[Turn]) -> Iterator[list[Turn]]:
    """For each word, in order, the turns that it touches; where it touches none, those before and after it."""
    ordered = sorted(turns, key=lambda turn: turn.start)
    open_turns: list[Turn] = []
    last: Turn | None = None
    at = 0
    for word in words:
        while at < len(ordered) and ordered[at].start <= word.end:
            open_turns.append(ordered[at])
            at += 1
        for turn in open_turns:
            if turn.end < word.start and (last is None or turn.end > last.end):
                last = turn
        open_turns = [turn for turn in open_turns if turn.end >= word.start]
        yield open_turns or [turn for turn in (last, ordered[at] if at < len(ordered) else None) if turn]


def _speaker_of(word: Word, near: Sequence[Turn]) -> str:
    """Who says most of the word. Of turns that hold it alike, the shorter one: it breaks into the longer."""

    def fit(turn: Turn) -> tuple[float, float]:
        return min(turn.end, word.end) - max(turn.start, word.start), turn.start - turn.end

    return max(near, key=fit).speaker


def _without_crumbs(words: Sequence[Word], found: Sequence[str]) -> list[str]:
    """The speakers of the words, without changes that are too short to be one."""
    speakers = list(found)
    begin = 0
    for at in range(1, len(words) + 1):
        if at < len(words) and speakers[at] == speakers[begin]:
            continue
        between = begin > 0 and at < len(words) and speakers[begin - 1] == speakers[at]
        if between and _belongs(words, begin, at):
            speakers[begin:at] = [speakers[at]] * (at - begin)
        begin = at
    return speakers


def _belongs(words: Sequence[Word], begin: int, end: int) -> bool:
    """Whether words `begin` to `end` are in the middle of a sentence, without a pause before or after them."""
    return (
        words[end - 1].end - words[begin].start <= _CRUMB_SECONDS
        and not words[begin - 1].ends_sentence
        and not words[end - 1].ends_sentence
        and words[begin].start - words[begin - 1].end <= _SAME_PAUSE
        and words[end].start - words[end - 1].end <= _SAME_PAUSE
    )


def moods_of_named(transcript: Transcript, segments: Sequence[SegmentSentiment]) -> dict[str, SentimentScore]:
    """The mood of all that each speaker says who has been named in `transcript`, by their name.

    Each segment counts for whoever says most of its words, by how many those are.
    """
    words = sorted(transcript.words(), key=lambda word: word.start)
    starts = [word.start for word in words]
    said: dict[str, list[tuple[SentimentScore, int]]] = {}
    for segment in segments:
        within = words[bisect_left(starts, segment.start) : bisect_left(starts, segment.end)]
        speakers = Counter(word.speaker for word in within if word.speaker)
        for name, count in speakers.most_common(1):
            if number_of(name) is None:
                said.setdefault(name, []).append((segment.score, count))
    return {name: overall(*zip(*scores, strict=True)) for name, scores in said.items()}


def number_of(speaker: str) -> int | None:
    """Which speaker an engine's label (`spk_0`, or a channel's, `ch_0`) means, counted from 1; None for a name."""
    label, _, number = speaker.rpartition("_")
    return int(number) + 1 if label in {"spk", "ch"} and number.isascii() and number.isdigit() else None


def name_of(speaker: str) -> str:
    """How people read a speaker in English: an engine's label becomes "Speaker 1", a name stays."""
    number = number_of(speaker)
    return speaker if number is None else f"Speaker {number}"
