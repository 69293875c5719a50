"""A run of which one job of AWS Batch does all that it can, and whatever goes wrong on its way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Asset, BranchStatus, Status
from chalicelib.engines.job_failures import GIVEN_UP, STOPPED_BY_OWNER
from chalicelib.pipeline.cancel import cancel
from chalicelib.pipeline.erase import erase
from chalicelib.pipeline.retry import retry
from chalicelib.pipeline.together import run_job
from tests.harness.fakes import Cloud
from tests.harness.managed import ON_GPU, Managed
from tests.harness.service import Service, running_service
from tests.house.test_policies import losing
from tests.pipeline import test_faults
from tests.pipeline.test_faults import MAIL_CALL, Faults, Tried, run_with

ALL = AiOptions(moderation=True, toxicity=True)
ON_DEMAND = {"BATCH_ON_DEMAND_QUEUE": f"{ON_GPU['BATCH_QUEUE']}-on-demand"}


@dataclass
class Beside:
    """The fake engines, and Batch beside them."""

    cloud: Cloud
    batch: Managed

    @property
    def on_call(self) -> Any:
        return self.cloud.on_call

    @on_call.setter
    def on_call(self, call: Any) -> None:
        self.cloud.on_call = call

    def finish_all(self) -> bool:
        ended = self.cloud.finish_all()
        return self.batch.finish_all() or ended

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cloud, name)


@contextmanager
def on_gpu(**settings: str) -> Iterator[tuple[Service, Managed]]:
    with running_service(**(ON_GPU | settings)) as service:
        managed = Managed()
        managed.answer(service.services.aws.batch)
        service.cloud = Beside(service.cloud, managed)  # type: ignore[assignment]
        yield service, managed


@pytest.fixture
def gpu() -> Iterator[tuple[Service, Managed]]:
    with on_gpu() as running:
        yield running


def upload(service: Service, **options: Any) -> Asset:
    return service.upload(**{"ai": ALL, **options})


def done(service: Service, **options: Any) -> Asset:
    asset = upload(service, **options)
    service.settle()
    return service.asset(asset.ref)


def until_submitted(service: Service, managed: Managed) -> None:
    while service.pump.step():
        pass
    assert len(managed.batch) == 1


def states(asset: Asset) -> dict[str, BranchStatus]:
    return {name: state.status for name, state in asset.branches.items()}


def why(asset: Asset, branch: str) -> str | None:
    failure = asset.branches[branch].failure
    return failure and failure.code


def notes(asset: Asset) -> str:
    return " ".join(map(str, asset.notes))


def test_one_job_closes_all_branches(gpu: tuple[Service, Managed]) -> None:
    service, managed = gpu
    asset = done(service)
    assert asset.status is Status.COMPLETED
    assert set(states(asset).values()) == {BranchStatus.DONE}
    assert asset.notes == ()
    assert len(managed.batch) == 1
    assert {track["track"] for track in service.services.store.tracks(asset.ref)} >= {
        "transcript",
        "captions",
        "analysis",
        "summary",
        "toxicity",
        "moderation",
    }
    assert not [name for name in service.cloud.calls if "transcode.audio" in name]
    assert asset.cost is not None
    charged = {line.item for line in asset.cost.lines}
    assert {"ec2.gpu_spot_hour", "ec2.public_ip_hour", "ebs.gp3_gb_month"} <= charged
    assert not [item for item in charged if item.startswith(("transcribe", "rekognition"))]


def test_a_recording_without_a_picture_is_not_looked_at_and_urgent_ones_do_not_wait(
    gpu: tuple[Service, Managed],
) -> None:
    service, managed = gpu
    service.cloud.cloud.media = service.cloud.media.__class__("mp3", 60.0, None, service.cloud.media.audio)  # type: ignore[attr-defined,union-attr]
    asset = done(service, urgent=True)
    assert asset.status is Status.COMPLETED
    (job,) = managed.batch.values()
    assert job["request"]["jobQueue"] == ON_GPU["BATCH_URGENT_QUEUE"]
    assert '"moderation":null' in job["request"]["containerOverrides"]["environment"][0]["value"]


def test_what_only_sums_up_and_what_only_looks_for_hurtful_words_may_fail(gpu: tuple[Service, Managed]) -> None:
    service, managed = gpu
    managed.noted = {"step": "summary", "code": "memory", "parts": {"summary": "memory", "toxicity": "models-missing"}}
    asset = done(service)
    assert set(states(asset).values()) == {BranchStatus.DONE}
    assert "There is no summary: The file is too much for the machine" in notes(asset)
    assert "Hurtful words were not looked for: The job lacks a model" in notes(asset)


@pytest.mark.parametrize(
    ("exit_code", "code"),
    [
        (1, "job-broken"),
        (10, "job-cannot-read"),
        (11, "job-hears-nothing"),
        (15, "job-memory"),
        (143, "job-interrupted"),
    ],
)
def test_a_job_that_fails_costs_what_is_not_there(gpu: tuple[Service, Managed], exit_code: int, code: str) -> None:
    service, managed = gpu
    managed.exit_code = exit_code
    asset = done(service)
    assert why(asset, "speech") == code
    assert why(asset, "vision") == (None if exit_code == 11 else code)
    assert states(asset)["renditions"] is BranchStatus.DONE


def test_what_moderation_rejects_is_not_transcribed() -> None:
    with on_gpu(MODERATION_POLICY="reject", MODERATION_KINDS="Tobacco,Smoking") as (service, managed):
        managed.exit_code = 12
        managed.noted = {"step": "moderation", "code": "rejected", "parts": {}}
        asset = done(service)
        assert why(asset, "speech") in {"rejected-by-moderation", None}
        assert asset.status is Status.REJECTED


@pytest.mark.parametrize(
    ("then", "now", "stops"),
    [("note", "reject", False), ("reject", "note", True), ("reject", None, True), (None, "reject", None)],
)
def test_whether_it_stops_is_by_the_policy_that_the_run_began_with(
    then: str | None, now: str | None, stops: bool | None
) -> None:
    with on_gpu(**({"MODERATION_POLICY": then} if then else {})) as (service, managed):
        asset = upload(service)
        until_submitted(service, managed)
        services = replace(service.services, settings=replace(service.services.settings, moderation_policy=now))
        rule = run_job(service.asset(asset.ref), "gpu", services).rule
        assert (rule and rule.stops) is stops


def test_of_a_job_whose_end_nobody_was_told_the_sweep_finds_out(gpu: tuple[Service, Managed]) -> None:
    service, managed = gpu
    managed.exit_code = 15
    with losing(service, "on_job_event"):
        asset = upload(service)
        service.settle()
    assert service.asset(asset.ref).status is Status.PROCESSING
    managed.exit_code = 0
    service.hours_pass(3)
    assert why(service.asset(asset.ref), "speech") == "job-memory"
    assert len(managed.batch) == 1


@pytest.mark.parametrize("queues", [{}, ON_DEMAND], ids=["spot only", "on demand too"])
def test_for_what_no_machine_comes_the_sweep_tries_the_other_queue_and_then_gives_up(queues: dict[str, str]) -> None:
    with on_gpu(**queues) as (service, managed):
        asset = upload(service)
        until_submitted(service, managed)
        managed.ends = False
        service.hours_pass(4)
        found = service.asset(asset.ref)
        assert why(found, "speech") == why(found, "vision") == "job-without-machine"
        assert len(managed.batch) == 1 + len(queues)
        assert {job["statusReason"] for job in managed.batch.values()} == {GIVEN_UP}


def test_what_waits_behind_others_is_not_taken_for_what_no_machine_comes_for() -> None:
    with on_gpu(**ON_DEMAND) as (service, managed):
        first, *others = (upload(service) for _ in range(3))
        while service.pump.step():
            pass
        managed.ends = False
        running = next(iter(managed.batch.values()))
        running["status"] = "RUNNING"
        service.hours_pass(8)
        assert len(managed.batch) == 3
        for job in managed.batch.values():
            job["status"] = "RUNNABLE"
        managed.ends = True
        service.settle()
        assert {service.asset(one.ref).status for one in (first, *others)} == {Status.COMPLETED}
        assert len(managed.batch) == 3


def test_what_waited_on_spot_is_done_on_demand() -> None:
    with on_gpu(**ON_DEMAND) as (service, managed):
        asset = upload(service)
        until_submitted(service, managed)
        managed.ends = False
        while len(managed.batch) == 1:
            service.hours_pass(1)
        managed.ends = True
        service.settle()
        assert service.asset(asset.ref).status is Status.COMPLETED
        assert [job["status"] for job in managed.batch.values()] == ["FAILED", "SUCCEEDED"]
        assert [one.code for one in service.asset(asset.ref).notes] == []


@pytest.mark.parametrize("recovers", [True, False])
def test_what_lost_its_spot_machine_is_done_on_demand_at_once(*, recovers: bool) -> None:
    with on_gpu(**ON_DEMAND) as (service, managed):
        asset = upload(service)
        until_submitted(service, managed)
        managed.exit_code = 143
        managed.finish_all()
        while service.pump.step():
            pass
        first, second = managed.batch.values()
        assert (first["status"], second["status"]) == ("FAILED", "RUNNABLE")
        assert second["request"]["jobQueue"] == ON_DEMAND["BATCH_ON_DEMAND_QUEUE"]
        assert second["request"]["containerOverrides"] == first["request"]["containerOverrides"]
        managed.exit_code = 0 if recovers else 143
        service.settle()
        assert len(managed.batch) == 2
        found = service.asset(asset.ref)
        assert why(found, "speech") == (None if recovers else "job-interrupted")


def test_a_cancelled_run_has_its_job_stopped_and_another_run_has_another(gpu: tuple[Service, Managed]) -> None:
    service, managed = gpu
    asset = upload(service)
    until_submitted(service, managed)
    cancel(service.asset(asset.ref), service.services)
    cancel(service.asset(asset.ref), service.services)
    (job,) = managed.batch.values()
    assert (job["status"], job["statusReason"]) == ("FAILED", STOPPED_BY_OWNER)
    service.settle()
    service.hours_pass(3)
    assert service.asset(asset.ref).is_cancelled
    assert len(managed.batch) == 1
    retry(service.asset(asset.ref), service.services)
    service.settle()
    assert service.asset(asset.ref).status is Status.COMPLETED
    names = [job["request"]["jobName"].removeprefix(f"owner-1_{asset.ref.asset_id}_") for job in managed.batch.values()]
    assert names == ["v1_gpu", "v2_gpu"]


def test_an_erased_recording_has_its_job_stopped(gpu: tuple[Service, Managed]) -> None:
    service, managed = gpu
    asset = upload(service)
    until_submitted(service, managed)
    erase(service.asset(asset.ref), service.services)
    (job,) = managed.batch.values()
    assert job["status"] == "FAILED"
    service.settle()
    assert len(managed.batch) == 1


def test_an_end_that_is_told_twice_and_late_changes_nothing(gpu: tuple[Service, Managed]) -> None:
    service, managed = gpu
    asset = done(service)
    before = service.snapshot(asset.ref)
    (job_id,) = managed.batch
    managed._tell_of(job_id)
    managed.batch[job_id] |= {"status": "FAILED", "exit_code": 1}
    managed._tell_of(job_id)
    service.settle()
    assert service.snapshot(asset.ref) == before


# ---- every call fails once


@pytest.fixture(scope="module")
def tried() -> Iterator[Callable[[], Tried]]:
    """A run on a GPU with all of its cases, as `test_faults` has them of other runs."""
    with on_gpu() as (service, _):
        service.settle()

        @cache
        def run() -> Tried:
            test_faults.ASKED["on a GPU"] = ALL
            run_with(service, Faults("on a GPU", is_off=True))
            faults = Faults("on a GPU")
            with faults.forks.trying():
                ref = run_with(service, faults)
                left = test_faults._left(service, ref)
            faults.forks.tell(left)
            assert left["mails"] == 1
            return Tried(left["snapshot"], faults.calls, faults.forks.outcomes)

        yield run


@pytest.mark.xdist_group("faults on a GPU")
def test_whichever_call_fails_the_end_is_the_same(tried: Callable[[], Tried], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(test_faults.SCENARIOS, "on a GPU", lambda cloud: None)
    monkeypatch.setattr(test_faults, "_ways", lambda scenario, k: (("before", "after", "died")[k % 3],))
    run = tried()
    assert run.calls.count("SubmitJob") == 1
    assert {"UpdateItem", "PutObject", "DescribeJobs", "SubmitJob"} <= set(run.calls)
    assert len(run.failed) == len(run.calls)
    wrong = {}
    for (k, how), left in run.failed.items():
        call = run.calls[k - 1]
        mails = 2 if call == MAIL_CALL and how != "before" else 1
        if "error" in left or left["snapshot"] != run.faultless or left["mails"] != mails:
            wrong[k, how, call] = left.get("error") or left
    assert not wrong, "\n".join(f"{case}: {str(told)[-1500:]}" for case, told in list(wrong.items())[:4])
