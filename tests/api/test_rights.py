"""Who may do what: every role with every route, as the one table has it (`chalicelib/domain/rights.py`)."""

from itertools import pairwise
from typing import Any

import pytest

from chalicelib.api.operation import Access, Operation, operation
from chalicelib.api.operations import OPERATIONS, SUBJECTS
from chalicelib.domain.links import Part
from chalicelib.domain.rights import GIVEN_AWAY, RIGHTS, Deed, Role, may
from tests.api.accounts import Api
from tests.api.test_api import NAMED, ask
from tests.api.world import ADA, BOB, ROOT, World, problem

CAROL = "carol@rapporteur.example"


def share(api: Api, asset_id: str, address: str, role: Role) -> dict[str, Any]:
    answer = api.post(f"/assets/{asset_id}/people", {"address": address, "role": role})
    assert answer.status == 201, answer.body
    return dict(answer.json)


OF_ASSETS = {name: one for name, one in OPERATIONS.items() if "asset" in one.takes}
BY_LINK = {name: one for name, one in OPERATIONS.items() if one.is_by_link}


def test_the_table_is_whole_and_a_role_may_all_that_the_next_smaller_may() -> None:
    assert set(RIGHTS) == set(Role)
    ordered = [RIGHTS[role] for role in (Role.STRANGER, Role.READER, Role.COMMENTER, Role.EDITOR, Role.OWNER)]
    assert all(smaller < larger for smaller, larger in pairwise(ordered))
    assert RIGHTS[Role.OWNER] == set(Deed)
    assert RIGHTS[Role.LINK] <= RIGHTS[Role.READER]


def test_what_names_no_deed_is_its_owners_alone() -> None:
    @operation("GET", "/assets/{asset_id}/new")
    def get_new() -> None:
        """Nothing yet."""

    assert [role for role in Role if may(role, get_new.deed)] == [Role.OWNER]


def test_every_route_of_a_recording_goes_through_the_check() -> None:
    every = [one for subject in SUBJECTS for one in vars(subject).values() if isinstance(one, Operation)]
    assert len({id(one) for one in every}) == len(OPERATIONS), "two operations have one name"
    named = {name for name, one in OPERATIONS.items() if "{asset_id}" in one.path and one.access is not Access.ADMIN}
    assert named == set(OF_ASSETS)
    assert len(OF_ASSETS) >= 30
    assert {one.deed for one in OF_ASSETS.values()} >= {Deed.READ, Deed.EDIT, Deed.MANAGE}
    assert all(may(Role.LINK, one.deed) for one in BY_LINK.values())
    assert len(BY_LINK) >= 7


@pytest.mark.parametrize("role", [Role.OWNER, *GIVEN_AWAY])
def test_each_role_gets_through_to_what_the_table_allows_and_is_refused_all_else(world: World, role: Role) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    if role is not Role.OWNER:
        share(ada, asset_id, BOB, role)
    somebody = ada if role is Role.OWNER else bob
    last = "delete_asset" if role is Role.OWNER else "leave_shared"
    for name in sorted(OF_ASSETS, key=lambda name: name == last):
        answer = ask(somebody, name, asset_id=asset_id)
        if may(role, OF_ASSETS[name].deed):
            assert b"no-right" not in answer.body, name
            assert b"There is no such asset." not in answer.body, name
        else:
            assert problem(answer, 403)["code"] == "no-right", name
    if role is not Role.OWNER:
        assert problem(bob.get(f"/assets/{asset_id}"), 404)["code"] == "not-found", "who has left has no right any more"


def test_a_stranger_hears_of_every_route_what_they_would_hear_of_a_recording_that_is_not_there(world: World) -> None:
    asset_id = world.upload(world.api(ADA))["id"]
    bob = world.api(BOB)
    for name in OF_ASSETS:
        there, missing = (ask(bob, name, asset_id=one) for one in (asset_id, asset_id[::-1]))
        assert problem(there, 404)["code"] == "not-found", name
        assert there.json == missing.json, name


