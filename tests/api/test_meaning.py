"""Search by meaning, as those see it who ask the API."""

import io
import itertools
import zipfile
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests
from botocore.exceptions import ReadTimeoutError

from chalicelib.domain import keys
from chalicelib.domain.assets import AssetRef
from chalicelib.pipeline import meaning
from chalicelib.pipeline.shelves import Shelf
from chalicelib.search.query import Query
from chalicelib.speech.transcripts import Word
from tests.api.test_library_faults import Fault, ask_through
from tests.api.world import ADA, BOB, World, a_world, problem
from tests.harness.service import EMBEDDER


@pytest.fixture
def world() -> Iterator[World]:
    with a_world(**EMBEDDER) as one:
        yield one


def say(world: World, who: str, text: str) -> str:
    world.service.clock.shift(60)
    world.service.cloud.words = [Word(at, at + 0.5, word, 0.9) for at, word in enumerate(text.split())]
    return str(world.upload(world.api(who), "debate.mp4")["id"])


def test_passages_are_found_from_their_first_word_on_and_only_ones_own(world: World) -> None:
    own = say(world, ADA, "we need more buses here")
    far = say(world, ADA, "the kitchen of the school")
    theirs = say(world, BOB, "the bus is late")
    first, second = world.api(ADA).get("/search/meaning?q=coaches").json["hits"]
    assert [first["asset"]["id"], second["asset"]["id"]] == [own, far]
    (passage,) = first["passages"]
    assert (passage["text"], passage["track"], passage["start"]) == ("we need more buses here", "transcript", 0.0)
    assert -1 <= second["passages"][0]["nearness"] < passage["nearness"] <= 1
    assert [hit["asset"]["id"] for hit in world.api(BOB).get("/search/meaning?q=coaches").json["hits"]] == [theirs]
    assert world.api(ADA).get("/search/meaning?q=coaches&language=fr").json["hits"] == []
    assert world.api(None).get("/config").json["meaning"] is True
    assert problem(world.api(None).get("/search/meaning?q=coaches"), 401)


def test_of_what_is_erased_no_passage_is_told(world: World) -> None:
    asset = say(world, ADA, "we need more buses here")
    owner = world.api(ADA).get("/me").json["owner"]
    api = world.api(ADA)
    api.post("/me/export")
    world.service.settle()
    archive = zipfile.ZipFile(io.BytesIO(requests.get(api.get("/me/export").json["url"], timeout=10).content))
    assert not [name for name in archive.namelist() if ".vectors" in name or "/meaning/" in name], "made of the rest"
    api.ask("DELETE", f"/assets/{asset}")
    assert api.get("/search/meaning?q=coaches").json["hits"] == [], "from that moment on"
    world.service.settle()
    held = world.service.services.outputs.names
    assert not [name for name in held("") if owner in name and "/words/" in name]
    say(world, ADA, "one more bus")
    assert api.ask("DELETE", "/me").status == 202
    world.service.settle()
    assert not [name for name in held("") if owner in name and ("/words/" in name or "/meaning/" in name)]


def test_where_nothing_tells_what_is_meant_it_is_said_so() -> None:
    with a_world() as world:
        answer = world.api(ADA).get("/search/meaning?q=coaches")
        assert problem(answer, 404)["code"] == "no-embedder"
        assert world.api(None).get("/config").json["meaning"] is False


def test_whatever_call_fails_or_is_the_last_the_next_visit_makes_it_good(world: World) -> None:
    asset, other = say(world, ADA, "we need more buses here"), say(world, ADA, "the kitchen of the school")
    api, services = world.api(ADA), world.service.services
    owner = api.get("/me").json["owner"]
    tried = 0
    for number in itertools.count(1):
        faults = [Fault(number, way) for way in ("before", "died")]
        for fault in faults:
            tried += 1
            world.service.clock.shift(1)
            for one in (asset, other):  # the first changes by its title alone, the other was never heard of
                services.store.describe(AssetRef(owner, one), {"title": f"T{tried}"})
            for name in services.outputs.names(keys.outputs_of(AssetRef(owner, other), keys.Folder.WORDS)):
                services.outputs.delete(name)
            with suppress(ReadTimeoutError):
                ask_through(world, fault, lambda: meaning.bring_up_to_date(owner, services))
            meaning.bring_up_to_date(owner, services)
            hits = meaning.search(Shelf(owner), "coaches", Query(()), services)
            assert [hit.asset.ref.asset_id for hit in hits] == [asset, other], (number, fault.way)
            manifest = services.meanings.of(owner)
            catalogue = meaning.MeaningFiles(services.outputs, owner).catalogue(manifest)
            files = {f"{manifest.base}/catalogue", *(one.file for one in catalogue.segments)}
            root = keys.meaning_of(owner)
            assert {name.removeprefix(root) for name in services.outputs.names(root)} == files, (number, fault.way)
        if all(fault.made < number for fault in faults):
            break
    assert tried > 20
