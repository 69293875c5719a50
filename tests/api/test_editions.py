"""Editions: one a sitting, with its author and its days; named, compared, brought back; what is confirmed is told."""

import io
import json
import zipfile
from typing import Any

import docx
import pytest
import requests

from chalicelib.api import reading
from chalicelib.domain.assets import AssetRef, Edition
from chalicelib.speech.transcripts import Word
from chalicelib.storage import editions
from chalicelib.storage.assets import _to_item
from tests.api.accounts import Api
from tests.api.world import ADA, BOB, World, problem
from tests.pipeline.test_remaking import made_of


@pytest.fixture
def path(world: World) -> str:
    """Where a recording of Ada's is that was heard."""
    world.service.cloud.words = [
        Word(0.5, 0.9, "The", 0.9, "", "spk_0"),
        Word(1.0, 1.4, "knight", 0.4, "", "spk_0"),
        Word(1.5, 1.9, "bus", 0.9, ".", "spk_0"),
    ]
    return f"/assets/{world.upload(world.api(ADA))['id']}"


def save(api: Api, path: str, edition: int, text: str, **more: Any) -> dict[str, Any]:
    body = {"edition": edition, "lines": [{"text": text, "speaker": "spk_0"}], **more}
    answer = api.ask("PUT", f"{path}/transcript", body)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def leave(world: World, api: Api, path: str) -> None:
    assert api.post(f"{path}/transcript/left", {}).status == 202
    world.service.settle()


def listed(api: Api, path: str) -> list[dict[str, Any]]:
    return list(api.get(f"{path}/editions").json["editions"])


def ref_of(world: World, path: str) -> AssetRef:
    return AssetRef(str(world.api(ADA).get("/me").json["owner"]), path.rpartition("/")[2])


def text_of(api: Api, path: str, edition: int | None = None) -> str:
    chosen = "" if edition is None else f"?edition={edition}"
    return " ".join(word[2] for line in api.get(f"{path}/lines{chosen}").json["lines"] for word in line["words"])


def test_a_sitting_makes_one_edition_and_the_next_another(world: World, path: str) -> None:
    ada = world.api(ADA)
    (heard,) = listed(ada, path)
    assert (heard["number"], heard["edition"], heard.get("by"), heard.get("confirmed")) == (0, 0, None, None)
    assert heard["at"] == pytest.approx(world.service.now())
    begun = world.service.now()
    for at, text in enumerate(["The night bus.", "The night bus is late.", "The night bus is very late."]):
        found = save(ada, path, at, text)
        assert (found["edition"], found["editions"]) == (at + 1, 1)
        world.service.clock.shift(60)
    first = listed(ada, path)[0]
    assert (first["number"], first["first"], first["edition"], first["is_yours"]) == (1, 1, 3, True)
    assert (first["begun_at"], first["at"]) == (begun, begun + 120)
    assert first["is_open"] is True
    for number in (1, 2, 3):  # all its saves are it
        assert text_of(ada, path, number) == "The night bus is very late."
    assert text_of(ada, path, 0) == "The knight bus."
    leave(world, ada, path)
    assert listed(ada, path)[0]["is_open"] is False
    save(ada, path, 3, "The night bus is on time.")
    assert [(one["number"], one["edition"]) for one in listed(ada, path)] == [(2, 4), (1, 3), (0, 0)]
    world.service.clock.shift(11 * 60)  # so long a pause ends it too, whether the queue has told of that or not
    save(ada, path, 4, "The night bus is early.")
    assert [(one["number"], one["edition"]) for one in listed(ada, path)] == [(3, 5), (2, 4), (1, 3), (0, 0)]
    assert text_of(ada, path, 3) == "The night bus is very late."


def test_another_author_begins_another_edition(world: World, path: str) -> None:
    ada = world.api(ADA)
    save(ada, path, 0, "The night bus.")
    store, outputs = world.service.services.store, world.service.services.outputs
    asset = world.service.asset(ref_of(world, path))
    assert editions.add(asset, 1, made_of(asset, "The night train.", outputs), store, outputs, "an-assistant")
    found = listed(ada, path)
    assert [(one.get("number"), one.get("is_yours")) for one in found] == [(2, False), (1, True), (0, False)]
    assert found[0]["is_open"] is False, "not to Ada"
    assert save(ada, path, 2, "The night trains.")["editions"] == 3


def test_each_save_is_counted_so_that_nobody_overwrites_anybody(world: World, path: str) -> None:
    ada = world.api(ADA)
    save(ada, path, 0, "The night bus.")
    body = {"edition": 1, "lines": [{"text": "The night bus, once.", "speaker": "spk_0"}]}
    assert ada.ask("PUT", f"{path}/transcript", body).json["edition"] == 2
    assert ada.ask("PUT", f"{path}/transcript", body).json["edition"] == 2, "sent again, since its answer was lost"
    late = {"edition": 1, "lines": [{"text": "The night bus, from another tab.", "speaker": "spk_0"}]}
    assert problem(ada.ask("PUT", f"{path}/transcript", late), 409)["code"] == "edited-meanwhile"
    assert text_of(ada, path) == "The night bus, once."
    assert problem(ada.ask("PUT", f"{path}/transcript", late | {"edition": 3}), 400)["code"] == "no-edition"


