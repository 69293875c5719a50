"""The library: folders, lists in any order, saved filters, and several assets at once."""

import json
import zipfile
from base64 import b64encode
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest

from chalicelib.domain.folders import DEEPEST, MOST_FILTERS
from chalicelib.domain.media import AudioStream, MediaInfo
from tests.api.accounts import Api
from tests.api.world import ADA, BOB, World, everything_stored, problem

HOSTILE = '<img src=x onerror="alert(1)"> & \u202e"Öl"'


def folder(api: Api, name: str, parent: str | None = None) -> str:
    made = api.post("/folders", {"name": name, **({"parent": parent} if parent else {})})
    assert made.status == 201, made.body
    return str(made.json["id"])


def announced(world: World, api: Api, name: str, **told: Any) -> str:
    """An asset; each is a second younger than the one before."""
    answer = api.post("/assets", {"file_name": name, "size": 1, **told})
    assert answer.status == 201, answer.body
    world.service.clock.shift(1)
    return str(answer.json["asset"]["id"])


def listed(api: Api, **query: Any) -> list[str]:
    """The ids of all pages, two a page."""
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = api.get(f"/assets?{urlencode({'limit': 2, **query, **after})}")
        assert answer.status == 200, answer.body
        page = answer.json
        assert len(page["assets"]) == 2 or "next" not in page, "a page is full as long as more follow"
        found += [asset["id"] for asset in page["assets"]]
        if "next" not in page:
            return found
        after = {"after": page["next"]}


def act(api: Api, ids: list[str], action: str, **told: Any) -> list[dict[str, Any]]:
    answer = api.post("/assets/actions", {"ids": ids, "action": action, **told})
    assert answer.status == 200, answer.body
    return list(answer.json["results"])


def test_a_folder_holds_what_is_put_into_it_and_what_it_held_stays_when_it_goes(world: World) -> None:
    ada = world.api(ADA)
    council = folder(ada, "  Council\n ")
    loose = announced(world, ada, "a.mp4")
    inside = [announced(world, ada, f"{number}.mp4", folder=council) for number in range(3)]
    batch = ada.post(
        "/assets/batch",
        {"assets": [{"file_name": "b.mp4", "size": 1, "folder": one} for one in (council, "0" * 16)]},
    ).json["results"]
    assert batch[0]["asset"]["folder"] == council
    assert (batch[1]["error"]["code"], batch[1]["error"]["field"]) == ("no-folder", "folder")
    inside.append(batch[0]["asset"]["id"])
    assert listed(ada, folder=council) == inside[::-1]
    assert listed(ada, folder=council, sort="oldest") == inside
    assert listed(ada, folder="none") == [loose]
    assert listed(ada) == [*inside[::-1], loose]
    told = ada.get("/library").json
    assert told["folders"] == [{"id": council, "name": "Council", "count": 4}]
    assert (told["count"], told["without_folder"]) == (5, 1)
    assert ada.ask("PATCH", f"/assets/{loose}", {"folder": council}).json["folder"] == council
    assert "folder" not in ada.ask("PATCH", f"/assets/{loose}", {"folder": None}).json
    assert problem(ada.ask("PATCH", f"/assets/{loose}", {"folder": "0" * 16}), 400)["code"] == "no-folder"
    assert ada.ask("DELETE", f"/folders/{council}").status == 204
    assert problem(ada.ask("DELETE", f"/folders/{council}"), 404)["code"] == "no-folder"
    assert problem(ada.get(f"/assets?folder={council}"), 404)["code"] == "no-folder"
    assert sorted(listed(ada, folder="none")) == sorted([loose, *inside]), "nothing of them is deleted"
    told = ada.get("/library").json
    assert (told["folders"], told["count"], told["without_folder"]) == ([], 5, 5)


