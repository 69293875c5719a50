"""What files say of themselves, read from real ones."""

from pathlib import Path

import pytest

from deployment.smoke import media
from tests.harness.media import ffmpeg, make_audio, make_video, rotated


def test_an_mp4_tells_its_picture_its_length_and_its_sound(tmp_path: Path) -> None:
    made = media.film(make_video(tmp_path / "a.mp4", size=(160, 90)).read_bytes())
    assert (made.width, made.height, made.has_sound) == (160, 90, True)
    assert made.seconds == pytest.approx(2.0, abs=0.1)
    silent = media.film(make_video(tmp_path / "b.mp4", sound=False, faststart=True).read_bytes())
    assert not silent.has_sound


def test_a_picture_that_lies_on_its_side_is_told_as_it_is_seen(tmp_path: Path) -> None:
    lying = make_video(tmp_path / "a.mp4", size=(160, 90))
    film = media.film(rotated(tmp_path / "b.mp4", lying, 90).read_bytes())
    assert (film.width, film.height) == (90, 160)


def test_an_mp4_that_was_cut_off_is_none(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.mp4").read_bytes()
    with pytest.raises(ValueError, match="ends in the middle"):
        media.film(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="no MP4"):
        media.film(b"media")


def test_a_gif_tells_its_size_and_an_mp3_that_it_is_one(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x36:rate=5:duration=1", tmp_path / "a.gif")
    assert media.gif_size((tmp_path / "a.gif").read_bytes()) == (64, 36)
    mp3 = make_audio(tmp_path / "a.mp3").read_bytes()
    assert mp3.startswith(b"ID3")
    media.check_mp3(mp3)
    for wrong in (b"", b"media", b"GIF87"):
        with pytest.raises(ValueError, match="it is no"):
            media.check_mp3(wrong)
        with pytest.raises(ValueError, match="it is no"):
            media.gif_size(wrong)


def test_silence_is_told_from_sound(tmp_path: Path) -> None:
    tone = media.sound(make_audio(tmp_path / "a.wav", rate=16_000).read_bytes())
    assert (tone.rate, tone.channels) == (16_000, 1)
    assert tone.seconds == pytest.approx(2.0, abs=0.01)
    assert tone.loudest > 0.05
    quiet = make_audio(tmp_path / "b.wav", source="anullsrc=sample_rate=16000:channel_layout=mono", rate=16_000)
    assert media.sound(quiet.read_bytes()).loudest == 0
    with pytest.raises(ValueError, match="no WAV"):
        media.sound(b"RIFF")
