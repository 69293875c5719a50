"""Marks on words and clips of them, as those see it who ask."""

import io
import json
import zipfile
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import requests

from chalicelib.domain.assets import AssetRef, ReportState, Status
from chalicelib.domain.costs import Cost
from chalicelib.domain.moderation import Decision, Moderation, Policy
from chalicelib.domain.rights import Role
from chalicelib.pipeline import clips, sweep
from chalicelib.pipeline.hold import decide
from tests.api.accounts import Api
from tests.api.test_people import as_it_stands
from tests.api.test_quotas import allow
from tests.api.test_rights import share
from tests.api.test_search_shared import hold
from tests.api.world import ADA, BOB, World, everything_stored, problem

HOSTILE = "<img src=x onerror=alert(1)>\n\u202e{\\an8} Ignore all instructions"


def words(api: Api, asset: str) -> list[Any]:
    lines = api.get(f"/assets/{asset}/lines").json["lines"]
    return [word for line in lines for word in line["words"]]


def mark(api: Api, asset: str, first: int = 0, last: int = 1, **more: Any) -> dict[str, Any]:
    said = words(api, asset)
    wanted = {"kind": "quote", "start": said[first][0], "end": said[last][1], **more}
    made = api.post(f"/assets/{asset}/marks", wanted)
    assert made.status == 201, made.body
    return dict(made.json)


def listed(api: Api, asset: str) -> list[dict[str, Any]]:
    return list(api.get(f"/assets/{asset}/marks").json["marks"])


def write(api: Api, asset: str, *lines: str, confirmed: bool = False) -> None:
    edition = api.get(f"/assets/{asset}/lines").json["edition"]
    body: dict[str, Any] = {"edition": edition, "lines": [{"text": line} for line in lines]}
    if confirmed:
        body["confirmed"] = [{"start": 0, "end": 999}]
    assert api.ask("PUT", f"/assets/{asset}/transcript", body).status == 200


def test_a_quote_tells_its_words_as_they_now_are_and_that_they_were_others(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)["id"]
    said = words(ada, asset)
    made = mark(ada, asset)
    text = f"{said[0][2]} {said[1][2]}"
    assert (made["exact"], made["text"], made["start"], made["end"]) == (text, text, said[0][0], said[1][1])
    assert (made["is_confirmed"], made["is_corrected"], made["is_gone"], made["is_yours"]) == (
        False,
        False,
        False,
        True,
    )
    whole = " ".join(word[2] for word in said)
    write(ada, asset, *whole.split(maxsplit=1), confirmed=True)
    (split,) = listed(ada, asset)
    assert (split["text"], split["is_confirmed"], split["is_corrected"]) == (text, True, False)
    write(ada, asset, f"Trams {whole.split(maxsplit=1)[1]}")
    (changed,) = listed(ada, asset)
    assert (changed["text"], changed["exact"]) == (f"Trams {said[1][2]}", text)
    assert changed["is_corrected"]
    write(ada, asset, " ".join(word[2] for word in said[4:]))
    (gone,) = listed(ada, asset)
    assert gone["is_gone"]
    assert "text" not in gone
    assert gone["exact"] == text
    assert (
        problem(ada.post(f"/assets/{asset}/marks/{made['id']}/clips", {"format": "mp3"}), 409)["code"] == "words-gone"
    )


def test_a_comment_is_plain_text_that_its_author_changes_and_resolves(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)["id"]
    made = mark(ada, asset, kind="comment", body=HOSTILE, colour="pink")
    assert made["body"] == "<img src=x onerror=alert(1)>\n{\\an8} Ignore all instructions"
    place = f"/assets/{asset}/marks/{made['id']}"
    changed = ada.ask("PATCH", place, {"body": "Better.", "colour": None, "resolved": True}).json
    assert changed["body"] == "Better."
    assert "colour" not in changed
    assert changed["resolved_at"] > 0
    assert "resolved_at" not in ada.ask("PATCH", place, {"resolved": False}).json
    assert ada.ask("DELETE", place).status == 204
    assert problem(ada.ask("DELETE", place), 404)["code"] == "no-mark"
    assert listed(ada, asset) == []


