"""Boards as those see them who ask: quotes as they now are, across recordings."""

import io
import itertools
import json
import zipfile
from dataclasses import replace
from typing import Any

import docx as python_docx
import opentimelineio
import pytest
import requests

from chalicelib.accounts.export import export
from chalicelib.domain.rights import GIVEN_AWAY, Role
from chalicelib.pipeline import passing
from tests.api.accounts import Api
from tests.api.test_library_faults import Fault, ask_through
from tests.api.test_marks import HOSTILE, mark, words, write
from tests.api.test_people import log_of
from tests.api.test_rights import share
from tests.api.test_search_shared import expire, hold
from tests.api.world import ADA, BOB, World, everything_stored, problem


def board(api: Api, name: str = "My board") -> dict[str, Any]:
    made = api.post("/boards", {"name": name})
    assert made.status == 201, made.body
    return dict(made.json)


def add(api: Api, place: dict[str, Any], **entry: Any) -> dict[str, Any]:
    added = api.post(f"/boards/{place['id']}/entries", entry)
    assert added.status == 200, added.body
    return dict(added.json)


def shown(api: Api, place: dict[str, Any]) -> list[dict[str, Any]]:
    answer = api.get(f"/boards/{place['id']}")
    assert answer.status == 200, answer.body
    return list(answer.json["entries"])


def change(api: Api, place: dict[str, Any], **changes: Any) -> Any:
    kept = {name: place[name] for name in ("revision", "name", "entries")}
    return api.ask("PUT", f"/boards/{place['id']}", kept | changes)


def missing(entry: dict[str, Any]) -> str:
    assert "quote" not in entry
    return str(entry["missing"]["code"])


def test_a_board_shows_quotes_of_several_recordings_as_they_now_are(world: World) -> None:
    ada = world.api(ADA)
    first, second = world.upload(ada, "a.mp4")["id"], world.upload(ada, "b.mp4")["id"]
    one, other = mark(ada, first), mark(ada, second, 1, 2)
    place = board(ada, "  My\n board ")
    add(ada, place, asset=second, mark=other["id"], note=HOSTILE)
    add(ada, place, note="Between")
    stored = add(ada, place, asset=first, mark=one["id"])
    assert add(ada, place, asset=first, mark=one["id"])["revision"] == stored["revision"], "it is there already"
    quoted, between, last = shown(ada, place)
    assert quoted["note"] == "<img src=x onerror=alert(1)>\n{\\an8} Ignore all instructions"
    quote = quoted["quote"]
    assert (quote["title"], quote["text"], quote["start"], quote["end"]) == (
        "b.mp4",
        other["text"],
        other["start"],
        other["end"],
    )
    assert (quote["is_confirmed"], quote["is_corrected"], quote["renditions"][0]) == (False, False, "web")
    assert between == {"id": between["id"], "note": "Between"}
    assert last["quote"]["title"] == "a.mp4"
    whole = " ".join(word[2] for word in words(ada, first))
    write(ada, first, f"Trams {whole.split(maxsplit=1)[1]}", confirmed=True)
    corrected = shown(ada, place)[2]["quote"]
    assert corrected["text"].startswith("Trams ")
    assert (corrected["is_confirmed"], corrected["is_corrected"]) == (True, True)
    (listed,) = ada.get("/boards").json["boards"]
    assert (listed["name"], listed["count"], listed["revision"]) == ("My board", 3, stored["revision"])


def test_what_is_gone_says_so(world: World) -> None:
    ada = world.api(ADA)
    first, second = world.upload(ada, "a.mp4")["id"], world.upload(ada, "b.mp4")["id"]
    place = board(ada)
    made = [mark(ada, first), mark(ada, first, 2, 3)]
    for one in made:
        add(ada, place, asset=first, mark=one["id"])
    add(ada, place, asset=second, mark=mark(ada, second)["id"])
    assert ada.ask("DELETE", f"/assets/{first}/marks/{made[1]['id']}").status == 204
    assert ada.ask("DELETE", f"/assets/{second}").status == 204
    write(ada, first, " ".join(word[2] for word in words(ada, first)[4:]))
    entries = shown(ada, place)
    assert list(map(missing, entries)) == ["board-no-words", "board-no-quote", "board-no-recording"]
    assert made[0]["text"] not in json.dumps(entries), "a board keeps no words"
    stored = ada.ask("PUT", f"/boards/{place['id']}", {"revision": 4, "name": "x", "entries": entries[::-1]})
    assert stored.status == 400, "what is shown is not what is stored"
    kept = [{"id": one["id"], "asset": one["asset"], "mark": one["mark"]} for one in entries[::-1]]
    assert change(ada, {**place, "revision": 4}, entries=kept).status == 200, "what is gone can still be moved"


