"""Search by meaning over what others share: who finds what, in which order, and how much is read for it."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.clients.tokens import Account
from chalicelib.domain import addresses, keys
from chalicelib.domain.assets import AssetRef
from chalicelib.domain.rights import Role
from chalicelib.domain.tracks import Moment
from chalicelib.pipeline import meaning
from chalicelib.pipeline.shelves import Shelf, shelves
from chalicelib.seams.embedding import EMBEDDING
from chalicelib.search.passages import Passage, Passages, small
from chalicelib.search.query import Query
from chalicelib.services import Services
from chalicelib.storage.search import Manifest, MeaningFiles
from tests.api.accounts import Api
from tests.api.test_people import CAROL, correct, log_of
from tests.api.test_rights import share
from tests.api.test_search import say
from tests.api.test_search_shared import owner_of, put
from tests.api.test_seen import ALL, SEEN, VIDEO
from tests.api.world import ADA, BOB, World, a_world, problem
from tests.harness.aws_calls import recorded
from tests.harness.service import EMBEDDER, FACES, READER, VISION
from tests.pipeline.test_moderation import BLOODY, FILM


@pytest.fixture
def world() -> Iterator[World]:
    with a_world(**EMBEDDER) as one:
        yield one


def near(api: Api, wanted: str, **filters: object) -> list[dict[str, Any]]:
    """All hits, page after page."""
    hits: list[dict[str, Any]] = []
    more = "".join(f"&{name}={quote(str(value))}" for name, value in filters.items())
    after: str | None = ""
    while after is not None:
        answer = api.get(f"/search/meaning?q={quote(wanted)}{more}{f'&after={after}' if after else ''}")
        assert answer.status == 200, answer.body
        hits += answer.json["hits"]
        after = answer.json.get("next")
    return hits


def ids(hits: list[dict[str, Any]]) -> list[str]:
    return [hit["asset"]["id"] for hit in hits]


@pytest.mark.parametrize("few", [8, 0])
def test_what_is_shared_is_found_after_ones_own_and_says_who_shares_it(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(meaning, "_FEW", few)  # the index is asked, or it is not
    ada, bob = world.api(ADA), world.api(BOB)
    own = say(world, bob, "the coach is late")
    theirs, kept = say(world, ada, "we need more buses here", "secret.mp4"), say(world, ada, "a bus for nobody")
    ada.ask("PATCH", f"/assets/{theirs}", {"title": "Rails", "tags": ["urgent"]})
    world.service.settle()
    share(ada, theirs, BOB, Role.EDITOR)
    first = bob.get("/search/meaning?q=coaches").json
    assert (ids(first["hits"]), first["next"], first["is_being_made"]) == ([own], "own", False)
    mine, second = near(bob, "coaches")
    assert (mine["asset"].get("role"), mine.get("by")) == ("owner", None)
    assert (second["asset"]["id"], second["asset"]["role"], second["by"]) == (theirs, "editor", ADA)
    assert second["passages"][0]["text"] == "we need more buses here"
    assert not {"secret.mp4", "urgent", owner_of(ada)} & set(str(second).replace("'", " ").split())
    assert {*ids(near(ada, "coaches"))} == {theirs, kept}, "whoever shares sees nothing of Bob's"
    assert ("person", BOB, "read") in log_of(ada, theirs), "its words were read"
    assert ids(near(bob, "coaches", title="rails")) == [theirs]
    assert near(bob, "coaches", tag="urgent") == [], "nobody is told by which tags others order theirs"
    ada.ask("DELETE", f"/assets/{theirs}")
    assert ids(near(bob, "coaches")) == [own]


@pytest.mark.parametrize("few", [8, 0])
def test_no_passage_of_a_private_track_is_told_to_others_nor_pushes_any_out(
    monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(meaning, "_FEW", few)
    with a_world(**EMBEDDER, **VISION, **READER, **FACES) as world:
        ada, bob = world.api(ADA), world.api(BOB)
        world.service.cloud.media, world.service.cloud.seen = VIDEO, SEEN
        asset = world.upload(ada, ai_options=ALL)["id"]
        share(ada, asset, BOB, Role.EDITOR)
        services = world.service.services
        hidden = next(track.name for track in services.tracks if track.is_private)
        (made,) = services.store.some(owner_of(ada), [asset])
        stored = meaning.read(made, services)
        assert stored is not None
        assert stored.passages
        assert hidden not in {one.track for one in stored.passages}, "names mean nothing"
        secret = Passage(hidden, "a bus that only Ada sees", Moment(0, 1), None)  # as if it had not been private then
        embedder = services.engine(EMBEDDING)
        assert embedder is not None
        own = [*stored.vectors, small(embedder.question("bus"))]
        more = Passages(stored.model, [*stored.passages, secret], own)
        services.outputs.write(keys.vectors_key(made), more.to_bytes(), "application/octet-stream")
        assert "only Ada" in str(near(ada, "bus"))
        assert "only Ada" not in str(near(bob, "bus"))
        assert ids(near(bob, "bus")) == [asset]


def test_what_a_correction_took_away_is_found_at_once_by_nobody_who_may_not_correct(world: World) -> None:
    ada, bob, carol = world.api(ADA), world.api(BOB), world.api(CAROL)
    asset = say(world, ada, "we need more buses here")
    share(ada, asset, BOB, Role.EDITOR)
    share(ada, asset, CAROL, Role.READER)
    assert [ids(near(api, "coaches")) for api in (ada, bob, carol)] == [[asset]] * 3
    world.service.clock.shift(1)
    assert correct(bob, asset, 0, "We need more kitchens here.").status == 200
    assert [ids(near(api, "coaches")) for api in (ada, bob, carol)] == [[asset], [asset], []]
    world.service.settle()
    texts = [near(api, "coaches")[0]["passages"][0]["text"] for api in (ada, bob, carol)]
    assert texts == ["We need more kitchens here."] * 3


def test_what_is_withheld_is_found_by_nobody() -> None:
    with a_world(**EMBEDDER, **VISION, MODERATION_POLICY="hold") as world:
        ada, bob = world.api(ADA), world.api(BOB)
        world.service.cloud.media = FILM
        asset = world.send(ada)
        share(ada, asset, BOB, Role.READER)
        world.service.cloud.seen["moderation"] = BLOODY
        world.service.settle()
        assert ada.get(f"/assets/{asset}").json["is_withheld"]
        assert near(bob, "buses") == near(ada, "buses") == []


def test_filters_choose_before_what_is_near_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "_MOST_ITEMS", 2)
    ada = world.api(ADA)
    far = say(world, ada, "the kitchen of the school", "Party.mp4")
    for _ in range(4):
        say(world, ada, "the bus is late", "Council.mp4")
    ada.ask("PATCH", f"/assets/{far}", {"tags": ["food"]})
    world.service.settle()
    assert ids(near(ada, "coaches", title="party")) == [far]
    assert ids(near(ada, "coaches", tag="food")) == [far]
    assert near(ada, "coaches", title="nothing") == []


def test_it_is_said_how_near_and_that_some_is_still_to_come(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = world.api(ADA)
    assert ada.get("/search/meaning?q=coaches").json["is_being_made"] is True, "there is no index"
    say(world, ada, "coaches and buses")
    say(world, ada, "the kitchen of the school")
    answer = ada.get("/search/meaning?q=coaches").json
    assert [hit["passages"][0]["closeness"] for hit in answer["hits"]] == ["close", "far"]
    assert answer["is_being_made"] is False
    services = world.service.services
    monkeypatch.setattr(services.engine(EMBEDDING), "near", None)
    assert ada.get("/search/meaning?q=coaches").json["hits"][0]["passages"][0].get("closeness") is None
    before = services.meanings.of(owner_of(ada))
    assert services.meanings.flip(owner_of(ada), before, replace(before, generation=before.generation + 1, left=3))
    assert ada.get("/search/meaning?q=coaches").json["is_being_made"] is True


def test_whatever_place_is_asked_for_nobody_is_shown_what_they_may_not_read(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    theirs = say(world, ada, "the bus is late")
    for place in ("own", "0" * 16, "f" * 16):
        assert bob.get(f"/search/meaning?q=bus&after={place}").json["hits"] == []
    for wrong in ("", ".", "OWN", theirs, owner_of(ada)):
        assert problem(bob.get(f"/search/meaning?q=bus&after={wrong}"), 400)


def indexed(services: Services, owner: str, names: list[str]) -> None:
    embedder = services.engine(EMBEDDING)
    assert embedder is not None
    vectors = [small(embedder.question("the bus is late"))] * 3
    texts = [Passage("transcript", f"the bus is late {at}", Moment(at, at + 1), None) for at in range(3)]
    for asset in services.store.some(owner, names):
        made = Passages(embedder.model, texts, vectors)
        services.outputs.write(keys.vectors_key(asset), made.to_bytes(), "application/octet-stream")
    files, before = MeaningFiles(services.outputs, owner), Manifest()
    catalogue = meaning.Catalogue(embedder.model)
    for part in (names[:-1], names[-1:]):
        folder = files.begin(before)
        catalogue = files.write(folder, catalogue, dict.fromkeys(part, ("1", vectors)), ())
        after = Manifest(before.generation + 1, folder, segments=tuple(one.file for one in catalogue.segments))
        assert services.meanings.flip(owner, before, after)
        before = after


def test_a_page_over_many_people_reads_at_most_twenty_objects_and_all_are_reached(world: World) -> None:
    services, me = world.service.services, f"owner-{secrets.token_hex(4)}"
    account, to = Account(me, BOB, is_admin=False), addresses.fingerprint(BOB)
    of_whom: dict[str, list[str]] = {}
    number = 0
    for owner, count in [(me, 23), *((f"few-{at}", 1 + at % 3) for at in range(14)), ("many-0", 25), ("many-1", 9)]:
        of_whom[owner] = [put(services, owner, number := number + 1) for _ in range(count)]
        indexed(services, owner, of_whom[owner])
        for one in of_whom[owner] if owner != me else ():
            services.grants.give(AssetRef(owner, one), to, BOB, Role.READER, f"{owner}@rapporteur.example")
    kept = put(services, "many-1", 5000)
    seen: set[str] = set()
    after: str | None = None
    for _ in range(8):  # of several people on each page
        with recorded(world.service) as calls:
            page = meaning.page(shelves(account, services), "coaches", Query(()), after, services)
        assert len(calls) <= meaning.MOST_READ, [call.operation for call in calls]
        assert page.found
        seen |= {one.asset.ref.asset_id for one in page.found}
        if (after := page.after) is None:
            break
    assert after is None
    assert all({*some} <= seen for owner, some in of_whom.items() if owner.startswith("few"))
    assert kept not in seen
    with recorded(world.service) as calls:
        found = meaning.page([Shelf(me)], "coaches", Query((), ("ada",), ("x",), "y", "en"), None, services)
    assert (found.found, len(calls) <= meaning.MOST_READ) == ((), True)
