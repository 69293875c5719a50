"""What administrators see and do."""

from decimal import Decimal

import boto3
import pytest

from chalicelib.accounts import queue
from chalicelib.domain.assets import Asset, AssetRef, Status
from chalicelib.domain.costs import Cost, CostLine
from chalicelib.message import Message
from chalicelib.settings import QUEUES
from tests.api.world import ADA, BOB, ROOT, World, problem

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_accounts_are_listed_with_what_they_use(world: World) -> None:
    ada, root = world.api(ADA), world.api(ROOT)
    world.upload(ada)
    users = {user["email"]: user for user in root.get("/admin/users").json["users"]}
    assert set(users) == {ADA, ROOT}
    assert users[ADA]["owner"] == ada.get("/me").json["owner"]
    assert users[ADA]["quota"]["minutes"]["used"] == 1.0
    assert users[ADA]["status"] == "CONFIRMED"
    assert root.get("/me").json["is_admin"] is True
    problem(root.ask("PUT", f"/admin/users/{users[ADA]['owner']}", {"minutes": -1}), 400)
    problem(root.ask("PUT", "/admin/users/no_body", {"minutes": 1}), 404)


def test_only_an_account_that_there_is_can_be_changed(world: World) -> None:
    ada, root = world.api(ADA), world.api(ROOT)
    owner = ada.get("/me").json["owner"]
    assert root.ask("PUT", f"/admin/users/{owner}", {"minutes": 1}).status == 200
    problem(root.ask("PUT", f"/admin/users/{NOBODY}", {"minutes": 1}), 404)
    assert ada.ask("DELETE", "/me").status == 202
    problem(root.ask("PUT", f"/admin/users/{owner}", {"minutes": 1}), 404)  # while it is being erased
    world.service.clock.shift(queue.REQUESTS_END)
    world.service.settle()
    problem(root.ask("PUT", f"/admin/users/{owner}", {"minutes": 1}), 404)
    assert not world.service.services.users.profiles([owner, NOBODY])


def test_failed_and_stuck_recordings_are_found_and_can_be_started_again(world: World) -> None:
    ada, root = world.api(ADA), world.api(ROOT)
    owner = ada.get("/me").json["owner"]
    broken = Message("broke", "The engine broke.")
    world.service.cloud.failing = {"audio": broken, "renditions": broken}
    failed = world.upload(ada)
    assert failed["status"] == "failed"
    (found,) = root.get("/admin/assets?status=failed").json["assets"]
    assert (found["id"], found["owner"]) == (failed["id"], owner)
    assert root.get("/admin/assets?status=stuck").json["assets"] == []
    world.service.cloud.failing = {}
    world.service.cloud.jobs.clear()
    assert root.post(f"/admin/assets/{owner}/{failed['id']}/retry").json["status"] == "queued"
    world.service.settle()
    assert ada.get(f"/assets/{failed['id']}").json["status"] == "completed"
    problem(root.post(f"/admin/assets/{owner}/0123456789abcdef/retry"), 404)

    world.send(ada)
    while world.service.pump.step():
        pass
    world.service.pump.app_queues.clear()
    world.service.clock.shift(5 * 3600)
    while world.service.pump.step():
        pass
    (stuck,) = world.api(ROOT).get("/admin/assets?status=stuck").json["assets"]
    assert stuck["status"] == "processing"


def test_dead_letters_are_shown_and_worked_on_once_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, root = world.api(ADA), world.api(ROOT)

    def broken(*_: object) -> None:
        raise RuntimeError("no report today")

    import app

    real = app.on_report
    monkeypatch.setattr(app, "on_report", broken)
    asset_id = world.send(ada)
    world.service.settle()
    letters = {queue["name"]: queue for queue in world.api(ROOT).get("/admin/dead-letters").json["queues"]}
    assert set(letters) == set(QUEUES)
    waiting = letters["report"]["waiting"]
    assert waiting >= 1
    message = letters["report"]["messages"][0]
    assert message["body"]["asset"] == asset_id
    assert message["received"] > 1
    handled: list[str] = []
    monkeypatch.setattr(app, "on_report", lambda event, context: (handled.append(asset_id), real(event, context)))
    root = world.api(ROOT)
    assert root.post("/admin/dead-letters/report/redrive").json == {"moved": waiting}
    world.service.settle()
    assert len(handled) == waiting
    root = world.api(ROOT)
    assert {queue["waiting"] for queue in root.get("/admin/dead-letters").json["queues"]} == {0}
    problem(root.post("/admin/dead-letters/passwords/redrive"), 404)


def test_costs_are_told_by_month_owner_and_service_also_of_what_is_gone(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    owners = [api.get("/me").json["owner"] for api in (ada, bob)]
    for number, (owner, usd) in enumerate(zip(owners, ("1.25", "0.50"), strict=True), 1):
        asset = Asset(AssetRef(owner, f"0123456789abcde{number}"), "a.mp4", "input/a", Status.COMPLETED, 0.0, version=1)
        line = CostLine("transcribe.batch", Decimal(1), Decimal(usd))
        world.service.services.ledger.enter(asset, Cost(Decimal(usd), "2026-11-01", (line,)))
    assert bob.ask("DELETE", "/me").status == 202
    world.service.settle()
    told = world.api(ROOT).get("/admin/costs").json
    assert told["months"] == ["2026-11"]
    assert {row["owner"]: row["usd"] for row in told["by_owner"]} == {owners[0]: [1.25], "erased": [0.5]}
    assert told["by_engine"] == [{"engine": "transcribe", "usd": [1.75]}]


def test_a_page_of_accounts_that_is_none_is_refused(world: World) -> None:
    assert world.api(ROOT).get("/admin/users").json.get("next") is None
    for number in range(30):
        boto3.client("cognito-idp").admin_create_user(
            UserPoolId=world.pool.pool_id, Username=f"user{number}@rapporteur.example", MessageAction="SUPPRESS"
        )
    root = world.api(ROOT)
    first = root.get("/admin/users").json
    assert len(first["users"]) == 25
    rest = root.get(f"/admin/users?after={first['next']}").json
    assert len(rest["users"]) == 6
    assert "next" not in rest
    for wrong in ("zz", "%ff", "e30=", "x" * 4096):
        assert problem(root.get(f"/admin/users?after={wrong}"), 400)["field"] == "after"
