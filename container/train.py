"""The program that teaches Whisper: from pairs of sound and text to a model that CTranslate2 loads.

    python -m container.train [--root /opt/ml]

It keeps to what Amazon SageMaker gives a training job
(https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html): what it is told, what it leaves
and how it ends stands in `container/README.md`. It can be ended at any time and started again: it goes on from what
`checkpoints` holds. Nothing heavy is imported before it is needed, and nothing of what people said is logged.
"""

import argparse
import hashlib
import json
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import FrameType
from typing import Any

from container import failures, media
from container.contract import ModelsMissing
from container.failures import STATUS, Failed
from container.weights import Weights, hash_of

ROLE = "whisper-training"
"""What the weights that are taught are called in the manifest: those of transformers, not CTranslate2's."""

MANIFEST = "manifest.jsonl"
RESULT = "rapporteur.json"
"""Written last of what the model is made of: where it is, all of it is there."""

RATE = 16_000
LONGEST = 30.0
"""Seconds that Whisper hears at once."""

_SHORTEST = 0.1
_LATEST = 24 * 3600.0
_WHOLE = 3600.0
"""What a sound is taken to last of which a part is learnt, for the time that ffmpeg has: nobody says how long it is."""

_MOST_LINES, _MOST_BYTES, _MOST_TEXT = 200_000, 256 * 1024**2, 4_000
_LANGUAGE_LETTERS = (2, 3)
_MOST_SAID = 1_000
"""Characters of a failure: SageMaker shows 1,024."""

_ENOUGH = 50
"""Pairs of which a tenth can be spared."""

_KEPT = 2
"""Checkpoints that are kept: the last may have been copied by half."""

_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_log = logging.getLogger("container.train")


class Interrupted(Exception):
    """The program is to end now, and will be started again."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told as hyperparameters.

    `language` is Whisper's bare code. Pairs are learnt from `epochs` times at most, `batch` of them at once and
    `batch * gather` of them a step, for `seconds` at most in all. Of the encoder nothing changes in the first
    `frozen_epochs`. `rank` and `alpha` are those of LoRA. It stops when what it was not taught has got no better for
    `patience` looks, one every `look_every` steps, when it also leaves a checkpoint; of these pairs it looks at
    `most_looked` at most.
    """

    language: str
    epochs: int = 3
    frozen_epochs: int = 1
    batch: int = 4
    gather: int = 4
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    learning_rate: float = 1e-4
    warm_up: int = 20
    look_every: int = 50
    most_looked: int = 400
    patience: int = 3
    seconds: float = 3 * 3600.0
    seed: int = 1
    quantization: str = "float16"


_RANGES: Mapping[str, tuple[float, float]] = {
    "epochs": (1, 50),
    "frozen_epochs": (0, 50),
    "batch": (1, 64),
    "gather": (1, 64),
    "rank": (1, 256),
    "alpha": (1, 1024),
    "dropout": (0, 0.9),
    "learning_rate": (1e-8, 1),
    "warm_up": (0, 100_000),
    "look_every": (1, 100_000),
    "most_looked": (1, 100_000),
    "patience": (1, 1_000),
    "seconds": (1, 10 * 24 * 3600),
    "seed": (0, 2**31 - 1),
}
_QUANTIZATIONS = ("float32", "float16", "int8", "int8_float16")


@dataclass(frozen=True, slots=True)
class Pair:
    """A stretch of sound, and what is said in it: all of the file, or from `offset` on (seconds)."""

    sound: Path
    text: str
    seconds: float
    offset: float | None = None


@dataclass
class State:
    """How far the training is: what a checkpoint holds beside the weights.

    `epoch` and `at` say which pairs come next; `spent` are seconds of learning; `looks` are what was found of pairs
    that are not taught (a loss each), and `best` the lowest, at the step `best_at`.
    """

    step: int = 0
    epoch: int = 0
    at: int = 0
    spent: float = 0.0
    best: float | None = None
    best_at: int = 0
    looks: list[float] = field(default_factory=list)


# ---- what is told


