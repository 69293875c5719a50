"""The embedded speech engine, on real speech."""

import json
import os
import threading
import time
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from benchmarks.wer import word_error_rate
from chalicelib.domain.keys import S3Object
from chalicelib.errors import EngineError, EngineFailed
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.speech.transcribe_json import read_transcript
from chalicelib.speech.transcripts import Word
from local import machine
from local.aws.storage import put_file
from local.engines._pieces import LONGEST, SHORTEST, Span, endpointer, pieces, quietest, samples, stretches
from local.engines._speech import check_speech_wav
from local.engines.pocketsphinx import PocketSphinxTranscriber, _Crew, create, fitting, placed
from local.jobs import JobResult, JobRunner, LocalJob
from local.machine import Machine
from tests.harness.media import SPEECH_RATE as RATE
from tests.harness.media import speech, write_wav
from tests.harness.processes import commands
from tests.harness.shared_data import shared

GREETING = 2.8  # seconds
heard_once = pytest.mark.xdist_group("heard once")  # what the engine hears in the debate, for all of them


@pytest.fixture(scope="module")
def greeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The debate's first sentence: "Hello, and welcome to our debate.\""""
    return speech(tmp_path_factory.mktemp("greeting") / "greeting.wav", GREETING)


@pytest.fixture(scope="module")
def debate(greeting: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sound of the sample's beginning, as the speech rendition holds it, with pauses: three pieces."""
    folder = tmp_path_factory.mktemp("debate")
    pause = bytes(2 * RATE * 3)
    parts = [sound_of(greeting), sound_of(speech(folder / "beginning.wav", 10)), sound_of(greeting)]
    path = write_wav(folder / "debate.wav", pause.join(parts))
    with wave.open(str(path)) as wav:
        ears = endpointer()
        frames = iter(lambda: wav.readframes(ears.frame_bytes // 2), b"")
        assert len(list(pieces(stretches(frames, ears)))) == 3
    return path


@pytest.fixture(scope="module")
def debated(debate: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Word]:
    job = LocalJob("debate", tmp_path_factory.mktemp("job"), threading.Event())
    return PocketSphinxTranscriber(workers=2).transcribe(debate, job)


def sound_of(path: Path) -> bytes:
    with wave.open(str(path)) as wav:
        return wav.readframes(wav.getnframes())


def text_of(words: list[Word]) -> str:
    return " ".join(word.text + word.punctuation for word in words)


@heard_once
def test_one_worker_hears_the_same_words_as_two(debate: Path, debated: list[Word], running: LocalJob) -> None:
    assert PocketSphinxTranscriber(workers=1).transcribe(debate, running) == debated


@heard_once
def test_words_are_in_order_and_inside_the_recording(debate: Path, debated: list[Word]) -> None:
    times = [time for word in debated for time in (word.start, word.end)]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= len(sound_of(debate)) / 2 / RATE
    assert all(0 <= word.confidence <= 1 for word in debated)
    assert not any(character in word.text for word in debated for character in "<>[]()")


def test_a_real_reading_is_heard(running: LocalJob) -> None:
    heard = PocketSphinxTranscriber(workers=1).transcribe(shared("speech/0880.wav"), running)
    assert word_error_rate(shared("speech/0880.txt").read_text(), text_of(heard)) <= 0.4
    assert running.fraction > 0.8


def test_times_are_those_of_the_whole_recording(tmp_path: Path, greeting: Path, running: LocalJob) -> None:
    reading, pause = sound_of(greeting), bytes(2 * RATE * 40)
    recording = write_wav(tmp_path / "twice.wav", reading + pause + reading)
    words = PocketSphinxTranscriber(workers=2).transcribe(recording, running)
    half = len(words) // 2
    shift = (len(reading) + len(pause)) / 2 / RATE
    assert [word.text for word in words[:half]] == [word.text for word in words[half:]]
    for first, second in zip(words[:half], words[half:], strict=True):
        assert second.start - first.start == pytest.approx(shift, abs=0.1)


def test_half_an_hour_of_silence_says_nothing_and_is_quick(tmp_path: Path, running: LocalJob) -> None:
    recording = write_wav(tmp_path / "silence.wav", bytes(2 * RATE * 1800))
    began = time.monotonic()
    assert PocketSphinxTranscriber().transcribe(recording, running) == []
    assert time.monotonic() - began < 20


def test_an_empty_recording_says_nothing(tmp_path: Path, running: LocalJob) -> None:
    assert PocketSphinxTranscriber().transcribe(write_wav(tmp_path / "empty.wav", b""), running) == []


def test_a_recording_that_was_cut_off_is_heard_as_far_as_it_goes(
    tmp_path: Path, greeting: Path, running: LocalJob
) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes(greeting.read_bytes()[:-20_001])
    assert PocketSphinxTranscriber(workers=1).transcribe(cut, running)


def test_a_cancelled_job_stops_at_once_and_leaves_no_worker(debate: Path, running: LocalJob) -> None:
    threading.Timer(1.0, running.cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(EngineFailed, match="cancelled"):
        PocketSphinxTranscriber(workers=2).transcribe(debate, running)
    assert time.monotonic() - began < 3
    assert decoders() == 0


def test_a_worker_that_dies_is_told_in_a_sentence(tmp_path: Path) -> None:
    crew = _Crew(1)
    try:
        with pytest.raises(EngineError, match="worker ended"):
            crew.submit(tmp_path / "not-there.wav", 0, RATE).result(timeout=20)
    finally:
        crew.close()


def test_another_worker_takes_the_place_of_one_that_died(greeting: Path, tmp_path: Path) -> None:
    crew = _Crew(1)
    try:
        with pytest.raises(EngineError):
            crew.submit(tmp_path / "not-there.wav", 0, RATE).result(timeout=20)
        heard = crew.submit(greeting, 0, round(GREETING * RATE)).result(timeout=20)
    finally:
        crew.close()
    assert heard
    assert decoders() == 0


def decoders() -> int:
    return len([command for command in commands(os.getpid()) if "_decode.py" in command])


def test_four_recordings_at_once_have_no_more_decoders_than_one(greeting: Path, tmp_path: Path) -> None:
    engine = PocketSphinxTranscriber(workers=2)
    counts: list[int] = []

    def transcribe(number: int) -> str:
        return text_of(engine.transcribe(greeting, LocalJob(f"t-{number}", tmp_path, threading.Event())))

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(transcribe, number) for number in range(4)]
        while not all(answer.done() for answer in answers):
            counts.append(decoders())
            time.sleep(0.05)
    assert len({answer.result() for answer in answers}) == 1, "all heard the same"
    assert max(counts) == 2
    assert decoders() == 0


def test_a_job_that_is_cancelled_takes_nothing_from_the_others(debate: Path, greeting: Path, tmp_path: Path) -> None:
    engine = PocketSphinxTranscriber(workers=2)
    cancelled = LocalJob("t-1", tmp_path, threading.Event())
    with ThreadPoolExecutor(2) as pool:
        given_up = pool.submit(engine.transcribe, debate, cancelled)
        heard = pool.submit(engine.transcribe, greeting, LocalJob("t-2", tmp_path, threading.Event()))
        cancelled.cancelled.set()
        with pytest.raises(EngineFailed, match="cancelled"):
            given_up.result(timeout=20)
        assert "welcome to" in text_of(heard.result())
    assert decoders() == 0


@pytest.mark.parametrize(
    ("cores", "gigabytes", "decoders"), [(16, 64, 16), (16, 2, 6), (2, 16, 2), (8, 0.2, 1), (1, 1, 1)]
)
def test_decoders_are_as_many_as_there_is_room_for(cores: int, gigabytes: float, decoders: int) -> None:
    assert fitting(cores, int(gigabytes * 1000**3)) == decoders


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a recording at all", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0"])
def test_what_is_no_wav_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(EngineFailed, match="16 kHz"):
        check_speech_wav(path, 1)


@pytest.mark.parametrize(("channels", "rate"), [(2, RATE), (1, 44_100), (1, 8000)])
def test_a_wav_of_another_shape_is_refused(channels: int, rate: int, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="speech rendition"):
        check_speech_wav(write_wav(tmp_path / "other.wav", bytes(4000), channels, rate), 1)


class Bench:
    """One bucket of the embedded S3, and a job runner whose results are kept."""

    def __init__(self, workspace: Path, recording: Path) -> None:
        self.jobs = JobRunner(workspace)
        self.results: list[JobResult] = []
        self.documents: list[str] = []
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="media")
        put_file(recording, S3Object("media", "speech.wav"), "audio/wav")

    def publish(self, result: JobResult) -> None:
        self.results.append(result)
        self.documents += [file.path.read_text() for file in result.files]

    def wait(self) -> JobResult:
        while not self.jobs.collect(self.publish, lambda file: None):
            time.sleep(0.05)
        return self.results[-1]


