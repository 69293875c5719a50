"""Who may do what: every role with every route, as the one table has it (`chalicelib/domain/rights.py`)."""

from itertools import pairwise
from typing import Any

import pytest

from chalicelib.api.operation import Access, Operation, operation
from chalicelib.api.operations import OPERATIONS, SUBJECTS
from chalicelib.domain.rights import GIVEN_AWAY, RIGHTS, Deed, Role, may
from tests.api.accounts import Api
from tests.api.test_api import ask
from tests.api.world import ADA, BOB, World, problem


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