def told_in(stored: bytes) -> Told:
    """The hyperparameters. Raises Failed for one that cannot be."""
    try:
        values = json.loads(stored)
    except ValueError as exc:
        raise Failed(failures.BAD_REQUEST, "hyperparameters.json is no JSON.") from exc
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise Failed(failures.BAD_REQUEST, "hyperparameters.json must hold texts by name.")
    known: dict[str, Any] = {}
    for name, value in values.items():
        if name.startswith("sagemaker_"):
            continue  # SageMaker's own libraries add such
        if name == "language":
            known[name] = _language(value)
        elif name == "quantization":
            if value not in _QUANTIZATIONS:
                raise Failed(failures.BAD_REQUEST, f"quantization must be one of {', '.join(_QUANTIZATIONS)}.")
            known[name] = value
        elif name in _RANGES:
            known[name] = _number(name, value)
        else:
            raise Failed(failures.BAD_REQUEST, f"There is no hyperparameter {name[:40]!a}.")
    if "language" not in known:
        raise Failed(failures.BAD_REQUEST, "The hyperparameter language is missing.")
    return Told(**known)


def _language(value: str) -> str:
    code = value.partition("-")[0].lower()
    if not (code.isascii() and code.isalpha() and len(code) in _LANGUAGE_LETTERS):
        raise Failed(failures.BAD_REQUEST, "language must be a code such as en.")
    return code


def _number(name: str, value: str) -> float | int:
    least, most = _RANGES[name]
    is_whole = isinstance(getattr(Told(""), name), int)
    try:
        found = int(value) if is_whole else float(value)
    except ValueError:
        found = float("nan")
    if not least <= found <= most:
        raise Failed(failures.BAD_REQUEST, f"{name} must be a number from {least:g} to {most:g}.")
    return found


# ---- what is learnt from


