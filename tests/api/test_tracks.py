"""A track that a module of one's own brings goes through everything, as those do that are always there."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import requests

from chalicelib.domain.assets import Asset, AssetRef, Status
from chalicelib.domain.tracks import Passage
from chalicelib.errors import SettingsError
from chalicelib.pipeline import tracks
from chalicelib.storage.tracks import TRACKS, every
from local.export import export
from tests.api.accounts import Api
from tests.api.world import ADA, BOB, World, a_world, problem
from tests.harness import toy_tracks
from tests.harness.toy_tracks import HOSTILE, PASSAGES, QUOTES

SHOWN = [
    {"text": "To be or not to be", "start": 65.5, "end": 70.0, "label": "Hamlet", "confidence": 0.75},
    {"text": HOSTILE, "page": 3, "label": f"by {HOSTILE}"},
    {"text": "All of it is a play"},
]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(EXTENSIONS=toy_tracks.__name__) as world:
        yield world


def upload(world: World, api: Api) -> dict[str, Any]:
    """Upload a recording, in which somebody finds quotes while it is worked on."""
    asset_id = world.send(api)
    (owner,) = {asset.ref.owner for asset in world.service.services.store.everyones() if asset.ref.asset_id == asset_id}
    ref = AssetRef(owner, asset_id)
    while world.service.asset(ref).status is not Status.PROCESSING:
        assert world.service.pump.step()
    now = world.service.now()
    tracks.write(world.service.asset(ref), QUOTES, PASSAGES, "tests.quoter", now - 5, world.service.services)
    world.service.settle()
    return dict(api.get(f"/assets/{asset_id}").json)


def stored(world: World, asset: dict[str, Any]) -> Asset:
    found = [one for one in world.service.services.store.everyones() if one.ref.asset_id == asset["id"]]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def quoted(world: World) -> dict[str, Any]:
    return upload(world, world.api(ADA))


class Page(HTMLParser):
    """What somebody reads on a page, and its tags."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {attrs}" if tag in {"img", "script"} else tag)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_tracks_of_a_recording_are_told_with_their_files(world: World, quoted: dict[str, Any]) -> None:
    found = world.api(ADA).get(f"/assets/{quoted['id']}/tracks").json["tracks"]
    assert {track["name"]: (track["engine"], track["is_drawn"]) for track in found} == {
        "transcript": ("transcriber", True),
        "captions": ("rapporteur", True),
        "analysis": ("language_analyzer", True),
        "summary": ("summarizer", True),
        "quotes": ("quoter", False),
    }
    quotes = found[-1]
    assert quotes["title"] == QUOTES.title
    assert quotes["ended_at"] - quotes["started_at"] == 5
    (file,) = quotes["files"]
    assert json.loads(requests.get(file["url"], timeout=10).content)["passages"][0]["text"] == "To be or not to be"
    assert [file["name"] for file in found[1]["files"]] == ["transcript.txt", "captions.srt", "captions.vtt"]


def test_a_track_says_its_passages_with_their_times_and_pages(world: World, quoted: dict[str, Any]) -> None:
    ada, path = world.api(ADA), f"/assets/{quoted['id']}/tracks"
    assert ada.get(f"{path}/quotes").json == {"name": "quotes", "title": QUOTES.title, "passages": SHOWN}
    said = {name: ada.get(f"{path}/{name}").json["passages"] for name in ("transcript", "captions", "summary")}
    assert [one["text"] for one in said["transcript"]] == ["Buses are wonderful.", "Nobody hates them."]
    assert {"start", "end"} <= set(said["transcript"][0])
    assert said["captions"][0]["text"] == "Buses are wonderful."
    assert said["summary"] == [{"text": "Buses are wonderful.", "label": "summary"}]
    assert {one["label"] for one in ada.get(f"{path}/analysis").json["passages"]} == {"positive"}
    assert problem(ada.get(f"{path}/nothing"), 404)["code"] == "no-track"
    problem(world.api(BOB).get(path), 404)
    problem(world.api(BOB).get(f"{path}/quotes"), 404)


def test_a_correction_makes_the_passages_of_what_was_said_anew(world: World) -> None:
    ada = world.api(ADA)
    asset = upload(world, ada)
    path = f"/assets/{asset['id']}"
    ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": [{"text": "Trams are better.", "speaker": "Ann"}]})
    for name in ("transcript", "captions"):
        (passage,) = ada.get(f"{path}/tracks/{name}").json["passages"]
        assert passage["text"] == "Trams are better."
    assert ada.get(f"{path}/tracks/quotes").json["passages"] == SHOWN