@pytest.mark.parametrize("who", ["taken back", "left", "program", "unconfirmed", "administrator", "another recording"])
def test_whoever_has_no_right_or_no_longer_hears_what_a_stranger_hears(world: World, who: str) -> None:
    ada = world.api(ADA)
    asset_id, other = (world.upload(ada)["id"] for _ in range(2))
    address = {"administrator": ROOT, "unconfirmed": CAROL}.get(who, BOB)
    if who == "unconfirmed":
        world.pool.invite(CAROL)
    somebody = world.api(address)
    if who != "administrator":
        given = share(ada, other if who == "another recording" else asset_id, address, Role.EDITOR)
    match who:
        case "taken back":
            assert somebody.get(f"/assets/{asset_id}/lines").status == 200
            assert ada.ask("DELETE", f"/assets/{asset_id}/people/{given['id']}").status == 204
        case "left":
            assert somebody.ask("DELETE", f"/me/shared/{asset_id}").status == 204
        case "program":
            somebody = Api(world.client, somebody.post("/me/keys", {"name": "a program"}).json["key"])
    for name, one in OF_ASSETS.items():
        if who == "program" and one.access is Access.PERSON:
            assert problem(ask(somebody, name, asset_id=asset_id), 403)["code"] == "sign-in", name
            continue
        there, missing = (ask(somebody, name, asset_id=found) for found in (asset_id, asset_id[::-1]))
        assert problem(there, 404)["code"] == "not-found", name
        assert there.json == missing.json, name
    listed = somebody.get("/me/shared")
    assert asset_id.encode() not in listed.body
    assert ada.get(f"/assets/{asset_id}").json["status"] == "completed"


@pytest.mark.parametrize("how", ["ended", "revoked", "erased", "of another kind", "another secret"])
def test_a_link_that_is_none_any_more_opens_no_route_and_proves_no_password(world: World, how: str) -> None:
    ada, stranger = world.api(ADA), world.api(None)
    asset_id = world.upload(ada)["id"]
    wanted = {"days": 1, "password": "a long secret", "shows": list(Part)}
    made = ada.post(f"/assets/{asset_id}/shares", wanted).json
    token = made["token"]
    proof = stranger.post(f"/shared/{token}/proof", {"password": "a long secret"}).json["proof"]
    assert stranger.get(f"/shared/{token}/lines", Authorization=f"Bearer {proof}").status == 200
    match how:
        case "ended":
            world.service.clock.shift(24 * 3600 + 1)
        case "revoked":
            assert ada.ask("DELETE", f"/assets/{asset_id}/shares/{made['id']}").status == 204
        case "erased":
            assert ada.ask("DELETE", f"/assets/{asset_id}").status == 204
        case "of another kind":
            token = token.replace("share_", "key_")
        case _:
            token = token[:-4] + ("0000" if token[-4:] != "0000" else "1111")
    if how in {"ended", "erased"}:  # a proof of a link that leads nowhere is worth nothing
        proof = f"proof_{2**35}_{'0' * 64}" if how == "ended" else proof
    for name, one in BY_LINK.items():
        path = one.path.format(**{**NAMED, "token": token})
        body = {"password": "a long secret"} if one.method == "POST" else None
        answer = stranger.ask(one.method, path, body, Authorization=f"Bearer {proof}")
        if one.method == "POST" and how == "erased":  # it opens nothing
            assert answer.status in {200, 404}
        elif "/s/" in one.path:
            assert answer.status == 404, name
        else:
            assert problem(answer, 404)["code"] == "no-share", name


def test_a_link_opens_nothing_but_its_own_routes(world: World) -> None:
    asset_id = world.upload(world.api(ADA))["id"]
    token = world.api(ADA).post(f"/assets/{asset_id}/shares", {"shows": list(Part)}).json["token"]
    guest = Api(world.client, token)
    for name, one in OPERATIONS.items():
        if one.access is not Access.ANYONE:
            assert problem(ask(guest, name, asset_id=asset_id), 401)["code"] == "unauthorized", name
