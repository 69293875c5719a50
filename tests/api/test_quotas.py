"""What an account may use: counted at once under any number of callers, and told clearly when it is used up."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from threading import Lock
from typing import Any

import pytest

from chalicelib.domain.accounts import Allowance
from chalicelib.domain.assets import AssetRef, Status
from chalicelib.domain.media import MediaInfo
from chalicelib.seams.registry import SEAMS
from tests.api.world import ADA, ROOT, World, problem
from tests.harness.fake_engines import transcriber
from tests.harness.fakes import VIDEO

NEW = {"file_name": "a.mp4", "size": 1000}


def allow(world: World, **settings: Any) -> None:
    world.service.services.settings = replace(world.service.services.settings, **settings)


def test_files_in_work_are_limited_and_count_no_more_once_they_have_ended(world: World) -> None:
    allow(world, quota_in_flight=2)
    ada = world.api(ADA)
    done = world.send(ada)
    ada.post("/assets", NEW)
    refused = problem(ada.post("/assets", NEW), 429)
    assert refused["code"] == "quota-in-flight"
    assert "2" in refused["detail"]
    world.service.settle()
    assert ada.get(f"/assets/{done}").json["status"] == "completed"
    assert ada.get("/me").json["quota"]["in_flight"] == {"used": 1, "limit": 2}
    assert ada.post("/assets", NEW).status == 201
    assert problem(ada.post(f"/assets/{done}/retry"), 429)["code"] == "quota-in-flight"


def test_bytes_are_limited_by_the_month(world: World) -> None:
    allow(world, quota_bytes=2500)
    ada = world.api(ADA)
    assert [ada.post("/assets", NEW).status for _ in range(3)] == [201, 201, 429]
    refused = problem(ada.post("/assets", NEW), 429)
    assert (refused["code"], refused["field"]) == ("quota-bytes", "size")
    assert ada.post("/assets", {**NEW, "size": 500}).status == 201
    world.service.clock.shift(31 * 24 * 3600)
    ada = world.api(ADA)
    assert ada.get("/me").json["quota"]["bytes"]["used"] == 0
    assert ada.post("/assets", NEW).status == 201
    assert ada.get("/me").json["quota"]["month"] == "2026-12"


def test_minutes_are_counted_once_the_length_is_known_and_once_only(world: World) -> None:
    allow(world, quota_minutes=3)
    ada = world.api(ADA)
    asset = world.upload(ada)  # a minute
    assert ada.get("/me").json["quota"]["minutes"] == {"used": 1.0, "limit": 3}
    owner = ada.get("/me").json["owner"]
    users, allowed = world.service.services.users, Allowance(3, 10**12, 100)
    for _ in range(3):
        assert users.count_minutes(owner, asset["id"], 1, Decimal(1), allowed)
    assert ada.get("/me").json["quota"]["minutes"]["used"] == 1.0
    world.service.cloud.media = MediaInfo("mp4", 150.0, VIDEO.video, VIDEO.audio)
    rejected = world.upload(ada)
    assert (rejected["status"], rejected["error"]["code"]) == ("rejected", "quota-minutes")
    assert "2 are left" in rejected["error"]["message"]
    assert world.service.mails(world.service.asset(AssetRef(owner, rejected["id"]))), "its owner is told"
    assert ada.post(f"/assets/{asset['id']}/retry").json["status"] == "queued"
    world.service.cloud.media = VIDEO
    world.service.settle()
    assert ada.get("/me").json["quota"]["minutes"]["used"] == 2.0


def test_uploads_announced_at_once_never_pass_a_limit(world: World) -> None:
    users, allowed = world.service.services.users, Allowance(100, 10_000, 50)

    # Each call of its own is atomic in DynamoDB; the embedded one needs help with that.
    client, lock = world.service.services.aws.dynamodb, Lock()
    call = client._make_api_call  # type: ignore[attr-defined]

    def one_at_a_time(*asked: Any) -> Any:
        with lock:
            return call(*asked)

    client._make_api_call = one_at_a_time  # type: ignore[attr-defined]

    def reserve(number: int) -> bool:
        return users.reserve("owner-1", f"{number:016x}", 1000, allowed)

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(reserve, range(64))) == 10
    assert users.usage("owner-1").bytes == 10_000
    assert len(users.usage("owner-1").in_flight) == 10


def test_what_would_cost_too_much_waits_for_its_owners_consent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = world.api(ADA)
    assert ada.ask("PUT", "/me", {"cost_limit_usd": 0.05}).json["cost_limit_usd"] == 0.05
    monkeypatch.setattr(transcriber, "charges", lambda work: {"transcribe.batch": Decimal(10)}, raising=False)
    estimate = ada.post("/estimate", {"duration": 600, "video": False}).json
    assert estimate["usd"] > 0.05
    assert estimate["is_over_limit"] is True
    assert estimate["limit_usd"] == 0.05
    asset = world.upload(ada)
    assert (asset["status"], asset["error"]["code"]) == ("rejected", "cost-limit")
    assert "$0.05" in asset["error"]["message"]
    assert not world.service.cloud.jobs, "nothing was begun"
    assert problem(ada.post(f"/assets/{asset['id']}/retry"), 409)["code"] == "cost-limit"
    again = ada.post(f"/assets/{asset['id']}/retry", {"accept_cost": True})
    assert again.status == 200, again.body
    world.service.settle()
    assert ada.get(f"/assets/{asset['id']}").json["status"] == "completed"
    assert world.upload(ada, accept_cost=True)["status"] == "completed"


def test_an_estimate_is_made_of_the_engines_own_charges(world: World) -> None:
    allow(world, engines={seam: seam.on_aws or "" for seam in SEAMS})
    ada = world.api(ADA)
    hour = ada.post("/estimate", {"duration": 3600}).json
    assert {line["item"].partition(".")[0] for line in hour["lines"]} >= {"mediaconvert", "transcribe", "lambda"}
    assert ada.post("/estimate", {"duration": 3600, "video": False}).json["usd"] < hour["usd"]
    assert ada.post("/estimate", {"duration": 7200}).json["usd"] == pytest.approx(2 * hour["usd"], rel=0.1)
    problem(ada.post("/estimate", {"duration": 0}), 400)


def test_urgent_recordings_have_a_queue_of_their_own_for_those_who_may(world: World) -> None:
    ada, root = world.api(ADA), world.api(ROOT)
    assert problem(ada.post("/assets", {**NEW, "urgent": True}), 403)["code"] == "not-urgent"
    owner = ada.get("/me").json["owner"]
    changed = root.ask("PUT", f"/admin/users/{owner}", {"may_be_urgent": True, "minutes": 7})
    assert changed.json == {"minutes": 7, "may_be_urgent": True}
    me = ada.get("/me").json
    assert (me["may_be_urgent"], me["quota"]["minutes"]["limit"]) == (True, 7)
    handled = []
    deliver = world.service.pump.deliver
    world.service.pump.deliver = lambda delivery: handled.append(delivery.handler) or deliver(delivery)  # type: ignore[assignment,func-returns-value]
    assert world.upload(ada, urgent=True)["status"] == "completed"
    assert "on_urgent_intake" in handled
    assert "on_intake" not in handled


def test_several_uploads_are_announced_at_once_each_for_itself(world: World) -> None:
    allow(world, quota_in_flight=2)
    ada = world.api(ADA)
    wanted = [NEW, {**NEW, "file_name": "b.exe"}, NEW, NEW]
    results = ada.post("/assets/batch", {"assets": wanted}).json["results"]
    assert [result.get("error", {}).get("code") for result in results] == [
        None,
        "unsupported-ending",
        None,
        "quota-in-flight",
    ]
    assert results[0]["upload"]["method"] == "post"
    assert len(ada.get("/assets").json["assets"]) == 2
    problem(ada.post("/assets/batch", {"assets": []}), 400)


def test_clients_of_the_older_service_get_their_form(world: World) -> None:
    ada = world.api(ADA)
    form = ada.get(f"/presignedurl/council/first?mail={ADA}").json
    assert set(form) == {"id", "url", "fields"}
    (asset,) = ada.get("/assets").json["assets"]
    assert (asset["id"], asset["title"], asset["file_name"]) == (form["id"], "council / first", "council-first.mp4")
    assert asset["status"] == Status.AWAITING_UPLOAD
    problem(ada.get("/presignedurl/council/first?mail=somebody@else.example"), 403)


def test_what_is_not_made_anew_for_want_of_room_says_so_where_it_is_read(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}"
    token = ada.post(f"{path}/shares", {"days": 1}).json["token"]
    allow(world, quota_minutes=1)
    for edition, text in enumerate(["Trams are late.", "Trams are very late."]):
        said = {"edition": edition, "lines": [{"text": text}]}
        assert ada.ask("PUT", f"{path}/transcript", said).status == 200
        ada.post(f"{path}/transcript/left")
        world.service.settle()
    for told in (ada.get(f"{path}/analysis").json, world.api(None).get(f"/shared/{token}/analysis").json):
        origin = told["summary_made_from"]
        assert (origin["edition"], origin["is_outdated"], origin["is_due"]) == (1, True, False)
    why = ada.get(f"{path}/analysis").json["not_remade"]
    assert (why["code"], "the 1 minutes of text" in why["message"]) == ("anew-quota-minutes", True)
    assert "not_remade" not in told, "what may be spent is nobody's business who has a link"
