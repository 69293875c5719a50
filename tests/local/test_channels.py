"""Calls with a person in each channel: heard apart, a voice that only comes through from the other is written once."""

import importlib.util
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from chalicelib.domain import presets
from chalicelib.domain.assets import Channels, Options
from chalicelib.domain.keys import S3Object
from chalicelib.errors import EngineFailed
from chalicelib.pipeline.plan import chosen
from chalicelib.seams.transcoding import TranscodingJob, TranscodingOutput
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Word
from local.engines import ffmpeg, pyav
from local.engines._channels import joined, loudness_of
from local.engines._speech import check_speech_wav
from local.engines.faster_whisper import FasterWhisperTranscriber, stretches_of
from local.jobs import LocalJob
from local.models.whisper import WEIGHTS
from tests.harness.media import SPEECH_RATE, speech, write_wav
from tests.harness.media import ffmpeg as run_ffmpeg
from tests.local.engines_on_a_machine import BUCKET, Bench, bench

ROW = 0.02  # seconds


def said(text: str, start: float) -> list[Word]:
    """Half a second a word."""
    return [Word(start + at / 2, start + at / 2 + 0.4, word) for at, word in enumerate(text.split())]


def loud(seconds: float, *stretches: tuple[float, float, float, float]) -> np.ndarray:
    """How loud both channels are from one second to another; silent elsewhere."""
    rows = np.zeros((round(seconds / ROW), 2), np.float32)
    for start, end, first, second in stretches:
        rows[round(start / ROW) : round(end / ROW)] = first, second
    return rows


def texts(words: Sequence[Word]) -> list[tuple[str | None, str]]:
    transcript = read_transcript(transcribe_document("job", words, "en"))
    return [(segment.speaker, segment.text) for segment in transcript.segments]


def test_words_stand_in_order_of_time_with_their_channel() -> None:
    heard = [(said("how are you", 0.0), "en"), (said("fine thanks", 0.6), "en")]
    words, language = joined(heard, loud(3.0, (0.0, 3.0, 0.2, 0.2)))
    assert [(word.text, word.speaker) for word in words] == [
        ("how", "ch_0"),
        ("are", "ch_0"),
        ("fine", "ch_1"),
        ("you", "ch_0"),
        ("thanks", "ch_1"),
    ]
    assert language == "en"
    assert texts(words) == [("ch_0", "how are you"), ("ch_1", "fine thanks")], "sentences stay whole"


def test_a_voice_that_comes_through_faintly_is_written_once() -> None:
    first = said("how are you today", 0.0)
    echo = said("how or you today", 0.4)  # later, as on a line, and not quite understood
    own = said("fine thanks", 3.0)
    loudness = loud(5.0, (0.0, 1.9, 0.2, 0.02), (1.9, 2.3, 0.0, 0.02), (3.0, 4.5, 0.01, 0.1))
    words, _ = joined([([*first, *said("fine", 3.1)], "en"), ([*echo, *own], "en")], loudness)
    assert texts(words) == [("ch_0", "how are you today"), ("ch_1", "fine thanks")]


def test_who_speaks_softly_while_the_other_speaks_is_heard() -> None:
    loudness = loud(3.0, (0.0, 3.0, 0.3, 0.03))
    words, _ = joined([(said("and so we went home", 0.0), "en"), (said("mm right yes", 0.5), "en")], loudness)
    assert texts(words) == [("ch_0", "and so we went home"), ("ch_1", "mm right yes")]


def test_who_says_the_same_at_the_same_time_as_loudly_is_heard() -> None:
    words, _ = joined([(said("bye bye", 0.0), "en"), (said("bye bye", 0.1), "en")], loud(2.0, (0.0, 2.0, 0.2, 0.18)))
    assert texts(words) == [("ch_0", "bye bye"), ("ch_1", "bye bye")]


def test_a_channel_in_another_language_keeps_it() -> None:
    heard = [(said("bonjour", 0.0), "fr"), (said("hello and welcome", 1.0), "en")]
    words, language = joined(heard, loud(3.0))
    assert language == "en"
    assert [word.language for word in words] == ["fr", None, None, None]


