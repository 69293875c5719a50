"""The whole service against its bare engines, and what it adds to them."""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import imageio_ffmpeg

from benchmarks import material
from benchmarks.measure import SAMPLE, WORK, Figure, process_command, run, seconds
from benchmarks.overhead import Overhead
from benchmarks.speech import transcribe
from chalicelib.domain import presets
from chalicelib.domain.assets import Options
from chalicelib.domain.media import MediaInfo
from chalicelib.seams.probing import PROBING
from local.engines._graph import arguments
from local.engines.sherpa_onnx import SherpaDiarizer
from local.jobs import LocalJob
from local.models.speakers import WEIGHTS
from local.runtime import Runtime

SAMPLE_LIMIT = 0.9
LONG_LIMIT = 0.75
LONG_SECONDS = 600
_CHART_SECONDS = 60
OVERHEAD_LIMIT = 0.05


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    length = 30 if quick else LONG_SECONDS
    yield from _measure("the sample", SAMPLE, SAMPLE_LIMIT, 1 if quick else 3)
    yield _overhead("the sample", SAMPLE)
    yield from _measure(f"{length} s of 1080p, people speaking", material.video(length), LONG_LIMIT, 1)
    chart = min(length, _CHART_SECONDS)
    yield from _measure(f"{chart} s of 1080p, a moving test chart", material.video(chart, "chart"), None, 1)


def _measure(name: str, source: Path, limit: float | None, rounds: int) -> Iterator[Figure]:
    media = _look_into(source)
    pairs = [(seconds(partial(run, process_command(source))), _bare_engines(source, media)) for _ in range(rounds)]
    whole = min(whole for whole, _ in pairs)
    bare = min((bare for _, bare in pairs), key=lambda parts: sum(parts.values()))
    parts = ", ".join(f"{engine} {taken:.1f}" for engine, taken in bare.items())
    total = sum(bare.values())
    yield Figure(
        f"{name}: whole run over bare engines", whole / total, "", limit, f"{whole:.1f} s; {total:.1f} s ({parts})"
    )


def _overhead(name: str, source: Path) -> Figure:
    """The share of a run in which no engine is at work, after the embedded AWS has started."""
    command: list[str | Path] = [sys.executable, "-m", "benchmarks.overhead", str(time.time()), source, WORK / "out"]
    overhead = Overhead(**json.loads(run(command)))
    share = overhead.idle / overhead.total
    note = (
        f"{overhead.idle:.2f} of {overhead.total:.1f} s; starting the embedded AWS takes {overhead.start_up:.2f} s more"
    )
    return Figure(f"{name}: the pipeline's own overhead", share, "%", OVERHEAD_LIMIT, note)


def _look_into(source: Path) -> MediaInfo:
    with Runtime() as runtime:
        asset = runtime.upload(source, "benchmark", Options(email="owner@rapporteur.example"))
        return runtime.services.engine(PROBING).probe(runtime.services.uploads.at(asset.input_key))


def _bare_engines(source: Path, media: MediaInfo) -> dict[str, float]:
    """Seconds of the engines alone, one after another: a process for each output, then words, then speakers.

    What else the service does is not in it: language, summary, captions, report, storage.
    """
    taken: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        for plan in presets.chosen([preset.name for preset in (*presets.DEFAULT, presets.SPEECH)], media):
            options = arguments(source, media, [(plan, Path(folder, plan.preset.export_name))])
            taken[plan.preset.name] = seconds(partial(run, [imageio_ffmpeg.get_ffmpeg_exe(), *options]))
        audio = Path(folder, presets.SPEECH.export_name)
        taken["whisper"] = transcribe(audio)
        job = LocalJob("benchmark", Path(folder), threading.Event())
        taken["speakers"] = seconds(lambda: SherpaDiarizer(WEIGHTS.place).listen(audio, None, job))
    return taken