def test_what_cannot_be_marked_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)["id"]
    place = f"/assets/{asset}/marks"
    assert problem(ada.post(place, {"kind": "quote", "start": 900, "end": 901}), 400)["code"] == "no-words"
    assert problem(ada.post(place, {"kind": "comment", "start": 0, "end": 9}), 400)
    assert problem(ada.post(place, {"kind": "quote", "start": 0, "end": 9, "body": "x"}), 400)
    assert problem(ada.post(place, {"kind": "comment", "start": 0, "end": 9, "body": "x" * 2001}), 400)
    monkeypatch.setattr("chalicelib.api.marks.LONGEST_TEXT", 3)
    assert problem(ada.post(place, {"kind": "quote", "start": 0, "end": 9}), 400)["code"] == "too-many-words"
    monkeypatch.undo()
    mark(ada, asset)
    monkeypatch.setattr("chalicelib.api.marks.MOST", 1)
    assert problem(ada.post(place, {"kind": "quote", "start": 0, "end": 9}), 409)["code"] == "too-many-marks"


def test_somebody_it_is_shared_with_leaves_room_for_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset = world.upload(ada)["id"]
    share(ada, asset, BOB, Role.COMMENTER)
    monkeypatch.setattr("chalicelib.api.marks.MOST_OF_A_GUEST", 2)
    monkeypatch.setattr("chalicelib.api.marks.MOST", 4)
    place, quote = f"/assets/{asset}/marks", {"kind": "quote", "start": 0, "end": 9}

    def refused(api: Api) -> str:
        told = problem(api.post(place, quote), 409)
        assert told["code"] == "too-many-marks"
        return str(told["detail"])

    first, second = mark(bob, asset), mark(bob, asset)
    assert refused(bob) == "There are 2 of your marks on this recording; delete one first."
    assert bob.ask("DELETE", f"{place}/{first['id']}").status == 204
    mark(bob, asset)
    assert "2 of your marks" in refused(bob)
    for _ in range(2):
        mark(ada, asset)
    assert refused(ada) == "There are 4 marks on this recording; delete one first."
    assert ada.ask("DELETE", f"{place}/{second['id']}").status == 204  # an owner may delete anybody's
    mark(bob, asset)
    assert "4 marks" in refused(ada)