def pairs_in(channel: Path, scratch: Path, ffmpeg: str) -> list[Pair]:
    """The pairs of a channel whose sound can be read, each as a WAV of 16 kHz: those of its list, and of the lists of
    its folders. Raises Failed if one cannot be read.
    """
    lists = sorted(channel.rglob(MANIFEST)) if channel.is_dir() else []
    if not lists:
        raise Failed(failures.UNREADABLE, f"The channel {channel.name} has no {MANIFEST}.")
    found: list[Pair] = []
    named = 0
    sounds = _Sounds(scratch, ffmpeg)
    for place in lists:
        for line in _lines(place, channel):
            named += 1
            pair = _pair(line, channel, place.parent)
            sound = None if pair is None else sounds.part(pair, named)
            if pair is not None and sound is not None:
                found.append(replace(pair, sound=sound[0], seconds=sound[1]))
    _log.info(
        "%s: %d pairs, %.0f seconds, %d left out",
        channel.name,
        len(found),
        sum(one.seconds for one in found),
        named - len(found),
    )
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a list that is called so in what is said of it."""

    data: bytes
    called: str


def _lines(place: Path, channel: Path) -> Iterator[_Line]:
    called = place.parent.relative_to(channel).as_posix()
    called = f"the channel {channel.name}" if called == "." else f"{called} in the channel {channel.name}"
    try:
        with place.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as exc:
        raise Failed(failures.UNREADABLE, f"The {MANIFEST} of {called} cannot be read.") from exc
    if len(data) > _MOST_BYTES or data.count(b"\n") > _MOST_LINES:
        raise Failed(failures.UNREADABLE, f"The {MANIFEST} of {called} is too long.")
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            yield _Line(line, f"Line {number} of {called}")


def _pair(line: _Line, channel: Path, folder: Path) -> Pair | None:
    """None for one that is too long or too short to learn from."""
    try:
        values = json.loads(line.data)
        name, text, seconds = str(values["audio"]), str(values["text"]).strip(), float(values["duration"])
        offset = None if values.get("offset") is None else float(values["offset"])
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise Failed(failures.UNREADABLE, f"{line.called} is no pair of sound and text.") from exc
    path = PurePosixPath(name)
    place = folder / path
    if (
        path.is_absolute()
        or ".." in path.parts
        or "\0" in name
        or not place.resolve().is_relative_to(channel.resolve())
    ):
        raise Failed(failures.UNREADABLE, f"{line.called} names a file outside of it.")
    is_usable = text and len(text) <= _MOST_TEXT and _SHORTEST <= seconds <= LONGEST
    is_usable = is_usable and (offset is None or 0 <= offset <= _LATEST)
    return Pair(place, text, seconds, offset) if is_usable else None


class _Sounds:
    """The sounds of a channel as Whisper wants them; one of which several parts are learnt is converted once."""

    def __init__(self, scratch: Path, ffmpeg: str) -> None:
        self._scratch, self._ffmpeg = scratch, ffmpeg
        self._whole: tuple[Path, Path | None] | None = None

    def part(self, pair: Pair, number: int) -> tuple[Path, float] | None:
        """The sound of a pair, and its length in seconds; None if it cannot be read, or is too long or short."""
        found = self._converted(pair, number)
        if found is not None and pair.offset is not None:
            found = _cut(found, pair.offset, pair.seconds, self._scratch / f"{number}-part.wav")
        seconds = None if found is None else _plain_wav(found)
        if found is None or seconds is None or not _SHORTEST <= seconds <= LONGEST:
            return None
        return found, seconds

    def _converted(self, pair: Pair, number: int) -> Path | None:
        if _plain_wav(pair.sound) is not None:
            return pair.sound
        if self._whole is None or self._whole[0] != pair.sound:
            self._whole = (pair.sound, self._convert(pair, self._scratch / f"{number}.wav"))
        return self._whole[1]

    def _convert(self, pair: Pair, into: Path) -> Path | None:
        try:
            seconds = pair.seconds if pair.offset is None else _WHOLE
            return media.sound(self._ffmpeg, pair.sound, into, track=1, seconds=seconds, progress=lambda share: None)
        except media.NoTrack:
            return None
        except Failed as exc:
            if exc.code != failures.UNREADABLE:
                raise
            return None


def _cut(sound: Path, offset: float, seconds: float, into: Path) -> Path | None:
    """A part of a WAV of 16 kHz; None where there is none of it there."""
    with wave.open(str(sound), "rb") as whole:
        first = round(offset * RATE)
        if first >= whole.getnframes():
            return None
        whole.setpos(first)
        samples = whole.readframes(round(seconds * RATE))
    with wave.open(str(into), "wb") as part:
        part.setnchannels(1)
        part.setsampwidth(2)
        part.setframerate(RATE)
        part.writeframes(samples)
    return into


def _plain_wav(path: Path) -> float | None:
    """The length of a WAV of 16 kHz, mono, 16 bits; None for anything else."""
    try:
        with wave.open(str(path), "rb") as sound:
            shape = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
            return sound.getnframes() / RATE if shape == (RATE, 1, 2) else None
    except (OSError, EOFError, wave.Error):
        return None


def order(count: int, told: Told, epoch: int) -> list[int]:
    """Which pair comes when in an epoch: the same for whoever goes on after another."""
    numbers = list(range(count))
    random.Random(f"{told.seed}.{epoch}").shuffle(numbers)  # noqa: S311 - nothing is secret
    return numbers


# ---- checkpoints


def checkpoints(folder: Path) -> list[tuple[State, Path]]:
    """The checkpoints that are whole, the newest first: SageMaker may have copied one by half."""
    found = []
    for place in folder.glob("step-*") if folder.is_dir() else ():
        with suppress(OSError, ValueError, LookupError, TypeError):
            stored = json.loads((place / "state.json").read_bytes())
            if all(hash_of(place / name) == told for name, told in stored["files"].items()):
                found.append((State(**stored["state"]), place))
    return sorted(found, key=lambda one: -one[0].step)


def note(folder: Path, state: State) -> None:
    """Write down what a checkpoint's folder holds, last of all; let go of older ones."""
    there = {path.name: hash_of(path) for path in sorted(folder.iterdir()) if path.is_file()}
    (folder / "state.json").write_text(json.dumps({"state": asdict(state), "files": there}))
    older = [place for one, place in checkpoints(folder.parent) if place != folder and one.step != state.best_at]
    for place in older[_KEPT - 1 :]:
        shutil.rmtree(place, ignore_errors=True)


# ---- the program


@dataclass(frozen=True, slots=True)
class Places:
    """The folders that a training job has."""

    root: Path

    @property
    def told(self) -> Path:
        """The hyperparameters."""
        return self.root / "input" / "config" / "hyperparameters.json"

    def channel(self, name: str) -> Path:
        """What is learnt from, and looked at."""
        return self.root / "input" / "data" / name

    @property
    def checkpoints(self) -> Path:
        """What one that was ended goes on from."""
        return self.root / "checkpoints"

    @property
    def model(self) -> Path:
        """What comes of it."""
        return self.root / "model"

    @property
    def failure(self) -> Path:
        """Why nothing comes of it."""
        return self.root / "output" / "failure"


