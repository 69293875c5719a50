"""What ffmpeg is asked for: stills all over a film, and its sound. It runs within limits, and reads files only."""

import errno
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from container import failures
from container.failures import Failed

_LIMIT_SECONDS, _LIMIT_FACTOR = 600.0, 10.0
"""A film may take ten minutes and ten times its length to read: far more than a slow machine needs."""

_SIDE = 448
"""Pixels of a still's longer side at most: every classifier makes it smaller."""

_CUT = 0.35
"""How much of the picture changes from one frame to the next (0 to 1) where a new shot begins."""

_LATER = 0.5
"""Seconds after which a new shot is looked at again, so that there is a neighbour that can agree."""

_NO_TRACK = "matches no streams"
_NO_ROOM = "No space left on device"
_NO_PROGRAM = frozenset(
    {errno.EACCES, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOEXEC, errno.ENOTDIR, errno.EPERM}
)
"""Why a program cannot be started at all, however much room there is."""

_running: set[subprocess.Popen[bytes]] = set()

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Still:
    """A frame as a JPEG, at so many milliseconds from where the recording begins."""

    time: int
    path: Path


class NoTrack(Exception):
    """The file has no such track."""


def apart(seconds: float, most: int) -> float:
    """Seconds between two stills of a film of that length: one, or more where that would come to more than `most`."""
    return max(1.0, seconds / most)


def stills(
    ffmpeg: str, source: Path, folder: Path, *, track: int | None, seconds: float, most: int, progress: Progress
) -> list[Still]:
    """Stills of `source` in `folder`, in order: all over a film, evenly, and twice where a new shot begins.

    `track` is that of its pictures, counted from 1; None for a picture, of which the one frame is taken. Never more
    than five times `most`. Raises Failed if there is nothing to be seen.
    """
    folder.mkdir()
    step = apart(seconds, most)
    chosen = [] if track is None else [f"select={_escaped(_when(step))}"]
    filters = [*chosen, f"scale={_SIDE}:{_SIDE}:force_original_aspect_ratio=decrease:force_divisible_by=2"]
    filters += ["format=yuvj420p", "settb=1/1000"]
    command = [*("-map", f"0:v:{(track or 1) - 1}", "-an", "-sn", "-dn", "-vf", ",".join(filters))]
    command += ["-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-q:v", "4"]
    command += ["-frames:v", "1" if track is None else str(5 * most), "-f", "image2", "-frame_pts", "1"]
    try:
        # Frame numbers are times; a folder's name with "%" in it would be taken for a pattern.
        _run(ffmpeg, source, [*command, "still.%d.jpg"], folder, seconds, progress)
    except (Failed, NoTrack) as exc:
        # What could be seen of a file that is broken is looked at; what is no file of pictures has nothing.
        if (isinstance(exc, Failed) and exc.code != failures.UNREADABLE) or not any(folder.glob("still.*.jpg")):
            raise _unseen() if isinstance(exc, NoTrack) else exc from exc
    found = [
        Still(max(int(path.name.split(".")[1]), 0), path) for path in folder.glob("still.*.jpg") if path.stat().st_size
    ]
    if not found:
        raise _unseen()
    return sorted(found, key=lambda still: still.time)


def _unseen() -> Failed:
    return Failed(failures.UNREADABLE, "No picture of the file can be read.")


def _when(step: float) -> str:
    """When a frame is taken, as an expression of ffmpeg's: https://ffmpeg.org/ffmpeg-utils.html#Expression-Evaluation

    Variable 0 is when the next of the even ones is due, 1 when a new shot was last begun, 2 when it is to be looked at
    again (0: it was). A new shot counts only half a step after another: there are so many of them at most.
    """
    again = min(_LATER, step / 2)
    even = f"if(gte(t,ld(0)),st(0,(floor(t/{step:.6f})+1)*{step:.6f})*0+1,0)"
    shot = f"if(gt(scene,{_CUT})*gte(t-ld(1),{step / 2:.6f}),st(1,t)*0+st(2,t+{again:.6f})*0+1,0)"
    second = "if(gt(ld(2),0)*gte(t,ld(2)),st(2,0)*0+1,0)"
    return f"{even}+{shot}+{second}"


