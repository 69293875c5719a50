"""What a link shows: every route, by every choice of what is shown, and all addresses that are handed out."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.accounts.export import _account
from chalicelib.api.operations import OPERATIONS
from chalicelib.domain.links import Part
from tests.api.test_seen import ALL, SEEN
from tests.api.world import ADA, World, a_world, problem
from tests.harness.fakes import VIDEO
from tests.harness.service import FACES, READER, VISION

T, M, A, D = Part.TRANSCRIPT, Part.MEDIA, Part.ANALYSIS, Part.DOWNLOADS

OPENED_BY: dict[str, tuple[Part, ...]] = {
    "/shared/{token}": (T, M, A, D),
    "/shared/{token}/lines": (T,),
    "/shared/{token}/transcript.vtt": (T,),
    "/shared/{token}/analysis": (A,),
    "/shared/{token}/media/web": (M,),
    "/shared/{token}/media/gif": (M,),
    "/shared/{token}/files": (D,),
    "/shared/{token}/tracks": (T, M, A, D),
    "/shared/{token}/tracks/transcript": (T,),
    "/shared/{token}/tracks/captions": (T,),
    "/shared/{token}/tracks/analysis": (A,),
    "/shared/{token}/tracks/summary": (A,),
    "/shared/{token}/tracks/labels": (A,),
    "/shared/{token}/tracks/screentext": (A,),
    "/shared/{token}/tracks/moderation": (A, M),
    "/shared/{token}/tracks/faces": (),
    "/shared/{token}/tracks/celebs": (),
    "/shared/{token}/tracks/vision": (),
}
"""The parts of which a link has to show one to give this out."""

LYING_IN: dict[str, set[Part]] = {
    "web": {M},
    "gif": {M},
    "captions": {T},
    "summary": {A},
    "seenlabels": {A},
    "seenscreentext": {A},
    "seenmoderation": {A, M},
}
"""The parts of which a link has to show one to hand out a file, by the folder of the output bucket."""

FILES = {
    T: {"transcript.txt", "captions.srt", "captions.vtt"},
    M: {"web.mp4", "preview.gif"},
    A: {"summary.txt", "labels.vtt", "screentext.vtt"},
    D: set[str](),
}
"""What is had as a file where downloads are shown too: nothing for programs, which says who confirmed words."""

CHOICES = [chosen for count in range(1, 5) for chosen in itertools.combinations(Part, count)]


def folder_of(url: str) -> str:
    """Of "https://bucket.s3.amazonaws.com/output/web/…": "web"."""
    return urlsplit(url).path.split("/")[2]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(**VISION, **READER, **FACES) as world:
        world.service.cloud.seen = SEEN
        world.service.cloud.media = VIDEO
        yield world


@pytest.fixture(scope="module")
def film(world: World) -> dict[str, Any]:
    return world.upload(world.api(ADA), ai_options=ALL, presets=["web", "gif"])


def link(world: World, asset: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    made = world.api(ADA).post(f"/assets/{asset['id']}/shares", wanted)
    assert made.status == 201, made.body
    return dict(made.json)


def test_every_route_of_links_is_in_the_table() -> None:
    routes = {one.path for one in OPERATIONS.values() if one.method == "GET" and one.path.startswith("/shared/")}
    patterns = [re.sub(r"\{\w+\}", "[^/]+", route.replace("{token}", "TOKEN")) for route in routes]
    asked = [path.replace("{token}", "TOKEN") for path in OPENED_BY]
    assert [one for one in patterns if not any(re.fullmatch(one, path) for path in asked)] == []


@pytest.mark.parametrize("chosen", CHOICES, ids="-".join)
def test_a_link_gives_out_what_it_shows_and_nothing_else(
    world: World, film: dict[str, Any], chosen: tuple[Part, ...]
) -> None:
    made = link(world, film, shows=list(chosen))
    assert made["shows"] == list(chosen)
    stranger = world.api(None)
    for path, parts in OPENED_BY.items():
        answer = stranger.get(path.format(token=made["token"]))
        if set(parts) & set(chosen):
            assert answer.status == 200, (path, answer.body)
        else:
            assert problem(answer, 404)["code"] in {"not-shown", "no-track"}, path
    told = stranger.get(f"/shared/{made['token']}").json
    asset = told["asset"]
    assert told["shows"] == list(chosen)
    assert bool(asset["renditions"]) == (M in chosen)
    assert ("mood" in asset) == (A in chosen)
    assert ("clarity" in asset) == (T in chosen)
    assert ("language" in asset) == bool({T, A} & set(chosen))
    world.api(ADA).ask("DELETE", f"/assets/{film['id']}/shares/{made['id']}")


@pytest.mark.parametrize("chosen", CHOICES, ids="-".join)
def test_every_address_that_a_link_hands_out_leads_to_what_it_shows(
    world: World, film: dict[str, Any], chosen: tuple[Part, ...]
) -> None:
    made = link(world, film, shows=list(chosen), tells_title=True)
    stranger = world.api(None)
    answers = [stranger.get(path.format(token=made["token"])) for path in OPENED_BY]
    answers.append(stranger.get(f"/s/{made['token']}/picture"))
    text = " ".join(answer.body.decode() + " " + str(answer.headers.get("location")) for answer in answers)
    urls = re.findall(r"https://[^\s\"]+", text)
    assert [url for url in urls if not LYING_IN[folder_of(url)] & set(chosen)] == []
    assert bool(urls) == (M in chosen or (D in chosen and len(chosen) > 1))
    if D in chosen:
        files = stranger.get(f"/shared/{made['token']}/files").json["files"]
        assert {one["name"] for one in files} == set().union(*(FILES[part] for part in chosen))
    world.api(ADA).ask("DELETE", f"/assets/{film['id']}/shares/{made['id']}")


def test_a_link_shows_as_usual_all_but_files_until_its_owner_says_otherwise(world: World, film: dict[str, Any]) -> None:
    ada, made = world.api(ADA), link(world, film)
    assert (made["shows"], made["has_password"], made["tells_title"]) == ([T, M, A], False, False)
    one = f"/assets/{film['id']}/shares/{made['id']}"
    assert ada.ask("PATCH", one, {"shows": [D, T, T]}).json["shows"] == [T, D]
    problem(world.api(None).get(f"/shared/{made['token']}/analysis"), 404)
    assert ada.ask("PATCH", one, {"tells_title": True}).json == {**made, "shows": [T, D], "tells_title": True}
    for wrong in ({"shows": []}, {"shows": ["everything"]}, {"tells_title": "perhaps so"}):
        problem(ada.ask("PATCH", one, wrong), 400)
        problem(ada.post(f"/assets/{film['id']}/shares", wrong), 400)


def test_what_a_link_shows_is_in_the_copy_of_an_account(world: World, film: dict[str, Any]) -> None:
    made = link(world, film, shows=["transcript"], password="a clerk’s secret", name="clerk")
    owner = made["token"].split("_")[1]
    told = json.loads(json.dumps(_account(owner, world.service.services), default=str))["shares"]
    (known,) = [share for share in told if share["id"] == made["id"]]
    assert known["shows"] == ["transcript"]
    assert not {"password", "hash"} & set(known)
