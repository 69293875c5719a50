"""Presets: the names that people know, and what exactly to make of a source."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain import presets
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
from chalicelib.errors import InvalidRequest

SOUND = AudioStream("aac", 44_100, 2)


@pytest.mark.parametrize(
    ("preset_id", "name"),
    [
        ("1351620000001-100070", "web"),
        ("1351620000001-100020", "phone"),
        ("1351620000001-100110", "audio"),
        ("1351620000001-300010", "audio"),
        ("1351620000001-100200", "gif"),
    ],
)
def test_elastic_transcoders_ids_are_known(preset_id: str, name: str) -> None:
    assert presets.find(preset_id) is presets.find(name)


def test_the_published_numbers() -> None:
    web, phone = presets.WEB.video, presets.PHONE.video
    assert web and phone
    assert (web.max_width, web.max_height, web.bit_rate, web.profile, web.level) == (1280, 720, 2200, "main", "3.1")
    assert (phone.max_width, phone.max_height, phone.bit_rate, phone.profile, phone.level) == (
        1920,
        1080,
        5000,
        "high",
        "4.1",
    )
    assert presets.AUDIO.audio and presets.AUDIO.audio.bit_rate == 320


def test_an_unknown_preset_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(InvalidRequest) as caught:
        presets.find("hologram")
    for preset in presets.ALL:
        assert preset.name in caught.value.message
        assert preset.ids[0] in caught.value.message
    assert "hologram" in caught.value.message


@given(
    st.sampled_from([presets.WEB, presets.PHONE, presets.GIF]),
    st.integers(1, 8000),
    st.integers(1, 8000),
    st.sampled_from([0, 90, 180, 270]),
    st.floats(0.5, 240),
)
def test_a_picture_is_never_enlarged_nor_bent(
    preset: presets.Preset, width: int, height: int, rotation: int, rate: float
) -> None:
    source = VideoStream(width, height, rate, rotation)
    plan = presets.plan(preset, MediaInfo("mp4", 10.0, source, SOUND))
    assert plan and plan.video and preset.video
    seen_width, seen_height = source.display_size
    made = plan.video
    assert made.width % 2 == made.height % 2 == 0
    assert 2 <= made.width <= max(2, seen_width)
    assert 2 <= made.height <= max(2, seen_height)
    assert made.frame_rate <= min(max(rate, 10.0), preset.video.max_frame_rate)
    limits = sorted((preset.video.max_width, preset.video.max_height))
    assert sorted((made.width, made.height)) <= limits
    # The shape is the source's, up to the two pixels that even numbers cost.
    assert abs(made.width * seen_height - made.height * seen_width) <= 2 * max(seen_width, seen_height) or 2 in (
        made.width,
        made.height,
    )


def test_sound_alone_gets_no_picture_and_a_silent_picture_no_sound() -> None:
    sound = MediaInfo("mp3", 10.0, None, SOUND)
    silent = MediaInfo("mp4", 10.0, VideoStream(640, 360, 25.0), None)
    assert [preset.name for preset in presets.ALL if presets.plan(preset, sound)] == ["audio", "speech"]
    assert [preset.name for preset in presets.ALL if presets.plan(preset, silent)] == ["web", "phone", "gif"]
    web = presets.plan(presets.WEB, silent)
    assert web and web.audio is None


def test_a_preview_is_short_and_other_renditions_are_whole() -> None:
    media = MediaInfo("mp4", 3600.0, VideoStream(640, 360, 25.0), SOUND)
    lengths = {preset.name: plan.seconds for preset in presets.ALL if (plan := presets.plan(preset, media))}
    assert lengths == {"web": 3600, "phone": 3600, "audio": 3600, "gif": 6, "speech": 3600}


@pytest.mark.parametrize(
    ("picture", "sound", "web", "aac", "mp3"),
    [
        (None, None, 2200, 160, 320),
        (8000, 256, 2200, 160, 256),
        (1000, 128, 950, 128, 128),
        (80, 70, 76, 64, 64),
        (80, 24, 76, 64, 64),  # less is not worth hearing
    ],
)
def test_no_rendition_takes_more_bits_than_its_source(
    picture: int | None, sound: int | None, web: int, aac: int, mp3: int
) -> None:
    media = MediaInfo("mp4", 60.0, VideoStream(1280, 720, 25.0, bit_rate=picture), AudioStream("aac", 44_100, 2, sound))
    plan = presets.plan(presets.WEB, media)
    assert plan
    assert plan.video
    assert plan.audio
    assert (plan.video.bit_rate, plan.audio.bit_rate) == (web, aac)
    plain = presets.plan(presets.AUDIO, media)
    assert plain
    assert plain.audio
    assert plain.audio.bit_rate == mp3


def test_the_speech_rendition_is_what_speech_models_want_whatever_the_source() -> None:
    plan = presets.plan(presets.SPEECH, MediaInfo("mp3", 60.0, None, AudioStream("mp3", 22_050, 1, 8)))
    assert plan
    assert plan.audio == presets.SPEECH.audio


@pytest.mark.parametrize(
    ("size", "made"),
    [
        ((1280, 720), ["web", "audio", "gif"]),
        ((640, 360), ["web", "audio", "gif"]),
        ((1920, 1080), ["web", "phone", "audio", "gif"]),
    ],
)
def test_of_two_with_the_same_picture_one_is_made(size: tuple[int, int], made: list[str]) -> None:
    media = MediaInfo("mp4", 60.0, VideoStream(*size, 25.0), SOUND)
    names = [preset.name for preset in presets.DEFAULT]
    assert [plan.preset.name for plan in presets.chosen(names, media)] == made
    assert [plan.preset.name for plan in presets.chosen(["phone"], media)] == ["phone"]
