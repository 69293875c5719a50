"""Engines take only so much at a time: what has to wait is never failed for being early, and never forgotten."""

import re

import boto3
import pytest

from chalicelib.domain.assets import BranchStatus, ReportState, Status
from chalicelib.errors import EngineBusy
from chalicelib.message import Message
from chalicelib.seams.probing import PROBING
from chalicelib.seams.summary import SUMMARIZING
from tests.harness.service import Service

UPLOADS = 20
CAPACITY = 6


def started_in_order(service: Service, task: str) -> list[str]:
    return [re.split(r"\.", name)[1] for name in service.cloud.jobs if name.endswith(f".{task}")]


def test_twenty_uploads_at_once_all_finish_about_in_turn(service: Service) -> None:
    service.cloud.capacity = CAPACITY
    assets = []
    for _ in range(UPLOADS):
        assets.append(service.upload())
        service.clock.shift(0.001)
    service.settle()
    assert service.cloud.refusals > UPLOADS
    for asset in assets:
        ended = service.asset(asset.ref)
        assert ended.status is Status.COMPLETED
        assert {state.status for state in ended.branches.values()} == {BranchStatus.DONE}
        assert len(service.mails(asset)) == 1
    place = {asset.ref.asset_id: number for number, asset in enumerate(assets)}
    order = [place[asset_id] for asset_id in started_in_order(service, "renditions")]
    assert sorted(order) == list(range(UPLOADS))
    # The queue hands out the oldest message first: a job may be early or late by what fits into the engines, or by
    # those that came back to the queue in the same moment, but nobody is left behind.
    assert max(abs(number - turn) for turn, number in enumerate(order)) <= 2 * CAPACITY


def test_waiting_is_told_from_being_stuck(service: Service) -> None:
    service.cloud.capacity = 0
    asset = service.upload()
    for _ in range(100):
        service.pump.step()
        service.clock.shift(900)
    assert service.asset(asset.ref).status is Status.PROCESSING
    service.cloud.capacity = CAPACITY
    service.settle()
    assert service.asset(asset.ref).status is Status.COMPLETED
    assert len(service.mails(asset)) == 1


def test_only_one_message_waits_for_a_run_however_often_it_is_delivered(service: Service) -> None:
    service.cloud.capacity = 0
    service.upload()
    service.pump.step()
    service.pump.collect()
    (delivery,) = service.pump.pending
    for _ in range(5):
        service.pump.invoke(delivery)
    service.pump.deliver(delivery)
    url = service.services.settings.intake_queue_url
    names = ["ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessages"]
    counts = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]  # type: ignore[arg-type]
    assert sum(map(int, counts.values())) == 1


def test_a_prober_that_is_busy_is_asked_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [EngineBusy(), EngineBusy()]
    probe = service.services.engine(PROBING).probe

    def busy_twice(source: object) -> object:
        if refusals:
            raise refusals.pop()
        return probe(source)  # type: ignore[arg-type]

    monkeypatch.setattr(service.services.engine(PROBING), "probe", busy_twice)
    asset = service.upload()
    service.settle()
    assert not refusals
    assert service.asset(asset.ref).status is Status.COMPLETED


def test_a_busy_summarizer_does_not_have_the_analysis_made_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [EngineBusy()]
    engine = service.services.engine(SUMMARIZING)
    assert engine is not None
    summarize = engine.summarize

    def busy_once(transcript: object) -> str:
        if refusals:
            raise refusals.pop()
        return summarize(transcript)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "summarize", busy_once)
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).branches["language"].status is BranchStatus.DONE
    assert service.cloud.calls.count("analyze") == 1
    assert service.cloud.calls.count("summarize") == 1


def test_a_failure_is_no_waiting(service: Service) -> None:
    service.cloud.capacity = 1
    service.cloud.failing["renditions"] = Message("codec", "The picture cannot be decoded.")
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.branches["renditions"].status is BranchStatus.FAILED
    assert ended.report is ReportState.DELIVERED
