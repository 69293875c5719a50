"""Shots of a film, and where it is black, by ffmpeg's own filters: the film is decoded once, and nothing is loaded."""

import re
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from chalicelib.domain.media import MediaInfo
from chalicelib.errors import EngineFailed
from local.engines._subprocess import UNREADABLE_FILE, Limits, watched

_SCORE = 10.0
"""From which a change is a cut: what `scdet` says of itself is good, 8 to 14 (https://ffmpeg.org/ffmpeg-filters.html#scdet)."""

_SURE_SCORE = 40.0
_LEAST_SURE = 50.0
"""Percent: Rekognition tells nothing of less, and is told to leave out no more."""

_DARK, _COVERED = 0.15, 0.98
"""How light a black pixel is at most, and how much of a frame is black: as Rekognition is asked here."""

_BLACK_SECONDS = 0.3
_SILENCE = "-45dB"
_QUIET_SECONDS = 0.2
_QUIET = 0.9
"""How much of a black stretch is silent that is a cue. One with sound is part of a film: Rekognition leaves it out."""

_SHORTEST = 0.2
"""Seconds between two cuts at least: a flash is none."""

_WIDTH = 320
"""Pixels that are looked at, across: enough to see a cut, and a tenth of the work."""

_NUMBER = rb"(-?[0-9]+(?:\.[0-9]+)?)"
_CUT = re.compile(rb"lavfi\.scd\.score: *" + _NUMBER + rb", *lavfi\.scd\.time: *" + _NUMBER)
_BLACK = re.compile(rb"black_start: *" + _NUMBER + rb" +black_end: *" + _NUMBER)
_SILENCE_START = re.compile(rb"silence_start: *" + _NUMBER)
_SILENCE_END = re.compile(rb"silence_end: *" + _NUMBER)
_PROGRESS = re.compile(rb"out_time_us=(\d+)")

Stretch = tuple[float, float]
"""From when to when, in seconds."""


@dataclass
class Seen:
    """What ffmpeg's filters tell, in the order of time: cuts with their score, and stretches."""

    cuts: list[tuple[float, float]] = field(default_factory=list)
    black: list[Stretch] = field(default_factory=list)
    silent: list[Stretch] = field(default_factory=list)
    _silent_since: float | None = None

    def read(self, line: bytes) -> None:
        """Take in a line of ffmpeg's log."""
        if found := _CUT.search(line):
            self.cuts.append((float(found[2]), float(found[1])))
        elif found := _BLACK.search(line):
            self.black.append((float(found[1]), float(found[2])))
        elif found := _SILENCE_START.search(line):
            self._silent_since = float(found[1])
        elif (found := _SILENCE_END.search(line)) and self._silent_since is not None:
            self.silent.append((self._silent_since, float(found[1])))
            self._silent_since = None

    def end(self, seconds: float) -> None:
        """A silence that goes on at the film's end ends there."""
        if self._silent_since is not None:
            self.silent.append((self._silent_since, seconds))
            self._silent_since = None


def rows(
    film: Path,
    media: MediaInfo,
    limits: Limits,
    cancelled: threading.Event,
    progress: Callable[[float], None],
) -> Iterator[dict[str, Any]]:
    """The segments of a film, as Rekognition has them. Raises EngineFailed if it cannot be decoded."""
    seen = Seen()
    logged = 0
    with watched(
        [imageio_ffmpeg.get_ffmpeg_exe(), *_arguments(film, media)],
        limits,
        cancelled,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        for line in process.stdout or ():
            if found := _PROGRESS.match(line):
                logged += int(found[1]) > 0
                progress(int(found[1]) / 1e6 / max(media.duration, 1.0))
            else:
                seen.read(line)
    if process.returncode and not logged:
        raise EngineFailed(UNREADABLE_FILE)
    rate = media.video.frame_rate if media.video else 0.0
    seen.end(media.duration)
    has_sound = media.audio is not None
    yield from segments(seen, media.duration, rate, has_sound)


def segments(seen: Seen, seconds: float, rate: float, has_sound: bool = True) -> Iterator[dict[str, Any]]:
    """The rows that are made of what was `seen` in a film of so many seconds, with so many frames a second."""
    for start, end in seen.black:
        if not has_sound or _covered((start, end), seen.silent) >= _QUIET:
            yield {
                "Type": "TECHNICAL_CUE",
                **_times(start, min(end, seconds), rate),
                "TechnicalCueSegment": {"Type": "BlackFrames", "Confidence": 100.0},
            }
    for number, (start, end, confidence) in enumerate(_shots(seen, seconds)):
        yield {
            "Type": "SHOT",
            **_times(start, end, rate),
            "ShotSegment": {"Index": number, "Confidence": round(confidence, 2)},
        }


def _shots(seen: Seen, seconds: float) -> Iterator[tuple[float, float, float]]:
    """From when to when each shot lasts, and how sure its beginning is. One begins and ends where it is black."""
    cuts = {0.0: 100.0}
    edges = ((at, 100.0) for stretch in seen.black for at in stretch)
    scored = ((at, _LEAST_SURE + 50.0 * min(1.0, score / _SURE_SCORE)) for at, score in seen.cuts)
    for at, confidence in sorted([*edges, *scored]):
        if at - max(cuts) >= _SHORTEST and seconds - at >= _SHORTEST:
            cuts[at] = confidence
    for start, end in pairwise([*cuts, seconds]):
        yield start, end, cuts[start]


def _covered(stretch: Stretch, others: Iterable[Stretch]) -> float:
    start, end = stretch
    covered = sum(max(0.0, min(end, stop) - max(start, begin)) for begin, stop in others)
    return covered / max(end - start, 1e-9)


def _times(start: float, end: float, rate: float) -> dict[str, int]:
    first, last = round(1000 * start), round(1000 * end)
    times = {"StartTimestampMillis": first, "EndTimestampMillis": last, "DurationMillis": last - first}
    if rate <= 0:
        return times
    numbers = round(start * rate), max(round(start * rate), round(end * rate) - 1)
    frames = {"StartFrameNumber": numbers[0], "EndFrameNumber": numbers[1]}
    return {**times, **frames, "DurationFrames": numbers[1] - numbers[0] + 1}


def _arguments(film: Path, media: MediaInfo) -> list[str]:
    picture = media.video.number - 1 if media.video else 0
    looked = (
        f"[0:v:{picture}]scale={_WIDTH}:-2:flags=fast_bilinear,format=yuv420p,"
        f"scdet=t={_SCORE},blackdetect=d={_BLACK_SECONDS}:pic_th={_COVERED}:pix_th={_DARK}[seen]"
    )
    graph, outputs = [looked], ["-map", "[seen]"]
    if media.audio is not None:
        graph.append(f"[0:a:{media.audio.number - 1}]silencedetect=n={_SILENCE}:d={_QUIET_SECONDS}[heard]")
        outputs += ["-map", "[heard]"]
    return [
        *("-hide_banner", "-nostdin", "-nostats", "-protocol_whitelist", "file,pipe", "-i", f"file:{film}"),
        *("-filter_complex", ";".join(graph), *outputs, "-progress", "pipe:1", "-f", "null", "-"),
    ]
