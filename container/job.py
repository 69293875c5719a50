"""The program: does for one run all that is asked of it, a step after the other, and leaves each result as it is there.

    python -m container.job [--job FILE]

What it is told, what it leaves and how it ends stands in `container/README.md`. It can be killed at any time and
started again: what is there is not done again. Nothing heavy is imported before it is needed, and nothing of what
people said, or of what their files are called, is logged.
"""

import argparse
import importlib
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from container import failures, files, media, request, settings, steps
from container.contract import Models, ModelsMissing
from container.failures import STATUS, Failed
from container.request import Request
from container.settings import Settings

_TOLD_EVERY = 20.0
"""Seconds between two notes of how far the job is, at least."""

_LAST_WORDS = 4.0
"""Seconds in which a job that is ended from outside says so: whoever ends it gives it little more."""

_WEIGHTS = {"fetch": 0.05, "moderation": 0.2, "sound": 0.05, "transcription": 0.5, "toxicity": 0.05, "summary": 0.15}
"""The steps in their order, and about what share of the time each takes."""

_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_log = logging.getLogger("container.job")


class Job:
    """One run of the job."""

    def __init__(self, wanted: Request, told: Settings, scratch: Path) -> None:
        self._wanted = wanted
        self._step = "fetch"
        self._failed: dict[str, str] = {}
        self._first: tuple[str, str] | None = None
        self._models: Models | None = None
        self._module = told.models
        self._told_at = float("-inf")
        self._work = steps.Work(wanted, told, scratch, self._brought)
        self._done = dict.fromkeys(self._steps(), False)

    def run(self) -> int:
        """Do it. Returns the exit status; why it is not 0 has been noted."""
        moderation = self._wanted.moderation
        try:
            if moderation is not None and self._moderated():
                return self._end(failures.REJECTED)
            self._transcribed()
        except Exception as exc:  # noqa: BLE001 - whatever it was, others are waiting to hear of it
            return self._end(self._told_why(exc))
        if self._wanted.transcription is not None:
            self._made_of_it()
        if self._first is None:
            self._clear()
            return 0
        self._note(*self._first)
        # What is made of the transcript may be missing without harm; what moderation was to say may not.
        return STATUS[self._failed["moderation"]] if "moderation" in self._failed else 0

    def interrupted(self, code: str) -> None:
        """Note that the job was ended from outside. In a thread of its own: what was interrupted may hold locks."""
        missing = {name: code for name in self._missing() if name not in self._failed}
        self._failed |= missing
        with suppress(Exception):
            self._note(self._step, code)

    # ---- the steps

    def _moderated(self) -> bool:
        """Whether moderation stops the job. Where it fails, that costs the rest only if it might have been stopped."""
        wanted = self._wanted.moderation
        assert wanted is not None, "who calls has asked"
        self._step = "moderation"
        rejected = steps.is_rejected(self._wanted, wanted)
        if rejected is None:
            self._fetch()
            self._step = "moderation"
            try:
                rejected = steps.moderation(self._work, wanted, self._progress)
            except Exception as exc:
                if wanted.rule.stops or failures.code_of(exc) in failures.HOPELESS:
                    raise
                self._failed["moderation"] = self._told_why(exc)
                return False
        self._did("moderation")
        return rejected

    def _transcribed(self) -> None:
        wanted = self._wanted.transcription
        if wanted is None:
            return
        if not files.exists(wanted.destination):
            self._fetch()
            self._step = "sound"
            wav = steps.sound(self._work, self._progress)
            self._did("sound")
            self._step = "transcription"
            left_out = steps.transcription(self._work, wanted, wav, self._progress)
            wav.unlink(missing_ok=True)
            if left_out:
                _log.warning("the transcript lacks: %s", ", ".join(sorted(left_out)))
        for step in ("fetch", "sound", "transcription"):
            self._did(step)

    def _made_of_it(self) -> None:
        """Toxicity and summary: neither costs the other, or what is there."""
        wanted, work = self._wanted, self._work
        transcription = wanted.transcription
        assert transcription is not None, "who calls has asked"

        def rate(destination: str) -> None:
            steps.toxicity(work, steps.transcript(transcription), destination)

        def sum_up(destination: str) -> None:
            steps.summary(work, steps.transcript(transcription), destination, self._progress)

        for name, part, make in (("toxicity", wanted.toxicity, rate), ("summary", wanted.summary, sum_up)):
            if part is None:
                continue
            self._step = name
            try:
                if not files.exists(part.destination):
                    make(part.destination)
            except Exception as exc:  # noqa: BLE001 - see above
                self._failed[name] = self._told_why(exc)
                continue
            self._did(name)

    def _fetch(self) -> None:
        if not self._done["fetch"]:
            self._step = "fetch"
            self._work.source(self._progress)
            self._did("fetch")

    def _brought(self) -> Models:
        if self._models is None:
            try:
                module = importlib.import_module(self._module)
            except ImportError as exc:
                raise ModelsMissing(f"The module {self._module} cannot be imported.") from exc
            self._models = module.create()
        return self._models

    # ---- what is told

    def _steps(self) -> list[str]:
        wanted = self._wanted
        there = {
            "fetch": True,
            "moderation": wanted.moderation is not None,
            "sound": wanted.transcription is not None,
            "transcription": wanted.transcription is not None,
            "toxicity": wanted.toxicity is not None,
            "summary": wanted.summary is not None,
        }
        return [step for step in _WEIGHTS if there[step]]

    def _did(self, step: str) -> None:
        if not self._done[step]:
            self._done[step] = True
            _log.info("%s is done", step)

    def _progress(self, share: float) -> None:
        now = time.monotonic()
        if now - self._told_at < _TOLD_EVERY:
            return
        self._told_at = now
        whole = sum(_WEIGHTS[step] for step in self._done)
        done = sum(_WEIGHTS[step] for step, is_done in self._done.items() if is_done)
        if not self._done.get(self._step, True):
            done += _WEIGHTS[self._step] * min(max(share, 0.0), 1.0)
        told = {"done": round(min(done / whole, 1.0), 3), "step": self._step}
        # Nobody is worse off without it.
        with suppress(Failed, OSError):
            files.write(f"{self._wanted.folder}progress.json", json.dumps(told).encode())

    def _told_why(self, raised: Exception) -> str:
        """The code for it, which is logged with the kind of what was raised, and with our own words for it."""
        code = failures.code_of(raised)
        said = str(raised) if isinstance(raised, Failed | ModelsMissing) else ""
        where = "" if said else f" at {_place_of(raised)}"
        _log.error("%s failed: %s (%s%s) %s", self._step, code, type(raised).__name__, where, said)
        self._first = self._first or (self._step, code)
        return code

    def _missing(self) -> list[str]:
        done = {"transcript" if step == "transcription" else step for step, is_done in self._done.items() if is_done}
        return [name for name in self._wanted.parts if name not in done]

    def _end(self, code: str) -> int:
        for name in self._missing():
            self._failed.setdefault(name, code)
        with suppress(Failed, OSError):  # where nothing can be written, the status tells
            self._note(self._step, code)
        return STATUS[code]

    def _clear(self) -> None:
        """An earlier try that was interrupted may have left why. What is written may not be deleted."""
        with suppress(Failed, OSError):
            if files.exists(f"{self._wanted.folder}failure.json"):
                _leave(self._wanted.folder, "", "", {})

    def _note(self, step: str, code: str) -> None:
        _leave(self._wanted.folder, step, code, self._failed)


