"""The log of a recording: each route leaves the entry that it should, once, and no other; no words, and no tokens."""

import itertools
import json
from typing import Any

import boto3
import pytest
from chalice import Response

from chalicelib.api import request
from chalicelib.api.operation import Operation
from chalicelib.api.operations import OPERATIONS
from chalicelib.domain.rights import GIVEN_AWAY, Role, may
from deployment.target import ROOT as HERE
from tests.api.test_api import ask
from tests.api.test_link_parts import OPENED_BY
from tests.api.test_marks import mark
from tests.api.test_people import log_of
from tests.api.test_rights import BY_LINK, OF_ASSETS, share
from tests.api.world import ADA, BOB, ROOT, World, a_world, problem
from tests.harness.service import TRANSLATOR, VISION
from tests.pipeline.test_moderation import BLOODY, FILM

NOT_ENTERED = {
    "address_parts": "it changes nothing yet",
    "complete_upload": "the file that arrives, whichever way, is a version: the list of these says when",
    "delete_asset": "there is no log of what is gone",
    "estimate_hearing": "it changes nothing",
    "preview_captions": "it changes nothing",
    "leave_transcript": "what was written is entered as it is saved",
}
"""What is no GET, and is entered as no change, and why."""

BY_ADMINISTRATORS = {"get_held": "read", "decide_held": "decide_held", "retry_anyones_asset": "retry_anyones_asset"}


def expected(name: str, role: Role) -> list[str]:
    if OF_ASSETS[name].is_change:
        return [name]
    return [] if role is Role.OWNER else ["read"]


def forget_log(world: World) -> None:
    """Also what the process remembers to have entered."""
    audit = world.service.services.audit
    for ref in [one.ref for one in world.service.services.store.everyones()]:
        audit.forget(ref)
    audit._noted.clear()


def test_each_route_that_changes_something_is_entered_or_it_is_said_why_not() -> None:
    changing = {name for name, one in OF_ASSETS.items() if one.method != "GET"}
    assert {name for name in changing if not OF_ASSETS[name].is_change} == set(NOT_ENTERED)
    assert not [name for name, one in OF_ASSETS.items() if one.method == "GET" and one.is_change]


