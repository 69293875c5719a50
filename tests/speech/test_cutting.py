"""Recordings beyond an engine's limit: cut at silences, transcribed in parts, joined with the right times."""

import io
import itertools
import json
import math
import wave
from array import array
from dataclasses import replace
from pathlib import Path

import boto3
import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, BranchStatus, Status
from chalicelib.domain.keys import Folder, S3Object
from chalicelib.domain.media import AudioStream, MediaInfo
from chalicelib.errors import EngineFailed
from chalicelib.message import Message
from chalicelib.speech import cutting
from chalicelib.speech.cutting import SAMPLE_RATE, Part, Sound
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript, transcribe_document
from chalicelib.speech.transcripts import Word
from chalicelib.storage.buckets import ObjectStore
from tests.harness.service import Service

HOUR = 3600.0
LIMIT = 4 * HOUR
SPEECH_WAV = AudioStream("pcm_s16le", SAMPLE_RATE, 1)
BYTES_PER_SECOND = Sound().bytes_per_second


def loud(seconds: float) -> bytes:
    return array("h", [8000, -8000] * (round(seconds * SAMPLE_RATE) // 2)).tobytes()


def side_by_side(first: bytes, second: bytes) -> bytes:
    """Two channels of one sound."""
    samples = array("h", bytes(len(first) + len(second)))
    samples[::2], samples[1::2] = array("h", first), array("h", second)
    return samples.tobytes()


def silent(seconds: float) -> bytes:
    return bytes(2 * round(seconds * SAMPLE_RATE))


@given(st.floats(1, 200 * HOUR), st.floats(10, 12 * HOUR), st.integers(10**6, 10**10))
def test_no_part_can_exceed_the_limits_wherever_its_silences_are(
    seconds: float, max_seconds: float, max_bytes: int
) -> None:
    count = cutting.parts_needed(seconds, round(seconds * BYTES_PER_SECOND), max_seconds, max_bytes)
    windows = cutting.search_windows(seconds, count)
    assert len(windows) == count - 1
    edges = [(0.0, 0.0), *windows, (seconds, seconds)]
    for (earliest, _), (_, latest) in itertools.pairwise(edges):
        assert latest - earliest <= max_seconds * (1 + 1e-9)
        assert (latest - earliest) * BYTES_PER_SECOND <= max_bytes * (1 + 1e-9) + 2
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(windows))


def test_ten_hours_make_three_parts() -> None:
    assert cutting.parts_needed(10 * HOUR, round(10 * HOUR * BYTES_PER_SECOND), LIMIT, 2 * 10**9) == 3
    assert cutting.parts_needed(LIMIT, round(LIMIT * BYTES_PER_SECOND), LIMIT, 2 * 10**9) == 1


def test_the_cut_goes_into_the_longest_silence() -> None:
    sound = loud(3) + silent(0.2) + loud(2) + silent(1) + loud(4)
    assert 5.2 < Sound().quietest(sound) < 6.2


def test_the_cut_goes_where_neither_channel_speaks() -> None:
    first = loud(3) + silent(3) + loud(4)
    second = silent(5) + loud(1) + silent(4)
    assert 3.0 <= Sound(2).quietest(side_by_side(first, second)) <= 5.0


@given(st.lists(st.floats(0.1, 1000), max_size=5).map(sorted), st.floats(1, 100))
def test_parts_cover_the_recording_without_gap_or_overlap(cuts: list[float], rest: float) -> None:
    seconds = (cuts[-1] if cuts else 0) + rest
    parts = cutting.parts_between(cuts, seconds)
    assert parts[0].start == 0
    assert parts[-1].end == math.floor(seconds * 1000)
    assert all(before.end == after.start for before, after in itertools.pairwise(parts))
    assert [Part.of_file(part.file_name(".wav")) for part in parts] == parts


@pytest.mark.parametrize("name", ["transcript.json", "part-1-of-2-0-5.json", "part-001-of-002-0-x.json", ""])
def test_other_files_are_of_no_part(name: str) -> None:
    assert Part.of_file(name) is None


def test_a_part_is_a_wav_that_others_can_read() -> None:
    for channels in (1, 2):
        body = Sound(channels).wav_header(len(loud(1))) + loud(1)
        with wave.open(io.BytesIO(body)) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (SAMPLE_RATE, channels, 2)
            assert sound.readframes(sound.getnframes()) == loud(1)
    assert cutting.sound_begins(body) == 44
    with pytest.raises(EngineFailed):
        cutting.sound_begins(b"no sound at all")


def test_times_speakers_and_order_survive_the_joining() -> None:
    first, second = Part(1, 2, 0, 60_000), Part(2, 2, 60_000, 90_500)
    heard = [
        (
            second,
            load_transcript(json.dumps(transcribe_document("b", [Word(0.5, 1.0, "Bye", speaker="spk_0")], "en-US"))),
        ),
        (
            first,
            load_transcript(json.dumps(transcribe_document("a", [Word(0.25, 1.0, "Hi", speaker="spk_0")], "en-US"))),
        ),
    ]
    whole = load_transcript(json.dumps(cutting.stitch(heard, "job")))
    words = [word for segment in whole.segments for word in segment.words]
    assert [(word.text, word.start, word.speaker) for word in words] == [
        ("Hi", 0.25, "part_1_spk_0"),
        ("Bye", 60.5, "part_2_spk_0"),
    ]
    assert any(
        "Speakers are told apart within each part only" in str(note) for note in cutting.notes_on_parts(heard, {})
    )


@pytest.mark.parametrize("seconds", [3, 400])
def test_sound_is_copied_by_s3_itself(service: Service, tmp_path: Path, seconds: int) -> None:
    body = Sound().wav_header(0) + loud(seconds / 2) + silent(seconds / 2)
    outputs = service.services.outputs
    outputs.write("source.wav", body, "audio/wav")
    start, size = Sound().byte_range(1.0, seconds - 1.0)
    outputs.compose("part.wav", b"HEAD", S3Object(outputs.bucket, "source.wav"), 44 + start, size, "audio/wav")
    assert outputs.read("part.wav") == b"HEAD" + body[44 + start : 44 + start + size]


def long_recording(service: Service) -> None:
    """10 hours, of which only one second in a thousand is stored: the engine's limit is just as much smaller."""
    service.cloud.max_seconds = LIMIT / 1000
    service.cloud.media = MediaInfo("wav", 10 * HOUR / 1000, None, SPEECH_WAV)


def upload_long(service: Service) -> Asset:
    sound = loud(11.5) + silent(1) + loud(11) + silent(1) + loud(11.5)
    return service.upload("talk.wav", Sound().wav_header(len(sound)) + sound)


def test_ten_hours_are_transcribed_side_by_side_and_joined(service: Service) -> None:
    long_recording(service)
    asset = upload_long(service)
    while service.pump.step():
        pass
    assert sum(".transcript." in job.name for job in service.cloud.running()) == 3
    parts = ObjectStore(boto3.client("s3"), service.services.outputs.bucket).names(
        keys.file_key(service.asset(asset.ref).run, Folder.PARTS, "")
    )
    assert len(parts) == 3
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.COMPLETED
    document = service.services.outputs.read(TRANSCRIPT.key(ended))
    assert document is not None
    starts = [segment.start for segment in load_transcript(document).segments]
    assert starts == sorted(starts)
    for silence in (12.0, 24.0):
        assert any(abs(start - (silence + 0.5)) < 0.5 for start in starts)
    assert any("joined from 3 parts" in str(note) for note in ended.notes), ended.notes
    assert len(service.mails(asset)) == 1


def test_a_long_call_of_two_channels_is_cut_whole_and_its_channels_stay_who_they_are(service: Service) -> None:
    service.cloud.max_seconds, service.cloud.hears_channels = 12.0, True
    service.cloud.media = MediaInfo("wav", 20.0, None, replace(SPEECH_WAV, channels=2))
    service.cloud.words = [Word(0.5, 0.9, "Hello", speaker="ch_0"), Word(0.6, 1.0, "Hello", speaker="ch_1")]
    sound = loud(9.5) + silent(1) + loud(9.5)
    body = Sound(2).wav_header(2 * len(sound)) + side_by_side(sound, sound)
    asset = service.upload("call.wav", body, channels="separate")
    service.settle()
    ended = service.asset(asset.ref)
    places = service.services.outputs.names(keys.file_key(ended.run, Folder.PARTS, ""))
    lengths = []
    for place in places:
        with wave.open(io.BytesIO(service.services.outputs.read(place) or b"")) as part:
            assert part.getnchannels() == 2
            lengths.append(part.getnframes())
    assert len(lengths) == 2
    assert sum(lengths) == 20 * SAMPLE_RATE
    document = service.services.outputs.read(TRANSCRIPT.key(ended))
    said = [(segment.text, segment.speaker) for segment in load_transcript(document or b"").segments]
    assert said == [("Hello", "ch_0"), ("Hello", "ch_1")] * 2
    assert not any("Speakers are told apart" in str(note) for note in ended.notes)


def test_parts_wait_their_turn_and_end_in_any_order(service: Service) -> None:
    long_recording(service)
    service.cloud.capacity = 1
    asset = upload_long(service)
    service.settle()
    assert service.asset(asset.ref).status is Status.COMPLETED
    assert service.cloud.refusals > 0
    assert sum(".transcript." in name for name in service.cloud.jobs) == 3


def test_a_part_that_fails_costs_only_itself(service: Service) -> None:
    long_recording(service)
    service.cloud.failing["2"] = Message("unclear", "Nothing could be made out.")
    asset = upload_long(service)
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.branches["speech"].status is BranchStatus.DONE
    assert any("nothing could be transcribed: Nothing could be made out." in str(note) for note in ended.notes)


def test_no_part_at_all_fails_the_branch(service: Service) -> None:
    long_recording(service)
    service.cloud.failing.update(dict.fromkeys("123", Message("unclear", "Nothing could be made out.")))
    asset = upload_long(service)
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.branches["speech"].status is BranchStatus.FAILED
    assert len(service.mails(asset)) == 1
