"""The optional engine: its mapping always, the library itself where it is installed."""

import importlib.util
import threading
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.errors import EngineError, EngineFailed, SettingsError
from chalicelib.seams.transcription import HeardLine
from chalicelib.speech.transcripts import Word
from local.engines import faster_whisper
from local.engines._chinese import in_script_of
from local.engines._languages import chosen
from local.engines.faster_whisper import FasterWhisperTranscriber, _watched, create, words_of
from local.jobs import LocalJob
from local.models.whisper import WEIGHTS
from tests.engines.stubs import context
from tests.harness.media import ffmpeg, make_audio, speech
from tests.harness.shared_data import shared

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
    text: str = ""
    seek: int = 0


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


def test_what_follows_without_a_space_belongs_to_the_word_before() -> None:
    assert heard(" ma", "'am,", " in", "-house", " V", "-I", "-O", " 3.", "5", " U.", "S.", "A.") == [
        ("ma'am", ","),
        ("in-house", ""),
        ("V-I-O", ""),
        ("3.5", ""),
        ("U.S.A", "."),
    ]


def test_the_surest_half_does_not_make_a_joined_word_sure() -> None:
    parts = [Part(0.0, 2.0, [Said(0.0, 0.5, " in", 0.9), Said(0.5, 1.0, "-house", 0.4)])]
    assert list(words_of(parts, 60.0)) == [Word(0.0, 1.0, "in-house", 0.4)]


def test_words_of_languages_without_spaces_stand_by_themselves() -> None:
    parts = [Part(0.0, 2.0, [Said(0.0, 0.5, "今天", 0.9), Said(0.5, 1.0, "很好。", 0.8)])]
    assert [word.written for word in words_of(parts, 60.0, spaced=False)] == ["今天", "很好。"]


def test_each_word_has_the_language_of_the_piece_it_was_heard_in() -> None:
    parts = [Part(0.0, 9.0, [Said(1.0, 1.4, " so", 0.9)]), Part(30.0, 39.0, [Said(31.0, 31.4, " donc", 0.9)], "", 3000)]
    found = words_of(parts, 60.0, languages={0: "en", 3000: "fr"})
    assert [(word.text, word.language) for word in found] == [("so", "en"), ("donc", "fr")]


@pytest.mark.parametrize(
    ("ranked", "seconds", "language"),
    [
        ({"fr": 0.95, "en": 0.01}, 20.0, "fr"),
        ({"fr": 0.79, "en": 0.01}, 20.0, "en"),  # not sure enough
        ({"fr": 0.85, "en": 0.12}, 20.0, "en"),  # nor is its own unlikely
        ({"fr": 0.95, "en": 0.01}, 2.9, "en"),  # too short to tell
        ({"ja": 0.99, "en": 0.001}, 20.0, "en"),  # whose words are found in other ways
        ({"en": 0.99}, 20.0, "en"),
    ],
)
def test_another_language_is_taken_only_where_it_is_much_likelier(
    ranked: dict[str, float], seconds: float, language: str
) -> None:
    assert chosen([(f"<|{code}|>", value) for code, value in ranked.items()], "en", seconds) == language


@pytest.mark.parametrize(("code", "told"), [("en-US", None), ("zh-Hant-TW", None), ("de", "(de)"), ("qqq", "(qqq)")])
def test_what_base_was_not_tried_on_is_said(code: str, told: str | None) -> None:
    note = FasterWhisperTranscriber(str(WEIGHTS.place)).caution(code)
    assert note is None if told is None else told in str(note)
    assert FasterWhisperTranscriber("large-v3").caution(code) is None


def test_a_new_segment_begins_a_new_word_whatever_it_begins_with() -> None:
    parts = [Part(0.0, 1.0, [Said(0.0, 0.5, " so", 0.9)]), Part(1.0, 2.0, [Said(1.0, 1.5, "well", 0.9)])]
    assert [word.text for word in words_of(parts, 60.0)] == ["so", "well"]


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
    assert list(_watched(parts, 0.0, 60.0, running)) == parts
    assert running.fraction == 0.25


