"""A service that is up: how long a call takes beside another program, and the memory that four at once need."""

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import material
from benchmarks.measure import WORK, Figure, run, seconds, tree_memory
from local.models.whisper import WEIGHTS
from tests.local.serving import Serving, serving

OTHER_LIMIT = 1.15
PEAK_LIMIT = 2500.0
AT_ONCE = 4
_CALL_SECONDS = 300
_ROUNDS = 2
_PATIENCE = 900.0

_OTHER = "whisper-ctranslate2==0.5.8"
"""The command line of faster-whisper that people use (MIT): https://github.com/Softcatala/whisper-ctranslate2."""

_ITS_MAIN = "import sys; from whisper_ctranslate2.whisper_ctranslate2 import main; sys.exit(main())"


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    call = material.speech(30 if quick else _CALL_SECONDS)
    rounds = 1 if quick else _ROUNDS
    theirs = min(seconds(partial(_other, call)) for _ in range(rounds))
    for name, options, limit in (("", ("--diarizer", "none"), OTHER_LIMIT), (", with speakers", (), None)):
        with tempfile.TemporaryDirectory(dir=WORK) as folder, serving(Path(folder) / "data", *options) as server:
            _sign_in(server)
            _through(server, material.speech(10))  # the models are loaded for the first recording
            ours = min(seconds(partial(_through, server, call)) for _ in range(rounds))
            yield _figure(name, ours, theirs, limit)
            if limit is None:
                yield _peak(server, call)


def _figure(name: str, ours: float, theirs: float, limit: float | None) -> Figure:
    note = f"{ours:.1f} s until its report is there, the service up; {theirs:.1f} s for the other's whole process"
    return Figure(f"a call of five minutes{name}, over {_OTHER.partition('=')[0]}", ours / theirs, "", limit, note)


def _other(call: Path) -> None:
    place = WORK / "other"
    if not place.is_dir():
        run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", place, _OTHER])
    with tempfile.TemporaryDirectory() as folder:
        told = ["--model_directory", str(WEIGHTS.place), "--batched", "True", "--device", "cpu", "--output_dir", folder]
        run([sys.executable, "-c", _ITS_MAIN, call, *told], {"PYTHONPATH": str(place)})


def _sign_in(server: Serving) -> None:
    answer = server.sign_in()
    if answer.status_code != 200:
        raise RuntimeError(f"nobody can sign in: {answer.text}")


def _through(server: Serving, call: Path) -> None:
    """From the upload to the report's mail."""
    before = len(server.mails())
    server.completed(server.upload(call, presets=["speech"]), _PATIENCE)
    while len(server.mails()) == before:
        time.sleep(0.1)


def _peak(server: Serving, call: Path) -> Figure:
    """The most that the server and all below it hold, sampled, while it works on four recordings."""
    sampled: list[int] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(0.2):
            sampled.append(tree_memory(server.process.pid))

    sampling = threading.Thread(target=sample)
    sampling.start()
    try:
        for asset in [server.upload(call) for _ in range(AT_ONCE)]:
            server.completed(asset, _PATIENCE)
    finally:
        over.set()
        sampling.join()
    return Figure(f"peak memory of serve with {AT_ONCE} recordings", max(sampled) / 1e6, "MB", PEAK_LIMIT)
