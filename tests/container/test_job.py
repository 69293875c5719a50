"""The job as a program: all its results, each way it ends, and killed at any step."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
from chalicelib.seams.run_job import MadePart, RunJob
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.speech.summaries import Summary
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from chalicelib.vision.timeline import Timeline
from container import files, media, request
from container.failures import STATUS, Failed
from tests.container.conftest import BUCKET
from tests.container.program import Program
from tests.container.test_steps import long_transcript
from tests.harness.media import ffmpeg, make_video
from tests.harness.places import ROOT
from tests.rehearsal.cloud import Cloud

ALL_CALLS = ["look", "hear", "rate", "sum_up"]


def test_it_leaves_all_that_was_asked_for_in_s3(in_s3: Program) -> None:
    status, said = in_s3.run()
    assert status == 0, said
    assert "evening" not in said, "what people said is not logged"
    results = in_s3.results()
    transcript = load_transcript(results["transcript"])
    assert [word.written for word in transcript.words()] == ["Good", "evening.", "2014", "was", "bad."]
    assert transcript.speakers == ("spk_0", "spk_1")
    assert transcript.language == "en"
    interpolated = list(transcript.words())[2]
    assert (interpolated.start, interpolated.end) == (0.8, 1.6)
    (hurtful,) = json.loads(results["toxicity"])["passages"]
    assert (hurtful["label"], hurtful["text"], hurtful["confidence"]) == ("insult", "was bad.", 0.9)
    assert Summary.from_json(json.loads(results["summary"])).text.startswith("They said")
    verdict = json.loads(results["verdict"])
    assert verdict["Verdict"] == "found"
    assert verdict["Threshold"] == 60
    assert verdict["Frames"] >= 6
    cues = list(Timeline(Detection.MODERATION).cues(rows.read(results["moderation"].splitlines())))
    assert [(cue.passage.text, cue.passage.label) for cue in cues] == [("Explicit", None)]
    info = in_s3_info(in_s3, "moderation")
    assert info["ContentType"] == rows.CONTENT_TYPE


def in_s3_info(program: Program, part: str) -> dict[str, Any]:
    import boto3

    key = program.at(part).removeprefix(f"s3://{BUCKET}/")
    told = boto3.client("s3").head_object(Bucket=BUCKET, Key=key)
    return dict(told)


def test_a_second_start_does_nothing_again(here: Program, whole: Program) -> None:
    shutil.copytree(whole.folder / "results", here.folder / "results")
    assert here.run()[0] == 0
    assert here.calls == []
    assert here.results() == whole.results()
    assert len(here.results()) == 5


@pytest.mark.parametrize("step", ALL_CALLS)
def test_killed_in_a_step_and_started_again_it_does_what_is_missing(step: str, here: Program, whole: Program) -> None:
    here.interrupted(step)
    there = set(here.results())
    assert here.failure()["code"] == "interrupted"
    assert set(here.failure()["parts"]) == {"moderation", "transcript", "toxicity", "summary"} - there
    assert here.run()[0] == 0
    assert here.calls == sorted([*ALL_CALLS, step], key=ALL_CALLS.index), "only the step that was cut off comes twice"
    assert here.failure() == {"step": "", "code": "", "parts": {}}, "nobody reads that it was interrupted"
    assert whole.results() == here.results()


def test_killed_in_s3_it_goes_on_too(in_s3: Program) -> None:
    in_s3.interrupted("rate")
    assert set(in_s3.results()) == {"moderation", "verdict", "transcript"}
    assert in_s3.run()[0] == 0
    assert in_s3.calls == ["look", "hear", "rate", "rate", "sum_up"]


def test_killed_while_ffmpeg_works_it_takes_ffmpeg_along(here: Program, tmp_path: Path) -> None:
    slow = tmp_path / "ffmpeg"
    slow.write_text("#!/bin/sh\necho $$ > '" + str(tmp_path / "pid") + "'\nexec sleep 50\n")
    slow.chmod(0o755)
    process = here.start(RAPPORTEUR_JOB_FFMPEG=str(slow))
    deadline = time.monotonic() + 20
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 143
    assert here.left_behind == []
    deadline = time.monotonic() + 5
    while Path("/proc", (tmp_path / "pid").read_text().strip(), "fd").exists():
        assert time.monotonic() < deadline, "ffmpeg lives on"
        time.sleep(0.02)


def ended(program: Program, wanted: object = None, **more: str) -> tuple[str, dict[str, Any]]:
    """The code that the program ended with, and what it noted."""
    status, said = program.run(wanted, **more)
    codes = [code for code, one in STATUS.items() if one == status]
    assert codes, said
    return codes[0], program.failure()


def test_what_is_no_film_is_unreadable(here: Program, tmp_path: Path) -> None:
    here.source = (ROOT / "README.md").as_uri()
    code, noted = ended(here)
    assert code == "unreadable"
    assert noted["parts"] == dict.fromkeys(("moderation", "transcript", "toxicity", "summary"), "unreadable")


def test_a_file_that_is_gone_is_unreadable(in_s3: Program) -> None:
    in_s3.source += ".gone"
    assert ended(in_s3)[0] == "unreadable"


def test_a_film_without_sound_is_silent_and_yet_looked_at(here: Program, tmp_path: Path) -> None:
    here.source = make_video(tmp_path / "silent.mp4", sound=False).as_uri()
    code, noted = ended(here)
    assert (code, noted["step"]) == ("silent", "sound")
    assert noted["parts"] == dict.fromkeys(("transcript", "toxicity", "summary"), "silent")
    assert set(here.results()) == {"moderation", "verdict"}


def test_a_rule_that_stops_rejects_before_anybody_listens_and_says_so_again(here: Program) -> None:
    wanted = here.request()
    wanted["moderation"]["rule"]["stops"] = True
    code, noted = ended(here, wanted)
    assert code == "rejected"
    assert noted["parts"] == dict.fromkeys(("transcript", "toxicity", "summary"), "rejected")
    assert set(here.results()) == {"moderation", "verdict"}
    assert ended(here, wanted)[0] == "rejected"
    assert here.calls == ["look"]


def test_a_rule_that_finds_nothing_lets_it_go_on(here: Program) -> None:
    wanted = here.request()
    wanted["moderation"]["rule"] = {"confidence": 95, "kinds": ["Explicit"], "stops": True}
    assert here.run(wanted)[0] == 0
    assert json.loads(here.results()["verdict"])["Verdict"] == "clear"


@pytest.mark.parametrize("request_of", ["s3 GET .*input", "s3 PUT .*transcript"])
def test_what_s3_refuses_is_denied(request_of: str, in_s3: Program, cloud: Cloud) -> None:
    cloud.fail_at(request_of)
    code, _ = ended(in_s3)
    assert cloud.has_failed()
    assert code == "denied"
    if "PUT" in request_of:
        assert in_s3.run()[0] == 0, "once it may, it does"


def test_a_folder_that_nobody_may_write_to_is_denied(here: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(Exception, match="no leave"):
        files.write(here.at("summary"), b"")


def test_a_full_disk_is_told(here: Program) -> None:
    here.largest_file = 60_000
    code, noted = ended(here)
    assert (code, noted["step"]) == ("disk-full", "sound"), "the sound has 190 kB"
    assert set(here.results()) == {"moderation", "verdict"}


def test_what_does_not_fit_the_disk_is_not_fetched(
    in_s3: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 99, 1))
    with pytest.raises(Failed) as raised:
        files.fetch(in_s3.source, tmp_path / "source")
    assert raised.value.code == "disk-full"
    assert not (tmp_path / "source").exists()


def test_s3_that_cannot_be_reached_breaks_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    for name, value in {**told, "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    files._s3.cache_clear()
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with pytest.raises(Failed, match="cannot be reached") as raised:
        files.fetch("s3://bucket/key", tmp_path / "source")
    files._s3.cache_clear()
    assert raised.value.code == "broken"


def test_what_breaks_for_no_known_reason_is_told_without_what_it_says(here: Program) -> None:
    (here.models / "broken.hear").touch()
    status, said = here.run()
    assert (status, here.failure()["code"]) == (1, "broken")
    assert "my secret" not in said, "the message of a library may hold what people said"


@pytest.mark.parametrize(
    ("method", "code", "parts"),
    [
        ("look", "memory", {"moderation": "memory"}),
        ("hear", "memory", dict.fromkeys(("transcript", "toxicity", "summary"), "memory")),
    ],
)
def test_out_of_memory_is_told(method: str, code: str, parts: dict[str, str], here: Program) -> None:
    (here.models / f"memory.{method}").touch()
    assert ended(here) == (
        code,
        {"step": "moderation" if method == "look" else "transcription", "code": code, "parts": parts},
    )


def test_ffmpeg_that_was_killed_ran_out_of_memory(here: Program, tmp_path: Path) -> None:
    killed = tmp_path / "ffmpeg"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o755)
    assert ended(here, RAPPORTEUR_JOB_FFMPEG=str(killed))[0] == "memory"


@pytest.mark.parametrize("kind", ["missing", "memory", "broken"])
def test_a_summary_that_fails_costs_nothing_else(kind: str, here: Program) -> None:
    (here.models / f"{kind}.sum_up").touch()
    status, said = here.run()
    code = {"missing": "models-missing", "memory": "memory", "broken": "broken"}[kind]
    assert status == 0
    assert here.failure() == {"step": "summary", "code": code, "parts": {"summary": code}}
    assert set(here.results()) == {"moderation", "verdict", "transcript", "toxicity"}
    assert "my secret" not in said, "the message of a library may hold what people said"


def test_without_models_for_speech_it_says_so(here: Program) -> None:
    (here.models / "missing.hear").touch()
    assert ended(here)[0] == "models-missing"


def test_a_module_of_models_that_is_not_there_is_missing(here: Program) -> None:
    assert ended(here, RAPPORTEUR_JOB_MODELS="tests.no_such_module")[0] == "models-missing"


@pytest.mark.parametrize(
    "change",
    [
        {"source": "http://somewhere.example/film.mp4"},
        {"source": "s3://bucket"},
        {"media": {"seconds": "6"}},
        {"media": {"seconds": float("nan"), "video_track": 1, "audio_track": 1}},
        {"media": {"seconds": 6, "video_track": 0, "audio_track": 1}},
        {"moderation": {"name": "x", "destination": "s3://b/k", "least_confidence": 0, "rule": {"confidence": 60}}},
        {"transcription": None},
        {"summary": "yes"},
        {"media": {"seconds": 10**400, "video_track": 1, "audio_track": 1}},
        {"name": "a\0b"},
        {"name": "a\ud800"},
        {"folder": "file:///x/%00/"},
    ],
)
def test_a_request_that_cannot_be_understood_is_told(change: dict[str, Any], here: Program) -> None:
    with pytest.raises(Failed) as raised:
        request.read(json.dumps(here.request(**change)))
    assert raised.value.code == "bad-request"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000, '{"a":' * 100_000, '{"folder": "file:///x/%00/"}']
)
def test_no_request_at_all_is_told(text: str, here: Program) -> None:
    with pytest.raises(Failed):
        request.read(text)
    assert request.folder_in(text) is None


def test_a_bad_request_ends_the_program_and_is_noted_where_it_can_be(here: Program) -> None:
    assert here.run(here.request(source="nowhere"))[0] == STATUS["bad-request"]
    assert here.failure() == {"step": "fetch", "code": "bad-request", "parts": {}}
    assert here.run("[" * 100_000)[0] == STATUS["bad-request"]


def test_a_setting_that_cannot_be_is_noted_too(here: Program) -> None:
    assert ended(here, RAPPORTEUR_JOB_FRAMES="many") == (
        "bad-request",
        {"step": "fetch", "code": "bad-request", "parts": {}},
    )


@pytest.mark.parametrize("wrong", ["/etc/passwd", "/etc", "/etc/passwd/ffmpeg", "/nowhere/ffmpeg"])
def test_what_is_no_program_is_a_missing_ffmpeg(wrong: str, film: Path, tmp_path: Path) -> None:
    with pytest.raises(Failed, match="RAPPORTEUR_JOB_FFMPEG") as raised:
        media.sound(wrong, film, tmp_path / "sound.wav", track=1, seconds=6.0, progress=lambda share: None)
    assert raised.value.code == "models-missing"


def test_it_ends_itself_when_it_takes_too_long(here: Program) -> None:
    (here.models / "hear").touch()
    code, noted = ended(here, here.request(moderation=None), RAPPORTEUR_JOB_SECONDS="1")
    assert code == "too-long"
    assert noted["parts"] == dict.fromkeys(("transcript", "toxicity", "summary"), "too-long")


def test_names_may_hold_anything(here: Program, film: Path, tmp_path: Path) -> None:
    odd = tmp_path / "100% d'été 'x' \"y\" $HOME;#?%d.mp4"
    shutil.copy(film, odd)
    here.source = odd.as_uri()
    here.prefix = (tmp_path / "r%20 #?é").as_uri() + "/"
    scratch = tmp_path / "scratch %d"
    scratch.mkdir()
    assert here.run(RAPPORTEUR_JOB_SCRATCH=str(scratch))[0] == 0
    assert len(here.results()) == 5


def test_keys_may_hold_anything(in_s3: Program, cloud: Cloud) -> None:
    key = "input/100% d'été? #x&y=1+2/recording"
    cloud.client("s3").copy_object(Bucket=BUCKET, Key=key, CopySource=in_s3.source.removeprefix("s3://"))
    in_s3.source = f"s3://{BUCKET}/{key}"
    in_s3.prefix += "é? #%20+/"
    assert in_s3.run()[0] == 0
    assert len(in_s3.results()) == 5


def test_a_playlist_reads_no_other_files(here: Program, film: Path, tmp_path: Path) -> None:
    playlist = tmp_path / "upload"
    playlist.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nhttp://127.0.0.1:9/{film.name}\n#EXT-X-ENDLIST\n"
    )
    here.source = playlist.as_uri()
    assert ended(here)[0] == "unreadable"


def test_the_second_track_is_heard_where_it_is_asked_for(here: Program, tmp_path: Path) -> None:
    two = tmp_path / "two.mkv"
    ffmpeg(
        *("-f", "lavfi", "-i", "sine=duration=1", "-f", "lavfi", "-i", "sine=duration=2"),
        *("-map", "0", "-map", "1", "-c:a", "flac", two),
    )
    here.source = two.as_uri()
    wanted = here.request(moderation=None, media={"seconds": 2.0, "video_track": None, "audio_track": 3})
    assert ended(here, wanted)[0] == "silent", "there are but two"
    wanted["media"]["audio_track"] = 2
    assert here.run(wanted)[0] == 0


def test_a_picture_is_looked_at_once(here: Program) -> None:
    here.source = (ROOT / "samples" / "picture.jpg").as_uri()
    media = {"seconds": 0.0, "video_track": None, "audio_track": None}
    wanted = here.request(media=media, transcription=None, toxicity=None, summary=None)
    assert here.run(wanted)[0] == 0
    assert json.loads(here.results()["verdict"])["Frames"] == 1


def test_a_long_transcript_is_summed_up_piece_by_piece(here: Program) -> None:
    files.write(here.at("transcript"), long_transcript(800))
    assert here.run(RAPPORTEUR_JOB_PIECE_BYTES="5000")[0] == 0
    assert here.calls.count("sum_up") > 3
    assert "hear" not in here.calls


def test_what_the_service_asks_for_is_understood() -> None:
    media = MediaInfo("mp4", 6.5, VideoStream(64, 48, 25.0, number=2), AudioStream("aac", 44100, 2, number=3))
    place = S3Object("outputs", "output/gpu/o/a/v1/")
    upload = S3Object("uploads", "input/o/a/recording")
    result = S3Object("outputs", "output/jobs/transcript/o/a/v1/transcript.json")
    spoken = TranscriptionJob("o.a.v1.transcript", upload, result, "fr-FR", terms=("Kowalczyk", "Zürich"))
    job = RunJob(
        "o.a.v1.gpu",
        upload,
        media,
        place,
        transcription=spoken,
        summary=MadePart("o.a.v1.summary", S3Object("outputs", "output/jobs/summary/o/a/v1/summary.json")),
    )
    read = request.read(json.dumps(job.to_json()))
    assert (read.seconds, read.video_track, read.audio_track) == (6.5, 2, 3)
    assert read.transcription is not None
    assert read.transcription.language == "fr-FR"
    assert read.transcription.terms == ("Kowalczyk", "Zürich")
    assert list(read.parts) == ["transcript", "summary"]
    assert read.folder == "s3://outputs/output/gpu/o/a/v1/"
