"""What becomes of a recording: the usual way, and what happens when something on it does not work."""

import json

import boto3
import pytest

from chalicelib.domain import keys
from chalicelib.domain.assets import BranchStatus, ReportState, RunRef, Status
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
from chalicelib.errors import EngineError, MediaRejected
from chalicelib.message import Message
from chalicelib.pipeline import language
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from tests.harness.fakes import FOREIGN
from tests.harness.service import OWNER, Service


def text_of(mails: list[bytes]) -> str:
    import email
    from email.policy import default

    (mail,) = mails
    body = email.message_from_bytes(mail, policy=default).get_body(("plain",))
    assert body is not None
    return body.get_content()


def test_a_recording_ends_completed_and_reported_with_every_track(service: Service) -> None:
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.COMPLETED
    assert {state.status for state in ended.branches.values()} == {BranchStatus.DONE}
    assert ended.report is ReportState.DELIVERED
    assert {track["track"] for track in service.services.store.tracks(asset.ref)} == {
        "transcript",
        "captions",
        "analysis",
        "summary",
    }
    for track in service.services.store.tracks(asset.ref):
        assert json.loads(service.services.outputs.read(track["JsonFile"]) or b"") is not None
        assert track["started_at"] <= track["ended_at"]
    assert [found.ref for found in service.services.store.of_owner(OWNER)] == [asset.ref]
    assert len(service.mails(asset)) == 1


def test_an_owners_list_is_newest_first_and_shows_nobody_elses(service: Service) -> None:
    first = service.announce("a.mp4")
    service.clock.shift(1)
    second = service.announce("b.mp4")
    service.announce("c.mp4", owner="owner-2")
    assert [asset.ref for asset in service.services.store.of_owner(OWNER)] == [second.ref, first.ref]


def test_a_failed_rendition_costs_nothing_else_and_is_named(service: Service) -> None:
    service.cloud.failing["renditions"] = Message("codec", "The picture cannot be decoded.")
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.COMPLETED
    assert ended.branches["renditions"].status is BranchStatus.FAILED
    assert ended.branches["language"].status is BranchStatus.DONE
    text = text_of(service.mails(asset))
    assert "The picture cannot be decoded." in " ".join(text.split())  # lines are broken
    assert "Buses are wonderful." in text


def test_a_failed_analysis_leaves_the_transcript_stored_and_mailed(service: Service) -> None:
    service.cloud.failing["analyze"] = Message("quota", "The analysis is not allowed here.")
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.COMPLETED
    assert ended.branches["language"].status is BranchStatus.FAILED
    assert ended.branches["speech"].status is BranchStatus.DONE
    text = text_of(service.mails(asset))
    assert "The analysis is not allowed here." in " ".join(text.split())  # lines are broken
    assert "Buses are wonderful." in text


def test_a_failed_transcription_leaves_the_renditions(service: Service) -> None:
    service.cloud.failing["transcript"] = Message("model", "The model is missing.")
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.COMPLETED
    assert len(ended.renditions) == 4
    assert ended.branches["language"].status is BranchStatus.SKIPPED
    assert "The model is missing." in text_of(service.mails(asset))


def test_sound_that_cannot_be_extracted_fails_speech_only(service: Service) -> None:
    service.cloud.failing["audio"] = Message("codec", "The sound cannot be decoded.")
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).branches["speech"].failure == Message("codec", "The sound cannot be decoded.")
    assert service.asset(asset.ref).branches["renditions"].status is BranchStatus.DONE


def test_when_nothing_works_the_asset_has_failed_and_its_owner_is_told(service: Service) -> None:
    for task in ("renditions", "audio"):
        service.cloud.failing[task] = Message("codec", "It cannot be decoded.")
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).status is Status.FAILED
    assert "It cannot be decoded." in text_of(service.mails(asset))


def test_a_failed_summary_is_only_a_note(service: Service) -> None:
    service.cloud.failing["summarize"] = Message("access", "No access to the model.")
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).branches["language"].status is BranchStatus.DONE
    (note,) = service.asset(asset.ref).notes
    assert str(note) == "There is no summary: No access to the model."


def test_a_note_that_two_jobs_have_is_told_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    failure = Message("access", "No access to the model.")
    note = language._NO_SUMMARY.of(reason=failure)
    monkeypatch.setattr("chalicelib.pipeline.plan.notes_for", lambda *_: [note])
    service.cloud.failing["summarize"] = failure
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).notes == (note,)


def test_a_transcript_that_is_none_fails_speech_and_is_kept(service: Service) -> None:
    service.cloud.document = {"results": "what?"}
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.branches["speech"].status is BranchStatus.FAILED
    assert ended.status is Status.COMPLETED
    assert service.services.outputs.info(TRANSCRIPT.key(ended))
    assert len(service.mails(asset)) == 1


def test_a_rejected_file_is_told_to_its_owner_and_starts_nothing(service: Service) -> None:
    service.cloud.media = MediaRejected(Message("unreadable", "This is not a recording."))
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.REJECTED
    assert ended.failure == Message("unreadable", "This is not a recording.")
    assert service.cloud.calls == ["probe"]
    assert "This is not a recording." in text_of(service.mails(asset))


def test_a_silent_video_gets_renditions_and_is_told_so(service: Service) -> None:
    service.cloud.media = MediaInfo("mp4", 60.0, VideoStream(640, 360, 25.0), None)
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.COMPLETED
    assert ended.branches["speech"].status is BranchStatus.SKIPPED
    assert [ended.branches["speech"].failure] == list(ended.notes), "it is one reason, told in one way"
    assert "no sound" in text_of(service.mails(asset))
    empty = service.services.outputs.read_text(CAPTIONS.key(ended, "vtt"))
    assert empty is not None
    assert empty.strip() == "WEBVTT"