@pytest.fixture
def bench(tmp_path: Path, greeting: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "embedded")
    with mock_aws():
        bench = Bench(tmp_path, greeting)
        machine.use(Machine(bench.jobs, tmp_path))
        yield bench
        bench.jobs.stop()
        machine.use(None)


def asked(language: str | None = None, key: str = "speech.wav") -> TranscriptionJob:
    return TranscriptionJob("t-1", S3Object("media", key), S3Object("media", "out/t-1.json"), language)


def test_a_job_leaves_a_transcript_and_says_so_by_its_object_alone(bench: Bench, tmp_path: Path) -> None:
    engine = create(None)
    assert engine.start(asked("en-GB")) is None
    assert engine.start(asked("en-GB")) is None
    result = bench.wait()
    assert [(file.destination.key, file.content_type) for file in result.files] == [
        ("out/t-1.json", "application/json")
    ]
    transcript = read_transcript(json.loads(bench.documents[0]))
    assert transcript.language == "en-GB"
    assert "welcome to" in transcript.segments[0].text.lower()
    assert engine.start(asked("en-GB")) == result.outcome
    assert list(tmp_path.iterdir()) == []


def test_a_language_that_the_model_does_not_know_is_refused_with_what_to_do(bench: Bench) -> None:
    with pytest.raises(EngineFailed, match=r"de-DE\. .*faster-whisper"):
        create(None).start(asked("de-DE"))


