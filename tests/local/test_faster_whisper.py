"""The optional engine: its mapping always, the library itself where it is installed."""

import importlib.util
import threading
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from chalicelib.errors import EngineError, EngineFailed, SettingsError
from chalicelib.transcripts import Word
from local.engines.faster_whisper import FasterWhisperTranscriber, _watched, create, words_of
from local.jobs import LocalJob
from tests.media import speech

INSTALLED = importlib.util.find_spec("faster_whisper") is not None


@dataclass
class Said:
    """`faster_whisper.transcribe.Word`, as of 1.2.1."""

    start: float
    end: float
    word: str
    probability: float


@dataclass
class Part:
    """`faster_whisper.transcribe.Segment`, as far as it is read."""

    start: float
    end: float
    words: list[Said] | None


@pytest.fixture
def running(tmp_path: Path) -> LocalJob:
    return LocalJob("transcribe-1", tmp_path, threading.Event())


def heard(*words: str) -> list[tuple[str, str]]:
    parts = [Part(0.0, 9.0, [Said(number / 10, number / 10 + 0.1, word, 0.5) for number, word in enumerate(words)])]
    return [(word.text, word.punctuation) for word in words_of(parts, 60.0)]


def test_punctuation_is_split_from_its_word() -> None:
    assert heard(" Hello,", " world!", " Really?!", " yes") == [
        ("Hello", ","),
        ("world", "!"),
        ("Really", "?!"),
        ("yes", ""),
    ]


def test_marks_inside_a_word_stay() -> None:
    assert heard(" It's", " 3.5", " per-cent", " of", " $5,000.") == [
        ("It's", ""),
        ("3.5", ""),
        ("per-cent", ""),
        ("of", ""),
        ("$5,000", "."),
    ]


def test_quotes_and_brackets_are_no_words() -> None:
    assert heard(' "Yes,"', " (he", ' said)."', " «") == [("Yes", ","), ("he", ""), ("said", ".")]


def test_a_mark_on_its_own_belongs_to_the_word_before() -> None:
    assert heard(" …", " well", " …", " so", ".", " ?") == [("well", "…"), ("so", ".")]


def test_times_and_confidence_are_kept_as_plain_numbers() -> None:
    parts = [Part(1.0, 2.0, [Said(1.0004, 1.52, " so", 1.0000001)]), Part(2.0, 3.0, None), Part(3.0, 4.0, [])]
    assert list(words_of(parts, 60.0)) == [Word(1.0, 1.52, "so", 1.0)]


def test_no_word_lies_after_the_end() -> None:
    parts = [Part(0.0, 30.0, [Said(6.8, 7.4, " end", 0.9), Said(27.0, 28.0, " Thanks for watching", 0.1)])]
    assert list(words_of(parts, 7.1)) == [Word(6.8, 7.1, "end", 0.9)]


def test_progress_is_that_of_the_last_segment(running: LocalJob) -> None:
    parts = [Part(0.0, 5.0, []), Part(5.0, 15.0, [])]
    assert list(_watched(parts, 60.0, running)) == parts
    assert running.fraction == 0.25


def test_a_cancelled_job_asks_for_no_more_segments(running: LocalJob) -> None:
    segments = _watched(iter([Part(0.0, 5.0, []), Part(5.0, 15.0, [])]), 60.0, running)
    next(segments)
    running.cancelled.set()
    with pytest.raises(EngineFailed, match="cancelled"):
        next(segments)


class CountingModel:
    """A model that knows how many recordings it was given at once."""

    supported_languages = ("en",)

    def __init__(self) -> None:
        self.under_way = self.most = 0
        self.started = threading.Event()
        self.may_end = threading.Event()

    def transcribe(self, audio: str, **_: object) -> tuple[Iterator[Part], SimpleNamespace]:
        def segments() -> Iterator[Part]:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.started.set()
            self.may_end.wait(20)
            yield Part(0.0, 1.0, [Said(0.0, 1.0, " so", 0.9)])
            self.under_way -= 1

        return segments(), SimpleNamespace(duration=1.0, language="en")


def test_only_one_recording_at_a_time_is_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reading: Path
) -> None:
    engine, model = FasterWhisperTranscriber("small"), CountingModel()
    monkeypatch.setattr(engine, "_loaded", lambda: model)
    jobs = [LocalJob(f"transcribe-{number}", tmp_path, threading.Event()) for number in range(5)]
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(engine.transcribe, reading, "en", jobs[0])
        assert model.started.wait(20)
        others = [pool.submit(engine.transcribe, reading, "en", job) for job in jobs[1:]]
        jobs[1].cancelled.set()
        with pytest.raises(EngineFailed, match="cancelled"):
            others[0].result(timeout=20)  # while the first is still at work
        model.may_end.set()
        words = [future.result(timeout=20)[0] for future in (first, *others[1:])]
    assert words == [[Word(0.0, 1.0, "so", 0.9)]] * 4
    assert model.most == 1


@pytest.mark.skipif(INSTALLED, reason="faster-whisper is installed")
def test_without_the_package_the_engine_says_what_to_install() -> None:
    with pytest.raises(SettingsError, match="pip install faster-whisper"):
        create(SimpleNamespace(settings=SimpleNamespace(whisper_model="small")))


needs_library = pytest.mark.skipif(not INSTALLED, reason="faster-whisper is not installed")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    from tests.local import tiny_whisper

    return str(tiny_whisper.make(tmp_path_factory.mktemp("whisper") / "model"))


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speech(tmp_path_factory.mktemp("reading") / "reading.wav", 2.99)


@needs_library
def test_without_a_model_the_engine_says_what_to_set() -> None:
    with pytest.raises(SettingsError, match="RAPPORTEUR_WHISPER_MODEL"):
        create(SimpleNamespace(settings=SimpleNamespace(whisper_model=None)))


@needs_library
def test_the_library_runs_from_end_to_end(model: str, reading: Path, running: LocalJob) -> None:
    words, language = FasterWhisperTranscriber(model).transcribe(reading, "en-GB", running)
    assert words
    assert language == "en-GB"
    assert all(type(word.start) is float and type(word.confidence) is float for word in words)
    assert all(0 <= word.start <= word.end <= 2.99 for word in words)
    assert running.fraction > 0


@needs_library
def test_the_library_says_the_language(model: str, reading: Path, running: LocalJob) -> None:
    _, language = FasterWhisperTranscriber(model).transcribe(reading, None, running)
    assert language == "en"


@needs_library
def test_on_silence_the_library_says_nothing(model: str, running: LocalJob, tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    with wave.open(str(silence), "wb") as wav:
        wav.setparams((1, 2, 16_000, 0, "NONE", ""))
        wav.writeframes(bytes(32_000 * 20))
    assert FasterWhisperTranscriber(model).transcribe(silence, None, running)[0] == []


@needs_library
def test_a_language_that_the_model_does_not_know_is_refused(model: str, reading: Path, running: LocalJob) -> None:
    with pytest.raises(EngineFailed, match="'de-DE'"):
        FasterWhisperTranscriber(model).transcribe(reading, "de-DE", running)


@needs_library
def test_a_folder_without_a_model_is_told_in_a_sentence(reading: Path, running: LocalJob, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be loaded"):
        FasterWhisperTranscriber(str(tmp_path)).transcribe(reading, None, running)