def test_folders_have_names_of_their_own_and_are_not_too_many_and_not_too_deep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = world.api(ADA)
    assert ada.post("/folders", {"name": HOSTILE}).json["name"] == '<img src=x onerror="alert(1)"> & "Öl"'
    council = folder(ada, "Council")
    for same in ("council", " COUNCIL ", "Ｃｏｕｎｃｉｌ"):
        assert problem(ada.post("/folders", {"name": same}), 409)["code"] == "folder-exists"
    inner = folder(ada, "Council", council)
    deepest = folder(ada, "2026", inner)
    assert DEEPEST == 3
    assert problem(ada.post("/folders", {"name": "May", "parent": deepest}), 400)["code"] == "folder-too-deep"
    assert problem(ada.post("/folders", {"name": "May", "parent": "0" * 16}), 404)["code"] == "no-folder"
    for bad in ("", "  ", "\u200b", "x" * 101):
        assert problem(ada.post("/folders", {"name": bad}), 400)["field"] == "name"
    into_itself = ada.ask("PATCH", f"/folders/{council}", {"parent": deepest})
    assert problem(into_itself, 400)["code"] == "folder-in-itself"
    other = folder(ada, "Other")
    assert problem(ada.ask("PATCH", f"/folders/{council}", {"parent": other}), 400)["code"] == "folder-too-deep"
    assert ada.ask("PATCH", f"/folders/{inner}", {"name": "Minutes", "parent": None}).json == {
        "id": inner,
        "name": "Minutes",
        "count": 0,
    }
    assert ada.ask("PATCH", f"/folders/{inner}", {"name": "MINUTES"}).json["name"] == "MINUTES"
    assert ada.ask("DELETE", f"/folders/{inner}").status == 204
    assert {one["name"] for one in ada.get("/library").json["folders"]} >= {"Council", "Other"}
    assert problem(ada.ask("PATCH", f"/folders/{deepest}", {"name": "x"}), 404)["code"] == "no-folder", "it went too"
    there = len(ada.get("/library").json["folders"])
    monkeypatch.setattr("chalicelib.domain.folders.MOST_FOLDERS", there + 2)
    for number in range(2):
        folder(ada, f"folder {number}")
    assert problem(ada.post("/folders", {"name": "one more"}), 409)["code"] == "too-many-folders"


def test_a_list_is_in_order_over_all_its_pages(world: World) -> None:
    ada = world.api(ADA)
    names = ["Émile 10.mp4", "emile 2.mp4", "Zebra.mp4", "apple.mp4", "EMILE 2b.mp4"]
    ids = [announced(world, ada, name) for name in names]
    assert listed(ada, sort="title") == [ids[number] for number in (3, 1, 4, 0, 2)]
    assert listed(ada, sort="oldest") == ids
    ada.ask("PATCH", f"/assets/{ids[1]}", {"title": "Last of all: Zzz"})
    assert listed(ada, sort="title") == [ids[number] for number in (3, 4, 0, 1, 2)]
    assert listed(ada, sort="changed")[0] == ids[1]
    assert listed(ada, sort="changed", text="mp4")[0] == ids[1]
    world.service.cloud.media = MediaInfo("mp4", 99.0, audio=AudioStream("aac", 48000, 2))
    long = world.upload(ada, "long.mp4")["id"]
    assert listed(ada, sort="longest")[0] == long
    page = ada.get("/assets?limit=2&sort=title").json
    assert ada.ask("DELETE", f"/assets/{page['assets'][1]['id']}").status == 204
    rest = ada.get(f"/assets?limit=100&sort=title&after={page['next']}").json["assets"]
    assert len(rest) == 4, "what stood where the page ended may be gone"
    nested = b64encode(b"[" * 2200).decode().rstrip("=")
    for wrong in (
        f"sort=longest&after={page['next']}",
        "sort=title&after=xxxxxxxx",
        f"sort=title&after={nested}",
        f"after={page['next']}",
    ):
        assert problem(ada.get(f"/assets?{wrong}"), 400)["field"] == "after"


