"""What somebody may read at a moment: their own recordings, and what each of others shares with them."""

import pytest

from chalicelib.clients.tokens import Account
from chalicelib.domain.assets import AssetRef
from chalicelib.domain.rights import GIVEN_AWAY, Role
from chalicelib.pipeline import shelves as reading
from chalicelib.pipeline.shelves import Shelf, readable, shelves
from tests.api.accounts import Api
from tests.api.test_rights import share
from tests.api.world import ADA, BOB, World
from tests.harness.aws_calls import recorded

CAROL = "carol@rapporteur.example"


def owner_of(api: Api) -> str:
    return str(api.get("/me").json["owner"])


def of_bob(world: World, **other: object) -> Account:
    known = {"owner": owner_of(world.api(BOB)), "email": BOB, "is_admin": False}
    return Account(**{**known, **other})  # type: ignore[arg-type]


def test_the_first_is_ones_own_and_each_of_others_has_what_they_share(world: World) -> None:
    ada, bob, carol = world.api(ADA), world.api(BOB), world.api(CAROL)
    own, services = world.send(bob), world.service.services
    theirs = {owner_of(api): [world.upload(api, f"{at}.mp4")["id"] for at in range(3)] for api in (ada, carol)}
    for api in (ada, carol):
        for asset_id, role in zip(theirs[owner_of(api)], (Role.EDITOR, Role.READER), strict=False):
            share(api, asset_id, BOB, role)
    first, *others = shelves(of_bob(world), services)
    assert (first, first.is_own, first.has(own)) == (Shelf(owner_of(bob)), True, True)
    assert {one.owner for one in others} == set(theirs)
    assert [one.name for one in others] == sorted(one.name for one in others)
    for one in others:
        shared = dict(zip(theirs[one.owner], (Role.EDITOR, Role.READER), strict=False))
        assert (one.only, one.is_own) == (shared, False)
        assets = services.store.some(one.owner, theirs[one.owner])
        assert {asset.ref.asset_id: role for asset, role in readable(one, assets, services)} == shared
    assert shelves(of_bob(world, email=None), services) == (first,), "nobody has confirmed an address"
    assert shelves(of_bob(world, is_program=True), services) == (first,), "a key is for what is one's own"


@pytest.mark.parametrize("role", GIVEN_AWAY)
def test_what_ends_is_there_no_more(world: World, role: Role) -> None:
    ada, bob, services = world.api(ADA), world.api(BOB), world.service.services
    asset_id = world.upload(ada)["id"]
    person = share(ada, asset_id, BOB, role)["id"]
    own, theirs = shelves(of_bob(world), services)
    assert theirs.only == {asset_id: role}
    assert ada.ask("DELETE", f"/assets/{asset_id}/people/{person}").status == 204
    assert shelves(of_bob(world), services) == (own,)
    share(ada, asset_id, BOB, role)
    assert bob.ask("DELETE", f"/me/shared/{asset_id}").status == 204
    assert shelves(of_bob(world), services) == (own,)


def test_rights_are_read_in_a_few_calls_however_many_there_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_A_CALL", 2)
    ada, services = world.api(ADA), world.service.services
    ids = []
    for _ in range(8):
        ids.append(world.send(ada))
        world.service.clock.shift(1)
        share(ada, ids[-1], BOB, Role.READER)
    account = of_bob(world)
    with recorded(world.service) as calls:
        _, theirs = shelves(account, services)
    assert len(calls) <= reading.MOST_CALLS
    assert theirs.only is not None
    assert sorted(theirs.only) == ids[2:], "the newest"


def test_recordings_of_whomever_are_had_in_three_calls_with_the_rights_of_the_moment(world: World) -> None:
    ada, bob, services = world.api(ADA), world.api(BOB), world.service.services
    own, kept, ended, strange = world.send(bob), *[world.send(ada) for _ in range(3)]
    share(ada, kept, BOB, Role.COMMENTER)
    person = share(ada, ended, BOB, Role.EDITOR)["id"]
    ada.ask("DELETE", f"/assets/{ended}/people/{person}")
    world.service.settle()
    account = of_bob(world)
    with recorded(world.service) as calls:
        found = reading.read_by(account, [own, kept, kept, ended, strange, "0" * 27], services)
    assert len(calls) == 3
    assert {one: role for one, (_, role) in found.items()} == {own: Role.OWNER, kept: Role.COMMENTER}
    assert found[kept][0].ref == AssetRef(owner_of(ada), kept)
