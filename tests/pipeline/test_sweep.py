"""The hourly sweep: what is stuck is started again where it stands, and after some tries failed."""

import boto3
import pytest

from chalicelib.domain.assets import BranchStatus, ReportState, Status
from tests.harness.service import Service


def lose_everything_on_its_way(service: Service) -> None:
    """What no redelivery brings back: every event and message that is now on its way is gone."""
    service.pump.collect()
    sqs = boto3.client("sqs")
    for delivery in service.pump.pending:
        if delivery.queue_url:
            sqs.delete_message(QueueUrl=delivery.queue_url, ReceiptHandle=delivery.receipt or "")
    service.pump.pending.clear()


@pytest.mark.exhaustive
def test_a_lost_event_at_any_point_is_made_good_by_the_sweep(service: Service) -> None:
    service.without_index()  # which the account's next change brings up to date, not the sweep
    whole = service.upload()
    service.settle()
    expected = service.snapshot(whole.ref)
    for lost_after in range(12):
        asset = service.upload()
        for _ in range(lost_after):
            service.pump.collect()
            if service.pump.pending:
                service.pump.deliver(service.pump.pending[0])
            else:
                service.cloud.finish_all()
        lose_everything_on_its_way(service)
        service.cloud.finish_all()
        lose_everything_on_its_way(service)
        for _ in range(3):
            service.later(10)
        assert service.snapshot(asset.ref) == expected, f"lost after {lost_after} deliveries"
        assert len(service.mails(asset)) == 1


def test_a_job_that_never_ends_is_failed_in_the_end_and_its_owner_is_told(service: Service) -> None:
    service.cloud.finish_all = lambda: False  # type: ignore[method-assign]
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).status is Status.PROCESSING
    service.hours_pass(12)
    ended = service.asset(asset.ref)
    assert service.cloud.running() == [], "they are stopped"
    assert ended.status is Status.FAILED
    assert {state.status for state in ended.branches.values()} == {BranchStatus.FAILED}
    assert ended.report is ReportState.DELIVERED
    assert len(service.mails(asset)) == 1


def test_an_engine_that_cannot_stop_jobs_does_not_keep_the_owner_from_being_told(service: Service) -> None:
    service.cloud.finish_all = lambda: False  # type: ignore[method-assign]
    service.cloud.breaking |= {"cancel.renditions", "cancel.audio"}
    asset = service.upload()
    service.hours_pass(12)
    assert service.asset(asset.ref).status is Status.FAILED
    assert len(service.mails(asset)) == 1


def test_an_announced_upload_that_never_comes_expires_silently(service: Service) -> None:
    asset = service.announce()
    service.later(26)
    assert service.asset(asset.ref).status is Status.EXPIRED
    assert service.mails_sent() == 0


def test_an_upload_after_the_window_is_taken_all_the_same(service: Service) -> None:
    asset = service.announce()
    service.later(26)
    service.put(asset)
    service.settle()
    assert service.asset(asset.ref).status is Status.COMPLETED


def test_the_sweep_leaves_alone_what_is_not_overdue(service: Service) -> None:
    asset = service.upload()
    while not service.cloud.running():
        service.pump.step()
    calls = list(service.cloud.calls)
    service.pump.fire_schedules(service.now())
    service.pump.step()
    assert service.cloud.calls == calls
    assert service.asset(asset.ref).sweeps == 0


def test_nothing_that_is_finished_and_reported_is_watched(service: Service) -> None:
    service.upload()
    service.settle()
    assert list(service.services.store.overdue(service.now() + 10**9)) == []


def test_one_broken_asset_does_not_cost_the_others_their_sweep(service: Service) -> None:
    broken, fine = service.upload("broken.mp4"), service.upload("fine.mp4")
    lose_everything_on_its_way(service)
    accept = service.services.store.get
    service.services.store.get = lambda ref: accept(ref) if ref != broken.ref else 1 / 0  # type: ignore
    service.hours_pass(30)
    del service.services.store.get
    assert service.asset(fine.ref).status is Status.COMPLETED
    assert service.asset(broken.ref).status is Status.AWAITING_UPLOAD


def test_a_report_that_cannot_be_mailed_is_tried_again_and_then_given_up(service: Service) -> None:
    def refuse(**_: object) -> None:
        raise ConnectionError

    ses = service.services.aws.ses
    ses.meta.events.register_first("before-call", refuse, unique_id="refuse")
    asset = service.upload()
    service.hours_pass(40)
    ses.meta.events.unregister("before-call", unique_id="refuse")
    assert service.asset(asset.ref).status is Status.COMPLETED
    assert service.asset(asset.ref).report is ReportState.UNDELIVERABLE
    assert service.dead_letters("report")