def test_what_is_chosen_is_chosen_from_all(world: World) -> None:
    ada = world.api(ADA)
    council = folder(ada, "Council")
    done = world.upload(ada, "Budget.mp4", folder=council)
    ids = [announced(world, ada, f"{number}.mp4") for number in range(5)]
    act(ada, [ids[0], done["id"]], "tag", tags=["Élection", "press"])
    language = done["language"].partition("-")[0]
    assert listed(ada, language=language) == [done["id"]]
    assert listed(ada, kind="video") == [done["id"]]
    assert listed(ada, tag="ÉLECTION") == [ids[0], done["id"]]
    assert listed(ada, tag="press", folder=council, status="completed") == [done["id"]]
    assert listed(ada, tag="press", folder="none") == [ids[0]]
    at = ada.get(f"/assets/{ids[2]}").json["created_at"]
    assert listed(ada, since=at, before=at + 1.5) == [ids[3], ids[2]]
    assert ada.get(f"/assets/ids?{urlencode({'tag': 'press'})}").json == {"ids": [ids[0], done["id"]]}
    told = ada.get("/library").json
    assert told["tags"] == [{"name": "Élection", "count": 2}, {"name": "press", "count": 2}]
    assert told["languages"] == [{"name": language, "count": 1}]


def test_filters_are_saved_by_name_and_say_if_their_folder_is_gone(world: World) -> None:
    ada = world.api(ADA)
    council = folder(ada, "Council")
    wanted = {"name": HOSTILE, "folder": council, "sort": "title", "text": "budget", "first_day": "2026-11-01"}
    made = ada.post("/filters", wanted)
    assert made.status == 201, made.body
    assert made.json["folder_is_gone"] is False
    assert (
        problem(ada.post("/filters", {"name": '<IMG src=x onerror="alert(1)"> & "öl"'}), 409)["code"] == "filter-exists"
    )
    path = f"/filters/{made.json['id']}"
    assert ada.ask("PUT", path, {**wanted, "name": "Budget"}).json["name"] == "Budget"
    ada.ask("DELETE", f"/folders/{council}")
    (known,) = ada.get("/library").json["filters"]
    assert (known["name"], known["folder_is_gone"], known["first_day"]) == ("Budget", True, "2026-11-01")
    for number in range(MOST_FILTERS - 1):
        assert ada.post("/filters", {"name": f"filter {number}", "folder": "none"}).status == 201
    assert problem(ada.post("/filters", {"name": "one more"}), 409)["code"] == "too-many-filters"
    assert problem(ada.ask("PUT", "/filters/0000000000000000", {"name": "x"}), 404)["code"] == "no-filter"
    assert ada.ask("DELETE", path).status == 204
    assert problem(ada.ask("DELETE", path), 404)["code"] == "no-filter"


