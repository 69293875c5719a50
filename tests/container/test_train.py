"""What the program that teaches Whisper believes and refuses, before any heavy package is there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from container import failures, media, train
from container.failures import STATUS, Failed
from container.train import MANIFEST, RESULT, Clock, Places, State, Told, checkpoints, note, order, pairs_in, told_in
from tests.harness.media import ffmpeg, speech
from tests.harness.places import ROOT


def hyperparameters(root: Path, **values: str) -> None:
    """Write them where SageMaker does."""
    place = Places(root).told
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(values))


def manifest(folder: Path, *lines: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines))
    return folder


def pair(audio: str = "a.wav", text: str = "What was said.", duration: float = 2.0) -> dict[str, object]:
    return {"audio": audio, "text": text, "duration": duration}


def code(refused: "pytest.ExceptionInfo[Failed]") -> str:
    return refused.value.code


def test_what_is_told_is_read() -> None:
    stored = {
        "language": "pt-BR",
        "epochs": "2",
        "learning_rate": "3e-5",
        "sagemaker_program": "x",
        "quantization": "int8",
    }
    told = told_in(json.dumps(stored).encode())
    assert told == Told("pt", epochs=2, learning_rate=3e-5, quantization="int8")


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"[]",
        b"{}",
        b'{"language": 1}',
        b'{"language": "../x"}',
        b'{"language": "en", "epochs": "0"}',
        b'{"language": "en", "epochs": "1.5"}',
        b'{"language": "en", "seconds": "nan"}',
        b'{"language": "en", "rank": "100000"}',
        b'{"language": "en", "model": "somebody/elses"}',
        b'{"language": "en", "quantization": "int4"}',
    ],
)
def test_what_cannot_be_told_is_refused(stored: bytes) -> None:
    with pytest.raises(Failed) as refused:
        told_in(stored)
    assert code(refused) == failures.BAD_REQUEST


def test_pairs_are_read_whatever_their_sound_is(tmp_path: Path) -> None:
    folder = manifest(
        tmp_path / "train",
        pair("a.wav"),
        pair("b/c.mp3"),
        "",
        pair("broken.wav"),
        pair("missing.wav"),
        pair("a.wav", text=" "),
        pair("a.wav", duration=31),
        pair("long.wav", duration=5),
        pair("a.wav", text="x" * 5_000),
    )
    speech(folder / "a.wav", 2)
    speech(folder / "long.wav", 31)
    (folder / "b").mkdir()
    ffmpeg("-i", folder / "a.wav", folder / "b" / "c.mp3")
    (folder / "broken.wav").write_bytes(b"RIFF")
    found = pairs_in(folder, tmp_path, media.program(""))
    assert [(one.text, round(one.seconds)) for one in found] == [("What was said.", 2)] * 2
    assert found[0].sound == folder / "a.wav"
    assert found[1].sound.parent == tmp_path


def test_lists_in_folders_count_too_and_parts_of_a_long_sound_are_cut_out_of_it(tmp_path: Path) -> None:
    part = pair("sound/long.mp3", "One part.") | {"offset": 3.0}
    late = pair("sound/long.mp3", "Another.", 4.0) | {"offset": 36.0}
    beyond = pair("sound/long.mp3", "None.") | {"offset": 41.0}
    folder = manifest(tmp_path / "train" / "set", part, late, beyond, pair("sound/long.mp3", duration=5))
    (folder / "sound").mkdir()
    speech(tmp_path / "long.wav", 40)
    ffmpeg("-i", tmp_path / "long.wav", folder / "sound" / "long.mp3")
    manifest(tmp_path / "train" / "other", pair("../set/sound/long.mp3"))
    with pytest.raises(Failed, match="Line 1 of other in the channel train names a file outside"):
        pairs_in(tmp_path / "train", tmp_path, media.program(""))
    (tmp_path / "train" / "other" / MANIFEST).unlink()
    found = pairs_in(tmp_path / "train", tmp_path, media.program(""))
    assert [(one.text, round(one.seconds)) for one in found] == [("One part.", 2), ("Another.", 4)]


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        '{"audio": "a.wav", "text": "x"}',
        '{"audio": "a.wav", "text": "x", "duration": "long"}',
        json.dumps(pair("/etc/passwd")),
        json.dumps(pair("../test/a.wav")),
        json.dumps(pair("b/../../a.wav")),
        json.dumps(pair("a\0.wav")),
    ],
)
def test_a_line_that_is_none_is_told_by_its_number(tmp_path: Path, line: str) -> None:
    folder = manifest(tmp_path / "train", pair(), line)
    speech(folder / "a.wav", 1)
    with pytest.raises(Failed, match="Line 2 of the channel train") as refused:
        pairs_in(folder, tmp_path, "")
    assert code(refused) == failures.UNREADABLE


def test_a_link_out_of_the_channel_is_not_followed(tmp_path: Path) -> None:
    speech(tmp_path / "secret.wav", 1)
    folder = manifest(tmp_path / "train", pair())
    (folder / "a.wav").symlink_to(tmp_path / "secret.wav")
    with pytest.raises(Failed, match="outside"):
        pairs_in(folder, tmp_path, "")


def test_a_tenth_is_looked_at_where_nobody_says_what_is_to_be(tmp_path: Path) -> None:
    pairs = [train.Pair(tmp_path, f"Sentence {number % 150}.", 2.0) for number in range(200)]
    learnt, looked_at = train._parted(pairs)
    assert 5 < len(looked_at) < 40
    assert not {one.text for one in learnt} & {one.text for one in looked_at}, "the same text is on one side only"
    assert train._parted(pairs[:20]) == (pairs[:20], [])


def test_the_order_is_the_same_for_whoever_goes_on() -> None:
    assert order(50, Told("en"), 1) == order(50, Told("en"), 1) != order(50, Told("en"), 2)
    assert sorted(order(50, Told("en"), 1)) == list(range(50))


def checkpoint(folder: Path, step: int, best_at: int = 0) -> Path:
    place = folder / f"step-{step:08}"
    place.mkdir(parents=True)
    (place / "adapter.safetensors").write_bytes(b"weights")
    note(place, State(step=step, best_at=best_at))
    return place


def test_only_whole_checkpoints_count_and_the_best_is_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3, 4):
        checkpoint(tmp_path, step, best_at=1)
    assert [state.step for state, _ in checkpoints(tmp_path)] == [4, 3, 1]
    (tmp_path / "step-00000004" / "adapter.safetensors").write_bytes(b"weig")
    (tmp_path / "step-00000003" / "state.json").write_text("{")
    assert [state.step for state, _ in checkpoints(tmp_path)] == [1]
    assert checkpoints(tmp_path / "nothing") == []


def run(root: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """As an image runs it, by a Python that has none of the heavy packages."""
    plain = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "RAPPORTEUR_JOB_FFMPEG": media.program("")}
    command = [sys.executable, "-m", "container.job", "train", "--root", str(root)]
    return subprocess.run(
        command, cwd=ROOT, env=plain | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_why_nothing_comes_of_it_is_a_sentence(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == STATUS[failures.BAD_REQUEST]
    place = Places(tmp_path)
    assert place.failure.read_text() == "Rapporteur: bad-request: There are no hyperparameters."
    hyperparameters(tmp_path, language="en")
    assert run(tmp_path).returncode == STATUS[failures.UNREADABLE]
    assert "no manifest.jsonl" in place.failure.read_text()
    folder = manifest(place.channel("train"), pair())
    assert run(tmp_path).returncode == STATUS[failures.UNREADABLE], "none of its sound can be read"
    speech(folder / "a.wav", 2)
    done = run(tmp_path)
    assert done.returncode == STATUS[failures.MODELS_MISSING], done.stderr
    assert place.failure.read_text().startswith("Rapporteur: models-missing: ")
    assert "What was said" not in done.stderr


def test_a_model_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / RESULT).write_text("{}")
    assert run(tmp_path).returncode == 0


def test_who_is_told_to_end_ends() -> None:
    clock = Clock()
    clock.check()
    clock.end(15, None)
    with pytest.raises(train.Interrupted):
        clock.check()
