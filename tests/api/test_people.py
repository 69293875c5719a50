"""Recordings that are shared with people: given, found, changed, taken back; and the log of who saw and did what."""

import io
import json
import time
import zipfile
from typing import Any

import boto3
import pytest
import requests

from chalicelib.api import people
from chalicelib.domain import addresses
from chalicelib.domain.assets import AssetRef, Status
from chalicelib.domain.rights import GIVEN_AWAY, Role
from chalicelib.speech.transcripts import Word
from tests.api.accounts import Api
from tests.api.test_rights import share
from tests.api.world import ADA, BOB, World, a_world, everything_stored, problem
from tests.harness.service import VISION
from tests.pipeline.test_moderation import BLOODY, FILM

CAROL = "carol@rapporteur.example"
DAY = 24 * 3600


def shared_with(api: Api) -> list[dict[str, Any]]:
    return list(api.get("/me/shared").json["shared"])


def log_of(api: Api, asset_id: str) -> list[tuple[str, str | None, str]]:
    entries = api.get(f"/assets/{asset_id}/log").json["entries"]
    return [(one["who"], one.get("name"), one["what"]) for one in entries]


def correct(api: Api, asset_id: str, edition: int, text: str) -> Any:
    return api.ask("PUT", f"/assets/{asset_id}/transcript", {"edition": edition, "lines": [{"text": text}]})


def test_whoever_confirms_the_address_later_finds_what_was_shared_with_it(world: World) -> None:
    ada = world.api(ADA)
    world.api(BOB)
    asset_id = world.upload(ada)["id"]
    there, nobody = (share(ada, asset_id, address, Role.READER) for address in (BOB, CAROL))
    assert {**there, "id": 0, "address": 0, "since": 0} == {**nobody, "id": 0, "address": 0, "since": 0}
    world.pool.invite(CAROL)
    carol = world.api(CAROL)  # has signed in, and has not shown that the address is hers
    assert shared_with(carol) == []
    problem(carol.get(f"/assets/{asset_id}"), 404)
    world.pool.confirm(CAROL)
    carol = world.api(CAROL)
    (found,) = shared_with(carol)
    assert (found["asset"]["id"], found["asset"]["role"], found["by"]) == (asset_id, "reader", ADA)
    assert carol.get(f"/assets/{asset_id}").json["role"] == "reader"
    assert carol.get("/assets").json == {"assets": []}, "it is in nobody else's library"


