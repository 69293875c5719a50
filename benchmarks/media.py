"""Odd files: bursts and flashes are looked for where a player has them, over `tests/harness/tone_bursts.py`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import imageio_ffmpeg

from benchmarks.measure import WORK, Figure, run
from chalicelib.domain import presets
from local.engines import pyav
from local.engines._graph import arguments
from tests.harness.tone_bursts import Odd, bursts_in, flashes_in, grid

_NEAR = 0.06  # seconds
_QUICK = 5


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    tried = list(grid())[: _QUICK if quick else None]
    wrong = [str(odd) for odd in tried if not _is_right(odd)]
    note = f"of {len(tried)} files" + (f": {', '.join(wrong)}" if wrong else "")
    yield Figure("files in which a burst or a flash is misplaced, or missing", len(wrong), "", 1, note)


def _is_right(odd: Odd) -> bool:
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        path = odd.make(Path(folder))
        with av.open(str(path)) as container:
            media = pyav.look_into(container)
        plans = [
            (plan, Path(folder, f"made-{preset.export_name}"))
            for preset in presets.ALL
            if (plan := presets.plan(preset, media))
        ]
        renditions = [(plan, made) for plan, made in plans if plan.preset is not presets.SPEECH]
        for job in (renditions, plans[len(renditions) :]):  # as in the service
            run([imageio_ffmpeg.get_ffmpeg_exe(), *arguments(path, media, job)])
        heard = [bursts_in(made) for plan, made in plans if plan.audio]
        seen = [flashes_in(made) for plan, made in plans if plan.video and plan.video.codec != "gif"]
    return all(_is_near(found, odd.bursts) for found in heard) and all(_is_near(found, odd.flashes) for found in seen)


def _is_near(found: list[float], expected: list[float]) -> bool:
    return len(found) == len(expected) and all(
        abs(one - other) < _NEAR for one, other in zip(found, expected, strict=True)
    )
