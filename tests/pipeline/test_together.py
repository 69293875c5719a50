"""One job does several things for a run: each branch goes on by its part, and none pays for another's failure."""

import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import boto3
import pytest

from chalicelib.accounts.queue import AccountTask, send
from chalicelib.domain import files, keys
from chalicelib.domain.accounts import Export
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import TOOK_TOO_LONG, Asset, AssetRef, BranchStatus, ReportState, Status
from chalicelib.domain.media import MediaInfo, Picture
from chalicelib.domain.moderation import Decision
from chalicelib.errors import EngineFailed
from chalicelib.message import Message
from chalicelib.pipeline import books, estimates, hold, jobs
from chalicelib.pipeline.branches import progress_of
from chalicelib.pipeline.cancel import cancel
from chalicelib.pipeline.erase import erase
from chalicelib.pipeline.retry import retry
from chalicelib.seams.jobs import JobOutcome
from chalicelib.seams.registry import SEAMS
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.vision import Looking
from chalicelib.speech.tracks import ANALYSIS, SUMMARY, TOXICITY, TRANSCRIPT
from chalicelib.vision.detections import Detection
from chalicelib.vision.tracks import OF_DETECTION
from tests.harness.fakes import LOST, VIDEO, SharedJob, client
from tests.harness.service import DIARIZER, OWNER, READER, SHARED, VISION, Service, running_service
from tests.pipeline.test_documents import BLOCKS
from tests.pipeline.test_sweep import lose_everything_on_its_way

EVERYTHING = AiOptions(moderation=True, toxicity=True)
PARTS = ("moderation", "transcript", "toxicity", "summary")
FOLDERS = ("jobs/moderation", "jobs/transcript", "jobs/toxicity", "jobs/summary", keys.Folder.RUN_JOB)
BROKEN = Message("model", "No model.")


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(**SHARED, **DIARIZER, **READER) as running:
        running.settle()
        yield running


def carried(service: Service) -> None:
    """All that is on its way arrives; no job goes on meanwhile."""
    while service.pump.step():
        pass


def begun(service: Service, ai: AiOptions = EVERYTHING, **options: Any) -> tuple[Asset, SharedJob]:
    """A recording whose jobs have all been started, and the one of these that is shared."""
    asset = service.upload(ai=ai, **options)
    carried(service)
    for job in service.cloud.running():
        if job.name not in service.cloud.shared:
            job.end()
    carried(service)
    return service.asset(asset.ref), job_of(service, asset)


def job_of(service: Service, asset: Asset) -> SharedJob:
    return service.cloud.shared[keys.job_name(service.asset(asset.ref).run, "gpu")]


def ended(service: Service, asset: Asset) -> Asset:
    service.settle()
    return service.asset(asset.ref)


def statuses(asset: Asset) -> dict[str, str]:
    return {name: state.status.value for name, state in asset.branches.items()}


ALL_DONE = dict.fromkeys(("renditions", "speech", "vision", "language"), "done")


def noted(asset: Asset, code: str) -> list[str]:
    return [str(note) for note in asset.notes if note.code == code]


def stored(service: Service, key: str) -> Any:
    found = service.services.outputs.read(key)
    return None if found is None else json.loads(found)


def test_one_start_is_enough_for_all_branches(service: Service) -> None:
    asset, shared = begun(service)
    assert shared.wanted == [*PARTS]
    assert [name for name in service.cloud.jobs if name.endswith((".gpu", ".audio", ".speakers"))] == [shared.job.name]
    assert shared.job.source == service.services.uploads.at(asset.input_key)
    asset = ended(service, asset)
    assert statuses(asset) == ALL_DONE
    assert asset.notes == ()
    assert service.cloud.calls.count("analyze") == 1
    assert stored(service, SUMMARY.key(asset))["Summary"] == "Buses are wonderful."
    assert stored(service, TOXICITY.key(asset))["passages"][0]["label"] == "insult"
    assert stored(service, OF_DETECTION[Detection.MODERATION].key(asset)) == {"passages": []}
    tracks = {track["track"] for track in service.services.store.tracks(asset.ref)}
    assert {"transcript", "captions", "analysis", "summary", "toxicity", "moderation", "vision"} <= tracks
    assert len(service.mails(asset)) == 1


