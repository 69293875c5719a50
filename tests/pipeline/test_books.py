"""The books: what each run cost and how it ended stays, whatever becomes of the run, the asset and its owner."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.domain.assets import Asset, End, ReportState, Status
from chalicelib.domain.costs import Cost, CostLine
from chalicelib.errors import MediaRejected
from chalicelib.message import Message
from chalicelib.pipeline.cancel import cancel
from chalicelib.pipeline.erase import erase
from chalicelib.pipeline.retry import retry
from chalicelib.storage.ledger import ERASED, Entry, Ledger, by_owner_and_month, by_service_and_month
from tests.harness.managed import Managed, managed_service
from tests.harness.service import OWNER, Service
from tests.house.test_policies import losing

BROKEN = Message("codec", "No.")


def ends(service: Service) -> list[End]:
    return sorted(entry.end for entry in service.services.ledger.of_owner(OWNER))


def until_in_work(service: Service) -> None:
    while not service.cloud.running():
        service.pump.step()


def test_a_failed_run_stays_in_the_books_when_it_is_done_again_on_the_same_day(service: Service) -> None:
    service.cloud.failing = {"audio": BROKEN, "renditions": BROKEN}
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).status is Status.FAILED
    service.cloud.failing = {}
    service.put(asset, b"second")
    service.settle()
    assert service.asset(asset.ref).status is Status.COMPLETED
    assert ends(service) == [End.COMPLETED, End.FAILED]
    day = date(2026, 11, 21)
    ledger = service.services.ledger
    totals = ledger.totals(day, ledger.of_month(day))
    assert totals.ended == {"completed": 1, "failed": 1}
    assert totals.failures == {"codec": 1}
    assert totals.minutes == 2


def test_what_is_rejected_cancelled_and_never_uploaded_is_entered_once_each(service: Service) -> None:
    service.cloud.media = MediaRejected(Message("unreadable", "No recording."))
    service.upload()
    service.settle()
    service.announce("never.mp4")
    service.cloud.media = type(service.cloud)().media
    asset = service.upload()
    until_in_work(service)
    cancel(service.asset(asset.ref), service.services)
    cancel(service.asset(asset.ref), service.services)
    service.settle()
    service.clock.shift(30 * 3600)
    service.hours_pass(2)
    assert ends(service) == [End.CANCELLED, End.EXPIRED, End.REJECTED]
    codes = {entry.end: entry.codes for entry in service.services.ledger.of_owner(OWNER)}
    assert codes == {End.CANCELLED: (), End.EXPIRED: (), End.REJECTED: ("unreadable",)}
    assert list(service.services.store.overdue(10**12)) == [], "nothing is watched any more"


def test_a_run_that_new_content_replaces_is_stopped_and_entered(service: Service) -> None:
    asset = service.upload(body=b"first")
    until_in_work(service)
    first = [job.name for job in service.cloud.running()]
    service.put(asset, b"second")
    while service.asset(asset.ref).version == 1:
        service.pump.step()
    assert not {job.name for job in service.cloud.running()} & set(first)
    service.settle()
    assert (service.asset(asset.ref).version, service.asset(asset.ref).status) == (2, Status.COMPLETED)
    assert ends(service) == [End.CANCELLED, End.COMPLETED]


def test_a_report_that_new_content_overtakes_is_no_reason_to_lose_the_money(service: Service) -> None:
    asset = service.upload(body=b"first")
    while service.asset(asset.ref).report is not ReportState.DUE:
        if not service.pump.step():
            service.cloud.finish_all()
    service.put(asset, b"second")
    service.settle()
    assert ends(service) == [End.COMPLETED, End.COMPLETED]


def test_a_report_that_never_arrives_is_entered_all_the_same(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    import app

    def broken(*_: object) -> None:
        raise RuntimeError("no report today")

    monkeypatch.setattr(app, "on_report", broken)
    asset = service.upload()
    service.settle()
    service.hours_pass(8)
    assert service.asset(asset.ref).report is ReportState.UNDELIVERABLE
    assert ends(service) == [End.COMPLETED]


def erased(service: Service, asset: Asset) -> None:
    erase(service.asset(asset.ref), service.services, even_if_due=True)


def called_off(service: Service, asset: Asset) -> None:
    cancel(service.asset(asset.ref), service.services)


def replaced(service: Service, asset: Asset) -> None:
    service.put(asset, b"second")
    while service.pump.step():
        pass


@pytest.mark.exhaustive
@pytest.mark.parametrize("how", [erased, called_off, replaced])
@pytest.mark.parametrize("calls_before_death", [0, 1, 2, 3, 4])
def test_whoever_ends_a_run_and_dies_halfway_loses_no_entry(
    service: Service, how: Callable[[Service, Asset], None], calls_before_death: int
) -> None:
    asset = service.upload(body=b"first")
    until_in_work(service)
    first = service.cloud.running()
    dynamodb, left = service.services.aws.dynamodb, [calls_before_death]

    def die(**_: object) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise ReadTimeoutError(endpoint_url="embedded")

    dynamodb.meta.events.register_last("after-call", die, unique_id="die")
    with suppress(ReadTimeoutError):
        how(service, asset)
    dynamodb.meta.events.unregister("after-call", unique_id="die")
    if how is replaced:  # whose event comes again
        service.clock.shift(61)
        while service.pump.step():
            pass
        assert {job.outcome.failure.code for job in first if job.outcome and job.outcome.failure} == {"stopped"}
        assert not {job.name for job in first} & {job.name for job in service.cloud.running()}
    service.settle()
    service.clock.shift(6 * 3600)
    service.hours_pass(1)
    # Who died before anything was done has called nothing off, but a run that goes on is entered at its own end.
    assert len(ends(service)) == (2 if how is replaced else 1)
    assert End.CANCELLED in ends(service) or calls_before_death == 0
    assert list(service.services.store.overdue(10**12)) == []


def test_what_was_under_way_when_a_run_is_called_off_is_paid_for() -> None:
    with managed_service() as (service, _):
        whole = service.upload("whole.mp4")
        service.settle()
        halfway = service.upload("halfway.mp4")
        for _ in range(30):
            service.pump.step()
        assert service.asset(halfway.ref).status is Status.PROCESSING
        cancel(service.asset(halfway.ref), service.services)
        for asset in (whole, halfway):
            erase(service.asset(asset.ref), service.services, even_if_due=True)
        found = {entry.end: entry for entry in service.services.ledger.of_owner(OWNER)}
    cancelled, completed = found[End.CANCELLED].services, found[End.COMPLETED].services
    # All renditions and the sound, but for the GIF, which the fake service takes to be as long as the recording.
    assert completed["mediaconvert"] * Decimal("0.8") < cancelled["mediaconvert"] <= completed["mediaconvert"]
    assert "transcribe" in completed
    assert "transcribe" not in cancelled
    assert "comprehend" in completed
    assert "comprehend" not in cancelled, "it had not come to that"
    assert found[End.COMPLETED].usd > found[End.CANCELLED].usd > Decimal("0.01")


def test_a_transcription_that_is_under_way_is_stopped_and_paid_for() -> None:
    with managed_service() as (service, managed):
        asset = service.upload()
        until_transcribing(service, managed)
        cancel(service.asset(asset.ref), service.services)
        assert managed.transcriptions == {}, "Transcribe stops a job by forgetting it"
        (cancelled,) = service.services.ledger.of_owner(OWNER)
    assert cancelled.end is End.CANCELLED
    assert cancelled.services["transcribe"] > 0


def test_what_was_under_way_when_a_run_took_too_long_is_paid_for() -> None:
    with managed_service() as (service, managed):
        service.services.settings = replace(service.services.settings, max_sweeps=0)
        asset = service.upload()
        with losing(service, "on_job_event"):
            until_transcribing(service, managed)
        for job in managed.jobs.values():
            job["Status"] = "PROGRESSING"
        for _ in range(5):
            service.clock.shift(3601)
            while service.pump.step():
                pass
        assert service.asset(asset.ref).status is Status.FAILED
        assert managed.transcriptions == {}
        assert {job["Status"] for job in managed.jobs.values()} == {"CANCELED"}
        (failed,) = service.services.ledger.of_owner(OWNER)
    assert failed.end is End.FAILED
    assert failed.services["transcribe"] > 0
    assert failed.services["mediaconvert"] > Decimal("0.01")


def until_transcribing(service: Service, managed: Managed) -> None:
    while not managed.transcriptions:
        if not service.pump.step():
            managed.finish_all()


def done_again(service: Service, asset: Asset) -> None:
    retry(service.asset(asset.ref), service.services)


@pytest.mark.parametrize("how", [erased, done_again])
def test_a_run_whose_canceller_died_is_stopped_and_entered_before_anything_else(
    service: Service, how: Callable[[Service, Asset], None]
) -> None:
    asset = service.upload()
    until_in_work(service)
    first = service.cloud.running()
    service.services.store.cancel(service.asset(asset.ref).run)
    how(service, asset)
    assert all(job.outcome for job in first)
    service.settle()
    assert ends(service) == [End.CANCELLED, End.COMPLETED][: 1 + (how is done_again)]


def entry(service: Service, owner: str, version: int, usd: str) -> None:
    asset = replace(service.announce(owner=owner), status=Status.COMPLETED, version=version)
    line = CostLine("transcribe.batch", Decimal(1), Decimal(usd))
    service.services.ledger.enter(asset, Cost(Decimal(usd), "2026-11-21", (line,)))
    service.services.ledger.enter(asset, Cost(Decimal(9), "2026-11-21"))


def test_entries_add_up_by_owner_service_and_month_and_the_first_one_holds(service: Service) -> None:
    service.clock.move_to("2026-10-31T23:59:59Z")
    entry(service, "ada", 1, "0.10")
    service.clock.shift(1)
    entry(service, "ada", 2, "0.20")
    entry(service, "ada", 3, "0.30")
    entry(service, "bob", 1, "0.40")
    entries = list(service.services.ledger.entries())
    assert by_owner_and_month(entries) == {
        ("ada", "2026-10"): Decimal("0.10"),
        ("ada", "2026-11"): Decimal("0.50"),
        ("bob", "2026-11"): Decimal("0.40"),
    }
    assert by_service_and_month(entries) == {
        ("transcribe", "2026-10"): Decimal("0.10"),
        ("transcribe", "2026-11"): Decimal("0.90"),
    }
    service.clock.shift(24 * 3600)
    entry(service, "bob", 2, "0.70")
    until = service.services.ledger.of_month(date(2026, 11, 30), until=date(2026, 11, 1))
    assert sum(one.usd for one in until) == Decimal("0.90")


def test_the_entries_of_an_erased_owner_keep_the_money_and_nothing_else_of_them(service: Service) -> None:
    ledger: Ledger = service.services.ledger
    entry(service, "ada", 1, "0.10")
    entry(service, "bob", 1, "0.40")
    ledger.release("ada")
    ledger.release("ada")
    assert ledger.of_owner("ada") == []
    expected = Entry(
        ERASED, date(2026, 11, 21), End.COMPLETED, (), Decimal(0), {"transcribe": Decimal("0.10")}, "2026-11-21"
    )
    assert [one for one in ledger.entries() if one.owner != "bob"] == [expected]
