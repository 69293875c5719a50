"""A file is fetched from its address: whole or not at all, from the public web alone, and its owner told why not."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import boto3
import pytest

from chalicelib.domain import fetching
from chalicelib.domain.assets import AssetRef, new_asset_id
from chalicelib.domain.fetching import IMPORT_WORDING
from chalicelib.errors import OverQuota
from chalicelib.pipeline import fetch
from tests.api.world import ADA, BOB, World, everything_stored, problem
from tests.harness.web import Site, reach, serving

URL = "http://media.example.org/talks/debate.mp4"


@pytest.fixture
def site(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Parts have a thousand bytes, of which S3 would want five millions."""
    monkeypatch.setattr(fetching, "PART_BYTES", 1000)
    monkeypatch.setattr(fetch, "PART_BYTES", 1000)
    monkeypatch.setattr("local.aws.storage.S3_UPLOAD_PART_MIN_SIZE", 0)
    with serving(Site(bytes(range(250)) * 10)) as found:
        reach(found, world.service.services)
        yield found


def wanted(url: str = URL, **more: Any) -> dict[str, Any]:
    return {"url": url, "wording": IMPORT_WORDING, **more}


def fetched(world: World, **more: Any) -> dict[str, Any]:
    made = world.api(ADA).post("/imports", wanted(**more))
    assert made.status == 201, made.body
    world.service.settle()
    return dict(world.api(ADA).get(f"/assets/{made.json['id']}").json)


def stored(world: World, asset: dict[str, Any]) -> bytes:
    owner = world.api(ADA).get("/me").json["owner"]
    key = world.service.asset(AssetRef(owner, asset["id"])).input_key
    return world.service.services.uploads.read(key) or b""


def test_a_file_is_fetched_in_parts_and_worked_on_as_any_upload(world: World, site: Site) -> None:
    made = world.api(ADA).post("/imports", wanted(title="The debate"))
    assert (made.status, made.json["status"], made.json["file_name"]) == (201, "awaiting-upload", "debate.mp4")
    assert made.json["fetch"] == {"host": "media.example.org", "fetched": 0, "size": 2500, "progress": 0}
    world.service.pump.step()
    half = world.api(ADA).get(f"/assets/{made.json['id']}").json["fetch"]
    assert (half["fetched"], half["progress"]) == (1000, 0.4)
    world.service.settle()
    asset = world.api(ADA).get(f"/assets/{made.json['id']}").json
    assert (asset["status"], asset["title"], asset["size"]) == ("completed", "The debate", 2500)
    assert asset["fetch"]["progress"] == 1
    assert stored(world, asset) == site.body
    assert site.ranges == ["bytes=0-0", "bytes=0-999", "bytes=1000-1999", "bytes=2000-2499"]
    assert [one.get("if-range") for one in site.asked[1:]] == ['"one"'] * 3
    assert world.api(ADA).get("/me").json["quota"]["bytes"]["used"] == 2500
    assert problem(world.api(BOB).get(f"/assets/{asset['id']}"), 404)
    assert no_parts_left(world)


def no_parts_left(world: World) -> bool:
    bucket = world.service.services.settings.uploads_bucket
    return not boto3.client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_what_its_owner_affirmed_is_noted_and_in_the_copy_of_their_data(world: World, site: Site) -> None:
    asset = fetched(world)
    owner = world.api(ADA).get("/me").json["owner"]
    known = world.service.asset(AssetRef(owner, asset["id"])).fetch
    assert known is not None
    assert (known.url, known.wording, known.affirmed_at > 0) == (URL, IMPORT_WORDING, True)
    assert URL not in json.dumps(asset), "it may hold a secret of its server's"
    world.api(ADA).ask("DELETE", f"/assets/{asset['id']}")
    assert URL not in everything_stored(world)


def test_a_server_without_ranges_is_asked_once(world: World, site: Site) -> None:
    site.has_ranges = False
    asset = fetched(world)
    assert asset["status"] == "completed"
    assert stored(world, asset) == site.body
    assert len(site.asked) == 2


