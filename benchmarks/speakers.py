"""Speakers: how much of the time goes to the wrong one, whether as many are found as there are, how long it takes."""

import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

from benchmarks.diarization import annotation, reference, score
from benchmarks.measure import SAMPLE, Figure, clock
from chalicelib.speech.speakers import Turn
from local.engines.sherpa_onnx import SherpaDiarizer
from local.jobs import LocalJob
from local.models.speakers import WEIGHTS
from tests.harness import shared_data
from tests.harness.media import ffmpeg

CALL = "phone"
CALL_LIMIT = 0.08
ROOMS = ("trn04", "trn06", "dev00")
ROOMS_LIMIT = 0.25
SAMPLE_SPEAKERS = 2


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    warnings.simplefilter("ignore", UserWarning)  # the scorer's own
    engine = SherpaDiarizer(WEIGHTS.place)
    with tempfile.TemporaryDirectory() as folder:
        turns, taken, length = _listen(engine, SAMPLE, Path(folder))
        found = len({turn.speaker for turn in turns})
        note = f"{found} of {SAMPLE_SPEAKERS}"
        yield Figure("speakers of the sample, too many or too few", abs(found - SAMPLE_SPEAKERS), "", 1, note)
        yield Figure("time over the sample's length", taken / length, "", note=f"{taken:.1f} s for {length:.0f} s")
        shared = shared_data.folder()
        if shared is None or quick:
            return
        rooms = score()
        for name in (CALL, *ROOMS):
            turns, taken, length = _listen(engine, shared / "meetings" / f"{name}.wav", Path(folder))
            right = reference(shared / "meetings" / "reference.rttm", name)
            rate = (rooms if name in ROOMS else score())(annotation(right), annotation(turns))
            there, heard = len({turn.speaker for turn in right}), len({turn.speaker for turn in turns})
            note = f"{length:.0f} s; {heard} speakers were found, {there} are there"
            yield Figure(f"diarization error rate, {name}", rate, "%", CALL_LIMIT if name == CALL else None, note)
        note = f"{', '.join(ROOMS)}; collar 0.25 s, no overlap, by pyannote.metrics"
        yield Figure("diarization error rate, the meeting rooms pooled", abs(rooms), "%", ROOMS_LIMIT, note)


def _listen(engine: SherpaDiarizer, recording: Path, folder: Path) -> tuple[list[Turn], float, float]:
    """The turns in a recording, the seconds that finding them took, and the seconds that it lasts."""
    audio = folder / "speech.wav"
    ffmpeg("-i", recording, "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", audio)
    with clock() as watch:
        turns = engine.listen(audio, None, LocalJob("benchmark", folder, threading.Event()))[0]
    return turns, watch.seconds, (audio.stat().st_size - 44) / 32_000
