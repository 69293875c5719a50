"""A clip is cut once, whatever fails, and its mark says how it stands; nobody pays twice, and nothing is left of it."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.domain.assets import Asset, AssetRef, End
from chalicelib.domain.marks import Clip, ClipFormat, ClipState, Kind, Mark
from chalicelib.errors import EngineBusy, NotFound, OverQuota
from chalicelib.message import Message
from chalicelib.pipeline import clips, erase, messages
from chalicelib.seams.jobs import JobOutcome
from chalicelib.seams.transcoding import NOT_BURNED
from chalicelib.speech.quotes import Quotes
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.storage import editions
from tests.harness.service import OWNER, Service, running_service
from tests.pipeline.every_way import EveryWay, Left, Tried, each_call_fails
from tests.pipeline.test_faults import Died

ID = "0123456789abcdef"
FAR = 1e11


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as service:
        yield service


def marked(service: Service, **options: Any) -> AssetRef:
    ref = service.upload(**options).ref
    service.settle()
    said = load_transcript(editions.read(service.asset(ref), 0, service.services.outputs) or b"")
    words = list(said.words())
    mark = Mark(ID, ref.asset_id, Kind.QUOTE, words[0].start, words[1].end, "words", OWNER, 1.0, 1.0)
    service.services.marks.make(ref, mark)
    service.cloud.calls.clear()
    return ref


def ask(service: Service, ref: AssetRef, name: ClipFormat = ClipFormat.MP4) -> Clip:
    asset, services = service.asset(ref), service.services
    mark = services.marks.get(ref, ID)
    said = load_transcript(editions.read(asset, asset.edition, services.outputs) or b"")
    quote = Quotes(said).between(mark.start, mark.end) if mark else None
    assert mark and quote
    return clips.ask(asset, mark, name, quote, said.language, services, accept_cost=True).clips[name]


def clip(service: Service, ref: AssetRef, name: str = "mp4") -> Clip:
    mark = service.services.marks.get(ref, ID)
    assert mark is not None
    return mark.clips[name]


def files(service: Service) -> list[str]:
    return sorted(name.rpartition("/")[2] for name in service.services.outputs.names("output/clips/"))


def started(service: Service) -> int:
    """Jobs that an engine knows of."""
    return sum(".clip." in name for name in service.cloud.jobs)


ALL_FILES = [f"{ID}-mp4-1.{ending}" for ending in ("mp4", "srt", "vtt", "whole.srt")]


def test_a_clip_is_waited_for_made_and_ready_and_asked_twice_it_starts_once(service: Service) -> None:
    ref = marked(service)
    assert ask(service, ref).state is ClipState.WAITING
    ask(service, ref)
    service.settle()
    found = clip(service, ref)
    assert (found.state, found.seconds, found.size, found.note) == (ClipState.READY, 60.0, 20, None)
    assert ask(service, ref) == found
    service.settle()
    assert started(service) == 1
    assert files(service) == ALL_FILES
    (job,) = [name for name in service.cloud.jobs if ".clip." in name]
    assert job == f"{OWNER}.{ref.asset_id}.v1.clip.{ID}-mp4-1"
    assert [one.end for one in service.services.ledger.of_owner(OWNER)].count(End.CLIPPED) == 1
    assert service.services.marks.overdue_clips(FAR) == []


def test_of_other_words_another_is_made_and_the_one_before_goes(service: Service) -> None:
    from tests.pipeline.test_remaking import correct

    ref = marked(service)
    ask(service, ref)
    service.settle()
    correct(service, ref, "Something else altogether was said.")
    ask(service, ref)
    service.settle()
    assert clip(service, ref).number == 2
    assert files(service) == [name.replace("mp4-1", "mp4-2") for name in ALL_FILES]


def test_one_that_fails_says_why_and_can_be_asked_for_again(service: Service) -> None:
    ref = marked(service)
    service.cloud.failing["clip"] = Message("codec", "No picture.")
    ask(service, ref, ClipFormat.MP3)
    service.settle()
    found = clip(service, ref, "mp3")
    assert (found.state, found.failure) == (ClipState.FAILED, Message("codec", "No picture."))
    service.cloud.failing.clear()
    ask(service, ref, ClipFormat.MP3)
    service.settle()
    assert (clip(service, ref, "mp3").state, clip(service, ref, "mp3").number) == (ClipState.READY, 2)


def test_what_has_no_room_waits_and_what_breaks_down_each_time_is_given_up(service: Service) -> None:
    ref = marked(service)
    refusals = iter([EngineBusy()])

    def busy(name: str, effect: Callable[[], Any]) -> Any:
        if name == "transcode.clip" and (refusal := next(refusals, None)):
            raise refusal
        return effect()

    service.cloud.on_call = busy
    ask(service, ref)
    service.settle()
    assert clip(service, ref).state is ClipState.READY
    service.cloud.breaking.add("transcode.clip")
    ask(service, ref, ClipFormat.MP3)
    service.settle()
    failed = clip(service, ref, "mp3")
    assert failed.failure and failed.failure.code == "analysis-broke"
    assert service.dead_letters("analysis")


def lost(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of ends are not delivered any more."""
    monkeypatch.setattr(
        type(service.cloud),
        "announce",
        lambda cloud, outcome: cloud.jobs[outcome.job_name].__setattr__("outcome", outcome),
    )