@pytest.mark.exhaustive
def test_parts_may_come_in_any_order(service: Service) -> None:
    expected = service.snapshot(ended(service, begun(service)[0]).ref)
    for order in itertools.permutations(PARTS):
        asset, shared = begun(service)
        for part in order:
            shared.leave(part)
            carried(service)
        asset = ended(service, asset)
        assert service.snapshot(asset.ref) == expected, order
        assert service.cloud.calls.count("analyze") == len(service.cloud.shared)


@pytest.mark.exhaustive
def test_what_tells_of_them_and_of_the_end_may_come_in_any_order(service: Service) -> None:
    expected = service.snapshot(ended(service, begun(service)[0]).ref)
    for order in itertools.islice(itertools.permutations(range(len(PARTS) + 1)), 0, None, 7):
        asset, shared = begun(service)
        while not shared.has_ended:
            shared.step()
        service.pump.collect()
        told = list(service.pump.pending)
        assert len(told) == len(order)
        for number in order:
            service.pump.deliver(told[number])
        asset = ended(service, asset)
        assert service.snapshot(asset.ref) == expected, order


def test_a_summary_that_is_there_first_is_taken_when_its_turn_has_come(service: Service) -> None:
    asset, shared = begun(service)
    shared.leave("summary")
    carried(service)
    assert statuses(service.asset(asset.ref))["language"] == "open"
    assert service.cloud.calls.count("analyze") == 0
    assert statuses(ended(service, asset)) == ALL_DONE


def test_what_is_not_wanted_is_no_part_of_it(service: Service) -> None:
    _, shared = begun(service, AiOptions())
    assert shared.wanted == ["transcript", "summary"]
    service.settle()
    asset, shared = begun(service, AiOptions(moderation=True, transcribe=False))
    assert shared.wanted == ["moderation"]
    asset = ended(service, asset)
    assert statuses(asset) == {"renditions": "done", "speech": "skipped", "vision": "done", "language": "skipped"}


def test_without_sound_only_the_picture_is_looked_at(service: Service) -> None:
    service.cloud.media = replace(VIDEO, audio=None)
    asset, shared = begun(service)
    assert shared.wanted == ["moderation"]
    asset = ended(service, asset)
    assert statuses(asset) == {"renditions": "done", "speech": "skipped", "vision": "done", "language": "skipped"}


def test_a_picture_is_looked_at(service: Service) -> None:
    service.cloud.media = MediaInfo("jpeg", 0.0, picture=Picture(800, 600))
    asset, shared = begun(service, presets=())
    assert shared.wanted == ["moderation"]
    assert shared.job.moderation is not None
    assert shared.job.moderation.looking is Looking.PICTURE
    assert statuses(ended(service, asset))["vision"] == "done"


def test_a_document_is_summed_up_by_the_engine_itself(service: Service) -> None:
    service.cloud.media, service.cloud.blocks = MediaInfo("pdf", 0.0, pages=2), list(BLOCKS)
    asset = ended(service, service.upload(ai=AiOptions(toxicity=True)))
    assert service.cloud.shared == {}
    assert {"summarize", "detect"} <= set(service.cloud.calls)
    assert statuses(asset) == {"document": "done", "language": "done"}
    assert stored(service, TOXICITY.key(asset)) == {"passages": []}
    service.cloud.failing["summarize"] = BROKEN
    asset = ended(service, service.upload())
    assert statuses(asset) == {"document": "done", "language": "done"}
    assert noted(asset, "no-summary") == ["There is no summary: No model."]