def test_a_recording_that_is_gone_is_refused(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="no longer there"):
        create(None).start(asked(key="gone.wav"))
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_is_cancelled_announces_its_failure(bench: Bench) -> None:
    create(None).start(asked())
    bench.jobs.stop()
    result = bench.wait()
    assert result.outcome.failure
    assert result.outcome.failure.code == "transcription-cancelled"


def test_neighbouring_stretches_are_joined() -> None:
    assert list(pieces([Span(1, 4), Span(5, 9), Span(10, 12)])) == [Span(1, 12)]


def test_a_piece_ends_at_its_longest_late_pause() -> None:
    speech = [Span(0, 4), Span(6.5, 16), Span(16.5, 20), Span(21.5, 25), Span(25.5, 33)]
    assert list(pieces(speech)) == [Span(0, 20), Span(21.5, 33)]


def test_silence_is_in_no_piece() -> None:
    assert list(pieces([Span(0, 4), Span(1000, 1004)])) == [Span(0, 4), Span(1000, 1004)]


def test_pieces_hold_all_speech_and_none_is_too_long() -> None:
    speech = [Span(start * 2.5, start * 2.5 + 2 + start % 3 * 0.1) for start in range(200)]
    cut = list(pieces(speech))
    assert max(piece.end - piece.start for piece in cut) <= LONGEST
    assert min(piece.end - piece.start for piece in cut[:-1]) >= SHORTEST
    assert all(any(piece.start <= stretch.start and stretch.end <= piece.end for piece in cut) for stretch in speech)


def test_a_piece_never_reaches_outside_the_recording() -> None:
    assert samples(Span(0.05, 2.0), total=32_100) == (0, 32_100)
    assert samples(Span(1.0, 2.0), total=64_000) == (13_600, 20_800)


def test_the_quietest_frame_is_sought_late() -> None:
    assert quietest([0, 9, 9, 5, 3, 8]) == 4


def test_speech_that_never_pauses_is_cut_all_the_same(greeting: Path) -> None:
    sound = sound_of(greeting)[RATE : 3 * RATE] * 50
    ears = endpointer()
    frames = [sound[at : at + ears.frame_bytes] for at in range(0, len(sound), ears.frame_bytes)]
    assert max(stretch.end - stretch.start for stretch in stretches(frames, ears)) <= LONGEST


@pytest.mark.parametrize("extra", [0, 100])
def test_speech_that_lasts_to_the_end_is_heard_to_the_end(greeting: Path, extra: int) -> None:
    ears = endpointer()
    sound = sound_of(greeting)[: ears.frame_bytes * 60 + extra]
    frames = [sound[at : at + ears.frame_bytes] for at in range(0, len(sound), ears.frame_bytes)]
    assert [stretch.end for stretch in stretches(frames, ears)][-1] == pytest.approx(len(sound) / 2 / RATE)


def test_words_of_a_piece_move_with_it() -> None:
    assert placed([("so", 0.1, 0.25, 0.123456)], 12.5) == [Word(12.6, 12.75, "so", 0.1235)]