@pytest.mark.parametrize("role", [Role.OWNER, *GIVEN_AWAY])
def test_each_route_leaves_the_entry_that_it_should_once_by_each_role(
    world: World, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    if role is not Role.OWNER:
        share(ada, asset_id, BOB, role)
    somebody, who = (ada, ("you", None)) if role is Role.OWNER else (bob, ("person", BOB))

    def succeed(operation: Operation, given: object) -> Response:
        return Response("", status_code=204)

    for name, one in OF_ASSETS.items():
        if not may(role, one.deed):
            continue
        forget_log(world)
        with monkeypatch.context() as patched:
            patched.setattr(request, "_done", succeed)  # each does its work, whatever it needs for that
            answers = [ask(somebody, name, asset_id=asset_id) for _ in range(2)]
        assert [answer.status for answer in answers] == [204, 204], (name, answers[0].body)
        entries = ada.get(f"/assets/{asset_id}/log").json["entries"]
        assert [(one["who"], one.get("name"), one["what"]) for one in entries] == [
            (*who, what) for what in expected(name, role)
        ], name
        for entry in entries:
            assert entry["deed"] == ("read" if entry["what"] == "read" else one.deed), name
            assert entry["times"] == (1 if entry["what"] == "read" else 2), name


def test_what_is_refused_is_not_entered(world: World) -> None:
    ada, bob, root = world.api(ADA), world.api(BOB), world.api(ROOT)
    asset_id = world.upload(ada)["id"]
    share(ada, asset_id, BOB, Role.READER)
    forget_log(world)
    for name, one in OF_ASSETS.items():
        if not may(Role.READER, one.deed):
            problem(ask(bob, name, asset_id=asset_id), 403)
        problem(ask(root, name, asset_id=asset_id), 404)
    assert log_of(ada, asset_id) == []


def test_each_route_of_a_link_is_entered_once_an_hour_and_looks_by_robots_are_not(world: World) -> None:
    ada, stranger = world.api(ADA), world.api(None)
    asset_id = world.upload(ada)["id"]
    made = ada.post(
        f"/assets/{asset_id}/shares",
        {"name": "clerk", "shows": ["transcript", "media", "analysis", "downloads"], "password": "a long secret"},
    ).json
    shared = f"/shared/{made['token']}"
    forget_log(world)
    for name, one in BY_LINK.items():
        if "/s/" in one.path:  # for programs that show what an address leads to
            assert ask(stranger, name, token=made["token"]).status in {200, 404}, name
    assert problem(stranger.get(shared), 401)["code"] == "password"
    problem(stranger.post(f"{shared}/proof", {"password": "another secret"}), 403)
    proof = stranger.post(f"{shared}/proof", {"password": "a long secret"}).json["proof"]
    assert log_of(ada, asset_id) == []
    entered = 0
    for path in OPENED_BY:
        answer = stranger.get(path.replace("/shared/{token}", shared), Authorization=f"Bearer {proof}")
        if answer.status == 200:
            entered += 1
            assert log_of(ada, asset_id) == [("link", "clerk", "read")], path
            forget_log(world)
    assert entered >= 8
    assert {one.path.split("/")[1] for one in BY_LINK.values()} == {"shared", "s"}


def test_what_is_done_with_many_at_once_is_entered_as_if_it_were_one(world: World) -> None:
    ada = world.api(ADA)
    asset_id, other = world.upload(ada)["id"], world.upload(ada)["id"]
    folder = ada.post("/folders", {"name": "Council"}).json["id"]
    for action, more, what in (
        ("tag", {"tags": ["x"]}, ["change_asset"]),
        ("tag", {"tags": ["x"]}, []),
        ("move", {"folder": folder}, ["change_asset"]),
        ("untag", {"tags": ["x"]}, ["change_asset"]),
        ("retry", {}, []),
        ("delete", {}, []),
    ):
        forget_log(world)
        ids = [other] if action == "delete" else [asset_id, "0" * 27]
        ada.post("/assets/actions", {"action": action, "ids": ids, **more})
        assert log_of(ada, asset_id) == [("you", None, one) for one in what], (action, more)
    assert other not in str(boto3.client("dynamodb").scan(TableName=world.service.services.settings.users_table))


def test_administrators_are_entered_where_they_see_or_decide_and_none_of_them_is_named() -> None:
    with a_world(**VISION, MODERATION_POLICY="hold") as world:
        ada, root = world.api(ADA), world.api(ROOT)
        world.service.cloud.media = FILM
        world.service.cloud.seen["moderation"] = BLOODY
        asset_id = world.upload(ada)["id"]
        owner = ada.get("/me").json["owner"]
        forget_log(world)
        root.get("/admin/held")
        assert log_of(ada, asset_id) == [], "a list shows nothing of what was made"
        place = f"/admin/held/{owner}/{asset_id}"
        for _ in range(2):
            assert root.get(place).status == 200
        assert log_of(ada, asset_id) == [("administrators", None, "read")]
        assert root.post(place, {"decision": "release"}).status == 200
        world.service.settle()
        root.post(f"/admin/assets/{owner}/{asset_id}/retry")
        told = ada.get(f"/assets/{asset_id}/log")
        assert {one["what"] for one in told.json["entries"]} == set(BY_ADMINISTRATORS.values())
        assert {one["who"] for one in told.json["entries"]} == {"administrators"}
        assert root.get("/me").json["owner"].encode() not in told.body
        assert ROOT.encode() not in told.body


def test_no_word_and_no_token_stands_in_a_log() -> None:
    with a_world(**TRANSLATOR) as world:
        ada, bob = world.api(ADA), world.api(BOB)
        asset_id = world.upload(ada, "secret name.mp4")["id"]
        share(ada, asset_id, BOB, Role.EDITOR)
        made = ada.post(f"/assets/{asset_id}/shares", {"password": "a long secret"}).json
        mark(bob, asset_id, kind="comment", body="a secret comment")
        secret = {"edition": 0, "lines": [{"text": "a secret line"}]}
        assert bob.ask("PUT", f"/assets/{asset_id}/transcript", secret).status == 200
        bob.ask("PATCH", f"/assets/{asset_id}", {"title": "a secret title"})
        bob.get(f"/assets/{asset_id}/matches?q=secret")
        proof = world.api(None).post(f"/shared/{made['token']}/proof", {"password": "a long secret"}).json["proof"]
        world.api(None).get(f"/shared/{made['token']}/lines", Authorization=f"Bearer {proof}")
        table = boto3.client("dynamodb").scan(TableName=world.service.services.settings.users_table)["Items"]
        entries = json.dumps([one for one in table if one["item"]["S"].startswith("seen#")])
        assert len(log_of(ada, asset_id)) >= 6
        for word in ("secret", made["token"].rpartition("_")[2], proof, bob.token, BOB, ADA):
            assert word not in entries


def test_the_page_says_in_every_language_what_each_change_is() -> None:
    changes = {name for name, one in OPERATIONS.items() if one.is_change} | set(BY_ADMINISTRATORS)
    for language in ("en", "fr", "ja", "ko", "zh"):
        texts = json.loads((HERE / "web" / "i18n" / f"people-{language}.json").read_text())
        named = {f"people.did-{name}" for name in changes - {"get_held"}}
        assert not named - set(texts), language


def test_the_table_of_those_who_ask_is_whole() -> None:
    asked = set(itertools.chain(OF_ASSETS, BY_LINK))
    assert asked <= set(OPERATIONS)
    other: dict[str, Any] = {name: one for name, one in OPERATIONS.items() if "{asset_id}" in one.path}
    assert set(other) - asked == set(BY_ADMINISTRATORS)