def test_whoever_sums_up_beside_another_transcriber_is_asked_by_itself() -> None:
    with running_service(SUMMARIZER=SHARED["SUMMARIZER"], TOXICITY_DETECTOR=SHARED["SUMMARIZER"]) as service:
        asset = ended(service, service.upload(ai=AiOptions(toxicity=True)))
        assert service.cloud.shared == {}
        assert {"summarize", "detect"} <= set(service.cloud.calls)
        assert asset.branches["language"].status is BranchStatus.DONE
        cancel(asset, service.services)


def test_another_engine_may_sum_up_what_the_job_has_heard() -> None:
    with running_service(TRANSCRIBER=SHARED["TRANSCRIBER"]) as service:
        asset = ended(service, service.upload())
        (shared,) = service.cloud.shared.values()
        assert shared.wanted == ["transcript"]
        assert service.cloud.calls.count("summarize") == 1
        assert asset.branches["language"].status is BranchStatus.DONE


def test_stills_are_not_taken_for_what_the_job_looks_at(service: Service) -> None:
    asset, shared = begun(service, replace(EVERYTHING, framebased=True, frame_capture_mode=1))
    assert shared.job.moderation is not None
    assert shared.job.moderation.looking is Looking.FILM
    assert not [name for name in service.cloud.jobs if name.endswith(".frames")]
    assert statuses(ended(service, asset))["vision"] == "done"


# ---- what fails


@pytest.mark.parametrize(
    ("part", "code", "note"),
    [
        ("summary", "no-summary", "There is no summary: No model."),
        ("toxicity", "no-toxicity", "Hurtful words were not looked for: No model."),
    ],
)
def test_a_part_that_is_missing_is_a_note_and_costs_nothing_else(
    service: Service, part: str, code: str, note: str
) -> None:
    service.cloud.failing[part] = BROKEN
    asset = ended(service, begun(service)[0])
    assert statuses(asset) == ALL_DONE
    assert [str(one) for one in asset.notes] == [note]
    assert noted(asset, code) == [note]
    assert stored(service, ANALYSIS.key(asset))
    assert (stored(service, SUMMARY.key(asset)) is None) is (part == "summary")
    assert (stored(service, TOXICITY.key(asset)) is None) is (part == "toxicity")


@pytest.mark.parametrize("part", ["summary", "toxicity"])
def test_a_part_that_cannot_be_read_is_a_note(service: Service, part: str) -> None:
    service.cloud.unreadable.add(part)
    asset = ended(service, begun(service)[0])
    assert statuses(asset) == ALL_DONE
    assert noted(asset, f"no-{part}")[0].endswith("What the job has left cannot be read.")
    assert service.dead_letters("analysis") == []


def test_a_job_that_ends_well_and_has_left_nothing_is_a_note(service: Service) -> None:
    asset, shared = begun(service)
    for part in ("moderation", "transcript", "toxicity"):
        shared.leave(part)
    shared.stop(None)  # of which nothing is told
    asset = ended(service, asset)
    assert statuses(asset) == ALL_DONE
    assert noted(asset, "no-summary") == ["There is no summary: The job that was to do it has left nothing."]


def test_a_failed_transcript_fails_what_is_said_and_no_more(service: Service) -> None:
    service.cloud.failing["transcript"] = BROKEN
    asset = ended(service, begun(service)[0])
    assert statuses(asset) == {"renditions": "done", "speech": "failed", "vision": "done", "language": "skipped"}
    assert asset.branches["speech"].failure == BROKEN
    assert asset.status is Status.COMPLETED
    assert len(service.mails(asset)) == 1


def test_moderation_that_fails_fails_alone(service: Service) -> None:
    service.cloud.failing["moderation"] = BROKEN
    asset = ended(service, begun(service)[0])
    assert statuses(asset) == {**ALL_DONE, "vision": "failed"}