def test_several_are_moved_and_tagged_and_each_is_answered_for_itself(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    council = folder(ada, "Council")
    ids = [announced(world, ada, f"{number}.mp4") for number in range(3)]
    foreign, gone = announced(world, bob, "bob.mp4"), "0" * 27
    asked = [ids[0], foreign, gone, ids[2], ids[0]]
    results = act(ada, asked, "move", folder=council)
    assert [(one["id"], one["is_done"], one.get("error", {}).get("code")) for one in results] == [
        (ids[0], True, None),
        (foreign, False, "not-found"),
        (gone, False, "not-found"),
        (ids[2], True, None),
    ]
    assert results[0]["before"] == {"tags": []}
    assert results[0]["asset"]["folder"] == council
    assert "folder" not in bob.get(f"/assets/{foreign}").json
    again = act(ada, asked, "move", folder=council)
    assert again[0]["before"] == {"folder": council, "tags": []}
    assert listed(ada, folder=council) == [ids[2], ids[0]]
    assert act(ada, ids, "move")[0]["is_done"]
    assert listed(ada, folder=council) == []
    assert problem(ada.post("/assets/actions", {"ids": ids, "action": "move", "folder": "0" * 16}), 404)
    bobs = folder(bob, "Bob's")
    assert problem(ada.post("/assets/actions", {"ids": ids, "action": "move", "folder": bobs}), 404)
    assert problem(ada.get(f"/assets?folder={bobs}"), 404)
    assert problem(ada.ask("PATCH", f"/folders/{bobs}", {"name": "Ada's"}), 404)
    assert problem(ada.ask("DELETE", f"/folders/{bobs}"), 404)
    assert problem(ada.post("/folders", {"name": "x", "parent": bobs}), 404)
    assert [one["name"] for one in bob.get("/library").json["folders"]] == ["Bob's"]

    act(ada, ids, "tag", tags=["Press", "PRESS", "<b>"])
    assert [ada.get(f"/assets/{one}").json["tags"] for one in ids] == [["Press", "<b>"]] * 3
    act(ada, ids[:1], "untag", tags=["press"])
    assert ada.get(f"/assets/{ids[0]}").json["tags"] == ["<b>"]
    many = [f"tag {number}" for number in range(29)]
    results = act(ada, ids, "tag", tags=many)
    assert [one.get("error", {}).get("code") for one in results] == [None, "many-tags", "many-tags"]


def test_several_are_done_again_stopped_and_deleted_by_the_rules_of_each(world: World) -> None:
    ada = world.api(ADA)
    done = world.upload(ada, "done.mp4")["id"]
    world.service.cloud.breaking.add("transcode.audio")
    world.service.cloud.breaking.add("transcode.renditions")
    waiting = announced(world, ada, "waiting.mp4")
    running = world.send(ada, "running.mp4")
    assert [one.get("error", {}).get("code") for one in act(ada, [done, waiting], "retry")] == [
        "nothing-failed",
        "no-recording",
    ]
    assert [one.get("error", {}).get("code") for one in act(ada, [done, waiting], "cancel")] == ["has-ended", None]
    assert ada.get(f"/assets/{waiting}").json["status"] == "expired"
    assert act(ada, [waiting], "cancel")[0]["is_done"], "twice is once"
    assert act(ada, [waiting], "retry")[0]["error"]["code"] == "no-recording"
    results = act(ada, [done, waiting, running], "delete")
    assert [one["is_done"] for one in results] == [True] * 3
    assert all("asset" not in one for one in results)
    assert [one["error"]["code"] for one in act(ada, [done, waiting, running], "delete")] == ["not-found"] * 3
    assert ada.get("/assets").json == {"assets": []}
    assert done not in everything_stored(world).replace("run#", ""), "but for the books"


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [], "action": "move"},
        {"ids": ["0" * 27] * 101, "action": "move"},
        {"ids": ["../x"], "action": "move"},
        {"ids": ["0" * 27], "action": "burn"},
        {"ids": ["0" * 27]},
        {"ids": ["0" * 27], "action": "tag", "tags": [""]},
    ],
)
def test_what_cannot_be_asked_of_several_is_refused_whole(world: World, body: dict[str, Any]) -> None:
    problem(world.api(ADA).post("/assets/actions", body), 400)


def test_a_copy_has_folders_and_filters_and_an_erased_account_leaves_none(world: World) -> None:
    ada = world.api(ADA)
    council = folder(ada, "Council <2026>")
    inner = folder(ada, "Minutes", council)
    ada.post("/filters", {"name": "Budget-filter", "folder": inner})
    asset_id = announced(world, ada, "a.mp4", folder=inner)
    ada.post("/me/export")
    world.service.settle()
    settings = world.service.services.settings
    s3 = boto3.client("s3")
    (key,) = [
        one["Key"] for one in s3.list_objects_v2(Bucket=settings.output_bucket, Prefix="exports/").get("Contents", [])
    ]
    with zipfile.ZipFile(BytesIO(s3.get_object(Bucket=settings.output_bucket, Key=key)["Body"].read())) as copy:
        account = json.loads(copy.read("account.json"))
        asset = json.loads(copy.read(f"recordings/{asset_id}/asset.json"))["asset"]
    assert {one["name"] for one in account["folders"]} == {"Council <2026>", "Minutes"}
    assert [one["name"] for one in account["saved_filters"]] == ["Budget-filter"]
    assert asset["folder"] == ["Council <2026>", "Minutes"]
    assert ada.ask("DELETE", "/me").status == 202
    world.service.settle()
    world.service.hours_pass(1)
    stored = everything_stored(world)
    assert "Council <2026>" not in stored
    assert "Budget-filter" not in stored
