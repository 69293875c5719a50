"""What follows of sensitive content, by each policy: noted, held until somebody decides, rejected at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import keys
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import NEXT, Asset, End, ReportState, Status
from chalicelib.domain.media import AudioStream, MediaInfo, Picture
from chalicelib.domain.moderation import Decision, Policy
from chalicelib.errors import Conflict, MediaRejected
from chalicelib.message import Message
from chalicelib.pipeline import books, finish, hold, jobs, moderation
from chalicelib.pipeline.cancel import cancel
from chalicelib.pipeline.retry import retry
from chalicelib.pipeline.vision import Vision
from chalicelib.seams.jobs import JobOutcome
from chalicelib.seams.probing import UNREADABLE
from chalicelib.seams.vision import Looking
from chalicelib.vision.detections import Detection
from chalicelib.vision.rows import Row
from tests.harness.fakes import VIDEO, Cloud, FakeVision
from tests.harness.service import EMAIL, VISION, Service, running_service

FILM = replace(VIDEO, video=replace(VIDEO.video, codec="h264")) if VIDEO.video else VIDEO
PICTURE = MediaInfo("jpeg", 0.0, picture=Picture(800, 600))
ROOT = "root-1"


def label(at: int, name: str = "Violence", confidence: float = 90.0, parent: str = "") -> Row:
    """A row as Rekognition has it."""
    return {"Timestamp": at, "ModerationLabel": {"Name": name, "ParentName": parent, "Confidence": confidence}}


BLOODY: list[Row] = [label(12_000), label(12_500), label(40_000, "Graphic Violence", parent="Violence")]
HARMLESS: list[Row] = [label(1000, "Alcohol"), label(3000, confidence=30.0)]


@contextmanager
def service_of(policy: str | None, seen: list[Row] | None = None, **settings: str) -> Iterator[Service]:
    chosen = {"MODERATION_POLICY": policy} if policy else {}
    with running_service(**{**VISION, **chosen, **settings}) as running:
        running.cloud.media = FILM
        running.cloud.seen["moderation"] = BLOODY if seen is None else seen
        yield running


def done(service: Service, **options: Any) -> Asset:
    asset = service.upload(**options)
    service.settle()
    return service.asset(asset.ref)


def codes(asset: Asset) -> list[str]:
    return [note.code for note in asset.notes]


def in_list(service: Service) -> list[str]:
    return [asset.ref.asset_id for asset in hold.waiting(service.services)]


def released(service: Service, asset: Asset) -> Asset:
    hold.decide(asset, Decision.RELEASE, ROOT, "", service.services)
    service.settle()
    return service.asset(asset.ref)


def test_the_law_of_an_assets_life_knows_what_is_held() -> None:
    assert Status.HELD in NEXT[Status.PROCESSING]
    assert NEXT[Status.HELD] == {Status.COMPLETED, Status.FAILED, Status.REJECTED, Status.QUEUED}


def test_without_a_policy_nothing_follows() -> None:
    with service_of(None) as service:
        asset = done(service, ai=AiOptions(moderation=True))
        assert (asset.status, asset.moderation, asset.withheld) == (Status.COMPLETED, None, frozenset())
        assert done(service).ai.moderation is False


@pytest.mark.parametrize("policy", list(Policy))
def test_with_a_policy_it_is_looked_for_whatever_the_owner_wants(policy: Policy) -> None:
    with service_of(policy, HARMLESS) as service:
        asset = done(service, ai=AiOptions(moderation=False, min_confidence=100))
        assert [job.detection for job in service.cloud.looked_at] == [Detection.MODERATION]
        assert service.cloud.looked_at[0].options.min_confidence == 60
        assert (asset.status, asset.is_withheld) == (Status.COMPLETED, False)
        assert asset.moderation is not None
        assert (asset.moderation.policy, asset.moderation.found, asset.moderation.reason) == (policy, (), None)
        assert not {"sensitive-seen", "sensitive-not-looked-for"} & {*codes(asset)}


@pytest.mark.parametrize(
    "media", [MediaInfo("mp3", 60.0, audio=AudioStream("mp3", 44_100, 2)), MediaInfo("pdf", 0.0, pages=2)]
)
def test_sound_and_documents_are_not_looked_at(media: MediaInfo) -> None:
    with service_of("reject") as service:
        service.cloud.media = media
        asset = done(service)
        assert (asset.moderation, asset.is_withheld, service.cloud.looked_at) == (None, False, [])


def test_note_says_what_was_seen_and_when_and_nothing_else() -> None:
    with service_of("note") as service:
        asset = done(service)
        assert (asset.status, asset.is_withheld) == (Status.COMPLETED, False)
        (note,) = [note for note in asset.notes if note.code == "sensitive-seen"]
        assert str(note) == "Sensitive content was seen in it: perhaps violence (12, 40)."
        assert asset.moderation is not None
        assert [(one.kind, one.name) for one in asset.moderation.found] == [
            ("Violence", "Violence"),
            ("Violence", "Graphic Violence"),
        ]
        assert in_list(service) == []


def test_hold_ends_in_held_and_a_release_ends_it_as_it_would_have() -> None:
    with service_of("hold") as service:
        asset = done(service)
        assert (asset.status, asset.is_withheld, asset.report) == (Status.HELD, True, ReportState.DELIVERED)
        assert End.of(asset) is End.HELD
        assert asset.why is not None
        assert str(asset.why).endswith("It is held until an administrator has decided.")
        assert in_list(service) == [asset.ref.asset_id]
        held_mails = service.runtime.mail_about(keys.report_name(asset))
        assert len(held_mails) == 1
        assert service.mails(asset) == []
        assert b"perhaps violence" in held_mails[0]
        assert b"Buses" not in held_mails[0]
        service.hours_pass(30)  # no sweep touches it
        assert service.asset(asset.ref).status is Status.HELD
        asset = released(service, service.asset(asset.ref))
        assert (asset.status, asset.is_withheld, asset.report) == (Status.COMPLETED, False, ReportState.DELIVERED)
        assert "sensitive-released" in codes(asset)
        assert asset.moderation is not None
        assert (asset.moderation.decision, asset.moderation.decided_by) == (Decision.RELEASE, ROOT)
        assert len(service.mails(asset)) == 1
        assert in_list(service) == []
        assert service.snapshot(asset.ref)["state"][0]["watched"] is False


def test_what_was_decided_is_decided_once() -> None:
    with service_of("hold") as service:
        asset = done(service)
        rejected = hold.decide(asset, Decision.REJECT, ROOT, "Not here.", service.services)
        for decision in Decision:
            with pytest.raises(Conflict):  # by one who saw it held
                hold.decide(asset, decision, "root-2", "", service.services)
        with pytest.raises(Conflict):
            hold.decide(rejected, Decision.RELEASE, ROOT, "", service.services)
        service.settle()
        asset = service.asset(asset.ref)
        assert (asset.status, asset.is_withheld) == (Status.REJECTED, True)
        assert str(asset.failure).endswith("An administrator has looked at it and rejected it: Not here.")
        assert len(service.mails(asset)) == 1
        with pytest.raises(Conflict):
            retry(asset, service.services)
        assert retry(asset, service.services, by_administrator=True).status is Status.QUEUED


def test_a_decision_made_while_the_hold_is_being_told_has_its_own_report() -> None:
    with service_of("hold") as service:
        asset = service.upload()
        while service.asset(asset.ref).status is not Status.HELD:
            if not service.pump.step() and not service.cloud.finish_all():
                service.clock.shift(725)
        held = service.asset(asset.ref)
        assert held.report is ReportState.DUE
        assert in_list(service) == [asset.ref.asset_id]
        hold.decide(held, Decision.RELEASE, ROOT, "", service.services)
        cost = service.asset(asset.ref).cost
        assert cost is None
        late = service.services.store.settle_report(
            held, ReportState.DELIVERED, books.cost_of(held, None, service.services)
        )
        assert late is not None
        assert late.report is ReportState.DUE  # who told of the hold does not end the report on the decision
        service.settle()
        assert service.asset(asset.ref).report is ReportState.DELIVERED
        assert len(service.mails(asset)) == 1


def test_reject_ends_the_run_at_once_and_stops_its_jobs() -> None:
    with service_of("reject") as service:
        asset = service.upload()
        while not service.cloud.looked_at:
            service.pump.step()
        while service.pump.step():
            pass
        for job in [job for job in service.cloud.running() if job.name.endswith(".moderation")]:
            job.end()
        while service.pump.step():
            pass
        asset = service.asset(asset.ref)
        assert (asset.status, asset.is_withheld, asset.open_branches) == (Status.REJECTED, True, frozenset())
        assert asset.failure is not None
        assert asset.failure.code == "sensitive-rejected"
        assert "(12, 40)" in str(asset.failure)
        assert asset.branches["speech"].status.value == "open"  # as it stood: what was begun is paid for
        assert any(call.startswith("cancel") for call in service.cloud.calls)
        service.settle()
        asset = service.asset(asset.ref)
        assert (asset.status, asset.report, asset.renditions) == (Status.REJECTED, ReportState.DELIVERED, ())
        assert len(service.mails(asset)) == 1
        assert b"Buses" not in service.mails(asset)[0]
        assert in_list(service) == []


@pytest.mark.parametrize("policy", ["hold", "reject"])
@pytest.mark.parametrize("way", ["no engine", "blind", "fails", "no picture that is read"])
def test_what_nobody_could_look_at_a_person_decides_of(policy: str, way: str) -> None:
    engine = "" if way == "no engine" else VISION["VISION_ANALYZER"]
    with service_of(policy, VISION_ANALYZER=engine) as service:
        cloud: Cloud = service.cloud
        match way:
            case "blind":
                cloud.is_blind_to.add("moderation")
            case "fails":
                cloud.failing["moderation"] = Message("blind", "Nothing was to be seen.")
            case "no picture that is read":
                cloud.media = replace(PICTURE, container="webp")
                cloud.failing["renditions"] = Message("broke", "It broke.")
        asset = done(service)
        assert (asset.status, asset.is_withheld) == (Status.HELD, True)
        assert "Nobody could look" in str(asset.why)
        assert in_list(service) == [asset.ref.asset_id]
        assert released(service, asset).status in {Status.COMPLETED, Status.FAILED}


def test_note_says_that_nobody_could_look() -> None:
    with service_of("note", VISION_ANALYZER="") as service:
        asset = done(service)
        assert asset.status is Status.COMPLETED
        assert "sensitive-not-looked-for" in codes(asset)


def test_a_film_that_cannot_be_looked_at_as_a_whole_is_looked_at_in_stills() -> None:
    with service_of("hold") as service:
        service.cloud.reads = lambda media, size: media.duration < 10
        asset = done(service)
        assert [job.looking for job in service.cloud.looked_at] == [Looking.FRAMES]
        assert "moderated-in-stills" in codes(asset)
        assert asset.status is Status.HELD


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("mode", [None, 0, 1, 1013, 9999])
def test_an_owner_who_asks_for_stills_hides_nothing_between_them(policy: Policy, mode: int | None) -> None:
    with service_of(policy) as service:
        asset = done(service, ai=AiOptions(framebased=True, frame_capture_mode=mode, label=True))
        ways = {job.detection: job.looking for job in service.cloud.looked_at}
        assert ways[Detection.MODERATION] is Looking.FILM
        if mode and policy is not Policy.REJECT:
            assert ways[Detection.LABELS] is Looking.FRAMES
        expected = {"note": Status.COMPLETED, "hold": Status.HELD, "reject": Status.REJECTED}
        assert asset.status is expected[policy]
        assert asset.moderation is not None
        assert asset.moderation.found


@pytest.mark.parametrize(("asked", "taken"), [(1013, 1), (9999, 1), (None, 1), (5, 5)])
def test_where_there_are_only_stills_they_are_close_enough(asked: int | None, taken: int) -> None:
    with service_of("hold") as service:
        service.cloud.reads = lambda media, size: media.duration < 10
        asset = done(service, ai=AiOptions(framebased=True, frame_capture_mode=asked))
        (job,) = service.cloud.looked_at
        assert (job.looking, job.options.frame_capture_mode) == (Looking.FRAMES, taken)
        assert asset.status is Status.HELD
        assert asset.options.ai.frame_capture_mode == asked  # what was asked for stays as it was


def test_a_film_without_a_rendition_that_can_be_looked_at_is_looked_at_in_stills() -> None:
    with service_of("hold") as service:
        service.cloud.reads = lambda media, size: media.container == "mp4"
        service.cloud.media = replace(FILM, container="avi")
        asset = done(service, presets=("audio",), ai=AiOptions(label=True, segment=True))
        found = {job.detection: job.looking for job in service.cloud.looked_at}
        assert found == {Detection.MODERATION: Looking.FRAMES, Detection.LABELS: Looking.FRAMES}
        assert asset.status is Status.HELD
        assert asset.moderation is not None
        assert asset.moderation.found


def test_that_nobody_can_look_is_said_once() -> None:
    with service_of("note", VISION_ANALYZER="") as service:
        asset = done(service)
        assert codes(asset).count("sensitive-not-looked-for") == 1
        assert "nothing-can" not in codes(asset)


@pytest.mark.parametrize("ai", [AiOptions(), AiOptions(textract=True)])
def test_a_picture_is_looked_at_also_if_it_is_read_as_a_document(ai: AiOptions) -> None:
    with service_of("hold", [label(0)]) as service:
        service.cloud.media = PICTURE
        asset = done(service, ai=ai)
        assert [job.looking for job in service.cloud.looked_at] == [Looking.PICTURE]
        assert asset.status is Status.HELD
        assert asset.moderation is not None
        assert [one.start for one in asset.moderation.found] == [None]


def test_what_counts_is_a_setting() -> None:
    with service_of("hold", HARMLESS, MODERATION_KINDS="Alcohol") as service:
        assert done(service).status is Status.HELD
    with service_of("hold", HARMLESS, MODERATION_CONFIDENCE="30") as service:
        assert done(service).status is Status.HELD


def test_nothing_is_given_out_before_it_was_looked_at_and_what_was_cancelled_never_is() -> None:
    with service_of("hold", HARMLESS) as service:
        asset = service.upload()
        while service.pump.step():
            pass
        asset = service.asset(asset.ref)
        assert (asset.status, asset.is_withheld) == (Status.PROCESSING, True)
        cancel(asset, service.services)
        service.settle()
        asset = service.asset(asset.ref)
        assert (asset.is_cancelled, asset.is_withheld) == (True, True)
        retry(asset, service.services)
        service.settle()
        asset = service.asset(asset.ref)
        assert (asset.status, asset.version, asset.is_withheld) == (Status.COMPLETED, 2, False)
        assert asset.withheld == {"1"}


def test_new_content_of_what_is_held_is_judged_by_itself() -> None:
    with service_of("hold") as service:
        asset = done(service)
        with pytest.raises(Conflict):
            retry(asset, service.services)
        with pytest.raises(Conflict):
            retry(asset, service.services, by_administrator=True)
        service.cloud.seen["moderation"] = HARMLESS
        service.cloud.jobs.clear()
        service.put(asset, b"other content")
        service.settle()
        again = service.asset(asset.ref)
        assert (again.status, again.version, again.is_withheld) == (Status.COMPLETED, 2, False)
        assert again.withheld == {"1"}
        assert in_list(service) == []
        with pytest.raises(Conflict):
            hold.decide(asset, Decision.RELEASE, ROOT, "", service.services)


def test_a_file_that_is_none_is_rejected_as_ever() -> None:
    with service_of("hold") as service:
        service.cloud.media = MediaRejected(UNREADABLE)
        asset = done(service)
        assert (asset.status, asset.failure, asset.is_withheld) == (Status.REJECTED, UNREADABLE, False)


def test_whichever_comes_first_what_is_rejected_ends_rejected() -> None:
    """As by a job that does everything, and stops at what it sees: its end, and what it saw, in either order."""
    for rows_first in (True, False):
        with service_of("reject") as service:
            asset = service.upload()
            while not service.cloud.looked_at:
                service.pump.step()
            while service.pump.step():
                pass
            current = service.asset(asset.ref)
            (job,) = service.cloud.looked_at
            stopped = Message("rejected", "Sensitive content was seen in it.")

            def leave_rows(service: Service = service, job: Any = job) -> None:
                service.cloud.jobs[job.name].outcome = JobOutcome(job.name)
                FakeVision("").start(job)

            def end_all(service: Service = service, current: Asset = current, stopped: Message = stopped) -> None:
                for part in ("moderation", "audio", "transcript"):
                    jobs.ended(JobOutcome(keys.job_name(current.run, part), failure=stopped), service.services)

            leave_rows()  # they are written before the job ends; what tells of them may come later
            for step in (service.pump.step, end_all) if rows_first else (end_all, service.pump.step):
                step()
                step()
            service.settle()
            asset = service.asset(asset.ref)
            assert (asset.status, asset.failure and asset.failure.code) == (Status.REJECTED, "sensitive-rejected")
            assert len(service.mails(asset)) == 1


@pytest.mark.parametrize("by_sweep", [True, False])
def test_a_death_before_the_jobs_are_stopped_is_made_good(by_sweep: bool) -> None:
    with service_of("reject") as service:
        asset = service.upload()
        while not service.cloud.looked_at:
            service.pump.step()
        while service.pump.step():
            pass
        (job,) = service.cloud.looked_at
        current = service.asset(asset.ref)
        service.cloud.jobs[job.name].outcome = JobOutcome(job.name)
        FakeVision("").start(job)
        written = keys.parse_output_key(Detection.MODERATION.key(current))
        assert written is not None
        Vision().output_written(current, written, service.services)
        finish.end(current, moderation.judged(current, service.services), service.services)
        if by_sweep:  # somebody died just after noting the end, and so did whoever was told again
            service.pump.pending.clear()
            service.cloud.jobs.clear()
        calls = len(service.cloud.calls)
        service.later(6)
        assert any(call.startswith("cancel") for call in service.cloud.calls[calls:])
        asset = service.asset(asset.ref)
        assert (asset.status, asset.report) == (Status.REJECTED, ReportState.DELIVERED)
        assert len(service.mails(asset)) == 1


def test_copies_go_to_nobody_of_what_is_withheld() -> None:
    with service_of("hold") as service:
        asset = done(service, copy_to="other@rapporteur.example")
        assert asset.status is Status.HELD
        assert all(EMAIL.encode() in mail for mail in service.runtime.mail_about(keys.report_name(asset)))


def again(service: Service, asset: Asset) -> Asset:
    """Once everything was done once more with it."""
    service.cloud.jobs.clear()
    retry(asset, service.services)
    service.settle()
    return service.asset(asset.ref)


@pytest.mark.parametrize("policy", ["hold", "reject"])
def test_what_was_released_stays_so_for_the_same_bytes_unless_something_new_is_seen(policy: str) -> None:
    with service_of("hold") as service:
        asset = released(service, done(service))
        service.services.settings = replace(service.services.settings, moderation_policy=policy)
        asset = again(service, asset)
        assert (asset.status, asset.version, asset.is_withheld) == (Status.COMPLETED, 2, False)
        assert "sensitive-still-released" in codes(asset)
        assert asset.moderation is not None
        assert (asset.moderation.decision, asset.moderation.decided_by) == (Decision.RELEASE, ROOT)
        assert len(service.mails(asset)) == 1
        service.cloud.seen["moderation"] = [*BLOODY, label(50_000)]
        asset = again(service, asset)
        assert asset.status is (Status.HELD if policy == "hold" else Status.REJECTED)
        assert asset.is_withheld


@pytest.mark.parametrize("new", ["bytes", "kind"])
def test_of_other_bytes_or_another_kind_nothing_was_released(new: str) -> None:
    with service_of("hold") as service:
        asset = released(service, done(service))
        if new == "bytes":
            service.cloud.jobs.clear()
            service.put(asset, b"other content")
            service.settle()
            asset = service.asset(asset.ref)
        else:
            service.cloud.seen["moderation"] = [label(12_000, "Explicit")]
            asset = again(service, asset)
        assert (asset.status, asset.version) == (Status.HELD, 2)


def test_what_was_released_unseen_is_held_once_something_is_seen() -> None:
    with service_of("hold") as service:
        service.cloud.is_blind_to.add("moderation")
        asset = again(service, released(service, done(service)))
        assert (asset.status, asset.is_withheld) == (Status.COMPLETED, False)
        service.cloud.is_blind_to.clear()
        assert again(service, asset).status is Status.HELD


def test_what_was_rejected_is_judged_anew() -> None:
    with service_of("hold") as service:
        asset = done(service)
        hold.decide(asset, Decision.REJECT, ROOT, "", service.services)
        service.settle()
        service.cloud.jobs.clear()
        retry(service.asset(asset.ref), service.services, by_administrator=True)
        service.settle()
        assert service.asset(asset.ref).status is Status.HELD


def test_who_rejects_what_nobody_could_look_at_has_looked() -> None:
    with service_of("hold", VISION_ANALYZER="") as service:
        for comment, ends in (("", "rejected it."), ("No.", "rejected it: No.")):
            asset = done(service)
            hold.decide(asset, Decision.REJECT, ROOT, comment, service.services)
            service.settle()
            failure = str(service.asset(asset.ref).failure)
            assert failure.startswith("An administrator has looked at it")
            assert failure.endswith(ends)