def test_what_was_heard_so_far_can_be_read(running: LocalJob) -> None:
    segments = _watched([Part(0.5, 5.0, [], " So far."), Part(5.0, 9.0, [], " Good.")], 600.0, 700.0, running)
    next(segments)
    assert running.heard == [HeardLine(600.5, "So far.")]
    list(segments)
    assert [line.text for line in running.heard] == ["So far.", "Good."]


def test_a_cancelled_job_asks_for_no_more_segments(running: LocalJob) -> None:
    segments = _watched(iter([Part(0.0, 5.0, []), Part(5.0, 15.0, [])]), 0.0, 60.0, running)
    next(segments)
    running.cancelled.set()
    with pytest.raises(EngineFailed, match="cancelled"):
        next(segments)


class CountingModel:
    """A model that knows how many recordings it was given at once."""

    def __init__(self) -> None:
        self.model = SimpleNamespace(supported_languages=("en",))
        self.languages: dict[int, str] = {}
        self.under_way = self.most = 0
        self.started = threading.Event()
        self.may_end = threading.Event()

    def transcribe(self, audio: object, **_: object) -> tuple[Iterator[Part], SimpleNamespace]:
        def segments() -> Iterator[Part]:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.started.set()
            self.may_end.wait(20)
            yield Part(0.0, 1.0, [Said(0.0, 1.0, " so", 0.9)])
            self.under_way -= 1

        return segments(), SimpleNamespace(duration=1.0, language="en")


class EchoingModel:
    """A model that hears a word near the start of each stretch that is not silent, and the language of its number."""

    def __init__(self, *languages: str) -> None:
        self.model = SimpleNamespace(supported_languages=("en", "fr"))
        self.found = list(languages)
        self.languages: dict[int, str] = {}
        self.asked: list[tuple[float, str | None]] = []

    def transcribe(self, audio: Any, language: str | None, **_: object) -> tuple[Iterator[Part], SimpleNamespace]:
        seconds = len(audio) / 16_000
        self.asked.append((seconds, language))
        loud = bool(abs(audio).max() > 0.1)
        parts = [Part(0.0, seconds, [Said(2.0, 2.5, f" word{len(self.asked)}", 0.9)])] if loud else []
        return iter(parts), SimpleNamespace(duration=seconds, language=language or self.found.pop(0))


def loud_and_quiet(path: Path, *stretches: tuple[float, bool]) -> Path:
    sound = b"".join(
        (b"\x00\x40" if is_loud else b"\x00\x00") * round(seconds * 16_000) for seconds, is_loud in stretches
    )
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, 16_000, 0, "NONE", ""))
        wav.writeframes(sound)
    return path


def test_a_long_recording_is_heard_in_stretches_that_end_in_its_pauses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, running: LocalJob
) -> None:
    engine, model = FasterWhisperTranscriber("small"), EchoingModel("fr")
    monkeypatch.setattr(engine, "_loaded", lambda: model)
    pause = (1.0, False)
    recording = loud_and_quiet(tmp_path / "long.wav", (570.0, True), pause, (590.0, True), pause, (100.0, True))
    words, language = engine.transcribe(recording, None, running)
    assert language == "fr"
    assert [asked for _, asked in model.asked] == [None, "fr", "fr"], "found once, then told"
    lengths = [seconds for seconds, _ in model.asked]
    assert sum(lengths) == pytest.approx(1262.0)
    assert max(lengths) <= 600.0
    ends = [sum(lengths[: count + 1]) for count in range(2)]
    assert 570.0 <= ends[0] <= 571.0
    assert 1161.0 <= ends[1] <= 1162.0
    assert [word.start for word in words] == pytest.approx([2.0, ends[0] + 2.0, ends[1] + 2.0])
    assert running.fraction == 1.0


def test_the_language_is_that_of_what_is_said_and_not_of_silence_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, running: LocalJob
) -> None:
    engine, model = FasterWhisperTranscriber("small"), EchoingModel("en", "fr")
    monkeypatch.setattr(engine, "_loaded", lambda: model)
    recording = loud_and_quiet(tmp_path / "late.wav", (600.0, False), (10.0, True))
    assert engine.transcribe(recording, None, running)[1] == "fr"


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
    assert [[word.text for word in heard] for heard in words] == [["so"]] * 4
    assert model.most == 1


