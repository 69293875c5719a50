"""Search over what others share: who finds what, in which order, and how much is read for it."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.clients.tokens import Account
from chalicelib.domain import addresses, keys
from chalicelib.domain.assets import Again, Asset, AssetRef, Options, Status
from chalicelib.domain.rights import GIVEN_AWAY, Role
from chalicelib.domain.tracks import Moment
from chalicelib.pipeline import searching
from chalicelib.pipeline.searching import Cursor
from chalicelib.pipeline.shelves import Shelf, shelves
from chalicelib.search.concordance import Concordance, Said, TrackWords
from chalicelib.search.index import Delta, Entry, private
from chalicelib.search.query import Query
from chalicelib.search.terms import phrases
from chalicelib.services import Services
from chalicelib.storage.asset_items import to_item
from chalicelib.storage.search import IndexFiles, Manifest
from tests.api.accounts import Api
from tests.api.test_people import CAROL, correct, log_of
from tests.api.test_rights import share
from tests.api.test_search import found, say, stored
from tests.api.test_seen import ALL, SEEN, VIDEO
from tests.api.world import ADA, BOB, World, a_world, problem
from tests.harness.aws_calls import recorded
from tests.harness.service import FACES, READER, VISION
from tests.pipeline.test_moderation import BLOODY, FILM


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as one:
        yield one


def owner_of(api: Api) -> str:
    return str(api.get("/me").json["owner"])


def everything(api: Api, wanted: str, **filters: str) -> list[dict[str, Any]]:
    """All hits, page after page."""
    hits: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        more = {**filters, **({"after": after} if after else {})}
        answer = api.get(f"/search?q={wanted}{''.join(f'&{name}={value}' for name, value in more.items())}")
        assert answer.status == 200, answer.body
        hits += answer.json["hits"]
        after = answer.json.get("next")
    return hits


def test_what_is_shared_is_found_after_ones_own_and_says_who_shares_it_and_as_what(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    own = say(world, bob, "a tram of my own")
    theirs, kept = say(world, ada, "the trams of Ada", "secret.mp4"), say(world, ada, "a tram for nobody")
    ada.ask("PATCH", f"/assets/{theirs}", {"title": "Rails", "tags": ["urgent"]})
    world.service.settle()
    person = share(ada, theirs, BOB, Role.EDITOR)["id"]
    for role in GIVEN_AWAY:
        assert ada.ask("PATCH", f"/assets/{theirs}/people/{person}", {"role": role}).status == 200
        assert [hit["asset"]["role"] for hit in everything(bob, "tram")] == ["owner", role]
        assert bob.get(f"/assets/{theirs}").json["role"] == role, "it opens where it says"
    first, second = everything(bob, "tram")
    assert (first["asset"]["id"], first["asset"].get("role"), first.get("by")) == (own, "owner", None)
    assert (second["asset"]["id"], second["asset"]["role"], second["by"]) == (theirs, GIVEN_AWAY[-1], ADA)
    assert second["matches"][0]["text"] == "the trams of Ada"
    assert not {"secret.mp4", "urgent", owner_of(ada)} & set(str(second).replace("'", " ").split())
    assert bob.get(f"/assets/{theirs}/matches?q=tram").json["count"] == 1
    assert found(ada, "tram") == [kept, theirs], "whoever shares sees nothing of Bob's"
    assert ("person", BOB, "read") in log_of(ada, theirs), "its words were read"


def test_filters_choose_among_what_is_shared_as_well_except_for_tags_which_are_their_owners(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    first = say(world, ada, "the budget of the city", "Council.mp4", "Grace")
    second = say(world, ada, "another budget", "Party.mp4", "Alan")
    ada.ask("PATCH", f"/assets/{first}", {"tags": ["urgent"]})
    world.service.settle()
    for asset in (first, second):
        share(ada, asset, BOB, Role.READER)
    assert found(bob, "budget") == [second, first], "the newest first"
    assert found(bob, "budget", speaker="grace") == [first]
    assert found(bob, "budget", title="party") == [second]
    assert found(bob, "budget", language="fr") == []
    at = world.service.asset(AssetRef(owner_of(ada), second)).created_at
    assert found(bob, "budget", since=at - 30) == [second]
    assert found(bob, "budget", before=at - 30) == [first]
    assert found(bob, "budget", tag="urgent") == [], "nobody is told by which tags others order theirs"
    assert found(ada, "budget", tag="urgent") == [first]


def item_of(world: World, api: Api, asset: str) -> dict[str, Any]:
    key = {"owner": {"S": owner_of(api)}, "asset_id": {"S": asset}}
    return {"TableName": world.service.services.settings.assets_table, "Key": key}


def hold(world: World, api: Api, asset: str) -> None:
    """It is held, as far as its status goes."""
    world.service.services.aws.dynamodb.update_item(
        **item_of(world, api, asset),
        UpdateExpression="SET #status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": Status.HELD}},
    )


def expire(world: World, api: Api, asset: str) -> None:
    """DynamoDB deletes it after its time: nothing else hears of that."""
    world.service.services.aws.dynamodb.delete_item(**item_of(world, api, asset))


@pytest.mark.parametrize("how", ["taken back", "left", "erased", "account erased", "expired", "held", "by a program"])
def test_when_sharing_has_ended_nothing_is_found_any_more(world: World, how: str) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset = say(world, ada, "the trams")
    person = share(ada, asset, BOB, Role.EDITOR)["id"]
    assert found(bob, "tram") == [asset]
    match how:
        case "taken back":
            ada.ask("DELETE", f"/assets/{asset}/people/{person}")
        case "left":
            bob.ask("DELETE", f"/me/shared/{asset}")
        case "erased":
            ada.ask("DELETE", f"/assets/{asset}")
        case "expired":
            expire(world, ada, asset)
        case "held":
            hold(world, ada, asset)
        case "account erased":
            ada.ask("DELETE", "/me")
            world.service.settle()
        case _:
            bob = Api(world.client, bob.post("/me/keys", {"name": "a program"}).json["key"])
    assert bob.get("/search?q=tram").json["hits"] == []
    problem(bob.get(f"/assets/{asset}/matches?q=tram"), 404)


def test_what_is_withheld_is_found_by_nobody_else() -> None:
    with a_world(**VISION, MODERATION_POLICY="hold") as world:
        ada, bob = world.api(ADA), world.api(BOB)
        world.service.cloud.media = FILM
        asset = world.send(ada)
        share(ada, asset, BOB, Role.READER)
        world.service.cloud.seen["moderation"] = BLOODY
        world.service.settle()
        assert ada.get(f"/assets/{asset}").json["is_withheld"]
        assert everything(bob, "buses") == []


def test_what_is_heard_again_is_found_as_others_read_it(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset = say(world, ada, "the trams")
    share(ada, asset, BOB, Role.EDITOR)
    say(world, ada, "the buses")
    assert ada.post(f"/assets/{asset}/retry").json["version"] == 2
    (hit,) = everything(bob, "tram")
    assert (hit["asset"]["version"], hit["asset"]["role"]) == (1, "reader")
    world.service.settle()
    assert everything(bob, "tram") == []
    assert [hit["asset"]["version"] for hit in everything(bob, "buses")] == [2]


def test_what_is_in_private_tracks_is_found_by_its_owner_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_FEW", 1)  # so that the index is asked
    with a_world(**VISION, **READER, **FACES) as world:
        ada, bob = world.api(ADA), world.api(BOB)
        world.service.cloud.media, world.service.cloud.seen = VIDEO, SEEN
        ids = [world.upload(ada, ai_options=ALL)["id"] for _ in range(2)]
        for asset in ids:
            share(ada, asset, BOB, Role.EDITOR)
        assert sorted(found(ada, "lovelace")) == sorted(ids)
        assert sorted(found(bob, "bus")) == sorted(ids)
        world.service.settle()  # Bob's own index, of nothing
        for wanted in ("lovelace", "lovelace+bus", "nobody+at+all"):
            answer = bob.get(f"/search?q={wanted}").json
            assert answer == {"hits": [], "left": 0, "is_being_made": False}, "not even that there may be some"
        held = stored(world)
        assert (" p:lovelace " in held, " lovelace " in held, " bus " in held) == (True, False, True)


def test_whatever_place_is_asked_for_nobody_is_shown_what_they_may_not_read(world: World) -> None:
    ada, bob, carol = world.api(ADA), world.api(BOB), world.api(CAROL)
    theirs, kept, of_carol = say(world, ada, "tram"), say(world, ada, "tram"), say(world, carol, "tram")
    share(ada, theirs, BOB, Role.READER)
    share(carol, of_carol, BOB, Role.READER)
    account = Account(owner_of(bob), BOB, is_admin=False)
    _, *others = shelves(account, world.service.services)
    of_ada_to_carol = shelves(Account(owner_of(carol), CAROL, is_admin=False), world.service.services)
    assert [one.name for one in of_ada_to_carol] == [""]
    names = ["", "0" * 16, "f" * 16, *(one.name for one in others)]
    for name in names:
        for asset in ("", theirs, kept, of_carol, "z" * 27, "0" * 27):
            answer = bob.get(f"/search?q=tram&after={name}.{asset}")
            assert answer.status == 200
            assert {hit["asset"]["id"] for hit in answer.json["hits"]} <= {theirs, of_carol}
    for wrong in (theirs, f"{owner_of(ada)}.{theirs}", f"x.{theirs}", ".", ".."):
        answer = bob.get(f"/search?q=tram&after={wrong}")
        assert answer.status == (200 if wrong == "." else 400), wrong
    person = addresses.fingerprint(BOB)
    ada.ask("DELETE", f"/assets/{theirs}/people/{person}")
    shelf = next(one.name for one in others if one.owner == owner_of(ada))
    assert theirs not in str(bob.get(f"/search?q=tram&after={shelf}.{'z' * 27}").json)


WORDS = "one two three four five six seven eight"


def put(services: Services, owner: str, number: int, text: str = WORDS, **more: Any) -> str:
    """A recording as far as the search reads it, without the index."""
    ref = AssetRef(owner, f"{1_700_000_000_000 + number * 1000:011x}{number:05x}")
    asset = Asset(ref, "x.mp4", "input/x", Status.COMPLETED, 0.0, Options(), version=1, newest=1, language="en")
    services.aws.dynamodb.put_item(TableName=services.settings.assets_table, Item=to_item(replace(asset, **more)))
    said = (Said(f" {word}", Moment(at, at + 0.5)) for at, word in enumerate(text.split()))
    words = Concordance((TrackWords.of("transcript", said),))
    services.outputs.write(keys.words_key(asset), words.to_bytes(), "application/octet-stream")
    return ref.asset_id


def indexed(services: Services, owner: str, ids: list[str], terms: Sequence[str] = WORDS.split()) -> None:
    files = IndexFiles(services.outputs, owner)
    folder = files.begin(Manifest())
    files.write_delta(folder, Delta({one: Entry.of("2/0", terms) for one in ids}))
    assert services.index.flip(owner, Manifest(), Manifest(1, None, 0, folder))


def test_a_page_over_many_people_reads_at_most_twenty_objects_and_every_hit_is_reached_once(world: World) -> None:
    services, me = world.service.services, f"owner-{secrets.token_hex(4)}"
    account, to = Account(me, BOB, is_admin=False), addresses.fingerprint(BOB)
    number = 0
    of_whom: dict[str, list[str]] = {}
    for owner, count in [(me, 23), *((f"few-{at}", 1 + at % 3) for at in range(14)), ("many-0", 25), ("many-1", 7)]:
        of_whom[owner] = [put(services, owner, number := number + 1) for _ in range(count)]
        indexed(services, owner, of_whom[owner])
        for one in of_whom[owner] if owner != me else ():
            services.grants.give(AssetRef(owner, one), to, BOB, Role.READER, f"{owner}@rapporteur.example")
    put(services, "many-1", 5000)  # never shared
    seen: list[str] = []
    after: Cursor | None = None
    pages = 0
    while pages < 40:
        with recorded(world.service) as calls:
            mine = shelves(account, services)
            page = searching.search(mine, Query(phrases(WORDS)), after, services)
        assert len(calls) <= searching.MOST_READ, [call.operation for call in calls]
        left = sum(map(len, of_whom.values())) - len(seen) - len(page.found)
        assert page.found
        assert page.left >= min(left, 1)
        seen += [hit.asset.ref.asset_id for hit in page.found]
        pages += 1
        if page.after is None:
            break
        after = Cursor.parse(str(page.after))
    assert sorted(seen) == sorted(one for some in of_whom.values() for one in some)
    assert seen[:23] == of_whom[me][::-1], "one's own, the newest first"
    for some in of_whom.values():
        assert [one for one in seen if one in some] == some[::-1]
    assert pages <= 14, "of several people on each page"


def test_nobody_is_told_how_many_may_have_what_is_private(world: World) -> None:
    services = world.service.services
    ids = [put(services, "ada", at) for at in range(30)]
    indexed(services, "ada", ids, list(map(private, WORDS.split())))
    own, theirs = Shelf("ada"), Shelf("ada", dict.fromkeys(ids, Role.EDITOR), "0" * 16)
    assert searching.search([own], Query(phrases(WORDS)), None, services).left > 0
    page = searching.search([theirs], Query(phrases(WORDS)), None, services)
    assert (page.found, page.after, page.left) == ((), None, 0)


def test_what_is_heard_again_takes_room_for_what_it_was(world: World) -> None:
    services = world.service.services
    again = Again(1)
    ids = [put(services, "ada", at, version=2, newest=2, again=again, status=Status.PROCESSING) for at in range(40)]
    indexed(services, "ada", ids)
    shelf = Shelf("ada", dict.fromkeys(ids, Role.READER), "0" * 16)
    after = None
    for _ in range(40):
        with recorded(world.service) as calls:
            page = searching.search([Shelf("bob"), shelf], Query(phrases(WORDS)), after, services)
        assert len(calls) <= searching.MOST_READ
        if (after := page.after) is None:
            break
    else:
        pytest.fail("it never ends")


def test_a_correction_by_an_editor_is_found_by_all_who_read(world: World) -> None:
    ada, bob, carol = world.api(ADA), world.api(BOB), world.api(CAROL)
    asset = say(world, ada, "the trams")
    share(ada, asset, BOB, Role.EDITOR)
    share(ada, asset, CAROL, Role.READER)
    world.service.clock.shift(1)
    assert correct(bob, asset, 0, "The xylophones.").status == 200
    assert [found(api, "tram") for api in (ada, bob, carol)] == [[asset], [asset], []], "it may be wanted to be gone"
    assert carol.get(f"/assets/{asset}/matches?q=tram").json["count"] == 0
    world.service.settle()
    assert [found(api, "xylophone") for api in (ada, bob, carol)] == [[asset]] * 3
    assert [found(api, "tram") for api in (ada, bob, carol)] == [[]] * 3