def test_the_sweep_finds_one_whose_end_was_lost(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = marked(service)
    with monkeypatch.context() as patched:
        lost(service, patched)
        ask(service, ref)
        service.settle()
        assert clip(service, ref).state is ClipState.MAKING
    clips.sweep(time.time(), service.services)
    assert clip(service, ref).state is ClipState.MAKING, "it is not late yet"
    clips.sweep(FAR, service.services)
    service.settle()
    assert clip(service, ref).state is ClipState.READY
    assert service.services.marks.overdue_clips(FAR * 2) == []


def test_one_that_never_ends_has_failed_after_some_sweeps_and_is_stopped(service: Service) -> None:
    ref = marked(service)
    service.cloud.finish_all = lambda: False  # type: ignore[method-assign]
    ask(service, ref)
    service.settle()
    for number in range(12):
        clips.sweep(FAR * (number + 1), service.services)
        service.settle()
    found = clip(service, ref)
    assert found.failure and found.failure.code == "took-too-long"
    assert "cancel.clip" in service.cloud.calls
    assert service.services.marks.overdue_clips(FAR * 100) == []


def test_what_is_deleted_or_erased_meanwhile_leaves_nothing(service: Service) -> None:
    ref = marked(service)
    ask(service, ref)
    assert clips.delete(service.asset(ref), ID, service.services)
    service.settle()
    assert (files(service), started(service)) == ([], 0)
    other = marked(service)

    def deleting(name: str, effect: Callable[[], Any]) -> Any:
        done = effect()
        if name == "transcode.clip":
            clips.delete(service.asset(other), ID, service.services)
        return done

    service.cloud.on_call = deleting
    ask(service, other)
    service.settle()
    assert files(service) == []
    assert "cancel.clip" in service.cloud.calls
    third = marked(service)

    def erasing(name: str, effect: Callable[[], Any]) -> Any:
        done = effect()
        if name == "transcode.clip":
            service.cloud.on_call = lambda name, effect: effect()
            erase.erase(service.asset(third), service.services, even_if_due=True)
        return done

    service.cloud.on_call = erasing
    ask(service, third)
    service.settle()
    assert service.services.store.get(third) is None
    assert files(service) == []
    assert service.services.marks.of(third) == []
    assert service.services.marks.overdue_clips(FAR) == []


def test_captions_that_no_font_has_are_beside_it_and_that_is_said(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = marked(service)
    announce = type(service.cloud).announce

    def noting(cloud: Any, outcome: JobOutcome) -> None:
        announce(cloud, JobOutcome(outcome.job_name, outcome.outputs, notes=(NOT_BURNED,)))

    monkeypatch.setattr(type(service.cloud), "announce", noting)
    ask(service, ref)
    service.settle()
    assert clip(service, ref).note == NOT_BURNED


def test_told_late_twice_or_of_another_version_it_changes_nothing(service: Service) -> None:
    ref = marked(service)
    ask(service, ref)
    service.settle()
    before, run = service.services.marks.get(ref, ID), service.asset(ref).run
    for named in (f"{ID}-mp4-1", f"{ID}-mp4-7", f"{'f' * 16}-mp4-1", "nonsense"):
        for version in (1, 2):
            body = json.loads(messages.encode(run, clip=named)) | {"version": version}
            url = service.services.settings.queue_url("analysis")
            service.services.aws.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))
    (job,) = [name for name in service.cloud.jobs if ".clip." in name]
    service.cloud.announce(JobOutcome(job, failure=Message("late", "Late.")))
    service.settle()
    assert service.services.marks.get(ref, ID) == before
    assert files(service) == ALL_FILES
    assert started(service) == 1


def test_one_of_a_recording_that_is_worked_on_anew_can_be_asked_for_again(service: Service) -> None:
    ref = marked(service)
    run = service.asset(ref).run
    ask(service, ref)
    asset: Asset | None = service.services.store.retry(service.asset(ref), service.asset(ref).options)
    assert asset is not None
    assert asset.version == run.version + 1
    clips.work(run, f"{ID}-mp4-1", service.services)
    found = clip(service, ref)
    assert found.failure and found.failure.code == "clip-other-version"


# ---- minutes


def allow(service: Service, minutes: int) -> None:
    service.services.settings = replace(service.services.settings, quota_minutes=minutes)


