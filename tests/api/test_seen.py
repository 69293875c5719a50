"""What was seen and what is written: found by the search with where, and by links only as far as that is anybody's."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.media import MediaInfo, Picture
from tests.api.test_mail import API, CAROL, PAGES, agreed, mails
from tests.api.world import ADA, BOB, World, a_world, problem
from tests.documents.textract import line
from tests.harness.fakes import VIDEO, FakeTranscoder
from tests.harness.service import FACES, READER, VISION

_BOX = {"Left": 0.1, "Top": 0.1, "Width": 0.2, "Height": 0.3}
SEEN: dict[str, list[dict[str, Any]]] = {
    "labels": [
        {"Timestamp": at, "Label": {"Name": "Bus", "Confidence": 92.0, "Parents": [], "Instances": []}}
        for at in (0, 4000)
    ],
    "screentext": [
        {
            "Timestamp": 2000,
            "TextDetection": {
                "DetectedText": "Buses for everyone",
                "Type": "LINE",
                "Confidence": 99.0,
                "Geometry": {"BoundingBox": _BOX},
            },
        }
    ],
    "celebs": [{"Timestamp": 0, "Celebrity": {"Name": "Ada Lovelace", "Confidence": 97.0, "BoundingBox": _BOX}}],
    "faces": [{"Timestamp": 0, "Face": {"Confidence": 99.0, "BoundingBox": _BOX}}],
    "moderation": [],
}
ALL = {"label": True, "text": True, "moderation": True, "celeb": True, "face": True}
PRIVATE = {"celebs", "faces", "vision"}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(**VISION, **READER, **FACES) as world:
        world.service.cloud.seen = SEEN
        yield world


@pytest.fixture(scope="module")
def film(world: World) -> dict[str, Any]:
    world.service.cloud.media = VIDEO
    return world.upload(world.api(ADA), ai_options=ALL)


@pytest.fixture(scope="module")
def picture(world: World, film: dict[str, Any]) -> dict[str, Any]:
    world.service.clock.shift(1)
    world.service.cloud.media = MediaInfo("jpeg", 0.0, picture=Picture(800, 600))
    return world.upload(world.api(ADA), "stop.jpg", content_type="image/jpeg", ai_options=ALL)


@pytest.fixture(scope="module")
def document(world: World, picture: dict[str, Any]) -> dict[str, Any]:
    world.service.clock.shift(1)
    world.service.cloud.media = MediaInfo("pdf", 0.0, pages=2)
    world.service.cloud.blocks = [*line("a", "Trams stay.", 1), *line("b", "Buses went.", 2)]
    return world.upload(world.api(ADA), "report.pdf", content_type="application/pdf")


def found(world: World, words: str) -> dict[str, list[dict[str, Any]]]:
    hits = world.api(ADA).get(f"/search?q={words}").json["hits"]
    return {hit["asset"]["id"]: hit["matches"] for hit in hits}


def test_what_was_seen_and_written_is_found_where_it_is(
    world: World, film: dict[str, Any], picture: dict[str, Any], document: dict[str, Any]
) -> None:
    hits = found(world, "bus")
    assert [(one["track"], one.get("start"), one["text"]) for one in hits[film["id"]]] == [
        ("transcript", 0.5, "Buses are wonderful. Nobody hates them."),
        ("labels", 0.0, "Bus"),
        ("labels", 4.0, "Bus"),
        ("screentext", 2.0, "Buses for everyone"),
    ]
    assert [(one["track"], one.get("start"), one.get("page")) for one in hits[picture["id"]]] == [
        ("labels", None, None),
        ("labels", None, None),
        ("screentext", None, None),
    ]
    (match,) = hits[document["id"]]
    assert (match["track"], match["page"]) == ("document", 2)
    assert "Buses went." in match["text"]
    assert [one["track"] for one in found(world, "lovelace")[film["id"]]] == ["celebs"]
    assert world.api(BOB).get("/search?q=bus").json["hits"] == []


def test_each_track_has_its_say_before_any_has_many(world: World, film: dict[str, Any]) -> None:
    del film
    world.service.clock.shift(1)
    cloud = world.service.cloud
    cloud.media = VIDEO
    label = SEEN["labels"][0]
    cloud.seen = SEEN | {"labels": [{**label, "Timestamp": 4000 * at} for at in range(9)]}
    asset = world.upload(world.api(ADA), ai_options=ALL)
    cloud.seen = SEEN
    tracks = [one["track"] for one in found(world, "bus")[asset["id"]]]
    assert tracks == ["transcript", "labels", "labels", "labels", "screentext"]


def test_lists_tell_what_kind_a_file_is(
    world: World, film: dict[str, Any], picture: dict[str, Any], document: dict[str, Any]
) -> None:
    listed = {one["id"]: one for one in world.api(ADA).get("/assets").json["assets"]}
    assert [listed[one["id"]]["kind"] for one in (film, picture, document)] == ["video", "image", "document"]
    assert (listed[picture["id"]]["width"], listed[document["id"]]["pages"]) == (800, 2)


def test_by_a_link_is_seen_what_the_picture_shows_but_nobodys_face(world: World, film: dict[str, Any]) -> None:
    ada, stranger = world.api(ADA), world.api(None)
    path = f"/assets/{film['id']}"
    own = {track["name"] for track in ada.get(f"{path}/tracks").json["tracks"]}
    assert own > PRIVATE
    shared = f"/shared/{ada.post(f'{path}/shares', {'days': 1}).json['token']}"
    told = {track["name"] for track in stranger.get(f"{shared}/tracks").json["tracks"]}
    assert told == own - PRIVATE
    for name in PRIVATE:
        assert ada.get(f"{path}/tracks/{name}").status == 200
        assert problem(stranger.get(f"{shared}/tracks/{name}"), 404)["code"] == "no-track"
    assert stranger.get(f"{shared}/tracks/labels").json == ada.get(f"{path}/tracks/labels").json
    assert stranger.get(shared).json["asset"]["ai_options"] == {"asked": {}, "done": {"moderation": True}}


def test_a_picture_is_shared_as_it_was_uploaded_only_where_there_is_no_other(
    world: World, picture: dict[str, Any], document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, stranger = world.api(ADA), world.api(None)
    world.service.clock.shift(1)
    world.service.cloud.media = MediaInfo("jpeg", 0.0, picture=Picture(800, 600))
    monkeypatch.setattr(FakeTranscoder, "makes_stills", True, raising=False)
    made = world.upload(ada, "stop.jpg", content_type="image/jpeg", ai_options=ALL)
    assert {"thumbnail", "picture"} == {rendition["preset"] for rendition in made["renditions"]}
    for asset, status in ((made, 404), (picture, 200), (document, 200)):
        path = f"/assets/{asset['id']}"
        shared = f"/shared/{ada.post(f'{path}/shares', {'days': 1}).json['token']}"
        assert ada.get(f"{path}/media/upload").status == 200
        assert stranger.get(f"{shared}/media/upload").status == status


def test_somebody_elses_report_tells_what_was_seen_but_nobodys_face(world: World, film: dict[str, Any]) -> None:
    del film
    ours = world.service.services
    ours.settings = replace(ours.settings, pages_url=PAGES, api_url=API)
    world.service.clock.shift(1)
    agreed(world)
    world.service.cloud.media = VIDEO
    world.upload(world.api(ADA), email=CAROL, ai_options=ALL)
    own, theirs = (mails(to)[-1].get_body(("plain",)).get_content() for to in (ADA, CAROL))
    for told in ("Celebrities: Ada Lovelace (0:00)", "Faces: seen once, at 0:00"):
        assert told in own
        assert told.partition(":")[0] not in theirs
    assert "Things and scenes: Bus (0:00, 2×)" in own
    assert "Things and scenes: Bus (0:00, 2×)" in theirs
