"""Long transcripts: reading, captioning and storing must grow with their length, and no faster.

`python -m benchmarks.transcripts FILE` measures one transcript in a process of its own, and prints seconds and bytes.
"""

import gc
import json
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from benchmarks.measure import WORK, Figure, begin_peak_memory, clock, own_peak_memory, run
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from tests.harness import talk

GROWTH_LIMIT = 4 * 1.3
"""How many times longer a transcript of four times the length may take."""

_HOURS = (2.5, 5.0, 10.0)
_QUICK_HOURS = (0.25, 0.5, 1.0)
_ROUNDS = 3
_TIMES = ("start_time", "end_time")


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    times = []
    for hours in _QUICK_HOURS if quick else _HOURS:
        path = _document(hours)
        answers = [json.loads(run([sys.executable, "-m", "benchmarks.transcripts", path])) for _ in range(_ROUNDS)]
        best = min(answer["seconds"] for answer in answers)
        words, memory = answers[0]["words"], max(answer["bytes"] for answer in answers)
        times.append(best)
        note = f"{words} words, {path.stat().st_size / 1e6:.1f} MB of JSON"
        yield Figure(f"{hours:g} hours read, captioned, stored", best, "s", note=note)
        yield Figure(f"{hours:g} hours, memory for that at its peak", memory / 1e6, "MB")
    yield Figure("four times the length, time", times[-1] / times[0], "×", GROWTH_LIMIT)


def _document(hours: float) -> Path:
    """A transcript of this length in Transcribe's own format: that of the sample's talk, repeated with later times."""
    path = WORK / f"transcript-{hours:g}h.json"
    if path.exists():
        return path
    document = talk.speakers()
    results = document["results"]
    items, turns = results["items"], results["speaker_labels"]["segments"]
    length = max(float(item.get("end_time", 0.0)) for item in items)
    count = round(hours * 3600 / length)
    results["items"] = [_later(item, number * length) for number in range(count) for item in items]
    results["speaker_labels"]["segments"] = [_later(turn, number * length) for number in range(count) for turn in turns]
    results["transcripts"][0]["transcript"] = " ".join([results["transcripts"][0]["transcript"]] * count)
    path.write_text(json.dumps(document))
    return path


def _later(part: dict[str, Any], seconds: float) -> dict[str, Any]:
    """A copy of an item, or of a turn with its items, `seconds` later."""
    moved = deepcopy(part)
    for timed in [moved, *moved.get("items", ())]:
        timed.update({name: f"{float(timed[name]) + seconds:.3f}" for name in _TIMES if name in timed})
    return moved


def stage(path: Path) -> dict[str, float]:
    """Put the transcript at `path` where an engine leaves it, and let the app's own stage do its work on it.

    The memory that is told is what the stage took at its peak, with the results that the embedded S3 keeps in memory.
    """
    from chalicelib.domain.assets import BranchState, BranchStatus, MediaKind, Options
    from chalicelib.domain.keys import S3Object
    from chalicelib.domain.media import AudioStream, MediaInfo
    from chalicelib.pipeline import transcript
    from chalicelib.pipeline.register import register
    from local.aws import storage
    from local.runtime import Runtime

    with Runtime() as runtime:
        services = runtime.services
        registered = register("benchmark", "long.mp3", Options(email="owner@rapporteur.example"), services)
        accepted = services.store.accept(registered.ref, 0, "etag", 1)
        assert accepted is not None
        branches = {branch: BranchState(BranchStatus.OPEN) for branch in ("speech", "language")}
        media = MediaInfo("mp3", 36_000.0, None, AudioStream("mp3", 44_100, 2))
        asset = services.store.begin(accepted.run, MediaKind.AUDIO, media, branches, [])
        assert asset is not None
        key = TRANSCRIPT.key(asset)
        storage.put_file(path, S3Object(services.settings.output_bucket, key), "application/json")
        gc.collect()
        begin_peak_memory()
        before = own_peak_memory()
        with clock() as watch:
            transcript.read(asset, services)
        memory = own_peak_memory() - before
        assert services.outputs.info(CAPTIONS.key(asset, "vtt")) is not None
    words = path.read_text().count('"pronunciation"')
    return {"seconds": watch.seconds, "bytes": memory, "words": words}


if __name__ == "__main__":
    print(json.dumps(stage(Path(sys.argv[1]))))
