"""Speech: how well it is heard, what a second worker brings, and whether memory stays the same in a long recording."""

import json
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from benchmarks import material
from benchmarks.measure import SAMPLE, SAMPLE_TEXT, WORK, Figure, clock, peak_memory, process_command, run
from benchmarks.wer import word_error_rate
from chalicelib.transcripts import Word, join
from local.engines.pocketsphinx import PocketSphinxTranscriber
from local.jobs import LocalJob
from tests import shared_data

ERROR_LIMIT = 0.08
WORKERS_LIMIT = 0.6
MEMORY_LIMIT = 1.3

_ROUNDS = 2


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    run(process_command(SAMPLE, "--presets", "audio"))
    document = json.loads((WORK / "out" / SAMPLE.stem / "transcript.json").read_text())
    heard = document["results"]["transcripts"][0]["transcript"]
    errors = word_error_rate(SAMPLE_TEXT.read_text(), heard)
    yield Figure("word error rate, the sample", errors, "%", ERROR_LIMIT, "synthetic voices, through the whole service")
    for reading in _readings():
        heard = join(word.written for word in transcribe(reading, 1)[0])
        errors = word_error_rate(reading.with_suffix(".txt").read_text(), heard)
        yield Figure(f"word error rate, real reading {reading.stem}", errors, "%", note="a few seconds of LibriVox")
    yield _second_worker(material.speech(60 if quick else 180), 1 if quick else _ROUNDS)
    short, long = (60, 360) if quick else (600, 7200)
    small, large = (
        peak_memory(process_command(material.sound(length), "--presets", "audio")) for length in (short, long)
    )
    note = f"{small / 1e6:.0f} MB and {large / 1e6:.0f} MB, all processes together"
    yield Figure(
        f"peak memory, {long // 60} over {short // 60} minutes of speech", large / small, "", MEMORY_LIMIT, note
    )


def _readings() -> list[Path]:
    """Real readings with their texts, where they are at hand."""
    found = shared_data.folder()
    return sorted((found / "speech").glob("*.wav")) if found else []


def transcribe(audio: Path, workers: int) -> tuple[list[Word], float]:
    """What the embedded engine hears in the speech WAV `audio`, and the seconds that it takes."""
    with tempfile.TemporaryDirectory() as folder, clock() as watch:
        job = LocalJob("benchmark", Path(folder), threading.Event())
        words = PocketSphinxTranscriber(workers).transcribe(audio, job)
    return words, watch.seconds


def _second_worker(audio: Path, rounds: int) -> Figure:
    pairs = [(transcribe(audio, 2), transcribe(audio, 1)) for _ in range(rounds)]
    two = min(seconds for (_, seconds), _ in pairs)
    one = min(seconds for _, (_, seconds) in pairs)
    same = all(many == single for (many, _), (single, _) in pairs)
    note = f"{two:.1f} s and {one:.1f} s" + ("" if same else "; THE WORDS DIFFER")
    return Figure("two speech workers over one", two / one, "", WORKERS_LIMIT, note)
