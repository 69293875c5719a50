"""Recordings too long for one transcription job: cut where nobody speaks, transcribed in parts, joined again.

Sound here is speech WAV: 16 kHz 16-bit PCM, little-endian. Talks to nobody.
"""

import io
import json
import math
import re
import struct
import sys
import wave
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from chalicelib.errors import EngineFailed
from chalicelib.message import Message
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import Transcript, Word, is_channel

SAMPLE_RATE = 16_000
_WINDOW = 60.0
"""Seconds before and after an even cut in which a silence is looked for."""

_WINDOW_SHARE = 0.05
_FAILURE = "partFailed"
_FRAME = SAMPLE_RATE // 20
_SILENCE_FRAMES = 10
"""Half a second, in frames of 50 ms: about the pause between two sentences."""


_NO_WAV = Message("no-plain-wav", "The recording's sound cannot be cut into parts: it is no plain WAV.")
_JOINED = Message(
    "joined-parts",
    "The recording was too long to be transcribed at once: its transcript is joined from %(number)s parts.",
)
_SPEAKERS_BY_PART = Message(
    "speakers-by-part",
    "Speakers are told apart within each part only: the same person may have another label in the next.",
)
_LACKING = Message("part-lacking", "From %(start_time)s to %(end_time)s nothing could be transcribed: %(reason)s")


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One stretch of a recording: the `number`th of `count`, from `start` to `end` in whole milliseconds.

    Its file's name says all of this, so that nothing else has to be kept about it.
    """

    number: int
    count: int
    start: int
    end: int

    def file_name(self, ending: str) -> str:
        """The name of the part's file with this `ending` (".wav")."""
        return f"part-{self.number:03}-of-{self.count:03}-{self.start}-{self.end}{ending}"

    @classmethod
    def of_file(cls, file_name: str) -> Self | None:
        """The part that a file is of, by its name; None if it is of none."""
        match = re.fullmatch(r"part-(\d{3})-of-(\d{3})-(\d{1,12})-(\d{1,12})\.[a-z]+", file_name)
        return cls(*map(int, match.groups())) if match else None


def parts_needed(seconds: float, size: int, max_seconds: float, max_bytes: int) -> int:
    """How many parts a recording of `seconds` and `size` bytes makes, none of which may exceed the limits."""
    by_length = seconds / (max_seconds - 2 * _window(max_seconds)) if seconds > max_seconds else 1
    by_size = size / (max_bytes * (1 - 2 * _WINDOW_SHARE)) if size > max_bytes else 1
    return max(1, math.ceil(by_length), math.ceil(by_size))


def search_windows(seconds: float, count: int) -> list[tuple[float, float]]:
    """Where to look for the silences between `count` parts: from and to, in seconds."""
    length = seconds / count
    reach = _window(length)
    return [(cut * length - reach, cut * length + reach) for cut in range(1, count)]


def parts_between(cuts: Iterable[float], seconds: float) -> list[Part]:
    """The parts of a recording of `seconds` that is cut at `cuts` (seconds, in order)."""
    edges = [0, *(round(cut * 1000) for cut in cuts), math.floor(seconds * 1000)]
    return [Part(number, len(edges) - 1, *edges[number - 1 : number + 1]) for number in range(1, len(edges))]


@dataclass(frozen=True, slots=True)
class Sound:
    """How the sound of a speech WAV lies in it, which has so many `channels`."""

    channels: int = 1

    @property
    def bytes_per_second(self) -> int:
        """How many bytes a second takes."""
        return self._frame_bytes * SAMPLE_RATE

    @property
    def _frame_bytes(self) -> int:
        return 2 * self.channels

    def quietest(self, sound: bytes) -> float:
        """The middle of the half second in `sound` that is quietest in all channels, in seconds from its start."""
        samples = array("h", sound[: len(sound) // 2 * 2])
        if sys.byteorder == "big":
            samples.byteswap()
        frame = _FRAME * self.channels
        loudness = [sum(map(abs, samples[start : start + frame])) for start in range(0, len(samples), frame)]
        stretches = range(max(1, len(loudness) - _SILENCE_FRAMES + 1))
        best = min(stretches, key=lambda first: sum(loudness[first : first + _SILENCE_FRAMES]))
        return (best + min(_SILENCE_FRAMES, len(loudness)) / 2) * _FRAME / SAMPLE_RATE

    def byte_range(self, start: float, end: float) -> tuple[int, int]:
        """Where the sound from `start` to `end` (seconds) lies: its first byte and how many there are."""
        first = self._frame_bytes * round(start * SAMPLE_RATE)
        return first, self._frame_bytes * round(end * SAMPLE_RATE) - first

    def bytes_of(self, part: Part) -> tuple[int, int]:
        """Where a part's sound lies, as `byte_range` gives it."""
        return self.byte_range(part.start / 1000, part.end / 1000)

    def wav_header(self, size: int) -> bytes:
        """The header of a speech WAV with `size` bytes of sound (http://soundfile.sapp.org/doc/WaveFormat/)."""
        shape = (1, self.channels, SAMPLE_RATE, self.bytes_per_second, self._frame_bytes, 16)
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, *shape)
        return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)


def sound_begins(head: bytes) -> int:
    """How many bytes come before the sound in a WAV that starts with `head`. Raises EngineFailed if it is none."""
    stream = io.BytesIO(head)
    try:
        with wave.open(stream) as sound:
            sound.getnframes()
    except (wave.Error, EOFError) as exc:
        raise EngineFailed(_NO_WAV) from exc
    return stream.tell()


def stitch(heard: Iterable[tuple[Part, Transcript]], job_name: str) -> dict[str, Any]:
    """Join the transcripts of parts to one document in Transcribe's format, with the times of the whole recording.

    Who speaks is known within a part only: the same label in two parts need not be the same person, so each label is
    given its part's number. A channel is the same in all parts.
    """
    words: list[Word] = []
    language = None
    for part, transcript in sorted(heard, key=lambda pair: pair[0]):
        language = language or transcript.language
        words += [_moved(word, part) for segment in transcript.segments for word in segment.words]
    return transcribe_document(job_name, words, language)


def notes_on_parts(heard: Sequence[tuple[Part, Transcript]], failures: Mapping[Part, Message]) -> list[Message]:
    """What the owner should know about a transcript that was joined from parts."""
    count = len(heard) + len(failures)
    told = [_JOINED.of(number=count)]
    if any(not is_channel(speaker) for _, transcript in heard for speaker in transcript.speakers):
        told.append(_SPEAKERS_BY_PART)
    told += [
        _LACKING.of(start_time=part.start / 1000, end_time=part.end / 1000, reason=failure)
        for part, failure in sorted(failures.items())
    ]
    return told


def failed_document(failure: Message) -> dict[str, Any]:
    """What stands in the place of the transcript of a part that could not be transcribed."""
    return {_FAILURE: failure.to_json()}


def failure_in(document: bytes) -> Message | None:
    """Why there is no transcript in a part's `document`; None if there should be one."""
    values = json.loads(document)
    failure = values.get(_FAILURE) if isinstance(values, dict) else None
    return None if failure is None else Message.from_json(failure)


def _moved(word: Word, part: Part) -> Word:
    offset = part.start / 1000
    speaker = word.speaker
    if speaker is not None and not is_channel(speaker):
        speaker = f"part_{part.number}_{speaker}"
    return replace(word, start=round(word.start + offset, 3), end=round(word.end + offset, 3), speaker=speaker)


def _window(seconds: float) -> float:
    return min(_WINDOW, seconds * _WINDOW_SHARE)