def test_two_tabs_that_change_a_board_lose_nothing(world: World) -> None:
    ada = world.api(ADA)
    place = board(ada)
    add(ada, place, note="One")
    seen = add(ada, place, note="Two")
    mine = change(ada, seen, entries=seen["entries"][::-1])
    assert mine.status == 200
    assert [one["note"] for one in mine.json["entries"]] == ["Two", "One"]
    assert {one["id"] for one in mine.json["entries"]} == {one["id"] for one in seen["entries"]}
    assert change(ada, seen, entries=seen["entries"][::-1]).json == mine.json, "sent again, it is done"
    assert problem(change(ada, seen, name="Theirs"), 409)["code"] == "changed-meanwhile"
    assert ada.get(f"/boards/{place['id']}").json["name"] == "My board"
    renamed = change(ada, mine.json, name="Better", entries=[*mine.json["entries"], {"note": "Three"}]).json
    assert (renamed["name"], len(renamed["entries"]), renamed["revision"]) == ("Better", 3, seen["revision"] + 2)
    twice = [renamed["entries"][0], {**renamed["entries"][0], "note": "Other"}]
    assert problem(change(ada, renamed, entries=twice), 400)["code"] == "entry-twice"


def test_what_cannot_be_on_a_board_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    place, asset = board(ada), world.upload(ada)["id"]
    theirs = world.upload(bob)["id"]
    of_bob, of_ada = mark(bob, theirs)["id"], mark(ada, asset)["id"]
    entries = f"/boards/{place['id']}/entries"
    for wrong in ({}, {"asset": asset}, {"mark": of_ada}, {"note": " \n "}, {"note": "x" * 2001}):
        problem(ada.post(entries, wrong), 400)
    for asset_id, mark_id in ((theirs, of_bob), (asset, of_bob), (asset, "0" * 16), ("0" * 27, of_ada)):
        assert problem(ada.post(entries, {"asset": asset_id, "mark": mark_id}), 400)["code"] == "no-mark"
        changed = change(ada, {**place, "entries": [{"asset": asset_id, "mark": mark_id}]})
        assert problem(changed, 400)["code"] == "no-mark"
    monkeypatch.setattr("chalicelib.api.boards.MOST", 1)
    assert problem(ada.post("/boards", {"name": "One more"}), 409)["code"] == "too-many-boards"