def _leave(folder: str, step: str, code: str, parts: dict[str, str]) -> None:
    note = {"step": step, "code": code, "parts": parts}
    files.write(f"{folder}failure.json", json.dumps(note).encode())


def _place_of(raised: BaseException) -> str:
    """The line of code that raised it: the message of a library may hold what people said."""
    found = raised.__traceback__
    while found is not None and found.tb_next is not None:
        found = found.tb_next
    return "?" if found is None else f"{Path(found.tb_frame.f_code.co_filename).name}:{found.tb_lineno}"


def _guard(job: Job, scratch: Path, seconds: float) -> None:
    """Have the job end at once when it is told to (a Spot instance is taken back), or when it takes too long."""

    def ended(code: str) -> Callable[[int, FrameType | None], NoReturn]:
        def end(number: int, frame: FrameType | None) -> NoReturn:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            media.kill_all()
            saying = threading.Thread(target=job.interrupted, args=(code,), daemon=True)
            saying.start()
            saying.join(_LAST_WORDS)
            shutil.rmtree(scratch, ignore_errors=True)
            os._exit(STATUS[code])

        return end

    signal.signal(signal.SIGTERM, ended(failures.INTERRUPTED))
    if seconds > 0:
        signal.signal(signal.SIGALRM, ended(failures.TOO_LONG))
        signal.setitimer(signal.ITIMER_REAL, seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    logging.basicConfig(level=logging.INFO, format=_FORMAT, stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m container.job", description="Do all that is asked for of a run.")
    parser.add_argument("--job", type=Path, metavar="FILE", help="what is asked for, if not in RAPPORTEUR_JOB")
    named, asked = parser.parse_args(arguments).job, ""
    try:
        asked = settings.request() if named is None else named.read_text("utf-8")
        told = settings.read()
        wanted = request.read(asked)
    except (Failed, OSError, UnicodeDecodeError) as exc:
        _log.error("%s", exc)
        if folder := request.folder_in(asked):
            with suppress(Failed, OSError):
                _leave(folder, "fetch", failures.BAD_REQUEST, {})
        return STATUS[failures.BAD_REQUEST]
    try:
        scratch = Path(tempfile.mkdtemp(prefix="rapporteur-job-", dir=told.scratch))
    except OSError as exc:
        code = failures.code_of(exc)
        _log.error("there is no folder for what is thrown away: %s", code)
        with suppress(Failed, OSError):
            _leave(wanted.folder, "fetch", code, dict.fromkeys(wanted.parts, code))
        return STATUS[code]
    job = Job(wanted, told, scratch)
    _guard(job, scratch, told.seconds)
    try:
        return job.run()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def program() -> int:
    """Run what the image is asked for: SageMaker starts a container with one word, and no entry point of its own."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    if word in _PROGRAMS:
        return int(importlib.import_module(f"container.{word}").main(sys.argv[2:]))
    return main()


_PROGRAMS = frozenset({"serve", "train"})

if __name__ == "__main__":
    sys.exit(program())