def dies_before_it_is_counted(service: Service, ref: AssetRef) -> None:
    """Somebody asks, and the process ends when the mark says so already, before anything else."""
    with pytest.MonkeyPatch.context() as patched:

        def dying(*_: object) -> bool:
            raise Died

        patched.setattr("chalicelib.pipeline.quotas.count_clip", dying)
        with pytest.raises(Died):
            ask(service, ref)
    assert clip(service, ref).state is ClipState.WAITING


def test_nothing_is_cut_uncounted_of_which_whoever_asked_died(service: Service) -> None:
    ref = marked(service, metered=True)
    allow(service, 0)
    dies_before_it_is_counted(service, ref)
    with pytest.raises(OverQuota, match="minutes") as refused:
        ask(service, ref)
    assert refused.value.code == "quota-minutes"
    dies_before_it_is_counted(service, ref)
    clips.sweep(FAR, service.services)
    service.settle()
    found = clip(service, ref)
    assert (found.number, found.state) == (2, ClipState.FAILED)
    assert found.failure and found.failure.code == "clip-quota"
    assert started(service) == 0
    assert service.services.marks.overdue_clips(FAR * 2) == []


def test_its_length_counts_once_however_it_got_going(service: Service) -> None:
    ref = marked(service, metered=True)
    counted = service.services.users.usage(OWNER).minutes
    dies_before_it_is_counted(service, ref)
    ask(service, ref)
    ask(service, ref)
    clips.sweep(FAR, service.services)
    length = clip(service, ref).end - clip(service, ref).start
    service.settle()
    assert clip(service, ref).state is ClipState.READY
    usage = service.services.users.usage(OWNER)
    assert (usage.minutes - counted, usage.anew) == (round(Decimal(length / 60), 2), {})
    assert usage.minutes > counted


def test_what_is_deleted_or_erased_leaves_nothing_among_what_is_counted(service: Service) -> None:
    ref = marked(service, metered=True)
    ask(service, ref)
    assert service.services.users.usage(OWNER).anew
    clips.delete(service.asset(ref), ID, service.services)
    assert service.services.users.usage(OWNER).anew == {}
    other = marked(service, metered=True)
    ask(service, other)
    erase.erase(service.asset(other), service.services, even_if_due=True)
    service.settle()
    assert service.services.users.usage(OWNER).anew == {}


# ---- every call fails


CALLS = 26
CASES = [(k, how) for k in range(1, CALLS + 1) for how in (("before", "after")[k % 2], "died")]


class Ways(EveryWay):
    """Half of the cases of a call that fails, and all in which the process ends."""

    def _is_tried(self, how: str) -> bool:
        return (len(self.calls), how) in CASES and super()._is_tried(how)


def _left(service: Service, ref: AssetRef) -> dict[str, Any]:
    found = clip(service, ref)
    entries = [one.end.value for one in service.services.ledger.of_owner(OWNER)]
    usage = service.services.users.usage(OWNER)
    left = {
        "minutes": [usage.minutes, usage.anew],
        "clip": [found.number, found.state, found.seconds, found.failure, found.note],
        "files": [name for name in files(service) if f"-mp4-{found.number}." in name],
        "entered": entries.count("clipped"),
        "awaited": len(service.services.marks.overdue_clips(FAR * 9)),
        "started": started(service),
        "mails": service.mails_sent(),
    }
    return dict(json.loads(json.dumps(left, default=str)))


@pytest.fixture(scope="module")
def tried() -> Iterator[Callable[[], Tried]]:
    """Somebody asks for a clip, again if the answer is lost; each call fails in a copy of this process."""
    with running_service() as service:

        def happen(ref: AssetRef) -> None:
            try:
                ask(service, ref)
            except (ReadTimeoutError, Died, NotFound):
                ask(service, ref)
            service.settle()

        def left(ref: AssetRef) -> Left:
            if clip(service, ref).is_under_way:
                clips.sweep(FAR, service.services)
                service.settle()
            clips.sweep(FAR * 5, service.services)
            return _left(service, ref)

        def tidy(ref: AssetRef) -> None:
            erase.erase(service.asset(ref), service.services, even_if_due=True)
            service.cloud.jobs.clear()

        yield each_call_fails(service, lambda: marked(service, metered=True), happen, left, tidy, Ways)


@pytest.mark.xdist_group("faults clips")
def test_the_cases_cover_every_call(tried: Callable[[], Tried]) -> None:
    _, calls, _ = tried()
    assert len(calls) == CALLS, calls
    assert {"UpdateItem", "PutObject", "PutItem", "SendMessage", "DeleteItem", "transcode.clip"} <= set(calls)


@pytest.mark.xdist_group("faults clips")
@pytest.mark.parametrize(("k", "how"), CASES)
def test_a_call_that_fails_changes_nothing_in_the_end(tried: Callable[[], Tried], k: int, how: str) -> None:
    faultless, _, failed = tried()
    left = failed[k, how]
    assert "error" not in left, left["error"]
    assert left == faultless
