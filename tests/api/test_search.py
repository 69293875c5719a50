"""Search over an account, as those see it who ask the API; and what is left in S3 of what is searched."""

import io
import itertools
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
import requests
from botocore.exceptions import ReadTimeoutError

from chalicelib.domain import keys
from chalicelib.domain.assets import AssetRef
from chalicelib.pipeline import indexing, searching
from chalicelib.pipeline.shelves import MOST_CALLS, Shelf
from chalicelib.search.index import MOST_IN_DELTA
from chalicelib.search.query import Query
from chalicelib.search.terms import phrases
from chalicelib.speech.transcripts import Word
from tests.api.accounts import Api
from tests.api.test_library_faults import Fault, ask_through
from tests.api.world import ADA, BOB, World, a_world, problem
from tests.harness.aws_calls import recorded


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as one:
        yield one


def say(world: World, api: Api, text: str, name: str = "debate.mp4", speaker: str | None = None) -> str:
    world.service.clock.shift(60)
    words = text.split()
    world.service.cloud.words = [Word(at, at + 0.5, word, 0.9, speaker=speaker) for at, word in enumerate(words)]
    return str(world.upload(api, name)["id"])


def found(api: Api, wanted: str, **filters: object) -> list[str]:
    query = "&".join(f"{name}={quote(str(value))}" for name, value in {"q": wanted, **filters}.items())
    answer = api.get(f"/search?{query}")
    assert answer.status == 200, answer.body
    return [hit["asset"]["id"] for hit in answer.json["hits"]]


def stored(world: World) -> str:
    """All that is stored to be searched, readable."""
    outputs = world.service.services.outputs
    names = [*outputs.names(keys.INDEX_PREFIX), *outputs.names(keys.prefix(keys.Folder.WORDS))]
    return " ".join(zlib.decompress(outputs.read(name) or b"").decode() for name in names)


def test_words_phrases_and_filters_choose_recordings(world: World) -> None:
    ada = world.api(ADA)
    first = say(world, ada, "the Cities need buses and a budget", "Council meeting.mp4", "Ada")
    second = say(world, ada, "a budget needs a city", "Party.mp4", "Bob")
    assert found(ada, "city budget") == [second, first]
    assert found(ada, '"needs a city"') == [second]
    assert found(ada, '"city budget"') == []
    assert found(ada, "budget", speaker="ada") == [first]
    assert found(ada, "budget", title="councils") == [first]
    assert found(ada, "budget", language="en-GB") == [second, first]
    assert found(ada, "budget", language="fr") == []
    at = world.service.asset(AssetRef(ada.get("/me").json["owner"], second)).created_at
    assert found(ada, "budget", before=at - 30) == [first]
    assert found(ada, "budget", since=at - 30) == [second]
    ada.ask("PATCH", f"/assets/{first}", {"tags": ["Town hall"], "title": "Buses"})
    world.service.settle()
    assert found(ada, "budget", tag="town hall") == [first]
    assert found(ada, "budget", title="council") == []
    assert found(world.api(BOB), "budget") == []


def test_every_place_in_a_recording_can_be_had_from_its_word_on(world: World) -> None:
    ada = world.api(ADA)
    asset = say(world, ada, "a tram " * 130)
    (hit,) = ada.get("/search?q=trams").json["hits"]
    assert (len(hit["matches"]), hit["count"]) == (5, 130)
    starts, offset = [], 0
    while offset is not None:
        page = ada.get(f"/assets/{asset}/matches?q=trams&offset={offset}").json
        starts += [match["start"] for match in page["matches"]]
        offset = page.get("next")
    assert starts == [float(at) for at in range(1, 260, 2)]
    assert problem(world.api(BOB).get(f"/assets/{asset}/matches?q=trams"), 404)


def test_what_is_erased_or_corrected_away_is_left_nowhere(world: World) -> None:
    ada = world.api(ADA)
    asset, other = say(world, ada, "xylophone and zither"), say(world, ada, "zither alone")
    assert "xylophone" in stored(world)
    lines = [{"text": "Harp and zither."}]
    ada.ask("PUT", f"/assets/{asset}/transcript", {"edition": 0, "lines": lines})
    world.service.settle()
    assert (found(ada, "harp"), found(ada, "xylophone")) == ([asset], [])
    assert "xylophone" not in stored(world)
    assert ada.ask("DELETE", f"/assets/{asset}").status == 204
    assert found(ada, "zither") == [other], "at once"
    world.service.settle()
    assert "harp" not in stored(world)
    assert "zither" in stored(world)
    ada.post("/me/export")
    world.service.settle()
    archive = zipfile.ZipFile(io.BytesIO(requests.get(ada.get("/me/export").json["url"], timeout=10).content))
    assert not [name for name in archive.namelist() if "/words/" in name]
    assert ada.ask("DELETE", "/me").status == 202
    world.service.settle()
    assert not stored(world)