class Clock:
    """Whether the program has been told to end, and how long it has learnt."""

    def __init__(self) -> None:
        self.is_over = False

    def end(self, number: int, frame: FrameType | None) -> None:
        """A signal's handler: what is under way is finished first, which takes seconds."""
        del number, frame
        self.is_over = True
        media.kill_all()

    def check(self) -> None:
        """Raises Interrupted if the program is to end."""
        if self.is_over:
            raise Interrupted


def run(places: Places, clock: Clock, scratch: Path) -> None:
    """Teach, and leave the model. Raises Failed, ModelsMissing, Interrupted."""
    if (places.model / RESULT).is_file():
        _log.info("the model is there")
        return
    try:
        told = told_in(places.told.read_bytes())
    except OSError as exc:
        raise Failed(failures.BAD_REQUEST, "There are no hyperparameters.") from exc
    ffmpeg = os.environ.get("RAPPORTEUR_JOB_FFMPEG", "")
    taught: list[list[Pair]] = []
    for name in ("train", "test"):
        channel = places.channel(name)
        if name == "test" and not channel.is_dir():
            taught.append([])
            continue
        folder = scratch / name
        folder.mkdir()
        try:
            taught.append(pairs_in(channel, folder, ffmpeg))
        except Failed:
            clock.check()  # it was ffmpeg that was ended
            raise
        clock.check()
    if not taught[0]:
        raise Failed(failures.UNREADABLE, "There is no pair of sound and text that can be learnt from.")
    if not taught[1]:
        taught = list(_parted(taught[0]))
    weights = Weights()
    for name in ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ[name] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if not weights.are_from_hub:
        os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    base = weights.bring(ROLE)
    clock.check()
    from container import tuning

    learnt = tuning.Tuning(base, told, places.checkpoints, clock).run(taught[0], taught[1])
    _leave(learnt, places.model, scratch)


def _parted(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """A tenth of the pairs, always the same ones, is looked at instead of learnt, where there are enough of them."""
    if len(pairs) < _ENOUGH:
        return list(pairs), []
    parts: tuple[list[Pair], list[Pair]] = ([], [])
    for pair in pairs:
        # By the text: the same one twice must not be in both.
        is_looked_at = hashlib.sha256(pair.text.encode()).digest()[0] % 10 == 0
        parts[is_looked_at].append(pair)
    return parts


def _leave(learnt: Any, model: Path, scratch: Path) -> None:  # noqa: ANN401 - of a module that is heavy
    """Write the model where it is fetched from, and last what it is."""
    made = learnt.convert(scratch / "converted", scratch / "merged")
    model.mkdir(parents=True, exist_ok=True)
    known = {}
    for path in sorted(made.iterdir()):
        known[path.name] = {"sha256": hash_of(path), "size": path.stat().st_size}
        shutil.copyfile(path, model / path.name)
    (model / RESULT).write_text(json.dumps({**learnt.figures(), "files": known}))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    logging.basicConfig(level=logging.INFO, format=_FORMAT, stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m container.train", description="Teach Whisper what was corrected.")
    parser.add_argument("--root", type=Path, default=Path("/opt/ml"), help="the folder that SageMaker gives a job")
    places = Places(parser.parse_args(arguments).root)
    clock = Clock()
    signal.signal(signal.SIGTERM, clock.end)
    started = time.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="rapporteur-train-"))
    try:
        run(places, clock, scratch)
    except Interrupted:
        _log.info("ended from outside")
        return STATUS[failures.INTERRUPTED]
    except Exception as exc:  # noqa: BLE001 - whatever it was, somebody is waiting to hear of it
        return _failed(exc, places)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        _log.info("it took %.0f seconds", time.monotonic() - started)
    return 0


def _failed(raised: Exception, places: Places) -> int:
    """Say why, with words of ours: a library's may hold what people said."""
    code = failures.code_of(raised)
    said = str(raised) if isinstance(raised, Failed | ModelsMissing) else f"{type(raised).__name__} at {_place(raised)}"
    _log.error("%s: %s", code, said)
    with suppress(OSError):
        places.failure.parent.mkdir(parents=True, exist_ok=True)
        places.failure.write_text(f"Rapporteur: {code}: {said}"[:_MOST_SAID])
    return STATUS[code]


def _place(raised: BaseException) -> str:
    found = raised.__traceback__
    while found is not None and found.tb_next is not None:
        found = found.tb_next
    return "?" if found is None else f"{Path(found.tb_frame.f_code.co_filename).name}:{found.tb_lineno}"


if __name__ == "__main__":
    sys.exit(main())
