"""One's own account: settings, keys, a copy of everything, and the end of everything."""

import io
import json
import zipfile
from typing import Any

import boto3
import pytest
import requests

from chalicelib.accounts import queue
from chalicelib.accounts.queue import REQUESTS_END
from chalicelib.api.operations import description
from chalicelib.domain.assets import Options
from chalicelib.domain.media import ACCEPTED_ENDINGS
from chalicelib.domain.rights import Role
from chalicelib.pipeline.register import register
from tests.api.accounts import Api
from tests.api.test_rights import share
from tests.api.world import ADA, BOB, World, everything_stored, problem
from tests.harness.places import ROOT


def test_pages_learn_where_to_sign_in_and_what_can_be_uploaded(world: World) -> None:
    config = world.api(None).get("/config").json
    assert config["sign_in_url"] == "https://cognito-idp.us-east-1.amazonaws.com/"
    assert "sign_in_pages" not in config, "no deployment says where they are"
    assert config["scopes"] == ["openid", "email", "aws.cognito.signin.user.admin"]
    assert config["client_id"] == world.pool.client_id
    assert config["sign_up"] == "invitation"
    assert {preset["name"]: preset["kind"] for preset in config["presets"]}["gif"] == "image"
    assert config["endings"] == sorted(ACCEPTED_ENDINGS)
    assert set(config["default_presets"]) <= {preset["name"] for preset in config["presets"]}


def test_pages_learn_how_much_may_be_written_where(world: World) -> None:
    document = description()

    def longest(model: str, field: str) -> tuple[Any, Any]:
        schema = document["components"]["schemas"][model]["properties"][field]
        (text,) = [one for one in schema.get("anyOf", [schema]) if one["type"] != "null"]
        return text.get("minLength"), text.get("maxLength", text.get("maxItems"))

    (search,) = [one["schema"] for one in document["paths"]["/search"]["get"]["parameters"] if one["name"] == "q"]
    limits = world.api(None).get("/config").json["limits"]
    assert (limits["search_from"], limits["search_to"]) == (search["minLength"], search["maxLength"])
    assert limits["title"] == longest("NewAsset", "title")[1] == longest("Changes", "title")[1]
    assert limits["tags"] == longest("Changes", "tags")[1]
    assert limits["speaker"] == longest("LineWritten", "speaker")[1]
    assert limits["key_name"] == longest("KeyWanted", "name")[1]
    assert limits["folder_name"] == longest("NewFolder", "name")[1] == longest("FolderChanges", "name")[1]
    assert (limits["shortest_password"], limits["longest_password"]) == longest("ShareWanted", "password")
    named = {"title", "tag", "tags", "speaker", "key_name", "folder_name", "shortest_password", "longest_password"}
    assert set(limits) == named | {"text", "search_from", "search_to"}


def test_one_sets_what_one_likes_and_nothing_else(world: World) -> None:
    ada = world.api(ADA)
    before = ada.get("/me").json
    assert (before["delivery"], before["language"], before["time_zone"]) == ("now", "en", "UTC")
    assert before["is_localized"] is False
    wanted = {"delivery": "none", "language": "ko", "time_zone": "Asia/Seoul", "cost_limit_usd": 3.5}
    assert ada.ask("PUT", "/me", wanted).json.items() >= wanted.items()
    changed = ada.ask("PUT", "/me", {"language": "fr"}).json
    assert (changed["time_zone"], changed["is_localized"]) == ("Asia/Seoul", True)
    assert world.api(BOB).get("/me").json["language"] == "en"
    for field, value in (
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("language", "tlh"),
        ("delivery", "pigeon"),
        ("cost_limit_usd", -1),
        ("is_admin", True),
    ):
        assert problem(ada.ask("PUT", "/me", {field: value}), 400)["field"] == field