def test_a_channel_in_which_nothing_is_said_is_no_speaker() -> None:
    words, language = joined([([], "en"), (said("allo", 0.0), "fr")], loud(1.0, (0.0, 1.0, 0.0, 0.2)))
    assert ([word.speaker for word in words], language) == (["ch_1"], "fr")
    assert joined([([], "en"), ([], "en")], loud(0.0)) == ([], "en")


def test_each_channel_of_a_wav_is_read_by_itself(tmp_path: Path) -> None:
    frames = np.stack([np.full(3 * SPEECH_RATE, 8192), np.full(3 * SPEECH_RATE, -16384)], axis=1).astype("<i2")
    path = write_wav(tmp_path / "call.wav", frames.tobytes(), channels=2)
    with wave.open(str(path)) as recording:
        read = [next(stretches_of(recording, channel)) for channel in (1, 0)]
    assert [(start, len(sound), float(sound[0])) for start, sound in read] == [
        (0.0, 3 * SPEECH_RATE, -0.5),
        (0.0, 3 * SPEECH_RATE, 0.25),
    ]
    assert loudness_of(path).shape == (150, 2)
    assert loudness_of(path)[7] == pytest.approx([0.25, 0.5])
    check_speech_wav(path, 2)
    with pytest.raises(EngineFailed, match="each of two"):
        check_speech_wav(path, 1)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as running:
        yield running


def call(folder: Path, bleed: float) -> Path:
    """One person speaks in each channel, both at once for a moment, and comes through to the other so much fainter."""
    one, other = speech(folder / "one.wav", 3.2), speech(folder / "other.wav", 3.6, 14.1)
    voices = "[0]apad=pad_dur=4[a];[1]adelay=2800,apad=pad_dur=1[b];[a][b]join=inputs=2:channel_layout=stereo"
    mixed = f"{voices},pan=stereo|c0=c0+{bleed}*c1|c1=c1+{bleed}*c0"
    run_ffmpeg("-i", one, "-i", other, "-filter_complex", mixed, "-t", "6.5", folder / "call.flac")
    return folder / "call.flac"


@pytest.mark.parametrize(
    ("sound", "is_same"),
    [
        ("pan=stereo|c0=c0|c1=c0", True),
        ("pan=stereo|c0=c0|c1=-0.9*c0", True),
        ("pan=stereo|c0=c0|c1=0.1*c0", False),  # who does not speak in that channel is only heard through
        ("pan=stereo|c0=c0|c1=0*c0", False),
        ("pan=stereo|c0=c0|c1=c0,adelay=30|0,extrastereo", False),
    ],
)
def test_one_sound_written_twice_is_told_from_two(here: Bench, sound: str, is_same: bool) -> None:
    source = speech(here.folder / "s.wav", 4.0)
    run_ffmpeg("-i", source, "-af", sound, here.folder / "two.mp3")
    media = pyav.PyavProber().probe(here.put(here.folder / "two.mp3"))
    assert media.audio and (media.audio.channels, media.audio.is_same) == (2, is_same)


needs_whisper = pytest.mark.skipif(
    importlib.util.find_spec("faster_whisper") is None or not WEIGHTS.are_there(), reason="Whisper base is not here"
)


@needs_whisper
def test_a_call_is_heard_by_channel_as_far_as_a_transcript(here: Bench, running: LocalJob) -> None:
    source = here.put(call(here.folder, 0.1))
    found = pyav.PyavProber().probe(source)
    media, notes = chosen(found, Options(channels=Channels.SEPARATE), hears_channels=True)
    assert notes == []
    wanted = (TranscodingOutput(presets.SPEECH.name, S3Object(BUCKET, "output/speech")),)
    assert ffmpeg.FfmpegTranscoder().start(TranscodingJob("call", source, media, wanted)) is None
    assert here.result().outcome.failure is None
    speech_wav = here.folder / "speech.wav"
    words, _ = FasterWhisperTranscriber(str(WEIGHTS.place)).transcribe(speech_wav, "en", running)
    heard = {speaker: " ".join(text for who, text in texts(words) if who == speaker) for speaker in ("ch_0", "ch_1")}
    assert "welcome to our debate" in heard["ch_0"]
    assert "debate" not in heard["ch_1"]
    assert "mistake" in heard["ch_1"]
    assert "mistake" not in heard["ch_0"]
    assert running.fraction > 0.9