def test_what_has_no_length_is_taken_up_to_a_limit(world: World, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_UNSAID_BYTES", 2500)
    site.has_ranges = site.says_length = False
    assert fetched(world)["status"] == "completed"
    site.body += b"x"
    assert fetched(world)["error"]["code"] == "fetch-too-large"
    assert no_parts_left(world)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://10.0.0.7/a.mp4", "target-refused"),
        ("http://169.254.169.254/latest/meta-data", "target-refused"),
        ("https://inside.example.org/a.mp4", "target-refused"),
        ("https://mapped.example.org/a.mp4", "target-refused"),
        ("https://nowhere.example.org/a.mp4", "target-refused"),
        ("https://ada:secret@media.example.org/a.mp4", "target-refused"),
        ("https://media.example.org:8080/a.mp4", "target-refused"),
        ("https://media.example.org:22/a.mp4", "target-refused"),
        ("http://", "target-refused"),
        ("ftp://media.example.org/a.mp4", "invalid-request"),
        ("file:///etc/passwd", "invalid-request"),
        ("http://media.example.org/notes.docx", "unsupported-ending"),
        ("http://media.example.org/x" + "y" * 2000, "invalid-request"),
    ],
)
def test_addresses_that_are_none_of_the_public_web_are_refused_at_once(
    world: World, site: Site, url: str, code: str
) -> None:
    site.headers = {"Content-Type": "application/octet-stream"}
    refused = problem(world.api(ADA).post("/imports", wanted(url)), 400)
    assert refused["code"] == code
    assert world.api(ADA).get("/assets").json["assets"] == []
    assert world.api(ADA).get("/me").json["quota"]["bytes"]["used"] == 0


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"status": 302, "headers": {"Location": "http://169.254.169.254/"}}, "fetch-redirect"),
        ({"status": 404}, "fetch-not-given"),
        ({"status": 401}, "fetch-not-given"),
        ({"status": 503}, "fetch-unreachable"),
        ({"headers": {"Content-Type": "text/html; charset=utf-8"}}, "fetch-web-page"),
        ({"headers": {"Content-Encoding": "gzip"}}, "fetch-odd"),
        ({"body": b""}, "empty-file"),
        ({"length": 60 * 1024**3}, "fetch-too-large"),
        ({"length": 60 * 1024**3, "has_ranges": False}, "fetch-too-large"),
    ],
)
def test_what_a_server_sends_that_is_no_file_is_named_at_once(
    world: World, site: Site, how: dict[str, Any], code: str
) -> None:
    for name, value in how.items():
        setattr(site, name, value)
    refused = problem(world.api(ADA).post("/imports", wanted()), 400)
    assert (refused["code"], refused["field"]) == (code, "url")
    assert len(site.asked) == 1


def test_nothing_is_fetched_before_its_owner_affirms_that_they_may(world: World, site: Site) -> None:
    refused = problem(world.api(ADA).post("/imports", {"url": URL, "wording": "yes"}), 400)
    assert (refused["code"], refused["field"]) == ("other-wording", "wording")
    assert world.api(ADA).get("/config").json["import_wording"] == IMPORT_WORDING
    assert site.asked == []


def test_a_slow_server_holds_nobody_for_longer_than_there_is_time(
    world: World, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "_FETCH_SECONDS", 0.3)
    made = world.api(ADA).post("/imports", wanted()).json
    site.drips = 0.02
    world.service.settle()
    asset = world.api(ADA).get(f"/assets/{made['id']}").json
    assert (asset["status"], asset["error"]["code"]) == ("rejected", "fetch-too-slow")
    assert len(site.asked) == 2 + len(fetch.PAUSES)
    assert no_parts_left(world)


