"""Speech: how well Whisper base hears, and when; what it costs beside its bare library; PocketSphinx beside it."""

import json
import statistics
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from benchmarks import material
from benchmarks.clarity import Source, errors, sources, write
from benchmarks.measure import SAMPLE, SAMPLE_TEXT, WORK, Figure, peak_memory, process_command, run, seconds
from benchmarks.wer import interval, word_error_rate, words_of
from chalicelib.speech.transcripts import Word, join
from local.engines.faster_whisper import FasterWhisperTranscriber
from local.engines.pocketsphinx import PocketSphinxTranscriber
from local.jobs import LocalJob
from local.models.whisper import WEIGHTS
from tests.harness import shared_data

SAMPLE_LIMIT = 0.01
READING_LIMIT = 0.05
ONE_WORD = 1
LETTER_LIMITS = {"zh": 0.20, "ja": 0.10, "ko": 0.15}
START_LIMIT = 0.08
LATEST_START = 0.2
LATE_LIMIT = 0.05
BARE_LIMIT = 1.05
MEMORY_LIMIT = 1.3

_FEW_WORDS = 300
_ROUNDS = 5
_CALL_SECONDS = 278


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    yield _whole_service()
    engine = FasterWhisperTranscriber(str(WEIGHTS.place))
    starts: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for source in list(sources(Path(folder))) if shared_data.folder() else []:
            if source.name.startswith("debate"):
                continue  # it was heard whole
            audio = Path(folder) / f"{source.name}.wav"
            write(audio, source.sound)
            heard = _hear(engine, audio, Path(folder))
            yield _errors(source, heard)
            starts += _late(source, heard)
            if source.language == "en":
                yield _pocketsphinx(source, audio, Path(folder))
    if starts:
        note = f"{len(starts)} words of {', '.join(LETTER_LIMITS)}, en and fr, against the reference"
        yield Figure("how far word starts are off, median", statistics.median(starts), "s", START_LIMIT, note)
        late = sum(start > LATEST_START for start in starts) / len(starts)
        yield Figure(f"words that start more than {LATEST_START} s off", late, "%", LATE_LIMIT)
    yield _beside_the_library(engine, 30 if quick else _CALL_SECONDS)


def _whole_service() -> Figure:
    run(process_command(SAMPLE, "--presets", "audio"))
    document = json.loads((WORK / "out" / SAMPLE.stem / "transcript.json").read_text())
    heard = document["results"]["transcripts"][0]["transcript"]
    text = SAMPLE_TEXT.read_text()
    wrong = word_error_rate(text, heard)
    note = f"synthetic voices, through the whole service; {_how_sure(wrong, len(words_of(text)))}"
    return Figure("word error rate, the sample", wrong, "%", SAMPLE_LIMIT, note)


def _errors(source: Source, heard: list[Word]) -> Figure:
    wrong = errors(source, join(word.written for word in heard))
    count = len(words_of(source.text))
    if source.language in LETTER_LIMITS:
        letters = sum(map(len, words_of(source.text)))
        note = f"one sentence; {_how_sure(wrong, letters)}"
        return Figure(
            f"character error rate, {source.language}", wrong, "%", LETTER_LIMITS[source.language] + 1e-9, note
        )
    limit = READING_LIMIT if source.name.isdigit() else ONE_WORD / count
    note = f"{count} words read aloud; {_how_sure(wrong, count)}"
    return Figure(f"word error rate, {source.name}", wrong, "%", limit + 1e-9, note)


def _how_sure(rate: float, count: int) -> str:
    low, high = interval(rate, count)
    spot = ", a spot check" if count < _FEW_WORDS else ""
    return f"95 % interval {low:.1%} to {high:.1%}{spot}"


def _late(source: Source, heard: list[Word]) -> list[float]:
    """How far each word that was heard right is from where the reference has it, in seconds."""
    return [
        abs(word.start - start)
        for (text, start), word in zip(source.words, heard, strict=False)
        if words_of(text) == words_of(word.text)
    ]


def _pocketsphinx(source: Source, audio: Path, folder: Path) -> Figure:
    job = LocalJob("benchmark", folder, threading.Event())
    heard = PocketSphinxTranscriber(2).transcribe(audio, job)
    wrong = errors(source, join(word.written for word in heard))
    return Figure(f"word error rate, {source.name}, by PocketSphinx", wrong, "%", note="for the difference")


def _hear(engine: FasterWhisperTranscriber, audio: Path, folder: Path) -> list[Word]:
    return engine.transcribe(audio, None, LocalJob("benchmark", folder, threading.Event()))[0]


def transcribe(audio: Path) -> float:
    """How many seconds the service's own engine takes for the speech WAV `audio`, with the model loaded."""
    engine = FasterWhisperTranscriber(str(WEIGHTS.place))
    with tempfile.TemporaryDirectory() as folder:
        _hear(engine, material.speech(1), Path(folder))
        return seconds(lambda: _hear(engine, audio, Path(folder)))


def _beside_the_library(engine: FasterWhisperTranscriber, length: int) -> Figure:
    audio = material.speech(length)

    def bare() -> None:
        list(engine._loaded().transcribe(str(audio), batch_size=8, beam_size=5, word_timestamps=True)[0])

    with tempfile.TemporaryDirectory() as folder:
        _hear(engine, material.speech(1), Path(folder))
        pairs = [(seconds(lambda: _hear(engine, audio, Path(folder))), seconds(bare)) for _ in range(_ROUNDS)]
    ours, theirs = (min(taken) for taken in zip(*pairs, strict=True))
    note = f"{length} s of speech: {ours:.1f} s and {theirs:.1f} s, the model warm, the best of {_ROUNDS}"
    return Figure("speech over bare faster-whisper, batched by 8", ours / theirs, "", BARE_LIMIT, note)


def measure_memory(quick: bool) -> Iterator[Figure]:
    """Whether a long recording needs more memory than a short one."""
    short, long = (60, 360) if quick else (600, 7200)
    small, large = (
        peak_memory(process_command(material.sound(length), "--presets", "audio")) for length in (short, long)
    )
    note = f"{small / 1e6:.0f} MB and {large / 1e6:.0f} MB, all processes together, with speakers"
    yield Figure(
        f"peak memory, {long // 60} over {short // 60} minutes of speech", large / small, "", MEMORY_LIMIT, note
    )