def test_what_a_save_replaces_goes_with_the_next_one(world: World, path: str) -> None:
    ada, outputs = world.api(ADA), world.service.services.outputs
    for at in range(12):
        save(ada, path, at, f"The night bus, {at} times.")
    ref = ref_of(world, path)

    def kept() -> set[str]:
        names = outputs.names(f"output/edits/{ref.owner}/{ref.asset_id}/")
        return {name.rpartition("/")[2].partition(".")[0] for name in names}

    last = world.service.asset(ref).editions[-1]
    assert kept() == {last.document, last.replaced}
    leave(world, ada, path)
    assert kept() == {last.document}
    save(ada, path, 12, "The day bus.")
    assert len(kept()) == 2
    assert ada.ask("DELETE", path).status == 204
    assert kept() == set()


def test_what_was_read_before_a_save_is_found_after_the_next(world: World, path: str) -> None:
    """Whoever has read where an edition is has until the save after next."""
    ada, services = world.api(ADA), world.service.services
    save(ada, path, 0, "The night bus.")
    before = world.service.asset(ref_of(world, path))
    save(ada, path, 1, "The night buses.")
    assert reading.edition_of(before, 1, services).text == "The night bus."
    save(ada, path, 2, "The night trains.")
    assert reading.edition_of(before, 1, services).text == "The night trains."
    assert "trains" in reading.transcript(before, "txt", 1, services).body


