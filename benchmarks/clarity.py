"""How clearly a recording is said to be heard, against what is right: on clips of known words, made worse in many ways.

The clips are made here from the sample and from the real recordings of other people, by fixed recipes. All of them were
looked at when the weights in `chalicelib/speech/clarity.py` were chosen, heard by Whisper one piece after another.
"""

import json
import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import SAMPLE, SAMPLE_TEXT, Figure
from benchmarks.wer import word_error_rate
from chalicelib.speech.clarity import Clarity, clarity
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Transcript, join
from local.engines.faster_whisper import FasterWhisperTranscriber
from local.jobs import LocalJob
from local.models.whisper import WEIGHTS
from tests.harness import shared_data
from tests.harness.media import SPEECH_RATE as _RATE
from tests.harness.media import ffmpeg, write_wav

RIGHT_LIMIT = 0.85
_SPACELESS = frozenset({"zh", "ja"})

Sound = NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """A recording of known words."""

    name: str
    language: str
    text: str
    sound: Sound
    words: tuple[tuple[str, float], ...] = ()
    """Where each word begins (seconds), where somebody has marked it."""


@dataclass(frozen=True)
class Clip:
    """What was heard of a recording that was made worse.

    `errors` is the share of words that are wrong, or of characters in a language without spaces.
    """

    name: str
    heard: Transcript
    errors: float

    @property
    def right(self) -> Clarity:
        """What should be said of it."""
        return Clarity.of(self.errors)


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    found = list(clips(2 if quick else 100))
    right = sum(clarity(clip.heard) is clip.right for clip in found)
    note = f"the right one of {right} of {len(found)} clips"
    yield Figure("clips of which the wrong word is said", 1 - right / len(found), "%", 1 - RIGHT_LIMIT, note)


def clips(most: int) -> Iterator[Clip]:
    """Every recording, made worse in every way, and heard."""
    engine = FasterWhisperTranscriber(str(WEIGHTS.place))
    rng = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as folder:
        for source in list(sources(Path(folder)))[:most]:
            for way, worsen in WAYS.items():
                audio = Path(folder) / "clip.wav"
                write(audio, worsen(source.sound, rng))
                language = ("fr" if source.language == "en" else "en") if way == "wrong language" else None
                job = LocalJob("clip", Path(folder), threading.Event())
                words, told = engine.transcribe(audio, language, job)
                heard = read_transcript(transcribe_document("clip", words, told))
                text = join(word.written for word in words)
                yield Clip(f"{source.name} {way}", heard, errors(source, text))


def errors(source: Source, heard: str) -> float:
    """The share of words, or of characters, that are wrong."""
    if source.language not in _SPACELESS:
        return min(1.0, word_error_rate(source.text, heard))
    said, letters = (re.sub(r"\W", "", text) for text in (source.text, heard))
    return min(1.0, float(jiwer.cer(said, letters)))


def sources(folder: Path) -> Iterator[Source]:
    """The recordings of which the words are known, none longer than half a minute."""
    shared = shared_data.folder()
    if shared is None:
        raise FileNotFoundError("clips are made of recordings that are not in this project: see CONTRIBUTING.md")
    for reading in sorted((shared / "speech").glob("*.wav")):
        yield Source(reading.stem, "en", reading.with_suffix(".txt").read_text(), _read(reading, folder))
    spoken = json.loads((shared / "languages" / "reference.json").read_text())
    for language, one in spoken.items():
        words = tuple((word["word"], word["start"]) for word in one.get("words") or ())
        yield Source(language, language, one["text"], _read(shared / "languages" / one["file"], folder), words)
    whole = _read(SAMPLE, folder)
    turns = re.split(r"\n\n+", SAMPLE_TEXT.read_text())
    for number, (text, (start, end)) in enumerate(zip(turns, _TURNS, strict=True)):
        yield Source(f"debate {number}", "en", text, whole[round(start * _RATE) : round(end * _RATE)])


def _read(path: Path, folder: Path) -> Sound:
    plain = folder / "plain.f64"
    ffmpeg("-i", path, "-ac", "1", "-ar", str(_RATE), "-f", "f64le", plain)
    return np.frombuffer(plain.read_bytes())


def write(path: Path, sound: Sound) -> None:
    """Write a speech WAV."""
    write_wav(path, (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


# --- ways to make a recording worse ---------------------------------------------------------------------------------

Worsen = Callable[[Sound, np.random.Generator], Sound]


def _at(decibels: float, sound: Sound, beneath: Sound) -> Sound:
    """`beneath` under `sound`, so many decibels quieter."""
    power = np.sqrt((sound**2).mean() / max((beneath**2).mean(), 1e-12)) * 10 ** (-decibels / 20)
    mixed = sound + beneath * power
    loudest: Sound = mixed / max(1.0, np.abs(mixed).max())
    return loudest


def _noise(decibels: float) -> Worsen:
    return lambda sound, rng: _at(decibels, sound, rng.standard_normal(len(sound)))


def _music(decibels: float) -> Worsen:
    """A slow sequence of chords, each note with its harmonics."""

    def worsen(sound: Sound, rng: np.random.Generator) -> Sound:
        seconds = np.arange(len(sound)) / _RATE
        chords = ((220, 277, 330), (196, 247, 294), (175, 220, 262), (165, 208, 247))
        music = np.zeros(len(sound))
        for number, chord in enumerate(chords):
            is_on = (seconds // 0.6).astype(int) % len(chords) == number
            for note in chord:
                for harmonic in range(1, 7):
                    music += is_on * np.sin(2 * np.pi * note * harmonic * seconds) / harmonic
        return _at(decibels, sound, music * (1 - (seconds % 0.6) / 0.8))

    return worsen


def _telephone(sound: Sound, rng: np.random.Generator) -> Sound:
    with tempfile.TemporaryDirectory() as folder:
        plain, call = Path(folder) / "plain.wav", Path(folder) / "call.wav"
        write(plain, sound)
        ffmpeg("-i", plain, "-ar", "8000", "-af", "highpass=300,lowpass=3000", "-c:a", "pcm_mulaw", call)
        return _read(call, Path(folder))


def _clipped(sound: Sound, rng: np.random.Generator) -> Sound:
    limit = np.abs(sound).max() * 0.03
    cut: Sound = np.clip(sound, -limit, limit) / limit * 0.9
    return cut


def _hall(sound: Sound, rng: np.random.Generator) -> Sound:
    """Far from the microphone in a hall that rings for two seconds."""
    length = 2 * _RATE
    echo = rng.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    echo[0] = 6.0
    whole = np.fft.irfft(np.fft.rfft(sound, 2 * len(sound)) * np.fft.rfft(echo, 2 * len(sound)))[: len(sound)]
    far: Sound = whole / np.abs(whole).max() * 0.7
    return far


WAYS: Mapping[str, Worsen] = {
    "as it is": lambda sound, rng: sound,
    "noise 10 dB": _noise(10),
    "noise 3 dB": _noise(3),
    "noise -3 dB": _noise(-3),
    "music 5 dB": _music(5),
    "music -5 dB": _music(-5),
    "telephone": _telephone,
    "clipped": _clipped,
    "hall": _hall,
    "wrong language": lambda sound, rng: sound,
}

_TURNS = (
    (0.0, 13.6),
    (13.6, 23.1),
    (23.1, 31.4),
    (31.4, 43.3),
    (43.3, 55.4),
    (55.4, 67.0),
    (67.0, 74.1),
    (74.1, 78.8),
    (78.8, 89.0),
)
"""When each turn of the sample is said, in seconds."""
