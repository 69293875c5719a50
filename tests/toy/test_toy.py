"""The proof that a branch is a module and a line: it goes through everything, and nothing else knows of it."""

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from html import unescape
from io import BytesIO
from types import ModuleType
from typing import Any

import boto3
import pytest
import requests

from chalicelib.domain.assets import TOOK_TOO_LONG, Asset, BranchStatus, Status
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
from chalicelib.domain.tracks import Form
from chalicelib.errors import SettingsError
from chalicelib.pipeline.branches import _all, branches
from chalicelib.settings import Settings
from chalicelib.storage.tracks import every
from deployment.policies import policies
from local.upkeep import resume_unfinished
from tests.api.world import ADA, World, a_world, everything_stored
from tests.harness.aws_calls import PLACE
from tests.harness.places import ROOT
from tests.harness.service import Service
from tests.house.test_settings import GOOD
from tests.toy import abacus
from tests.toy.abacus import SERVICE, Abaci, Abacus
from tests.toy.branch import NOTHING_SAID, Counting
from tests.toy.counting import COUNTING
from tests.toy.track import COUNTS, HOSTILE

REGISTERED = {"EXTENSIONS": "tests.toy"}
"""The one line."""


@pytest.fixture
def world() -> Iterator[World]:
    vars(SERVICE).update(vars(Abaci()))
    with a_world(**REGISTERED) as found:
        yield found
    vars(SERVICE).update(vars(Abaci()))


@pytest.fixture
def service(world: World) -> Service:
    return world.service


def counting(service: Service, asset: Asset) -> BranchStatus:
    return service.asset(asset.ref).branches["counting"].status


def job_of(asset: Asset) -> str:
    return f"{asset.ref.owner}.{asset.ref.asset_id}.v1.counting"


def engine(service: Service) -> Abacus:
    found = service.services.engine(COUNTING)
    assert isinstance(found, Abacus)
    return found


