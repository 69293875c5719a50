"""Voices are remembered only where the deployment says so, by whom they agreed with, and until they are forgotten."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from chalicelib.domain import keys
from tests.api.world import ADA, BOB, World, a_world, everything_stored, problem
from tests.harness.service import DIARIZER

AGREED = {"agreed_on": "2026-11-20", "agreed_how": "asked before the meeting"}


@pytest.fixture
def voiced() -> Iterator[World]:
    with a_world(**DIARIZER, VOICES="true") as world:
        yield world


def recording(world: World, name: str = "first.mp4") -> str:
    asset = world.upload(world.api(ADA), name)
    assert asset["status"] == "completed"
    return f"/assets/{asset['id']}"


def remembered(world: World, path: str, speaker: str = "spk_0", name: str = "Ada Lovelace") -> dict[str, Any]:
    answer = world.api(ADA).post(f"{path}/voices", {"speaker": speaker, "name": name, **AGREED})
    assert answer.status == 201, answer.body
    return dict(answer.json)


def test_a_voice_that_is_remembered_is_suggested_in_the_next_recording(voiced: World) -> None:
    ada = voiced.api(ADA)
    first = recording(voiced)
    assert ada.get(f"{first}/voices").json == {"speakers": ["spk_0", "spk_1"], "suggestions": []}
    known = remembered(voiced, first)
    assert (known["name"], known["agreed_on"], known["agreed_how"]) == (
        "Ada Lovelace",
        "2026-11-20",
        "asked before the meeting",
    )
    assert known["ends_at"] - known["created_at"] == 365 * 24 * 3600
    assert ada.get("/me/voices").json == {"voices": [known]}
    second = recording(voiced, "second.mp4")
    (suggestion,) = ada.get(f"{second}/voices").json["suggestions"]
    assert suggestion == {
        "speaker": "spk_0",
        "voice": known["id"],
        "name": "Ada Lovelace",
        "alike": 1.0,
        "is_very_likely": True,
    }


def test_a_speaker_who_has_a_name_gets_no_other_and_is_remembered_by_it(voiced: World) -> None:
    ada = voiced.api(ADA)
    path = recording(voiced)
    remembered(voiced, path)
    lines = ada.get(f"{path}/lines").json["lines"]
    names = {"spk_0": "Grace", "spk_1": "spk_1"}
    named = [{"text": " ".join(word[2] for word in line["words"]), "speaker": names[line["speaker"]]} for line in lines]
    assert ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": named}).status == 200
    assert ada.get(f"{path}/voices").json == {"speakers": ["Grace", "spk_1"], "suggestions": []}
    assert problem(ada.post(f"{path}/voices", {"speaker": "spk_0", "name": "A", **AGREED}), 404)["code"] == "no-speaker"
    assert remembered(voiced, path, "Grace", "Grace Hopper")["name"] == "Grace Hopper"


def test_what_is_forgotten_is_gone_and_suggested_no_more(voiced: World) -> None:
    ada = voiced.api(ADA)
    path = recording(voiced)
    known = remembered(voiced, path)
    assert ada.ask("DELETE", f"/me/voices/{known['id']}").status == 204
    assert ada.get("/me/voices").json == {"voices": []}
    assert ada.get(f"{path}/voices").json["suggestions"] == []
    assert problem(ada.ask("DELETE", f"/me/voices/{known['id']}"), 404)["code"] == "no-voice"
    assert "Lovelace" not in everything_stored(voiced)


def test_after_its_end_a_voice_is_known_no_more(voiced: World) -> None:
    path = recording(voiced)
    known = remembered(voiced, path)
    voiced.service.clock.move_to(known["ends_at"] + 1)
    assert voiced.api(ADA).get("/me/voices").json == {"voices": []}


def test_with_the_account_all_its_voices_go(voiced: World) -> None:
    ada = voiced.api(ADA)
    remembered(voiced, recording(voiced))
    assert "Lovelace" in everything_stored(voiced)
    assert ada.ask("DELETE", "/me").status == 202
    voiced.service.settle()
    assert "Lovelace" not in everything_stored(voiced)
    assert keys.VOICES_NAME not in everything_stored(voiced)


def test_others_neither_see_nor_remember_them(voiced: World) -> None:
    ada, bob = voiced.api(ADA), voiced.api(BOB)
    path = recording(voiced)
    known = remembered(voiced, path)
    assert problem(bob.get(f"{path}/voices"), 404)
    assert problem(bob.post(f"{path}/voices", {"speaker": "spk_0", "name": "A", **AGREED}), 404)
    assert problem(bob.ask("DELETE", f"/me/voices/{known['id']}"), 404)
    assert bob.get("/me/voices").json == {"voices": []}
    shared = ada.post(f"{path}/shares", {"days": 1}).json["token"]
    for what in ("", "/lines", "/analysis"):
        assert "Lovelace" not in str(voiced.api(None).get(f"/shared/{shared}{what}").json)
    assert not [file for file in ada.get(f"{path}/files").json["files"] if "voice" in file["name"]]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"agreed_on": "2099-01-01"}, 400),
        ({"agreed_on": "yesterday"}, 400),
        ({"agreed_on": "0001-01-01"}, 400),
        ({"agreed_on": 1764288000}, 400),
        ({"agreed_on": "2026-11-20T00:00:00"}, 400),
        ({"name": "\u200b\u202e"}, 400),
        ({"agreed_how": "\u200b"}, 400),
        ({"agreed_how": " "}, 400),
        ({"agreed_how": "x" * 301}, 400),
        ({"name": ""}, 400),
        ({"speaker": "Nobody"}, 404),
    ],
)
def test_without_somebodys_word_nothing_is_remembered(voiced: World, change: dict[str, Any], status: int) -> None:
    path = recording(voiced)
    wanted = {"speaker": "spk_0", "name": "Ada", **AGREED, **change}
    problem(voiced.api(ADA).post(f"{path}/voices", wanted), status)
    for left_out in ("agreed_on", "agreed_how"):
        problem(voiced.api(ADA).post(f"{path}/voices", {k: v for k, v in wanted.items() if k != left_out}), 400)
    assert voiced.api(ADA).get("/me/voices").json == {"voices": []}


def test_what_was_remembered_can_be_taken_back_where_voices_are_allowed_no_more(voiced: World) -> None:
    known = remembered(voiced, recording(voiced))
    ours = voiced.service.services
    ours.settings = replace(ours.settings, voices=False)
    ada = voiced.api(ADA)
    assert ada.get("/me/voices").json == {"voices": [known]}
    assert ada.ask("DELETE", f"/me/voices/{known['id']}").status == 204


def test_an_export_tells_whose_voice_is_remembered_and_never_what_it_sounds_like(voiced: World) -> None:
    ada = voiced.api(ADA)
    remembered(voiced, recording(voiced), name="Ada\u202e\0 Lovelace")
    (kept,) = voiced.service.services.users.voices(ada.get("/me").json["owner"])
    assert kept.name == "Ada Lovelace"
    ada.post("/me/export")
    voiced.service.settle()
    with zipfile.ZipFile(io.BytesIO(requests.get(ada.get("/me/export").json["url"], timeout=10).content)) as archive:
        names = archive.namelist()
        everything = b"".join(archive.read(name) for name in names)
    assert b"Ada Lovelace" in everything
    assert kept.embedding.encode() not in everything
    assert not [name for name in names if "voices" in name or "speakers" in name]


def test_a_recording_whose_voices_were_not_heard_says_so(voiced: World) -> None:
    ada = voiced.api(ADA)
    asset = voiced.upload(ada, "one.mp4", speakers=1)
    assert problem(ada.get(f"/assets/{asset['id']}/voices"), 404)["code"] == "no-voices-heard"


def test_where_voices_are_not_allowed_none_is_kept_or_told() -> None:
    with a_world(**DIARIZER) as world:
        ada = world.api(ADA)
        path = recording(world)
        assert problem(ada.get(f"{path}/voices"), 404)["code"] == "no-voices"
        assert ada.get("/me/voices").json == {"voices": []}
        problem(ada.post(f"{path}/voices", {"speaker": "spk_0", "name": "A", **AGREED}), 404)
        assert keys.VOICES_NAME not in everything_stored(world)
        assert "model-1" not in everything_stored(world)
        assert ada.get("/config").json["voices"] is False