CHANGES: list[dict[str, Any]] = [
    {"headers": {"ETag": '"two"'}},
    {"body": b"x" * 2400},
    {"body": b"x" * 3000},
    {"has_ranges": False},
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_in_between_is_rejected_and_its_owner_told_once(
    world: World, site: Site, change: dict[str, Any]
) -> None:
    made = world.api(ADA).post("/imports", wanted()).json
    world.service.pump.step()
    for name, value in change.items():
        setattr(site, name, value)
    world.service.settle()
    asset = world.api(ADA).get(f"/assets/{made['id']}").json
    assert (asset["status"], asset["error"]["code"]) == ("rejected", "fetch-changed")
    assert asset["report"] == "delivered"
    assert world.service.mails_sent() == 1
    assert no_parts_left(world)


def test_a_server_that_sends_less_than_it_said_is_tried_again_and_then_given_up(world: World, site: Site) -> None:
    site.has_ranges = False
    site.length = 4000
    asset = fetched(world)
    assert (asset["status"], asset["error"]["code"]) == ("rejected", "fetch-unreachable")
    assert len(site.asked) == 2 + len(fetch.PAUSES)


def test_a_server_that_is_away_for_a_moment_is_asked_again(world: World, site: Site) -> None:
    made = world.api(ADA).post("/imports", wanted()).json
    site.status = 503
    world.service.pump.step()
    site.status = 200
    world.service.settle()
    assert world.api(ADA).get(f"/assets/{made['id']}").json["status"] == "completed"


def test_what_is_cancelled_is_fetched_no_further_and_leaves_nothing(world: World, site: Site) -> None:
    made = world.api(ADA).post("/imports", wanted()).json
    world.service.pump.step()
    assert world.api(ADA).post(f"/assets/{made['id']}/cancel").json["status"] == "expired"
    world.service.settle()
    assert world.api(ADA).get(f"/assets/{made['id']}").json["status"] == "expired"
    assert no_parts_left(world)
    assert len(site.asked) == 2
    assert world.service.mails_sent() == 0


def test_what_is_erased_meanwhile_leaves_nothing(world: World, site: Site) -> None:
    made = world.api(ADA).post("/imports", wanted()).json
    world.service.pump.step()
    assert world.api(ADA).ask("DELETE", f"/assets/{made['id']}").status == 204
    world.service.settle()
    assert made["id"] not in everything_stored(world).replace(f"{made['id']}': Decimal", "")
    assert no_parts_left(world)


def test_a_message_that_is_lost_is_found_by_the_sweep(world: World, site: Site) -> None:
    made = world.api(ADA).post("/imports", wanted()).json
    boto3.client("sqs").purge_queue(QueueUrl=world.service.services.settings.webhook_queue_url)
    world.service.settle()
    assert len(site.asked) == 1
    world.service.hours_pass(2)
    assert world.api(ADA).get(f"/assets/{made['id']}").json["status"] == "completed"


def test_messages_that_come_twice_late_and_in_any_order_change_nothing(world: World, site: Site) -> None:
    made = world.api(ADA).post("/imports", wanted()).json
    ref = AssetRef(world.api(ADA).get("/me").json["owner"], made["id"])
    for part in (1, 3, 1, 2):
        fetch.send(ref, part, world.service.services)
    world.service.settle()
    for part in (1, 2, 3, 4):
        fetch.send(ref, part, world.service.services)
    world.service.settle()
    asset = world.api(ADA).get(f"/assets/{made['id']}").json
    assert (asset["status"], asset["version"]) == ("completed", 1)
    assert stored(world, asset) == site.body
    assert len(site.asked) == 4, "no part is fetched twice"


def test_only_some_are_fetched_at_a_time(world: World, site: Site) -> None:
    ada = world.api(ADA)
    assert [ada.post("/imports", wanted()).status for _ in range(fetch.MOST_AT_ONCE + 1)] == [201] * 5 + [429]
    world.service.settle()
    assert world.api(ADA).post("/imports", wanted()).status == 201


def test_however_many_are_asked_for_at_once_never_too_many_are_fetched(world: World) -> None:
    services = world.service.services
    client, lock = services.aws.dynamodb, Lock()
    call = client._make_api_call  # type: ignore[attr-defined]

    def one_at_a_time(*asked: Any) -> Any:  # as each call of its own is in DynamoDB
        with lock:
            return call(*asked)

    client._make_api_call = one_at_a_time  # type: ignore[attr-defined]

    def begin(_: int) -> bool:
        try:
            fetch.begin("ada", new_asset_id(), services)
        except OverQuota:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(begin, range(24))) == fetch.MOST_AT_ONCE
    assert not begin(0), "what was counted just now may be stored in a moment"
    world.service.clock.shift(61)
    assert begin(0), "who died before storing anything is in nobody's way"


def test_what_is_not_fetched_after_all_is_not_counted(world: World, site: Site) -> None:
    ada = world.api(ADA)
    for _ in range(fetch.MOST_AT_ONCE + 1):
        assert ada.post("/imports", wanted("http://elsewhere.example.org:81/a.mp4")).status == 400
        assert ada.post("/imports", wanted(folder="0" * 16)).status == 400
    assert ada.post("/imports", wanted()).status == 201


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/a/My%20talk.MP3?x=1", {}, "My talk.MP3"),
        ("/download?id=7", {"Content-Disposition": 'attachment; filename="../../x.mp4"'}, "x.mp4"),
        ("/d", {"Content-Disposition": "attachment; filename*=UTF-8''d%C3%A9bat.mp4"}, "débat.mp4"),
        ("/d", {"Content-Disposition": 'inline; filename="fdp\u202e4pm.mp4"'.encode().decode("latin-1")}, None),
        ("/episode", {"Content-Type": "audio/mpeg"}, "episode.mp3"),
        ("/", {"Content-Type": "video/mp4"}, "recording.mp4"),
    ],
)
def test_a_file_is_called_as_its_server_or_its_address_has_it(
    world: World, site: Site, path: str, headers: dict[str, str], name: str | None
) -> None:
    site.headers = {"Content-Type": "application/octet-stream", **headers}
    made = world.api(ADA).post("/imports", wanted(f"http://media.example.org{path}")).json
    assert "\u202e" not in made["file_name"]
    assert name is None or made["file_name"] == name
