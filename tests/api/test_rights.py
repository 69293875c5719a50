"""Who may do what: every role with every route, as the one table has it (`chalicelib/domain/rights.py`)."""

from itertools import pairwise

from chalicelib.api.operation import Access, operation
from chalicelib.api.operations import OPERATIONS
from chalicelib.domain.rights import RIGHTS, Deed, Role, may
from tests.api.test_api import ask
from tests.api.world import ADA, BOB, World, problem

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
    named = {name for name, one in OPERATIONS.items() if "{asset_id}" in one.path and one.access is not Access.ADMIN}
    assert named == set(OF_ASSETS)
    assert len(OF_ASSETS) >= 30
    assert {one.deed for one in OF_ASSETS.values()} >= {Deed.READ, Deed.EDIT, Deed.MANAGE}
    assert all(may(Role.LINK, one.deed) for one in BY_LINK.values())
    assert len(BY_LINK) >= 7


def test_a_stranger_hears_of_every_route_what_they_would_hear_of_a_recording_that_is_not_there(world: World) -> None:
    asset_id = world.upload(world.api(ADA))["id"]
    bob = world.api(BOB)
    for name in OF_ASSETS:
        there, missing = (ask(bob, name, asset_id=one) for one in (asset_id, asset_id[::-1]))
        assert problem(there, 404)["code"] == "not-found", name
        assert there.json == missing.json, name