def _escaped(expression: str) -> str:
    return "'" + expression.replace(",", r"\,") + "'"


def sound(ffmpeg: str, source: Path, into: Path, *, track: int, seconds: float, progress: Progress) -> Path:
    """The sound of a track, counted from 1, as speech models want it: a WAV of 16 kHz, mono, 16 bits.

    Raises NoTrack if there is none, Failed if nothing of it can be read.
    """
    # Silence where there is none, so that times are those of the recording.
    command = ["-map", f"0:a:{track - 1}", "-vn", "-sn", "-dn", "-af", "aresample=async=1:first_pts=0"]
    command += ["-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", "-f", "wav", "-bitexact", into.name]
    try:
        _run(ffmpeg, source, command, into.parent, seconds, progress)
    except Failed as exc:
        if exc.code != failures.UNREADABLE or not _has_sound(into):
            raise
    if not _has_sound(into):
        raise Failed(failures.UNREADABLE, "No sound of the file can be read.")
    return into


_HEADER = 44


def _has_sound(wav: Path) -> bool:
    return wav.is_file() and wav.stat().st_size > _HEADER


def program(named: str) -> str:
    """ffmpeg: the one that is `named`, or on the path, or in the Python package that brings one."""
    if found := named or shutil.which("ffmpeg"):
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return "ffmpeg"


def kill_all() -> None:
    """End all that runs, at once."""
    for process in tuple(_running):
        process.kill()


def _run(ffmpeg: str, source: Path, told: list[str], folder: Path, seconds: float, progress: Progress) -> None:
    """Run ffmpeg in `folder`. Raises NoTrack, and Failed by what it says or was killed by."""
    quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-progress", "pipe:1", "-y"]
    # Playlists that somebody uploads as a film could have it read from the network, and from other files' names.
    reading = ["-protocol_whitelist", "file", "-i", f"file:{source.resolve()}"]
    complaints = folder / "complaints.txt"
    is_late = threading.Event()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {"LC_ALL": "C"}
    try:
        with complaints.open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
                [program(ffmpeg), *quiet, *reading, *told],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=folder,
                env=environment,
            )
    except OSError as exc:
        if exc.errno not in _NO_PROGRAM:
            raise
        raise Failed(failures.MODELS_MISSING, "There is no ffmpeg that runs: set RAPPORTEUR_JOB_FFMPEG.") from exc
    _running.add(process)

    def late() -> None:
        is_late.set()
        process.kill()

    clock = threading.Timer(_LIMIT_SECONDS + _LIMIT_FACTOR * seconds, late)
    clock.daemon = True
    clock.start()
    try:
        assert process.stdout is not None, "it was asked for"
        with process.stdout as told_by_it:
            for line in told_by_it:
                name, _, value = line.partition(b"=")
                if name == b"out_time_us" and value.strip().isdigit() and seconds:
                    progress(min(int(value) / 1e6 / seconds, 1.0))
        status = process.wait()
    finally:
        clock.cancel()
        process.kill()
        process.wait()
        _running.discard(process)
    if status:
        raise _why(status, _tail(complaints), is_late.is_set())


def _tail(complaints: Path) -> str:
    with complaints.open("rb") as said:
        said.seek(max(complaints.stat().st_size - 10_000, 0))
        return said.read().decode(errors="replace")


def _why(status: int, said: str, is_late: bool) -> Failed | NoTrack:
    if is_late:
        return Failed(failures.TOO_LONG, "ffmpeg took too long.")
    if status == -signal.SIGXFSZ or _NO_ROOM in said or "File too large" in said:
        return Failed(failures.DISK_FULL, "ffmpeg found no room.")
    if status == -signal.SIGKILL or "Cannot allocate memory" in said:
        return Failed(failures.MEMORY, "ffmpeg ran out of memory.")
    if _NO_TRACK in said:
        return NoTrack()
    # What it says may hold names that the file's owner chose: it stays out of the log.
    return Failed(failures.UNREADABLE, f"ffmpeg ended with {status}.")
