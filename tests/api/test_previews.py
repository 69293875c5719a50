"""The address that people send each other: what programs read there that show what a link leads to."""

import logging
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.accounts import Answer
from tests.api.test_seen import ALL, SEEN
from tests.api.world import ADA, World, a_world, everything_stored, problem
from tests.harness.fakes import VIDEO
from tests.harness.service import VISION

PAGES = "https://pages.rapporteur.example"
TITLE = "Our <b>\"budget\"</b> & 'plans'</title><script>alert(1)</script>"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(**VISION, PAGES_URL=f"{PAGES}/") as world:
        world.service.cloud.media = VIDEO
        yield world


@pytest.fixture(scope="module")
def film(world: World) -> dict[str, Any]:
    ada = world.api(ADA)
    asset = world.upload(ada, "secret-name.mp4", presets=["web", "gif"])
    return dict(ada.ask("PATCH", f"/assets/{asset['id']}", {"title": TITLE}).json)


def token(world: World, asset: dict[str, Any], **wanted: Any) -> str:
    return str(world.api(ADA).post(f"/assets/{asset['id']}/shares", wanted).json["token"])


def look(world: World, token: str, method: str = "GET") -> Answer:
    return world.api(None).ask(method, f"/s/{token}", **{"User-Agent": "facebookexternalhit/1.1"})


def told(answer: Answer) -> dict[str, str]:
    """What a program reads in the page: its title, and what Open Graph names."""
    page = answer.body.decode()
    found = re.findall(r'<meta property="([^"]*)" content="([^"]*)">', page)
    (title,) = re.findall(r"<title>(.*?)</title>", page)
    return {"title": unescape(title), **{name: unescape(value) for name, value in found}}


def is_small_and_safe(answer: Answer) -> None:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy == "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    assert answer.headers["x-robots-tag"].startswith("noindex")
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    page = answer.body.decode()
    assert "<script" not in page
    assert 'name="robots" content="noindex' in page or not page
    assert len(page) < 2500


SAYS_NOTHING = {"title": "Rapporteur", "og:title": "Rapporteur", "og:type": "website", "og:site_name": "Rapporteur"}


def test_a_preview_tells_the_title_only_where_the_owner_allows_it(world: World, film: dict[str, Any]) -> None:
    plain, titled = token(world, film), token(world, film, tells_title=True)
    for one, expected in ((plain, SAYS_NOTHING), (titled, {**SAYS_NOTHING, "title": TITLE, "og:title": TITLE})):
        answer = look(world, one)
        assert answer.status == 200
        is_small_and_safe(answer)
        found = told(answer)
        assert {name: found[name] for name in expected} == expected
        page = f"{PAGES}/#/shared/{one}"
        assert f'content="0; url={page}"' in answer.body.decode(), "people get on without a script"
        assert f'<a href="{page}">' in answer.body.decode()
        assert b"secret-name" not in answer.body


def test_a_preview_of_a_link_with_a_password_tells_nothing(world: World, film: dict[str, Any]) -> None:
    locked = token(world, film, tells_title=True, password="a long secret")
    assert told(look(world, locked)) == SAYS_NOTHING
    problem(world.api(None).get(f"/s/{locked}/picture"), 404)


def test_a_picture_is_told_with_the_title_and_its_address_holds_for_a_minute(
    world: World, film: dict[str, Any]
) -> None:
    titled = token(world, film, tells_title=True)
    assert told(look(world, titled))["og:image"] == f"{PAGES}/s/{titled}/picture"
    answer = world.api(None).get(f"/s/{titled}/picture")
    assert answer.status == 303
    assert answer.headers["cache-control"] == "no-store"
    url = urlsplit(answer.headers["location"])
    assert "/output/gif/" in url.path
    assert parse_qs(url.query)["X-Amz-Expires"] == ["60"]
    for wanted in ({}, {"tells_title": True, "shows": ["transcript", "downloads"]}):
        without = token(world, film, **wanted)
        assert "og:image" not in told(look(world, without))
        assert problem(world.api(None).get(f"/s/{without}/picture"), 404)["code"] == "no-preview"


def test_a_picture_that_the_page_covers_is_in_no_preview(world: World) -> None:
    label = {"Name": "Violence", "ParentName": "", "Confidence": 99.0}
    for seen, has_picture in (([], True), ([{"ModerationLabel": label, "Timestamp": 0}], False)):
        world.service.cloud.seen = {**SEEN, "moderation": seen}
        film = world.upload(world.api(ADA), ai_options=ALL, presets=["web", "gif"])
        titled = token(world, film, tells_title=True)
        assert told(look(world, titled))["title"] == film["title"]
        assert ("og:image" in told(look(world, titled))) == has_picture
        assert world.api(None).get(f"/s/{titled}/picture").status == (303 if has_picture else 404)


def test_whatever_is_no_link_any_more_gets_one_and_the_same_page(world: World, film: dict[str, Any]) -> None:
    ada = world.api(ADA)
    made = ada.post(f"/assets/{film['id']}/shares", {"tells_title": True}).json
    ada.ask("DELETE", f"/assets/{film['id']}/shares/{made['id']}")
    gone = world.upload(ada)
    orphan = token(world, gone, tells_title=True)
    ada.ask("DELETE", f"/assets/{gone['id']}")
    world.service.settle()
    forged = f"{made['token'][:-4]}0000"
    for ended in (made["token"], orphan, forged, "nothing", "%22%3E%3Cscript%3E"):
        answer = look(world, ended)
        assert answer.status == 404, ended
        is_small_and_safe(answer)
        assert told(answer) == SAYS_NOTHING
        assert look(world, ended, "HEAD").status == 404


def test_a_look_changes_nothing_and_is_not_logged(
    world: World, film: dict[str, Any], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    titled, locked = token(world, film, tells_title=True), token(world, film, password="a long secret")
    before = everything_stored(world)
    capsys.readouterr()
    with caplog.at_level(logging.DEBUG, "rapporteur"):
        for one in (titled, locked, "share_none"):
            full, head = look(world, one), look(world, one, "HEAD")
            assert (head.status, head.body) == (full.status, b"")
            same = {"content-type", "content-security-policy", "x-robots-tag", "cache-control"}
            assert {name: head.headers[name] for name in same} == {name: full.headers[name] for name in same}
            world.api(None).get(f"/s/{one}/picture")
    assert everything_stored(world) == before
    assert [record for record in caplog.records if record.name == "rapporteur"] == []
    assert capsys.readouterr().out == ""
