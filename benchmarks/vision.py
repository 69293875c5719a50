"""Looking at films on one machine: what the engine takes over its models alone, and its memory as films grow longer.

    python -m benchmarks.vision ours|alone DETECTION FILM

is what it measures, in a process of its own: a film looked at by the engine, or its stills by the bare model, one a
second, with nothing skipped.
"""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg

from benchmarks.material import video
from benchmarks.measure import Figure, clock, peak_memory
from chalicelib.domain.ai_options import FALLBACK
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.seams.vision import Looking, VisionJob
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from local.engines import _faces, _nudity, _ocr, _segments, vision
from local.engines.pyav import look_into
from local.jobs import LocalJob

OVERHEAD = 1.1
GROWTH = 1.25
LENGTH, SHORT = 600, 150  # seconds
QUICK, SHORTER = 20, 10
"""As long for a try."""

_THREADS = 2
_MODELS = (Detection.TEXT, Detection.MODERATION, Detection.FACES)


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    length, short = (QUICK, SHORTER) if quick else (LENGTH, SHORT)
    grown: list[Figure] = []
    for detection in (Detection.SEGMENTS, *_MODELS):
        alone, _ = _measured("alone", detection, video(length))
        ours, most = _measured("ours", detection, video(length))
        note = f"{ours:.1f} s for {length} s of film; {alone:.1f} s alone"
        yield Figure(f"{detection.value}: time over the bare engine's", ours / alone, "", OVERHEAD, note)
        _, less = _measured("ours", detection, video(short))
        note = f"{most / 1e6:.0f} MB for {length} s of film, {less / 1e6:.0f} MB for {short} s"
        grown.append(Figure(f"{detection.value}: memory, of a film four times as long", most / less, "", GROWTH, note))
    yield from grown


def _measured(whose: str, detection: Detection, film: Path) -> tuple[float, int]:
    """How long it takes, in seconds, and the most memory that is held, in bytes."""
    command: list[str | Path] = [sys.executable, "-m", "benchmarks.vision", whose, detection.value, film]
    with clock() as watch:
        memory = peak_memory(command)
    return watch.seconds, memory


def ours(detection: Detection, film: Path) -> None:
    """Look at a film as the service does, and write down what is seen."""
    job = VisionJob("bench", detection, Looking.FILM, S3Object("", ""), _media(film), S3Object("", ""), FALLBACK)
    with tempfile.TemporaryDirectory() as folder:
        running = LocalJob("bench", Path(folder), threading.Event())
        with (running.folder / "rows.jsonl").open("wb") as file:
            file.writelines(rows.written(detection, vision.seen(job, film, running, [])))


def alone(detection: Detection, film: Path) -> None:
    """Let the bare engine look at a film: ffmpeg's filters, or a model at one still a second."""
    if detection is Detection.SEGMENTS:
        arguments = _segments._arguments(film, _media(film))
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *arguments], check=True, capture_output=True)
        return
    look = _model(detection)
    wanted = 0.0
    with av.open(str(film)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            if frame.time >= wanted:
                look(frame.to_ndarray(format="rgb24").astype("uint8", copy=False))
                wanted += 1.0


def _model(detection: Detection) -> Callable[[Any], object]:
    match detection:
        case Detection.TEXT:
            return _ocr.Reader(_THREADS).lines
        case Detection.MODERATION:
            return _nudity.Judge(_THREADS).indecency
        case _:
            return _faces.Finder(_THREADS).faces


def _media(film: Path) -> MediaInfo:
    with av.open(str(film)) as opened:
        return look_into(opened)


if __name__ == "__main__":
    {"ours": ours, "alone": alone}[sys.argv[1]](Detection(sys.argv[2]), Path(sys.argv[3]))
