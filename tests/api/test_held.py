"""What is held: nobody gets it, administrators decide of it, and its owner is told of both."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import requests

from chalicelib.domain.accounts import Webhook
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import AssetRef, ReportState, Status
from tests.api.accounts import Api
from tests.api.test_digest import mails, subscribed, until
from tests.api.world import ADA, BOB, ROOT, World, a_world, problem
from tests.harness.service import VISION
from tests.pipeline.test_moderation import BLOODY, FILM, HARMLESS, PICTURE, label

NOTHING = (
    "transcript",
    "transcript.json",
    "transcript.docx",
    "lines",
    "analysis",
    "media/web",
    "media/upload",
    "original",
    "tracks/moderation",
    "tracks/transcript",
    "voices",
)
"""What nobody gets of what is withheld."""


@pytest.fixture
def world() -> Iterator[World]:
    with a_world(**VISION, MODERATION_POLICY="hold") as world:
        world.service.cloud.media = FILM
        world.service.cloud.seen["moderation"] = BLOODY
        yield world


def owner_of(api: Api) -> str:
    return str(api.get("/me").json["owner"])


def place(api: Api, asset: dict[str, Any]) -> str:
    return f"/admin/held/{owner_of(api)}/{asset['id']}"


def decide(world: World, api: Api, asset: dict[str, Any], decision: str, reason: str = "") -> dict[str, Any]:
    answer = world.api(ROOT).post(place(api, asset), {"decision": decision, "reason": reason})
    assert answer.status == 200, answer.body
    world.service.settle()
    return dict(api.get(f"/assets/{asset['id']}").json)


def test_nothing_that_was_made_is_given_out_while_it_is_held(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)
    assert (asset["status"], asset["is_withheld"], asset["renditions"]) == ("held", True, [])
    assert not {"preview", "language", "mood", "clarity"} & set(asset)
    told = asset["moderation"]
    assert told["reason"]["code"] == "sensitive-held"
    assert [(one["kind"], one["start"]) for one in told["seen"]] == [("Violence", 12.0), ("Violence", 40.0)]
    assert "decided_by" not in told
    for what in NOTHING:
        assert problem(ada.get(f"/assets/{asset['id']}/{what}"), 404)["code"] == "withheld", what
    said = {"edition": 0, "lines": [{"text": "Buses."}]}
    assert problem(ada.ask("PUT", f"/assets/{asset['id']}/transcript", said), 404)["code"] == "withheld"
    assert problem(ada.post(f"/assets/{asset['id']}/shares", {"days": 1}), 404)["code"] == "withheld"
    assert ada.get(f"/assets/{asset['id']}/files").json["files"] == []
    assert ada.get(f"/assets/{asset['id']}/tracks").json["tracks"] == []
    assert ada.get("/search?q=buses").json["hits"] == []
    assert ada.get("/assets?status=held").json["assets"][0]["id"] == asset["id"]
    assert problem(ada.post(f"/assets/{asset['id']}/retry"), 409)["code"] == "held"
    assert ada.ask("PATCH", f"/assets/{asset['id']}", {"title": "Bus"}).json["title"] == "Bus"
    (mail,) = mails(world)
    assert mail["Subject"] == "Held: debate.mp4"
    assert b"wonderful" not in mail.as_bytes()
    assert not list(mail.iter_attachments())
    assert ada.ask("DELETE", f"/assets/{asset['id']}").status == 204
    assert world.api(ROOT).get("/admin/held").json == {"assets": [], "more": 0, "decided": []}


def test_a_link_that_was_shared_before_shows_nothing_of_the_next_version(world: World) -> None:
    ada = world.api(ADA)
    world.service.cloud.seen["moderation"] = HARMLESS
    asset = world.upload(ada)
    assert (asset["status"], asset["is_withheld"]) == ("completed", False)
    token = ada.post(f"/assets/{asset['id']}/shares", {"days": 1}).json["token"]
    assert world.api(None).get(f"/shared/{token}/lines").status == 200
    world.service.cloud.seen["moderation"] = BLOODY
    world.service.cloud.jobs.clear()
    ada.post(f"/assets/{asset['id']}/retry")
    world.service.settle()
    assert ada.get(f"/assets/{asset['id']}").json["status"] == "held"
    for what in ("", "/lines", "/analysis", "/tracks", "/tracks/moderation", "/transcript.vtt", "/media/web"):
        assert problem(world.api(None).get(f"/shared/{token}{what}"), 404)["code"] == "withheld", what
    decide(world, ada, asset, "release")
    shared = world.api(None).get(f"/shared/{token}")
    assert shared.status == 200
    assert "moderation" not in shared.json["asset"]


def test_what_is_being_worked_on_is_not_given_out_before_it_was_looked_at(world: World) -> None:
    ada = world.api(ADA)
    world.service.cloud.seen["moderation"] = HARMLESS
    asset_id = world.send(ada)
    while world.service.pump.step():
        pass
    asset = ada.get(f"/assets/{asset_id}").json
    assert (asset["status"], asset["is_withheld"], asset["heard"]) == ("processing", True, [])
    assert problem(ada.get(f"/assets/{asset_id}/lines"), 404)["code"] == "withheld"
    world.service.settle()
    assert ada.get(f"/assets/{asset_id}/lines").status == 200


def test_administrators_see_what_is_held_and_nobody_else_does(world: World) -> None:
    ada, bob, root = world.api(ADA), world.api(BOB), world.api(ROOT)
    assert root.get("/admin/held").json == {"assets": [], "more": 0, "decided": []}
    asset = world.upload(ada, title="A bus")
    for who in (ada, bob):
        for method, path in (("GET", "/admin/held"), ("GET", place(ada, asset)), ("POST", place(ada, asset))):
            body = {"decision": "release"} if method == "POST" else None
            problem(who.ask(method, path, body), 403)
    problem(bob.get(f"/assets/{asset['id']}"), 404)
    (held,) = root.get("/admin/held").json["assets"]
    assert (held["owner"], held["id"], held["title"], held["kinds"]) == (
        owner_of(ada),
        asset["id"],
        "A bus",
        ["Violence"],
    )
    assert held["held_at"] == asset["finished_at"]
    whole = root.get(place(ada, asset)).json
    assert [(one["name"], one["start"], one["confidence"]) for one in whole["seen"]] == [
        ("Violence", 12.0, 0.9),
        ("Graphic Violence", 40.0, 0.9),
    ]
    assert whole["look_at"]["content_type"] == "video/mp4"
    assert requests.get(whole["look_at"]["url"], timeout=10).status_code == 200
    for nobody in (
        "/admin/held/x/0123456789abcdef",
        "/admin/held/x_y/0123456789abcdef",
        f"/admin/held/{owner_of(ada)}/A",
    ):
        problem(root.get(nobody), 404)
        problem(root.post(nobody, {"decision": "release"}), 404)
    problem(root.post(place(ada, asset), {"decision": "perhaps"}), 400)
    problem(root.post(place(ada, asset), {}), 400)
    problem(root.post(place(ada, asset), {"decision": "reject", "reason": "x" * 501}), 400)


def test_a_picture_is_looked_at_as_it_was_uploaded(world: World) -> None:
    ada = world.api(ADA)
    world.service.cloud.media = PICTURE
    world.service.cloud.seen["moderation"] = [label(0)]
    world.service.cloud.failing["renditions"] = world.service.cloud.failing.get("x") or _broke()
    asset = world.upload(ada, "bus.jpg")
    assert asset["status"] == "held"
    problem(ada.get(f"/assets/{asset['id']}/media/upload"), 404)
    whole = world.api(ROOT).get(place(ada, asset)).json
    assert "start" not in whole["seen"][0]
    assert whole["look_at"]["content_type"] == "image/jpeg"


def _broke() -> Any:
    from chalicelib.message import Message

    return Message("broke", "It broke.")


def test_a_release_gives_it_out_and_its_owner_gets_the_report(world: World) -> None:
    ada, root = world.api(ADA), world.api(ROOT)
    asset = world.upload(ada)
    released = decide(world, ada, asset, "release", "It is a film about buses.")
    assert (released["status"], released["is_withheld"], released["report"]) == ("completed", False, "delivered")
    assert released["renditions"]
    assert released["moderation"]["decision"] == "release"
    assert "sensitive-released" in [note["code"] for note in released["notes"]]
    assert ada.get(f"/assets/{asset['id']}/lines").status == 200
    assert ada.get("/search?q=buses").json["hits"]
    held, report = mails(world)
    assert report["Subject"] == "Report: debate.mp4"
    assert held["X-Rapporteur-Report"] != report["X-Rapporteur-Report"]
    for decision in ("release", "reject"):
        assert problem(root.post(place(ada, asset), {"decision": decision}), 409)["code"] == "not-held"
    assert root.get("/admin/held").json["assets"] == []
    assert len(mails(world)) == 2


def test_what_was_decided_can_be_read_afterwards(world: World) -> None:
    ada, root = world.api(ADA), world.api(ROOT)
    kept, refused = world.upload(ada, "buses.mp4"), world.upload(ada, "blood.mp4")
    decide(world, ada, kept, "release", "It is a film about buses.")
    world.service.clock.shift(60)
    decide(world, ada, refused, "reject", "No blood here.")
    listed = root.get("/admin/held").json
    assert (listed["assets"], listed["more"]) == ([], 0)
    assert [(one["title"], one["decision"], one["decided_by"], one["comment"]) for one in listed["decided"]] == [
        ("blood.mp4", "reject", owner_of(root), "No blood here."),
        ("buses.mp4", "release", owner_of(root), "It is a film about buses."),
    ]
    whole = root.get(place(ada, kept)).json
    assert (whole["decision"], whole["decided_by"], whole["comment"]) == (
        "release",
        owner_of(root),
        "It is a film about buses.",
    )
    assert whole["decided_at"] == listed["decided"][1]["decided_at"]
    assert whole["reason"]["code"] == "sensitive-seen"
    assert "look_at" not in whole  # it is its owner's again
    assert "look_at" in root.get(place(ada, refused)).json
    for who in (ada, world.api(BOB)):
        problem(who.get(place(ada, kept)), 403)
    ada.ask("DELETE", f"/assets/{refused['id']}")
    assert [one["id"] for one in root.get("/admin/held").json["decided"]] == [kept["id"]]
    world.service.clock.shift(31 * 24 * 3600)
    assert world.api(ROOT).get("/admin/held").json["decided"] == []


def test_a_release_lasts_for_the_same_file(world: World) -> None:
    ada, root = world.api(ADA), world.api(ROOT)
    asset = world.upload(ada)
    decide(world, ada, asset, "release", "Ketchup.")
    token = ada.post(f"/assets/{asset['id']}/shares", {"days": 1}).json["token"]
    world.service.cloud.jobs.clear()
    ada.post(f"/assets/{asset['id']}/retry")
    world.service.settle()
    again = ada.get(f"/assets/{asset['id']}").json
    assert (again["version"], again["status"], again["is_withheld"]) == (2, "completed", False)
    assert "sensitive-still-released" in [note["code"] for note in again["notes"]]
    assert world.api(None).get(f"/shared/{token}/lines").status == 200
    whole = root.get(place(ada, asset)).json
    assert (whole["version"], whole["decision"], whole["comment"]) == (2, "release", "Ketchup.")
    assert [one["version"] for one in root.get("/admin/held").json["decided"]] == [2]


def test_a_rejection_is_told_with_its_reason_and_only_administrators_may_begin_anew(world: World) -> None:
    ada, root = world.api(ADA), world.api(ROOT)
    asset = world.upload(ada)
    rejected = decide(world, ada, asset, "reject", "No blood\nhere.")
    assert (rejected["status"], rejected["is_withheld"]) == ("rejected", True)
    assert rejected["error"]["message"].endswith("rejected it: No blood here.")
    assert problem(ada.get(f"/assets/{asset['id']}/lines"), 404)["code"] == "withheld"
    assert problem(ada.post(f"/assets/{asset['id']}/retry"), 409)["code"] == "rejected-for-content"
    _, mail = mails(world)
    assert mail["Subject"] == "Rejected: debate.mp4"
    assert "No blood here." in mail.get_body(("plain",)).get_content()
    whole = root.get(place(ada, asset)).json  # kept for another look
    assert (whole["status"], whole["decided_by"], whole["comment"]) == ("rejected", owner_of(root), "No blood here.")
    assert problem(root.post(place(ada, asset), {"decision": "release"}), 409)["code"] == "not-held"
    assert root.post(f"/admin/assets/{owner_of(ada)}/{asset['id']}/retry").json["status"] == "queued"


def test_a_digest_tells_of_the_hold_and_then_of_the_decision(world: World) -> None:
    ada = subscribed(world)
    ours = world.service.services
    ours.settings = replace(ours.settings, pages_url="https://pages.example/")
    asset = world.upload(ada)
    until(world, "2026-11-22T03:05:00")
    (first,) = mails(world)
    assert "perhaps violence" in first.get_body(("plain",)).get_content()
    assert "wonderful" not in first.get_body(("plain",)).get_content()
    decide(world, world.api(ADA), asset, "release")
    until(world, "2026-11-23T03:05:00")
    _, second = mails(world)
    assert "wonderful" in second.get_body(("plain",)).get_content()


def test_a_digest_of_what_was_decided_meanwhile_tells_it_once(world: World) -> None:
    ada = subscribed(world)
    asset = world.upload(ada)
    decide(world, ada, asset, "release")
    until(world, "2026-11-22T03:05:00")
    (mail,) = mails(world)
    assert mail["Subject"] == "Digest: debate.mp4"


def test_programs_are_told_of_both(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[dict[str, Any], str]] = []
    monkeypatch.setattr("chalicelib.clients.outbound.check", lambda url: None)

    def post(url: str, body: bytes, headers: Any) -> int:
        told.append((json.loads(body), headers["X-Rapporteur-Delivery"]))
        return 204

    world.service.services.post = post
    ada = world.api(ADA)
    world.service.services.users.change(owner_of(ada), {"webhook": Webhook("https://hooks.example.org/", "secret")})
    asset = world.upload(ada)
    decide(world, ada, asset, "release")
    assert [what["type"] for what, _ in told] == ["asset.held", "asset.completed"]
    assert told[0][0]["asset"]["error"]["code"] == "sensitive-held"
    assert told[0][1] != told[1][1]


def test_a_copy_of_all_data_has_of_what_is_withheld_only_the_upload(world: World) -> None:
    ada = world.api(ADA)
    held = world.upload(ada)
    world.service.cloud.seen["moderation"] = HARMLESS
    world.service.cloud.jobs.clear()
    clear = world.upload(ada, "clear.mp4")
    ada.post("/me/export")
    world.service.settle()
    url = ada.get("/me/export").json["url"]
    with ZipFile(BytesIO(requests.get(url, timeout=10).content)) as archive:
        names = archive.namelist()
        about = json.loads(archive.read(f"recordings/{held['id']}/asset.json"))
    of_held = {name.removeprefix(f"recordings/{held['id']}/") for name in names if held["id"] in name}
    assert of_held == {"asset.json", "upload/debate.mp4"}
    assert (about["tracks"], about["asset"]["renditions"]) == ([], [])
    assert any(f"{clear['id']}/v1/web" in name for name in names)


def test_a_copy_of_all_data_does_not_name_the_administrator_who_decided(world: World) -> None:
    ada, root = world.api(ADA), world.api(ROOT)
    asset = world.upload(ada)
    decide(world, ada, asset, "release", "Ketchup.")
    assert ada.post(f"/assets/{asset['id']}/hear", {}).status == 200  # so that an earlier version is kept too
    world.service.settle()
    ada.post("/me/export")
    world.service.settle()
    with ZipFile(BytesIO(requests.get(ada.get("/me/export").json["url"], timeout=10).content)) as archive:
        told = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    assert any(name.endswith("/v1/versions/asset.json") and "Ketchup." in text for name, text in told.items())
    assert [name for name, text in told.items() if owner_of(root) in text] == []


def test_operators_are_told_how_many_wait(world: World) -> None:
    ours = world.service.services
    ours.settings = replace(ours.settings, admin_email=ROOT)
    first = world.upload(world.api(ADA))
    until(world, "2026-11-22T05:05:00")
    text = " ".join(mails(world)[-1].get_body(("plain",)).get_content().split())
    assert "1 file is held and waits for your decision. Without one, the first is deleted on" in text
    expires = ours.store.get(AssetRef(owner_of(world.api(ADA)), first["id"])).expires  # type: ignore[union-attr]
    assert f"{datetime.fromtimestamp(expires or 0, UTC):%B %-d, %Y}" in text
    world.upload(world.api(ADA))
    until(world, "2026-11-23T05:05:00")
    later = " ".join(mails(world)[-1].get_body(("plain",)).get_content().split())
    assert "2 files are held" in later
    assert f"{datetime.fromtimestamp(expires or 0, UTC):%B %-d, %Y}" in later, "the first, not the last"


def test_erasing_an_account_takes_what_is_held_with_it(world: World) -> None:
    ada, root = world.api(ADA), world.api(ROOT)
    asset = world.upload(ada)
    owner = owner_of(ada)
    assert ada.ask("DELETE", "/me").status == 202
    world.service.clock.shift(3600)
    world.service.settle()
    assert world.service.services.store.get(AssetRef(owner, asset["id"])) is None
    assert world.api(ROOT).get("/admin/held").json["assets"] == []
    del root


def test_what_is_rejected_at_once_is_not_listed_but_can_be_looked_at() -> None:
    with a_world(**VISION, MODERATION_POLICY="reject") as world:
        world.service.cloud.media = FILM
        world.service.cloud.seen["moderation"] = BLOODY
        ada = world.api(ADA)
        asset = world.upload(ada)
        assert (asset["status"], asset["error"]["code"]) == ("rejected", "sensitive-rejected")
        assert {branch["status"] for branch in asset["branches"].values()} <= {"done", "skipped"}
        assert world.api(ROOT).get("/admin/held").json["assets"] == []
        assert world.api(ROOT).get(place(ada, asset)).json["status"] == "rejected"
        stored = world.service.services.store.get(AssetRef(owner_of(ada), asset["id"]))
        assert stored is not None
        assert (stored.status, stored.report) == (Status.REJECTED, ReportState.DELIVERED)


def test_a_note_is_all_there_is_where_it_is_only_noted() -> None:
    with a_world(**VISION, MODERATION_POLICY="note") as world:
        world.service.cloud.media = FILM
        world.service.cloud.seen["moderation"] = BLOODY
        asset = world.upload(world.api(ADA), ai_options=AiOptions(moderation=False).to_json())
        assert (asset["status"], asset["is_withheld"]) == ("completed", False)
        assert "sensitive-seen" in [note["code"] for note in asset["notes"]]
        assert asset["moderation"]["policy"] == "note"