def text_of(mail: bytes) -> str:
    body = message_from_bytes(mail, policy=default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def of_api(world: World, asset_id: str) -> Asset:
    (ref,) = {asset.ref for asset in world.service.services.store.everyones() if asset.ref.asset_id == asset_id}
    return world.service.asset(ref)


# ---- planned, run


def test_it_is_planned_waits_for_its_turn_and_runs(service: Service) -> None:
    SERVICE.is_held = True
    asset = service.upload()
    service.settle()
    waiting = service.asset(asset.ref)
    assert waiting.status is Status.PROCESSING
    assert waiting.open_branches == {"counting"}
    assert list(SERVICE.jobs) == [job_of(asset)], "begun once, when there was a transcript"
    SERVICE.is_held = False
    engine(service).finish(job_of(asset))
    service.settle()
    ended = service.asset(asset.ref)
    assert (ended.status, counting(service, asset)) == (Status.COMPLETED, BranchStatus.DONE)
    assert "There were 100 beads left." in map(str, ended.notes), "told by SNS, through the queue of jobs"
    assert SERVICE.started == 1


def test_what_a_file_does_not_need_is_skipped_with_the_reason(service: Service) -> None:
    service.cloud.media = MediaInfo("mp4", 60.0, VideoStream(1280, 720, 25.0), None)
    asset = service.upload()
    service.settle()
    state = service.asset(asset.ref).branches["counting"]
    assert (state.status, state.failure) == (BranchStatus.SKIPPED, NOTHING_SAID)
    assert SERVICE.started == 0


def test_where_nothing_came_of_what_it_comes_after_it_is_skipped(service: Service) -> None:
    service.cloud.media = MediaInfo("mp4", 60.0, None, AudioStream("aac", 48_000, 2))
    service.cloud.failing = {"audio": abacus.BROKE.of(lost=1)}
    asset = service.upload()
    service.settle()
    assert counting(service, asset) is BranchStatus.SKIPPED
    assert SERVICE.started == 0


# ---- retried, swept, restarted, given up


def test_while_its_engine_is_busy_it_waits_and_comes_again(service: Service) -> None:
    SERVICE.is_busy = True
    asset = service.upload()
    for _ in range(60):
        service.pump.step()
        service.cloud.finish_all()
    assert counting(service, asset) is BranchStatus.OPEN
    SERVICE.is_busy = False
    service.settle()
    assert counting(service, asset) is BranchStatus.DONE


def test_what_was_lost_on_its_way_is_found_by_the_sweep(service: Service) -> None:
    SERVICE.is_silent = True
    asset = service.upload()
    service.settle()
    assert counting(service, asset) is BranchStatus.OPEN
    SERVICE.jobs.clear()
    SERVICE.is_silent = False
    service.hours_pass(2)
    assert counting(service, asset) is BranchStatus.DONE
    assert SERVICE.started == 2


def test_what_never_ends_is_given_up_and_its_job_stopped(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    SERVICE.is_held = True
    asset = service.upload()
    service.settle()
    # An engine that knows its job to run keeps the sweep from giving up: this one has forgotten it.
    monkeypatch.setattr(Abacus, "start", lambda self, job: None)
    service.hours_pass(6)
    ended = service.asset(asset.ref)
    assert ended.branches["counting"].failure == TOOK_TOO_LONG
    assert SERVICE.cancelled == [job_of(asset)]
    assert ended.status is Status.COMPLETED, "the transcript is worth having without it"


def test_after_a_restart_it_goes_on(service: Service) -> None:
    SERVICE.is_silent = True
    asset = service.upload()
    service.settle()
    SERVICE.jobs.clear()
    SERVICE.is_silent = False
    assert resume_unfinished(service.services) == 1
    service.settle()
    assert counting(service, asset) is BranchStatus.DONE


def test_a_start_that_breaks_down_each_time_fails_it(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Abacus, job: object) -> None:
        raise RuntimeError("the slide is stuck")

    monkeypatch.setattr(Abacus, "start", broken)
    asset = service.upload()
    service.settle()
    assert counting(service, asset) is BranchStatus.FAILED
    assert service.asset(asset.ref).status is Status.COMPLETED
    assert len(service.dead_letters("analysis")) == 1


def test_events_that_come_twice_and_late_change_nothing(service: Service) -> None:
    asset = service.upload()
    service.settle()
    before = service.asset(asset.ref)
    engine(service).finish(job_of(asset))
    service.settle()
    assert service.asset(asset.ref) == before
    assert len(service.mails(asset)) == 1


# ---- cancelled, done again, erased


def test_it_is_cancelled_and_done_again(world: World) -> None:
    SERVICE.is_held = True
    ada = world.api(ADA)
    asset_id = world.upload(ada)["id"]
    assert ada.get(f"/assets/{asset_id}").json["branches"]["counting"] == {"status": "open", "progress": 0.25}
    assert ada.post(f"/assets/{asset_id}/cancel", {}).status == 200
    (cancelled,) = SERVICE.cancelled
    assert cancelled.endswith(f"{asset_id}.v1.counting")
    SERVICE.is_held = False
    assert ada.post(f"/assets/{asset_id}/retry", {}).status == 200
    world.service.settle()
    again = of_api(world, asset_id)
    assert (again.version, again.status) == (2, Status.COMPLETED)
    assert again.branches["counting"].status is BranchStatus.DONE


def test_it_is_erased_with_what_comes_late(world: World) -> None:
    SERVICE.is_held = True
    ada = world.api(ADA)
    asset_id = world.upload(ada)["id"]
    (name,) = SERVICE.jobs
    running = SERVICE.jobs[name]
    assert ada.ask("DELETE", f"/assets/{asset_id}").status == 204
    assert SERVICE.cancelled == [name]
    boto3.client("s3").put_object(
        Bucket=running[0].destination.bucket, Key=running[0].destination.key, Body=b'{"passages": []}'
    )
    world.service.settle()
    assert "jobs/counting" not in everything_stored(world)


# ---- shown, found, exported


def test_the_api_shows_what_it_found(world: World) -> None:
    ada = world.api(ADA)
    asset_id = world.upload(ada)["id"]
    listed = {track["name"]: track for track in ada.get(f"/assets/{asset_id}/tracks").json["tracks"]}
    assert (listed["counts"]["title"], listed["counts"]["engine"]) == ("Counts", "abacus")
    (file,) = listed["counts"]["files"]
    assert json.loads(requests.get(file["url"], timeout=10).content)["passages"]
    assert "counts.json" in {file["name"] for file in ada.get(f"/assets/{asset_id}/files").json["files"]}
    found = ada.get(f"/assets/{asset_id}/tracks/counts").json["passages"]
    assert found[0]["text"].endswith("words were counted")
    assert (found[0]["start"], found[1]["page"], found[2]["text"]) == (0.5, 3, HOSTILE)
    (hit,) = ada.get("/search?q=bead").json["hits"]
    assert [(match["track"], match["page"]) for match in hit["matches"]] == [("counts", 3)]


def test_whoever_has_a_link_reads_it(world: World) -> None:
    ada = world.api(ADA)
    asset_id = world.upload(ada)["id"]
    token = ada.post(f"/assets/{asset_id}/shares", {"days": 1}).json["token"]
    anybody = world.api(None)
    assert "counts" in {track["name"] for track in anybody.get(f"/shared/{token}/tracks").json["tracks"]}
    assert len(anybody.get(f"/shared/{token}/tracks/counts").json["passages"]) == 3


def test_the_report_tells_what_it_found_and_escapes_it(service: Service) -> None:
    asset = service.upload()
    service.settle()
    (mail,) = service.mails(asset)
    text = text_of(mail)
    assert "Counts" in text
    assert "words were counted" in text
    assert "page 3" in text
    html = message_from_bytes(mail, policy=default).get_body(("html",))
    assert html is not None
    assert HOSTILE not in html.get_content()
    assert HOSTILE in unescape(html.get_content())


def test_the_report_tells_why_it_failed(service: Service) -> None:
    SERVICE.is_broken = True
    asset = service.upload()
    service.settle()
    assert counting(service, asset) is BranchStatus.FAILED
    (mail,) = service.mails(asset)
    assert "counting" in text_of(mail)
    assert "The abacus has lost 3 beads." in text_of(mail)


def test_a_copy_of_the_account_has_it(world: World) -> None:
    ada = world.api(ADA)
    asset_id = world.upload(ada)["id"]
    assert ada.post("/me/export", {}).status in {200, 202}
    world.service.settle()
    url = ada.get("/me/export").json["url"]
    names = zipfile.ZipFile(BytesIO(requests.get(url, timeout=10).content)).namelist()
    assert any(asset_id in name and name.endswith("jobs/counting/counting.json") for name in names)


# ---- priced, granted, set


def test_it_is_priced_before_and_after(world: World) -> None:
    ada = world.api(ADA)
    estimated = ada.post("/estimate", {"duration": 600, "video": True}).json
    assert "abacus.word" in {line["item"] for line in estimated["lines"]}
    asset = of_api(world, world.upload(ada)["id"])
    assert asset.cost is not None
    assert "abacus.word" in {line.item for line in asset.cost.lines}
    assert asset.cost.as_of == "2026-01-31"
    assert asset.cost.unpriced == ()


def test_functions_may_write_what_it_finds() -> None:
    """What its engine needs they may do too: see `tests/house/test_extensions.py`."""
    given = {f"RAPPORTEUR_{name}": value for name, value in REGISTERED.items()}
    settings = Settings.from_environment({**GOOD, **given, "RAPPORTEUR_COUNTER": "tests.toy.abacus"})
    writing = {
        function
        for function, policy in policies("rapporteur", "dev", PLACE, settings).items()
        for statement in policy["Statement"]
        if "s3:PutObject" in statement["Action"] and any("jobs/counting" in one for one in statement["Resource"])
    }
    assert writing == {"on_intake", "on_urgent_intake", "on_job_output", "on_analysis", "on_sweep"}


def test_nothing_else_knows_of_it() -> None:
    words = ("abacus", '"counting"', r"tests\.toy", r"\bCOUNTS\b")
    folders = ("chalicelib", "local", "deployment", "web", "mails", "cloudformation")
    there = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    files = [path for path in there if path.suffix in {".py", ".js", ".yaml"}]
    assert len(files) > 200
    knowing = {
        (str(path.relative_to(ROOT)), word)
        for path in [*files, ROOT / "app.py"]
        for word in words
        if re.search(word, path.read_text()) and "node_modules" not in path.parts
    }
    assert knowing == set()
    assert "counts" not in [track.name for track in every(())]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "speech"}, "needs a name of its own"),
        ({"name": "<b>"}, "needs a name of its own"),
        ({"tasks": ("transcript",)}, "other names for its tasks than transcript"),
        ({"after": "speech"}, "as tuples"),
        ({"after": ("counting",)}, "comes after counting, which has to stand before it"),
        ({"after": ("applause",)}, "comes after applause"),
    ],
)
def test_a_branch_that_cannot_be_is_told_at_once(
    wrong: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("wrong_extension")
    vars(module)["BRANCHES"] = (type("Wrong", (Counting,), wrong)(),)
    monkeypatch.setitem(sys.modules, "wrong_extension", module)
    settings = Settings.from_environment({**GOOD, "RAPPORTEUR_EXTENSIONS": "wrong_extension"})
    monkeypatch.setattr("chalicelib.pipeline.branches._all", _all.__wrapped__)
    with pytest.raises(SettingsError, match=told):
        branches(settings)


@pytest.mark.parametrize("method", ["wanted", "progress", "start"])
def test_a_branch_that_breaks_costs_itself_alone(world: World, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise RuntimeError("somebody else's")

    monkeypatch.setattr(Counting, method, broken)
    SERVICE.is_held = method == "progress"
    asset_id = world.send(world.api(ADA))
    world.service.settle()
    ada = world.api(ADA)  # hours have passed, in which it was tried again
    told = ada.get(f"/assets/{asset_id}").json
    assert {told["branches"][name]["status"] for name in ("renditions", "speech", "language")} == {"done"}
    assert ada.get("/assets").status == 200
    assert told["branches"]["counting"]["status"] == ("open" if method == "progress" else "failed")


@pytest.mark.parametrize("left", [b"not json", b'{"passages": [{"text": "a", "start": "soon"}]}', b"{}", b"[]"])
def test_what_nobody_can_read_costs_no_search_and_no_report(world: World, left: bytes) -> None:
    SERVICE.is_held = True
    ada = world.api(ADA)
    asset_id = world.upload(ada)["id"]
    ((job, _),) = SERVICE.jobs.values()
    boto3.client("s3").put_object(Bucket=job.destination.bucket, Key=job.destination.key, Body=left)
    world.service.settle()
    assert of_api(world, asset_id).status is Status.COMPLETED
    assert len(world.service.mails(of_api(world, asset_id))) == 1
    assert ada.get("/search?q=bead").json["hits"] == []
    assert ada.get(f"/assets/{asset_id}/tracks/counts").status == 404
    assert ada.get(f"/assets/{asset_id}").status == 200


@pytest.mark.parametrize("file_name", ["transcript.json", "../../escaped.json", "web.mp4", "no ending", "report.html"])
def test_a_track_writes_over_no_other_file(file_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("wrong_extension")
    vars(module)["TRACKS"] = (replace(COUNTS, forms=(Form("json", "application/json", file_name),)),)
    monkeypatch.setitem(sys.modules, "wrong_extension", module)
    with pytest.raises(SettingsError, match=r"needs file names of its own, such as counts\.json"):
        every(("wrong_extension",))