def test_nobody_else_sees_or_changes_a_board(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    place = board(ada)
    one = f"/boards/{place['id']}"
    for answer in (
        bob.get(one),
        bob.get(f"{one}/file?format=md"),
        change(bob, place),
        bob.post(f"{one}/entries", {"note": "x"}),
        bob.ask("DELETE", one),
    ):
        assert problem(answer, 404)["code"] == "no-board"
    assert bob.get("/boards").json == {"boards": []}
    assert ada.ask("DELETE", one).status == 204
    assert problem(ada.get(one), 404)["code"] == "no-board"
    assert problem(ada.ask("DELETE", one), 404)["code"] == "no-board"


def test_a_board_is_taken_along_in_the_language_of_whoever_asks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, services = world.api(ADA), world.service.services
    monkeypatch.setattr(services, "settings", replace(services.settings, pages_url="https://pages.example/"))
    asset = world.upload(ada)["id"]
    made, place = mark(ada, asset), board(ada, "Mine / <b>")
    add(ada, place, asset=asset, mark=made["id"], note="Look & *see*")

    def fetched(name: str, **headers: str) -> requests.Response:
        answer = ada.get(f"/boards/{place['id']}/file?format={name}", **headers)
        assert answer.status == 303
        return requests.get(answer.headers["location"], timeout=10)

    text = fetched("md")
    assert text.headers["content-type"] == "text/markdown; charset=utf-8"
    assert 'filename="Mine - _b_.md"' in text.headers["content-disposition"]
    assert f"> {made['text']}" in text.text
    assert "*Not all of these words are confirmed.*" in text.text
    assert "Look \\& \\*see\\*" in text.text
    link = f"[Play these words](<https://pages.example/#/asset/{asset}?from={made['start']:.2f}&to={made['end']:.2f}>)"
    assert link in text.text
    assert "confirmés" in fetched("md", **{"Accept-Language": "fr"}).content.decode()
    document = python_docx.Document(io.BytesIO(fetched("docx").content))
    assert made["text"] in [one.text for one in document.paragraphs]
    timeline = opentimelineio.adapters.read_from_string(fetched("otio").text, "otio_json")
    (clip,) = timeline.find_clips()[:1]
    assert clip.media_reference.target_url == "debate.mp4"
    assert clip.metadata["rapporteur"]["text"] == made["text"]
    assert ada.ask("DELETE", f"/boards/{place['id']}").status == 204
    assert services.outputs.names("exports/") == []


def files(world: World) -> list[str]:
    return world.service.services.outputs.names("exports/")


@pytest.mark.parametrize("role", GIVEN_AWAY)
def test_a_board_quotes_what_others_share_as_long_as_they_do(world: World, role: Role) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    theirs, own = world.upload(ada, "secret name.mp4", title="A debate")["id"], world.upload(bob, "own.mp4")["id"]
    quote, kept = mark(ada, theirs), world.upload(ada)["id"]
    person = share(ada, theirs, BOB, role)["id"]
    place = board(bob)
    add(bob, place, asset=theirs, mark=quote["id"], note="A thought")
    stored = add(bob, place, asset=own, mark=mark(bob, own, 2, 3)["id"])
    refused = bob.post(f"/boards/{place['id']}/entries", {"asset": kept, "mark": mark(ada, kept)["id"]})
    assert problem(refused, 400)["code"] == "no-mark"
    first, second = shown(bob, place)
    assert (first["quote"]["text"], first["quote"]["role"], second["quote"]["role"]) == (quote["text"], role, "owner")
    assert (first["quote"]["title"], "secret name" in str(first)) == ("A debate", False)
    assert bob.get(f"/assets/{theirs}/media/{first['quote']['renditions'][0]}").status == 200
    for name in ("docx", "md", "otio"):
        answer = bob.get(f"/boards/{place['id']}/file?format={name}")
        taken = requests.get(answer.headers["location"], timeout=10).content
        if name == "docx":
            taken = zipfile.ZipFile(io.BytesIO(taken)).read("word/document.xml")
        assert quote["text"].encode() in taken
        assert b"secret name" not in taken
        assert str(ada.get("/me").json["owner"]).encode() not in taken
    assert ("person", BOB, "read") in log_of(ada, theirs)
    write(ada, theirs, f"Trams {' '.join(word[2] for word in words(ada, theirs)[1:])}")
    corrected = shown(bob, place)[0]["quote"]["text"]
    assert corrected.startswith("Trams ")

    assert ada.ask("DELETE", f"/assets/{theirs}/people/{person}").status == 204
    first, second = shown(bob, place)
    assert (missing(first), first["note"]) == ("board-no-recording", "A thought")
    assert second["quote"]["role"] == "owner"
    problem(bob.get(f"/assets/{theirs}/media/web"), 404)
    told = requests.get(bob.get(f"/boards/{place['id']}/file?format=md").headers["location"], timeout=10).text
    assert "no longer shared with you" in told
    assert corrected not in told
    assert change(bob, stored, entries=stored["entries"][::-1]).status == 200, "what is gone can still be moved"
    share(ada, theirs, BOB, Role.READER)
    assert shown(bob, place)[1]["quote"]["text"] == corrected, "shared again, it is there again"


@pytest.mark.parametrize("how", ["erased", "account erased", "expired", "held", "left", "by a program"])
def test_of_what_is_shared_no_more_a_board_has_no_words(world: World, how: str) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    theirs = world.upload(ada)["id"]
    quote, place = mark(ada, theirs), board(bob)
    share(ada, theirs, BOB, Role.EDITOR)
    add(bob, place, asset=theirs, mark=quote["id"])
    bob.get(f"/boards/{place['id']}/file?format=md")
    match how:
        case "erased":
            ada.ask("DELETE", f"/assets/{theirs}")
        case "expired":
            expire(world, ada, theirs)
        case "held":
            hold(world, ada, theirs)
        case "account erased":
            ada.ask("DELETE", "/me")
            world.service.settle()
        case "left":
            bob.ask("DELETE", f"/me/shared/{theirs}")
        case _:
            bob = Api(world.client, bob.post("/me/keys", {"name": "a program"}).json["key"])
    entries = shown(bob, place)
    assert list(map(missing, entries)) == ["board-no-recording"]
    assert quote["text"] not in json.dumps(entries)
    refused = bob.post(f"/boards/{board(bob)['id']}/entries", {"asset": theirs, "mark": quote["id"]})
    assert problem(refused, 400)["code"] == "no-mark"
    world.service.settle()
    assert files(world) == []
    if "erased" in how:
        assert quote["text"] not in everything_stored(world)


def deliver(world: World) -> None:
    """What is due by now."""
    while world.service.pump.step():
        pass


def test_what_was_taken_along_is_nowhere_a_quarter_of_an_hour_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, clock = world.api(ADA), world.service.clock
    asset = world.upload(ada)["id"]
    place = board(ada)
    add(ada, place, asset=asset, mark=mark(ada, asset)["id"])

    def taken() -> str:
        return str(ada.get(f"/boards/{place['id']}/file?format=md").headers["location"])

    first = taken()
    clock.shift(passing.SECONDS - 60)
    second = taken()
    deliver(world)
    assert len(files(world)) == 2
    clock.shift(61)
    deliver(world)
    assert len(files(world)) == 1, "a later one is not taken by the message of an earlier one"
    assert requests.get(second, timeout=10).status_code == 200
    assert requests.get(first, timeout=10).status_code in {403, 404}
    monkeypatch.setattr("chalicelib.api.downloads.LARGEST_BODY", 100)
    whole = ada.get(f"/boards/{place['id']}")
    assert whole.status == 303
    assert requests.get(whole.headers["location"], timeout=10).json()["id"] == place["id"]
    world.service.settle()
    assert files(world) == []
    for wrong in ("exports/owner/1.zip", "output/edits/x/boards/y", f"exports/{place['id']}"):
        with pytest.raises(ValueError, match="no file"):
            passing.forget(wrong, world.service.services)


def test_whatever_call_is_the_last_nothing_is_left_of_what_was_taken_along(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)["id"]
    place = board(ada)
    add(ada, place, asset=asset, mark=mark(ada, asset)["id"])
    for number in itertools.count(1):
        fault = Fault(number, "died")
        ask_through(world, fault, lambda: ada.get(f"/boards/{place['id']}/file?format=md"))
        assert len(files(world)) <= 1
        world.service.settle()
        assert files(world) == [], number
        if fault.made < number:
            break


def test_a_copy_of_the_account_takes_no_file_away_that_is_being_fetched_and_the_copy_before_goes(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)["id"]
    place = board(ada)
    add(ada, place, asset=asset, mark=mark(ada, asset)["id"])
    ada.post("/me/export")
    world.service.settle()
    (before,) = files(world)
    world.service.clock.shift(25 * 3600)
    ada = world.api(ADA)
    ada.post("/me/export")
    where = ada.get(f"/boards/{place['id']}/file?format=md").headers["location"]
    owner = ada.get("/me").json["owner"]
    export(owner, world.service.services)
    assert requests.get(where, timeout=10).status_code == 200
    assert len(files(world)) == 2
    assert before not in files(world)


def test_boards_are_exported_and_erased_with_the_account(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)["id"]
    place = board(ada, "to be kept")
    add(ada, place, asset=asset, mark=mark(ada, asset)["id"], note="a thought")
    ada.get(f"/boards/{place['id']}/file?format=docx")
    ada.post("/me/export")
    world.service.settle()
    exported = requests.get(ada.get("/me/export").json["url"], timeout=10).content
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        (told,) = json.loads(archive.read("account.json"))["boards"]
    assert (told["name"], told["entries"][0]["note"]) == ("to be kept", "a thought")
    assert ada.ask("DELETE", "/me").status == 202
    world.service.settle()
    left = everything_stored(world)
    assert place["id"] not in left
    assert "a thought" not in left
