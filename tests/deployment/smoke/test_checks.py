"""What a smoke test takes for wrong, and in which words it says so."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chalicelib.speech.captions import cues, to_srt, to_webvtt
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import Segment, Transcript
from deployment.smoke import checks
from deployment.smoke.checks import Answer, File
from deployment.smoke.media import Film
from tests.harness.fakes import WORDS
from tests.harness.media import make_audio, make_video

REGION = "eu-central-1"
TRANSCRIPT = Transcript((Segment(tuple(WORDS[:3])), Segment(tuple(WORDS[3:]))), "en-US")
ASSET: Mapping[str, Any] = {
    "file_name": "talk.mp4",
    "status": "completed",
    "kind": "video",
    "branches": {"renditions": {"status": "done"}, "speech": {"status": "done"}},
    "renditions": [{"preset": "web", "width": 160, "height": 90, "duration": 2.0}],
}


@pytest.mark.parametrize(
    ("url", "is_regional"),
    [
        ("https://b.s3.eu-central-1.amazonaws.com/key", True),
        ("https://s3.eu-central-1.amazonaws.com/b/key", True),
        ("https://b.s3.amazonaws.com/key", False),
        ("https://b.s3.us-east-1.amazonaws.com/key", False),
        ("https://b.s3.eu-central-1.amazonaws.com.evil.example/key", False),
    ],
)
def test_an_address_leads_to_the_region_itself(url: str, is_regional: bool) -> None:
    faults = checks.address(url, REGION, "to upload to")
    assert faults == [] or ("S3 answers 307" in faults[0] and "addressing_style" in faults[0])
    assert (faults == []) is is_regional


def test_a_signature_is_one_of_version_4() -> None:
    assert checks.signature({"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "policy": "…"}, "the form") == []
    assert "Signature Version 4" in checks.signature({"AWSAccessKeyId": "…", "signature": "…"}, "the form")[0]
    v4 = "https://b.s3.eu-central-1.amazonaws.com/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=1"
    assert checks.signed_address(v4, REGION, "of it") == []
    assert len(checks.signed_address("https://b.s3.amazonaws.com/key?Signature=1&Expires=2", REGION, "of it")) == 2


def test_a_redirect_is_told_with_what_it_means() -> None:
    moved = Answer(307, {"location": "https://b.s3.eu-central-1.amazonaws.com/"})
    for faults in (
        checks.stored(moved, "the upload", "b"),
        checks.preflight(moved, "the upload", "b"),
        checks.fetched(moved, "web.mp4", "b"),
    ):
        assert "with 307 to https://b.s3.eu-central-1.amazonaws.com/" in faults[0]
        assert "younger than its name is known" in faults[0]


def test_a_refusal_names_the_leave_that_is_missing() -> None:
    refused = Answer(403, {}, b"<Error><Code>AccessDenied</Code></Error>")
    assert "403 AccessDenied" in checks.stored(refused, "the upload", "b")[0]
    assert "s3:PutObject on b" in checks.stored(refused, "the upload", "b")[0]
    assert "s3:GetObject on b" in checks.fetched(refused, "web.mp4", "b")[0]
    assert "CorsConfiguration" in checks.preflight(refused, "the upload", "b")[0]
    allowed = {"access-control-allow-origin": "*"}
    assert checks.preflight(Answer(200, allowed), "the upload", "b") == []
    assert checks.stored(Answer(204, {}), "the upload", "b") == []
    assert checks.unknown_route(Answer(403, allowed)) == []
    assert "deployment/after.py" in checks.unknown_route(Answer(403, {}))[0]


def test_an_answer_of_the_api_is_told_with_its_reason_and_where_to_look() -> None:
    told = json.dumps({"code": "broken", "detail": "Something broke here."}).encode()
    (fault,) = checks.answered(Answer(500, {}, told), 200, "GET /me", "/aws/lambda/rapporteur-dev")
    assert (
        fault
        == "The API answered GET /me with 500 Something broke here. Look at the log group /aws/lambda/rapporteur-dev."
    )
    for body in (b"", b"<html>", b"[]", b'{"message": "Internal server error"}'):
        assert checks.answered(Answer(502, {}, body), 200, "GET /me", "log")


def test_every_branch_that_did_not_work_is_told() -> None:
    assert checks.ended_well(ASSET) == []
    failed = {"status": "failed", "error": {"code": "x", "message": "Transcribe refused it."}}
    asset = {**ASSET, "status": "failed", "branches": {"speech": failed, "language": {"status": "skipped"}}}
    assert checks.ended_well(asset) == [
        "talk.mp4 was failed.",
        "talk.mp4: the branch speech is failed. Transcribe refused it.",
        "talk.mp4: the branch language is skipped.",
    ]


def test_a_result_that_is_not_listed_is_named() -> None:
    everything = {"web.mp4", "phone.mp4", "audio.mp3", "preview.gif", "transcript.json", "transcript.txt"}
    everything |= {"captions.srt", "captions.vtt", "analysis.json", "report.html"}
    assert checks.all_there(ASSET, everything, has_summarizer=False) == []
    (fault,) = checks.all_there(ASSET, everything, has_summarizer=True)
    assert "no summary.txt" in fault
    large, small = Film(1920, 1080, 60.0, has_sound=True), Film(1280, 720, 60.0, has_sound=True)
    (fault,) = checks.all_there(ASSET, everything - {"phone.mp4"}, has_summarizer=False, source=large)
    assert "no phone.mp4" in fault
    assert "on_job_event" in fault
    assert checks.all_there(ASSET, everything - {"phone.mp4"}, has_summarizer=False, source=small) == []
    sound = {**ASSET, "kind": "audio"}
    assert checks.all_there(sound, everything - {"web.mp4", "phone.mp4", "preview.gif"}, has_summarizer=False) == []


def looked(name: str, body: bytes, source: Film | None = None, size: int | None = None) -> list[str]:
    return checks.as_promised(File(name, len(body) if size is None else size, body), ASSET, source)


def test_a_rendition_has_the_size_the_length_and_the_sound_that_were_promised(tmp_path: Path) -> None:
    body = make_video(tmp_path / "a.mp4", size=(160, 90)).read_bytes()
    assert looked("web.mp4", body, Film(1280, 720, 2.0, True)) == []
    assert (
        "160x90: another shape than its recording, which is 720x1280"
        in looked("web.mp4", body, Film(720, 1280, 2.0, True))[0]
    )
    assert "its recording 88.0 s" in looked("web.mp4", body, Film(1280, 720, 88.0, True))[0]
    assert "not the 7 that the API tells" in looked("web.mp4", body, size=7)[0]
    assert looked("web.mp4", b"") == ["web.mp4 of talk.mp4 is empty."]
    assert "cannot be read: it is no MP4" in looked("web.mp4", b"media")[0]
    other = make_video(tmp_path / "b.mp4", size=(320, 180), sound=False).read_bytes()
    assert [fault.partition("talk.mp4 ")[2] for fault in looked("web.mp4", other, Film(1280, 720, 2.0, True))] == [
        "has no sound, its recording has.",
        "is 320x180, not the 160x90 that the API tells.",
    ]


def test_silence_is_no_speech(tmp_path: Path) -> None:
    silence = make_audio(tmp_path / "a.wav", source="anullsrc=sample_rate=16000:channel_layout=mono", rate=16_000)
    (fault,) = looked("speech.wav", silence.read_bytes())
    assert fault == "speech.wav of talk.mp4 is silent."
    assert "RemixSettings" in checks.heard_on_the_right([fault])[0]
    assert checks.heard_on_the_right(["web.mp4 of talk.mp4 is empty."]) == []


def document(words: list[Any]) -> bytes:
    return json.dumps(transcribe_document("job", words, "en-US")).encode()


def test_texts_are_read_and_not_only_counted() -> None:
    assert looked("transcript.json", document(WORDS)) == []
    assert looked("transcript.json", document([])) == ["transcript.json of talk.mp4 has no words."]
    assert "cannot be read" in looked("transcript.json", b"<html>")[0]
    assert looked("captions.srt", to_srt(cues(TRANSCRIPT)).encode()) == []
    assert looked("captions.vtt", to_webvtt(cues(TRANSCRIPT)).encode()) == []
    assert looked("captions.vtt", to_srt(cues(TRANSCRIPT)).encode()) == ["captions.vtt of talk.mp4 is no WebVTT."]
    assert looked("captions.srt", b"nothing") == ["captions.srt of talk.mp4 has no captions."]
    backwards = b"1\n00:00:05,000 --> 00:00:04,000\nBuses\n"
    assert "out of order" in looked("captions.srt", backwards)[0]
    assert looked("summary.txt", b" \n") == ["summary.txt of talk.mp4 has no text."]
    assert "is no whole page" in looked("report.html", b"<html><body>")[0]
    assert "cannot be read" in looked("analysis.json", b"{}")[0]


@pytest.mark.parametrize(
    ("status", "location", "reason"),
    [
        (302, "/login?client_id=x", None),
        (302, "https://x.auth.us-east-1.amazoncognito.com/login?client_id=x", None),
        (302, "/error?error=redirect_mismatch&client_id=x", "redirect_mismatch"),
        (302, "https://pages/?error_description=invalid_scope&error=invalid_request", "invalid_scope"),
        (404, "", "404"),
        (200, "", "200"),
    ],
)
def test_whoever_is_sent_to_sign_in_gets_there(status: int, location: str, reason: str | None) -> None:
    faults = checks.sign_in_pages(Answer(status, {"location": location} if location else {}))
    assert [reason in fault for fault in faults if reason] == ([] if reason is None else [True])
