"""Links to recordings: made, named, seen again, given another end, turned off; and what is stored opens none."""

import io
import json
from zipfile import ZipFile

import boto3
import requests

from tests.api.world import ADA, BOB, World, everything_stored, problem

DAY = 24 * 3600


def test_a_link_is_named_and_seen_again_with_the_address_that_was_handed_out(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}/shares"
    made = ada.post(path, {"days": 7, "name": "  For the council’s clerk "}).json
    assert made["name"] == "For the council’s clerk"
    world.service.clock.shift(1)
    plain = ada.post(path).json
    assert "name" not in plain
    assert ada.get(path).json["shares"] == [made, plain]
    assert world.api(None).get(f"/shared/{made['token']}").status == 200
    assert "clerk" not in str(world.api(None).get(f"/shared/{made['token']}").json), "it is its owner's business"
    assert made["token"] != plain["token"]


def test_a_link_tells_nothing_of_how_its_owner_keeps_things_in_order(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)
    folder = ada.post("/folders", {"name": "To be sued"}).json["id"]
    ada.ask("PATCH", f"/assets/{asset['id']}", {"folder": folder, "tags": ["doubtful"]})
    token = ada.post(f"/assets/{asset['id']}/shares").json["token"]
    told = world.api(None).get(f"/shared/{token}").json["asset"]
    assert told["tags"] == []
    assert not {"folder", "changed_at", "cost"} & set(told)


def test_a_link_gets_another_name_and_another_end_and_stays_the_same_link(world: World) -> None:
    ada, stranger = world.api(ADA), world.api(None)
    path = f"/assets/{world.upload(ada)['id']}/shares"
    made = ada.post(path, {"days": 1, "name": "clerk"}).json
    one = f"{path}/{made['id']}"
    later = ada.ask("PATCH", one, {"days": 30}).json
    assert later["expires_at"] > made["expires_at"] + 28 * DAY
    assert {**later, "expires_at": 0} == {**made, "expires_at": 0}
    renamed = ada.ask("PATCH", one, {"name": "mayor"}).json
    assert renamed == {**later, "name": "mayor"}
    assert "name" not in ada.ask("PATCH", one, {"name": None}).json
    assert ada.ask("PATCH", one, {}).json["id"] == made["id"]
    world.service.clock.shift(2 * DAY)
    assert stranger.get(f"/shared/{made['token']}").status == 200, "it would have ended by now"
    assert world.api(ADA).ask("PATCH", one, {"days": 1}).status == 200
    world.service.clock.shift(DAY + 1)
    problem(stranger.get(f"/shared/{made['token']}"), 404)
    assert problem(world.api(ADA).ask("PATCH", one, {"days": 1}), 404)["code"] == "no-share", "what has ended stays so"
    for wrong in ({"days": 0}, {"days": 91}, {"name": ""}, {"token": "x"}):
        problem(world.api(ADA).ask("PATCH", one, wrong), 400)


def test_links_are_changed_and_listed_by_nobody_else_and_only_by_what_they_lead_to(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset, other = world.upload(ada), world.upload(ada)
    made = ada.post(f"/assets/{asset['id']}/shares").json
    problem(bob.ask("PATCH", f"/assets/{asset['id']}/shares/{made['id']}", {"name": "mine"}), 404)
    problem(ada.ask("PATCH", f"/assets/{other['id']}/shares/{made['id']}", {"name": "mine"}), 404)
    problem(bob.get(f"/assets/{asset['id']}/shares"), 404)
    assert bob.get("/me/shares").json == {"shares": []}
    assert ada.get(f"/assets/{asset['id']}/shares").json["shares"] == [made]


def test_all_links_of_an_account_are_listed_with_what_they_lead_to(world: World) -> None:
    ada = world.api(ADA)
    first, second = world.upload(ada, "first.mp4"), world.upload(ada)
    ada.ask("PATCH", f"/assets/{second['id']}", {"title": "A debate"})
    one = ada.post(f"/assets/{first['id']}/shares", {"name": "clerk"}).json
    world.service.clock.shift(1)
    two = ada.post(f"/assets/{second['id']}/shares").json
    told = ada.get("/me/shares").json["shares"]
    assert told == [
        {**two, "asset_id": second["id"], "title": "A debate"},
        {**one, "asset_id": first["id"], "title": "first.mp4"},
    ]
    ada.ask("DELETE", f"/assets/{first['id']}")
    world.service.settle()
    assert [share["id"] for share in ada.get("/me/shares").json["shares"]] == [two["id"]]


def test_what_is_stored_of_a_link_does_not_open_it(world: World) -> None:
    ada = world.api(ADA)
    token = ada.post(f"/assets/{world.upload(ada)['id']}/shares", {"name": "clerk"}).json["token"]
    secret = token.rpartition("_")[2]
    assert secret not in everything_stored(world)
    ada.post("/me/export")
    world.service.settle()
    got = requests.get(ada.get("/me/export").json["url"], timeout=10)
    account = ZipFile(io.BytesIO(got.content)).read("account.json").decode()
    assert secret not in account
    assert json.loads(account)["shares"][0]["name"] == "clerk"


def test_a_link_works_on_but_is_not_shown_again_once_the_service_has_another_key(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}/shares"
    made = ada.post(path).json
    boto3.client("dynamodb").put_item(
        TableName=world.service.services.settings.users_table,
        Item={"owner": {"S": "#service"}, "item": {"S": "signing"}, "secret": {"S": "another"}},
    )
    del world.service.services.signing_key  # as in the next process
    (seen,) = ada.get(path).json["shares"]
    assert seen["id"] == made["id"]
    assert "token" not in seen
    assert world.api(None).get(f"/shared/{made['token']}").status == 200