def size_of(value: dict[str, Any]) -> int:
    """Bytes that DynamoDB counts for a value:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    ((kind, held),) = value.items()
    match kind:
        case "M":
            return 3 + sum(1 + len(name.encode()) + size_of(one) for name, one in held.items())
        case "L":
            return 3 + sum(1 + size_of(one) for one in held)
        case "S":
            return len(held.encode())
        case "N":
            return len(held) // 2 + 2
    return 1


def test_the_item_stays_small_however_long_somebody_types(world: World, path: str) -> None:
    ada, ref = world.api(ADA), ref_of(world, path)

    def size() -> int:
        return size_of({"M": _to_item(world.service.asset(ref))})

    save(ada, path, 0, "The night bus, 0.")
    began = size()
    for at in range(1, 100):
        save(ada, path, at, f"The night bus, {at}.")
    assert size() - began < 100
    most = [
        Edition(at, at, "d" * 32, "b" * 36, 1e9 + at, 1e9 + at, "t" * 32, 0.1234, "r" * 32, 1e9 + at, "𝄞" * 100, at)
        for at in range(1, editions.MOST + 1)
    ]
    world.service.services.store.describe(ref, {"editions": most, "edition": editions.MOST})
    assert size() < 400 * 1024 / 2
    world.service.services.outputs.write_json(
        f"output/edits/{ref.owner}/{ref.asset_id}/v1/{'d' * 32}.json",
        json.loads(ada.get(f"{path}/transcript?edition=0").body),
    )
    assert save(ada, path, editions.MOST, "The last bus.")["editions"] == editions.MOST, "all goes into the last"
    assert text_of(ada, path) == "The last bus."
    assert text_of(ada, path, editions.MOST - 1) == "The knight bus."


def test_any_edition_comes_back_as_one_of_its_own(world: World, path: str) -> None:
    ada = world.api(ADA)
    save(ada, path, 0, "The night bus.", confirmed=[{"start": 0, "end": 9}])
    leave(world, ada, path)
    old = ada.get(f"{path}/lines?edition=1").json["lines"]
    save(ada, path, 1, "The day train.", unconfirmed=[{"start": 0, "end": 9}])
    found = save(ada, path, 2, "The night bus.", brings_back=1)
    assert (found["edition"], found["editions"]) == (3, 3)
    assert ada.get(f"{path}/lines").json["lines"] == old, "with its times, and what was confirmed"
    assert save(ada, path, 2, "The night bus.", brings_back=1)["edition"] == 3, "sent again"
    newest = listed(ada, path)[0]
    assert (newest["brings_back"], newest["confirmed"], newest["is_open"]) == (1, 100, False)
    assert save(ada, path, 3, "The knight bus.", brings_back=0)["editions"] == 4
    assert ada.get(f"{path}/lines").json["lines"] == ada.get(f"{path}/lines?edition=0").json["lines"]
    wrong = {"edition": 4, "lines": [], "brings_back": 5}
    assert problem(ada.ask("PUT", f"{path}/transcript", wrong), 400)["field"] == "brings_back"


def test_an_edition_is_named_and_keeps_its_name_while_it_goes_on(world: World, path: str) -> None:
    ada = world.api(ADA)
    save(ada, path, 0, "The night bus.")
    named = ada.ask("PATCH", f"{path}/editions/1", {"name": " For the\nprinter "})
    assert (named.status, named.json["name"]) == (200, "For the printer")
    save(ada, path, 1, "The night bus, again.")
    assert listed(ada, path)[0]["name"] == "For the printer"
    assert ada.ask("PATCH", f"{path}/editions/1", {"name": "Any of its saves"}).json["edition"] == 2
    assert "name" not in ada.ask("PATCH", f"{path}/editions/2", {"name": ""}).json
    problem(ada.ask("PATCH", f"{path}/editions/2", {"name": "x" * 101}), 400)
    for wrong in ("0", "3", "x", "-1", "²", "9" * 30, "9" * 5000):
        assert problem(ada.ask("PATCH", f"{path}/editions/{wrong}", {"name": "x"}), 404)["code"] == "no-edition"
    bob = world.api(BOB)
    problem(bob.get(f"{path}/editions"), 404)
    problem(bob.ask("PATCH", f"{path}/editions/1", {"name": "Mine"}), 404)
    assert "name" not in listed(ada, path)[0]


def test_files_say_how_much_is_confirmed_and_never_more_than_is(world: World, path: str) -> None:
    ada = world.api(ADA)
    save(ada, path, 0, "The knight bus.", confirmed=[{"start": 0, "end": 1.45}])
    assert listed(ada, path)[0]["confirmed"] == 66, "two of three words, rounded down"
    assert ada.get(f"{path}/lines").json["confirmed"] == 0.6666
    text = ada.get(f"{path}/transcript.txt?confirmed=true").body.decode()
    assert text == "Confirmed: 66 % of the words.\n\n[0:00:00] Speaker 1: The knight bus.\n"
    assert "Confirmed" not in ada.get(f"{path}/transcript.txt").body.decode()
    french = ada.get(f"{path}/transcript.txt?confirmed=true", **{"Accept-Language": "fr"}).body.decode()
    assert "66 %" in french and "Confirmed" not in french
    vtt = ada.get(f"{path}/transcript.vtt?confirmed=true").body.decode()
    assert vtt.startswith("WEBVTT\n\nNOTE Confirmed: 66 % of the words.\n\n00:00")
    assert (
        json.loads(ada.get(f"{path}/transcript.json?confirmed=true").body)["results"]["rapporteur_confirmed_percent"]
        == 66
    )
    word = ada.get(f"{path}/transcript.docx?confirmed=true")
    written = docx.Document(io.BytesIO(requests.get(word.headers["location"], timeout=10).content))
    assert [one.text for one in written.paragraphs][1] == "Confirmed: 66 % of the words."
    problem(ada.get(f"{path}/transcript.srt?confirmed=true"), 400)
    assert problem(ada.get(f"{path}/transcript?format=srt&confirmed=true"), 400)["code"] == "no-place"


def test_what_was_found_says_of_which_edition_it_is(world: World, path: str) -> None:
    ada = world.api(ADA)
    share = ada.post(f"{path}/shares", {"days": 1}).json
    shared = f"/shared/{share['token']}/analysis"
    as_heard = {"edition": 0, "is_outdated": False, "is_due": False}
    first = ada.get(f"{path}/analysis").json
    assert (first["made_from"], first["summary_made_from"]) == (as_heard, as_heard)
    save(ada, path, 0, "The night bus.")
    for place in (f"{path}/analysis", shared):
        found = world.api(ADA).get(place).json
        assert found["made_from"] == {"edition": 0, "is_outdated": True, "is_due": True}
        assert found["summary"] == "The knight bus."
    saved_at = world.service.now()
    leave(world, ada, path)
    for place in (f"{path}/analysis", shared):
        found = world.api(ADA).get(place).json
        assert found["summary_made_from"] == {"edition": 1, "at": saved_at, "is_outdated": False, "is_due": False}
        assert found["summary"] == "The night bus."
    tracks = {one["name"]: one for one in ada.get(f"{path}/tracks").json["tracks"]}
    (text,) = [file for file in tracks["summary"]["files"] if file["name"] == "summary.txt"]
    assert requests.get(text["url"], timeout=10).text == "The night bus."


def test_a_copy_of_the_account_names_editions_with_days_and_authors(world: World, path: str) -> None:
    ada = world.api(ADA)
    save(ada, path, 0, "The night bus.")
    ada.ask("PATCH", f"{path}/editions/1", {"name": "For the printer"})
    saved_at = world.service.now()
    assert ada.post("/me/export", {}).status == 202
    world.service.settle()
    url = ada.get("/me/export").json["url"]
    archive = zipfile.ZipFile(io.BytesIO(requests.get(url, timeout=10).content))
    asset = json.loads(archive.read(f"recordings/{path.rpartition('/')[2]}/asset.json"))["asset"]
    (edition,) = asset["editions"]
    owner = ada.get("/me").json["owner"]
    assert (edition["name"], edition["by"], edition["at"]) == ("For the printer", owner, saved_at)