def test_who_has_a_link_reads_the_passages_but_not_who_made_them(world: World, quoted: dict[str, Any]) -> None:
    token = world.api(ADA).post(f"/assets/{quoted['id']}/shares", {"days": 1}).json["token"]
    stranger = world.api(None)
    found = stranger.get(f"/shared/{token}/tracks").json["tracks"]
    assert found[-1] == {"name": "quotes", "title": QUOTES.title, "is_drawn": False}
    assert stranger.get(f"/shared/{token}/tracks/quotes").json["passages"] == SHOWN


def test_too_many_passages_for_one_answer_are_fetched_from_where_it_says(
    world: World, monkeypatch: pytest.MonkeyPatch, quoted: dict[str, Any]
) -> None:
    monkeypatch.setattr("chalicelib.api.downloads.LARGEST_BODY", 100)
    answer = world.api(ADA).get(f"/assets/{quoted['id']}/tracks/quotes")
    assert answer.status == 303
    assert requests.get(answer.headers["location"], timeout=10).json()["passages"] == SHOWN


def test_passages_are_found_by_the_search_with_their_place(world: World, quoted: dict[str, Any]) -> None:
    hits = world.api(ADA).get("/search?q=not%20to%20be").json["hits"]
    match = next(hit for hit in hits if hit["asset"]["id"] == quoted["id"])["matches"][0]
    assert (match["track"], match["start"]) == ("quotes", 65.5)
    assert match["text"] == "To be or not to be"
    hits = world.api(ADA).get("/search?q=onerror").json["hits"]
    assert {match["page"] for hit in hits for match in hit["matches"]} == {3}


def test_its_files_are_listed_and_exported(world: World, quoted: dict[str, Any], tmp_path: Path) -> None:
    ada = world.api(ADA)
    files = {file["name"] for file in ada.get(f"/assets/{quoted['id']}/files").json["files"]}
    assert {"quotes.json", "captions.srt", "summary.txt", "web.mp4", "report.html"} <= files
    written = export(stored(world, quoted), tmp_path, world.service.runtime)
    assert set(written) == files | {"mail.eml"}
    assert json.loads((tmp_path / "quotes.json").read_text())["passages"][1]["page"] == 3
    ada.post("/me/export")
    world.service.settle()
    archive = zipfile.ZipFile(io.BytesIO(requests.get(ada.get("/me/export").json["url"], timeout=10).content))
    assert f"recordings/{quoted['id']}/v1/quotes/quotes.json" in archive.namelist()
    assert "quotes" in archive.read(f"recordings/{quoted['id']}/asset.json").decode()


def test_its_first_passages_are_in_the_report_and_its_page_and_harmless(world: World, quoted: dict[str, Any]) -> None:
    asset = stored(world, quoted)
    report = f"output/report/{asset.ref.owner}/{quoted['id']}/v1/report.html"
    page = Page(world.service.services.outputs.read(report) or b"")
    (mail,) = world.service.mails(asset)
    assert "1:05" in page.words
    assert "page 3" in page.words
    for text in (QUOTES.title, "To be or not to be", HOSTILE, "All of it is a play"):
        assert text in page.words
    assert not [tag for tag in page.tags if "onerror" in tag or tag.startswith("script")]
    assert b"1:05  Hamlet: To be or not to be" in mail


def test_what_is_erased_is_erased_with_it(world: World) -> None:
    ada, services = world.api(ADA), world.service.services
    asset = upload(world, ada)
    key = QUOTES.key(stored(world, asset))
    assert services.outputs.info(key) is not None
    ref = stored(world, asset).ref
    assert ada.ask("DELETE", f"/assets/{asset['id']}").status == 204
    assert services.outputs.info(key) is None
    assert services.store.tracks(ref) == []


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("captions", "quotes"),
        ("quotes", "captions"),
        ("quotes", "web"),
        ("quotes", "report"),
        ("quotes", "quotes/of"),
        ("Quotes", "quotes"),
        ("", "quotes"),
    ],
)
def test_a_track_that_cannot_be_told_from_others_stops_the_start(
    name: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toy_tracks, "TRACKS", (replace(QUOTES, name=name, folder=folder),))
    with pytest.raises(SettingsError, match="cannot be told from others"):
        every([toy_tracks.__name__])


def test_a_module_may_bring_no_tracks_and_there_are_always_some() -> None:
    assert every(["tests.harness.places"]) == TRACKS


def test_a_passage_without_a_place_stays_without(world: World, quoted: dict[str, Any]) -> None:
    found = tracks.read(stored(world, quoted), QUOTES, world.service.services)
    assert found is not None
    assert tuple(found) == PASSAGES
    assert found[-1] == Passage("All of it is a play")
