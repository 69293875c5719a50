"""Odd files: each time is where a player has it, the right track is heard, and the picture looks as it should."""

import importlib.util
import statistics
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from chalicelib.domain import presets
from chalicelib.domain.assets import Options
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.errors import MediaRejected
from chalicelib.letters.wording import Wording
from chalicelib.pipeline import plan
from chalicelib.seams.transcoding import TranscodingJob, TranscodingOutput
from local.engines import _graph, ffmpeg, pyav
from local.engines.faster_whisper import FasterWhisperTranscriber
from local.jobs import JobResult, LocalJob
from local.models.whisper import WEIGHTS
from tests.harness.media import ffmpeg as run_ffmpeg
from tests.harness.media import make_video, speech
from tests.harness.tone_bursts import BURSTS, SECONDS, Odd, bursts_in, flashes_in, grid
from tests.local.engines_on_a_machine import BUCKET, Bench, bench

_BARS = "smptehdbars=size=320x180:rate=25:duration=0.4"
_WHITE = (160, 150)
"""A pixel of the bars in plain white."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as running:
        yield running


def probed(here: Bench, path: Path) -> MediaInfo:
    return pyav.PyavProber().probe(here.put(path))


def transcoded(here: Bench, path: Path, *wanted: presets.Preset) -> JobResult:
    source = here.put(path)
    media = pyav.PyavProber().probe(source)
    outputs = tuple(TranscodingOutput(preset.name, S3Object(BUCKET, f"output/{preset.name}")) for preset in wanted)
    assert ffmpeg.FfmpegTranscoder().start(TranscodingJob(f"{path.name} {wanted}", source, media, outputs)) is None
    result = here.result()
    assert result.outcome.failure is None, result.outcome.failure
    return result


def picture_of(path: Path) -> np.ndarray:
    """The last picture of a film, in red, green and blue."""
    with av.open(str(path)) as container:
        *_, last = container.decode(video=0)
        return last.to_ndarray(format="rgb24")


_TRIED = {
    "sound begins late-mp4",
    "sound begins late-ts",
    "clock at fifty seconds-opus",
    "picture begins late-mkv",
    "hole-mkv",
    "losses-mkv",
    "late and at thirty hours-mkv",
    "no length-webm",
    "in fragments-mp4",
    "8000 Hz by 6-mkv",
}


@pytest.mark.parametrize("odd", [odd for odd in grid() if str(odd) in _TRIED], ids=str)
def test_bursts_and_flashes_are_where_a_player_has_them(here: Bench, odd: Odd) -> None:
    path = odd.make(here.folder)
    media = probed(here, path)
    assert media.duration == pytest.approx(SECONDS + max(odd.late_sound, odd.late_picture), abs=0.15)
    wanted = (presets.WEB, presets.AUDIO, presets.GIF) if odd.has_picture else (presets.AUDIO,)
    result = transcoded(here, path, *wanted)
    transcoded(here, path, presets.SPEECH)  # a job of its own, as in the service
    assert (plan.notes_for(media, Options()), result.outcome.notes) == ([], ())
    for preset in [preset for preset in (*wanted, presets.SPEECH) if preset.audio]:
        assert bursts_in(here.folder / preset.export_name) == pytest.approx(odd.bursts, abs=0.06), preset.name
    if odd.has_picture:
        assert flashes_in(here.folder / presets.WEB.export_name) == pytest.approx(odd.flashes, abs=0.06)


@pytest.mark.parametrize(("ending", "more"), [("ogg", ()), ("ts", ("-f", "mpegts")), ("mpg", ("-f", "mpeg"))])
def test_joined_recordings_are_heard_to_the_end(here: Bench, ending: str, more: tuple[str, ...]) -> None:
    """Files that were put one behind the other, as with `cat`: the clock begins anew on the way."""
    one, path = here.folder / f"one.{ending}", here.folder / f"joined.{ending}"
    run_ffmpeg("-i", speech(here.folder / "s.wav", 4.0), "-ar", "44100", *more, one)
    path.write_bytes(one.read_bytes() * 2)
    media = probed(here, path)
    assert media.duration == pytest.approx(8.0, abs=0.2)
    (made,) = transcoded(here, path, presets.SPEECH).outcome.outputs
    assert made.duration == pytest.approx(8.0, abs=0.2)


def test_sound_that_ends_before_the_picture_begins_is_heard(here: Bench) -> None:
    path = here.folder / "before.mkv"
    late = ["-itsoffset", "20", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=1"]
    run_ffmpeg(*late, "-i", speech(here.folder / "s.wav", 3.0), "-map", "0:v", "-map", "1:a", "-c:a", "aac", path)
    media = probed(here, path)
    assert media.duration == pytest.approx(21.0, abs=0.1)
    assert media.audio and media.audio.end == pytest.approx(3.0, abs=0.1)
    assert media.video


def test_a_file_with_hundreds_of_tracks_or_hours_of_nothing_is_refused(here: Bench) -> None:
    sound, many, sparse = here.folder / "s.m4a", here.folder / "many.mp4", here.folder / "sparse.mka"
    run_ffmpeg("-f", "lavfi", "-i", "sine=duration=0.5", sound)
    run_ffmpeg("-i", sound, *("-map", "0:a") * 101, "-c", "copy", many)
    far = "asetpts='PTS+if(gte(T,1),9000/TB,0)'"
    run_ffmpeg("-f", "lavfi", "-i", "sine=duration=2", "-af", far, sparse)
    for path, code in ((many, "too-many-tracks"), (sparse, "almost-empty")):
        with pytest.raises(MediaRejected) as caught:
            probed(here, path)
        assert caught.value.code == code


@pytest.mark.parametrize("channels", ["pan=5.1|LFE=c0", "pan=16c|c12=c0"])
def test_who_speaks_in_a_channel_that_is_usually_left_out_is_heard(here: Bench, channels: str) -> None:
    path = here.folder / "one_of_many.wav"
    run_ffmpeg("-i", speech(here.folder / "s.wav", 3.0), "-af", channels, path)
    transcoded(here, path, presets.AUDIO, presets.SPEECH)
    for name in ("audio.mp3", "speech.wav"):
        with av.open(str(here.folder / name)) as container:
            loudest = max(np.abs(frame.to_ndarray().astype(float)).max() for frame in container.decode(audio=0))
        assert loudest > (3000 if name == "speech.wav" else 0.1), name


def test_every_odd_recording_that_is_tried_is_in_the_grid() -> None:
    assert {str(odd) for odd in grid()} >= _TRIED


def test_sound_and_picture_that_change_their_form_on_the_way_keep_their_places(here: Bench) -> None:
    """A broadcast goes from one channel to two, and from a small picture to a large one."""
    for name, odd in (
        ("a", Odd("mkv", "a")),
        ("b", Odd("mkv", "b", size="320x180", rate=48_000, sound="aformat=channel_layouts=stereo")),
    ):
        odd.make(here.folder).rename(here.folder / f"{name}.mkv")
    (here.folder / "list.txt").write_text("file a.mkv\nfile b.mkv\n")
    path = here.folder / "changing.mkv"
    run_ffmpeg("-f", "concat", "-i", here.folder / "list.txt", "-c", "copy", path)
    transcoded(here, path, presets.WEB, presets.AUDIO, presets.SPEECH)
    expected = [*BURSTS, *(SECONDS + at for at in BURSTS)]
    for preset in (presets.WEB, presets.AUDIO, presets.SPEECH):
        assert bursts_in(here.folder / preset.export_name) == pytest.approx(expected, abs=0.12), preset.name
    assert flashes_in(here.folder / presets.WEB.export_name) == pytest.approx(expected, abs=0.12)


_CASES = {
    # What is done to seven seconds of talk, and by how much the words from a time on are later in it.
    "late": (("-itsoffset", "4"), (), {0.0: 4.0}),
    "hole": ((), ("-af", "asetpts='PTS+if(gte(T,3.6),2/TB,0)'"), {0.0: 0.0, 3.6: 2.0}),
    "clock": ((), ("-output_ts_offset", "108000"), {0.0: 0.0}),
}


@pytest.mark.skipif(importlib.util.find_spec("faster_whisper") is None, reason="faster-whisper is not installed")
def test_what_is_said_has_the_times_of_the_film(here: Bench) -> None:
    talk = speech(here.folder / "talk.wav", 7.0)
    engine = FasterWhisperTranscriber(str(WEIGHTS.place))

    def heard(path: Path) -> dict[str, float]:
        words, _ = engine.transcribe(path, "en", LocalJob("job", here.folder, threading.Event()))
        times: dict[str, list[float]] = {}
        for word in words:
            times.setdefault(word.text.lower(), []).append(word.start)
        return {text: starts[0] for text, starts in times.items() if len(starts) == 1}

    plain = heard(talk)
    assert len(plain) > 8
    for name, (before, after, later) in _CASES.items():
        film = here.folder / f"{name}.mkv"
        picture = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=14"]
        run_ffmpeg(*picture, *before, "-i", talk, "-map", "0:v", "-map", "1:a", "-c:a", "aac", *after, film)
        transcoded(here, film, presets.SPEECH)
        found = heard(here.folder / presets.SPEECH.export_name)
        common = plain.keys() & found.keys()
        assert len(common) > 0.7 * len(plain), name
        off = [
            abs(found[text] - plain[text] - max(shift for since, shift in later.items() if plain[text] >= since))
            for text in common
        ]
        assert statistics.median(off) < 0.1, name


def test_a_film_of_one_picture_shows_it_as_long_as_there_is_sound(here: Bench) -> None:
    path = here.folder / "cover.mkv"
    cover = here.folder / "cover.jpg"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=size=300x300", "-frames:v", "1", cover)
    run_ffmpeg("-i", cover, "-f", "lavfi", "-i", "sine=duration=3", "-map", "0", "-map", "1", "-c:v", "copy", path)
    result = transcoded(here, path, *presets.DEFAULT)
    assert {made.preset for made in result.outcome.outputs} == {"web", "phone", "audio", "gif"}
    with av.open(str(here.folder / "web.mp4")) as container:
        shown = [frame.time for frame in container.decode(video=0)]
    assert shown[0] == 0.0
    assert shown[-1] == pytest.approx(3.0, abs=0.1)


def test_a_rendition_that_cannot_be_made_costs_no_other(here: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_graph._SOUND_CODECS, "mp3", "no_such_codec")
    result = transcoded(here, make_video(here.folder / "s.mp4", 0.5), presets.WEB, presets.AUDIO)
    assert [made.preset for made in result.outcome.outputs] == ["web"]
    (note,) = result.outcome.notes
    assert Wording("en", "UTC").sentence(note).startswith("The rendition Sound (MP3) could not be made. ")


@pytest.mark.parametrize(
    ("shape", "turned", "web"), [("64/45", 0, (1024, 576)), ("8/9", 0, (640, 576)), ("64/45", 90, (576, 1024))]
)
def test_pixels_that_are_not_square_are_made_so(here: Bench, shape: str, turned: int, web: tuple[int, int]) -> None:
    flat = here.folder / "flat.mp4"
    run_ffmpeg("-f", "lavfi", "-i", f"testsrc=size=720x576:rate=25:duration=0.2,setsar={shape}", flat)
    path = here.folder / "shaped.mp4"
    run_ffmpeg("-display_rotation", str(turned), "-i", flat, "-c", "copy", path)
    (made,) = transcoded(here, path, presets.PHONE).outcome.outputs
    assert (made.width, made.height) == web


@pytest.mark.parametrize(("curve", "named"), [("smpte2084", "pq"), ("arib-std-b67", "hlg")])
def test_a_high_dynamic_range_is_brought_to_what_every_screen_shows(here: Bench, curve: str, named: str) -> None:
    plain, bright = here.folder / "plain.mp4", here.folder / "bright.mp4"
    run_ffmpeg("-f", "lavfi", "-i", _BARS, "-pix_fmt", "yuv420p", plain)
    to_hdr = f"zscale=tin=709:pin=709:min=709:rin=limited:t={curve}:p=2020:m=2020_ncl:npl=203,format=yuv420p10le"
    tags = f"colorprim=bt2020:transfer={curve}:colormatrix=bt2020nc:log-level=none"
    run_ffmpeg("-f", "lavfi", "-i", _BARS, "-vf", to_hdr, "-c:v", "libx265", "-x265-params", tags, bright)
    media = probed(here, bright)
    assert media.video and media.video.curve == named
    transcoded(here, bright, presets.WEB, presets.GIF)
    column = picture_of(plain)[60, ::20].astype(int)
    for name in ("web.mp4", "preview.gif"):
        assert np.abs(picture_of(here.folder / name)[60, ::20] - column).mean() < 12, name
    with av.open(str(here.folder / "web.mp4")) as container:
        assert next(container.decode(video=0)).color_trc not in pyav._CURVES


def test_lines_taken_one_half_after_the_other_are_put_together(here: Bench) -> None:
    path = here.folder / "interlaced.mp4"
    moving = "testsrc2=size=320x240:rate=50:duration=0.4,scroll=horizontal=0.05,interlace=scan=tff:lowpass=off"
    run_ffmpeg("-f", "lavfi", "-i", moving, "-x264-params", "tff=1", "-crf", "5", "-pix_fmt", "yuv420p", path)
    transcoded(here, path, presets.WEB)

    def combs(film: Path) -> float:
        lines = picture_of(film).astype(int).mean(axis=2)
        return float(np.abs(lines[:-2] - 2 * lines[1:-1] + lines[2:]).mean())

    assert combs(here.folder / "web.mp4") < 0.6 * combs(path)


def test_what_is_transparent_is_black(here: Bench) -> None:
    path = here.folder / "transparent.mov"
    run_ffmpeg(
        *("-f", "lavfi", "-i", "color=white@0.0:size=64x64:duration=0.2,format=yuva444p10le"),
        *("-c:v", "prores_ks", "-profile:v", "4444", path),
    )
    transcoded(here, path, presets.WEB)
    assert picture_of(here.folder / "web.mp4").max() < 20


def test_of_channels_in_opposite_phase_one_is_heard(here: Bench) -> None:
    path = here.folder / "opposite.wav"
    run_ffmpeg("-i", speech(here.folder / "s.wav", 4.0), "-af", "pan=stereo|c0=0.9*c0|c1=-1*c0", path)
    media = probed(here, path)
    assert media.audio and media.audio.heard == 2
    transcoded(here, path, presets.SPEECH)
    with av.open(str(here.folder / "speech.wav")) as container:
        assert max(np.abs(frame.to_ndarray()).max() for frame in container.decode(audio=0)) > 3000


@pytest.mark.parametrize("balance", ["c0=c0|c1=0*c0", "c0=c0|c1=c0", "c0=0.3*c0|c1=c0"])
def test_of_other_channels_all_are_heard(here: Bench, balance: str) -> None:
    path = here.folder / "stereo.wav"
    run_ffmpeg("-i", speech(here.folder / "s.wav", 4.0), "-af", f"pan=stereo|{balance}", path)
    media = probed(here, path)
    assert media.audio and media.audio.heard is None


@pytest.mark.parametrize(("ending", "count"), [("mkv", 8), ("wav", 16)])
def test_many_channels_are_heard_and_none_costs_the_process(here: Bench, ending: str, count: int) -> None:
    """PyAV loses the process over eight planes and more of one frame."""
    path = here.folder / f"many.{ending}"
    spread = "|".join(f"c{channel}=c0" for channel in range(count))
    codec = "flac" if ending == "mkv" else "pcm_s16le"
    run_ffmpeg("-i", speech(here.folder / "s.wav", 3.0), "-af", f"pan={count}c|{spread}", "-c:a", codec, path)
    media = probed(here, path)
    assert media.audio and (media.audio.channels, media.audio.heard) == (count, None)
    transcoded(here, path, presets.SPEECH)


def test_channels_that_change_on_the_way_are_heard(here: Bench) -> None:
    for number, channels in enumerate(("2", "6")):
        said = speech(here.folder / f"{number}.wav", 3.0)
        run_ffmpeg("-i", said, "-ac", channels, "-ar", "48000", "-c:a", "ac3", here.folder / f"{number}.mkv")
    (here.folder / "list.txt").write_text("file 0.mkv\nfile 1.mkv\n")
    path = here.folder / "changing.mkv"
    run_ffmpeg("-f", "concat", "-i", here.folder / "list.txt", "-c", "copy", path)
    (made,) = transcoded(here, path, presets.SPEECH).outcome.outputs
    assert made.duration == pytest.approx(6.0, abs=0.15)


def two_tracks(path: Path, first: list[str], second: list[str], *more: str) -> Path:
    run_ffmpeg(*first, *second, "-map", "0:a", "-map", "1:a", "-c:a", "aac", *more, path)
    return path


_SILENCE = ["-f", "lavfi", "-i", "anullsrc=duration=8"]
_MUSIC = ["-f", "lavfi", "-i", "sine=frequency=220:duration=8"]


def test_the_track_that_holds_speech_is_heard_and_the_others_are_told(here: Bench) -> None:
    said = ["-i", str(speech(here.folder / "s.wav", 8.0))]
    for number, first in enumerate((_SILENCE, _MUSIC)):
        more = ("-metadata:s:a:0", "language=fre", "-metadata:s:a:0", "title=Music\x1b only")
        media = probed(here, two_tracks(here.folder / f"{number}.mkv", first, said, *more))
        assert media.audio and media.audio.number == 2
        assert [(other.number, other.language, other.title) for other in media.others] == [(1, "fr", "Music only")]
        assert [track.is_silent for track in media.tracks] == [first is _SILENCE, False]


def test_of_two_tracks_with_speech_the_one_that_the_file_means_is_heard(here: Bench) -> None:
    said = ["-i", str(speech(here.folder / "s.wav", 8.0))]
    marks = {
        ("-disposition:a:0", "0", "-disposition:a:1", "default"): 2,
        ("-disposition:a:0", "comment", "-disposition:a:1", "0"): 2,
        ("-disposition:a:0", "default", "-disposition:a:1", "0"): 1,
    }
    for number, (mark, heard) in enumerate(marks.items()):
        media = probed(here, two_tracks(here.folder / f"{number}.mkv", said, said, *mark))
        assert media.audio and media.audio.number == heard


def test_a_track_that_cannot_be_decoded_is_passed_over(here: Bench) -> None:
    path = two_tracks(here.folder / "unknown.mp4", _MUSIC, ["-i", str(speech(here.folder / "s.wav", 4.0))])
    data = path.read_bytes()
    path.write_bytes(data.replace(b"mp4a", b"ac-4", 1).replace(b"esds", b"xsds", 1))
    media = probed(here, path)
    assert media.audio and media.audio.number == 2
    transcoded(here, path, presets.SPEECH)
