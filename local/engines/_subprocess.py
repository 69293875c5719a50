"""Work on files from outside in a process of its own, with limits on memory and time.

A decoder is the largest target that there is: whatever a file does to it, it does to a process that has no keys and no
way on, and whose end is an answer. A worker is a module that calls `answer`; whoever wants it done calls `ask`.

    in    one JSON object, the request
    out   a JSON object a line: {"row": …} what was found, {"progress": 0.5}, and at the end one of
          {"done": true}, {"fault": ["code", {…}]}, {"broke": "TypeError"}
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.errors import EngineError, EngineFailed
from chalicelib.message import Message
from chalicelib.observability import logger

ROOT = Path(__file__).resolve().parent.parent.parent
_PROGRAM = Path(__file__).with_name("_limits.py")
_PATIENCE = 0.1  # seconds between two looks at whether the job was cancelled

CANCELLED = Message("work-cancelled", "The work was cancelled.")
TOO_SLOW = Message("work-too-slow", "Reading this file took longer than %(limit_seconds)s and was stopped.")
TOO_MUCH_MEMORY = Message(
    "work-memory", "Reading this file takes more memory than one file is given (%(limit_bytes)s), and was stopped."
)
UNREADABLE_FILE = Message("work-unreadable", "The file cannot be read: it is damaged, or not what it says it is.")
TOO_MANY_PIXELS = Message("work-pixels", "The picture has more pixels than can be looked at: at most %(most)s.")

_BROKE = Message("worker-broke", "What reads this file broke down.")
ALTERED = Message(
    "model-altered",
    "%(file)s is not what was published. Whoever runs this service should install it anew: make clean, then make.",
)

FAULTS: Mapping[str, Message] = {one.code: one for one in (TOO_MUCH_MEMORY, UNREADABLE_FILE, TOO_MANY_PIXELS, ALTERED)}
"""What a worker may say that is wrong with a file, by its code."""

_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What a worker knows of the environment: nothing that opens anything."""

_SET = {
    "ORT_DISABLE_TELEMETRY": "1",
    "PYTHONUTF8": "1",
    # Large pieces of memory are given back at once: pictures of every size would leave holes, and it would grow.
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "1000000",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a piece of work may take: `memory` in bytes of address space, `seconds` by the clock."""

    memory: int = 4 * 1024**3
    seconds: float = 600.0


class Fault(Exception):
    """Raised in a worker: what is wrong with the file, one of `FAULTS`."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.code)
        self.message = message


def surroundings(**more: str) -> dict[str, str]:
    """The environment that a worker has, with what it needs `more`."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), **_SET, **more}


def within(limits: Limits, command: list[str]) -> list[str]:
    """`command`, whose first is the path of a program, to be run within limits of memory."""
    return [sys.executable, "-I", "-S", str(_PROGRAM), str(limits.memory), *command]


@contextmanager
def watched(
    command: list[str],
    limits: Limits,
    cancelled: threading.Event | None = None,
    **options: Any,  # noqa: ANN401
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process within `limits`, killed once they are reached or once it was `cancelled`, and at the end in any case.

    Raises EngineFailed if it took too long, EngineError if it was cancelled; else its end is the caller's to judge.
    """
    over = threading.Event()
    with subprocess.Popen(  # noqa: S603 - a list of arguments
        within(limits, command),
        start_new_session=True,  # Ctrl-C is for the runtime, which then ends its workers
        cwd=ROOT,
        **options,
    ) as process:
        why: list[Message] = []

        def watch() -> None:
            waited = 0.0
            while not over.wait(_PATIENCE):
                waited += _PATIENCE
                if cancelled is not None and cancelled.is_set():
                    why.append(CANCELLED)
                elif waited > limits.seconds:
                    why.append(TOO_SLOW.of(limit_seconds=round(limits.seconds)))
                else:
                    continue
                process.kill()
                return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield process
            process.wait()
        finally:
            over.set()
            watcher.join()
            process.kill()
    if why:
        raise EngineError(why[0]) if why[0] is CANCELLED else EngineFailed(why[0])


def ask(
    module: str,
    request: Mapping[str, Any],
    limits: Limits = Limits(),
    cancelled: threading.Event | None = None,
    progress: Callable[[float], None] = lambda fraction: None,
    faults: Mapping[str, Message] = FAULTS,
) -> Iterator[Any]:
    """What the worker `module` finds for `request`, as it finds it; `faults` are those that it may tell, by code.

    Raises EngineFailed with what is wrong with the file, EngineError if the worker ended without an answer.
    """
    command = [sys.executable, "-P", "-m", module]
    is_done = False
    with watched(
        command,
        limits,
        cancelled,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=surroundings(),
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        with suppress(BrokenPipeError):  # it died at once: its silence tells
            process.stdin.write(json.dumps(request).encode())
            process.stdin.close()
        for line in process.stdout:
            said = json.loads(line)
            if "row" in said:
                yield said["row"]
            elif "progress" in said:
                progress(said["progress"])
            elif "fault" in said:
                code, values = said["fault"]
                raise EngineFailed(faults[code].of(**values))
            elif "broke" in said:
                logger.error("worker broke", extra={"worker": module, "error": said["broke"]})
                raise EngineError(_BROKE)
            else:
                is_done = True
    if not is_done:  # killed by the system, or by what it read
        raise EngineFailed(TOO_MUCH_MEMORY.of(limit_bytes=limits.memory) if process.returncode else UNREADABLE_FILE)


def answer(work: Callable[[Any, Callable[[float], None]], Iterator[Any]]) -> None:
    """Be a worker: do `work` with the request, and with a way to tell how far it is, and say what it finds."""
    said = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer

    def say(**values: object) -> None:
        said.write(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        said.flush()

    request = json.loads(sys.stdin.buffer.read())
    try:
        for row in work(request, lambda fraction: say(progress=round(fraction, 4))):
            say(row=row)
    except Fault as exc:
        say(fault=[exc.message.code, dict(exc.message.values)])
    except Exception as exc:  # noqa: BLE001 - whatever broke, the other side is told
        if isinstance(exc, MemoryError) or "alloc" in str(exc).lower():  # as libraries in C++ say it
            say(fault=[TOO_MUCH_MEMORY.code, {"limit_bytes": _memory()}])
        else:
            say(broke=type(exc).__name__)
    else:
        say(done=True)


def _memory() -> int:
    import resource

    return resource.getrlimit(resource.RLIMIT_AS)[0]