def test_an_account_that_is_erased_leaves_no_index_also_if_it_was_just_being_made(world: World) -> None:
    ada = world.api(ADA)
    owner = ada.get("/me").json["owner"]
    say(world, ada, "xylophone")
    services = world.service.services
    services.users.mark_gone(owner)
    indexing.bring_up_to_date(owner, services)
    assert not services.outputs.names(keys.index_of(owner))
    assert not services.index.of(owner).generation


def test_a_missing_index_says_so_and_is_made_anew(world: World) -> None:
    ada = world.api(ADA)
    owner = ada.get("/me").json["owner"]
    asset = say(world, ada, "xylophone")
    services = world.service.services
    services.outputs.delete_under(keys.index_of(owner))
    assert ada.get("/search?q=xylophone").json["is_being_made"]
    world.service.settle()
    assert found(ada, "xylophone") == [asset]


def test_a_page_reads_at_most_twenty_objects_and_says_where_to_go_on(world: World) -> None:
    ada = world.api(ADA)
    owner = ada.get("/me").json["owner"]
    text = "one two three four five six seven eight nine ten"
    assets = [say(world, ada, text) for _ in range(13)]
    services = world.service.services
    query, after, seen = Query(phrases(text)), None, []
    for _ in range(9):
        with recorded(world.service) as calls:
            page = searching.search([Shelf(owner)], query, after, services)
        assert len(calls) <= searching.MOST_READ - MOST_CALLS
        seen += [hit.asset.ref.asset_id for hit in page.found]
        if (after := page.after) is None:
            break
    assert seen == assets[::-1]


def test_many_recordings_go_from_the_delta_into_shards_and_stay_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "MOST_IN_DELTA", 2)
    monkeypatch.setattr("chalicelib.search.index.SHARD_BYTES", 60)
    assert MOST_IN_DELTA > 2
    ada = world.api(ADA)
    owner = ada.get("/me").json["owner"]
    assets = [say(world, ada, f"tram number{at}") for at in range(7)]
    manifest = world.service.services.index.of(owner)
    assert manifest.shards > 1
    assert found(ada, "trams") == assets[::-1]
    assert [found(ada, f"number{at}") for at in range(7)] == [[asset] for asset in assets]
    folders = world.service.services.outputs.folders(keys.index_of(owner))
    assert set(folders) == {manifest.base, manifest.delta} - {None}
    assert ada.ask("DELETE", f"/assets/{assets[0]}").status == 204
    world.service.settle()
    assert "number0" not in stored(world)
    assert found(ada, "tram") == assets[:0:-1]


def test_two_who_bring_it_up_to_date_at_once_lose_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = world.api(ADA)
    owner = ada.get("/me").json["owner"]
    first = say(world, ada, "tram")
    services = world.service.services
    flip = services.index.flip

    def slower(*args: Any) -> bool:
        monkeypatch.undo()
        world.service.clock.shift(1)
        ada.ask("PATCH", f"/assets/{first}", {"title": "Bells"})
        indexing.bring_up_to_date(owner, services)
        return flip(*args)

    world.service.clock.shift(1)
    ada.ask("PATCH", f"/assets/{first}", {"title": "Brass"})
    monkeypatch.setattr(services.index, "flip", slower)
    indexing.bring_up_to_date(owner, services)
    world.service.settle()
    assert found(ada, "tram", title="bells") == [first]
    manifest = services.index.of(owner)
    assert set(services.outputs.folders(keys.index_of(owner))) == {manifest.base, manifest.delta} - {None}


def test_whatever_call_fails_or_is_the_last_the_next_visit_makes_it_good(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "MOST_IN_DELTA", 2)  # so that every third visit puts the delta into the shards
    ada = world.api(ADA)
    owner = ada.get("/me").json["owner"]
    asset, other = say(world, ada, "tram"), say(world, ada, "tram and bus")
    services = world.service.services
    tried = 0
    for number in itertools.count(1):
        faults = [Fault(number, way) for way in ("before", "died")]
        for fault in faults:
            tried += 1
            world.service.clock.shift(1)
            services.store.describe(AssetRef(owner, asset), {"title": f"T{tried}"})
            if tried % 2:
                services.store.describe(AssetRef(owner, other), {"title": f"O{tried}"})
            with suppress(ReadTimeoutError):
                ask_through(world, fault, lambda: indexing.bring_up_to_date(owner, services))
            indexing.bring_up_to_date(owner, services)
            assert found(ada, "tram", title=f"t{tried}") == [asset], (number, fault.way)
            manifest = services.index.of(owner)
            folders = services.outputs.folders(keys.index_of(owner))
            assert set(folders) == {manifest.base, manifest.delta} - {None}, (number, fault.way)
        if all(fault.made < number for fault in faults):
            break
    assert tried > 20
    assert found(ada, "tram") == [other, asset]
