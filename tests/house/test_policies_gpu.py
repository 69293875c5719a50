"""Least privilege where one job of AWS Batch does a run's work: what it needs is granted, and no more of Batch."""

import json
from collections.abc import Callable, Mapping
from functools import cache

import boto3
import pytest

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Asset
from chalicelib.pipeline.waiting import enqueue
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.storage.run_jobs import RunJobs
from tests.harness.aws_calls import Need
from tests.harness.fakes import WORDS
from tests.harness.managed import ON_GPU, Managed
from tests.harness.service import Service
from tests.house.test_policies import (
    Corner,
    Visit,
    again,
    cancelled_and_died,
    covers,
    go_into,
    granted,
    losing,
    missing_in,
    new_content_comes_in_the_middle,
    rest_api,
    took_too_long,
)

QUEUES = ON_GPU | {"BATCH_ON_DEMAND_QUEUE": f"{ON_GPU['BATCH_QUEUE']}-on-demand"}
ALL = AiOptions(moderation=True, toxicity=True)
Again = Callable[[Service, Asset], None]


def _step(service: Service) -> None:
    while service.pump.step():
        pass


def _by_intake(service: Service, asset: Asset) -> None:
    again(service, asset.ref.asset_id, finish=False)


def _by_sweep(service: Service, asset: Asset) -> None:
    for _ in range(2):
        service.clock.shift(3601)
        _step(service)


def _by_analysis(service: Service, asset: Asset) -> None:
    enqueue(service.asset(asset.ref).run, "language", service.services)
    _step(service)


def one_job_does_it_all(service: Service, managed: Managed) -> None:
    for exit_code in (0, 15):
        managed.exit_code = exit_code
        for urgent in (False, True):
            service.upload(ai=ALL, urgent=urgent)
            service.settle()


def nobody_hears_of_it(service: Service, managed: Managed) -> None:
    for exit_code in (0, 15):
        managed.exit_code = exit_code
        for go_on in (_by_intake, _by_sweep):
            with losing(service, "on_job_event", "on_job_output"):
                asset = service.upload(ai=ALL)
                service.settle()
            go_on(service, asset)
            service.settle()


def _until_analysed(service: Service, managed: Managed) -> Asset:
    """A transcript is there, and what else the job is to make is waited for."""
    asset = service.upload(ai=ALL)
    _step(service)
    asked = json.loads(list(managed.batch.values())[-1]["request"]["containerOverrides"]["environment"][0]["value"])
    bucket, _, key = asked["transcription"]["destination"].removeprefix("s3://").partition("/")
    body = json.dumps(transcribe_document(asked["transcription"]["name"], WORDS, "en-US"))
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    managed.ends = False
    service.settle()
    return asset


def jobs_get_lost(service: Service, managed: Managed) -> None:
    """Whoever comes by submits them anew, also if Batch refuses that at first."""
    for go_on in (_by_intake, _by_sweep, _by_analysis):
        asset = _until_analysed(service, managed)
        managed.batch.clear()
        service.clock.shift(601)
        managed.refused = {"SubmitJob": "TooManyRequestsException"}
        go_on(service, asset)
        managed.refused = {}
        service.clock.shift(61)
        go_on(service, asset)
        managed.ends = True
        service.settle()


def no_machine_comes(service: Service, managed: Managed) -> None:
    for go_on in (_by_intake, _by_sweep, _by_analysis):
        asset = _until_analysed(service, managed)
        for _ in range(2):
            service.clock.shift(31 * 60)
            go_on(service, asset)
        managed.ends = True
        service.settle()


def spot_machines_are_taken_back(service: Service, managed: Managed) -> None:
    """Whoever hears of it has the job done on demand, or dies over that, and hears of it again."""
    for refused in ({}, {"SubmitJob": "TooManyRequestsException"}):
        service.upload(ai=ALL)
        _step(service)
        managed.exit_code, managed.refused = 143, refused
        managed.finish_all()
        _step(service)
        managed.exit_code, managed.refused = 0, {}
        service.clock.shift(61)
        managed._tell_of(list(managed.batch)[-1])
        service.settle()


def unnoted(corner: Corner) -> Corner:
    """Whoever submits a job dies before it notes how Batch calls it."""

    def go(service: Service, managed: Managed) -> None:
        with pytest.MonkeyPatch.context() as patching:
            patching.setattr(RunJobs, "note", lambda known, name, *_: known.get(name))
            corner(service, managed)

    go.__name__ = f"unnoted_{corner.__name__}"
    return go


CORNERS: tuple[Corner, ...] = (
    one_job_does_it_all,
    nobody_hears_of_it,
    jobs_get_lost,
    no_machine_comes,
    spot_machines_are_taken_back,
    unnoted(spot_machines_are_taken_back),
    new_content_comes_in_the_middle,
    cancelled_and_died,
    took_too_long,
    unnoted(new_content_comes_in_the_middle),
    unnoted(cancelled_and_died),
    unnoted(rest_api),
    rest_api,
)


def _of_either_queue(need: Need) -> Need:
    """Which queue a job goes to is the upload's own matter; it may go to either from anywhere."""
    return need._replace(resource=need.resource.replace("-gpu-urgent", "-gpu"))


@pytest.fixture(scope="module")
def visits() -> Callable[[Corner], Visit]:
    @cache
    def visit(corner: Corner) -> Visit:
        return go_into(corner, QUEUES)

    return visit


@pytest.mark.xdist_group("policies on a GPU")
@pytest.mark.parametrize("corner", CORNERS, ids=lambda corner: corner.__name__)
def test_nothing_used_is_missing(visits: Callable[[Corner], Visit], corner: Corner) -> None:
    missing = missing_in(visits(corner))
    assert not missing, "\n".join(map(str, missing))


@pytest.mark.xdist_group("policies on a GPU")
def test_no_leave_to_use_batch_is_unused(visits: Callable[[Corner], Visit]) -> None:
    every = [visits(corner) for corner in CORNERS]
    used: Mapping[str, set[Need]] = {}
    used = {name: set().union(*(one.used.get(name, set()) for one in every)) for one in every for name in one.used}
    unused = [
        (function, grant)
        for function, allowed in granted(every[-1].settings).items()
        for grant in map(_of_either_queue, sorted(allowed))
        if grant.action.startswith("batch:")
        and not any(covers(grant, _of_either_queue(need)) for need in used.get(function, ()))
    ]
    assert not unused, "\n".join(map(str, unused))
