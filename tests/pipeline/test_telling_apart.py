"""Between the words and what is made of them: speakers, where the transcriber gives none."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, BranchStatus, Status
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.message import Message
from chalicelib.pipeline import begin, cancel
from chalicelib.seams.jobs import JobOutcome, UnderWay
from chalicelib.seams.speakers import SPEAKERS
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript, transcribe_document
from chalicelib.speech.transcripts import Transcript
from tests.harness.fakes import WORDS
from tests.harness.service import DIARIZER, Service, running_service


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(**DIARIZER) as running:
        yield running


def transcript(service: Service, asset: Asset) -> Transcript:
    run = service.asset(asset.ref).run
    return load_transcript(
        service.services.outputs.read(keys.file_key(run, TRANSCRIPT.folder, keys.TRANSCRIPT_NAME)) or b""
    )


def file(service: Service, asset: Asset, ending: str) -> str:
    run = service.asset(asset.ref).run
    return service.services.outputs.read_text(keys.file_key(run, CAPTIONS.folder, f"captions{ending}")) or ""


def uploaded_until_voices_are_asked_for(service: Service) -> Asset:
    asset = service.upload()
    while "diarize" not in service.cloud.calls:
        if not service.pump.step():
            service.cloud.finish_all()
    return asset


def test_speakers_reach_everything_that_is_made(service: Service) -> None:
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).status is Status.COMPLETED
    found = transcript(service, asset)
    assert [(segment.speaker, segment.text) for segment in found.segments] == [
        ("spk_0", "Buses are wonderful."),
        ("spk_1", "Nobody hates them."),
    ]
    assert "Speaker 1: Buses are" in file(service, asset, ".txt")
    assert "<v Speaker 2>" in file(service, asset, ".vtt")
    assert "\n- Nobody hates them." in file(service, asset, ".srt")
    assert service.cloud.calls.count("diarize") == 1
    assert service.asset(asset.ref).notes == ()


def test_what_the_transcriber_tells_stands(service: Service) -> None:
    words = [replace(word, speaker="Ada") for word in WORDS]
    service.cloud.document = transcribe_document("job", words, "en-US")
    asset = service.upload()
    service.settle()
    assert transcript(service, asset).speakers == ("Ada",)
    assert "diarize" not in service.cloud.calls


@pytest.mark.parametrize("words", [[], WORDS])
def test_where_one_person_speaks_or_nobody_there_is_nothing_to_tell(service: Service, words: list[Any]) -> None:
    service.cloud.words = words
    service.upload(speakers=1 if words else None)
    service.settle()
    assert "diarize" not in service.cloud.calls


def test_how_many_speak_is_handed_on(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    start = service.services.engine(SPEAKERS).start  # type: ignore[union-attr]
    monkeypatch.setattr(
        service.services.engine(SPEAKERS), "start", lambda job: (asked.append(job.speakers), start(job))[1]
    )
    service.upload(speakers=3)
    service.settle()
    assert asked == [3]


def test_a_failure_costs_the_speakers_and_nothing_else(service: Service) -> None:
    service.cloud.failing["speakers"] = Message("model", "There is no model.")
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert {state.status for state in ended.branches.values()} == {BranchStatus.DONE}
    assert [str(note) for note in ended.notes] == ["The speakers were not told apart: There is no model."]
    assert transcript(service, asset).speakers == ()


def test_an_engine_that_refuses_costs_no_more(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(job: object) -> None:
        raise EngineFailed(Message("no-recording", "The recording is no longer there."))

    monkeypatch.setattr(service.services.engine(SPEAKERS), "start", refuse)
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).branches["language"].status is BranchStatus.DONE
    assert [str(note) for note in service.asset(asset.ref).notes] == [
        "The speakers were not told apart: The recording is no longer there."
    ]


def test_an_engine_without_room_is_asked_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [EngineBusy(), EngineBusy()]
    start = service.services.engine(SPEAKERS).start  # type: ignore[union-attr]

    def busy_twice(job: Any) -> object:
        if refusals:
            raise refusals.pop()
        return start(job)

    monkeypatch.setattr(service.services.engine(SPEAKERS), "start", busy_twice)
    asset = service.upload()
    service.settle()
    assert transcript(service, asset).speakers == ("spk_0", "spk_1")


def test_what_was_found_and_is_gone_is_a_failure(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.services.engine(SPEAKERS), "start", lambda job: JobOutcome(job.name))
    asset = service.upload()
    service.settle()
    (note,) = service.asset(asset.ref).notes
    assert "no longer stored" in str(note)


def test_a_job_that_still_runs_is_not_stuck(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(service.services.engine(SPEAKERS), "start", lambda job: asked.append(job) or UnderWay.UNDER_WAY)
    asset = service.upload()
    service.settle()
    service.later(40)
    assert service.asset(asset.ref).status is Status.PROCESSING
    assert len(asked) > 1


def test_a_late_failure_of_a_finished_run_changes_nothing(service: Service) -> None:
    asset = service.upload()
    service.settle()
    name = keys.job_name(service.asset(asset.ref).run, keys.Task.SPEAKERS)
    service.cloud.announce(JobOutcome(name, failure=Message("late", "Late.")))
    service.settle()
    assert transcript(service, asset).speakers == ("spk_0", "spk_1")
    assert service.asset(asset.ref).notes == ()


def test_a_run_that_is_cancelled_stops_its_job(service: Service) -> None:
    asset = uploaded_until_voices_are_asked_for(service)
    cancel.cancel(service.asset(asset.ref), service.services)
    job = service.cloud.jobs[keys.job_name(service.asset(asset.ref).run, keys.Task.SPEAKERS)]
    assert job.outcome is not None
    assert job.outcome.failure is not None
    service.settle()


def test_started_again_it_goes_on_from_the_words(service: Service) -> None:
    asset = uploaded_until_voices_are_asked_for(service)
    begin.resume(service.asset(asset.ref), service.services)
    service.settle()
    assert service.cloud.calls.count("transcribe") == 1
    assert transcript(service, asset).speakers == ("spk_0", "spk_1")


def test_turns_that_cannot_be_read_cost_the_speakers_only(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave_rubbish(job: Any) -> None:
        service.services.aws.s3.put_object(Bucket=job.destination.bucket, Key=job.destination.key, Body=b"{")

    monkeypatch.setattr(service.services.engine(SPEAKERS), "start", leave_rubbish)
    asset = service.upload()
    service.settle()
    (note,) = service.asset(asset.ref).notes
    assert "could not be read" in str(note)
    assert json.dumps([segment.text for segment in transcript(service, asset).segments])