def test_silence_gives_an_empty_transcript_and_says_so(service: Service) -> None:
    service.cloud.words = []
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.COMPLETED
    assert ended.branches["language"].status is BranchStatus.SKIPPED
    assert "No speech was heard" in text_of(service.mails(asset))


def test_a_wav_fit_for_speech_is_not_transcoded_again(service: Service) -> None:
    service.cloud.media = MediaInfo("wav", 60.0, None, AudioStream("pcm_s16le", 16_000, 1))
    asset = service.upload("talk.wav", presets=("audio",))
    service.settle()
    assert service.asset(asset.ref).status is Status.COMPLETED
    assert "transcode.audio" not in service.cloud.calls


def test_new_content_under_the_same_key_makes_a_new_version_beside_the_old(service: Service) -> None:
    asset = service.upload(body=b"first")
    service.settle()
    first = service.asset(asset.ref)
    service.put(asset, b"second")
    service.settle()
    second = service.asset(asset.ref)
    assert (first.version, second.version) == (1, 2)
    assert second.status is Status.COMPLETED
    for version in (first, second):
        assert service.services.outputs.info(TRANSCRIPT.key(version))
    assert {track["version"] for track in service.services.store.tracks(asset.ref)} == {1, 2}
    assert len(service.mails(asset)) == 1


def test_new_content_in_the_middle_of_a_run_supersedes_it(service: Service) -> None:
    asset = service.upload(body=b"first")
    while not service.cloud.running():
        service.pump.step()
    service.put(asset, b"second")
    service.settle()
    ended = service.asset(asset.ref)
    assert (ended.version, ended.status) == (2, Status.COMPLETED)
    assert len(service.mails(asset)) == 1
    assert service.runtime.mail_about(keys.job_name(RunRef(asset.ref, 1), keys.Task.REPORT)) == []


def test_the_same_content_again_starts_nothing(service: Service) -> None:
    asset = service.upload()
    service.settle()
    calls = list(service.cloud.calls)
    service.put(asset)
    service.settle()
    assert service.cloud.calls == calls
    assert len(service.mails(asset)) == 1


def test_poison_ends_in_the_dead_letter_queue_and_the_asset_as_failed(service: Service) -> None:
    service.cloud.breaking.add("probe")
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.FAILED
    assert "broke down" in text_of(service.mails(asset))
    (letter,) = service.dead_letters("intake")
    assert asset.ref.asset_id in letter


@pytest.mark.parametrize(
    ("call", "broken", "whole"),
    [
        ("transcode.renditions", "renditions", "language"),
        ("transcode.audio", "speech", "renditions"),
    ],
)
def test_a_branch_that_breaks_at_its_start_costs_no_other(service: Service, call: str, broken: str, whole: str) -> None:
    service.cloud.breaking.add(call)
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.COMPLETED
    assert ended.branches[broken].status is BranchStatus.FAILED
    assert ended.branches[whole].status is BranchStatus.DONE
    assert "broke down" in text_of(service.mails(asset))
    assert len(service.dead_letters("intake")) == 1


def test_a_poisonous_analysis_costs_only_the_analysis(service: Service) -> None:
    service.cloud.breaking.add("analyze")
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.COMPLETED
    assert ended.branches["language"].status is BranchStatus.FAILED
    assert "Buses are wonderful." in text_of(service.mails(asset))
    assert len(service.dead_letters("analysis")) == 1


@pytest.mark.parametrize("body", ["", "nonsense", "[]", "{}", '{"owner": "../x", "asset": "y", "version": 1}'])
def test_garbage_in_a_queue_ends_in_its_dead_letter_queue_and_harms_nothing(service: Service, body: str) -> None:
    if body:
        boto3.client("sqs").send_message(QueueUrl=service.services.settings.intake_queue_url, MessageBody=body)
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).status is Status.COMPLETED
    assert service.dead_letters("intake") == ([body] if body else [])


def test_an_object_that_nobody_announced_is_left_alone(service: Service) -> None:
    s3 = boto3.client("s3")
    for key in ("input/x", "input/owner-1/0123456789abcdef/x.mp4", "input/a/b/c/d.mp4", "input/../x/y.mp4"):
        s3.put_object(Bucket=service.services.settings.uploads_bucket, Key=key, Body=b"?")
    service.settle()
    assert list(service.services.store.of_owner(OWNER)) == []
    assert service.pump.dropped == []


def test_no_mail_without_an_address_but_the_report_is_stored(service: Service) -> None:
    asset = service.upload(email=None)
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.report is ReportState.UNADDRESSED
    assert service.mails(asset) == []
    assert service.services.outputs.info(keys.output_key(ended, keys.Folder.REPORT, ".html"))


def test_a_summary_that_breaks_down_each_time_costs_itself_only(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(transcript: object) -> None:
        raise EngineError(Message("no-answer", "The model that sums up does not answer."))

    monkeypatch.setattr(service.services.engine(SUMMARIZING), "summarize", broken)
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.branches["language"].status is BranchStatus.DONE
    assert ended.mood == "POSITIVE"
    assert [note.code for note in ended.notes] == ["summary-broke"]
    assert service.cloud.calls.count("analyze") == 1
    assert "There is no summary" in text_of(service.mails(asset))


def test_a_language_that_is_not_analysed_is_nobodys_failure(service: Service) -> None:
    service.cloud.failing["analyze"] = FOREIGN
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.branches["language"].status is BranchStatus.SKIPPED
    assert ended.failures == {}
    assert ended.notes == (FOREIGN,)
