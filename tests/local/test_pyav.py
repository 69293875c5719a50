"""The local prober: what a file holds, whatever its name says; and what is refused, with a sentence for its owner."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.domain.media import RECORDINGS, AudioStream, MediaInfo
from chalicelib.errors import MediaRejected
from local.engines.pyav import PyavProber
from tests.harness.media import BROKEN_WAVS, cut_in_half, ffmpeg, make_any, make_audio, make_video, rotated
from tests.harness.shared_data import shared
from tests.local.engines_on_a_machine import Bench, bench


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as running:
        yield running


def probe(here: Bench, path: Path) -> MediaInfo:
    return PyavProber().probe(here.put(path))


def refusal(here: Bench, path: Path) -> str:
    with pytest.raises(MediaRejected) as caught:
        probe(here, path)
    assert caught.value.message.endswith(".")
    assert str(here.folder) not in caught.value.message
    return caught.value.code


@pytest.mark.parametrize("container", sorted(RECORDINGS))
def test_what_is_accepted_is_seen_for_what_it_is(here: Bench, container: str) -> None:
    path, has_picture = make_any(here.folder, container)
    media = probe(here, path.rename(path.with_suffix(".bin")))
    assert media.container == container
    assert media.duration == pytest.approx(2.0, abs=0.15)
    assert media.audio is not None
    assert (media.video is not None) == has_picture
    if media.video:
        assert media.video.display_size == (160, 90)
        assert media.video.frame_rate == pytest.approx(25.0)


def test_the_ending_does_not_matter(here: Bench) -> None:
    assert probe(here, make_audio(here.folder / "a.flac").rename(here.folder / "a.mp4")).container == "flac"


def test_a_wav_fit_for_speech_models_is_known_as_one(here: Bench) -> None:
    assert probe(here, make_audio(here.folder / "a.wav", rate=16_000)).is_speech_wav
    assert not probe(here, make_audio(here.folder / "b.wav", rate=44_100)).is_speech_wav


@pytest.mark.parametrize(("degrees", "seen"), [(0, (160, 90)), (90, (90, 160)), (180, (160, 90)), (270, (90, 160))])
def test_a_turned_picture_is_seen_upright(here: Bench, degrees: int, seen: tuple[int, int]) -> None:
    path = rotated(here.folder / "turned.mp4", make_video(here.folder / "flat.mp4", 0.5), degrees)
    video = probe(here, path).video
    assert video and video.display_size == seen
    # ffmpeg's -display_rotation counts counter-clockwise, ours clockwise.
    assert video.rotation == -degrees % 360


@pytest.mark.parametrize("ending", ["mp3", "m4a", "flac"])
def test_cover_art_is_not_a_video(here: Bench, ending: str) -> None:
    cover, sound, both = here.folder / "cover.png", here.folder / f"s.{ending}", here.folder / f"both.{ending}"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64:duration=1", "-frames:v", "1", cover)
    make_audio(sound)
    ffmpeg("-i", sound, "-i", cover, "-map", "0:a", "-map", "1:v", "-c", "copy", "-disposition:v", "attached_pic", both)
    media = probe(here, both)
    assert media.video is None
    assert media.audio is not None


def test_a_silent_video_has_no_sound(here: Bench) -> None:
    assert probe(here, make_video(here.folder / "s.mp4", sound=False)).audio is None


def test_an_empty_file_is_refused(here: Bench) -> None:
    (here.folder / "s.mp4").touch()
    assert refusal(here, here.folder / "s.mp4") == "empty-file"


@pytest.mark.parametrize("text", ["Dear diary,\n" * 100, "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"])
def test_a_text_named_mp4_is_refused(here: Bench, text: str) -> None:
    (here.folder / "s.mp4").write_text(text)
    assert refusal(here, here.folder / "s.mp4") == "unreadable"


def test_a_list_of_other_files_is_refused_and_never_followed(here: Bench) -> None:
    other = make_audio(here.folder / "other.wav")
    for name, text in (
        ("list.mp4", f"ffconcat version 1.0\nfile {other.name}\n"),
        ("list.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{other.name}\n#EXT-X-ENDLIST\n"),
    ):
        (here.folder / name).write_text(text)
        assert refusal(here, here.folder / name) == "unreadable"


def test_an_mp4_cut_in_half_is_refused(here: Bench) -> None:
    assert refusal(here, cut_in_half(make_video(here.folder / "s.mp4"))) == "unreadable"


def test_a_file_with_no_streams_is_refused(here: Bench) -> None:
    path = here.folder / "s.mkv"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-t", "1", here.folder / "sound.wav")
    (here.folder / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    ffmpeg("-i", here.folder / "words.srt", path)
    assert refusal(here, path) == "no-streams"


def test_a_recording_of_no_length_is_refused(here: Bench) -> None:
    header = make_audio(here.folder / "long.wav").read_bytes()[:44]
    (here.folder / "s.wav").write_bytes(header[:4] + b"\x24\0\0\0" + header[8:40] + b"\0\0\0\0")
    assert refusal(here, here.folder / "s.wav") in {"too-short", "unreadable"}
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64:rate=25:duration=1", "-frames:v", "1", here.folder / "one.mp4")
    assert refusal(here, here.folder / "one.mp4") == "too-short"


@pytest.mark.parametrize("fault", sorted(BROKEN_WAVS))
def test_broken_wavs_are_refused_or_read_and_never_crash(here: Bench, fault: str) -> None:
    path = here.folder / "broken.wav"
    path.write_bytes(BROKEN_WAVS[fault])
    look_at(here, path)


@pytest.mark.parametrize("name", ["awful", "bad", "evil", "null"])
def test_others_broken_wavs_are_refused_or_read_and_never_crash(here: Bench, name: str) -> None:
    look_at(here, shared(f"bad_media/{name}.wav"))


def look_at(here: Bench, path: Path) -> None:
    try:
        assert probe(here, path).audio is not None
    except MediaRejected as exc:
        assert exc.code in {"unreadable", "too-short", "no-streams", "unsupported-codec"}


def test_only_sound_that_can_be_decoded_counts(here: Bench) -> None:
    assert probe(here, make_audio(here.folder / "s.m4a", rate=48_000)).audio == AudioStream("aac", 48_000, 1)