def test_who_wants_no_mail_gets_none_and_finds_the_report_all_the_same(world: World) -> None:
    ada = world.api(ADA)
    ada.ask("PUT", "/me", {"delivery": "none"})
    asset = world.upload(ada)
    assert world.service.mails_sent() == 0
    assert "report.html" in {file["name"] for file in ada.get(f"/assets/{asset['id']}/files").json["files"]}


def test_a_program_with_a_key_may_do_what_its_owner_may_but_not_everything(world: World) -> None:
    ada = world.api(ADA)
    made = ada.post("/me/keys", {"name": " the council's  site "})
    assert (made.status, made.json["name"]) == (201, "the council's site")
    program = Api(world.client, made.json["key"])
    asset = world.upload(program)
    assert asset["status"] == "completed"
    assert [found["id"] for found in ada.get("/assets").json["assets"]] == [asset["id"]]
    assert program.get("/me").json["email"] == ADA
    assert world.service.mails_sent() == 1
    for method, path in (("GET", "/me/keys"), ("DELETE", "/me"), ("GET", "/admin/users")):
        assert problem(program.ask(method, path), 403)["code"] == "sign-in"
    (listed,) = ada.get("/me/keys").json["keys"]
    assert listed["last_used_at"] >= listed["created_at"]
    assert made.json["key"] not in everything_stored(world), "only a hash is kept"
    assert "key" not in listed


def test_a_key_that_was_taken_back_or_made_up_is_refused(world: World) -> None:
    ada = world.api(ADA)
    made = ada.post("/me/keys", {"name": "one"}).json
    other = made["key"].replace(made["key"][-48:], "0" * 48)
    for key in (other, made["key"][:-1], "key_", f"{made['key']}0"):
        problem(Api(world.client, key).get("/assets"), 401)
    problem(world.api(BOB).ask("DELETE", f"/me/keys/{made['id']}"), 404)
    assert Api(world.client, made["key"]).get("/assets").status == 200
    assert ada.ask("DELETE", f"/me/keys/{made['id']}").status == 204
    problem(Api(world.client, made["key"]).get("/assets"), 401)
    problem(ada.ask("DELETE", f"/me/keys/{made['id']}"), 404)