@pytest.mark.parametrize("is_told_first", [True, False])
def test_a_machine_that_is_lost_costs_what_was_not_there_yet(service: Service, is_told_first: bool) -> None:
    asset, shared = begun(service)
    shared.leave("transcript")
    if is_told_first:
        lose_everything_on_its_way(service)  # and so the job's end is the first that is heard of it
    else:
        carried(service)
    shared.failures["transcript"] = LOST  # an engine that does not know how far it came
    shared.end(LOST)
    asset = ended(service, asset)
    assert asset.branches["speech"].status is not BranchStatus.FAILED
    if is_told_first:
        service.hours_pass(2)
        asset = service.asset(asset.ref)
    assert statuses(asset) == {**ALL_DONE, "vision": "failed"}
    assert noted(asset, "no-summary") == ["There is no summary: The machine went away in the middle."]
    assert noted(asset, "no-toxicity")
    assert stored(service, ANALYSIS.key(asset))


def test_a_machine_that_is_lost_before_all_costs_all(service: Service) -> None:
    asset, shared = begun(service)
    shared.end(LOST)
    asset = ended(service, asset)
    assert statuses(asset) == {"renditions": "done", "speech": "failed", "vision": "failed", "language": "skipped"}


def test_a_job_that_is_refused_for_good_says_why(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise EngineFailed(BROKEN)

    monkeypatch.setattr("tests.harness.fakes.FakeShared.start_run", refuse)
    asset = ended(service, service.upload(ai=EVERYTHING))
    assert statuses(asset) == {"renditions": "done", "speech": "failed", "vision": "failed", "language": "skipped"}
    assert asset.branches["speech"].failure == BROKEN


def test_what_breaks_in_one_branch_does_not_keep_the_others_from_hearing_of_the_end(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no room")

    asset, shared = begun(service)
    monkeypatch.setattr("chalicelib.pipeline.vision.Vision.job_ended", broken)
    shared.end(LOST)
    asset = ended(service, asset)
    assert statuses(asset) == {"renditions": "done", "speech": "failed", "vision": "open", "language": "skipped"}
    monkeypatch.undo()
    service.hours_pass(2)
    assert statuses(service.asset(asset.ref))["vision"] == "failed"


def test_what_is_rejected_by_what_the_job_sees_is_stopped_before_it_has_heard() -> None:
    with running_service(**SHARED, MODERATION_POLICY="reject") as service:
        service.settle()
        label = {"Name": "Violence", "ParentName": "", "Confidence": 99.0}
        service.cloud.seen["moderation"] = [{"Timestamp": at, "ModerationLabel": label} for at in (0, 500)]
        asset, shared = begun(service)
        assert shared.job.rule is not None
        assert shared.job.rule.stops
        shared.leave("moderation")
        carried(service)
        asset = service.asset(asset.ref)
        assert asset.status is Status.REJECTED
        assert shared.has_ended
        shared.leave("transcript")
        assert ended(service, asset).status is Status.REJECTED
        assert service.cloud.calls.count("analyze") == 0
        assert len(service.mails(asset)) == 1


@pytest.mark.parametrize("is_told_first", [True, False])
def test_what_is_not_done_since_it_was_rejected_has_not_failed(is_told_first: bool) -> None:
    with running_service(**SHARED, MODERATION_POLICY="reject") as service:
        service.settle()
        label = {"Name": "Violence", "ParentName": "", "Confidence": 99.0}
        service.cloud.seen["moderation"] = [{"Timestamp": at, "ModerationLabel": label} for at in (0, 500)]
        asset, shared = begun(service)
        if is_told_first:  # of the transcript, before the rows' own event has come
            jobs.ended(JobOutcome(keys.job_name(asset.run, "transcript"), failure=BROKEN), service.services)
        shared.leave("moderation")
        asset = ended(service, asset)
        assert asset.status is Status.REJECTED
        assert asset.branches["speech"].status is (BranchStatus.FAILED if is_told_first else BranchStatus.OPEN)
        assert asset.failures == {"asset": asset.failure}
        (mail,) = service.mails(asset)
        assert b"transcript could not be made" not in mail


def test_a_job_does_not_stop_at_what_was_released() -> None:
    with running_service(**SHARED, MODERATION_POLICY="hold") as service:
        service.settle()
        label = {"Name": "Violence", "ParentName": "", "Confidence": 99.0}
        service.cloud.seen["moderation"] = [{"Timestamp": at, "ModerationLabel": label} for at in (0, 500)]
        asset = ended(service, begun(service)[0])
        hold.decide(asset, Decision.RELEASE, "root-1", "", service.services)
        service.settle()
        service.services.settings = replace(service.services.settings, moderation_policy="reject")
        service.cloud.jobs.clear()
        retry(service.asset(asset.ref), service.services)
        carried(service)
        asset = service.asset(asset.ref)
        shared = job_of(service, asset)
        assert shared.job.rule is not None
        assert not shared.job.rule.stops
        assert ended(service, asset).status is Status.COMPLETED


# ---- again, late, and not at all


def test_events_that_come_again_or_late_change_nothing(service: Service) -> None:
    asset = ended(service, begun(service)[0])
    before, shared = service.snapshot(asset.ref), job_of(service, asset)
    shared.tell()
    for part in shared.wanted:
        shared.leave(part)
    shared.tell()
    assert ended(service, asset) == asset
    assert service.snapshot(asset.ref) == before
    assert len(service.mails(asset)) == 1


def test_what_an_old_run_still_leaves_changes_nothing(service: Service) -> None:
    asset, old = begun(service)
    service.put(asset, b"other content")
    carried(service)
    new = job_of(service, asset)
    assert old.has_ended, "the run before was called off"
    assert new is not old
    old.failures.clear()
    for part in old.wanted:
        old.leave(part)
    old.tell()
    carried(service)
    assert {statuses(service.asset(asset.ref))[name] for name in ("speech", "vision", "language")} == {"open"}
    asset = ended(service, asset)
    assert asset.version == 2
    assert statuses(asset) == ALL_DONE


@pytest.mark.exhaustive
def test_lost_events_at_any_point_are_made_good_by_the_sweep(service: Service) -> None:
    expected = service.snapshot(ended(service, begun(service)[0]).ref)
    for lost_after in range(5):
        asset, shared = begun(service)
        for _ in range(lost_after):
            shared.step()
            carried(service)
        while not shared.has_ended:
            shared.step()
        lose_everything_on_its_way(service)
        service.later(10)
        service.later(10)
        assert service.snapshot(asset.ref) == expected, f"lost after {lost_after} parts"
        assert len(service.mails(asset)) == 1


def test_a_job_that_is_under_way_is_waited_for_however_often_the_sweep_comes_by(service: Service) -> None:
    asset, shared = begun(service)
    shared.leave("transcript")
    carried(service)
    for _ in range(20):
        service.clock.shift(3 * 3600)
        carried(service)
    waiting = service.asset(asset.ref)
    assert statuses(waiting)["language"] == "open"
    assert statuses(waiting)["speech"] == "done"
    assert service.cloud.calls.count("analyze") == 1
    assert statuses(ended(service, asset)) == ALL_DONE


def test_no_run_waits_for_ever_and_what_is_there_stays(service: Service) -> None:
    asset, shared = begun(service)
    for part in ("moderation", "transcript", "toxicity"):
        shared.leave(part)
    carried(service)
    for _ in range(8 * 8):
        service.clock.shift(3 * 3600)
        carried(service)
    asset = service.asset(asset.ref)
    assert statuses(asset) == ALL_DONE
    assert noted(asset, "no-summary") == [f"There is no summary: {TOOK_TOO_LONG}"]
    assert stored(service, TOXICITY.key(asset))["passages"]
    assert shared.has_ended, "it was stopped"
    assert service.cloud.calls.count("cancel.run") == 1
    assert asset.report is ReportState.DELIVERED
    assert len(service.mails(asset)) == 1


def test_a_job_that_never_leaves_anything_fails_the_run_and_is_stopped(service: Service) -> None:
    asset, shared = begun(service)
    for _ in range(8 * 8):
        service.clock.shift(3 * 3600)
        carried(service)
    asset = service.asset(asset.ref)
    assert statuses(asset) == {**dict.fromkeys(ALL_DONE, "failed"), "renditions": "done"}
    assert asset.branches["speech"].failure == TOOK_TOO_LONG
    assert shared.has_ended
    assert len(service.mails(asset)) == 1


def test_an_engine_that_cannot_tell_is_given_up_as_ever(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that starts its job anew each time it is asked never says that it is under way."""
    asset, shared = begun(service)
    shared.leave("transcript")
    carried(service)
    monkeypatch.setattr("tests.harness.fakes.FakeShared.start_run", lambda *_: None)
    for _ in range(8):
        service.clock.shift(3 * 3600)
        carried(service)
    asset = service.asset(asset.ref)
    assert statuses(asset) == {**ALL_DONE, "vision": "failed"}
    assert noted(asset, "no-summary")


def test_what_breaks_each_time_costs_the_summary_and_nothing_else(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, shared = begun(service)

    def broken(*_: object) -> None:
        raise RuntimeError("no answer")

    for part in ("moderation", "transcript", "toxicity"):
        shared.leave(part)
    monkeypatch.setattr("tests.harness.fakes.FakeShared.start_run", broken)
    service.cloud.finish_all = lambda: False  # type: ignore[method-assign]
    asset = ended(service, asset)
    assert statuses(asset) == ALL_DONE
    assert len(noted(asset, "summary-broke")) == 1
    assert stored(service, TOXICITY.key(asset))["passages"]


def test_an_engine_that_is_busy_is_asked_again(service: Service) -> None:
    service.cloud.capacity = 1
    asset = ended(service, service.upload(ai=EVERYTHING))
    assert service.cloud.refusals
    assert statuses(asset) == ALL_DONE
    assert len(service.cloud.shared) == 1


# ---- called off, and begun anew


def test_cancelling_stops_the_job_once_for_all_parts(service: Service) -> None:
    asset, shared = begun(service)
    shared.leave("transcript")
    carried(service)
    cancelled = cancel(service.asset(asset.ref), service.services)
    assert cancelled.is_cancelled
    assert shared.has_ended
    assert service.cloud.calls.count("cancel.run") == 1
    for part in ("summary", "moderation"):
        shared.leave(part)
    assert ended(service, asset).status is Status.FAILED
    assert service.mails_sent() == 0


def test_a_job_that_cannot_be_stopped_for_one_part_is_tried_for_the_next(service: Service) -> None:
    asset, shared = begun(service)
    tries = []
    stop = shared.end

    def broken_once(failure: Message | None = None) -> None:
        tries.append(failure)
        if len(tries) == 1:
            raise RuntimeError("no answer")
        stop(failure)

    shared.end = broken_once  # type: ignore[method-assign]
    with pytest.raises(ExceptionGroup):
        cancel(asset, service.services)
    assert shared.has_ended


def test_a_retry_starts_another_job(service: Service) -> None:
    service.cloud.failing["transcript"] = BROKEN
    asset = ended(service, begun(service)[0])
    service.cloud.failing.clear()
    retry(asset, service.services)
    asset = ended(service, asset)
    assert statuses(asset) == ALL_DONE
    assert [job.job.name.rsplit(".", 2)[1] for job in service.cloud.shared.values()] == ["v1", "v2"]


# ---- what is seen of it, and what stays


def test_each_branch_tells_how_far_the_job_is(service: Service) -> None:
    asset, shared = begun(service)
    shared.leave("moderation")
    told = progress_of(asset, service.services)
    assert (told["speech"], told["vision"], told["language"]) == (0.25, 0.25, 0.25)
    shared.leave("transcript")
    carried(service)
    assert progress_of(service.asset(asset.ref), service.services) == {"language": 0.5}


def test_speakers_are_the_jobs_own_to_tell(service: Service) -> None:
    asset = ended(service, begun(service)[0])
    heard = stored(service, TRANSCRIPT.key(asset))
    assert "speaker_labels" in heard["results"]
    service.cloud.document = json.loads(json.dumps(heard))
    service.cloud.document["results"].pop("speaker_labels")
    for item in service.cloud.document["results"]["items"]:
        item.pop("speaker_label", None)
    assert statuses(ended(service, begun(service)[0])) == ALL_DONE
    assert "diarize" not in service.cloud.calls


def test_files_are_listed_without_a_sound_that_nobody_made(service: Service) -> None:
    asset = ended(service, begun(service)[0])
    there = {
        file.name
        for file in files.files(asset, service.services.tracks)
        if service.services.outputs.info(file.key) is not None
    }
    assert {"transcript.json", "summary.txt", "toxicity.json", "web.mp4", "report.html"} <= there
    assert "speech.wav" not in there


def keys_of(service: Service, ref: AssetRef) -> list[str]:
    bucket = service.services.settings.output_bucket
    found = boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return [one["Key"] for one in found if ref.asset_id in one["Key"]]


def test_erasure_takes_all_of_it_and_what_comes_late(service: Service) -> None:
    asset = ended(service, begun(service)[0])
    shared = job_of(service, asset)
    lying = keys_of(service, asset.ref)
    for folder in FOLDERS:
        assert any(key.startswith(keys.prefix(folder)) for key in lying), folder
    erase(asset, service.services)
    assert keys_of(service, asset.ref) == []
    shared.leave("summary")
    shared.tell()
    service.settle()
    assert keys_of(service, asset.ref) == []


def test_a_copy_of_the_account_holds_all_of_it(service: Service) -> None:
    asset = ended(service, begun(service)[0])
    service.services.users.change(OWNER, {"export": Export("preparing", service.now())})
    send(OWNER, AccountTask.EXPORT, service.services)
    service.settle()
    made = service.services.users.profile(OWNER).export
    assert made is not None
    assert made.key is not None
    bucket = service.services.settings.output_bucket
    body = client("s3").get_object(Bucket=bucket, Key=made.key)["Body"].read()
    names = ZipFile(io.BytesIO(body)).namelist()
    for folder in FOLDERS:
        assert any(f"{asset.ref.asset_id}/v1/{folder}/" in name for name in names), folder


# ---- what it costs


def test_a_run_that_is_called_off_while_the_job_hears_pays_for_the_hearing(service: Service) -> None:
    asset, shared = begun(service)
    assert books.is_transcribing(cancel(asset, service.services), service.services)
    asset, shared = begun(service)
    shared.leave("transcript")
    carried(service)
    assert not books.is_transcribing(cancel(service.asset(asset.ref), service.services), service.services)
    asset, shared = begun(service, AiOptions(moderation=True, transcribe=False))
    assert not books.is_transcribing(cancel(asset, service.services), service.services)
    assert len(service.services.ledger.of_owner(OWNER)) == 3


def test_nobody_pays_for_a_sound_that_is_not_made() -> None:
    usd: dict[bool, Decimal] = {}
    for is_shared in (True, False):
        own = {"TRANSCRIBER": SHARED["TRANSCRIBER"]} if is_shared else {}
        with running_service(TRANSCODER="mediaconvert", MEDIACONVERT_ROLE="role", **own, **VISION) as service:
            settings = service.services.settings
            work = estimates.work_on(VIDEO, service.announce().options, settings)
            assert work.hears_upload is is_shared
            usd[is_shared] = estimates.cost_of(work).usd
    assert usd[True] < usd[False]


def test_engines_that_share_a_job_say_so_where_prices_are_reckoned(service: Service) -> None:
    assert estimates.hears_upload(service.services.settings)
    assert {seam.setting.upper() for seam in SEAMS} >= set(SHARED)
    assert service.services.engine(SUMMARIZING) is not None