def test_an_address_is_the_same_however_it_is_written(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    one = share(ada, asset_id, BOB.upper(), Role.READER)
    assert share(ada, asset_id, BOB, Role.EDITOR)["id"] == one["id"]
    assert [(a["address"], a["role"]) for a in ada.get(f"/assets/{asset_id}/people").json["people"]] == [
        (BOB, "editor")
    ]
    assert bob.get(f"/assets/{asset_id}").json["role"] == "editor"
    assert problem(ada.post(f"/assets/{asset_id}/people", {"address": ADA.title()}), 400)["code"] == "own-address"
    for wrong in ({"address": BOB, "role": "owner"}, {"address": BOB, "role": "link"}, {"address": "x"}, {}):
        problem(ada.post(f"/assets/{asset_id}/people", wrong), 400)


def test_a_role_is_changed_and_taken_back_at_once(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id, other = world.upload(ada)["id"], world.upload(ada)["id"]
    path = f"/assets/{asset_id}/people/{share(ada, asset_id, BOB, Role.EDITOR)['id']}"
    assert correct(bob, asset_id, 0, "By Bob.").status == 200
    assert ada.ask("PATCH", path, {"role": "commenter"}).json["role"] == "commenter"
    assert problem(correct(bob, asset_id, 1, "By Bob again."), 403)["code"] == "no-right"
    problem(ada.ask("DELETE", path.replace(asset_id, other)), 404)
    assert ada.ask("DELETE", path).status == 204
    assert problem(bob.get(f"/assets/{asset_id}"), 404)["code"] == "not-found"
    assert shared_with(bob) == []
    for method in ("PATCH", "DELETE"):
        assert problem(ada.ask(method, path, {"role": "reader"}), 404)["code"] == "not-shared"
    problem(ada.ask("DELETE", f"/assets/{asset_id}/people/{'x' * 1500}"), 404)


def test_what_is_taken_back_while_it_is_given_is_not_given(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    grants = world.service.services.grants
    ref = AssetRef(str(ada.get("/me").json["owner"]), asset_id)
    update, bob_id = grants._update, addresses.fingerprint(BOB)
    writes: list[str] = []

    def beside_another(owner: str, name: str, change: Any) -> Any:
        """Between the two writes of giving, somebody takes back."""
        writes.append(owner[:4])
        if writes.count("#to#") == 1 and owner.startswith("#to#"):
            grants.take_back(ref, bob_id)
        return update(owner, name, change)

    grants._update = beside_another  # type: ignore[method-assign]
    assert problem(ada.post(f"/assets/{asset_id}/people", {"address": BOB}), 409)["code"] == "taken-back"
    grants._update = update  # type: ignore[method-assign]
    assert ada.get(f"/assets/{asset_id}/people").json == {"people": []}
    problem(bob.get(f"/assets/{asset_id}"), 404)


@pytest.mark.parametrize("dies_after", [1, 2, 3, 4])
def test_a_right_is_never_there_that_its_owner_does_not_see(world: World, dies_after: int) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    path = f"/assets/{asset_id}/people/{share(ada, asset_id, BOB, Role.EDITOR)['id']}"
    client = world.service.services.grants._client
    calls = 0

    def die(**_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == dies_after:
            raise RuntimeError

    for name in ("UpdateItem", "DeleteItem"):
        client.meta.events.register(f"after-call.dynamodb.{name}", die, unique_id=f"die-{name}")
    ada.ask("DELETE", path)
    for name in ("UpdateItem", "DeleteItem"):
        client.meta.events.unregister(f"after-call.dynamodb.{name}", unique_id=f"die-{name}")
    listed = ada.get(f"/assets/{asset_id}/people").json["people"]
    assert listed or bob.get(f"/assets/{asset_id}").status == 404
    assert ada.ask("DELETE", path).status == (204 if listed else 404)
    assert ada.get(f"/assets/{asset_id}/people").json == {"people": []}
    problem(bob.get(f"/assets/{asset_id}"), 404)


def test_what_is_shared_comes_a_page_at_a_time_and_can_be_left(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    ids = []
    for at in range(3):
        ids.append(world.send(ada, f"{at}.mp4"))
        world.service.clock.shift(1)
        share(ada, ids[-1], BOB, Role.READER)
    assert shared_with(bob) == [], "before there is anything to look at"
    world.service.settle()
    first = bob.get("/me/shared?limit=2").json
    rest = bob.get(f"/me/shared?limit=2&after={first['next']}").json
    assert [one["asset"]["id"] for one in (*first["shared"], *rest["shared"])] == ids[::-1]
    assert "next" not in rest
    assert bob.ask("DELETE", f"/me/shared/{ids[1]}").status == 204
    assert [one["asset"]["id"] for one in shared_with(bob)] == [ids[2], ids[0]]
    assert problem(ada.ask("DELETE", f"/me/shared/{ids[0]}"), 409)["code"] == "own-asset"
    program = Api(world.client, bob.post("/me/keys", {"name": "a program"}).json["key"])
    assert problem(program.get(f"/assets/{ids[0]}"), 404)["code"] == "not-found", "a key is for what is one's own"


def test_others_are_told_nothing_that_is_their_owners_business(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada, "secret name.mp4", title="A debate")["id"]
    folder = ada.post("/folders", {"name": "To be sued"}).json["id"]
    ada.ask("PATCH", f"/assets/{asset_id}", {"folder": folder, "tags": ["doubtful"]})
    correct(ada, asset_id, 0, "What was taken out.")
    ada.post(f"/assets/{asset_id}/transcript/left", {})
    world.service.settle()
    correct(ada, asset_id, 1, "What stands.")
    share(ada, asset_id, BOB, Role.READER)
    for told in (bob.get(f"/assets/{asset_id}").json, shared_with(bob)[0]["asset"]):
        assert told["tags"] == []
        assert not {"folder", "changed_at", "cost", "kept_until", "moderation"} & set(told)
        assert "secret name" not in str(told)
    assert "What stands" in bob.get(f"/assets/{asset_id}/transcript.txt").body.decode()
    for what in ("transcript.txt?edition=1", "lines?edition=0", "transcript?edition=1"):
        assert problem(bob.get(f"/assets/{asset_id}/{what}"), 404)["code"] == "no-edition", what
    names = {one["name"] for one in bob.get(f"/assets/{asset_id}/files").json["files"]}
    assert "transcript.txt" in names
    assert "report.html" not in names
    ada.post(f"/assets/{asset_id}/retry")
    world.service.settle()
    assert problem(bob.get(f"/assets/{asset_id}?version=1"), 404)["code"] == "no-version"
    assert bob.get(f"/assets/{asset_id}?version=2").status == 200


@pytest.mark.parametrize("role", GIVEN_AWAY)
def test_who_only_reads_is_not_told_who_confirmed_words_nor_what_else_they_were_heard_as(
    world: World, role: Role
) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    world.service.cloud.words = [Word(0.5, 0.9, "The", 0.9), Word(1.0, 1.4, "knight", 0.4, alternatives=("night",))]
    path = f"/assets/{world.upload(ada)['id']}"
    body = {"edition": 0, "lines": [{"text": "The knight"}], "confirmed": [{"start": 0.0, "end": 0.95}]}
    assert ada.ask("PUT", f"{path}/transcript", body).status == 200
    share(ada, path.rpartition("/")[2], BOB, role)
    owner = ada.get("/me").json["owner"]
    is_told = role is Role.EDITOR
    for place in ("transcript.json", "transcript?format=json", "transcript.json?confirmed=true"):
        told = bob.get(f"{path}/{place}")
        results = told.json["results"]
        assert (owner in told.json["jobName"]) == is_told
        assert [one["alternatives"][0]["content"] for one in results["items"]] == ["The", "knight"]
        assert ("night" in [x["content"] for one in results["items"] for x in one["alternatives"]]) == is_told
        assert (owner in str(results), "rapporteur_confirmed_percent" in results) == (is_told, "confirmed=" in place)
    tracks = bob.get(f"{path}/tracks").json["tracks"]
    for listed in (bob.get(f"{path}/files").json["files"], [file for one in tracks for file in one["files"]]):
        names = {one["name"] for one in listed}
        assert "captions.srt" in names
        assert ("transcript.json" in names) == is_told


def as_it_stands(world: World, api: Api, asset_id: str, **attributes: Any) -> None:
    """Have a recording stand otherwise, as what was seen in it would."""
    names = {f"#{name}": name for name in attributes}
    boto3.client("dynamodb").update_item(
        TableName=world.service.services.settings.assets_table,
        Key={"owner": {"S": api.get("/me").json["owner"]}, "asset_id": {"S": asset_id}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={f":{name}": value for name, value in attributes.items()},
    )


HIDDEN = [{"status": {"S": Status.HELD}}, {"status": {"S": Status.REJECTED}}, {"withheld": {"SS": ["1"]}}]


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_what_is_not_shown_just_now_is_named_by_whom_it_is_and_can_be_left(
    world: World, hidden: dict[str, Any]
) -> None:
    ada, bob, carol = world.api(ADA), world.api(BOB), world.api(CAROL)
    asset_id = world.upload(ada, "secret name.mp4")["id"]
    share(ada, asset_id, BOB, Role.EDITOR)
    assert bob.get("/me/shared").json["hidden"] == []
    as_it_stands(world, ada, asset_id, **hidden)
    told = bob.get("/me/shared")
    assert told.json["shared"] == []
    assert [(one["id"], one["by"]) for one in told.json["hidden"]] == [(asset_id, ADA)]
    assert b"secret" not in told.body
    problem(bob.get(f"/assets/{asset_id}"), 404)
    assert problem(carol.ask("DELETE", f"/me/shared/{asset_id}"), 404)["code"] == "not-found"
    assert bob.ask("DELETE", f"/me/shared/{asset_id}").status == 204
    assert bob.get("/me/shared").json == {"shared": [], "hidden": []}
    assert ada.get(f"/assets/{asset_id}/people").json == {"people": []}
    assert log_of(ada, asset_id)[0] == ("person", BOB, "leave_shared")
    problem(bob.ask("DELETE", f"/me/shared/{asset_id}"), 404)


@pytest.mark.parametrize("status", [Status.HELD, Status.REJECTED])
def test_what_is_held_or_was_rejected_is_shown_to_nobody_else(world: World, status: Status) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    share(ada, asset_id, BOB, Role.EDITOR)
    assert len(shared_with(bob)) == 1
    as_it_stands(world, ada, asset_id, status={"S": status})
    assert problem(bob.get(f"/assets/{asset_id}"), 404)["code"] == "not-found"
    problem(bob.get(f"/assets/{asset_id}/lines"), 404)
    assert shared_with(bob) == []
    assert ada.get(f"/assets/{asset_id}").json["status"] == status


def test_what_is_withheld_is_shown_to_nobody_else() -> None:
    with a_world(**VISION, MODERATION_POLICY="hold") as world:
        ada, bob = world.api(ADA), world.api(BOB)
        world.service.cloud.media = FILM
        asset_id = world.send(ada)
        share(ada, asset_id, BOB, Role.READER)
        world.service.cloud.seen["moderation"] = BLOODY
        world.service.settle()
        assert ada.get(f"/assets/{asset_id}").json["is_withheld"]
        problem(bob.get(f"/assets/{asset_id}"), 404)
        assert shared_with(bob) == []


def test_an_editor_corrects_under_their_own_name_and_may_change_the_title_alone(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    share(ada, asset_id, BOB, Role.EDITOR)
    correct(ada, asset_id, 0, "By Ada.")
    assert correct(bob, asset_id, 1, "By Bob.").json["role"] == "editor"
    assert bob.post(f"/assets/{asset_id}/transcript/left", {}).status == 202
    world.service.settle()
    bobs, adas, _ = ada.get(f"/assets/{asset_id}/editions").json["editions"]
    assert (bobs["by_name"], bobs["is_yours"], adas["by_name"], adas["is_yours"]) == (BOB, False, ADA, True)
    assert [one["is_yours"] for one in bob.get(f"/assets/{asset_id}/editions").json["editions"]] == [True, False, False]
    assert bob.ask("PATCH", f"/assets/{asset_id}", {"title": "By Bob"}).json["title"] == "By Bob"
    for more in ({"tags": ["x"]}, {"folder": None}, {"no_training": True}, {"title": "y", "tags": []}):
        assert problem(bob.ask("PATCH", f"/assets/{asset_id}", more), 403)["code"] == "no-right", more
    assert ada.get(f"/assets/{asset_id}").json["title"] == "By Bob"


def test_two_editors_are_told_no_more_of_each_other_than_that_there_are_others(world: World) -> None:
    ada, bob, carol = world.api(ADA), world.api(BOB), world.api(CAROL)
    asset_id = world.upload(ada)["id"]
    for address in (BOB, CAROL):
        share(ada, asset_id, address, Role.EDITOR)
    correct(bob, asset_id, 0, "By Bob.")
    correct(carol, asset_id, 1, "By Carol.")
    for path in ("editions", "lines", "", "transcript.json"):
        assert BOB not in carol.get(f"/assets/{asset_id}/{path}".rstrip("/")).body.decode()


def test_the_log_says_who_saw_and_changed_what_and_when(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    share(ada, asset_id, BOB, Role.EDITOR)
    token = ada.post(f"/assets/{asset_id}/shares", {"name": "clerk"}).json["token"]
    begun = time.time()
    for _ in range(5):  # as a page does that is open
        bob.get(f"/assets/{asset_id}")
        world.api(None).get(f"/shared/{token}")
        world.service.clock.shift(1)
    correct(bob, asset_id, 0, "A word that nobody is to find in a log.")
    correct(bob, asset_id, 1, "Another such word.")
    bob.ask("PATCH", f"/assets/{asset_id}", {"tags": ["x"]})  # refused
    entries = ada.get(f"/assets/{asset_id}/log").json["entries"]
    told = {(one["who"], one.get("name"), one["what"]): one for one in entries}
    assert set(told) == {
        ("you", None, "share_with"),
        ("you", None, "share_asset"),
        ("person", BOB, "read"),
        ("link", "clerk", "read"),
        ("person", BOB, "correct_transcript"),
    }
    seen = told["person", BOB, "read"]
    assert (seen["times"], seen["deed"], seen["at"], seen["last_at"]) == (1, "read", begun, begun)
    changed = told["person", BOB, "correct_transcript"]
    assert (changed["times"], changed["deed"]) == (2, "edit")
    assert "word" not in str(entries)
    world.service.clock.shift(3600)
    world.api(BOB).get(f"/assets/{asset_id}/lines")
    assert log_of(world.api(ADA), asset_id)[0] == ("person", BOB, "read"), "the latest hour first"
    assert len(log_of(world.api(ADA), asset_id)) == 6
    problem(world.api(BOB).get(f"/assets/{asset_id}/log"), 403)
    world.service.clock.shift(91 * DAY)
    assert log_of(world.api(ADA), asset_id) == []


def test_a_log_comes_a_page_at_a_time(world: World) -> None:
    ada = world.api(ADA)
    asset_id = world.send(ada)
    ref = AssetRef(str(ada.get("/me").json["owner"]), asset_id)
    for at in range(5):
        world.service.services.audit.read(ref, f"{at:016x}", is_link=True, name=str(at))
        world.service.clock.shift(3600)
    ada, seen, after = world.api(ADA), [], ""
    while True:
        page = ada.get(f"/assets/{asset_id}/log?limit=2{after}").json
        seen += [one["name"] for one in page["entries"]]
        if "next" not in page:
            break
        after = f"&after={page['next']}"
    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize("whose", ["asset", "owner", "person"])
def test_sharing_ends_with_the_recording_its_owner_and_the_person(world: World, whose: str) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    share(ada, asset_id, BOB, Role.EDITOR)
    assert correct(bob, asset_id, 0, "By Bob.").status == 200
    bob_id = addresses.fingerprint(BOB)
    assert bob_id in everything_stored(world)
    match whose:
        case "asset":
            assert ada.ask("DELETE", f"/assets/{asset_id}").status == 204
        case "owner":
            assert ada.ask("DELETE", "/me").status == 202
        case _:
            assert bob.ask("DELETE", "/me").status == 202
    world.service.settle()
    stored = everything_stored(world)
    assert f"#to#{bob_id}" not in stored
    assert f"grant#{asset_id}" not in stored
    if whose == "person":
        assert BOB not in stored
        assert ada.get(f"/assets/{asset_id}/people").json == {"people": []}
        assert ("person", None, "correct_transcript") in log_of(ada, asset_id), (
            "it was somebody, of whom nothing is left"
        )
    else:
        assert asset_id not in stored
        assert shared_with(bob) == []


def test_what_is_read_while_it_is_deleted_leaves_no_log(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    share(ada, asset_id, BOB, Role.READER)
    audit = world.service.services.audit
    read = audit.read

    def late(ref: AssetRef, by: str, **more: Any) -> bool:
        """The recording goes after it was found and before that is entered."""
        ada.ask("DELETE", f"/assets/{asset_id}")
        return read(ref, by, **more)

    audit.read = late  # type: ignore[method-assign]
    bob.get(f"/assets/{asset_id}")
    audit.read = read  # type: ignore[method-assign]
    assert asset_id not in everything_stored(world)


def test_a_copy_of_everything_says_with_whom_one_shares_and_what_is_shared_with_one(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    share(ada, asset_id, BOB, Role.EDITOR)
    correct(bob, asset_id, 0, "By Bob.")
    for api in (ada, bob):
        api.get("/me")
        api.post("/me/export")
        world.service.settle()
        archive = zipfile.ZipFile(io.BytesIO(requests.get(api.get("/me/export").json["url"], timeout=10).content))
        if api is ada:
            told = json.loads(archive.read(f"recordings/{asset_id}/asset.json"))
            assert [(one["address"], one["role"]) for one in told["people"]] == [(BOB, "editor")]
            assert {one["what"] for one in told["log"]} == {"share_with", "correct_transcript"}
        else:
            (given,) = json.loads(archive.read("account.json"))["shared_with_you"]
            assert (given["asset_id"], given["role"], given["by"]) == (asset_id, "editor", ADA)
            assert not [name for name in archive.namelist() if asset_id in name], "it is somebody else's"


def test_there_are_so_many_people_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST", 2)
    ada = world.api(ADA)
    asset_id = world.send(ada)
    for address in (BOB, CAROL):
        share(ada, asset_id, address, Role.READER)
    full = ada.post(f"/assets/{asset_id}/people", {"address": "dave@rapporteur.example"})
    assert problem(full, 409)["code"] == "too-many-people"
    assert share(ada, asset_id, CAROL, Role.EDITOR)["role"] == "editor", "who is there already can be changed"


def test_while_a_new_version_is_made_others_read_the_one_before(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset_id = world.upload(ada)["id"]
    share(ada, asset_id, BOB, Role.EDITOR)
    assert ada.post(f"/assets/{asset_id}/retry").json["version"] == 2
    told = bob.get(f"/assets/{asset_id}").json
    assert (told["version"], told["status"], told["role"]) == (1, "completed", "reader")
    assert [(one["asset"]["version"], one["asset"]["role"]) for one in shared_with(bob)] == [(1, "reader")]
    assert bob.get(f"/assets/{asset_id}/lines").status == 200
    problem(correct(bob, asset_id, 0, "Too early."), 403)
    world.service.settle()
    told = bob.get(f"/assets/{asset_id}").json
    assert (told["version"], told["role"]) == (2, "editor")