def test_a_copy_of_everything_is_a_zip_of_ones_own(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    foreign = world.upload(bob)
    asset = world.upload(ada, "Zürich – 議事録.mp4")
    ada.ask("PUT", f"/assets/{asset['id']}/transcript", {"edition": 0, "lines": [{"text": "Corrected."}]})
    ada.post("/me/keys", {"name": "a program"})
    assert ada.get("/me/export").json == {"status": "none"}
    assert ada.post("/me/export").json == {"status": "preparing"}
    world.service.settle()
    ready = ada.get("/me/export").json
    assert ready["status"] == "ready"
    archive = zipfile.ZipFile(io.BytesIO(requests.get(ready["url"], timeout=10).content))
    assert archive.testzip() is None
    names = archive.namelist()
    here = f"recordings/{asset['id']}"
    assert archive.read(f"{here}/upload/Zürich – 議事録.mp4") == b"recording"
    assert f"{here}/v1/web/web.mp4" in names
    assert any(name.startswith(f"{here}/v1/edits/") and b"Corrected" in archive.read(name) for name in names)
    told = json.loads(archive.read("account.json"))
    assert told["keys"][0]["name"] == "a program"
    assert "hash" not in told["keys"][0]
    everything = b"".join(archive.read(name) for name in names).decode(errors="ignore")
    assert foreign["id"] not in everything
    assert ada.post("/me/export").json["status"] == "ready", "asked again at once, it is the same"
    bob_sees = bob.get("/me/export").json
    assert bob_sees == {"status": "none"}


def copy_of(world: World, api: Api) -> dict[str, bytes]:
    """The files in a copy of an account's data."""
    api.post("/me/export")
    world.service.settle()
    with zipfile.ZipFile(io.BytesIO(requests.get(api.get("/me/export").json["url"], timeout=10).content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_copy_names_others_as_they_are_known_and_never_by_their_accounts(world: World) -> None:
    ada, bob, eve = world.api(ADA), world.api(BOB), world.api("eve@rapporteur.example")
    asset = world.upload(ada)["id"]
    for address, role in ((BOB, Role.EDITOR), ("eve@rapporteur.example", Role.EDITOR)):
        share(ada, asset, address, role)
    place = f"/assets/{asset}"
    for edition, api in enumerate((bob, eve, ada)):
        lines = [{"text": f"said by {edition}"}]
        body = {"edition": edition, "lines": lines, "confirmed": [{"start": 0, "end": 60}]}
        assert api.ask("PUT", f"{place}/transcript", body).status == 200
        api.post(f"{place}/transcript/left")
    assert ada.get(f"{place}/lines").status == 200
    world.service.settle()
    assert ada.post(f"{place}/hear", {}).status == 200
    world.service.settle()
    adas_id, bobs_id, eves_id = (api.get("/me").json["owner"] for api in (ada, bob, eve))
    assert eve.ask("DELETE", "/me").status == 202
    world.service.settle()
    adas = copy_of(world, ada)
    assert not [name for name, body in adas.items() for one in (bobs_id, eves_id) if one.encode() in body]
    told = json.loads(adas[f"recordings/{asset}/asset.json"])
    assert {"you", BOB, None} <= {one["by"] for one in told["log"]}
    earlier = json.loads(adas[f"recordings/{asset}/v1/versions/asset.json"])["asset"]
    assert [one["by"] for one in earlier["editions"]] == [BOB, None, adas_id]
    stood_behind = [body for name, body in adas.items() if "/edits/" in name and BOB.encode() in body]
    assert stood_behind
    assert all(json.loads(body) for name, body in adas.items() if name.endswith(".json"))
    bobs = copy_of(world, bob)
    assert not [name for name, body in bobs.items() if adas_id.encode() in body]
    (shared,) = json.loads(bobs["account.json"])["shared_with_you"]
    assert (shared["asset_id"], shared["by"]) == (asset, ADA)


def test_an_erased_account_leaves_nothing_but_a_count(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    kept = world.upload(bob)
    asset = world.upload(ada)
    ada.post(f"/assets/{asset['id']}/shares")
    ada.post("/me/keys", {"name": "a program"})
    ada.ask("PUT", "/me", {"time_zone": "Europe/Paris"})
    ada.post("/me/export")
    world.service.settle()
    world.send(ada, "in work.mp4")
    for _ in range(3):
        world.service.pump.step()
    owner = ada.get("/me").json["owner"]
    before = everything_stored(world).count(kept["id"])
    assert owner in everything_stored(world)
    answer = ada.ask("DELETE", "/me")
    assert (answer.status, answer.json) == (202, {"status": "erasing"})
    world.service.settle()
    stored = everything_stored(world)
    for trace in (owner, ADA, asset["id"], "in work"):
        assert trace not in stored
    assert everything_stored(world).count(kept["id"]) == before
    item = boto3.client("dynamodb").get_item(
        TableName=world.service.services.settings.users_table,
        Key={"owner": {"S": "#service"}, "item": {"S": "erased"}},
    )["Item"]
    assert item["accounts"] == {"N": "1"}
    users = boto3.client("cognito-idp").list_users(UserPoolId=world.pool.pool_id)["Users"]
    assert [a["Value"] for user in users for a in user["Attributes"] if a["Name"] == "email"] == [BOB]
    world.service.hours_pass(5)
    assert owner not in everything_stored(world)
    assert world.api(BOB).get(f"/assets/{kept['id']}").json["status"] == "completed"


def test_an_erased_account_is_refused_at_once_and_while_its_token_is_still_valid(world: World) -> None:
    ada = world.api(ADA)
    asset = world.upload(ada)
    share = ada.post(f"/assets/{asset['id']}/shares").json["token"]
    program = Api(world.client, ada.post("/me/keys", {"name": "a program"}).json["key"])
    owner = ada.get("/me").json["owner"]
    assert world.api(None).get(f"/shared/{share}").status == 200
    assert ada.ask("DELETE", "/me").status == 202
    for _ in ("while it is being erased", "when it has been"):
        for path in ("/me", "/assets"):
            assert problem(ada.get(path), 401)["code"] == "account-erased"
            problem(program.get(path), 401)
        assert problem(ada.post("/assets", {"file_name": "a.mp4", "size": 9}), 401)["code"] == "account-erased"
        problem(program.post("/assets", {"file_name": "a.mp4", "size": 9}), 401)
        problem(ada.ask("DELETE", "/me"), 401)
        problem(world.api(None).get(f"/shared/{share}"), 404)
        world.service.settle()
        assert owner not in everything_stored(world)


def test_what_was_let_in_before_the_account_was_closed_is_erased_with_it(world: World) -> None:
    ada = world.api(ADA)
    owner = ada.get("/me").json["owner"]
    services = world.service.services
    mark_gone = services.users.mark_gone

    def beside_a_request(gone: str) -> bool:
        """A request that was let in just before stores its asset just after."""
        asset = register(gone, "late.mp4", Options(metered=True), services)
        services.uploads.client.put_object(Bucket=services.uploads.bucket, Key=asset.input_key, Body=b"late")
        return mark_gone(gone)

    services.users.mark_gone = beside_a_request  # type: ignore[method-assign]
    ada.ask("DELETE", "/me")
    services.users.mark_gone = mark_gone  # type: ignore[method-assign]
    for _ in range(20):
        world.service.pump.step()
    assert owner in everything_stored(world), "it waits for requests that are under way"
    world.service.settle()
    assert owner not in everything_stored(world)


def test_requests_have_ended_before_an_erasure_begins() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    assert config["lambda_functions"]["api_handler"]["lambda_timeout"] < REQUESTS_END


def test_a_death_between_asking_and_closing_loses_neither_the_account_nor_its_erasure(world: World) -> None:
    ada = world.api(ADA)
    world.upload(ada)
    owner = ada.get("/me").json["owner"]
    services = world.service.services
    queue.send(owner, queue.AccountTask.ERASE, services)  # and then the process died
    assert ada.get("/me").status == 200, "so whoever asked can ask again"
    world.service.settle()
    assert owner not in everything_stored(world)
    assert services.users.is_gone(owner)
    problem(ada.get("/me"), 401)


def test_a_file_that_is_sent_after_its_account_was_erased_is_deleted(world: World) -> None:
    ada = world.api(ADA)
    form = ada.post("/assets", {"file_name": "a.mp4", "size": 4, "content_type": "video/mp4"}).json["upload"]
    owner = ada.get("/me").json["owner"]
    ada.ask("DELETE", "/me")
    world.service.settle()
    sent = requests.post(form["url"], data=form["fields"], files={"file": ("a.mp4", b"late")}, timeout=10)
    assert sent.status_code == 204
    world.service.settle()
    assert owner not in everything_stored(world)


@pytest.mark.exhaustive
@pytest.mark.parametrize("dies_after", range(1, 14, 2))
def test_an_erasure_that_died_is_made_good_by_its_message(world: World, dies_after: int) -> None:
    ada = world.api(ADA)
    world.upload(ada)
    owner = ada.get("/me").json["owner"]
    ada.ask("DELETE", "/me")
    calls = 0

    def die(**_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == dies_after:
            raise SystemExit

    services = world.service.services
    clients = (services.aws.s3, services.aws.dynamodb, services.aws.cognito)
    for client in clients:
        client.meta.events.register_last("before-call", die, unique_id="die")
    world.service.settle()
    for client in clients:
        client.meta.events.unregister("before-call", unique_id="die")
    assert calls >= dies_after
    assert owner not in everything_stored(world)