def test_without_the_package_the_engine_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install .* requirements-speech.txt"):
        create(context(whisper_model="small"))


needs_library = pytest.mark.skipif(not INSTALLED, reason="faster-whisper is not installed")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    from tests.local import tiny_whisper

    return str(tiny_whisper.make(tmp_path_factory.mktemp("whisper") / "model"))


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speech(tmp_path_factory.mktemp("reading") / "reading.wav", 2.99)


@needs_library
def test_without_a_model_the_engine_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="RAPPORTEUR_WHISPER_MODEL"):
        create(context())


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
    with pytest.raises(EngineFailed, match="de-DE"):
        FasterWhisperTranscriber(model).transcribe(reading, "de-DE", running)


@needs_library
def test_a_folder_without_a_model_is_told_in_a_sentence(reading: Path, running: LocalJob, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be loaded"):
        FasterWhisperTranscriber(str(tmp_path)).transcribe(reading, None, running)


@needs_library
@pytest.mark.parametrize(
    ("code", "written"), [("zh-CN", "房地产"), ("zh", "房地产"), ("zh-TW", "房地產"), ("zh-Hant-HK", "房地產")]
)
@pytest.mark.parametrize("heard_as", ["房地产", "房地產"])
def test_chinese_is_in_the_script_of_its_code(code: str, heard_as: str, written: str) -> None:
    word = Word(1.0, 2.0, heard_as, 0.9, "。")
    assert in_script_of(code, [word]) == [Word(1.0, 2.0, written, 0.9, "。")]


def test_what_is_said_in_another_language_keeps_its_script() -> None:
    said = [Word(0.0, 0.5, "機會", language="zh"), Word(1.0, 1.5, "機會", language="ja"), Word(2.0, 2.5, "機會")]
    assert [word.text for word in in_script_of("zh-CN", said)] == ["机会", "機會", "机会"]


needs_base = pytest.mark.skipif(not INSTALLED or not WEIGHTS.are_there(), reason="Whisper base is not here")

NAMES = ("Adam Duguid", "Ebenezer Ademisoye", "Real Reaction")
"""What Whisper base mistakes in AMI's recording by itself."""

UNSAID = ("Rapporteur", "Kowalczyk", "Hasselblad", "Tegernsee", "Brouillard", "Zürich", "Ikebukuro", "Popocatépetl")


def said_in(recording: Path, running: LocalJob, *terms: str) -> str:
    wav = running.folder / "recording.wav"
    ffmpeg("-i", recording, "-ar", "16000", "-ac", "1", "-c:a", "pcm_s16le", wav)
    words, _ = FasterWhisperTranscriber(str(WEIGHTS.place)).transcribe(wav, "en", running, terms)
    return " ".join(word.written for word in words)


@needs_base
def test_names_that_it_is_told_of_are_heard_as_they_are_written(running: LocalJob) -> None:
    meeting = shared("meetings/dev00.wav")
    plain = said_in(meeting, running)
    assert not any(name in plain for name in NAMES)
    told = said_in(meeting, running, *UNSAID, *NAMES)
    assert all(name in told for name in NAMES)
    assert not any(name in told for name in UNSAID)
    assert "I'm the marketing expert" in told


@needs_base
def test_names_that_nobody_says_are_not_heard(
    running: LocalJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = shared("meetings/trn04.wav")
    assert "I tick okay again" in said_in(meeting, running, *UNSAID)
    # In the form that has it go on with the list, what it says is an echo, and it is not told of it then.
    monkeypatch.setattr(faster_whisper, "prompt", ", ".join)
    echoed = said_in(meeting, running, *UNSAID[:4], "Anna Lindqvist", *UNSAID[4:])
    assert "I tick okay again" in echoed
    noise = make_audio(tmp_path / "noise.wav", 20.0, "anoisesrc=a=0.2:c=pink")
    assert said_in(noise, running, *UNSAID) == ""