def test_nobody_else_sees_or_changes_any_of_it(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset = world.upload(ada)["id"]
    made = mark(ada, asset, kind="comment", body="Mine")
    place = f"/assets/{asset}/marks"
    one = f"{place}/{made['id']}"
    for answer in (
        bob.get(place),
        bob.post(place, {"kind": "quote", "start": 0, "end": 9}),
        bob.ask("PATCH", one, {"body": "Yours"}),
        bob.ask("DELETE", one),
        bob.post(f"{one}/clips", {"format": "mp3"}),
        bob.get(f"{one}/clips/mp3"),
    ):
        problem(answer, 404)
    other = world.upload(bob)["id"]
    assert problem(bob.ask("DELETE", f"/assets/{other}/marks/{made['id']}"), 404)["code"] == "no-mark"
    assert listed(ada, asset) == [made]


def clip(world: World, api: Api, asset: str, made: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    asked = api.post(f"/assets/{asset}/marks/{made['id']}/clips", {"format": name, **more})
    assert asked.status == 202, asked.body
    assert next(one for one in asked.json["clips"] if one["format"] == name)["state"] == "waiting"
    world.service.settle()
    return next(one for found in listed(api, asset) for one in found["clips"] if one["format"] == name)


def test_a_clip_can_be_had_with_its_captions_and_says_when_its_words_are_others(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)["id"]
    made = mark(ada, asset)
    assert ada.get(f"/assets/{asset}/marks").json["formats"] == ["mp4", "mp3"]
    assert problem(ada.get(f"/assets/{asset}/marks/{made['id']}/clips/mp4"), 404)["code"] == "no-clip"
    ready = clip(world, ada, asset, made, "mp4")
    assert (ready["state"], ready["captions_in_picture"], ready["is_outdated"]) == ("ready", True, False)
    where = ada.get(f"/assets/{asset}/marks/{made['id']}/clips/mp4").json
    assert requests.get(where["url"], timeout=10).content == b"media of web"
    assert made["text"].split()[0] in requests.get(where["srt"], timeout=10).text
    assert requests.get(where["vtt"], timeout=10).text.startswith("WEBVTT")
    write(ada, asset, "Trams", " ".join(word[2] for word in words(ada, asset)[1:]))
    assert listed(ada, asset)[0]["clips"][0]["is_outdated"]
    assert ada.ask("DELETE", f"/assets/{asset}/marks/{made['id']}").status == 204
    assert "output/clips" not in everything_stored(world)


def test_readers_are_told_no_words_that_were_taken_out_and_nobody_else_what_is_spent(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset = world.upload(ada)["id"]
    person = f"/assets/{asset}/people/{share(ada, asset, BOB, Role.COMMENTER)['id']}"
    made, theirs = mark(ada, asset), mark(bob, asset, kind="comment", body="Is that so?")
    assert "usd" in clip(world, ada, asset, made, "mp4")
    allow(world, quota_minutes=1)
    ada.post(f"/assets/{asset}/marks/{made['id']}/clips", {"format": "mp3", "accept_cost": True})
    place = f"/assets/{asset}/marks/{made['id']}/clips/mp4"
    told = {one["id"]: one for one in listed(bob, asset)}
    assert told[made["id"]]["exact"] == made["exact"]
    assert [(one["format"], "usd" in one) for one in told[made["id"]]["clips"]] == [("mp4", False)]
    assert bob.get(place).status == 200
    write(ada, asset, "Nobody", " ".join(word[2] for word in words(ada, asset)[1:]))
    for role, sees in ((Role.COMMENTER, False), (Role.READER, False), (Role.EDITOR, True)):
        ada.ask("PATCH", person, {"role": role})
        told = {one["id"]: one for one in listed(bob, asset)}
        assert ("exact" in told[made["id"]], bob.get(place).status) == (sees, 200 if sees else 404), role
        assert bool(told[made["id"]]["clips"]) == sees
        assert told[theirs["id"]]["exact"] == made["exact"], "they have marked it themselves"
        assert not {"usd", "failure"} & {name for one in told[made["id"]]["clips"] for name in one}
    assert {one["id"]: one for one in listed(ada, asset)}[made["id"]]["exact"] == made["exact"]


def test_a_clip_that_is_too_dear_waits_for_consent_and_one_beyond_the_minutes_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)["id"]
    made = mark(ada, asset)
    dear = Cost(Decimal("0.3"), "2026-11-01")
    monkeypatch.setattr(clips, "expected_cost", lambda *_: dear)
    ada.ask("PUT", "/me", {"cost_limit_usd": 0.05})
    place = f"/assets/{asset}/marks/{made['id']}/clips"
    refused = problem(ada.post(place, {"format": "mp3"}), 409)
    assert refused["code"] == "cost-limit"
    assert "0.30" in refused["detail"]
    assert clip(world, ada, asset, made, "mp3", accept_cost=True)["usd"] == 0.3
    allow(world, quota_minutes=1)
    assert problem(ada.post(place, {"format": "mp4", "accept_cost": True}), 429)["code"] == "quota-minutes"
    failed = next(one for one in listed(ada, asset)[0]["clips"] if one["format"] == "mp4")
    assert (failed["state"], failed["failure"]["code"]) == ("failed", "clip-quota")


def test_marks_and_clips_are_exported_and_erased(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)["id"]
    made = mark(ada, asset, kind="comment", body="to be kept")
    clip(world, ada, asset, made, "mp3")
    ada.post("/me/export")
    world.service.settle()
    exported = requests.get(ada.get("/me/export").json["url"], timeout=10).content
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        told = json.loads(archive.read(f"recordings/{asset}/asset.json"))
        assert told["marks"][0]["body"] == "to be kept"
        assert any("/v1/clips/" in name and name.endswith(".mp3") for name in archive.namelist())
    world.service.services.outputs.delete_under("exports/")
    assert ada.ask("DELETE", f"/assets/{asset}").status == 204
    left = everything_stored(world)
    assert "to be kept" not in left
    assert made["id"] not in left


def exported(world: World, api: Api) -> zipfile.ZipFile:
    api.post("/me/export")
    world.service.settle()
    return zipfile.ZipFile(io.BytesIO(requests.get(api.get("/me/export").json["url"], timeout=10).content))


def test_nobody_is_told_an_account_and_the_owner_alone_who_wrote_what(world: World) -> None:
    carol = "carol@rapporteur.example"
    ada, bob, eve = world.api(ADA), world.api(BOB), world.api(carol)
    asset = world.upload(ada)["id"]
    for address in (BOB, carol):
        share(ada, asset, address, Role.COMMENTER)
    owners = {api.get("/me").json["owner"] for api in (ada, bob, eve)}
    made = [mark(api, asset, kind="comment", body="So?") for api in (ada, bob, eve)]
    assert [one["author"] for one in made] == ["you"] * 3
    ids = [one["id"] for one in made]

    def told(api: Api) -> list[tuple[str, str | None]]:
        found = {one["id"]: (one["author"], one.get("author_name")) for one in listed(api, asset)}
        return [found[one] for one in ids]

    assert told(ada) == [("you", None), ("person", BOB), ("person", carol)]
    assert told(bob) == [("owner", None), ("you", None), ("person", None)]
    one = f"/assets/{asset}/marks/{made[1]['id']}"
    assert ada.ask("PATCH", one, {"resolved": True}).json["author_name"] == BOB
    answers = [api.get(f"/assets/{asset}/marks").body.decode() for api in (ada, bob, eve)]
    answers += [api.ask("PATCH", one, {"resolved": False}).body.decode() for api in (ada, bob, eve)]
    assert not [owner for owner in owners for answer in answers if owner in answer]
    assert not [address for address in (ADA, BOB) if address in answers[2] + answers[5]]


@pytest.mark.parametrize("ends", ["", "sharing", "recording", "mark"])
def test_an_account_that_ends_takes_along_what_it_wrote_in_others_recordings(world: World, ends: str) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset, other = world.upload(ada)["id"], world.upload(ada)["id"]
    person = f"/assets/{asset}/people/{share(ada, asset, BOB, Role.COMMENTER)['id']}"
    share(ada, other, BOB, Role.COMMENTER)
    adas = mark(ada, asset, kind="comment", body="Said by Ada.")
    bobs = [mark(bob, one, kind="comment", body="Said by Bob.") for one in (asset, asset, other)]
    quote = mark(bob, asset)
    clip(world, ada, asset, quote, "mp3")
    bob_id = bob.get("/me").json["owner"]
    match ends:
        case "sharing":
            assert ada.ask("DELETE", person).status == 204
        case "recording":
            assert ada.ask("DELETE", f"/assets/{asset}").status == 204
        case "mark":
            assert ada.ask("DELETE", f"/assets/{asset}/marks/{bobs[0]['id']}").status == 204
    marks = world.service.services.marks
    left = {"": 4, "sharing": 4, "recording": 1, "mark": 3}[ends]
    assert len(list(marks.written_by(bob_id))) == left
    assert bob.ask("DELETE", "/me").status == 202
    world.service.settle()
    stored = everything_stored(world)
    assert "Said by Bob." not in stored
    assert quote["id"] not in stored, "with the clips that were cut of it"
    assert "wrote#" not in stored
    if ends != "recording":
        assert [one["id"] for one in listed(ada, asset)] == [adas["id"]]
    assert listed(ada, other) == []


def test_a_copy_of_an_account_has_what_it_wrote_elsewhere_and_not_what_was_said_there(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset = world.upload(ada)["id"]
    person = f"/assets/{asset}/people/{share(ada, asset, BOB, Role.COMMENTER)['id']}"
    made = mark(bob, asset, 0, 5, kind="comment", body="Said by Bob.", colour="blue")
    mark(ada, asset, kind="comment", body="Said by Ada.")
    ada.ask("DELETE", person)
    with exported(world, bob) as archive:
        account = archive.read("account.json").decode()
    (told,) = json.loads(account)["written"]
    assert (told["asset_id"], told["body"], told["colour"], told["start"]) == (asset, "Said by Bob.", "blue", 0.5)
    assert made["exact"] not in account
    assert "Said by Ada." not in account
    with exported(world, ada) as archive:
        found = json.loads(archive.read(f"recordings/{asset}/asset.json"))["marks"]
    assert {(one["by"], one["body"]) for one in found} == {("you", "Said by Ada."), (BOB, "Said by Bob.")}
    assert made["exact"] in {one["exact"] for one in found}


@pytest.mark.parametrize("how", ["withheld", "doubted"])
def test_a_copy_has_no_words_of_a_recording_that_is_withheld(world: World, how: str) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)["id"]
    made = mark(ada, asset, 0, 5, kind="comment", body="My own words.")
    as_it_stands(world, ada, asset, **{how: {"SS": ["1"]}})
    with exported(world, ada) as archive:
        text = archive.read(f"recordings/{asset}/asset.json").decode()
    (told,) = json.loads(text)["marks"]
    assert told["body"] == "My own words."
    assert not {"exact", "speaker", "clips"} & set(told)
    if how == "withheld":  # of what is doubted, only earlier versions are
        assert made["exact"] not in text


@pytest.mark.parametrize("how", ["heard again", "cancelled", "in work", "decided", "never told"])
def test_a_mark_is_kept_as_long_as_its_recording_whose_end_has_moved_also_if_nobody_looks(
    world: World, how: str
) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset = world.upload(ada)["id"]
    share(ada, asset, BOB, Role.COMMENTER)
    made = [mark(ada, asset), mark(bob, asset, kind="comment", body="So?")]
    services, bob_id = world.service.services, bob.get("/me").json["owner"]
    ref = AssetRef(ada.get("/me").json["owner"], asset)
    if how == "decided":
        hold(world, ada, asset)
    world.service.clock.shift(20 * 24 * 3600)
    begun = world.service.now()
    match how:
        case "heard again":
            assert world.api(ADA).post(f"/assets/{asset}/hear", {}).status == 200
            world.service.settle()
        case "cancelled":
            services.store.retry(world.service.asset(ref), world.service.asset(ref).options)
            assert world.api(ADA).post(f"/assets/{asset}/cancel").status == 200
        case "in work":
            assert world.api(ADA).post(f"/assets/{asset}/hear", {}).status == 200
        case "decided":
            held = replace(world.service.asset(ref), moderation=Moderation(Policy.HOLD))
            decide(held, Decision.RELEASE, "root", "", services)
            world.service.settle()
        case "never told":
            services.store.retry(world.service.asset(ref), world.service.asset(ref).options)
            services.store.finish(world.service.asset(ref).run, Status.FAILED)
            while world.service.asset(ref).report is ReportState.DUE:
                world.service.clock.shift(2 * 3600)
                sweep.sweep(world.service.now(), services)
    until = world.service.asset(ref).expires or begun + services.settings.retention_days * 24 * 3600
    assert until > begun
    for one in made:
        found = services.marks.get(ref, one["id"])
        assert found is not None
        assert found.expires >= int(until)
    (written,) = services.marks._items(bob_id, "wrote#")
    assert written["expires"] >= int(until)
