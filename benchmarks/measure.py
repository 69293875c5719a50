"""What every benchmark needs: figures, clocks, the memory of a tree of processes, and which machine this is."""

import io
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "benchmarks" / "work"
SAMPLE = ROOT / "samples" / "debate.mp4"
SAMPLE_TEXT = ROOT / "samples" / "debate.txt"

_SAMPLING_SECONDS = 0.1
_AS_USUAL = {"PYTHONDONTWRITEBYTECODE": ""}
"""Python keeps what it has compiled, as it does wherever nobody forbids it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. It holds as long as `value` is under `limit`; one without a limit is only told."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the value is under its limit; None without a limit."""
        return None if self.limit is None else self.value < self.limit


class Stopwatch:
    """`seconds` since it was made, for good once `stop` was called."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._end: float | None = None

    def stop(self) -> None:
        """Keep the time."""
        self._end = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall-clock time."""
        return (time.perf_counter() if self._end is None else self._end) - self._start


@contextmanager
def clock() -> Iterator[Stopwatch]:
    """Time what is done inside."""
    watch = Stopwatch()
    try:
        yield watch
    finally:
        watch.stop()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the service logs and counts out of the figures."""
    from chalicelib.observability import logger

    level = logger.log_level
    logger.setLevel("CRITICAL")
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes, in wall-clock seconds."""
    with clock() as watch:
        work()
    return watch.seconds


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> str:
    """Run a program from the project's root. Returns its output; raises RuntimeError with its complaint if it fails."""
    done = subprocess.run(
        [*map(str, command)],
        cwd=ROOT,
        env={**os.environ, **_AS_USUAL, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    _check(command, done.returncode, done.stderr)
    return done.stdout


def peak_memory(command: Sequence[str | Path]) -> int:
    """Run a program. Returns the most memory, in bytes, that it and all below it ever held at once, sampled.

    That is the sum of resident sets, so pages that two processes share count twice.
    """
    peak = 0
    log = WORK / "log"
    with log.open("w") as sink:
        environment = {**os.environ, **_AS_USUAL}
        process = subprocess.Popen([*map(str, command)], cwd=ROOT, env=environment, stdout=sink, stderr=sink)
        while process.poll() is None:
            peak = max(peak, tree_memory(process.pid))
            time.sleep(_SAMPLING_SECONDS)
    _check(command, process.returncode, log.read_text())
    return peak


def tree_memory(root: int) -> int:
    """The resident memory, in bytes, of the process `root` and all below it."""
    children: dict[int, list[int]] = {}
    resident: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                # proc(5): pid (name) state ppid …; the name may hold anything, even brackets.
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                resident[int(folder.name)] = int((folder / "statm").read_text().split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        total += resident.get(process, 0)
        waiting += children.get(process, [])
    return total * os.sysconf("SC_PAGE_SIZE")


def begin_peak_memory() -> None:
    """Forget the most memory that this process ever held: `own_peak_memory` begins anew with what it holds now."""
    Path("/proc/self/clear_refs").write_text("5")  # proc(5)


def own_peak_memory() -> int:
    """The most memory, in bytes, that this process ever held; `ru_maxrss` would begin with its parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not tell a process's peak memory")


def process_command(source: Path, *options: str) -> list[str | Path]:
    """The command that runs the whole service on `source`, as a user does; results go to `WORK/out`."""
    return [sys.executable, "-m", "local", "process", source, "--out", WORK / "out", *options]


def machine() -> str:
    """The machine in one line: processor, cores, memory, Python."""
    names = [line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next(int(line.split()[1]) / 1024**2 for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    processor = names[0] if names else platform.machine()
    return f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def commit() -> str:
    """The commit that is measured, and whether anything was changed since."""
    name = run(["git", "rev-parse", "--short", "HEAD"]).strip()
    results = [":!benchmarks/RESULTS.md", ":!benchmarks/results.json"]
    changed = run(["git", "status", "--porcelain", "--untracked-files=no", "--", ".", *results])
    return f"{name} with changes" if changed.strip() else name


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def _check(command: Sequence[str | Path], status: int, complaint: str) -> None:
    if status:
        raise RuntimeError(f"{command[0]} ended with {status}: {complaint[-2000:]}")
