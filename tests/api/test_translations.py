"""Captions in other languages, as their owner asks for and reads them."""

from collections.abc import Iterator

import pytest

from chalicelib.speech.transcripts import Word
from tests.api.world import ADA, BOB, World, a_world, problem
from tests.harness.service import TRANSLATOR


@pytest.fixture
def world() -> Iterator[World]:
    with a_world(**TRANSLATOR) as world:
        world.service.cloud.words = [
            Word(0.5, 0.9, "<b>--></b>", 0.9, "", "spk_0"),
            Word(1.0, 1.4, "No", 0.9, ".", "spk_0"),
        ]
        yield world


def test_captions_in_other_languages_are_asked_for_listed_and_read(world: World) -> None:
    ada = world.api(ADA)
    assert ada.get("/config").json["translates"] is True
    path = f"/assets/{world.upload(ada, 'debate.mp4')['id']}"
    assert ada.get(f"{path}/translations").json == {"translations": [], "languages": ["fr", "ja"], "usd": 0.0}
    assert problem(ada.get(f"{path}/translations/fr"), 404)["code"] == "no-translation"
    assert problem(ada.post(f"{path}/translations", {"language": "en"}), 400)["code"] == "no-such-language"
    asked = ada.post(f"{path}/translations", {"language": "fr"})
    assert (asked.status, asked.json["state"], asked.json["is_there"]) == (202, "asked", False)
    problem(world.api(BOB).get(f"{path}/translations"), 404)
    problem(world.api(BOB).get(f"{path}/translations/fr"), 404)
    problem(world.api(BOB).post(f"{path}/translations", {"language": "fr"}), 404)
    world.service.settle()
    [one] = ada.get(f"{path}/translations").json["translations"]
    assert (one["language"], one["state"], one["is_there"], one["edition"], one["is_outdated"]) == (
        "fr",
        "done",
        True,
        0,
        False,
    )
    assert one["engine"] == "translator"
    vtt = ada.get(f"{path}/translations/fr").body.decode()
    assert vtt.startswith("WEBVTT\n\nNOTE Translated by machine\n\n")
    assert vtt.count("-->") == 1
    assert "<b>" not in vtt
    txt = ada.get(f"{path}/translations/fr?format=txt")
    assert txt.body.decode().startswith("Translated by machine.\n\n[0:00:00]")
    assert txt.headers["content-type"] == "text/plain; charset=utf-8"
    srt = ada.get(f"{path}/translations/fr?format=srt")
    assert "debate%20fr.srt" in srt.headers["content-disposition"]
    assert srt.body.decode().startswith("1\n00:00:00,500 --> ")
    problem(ada.get(f"{path}/translations/fr?format=docx"), 400)
    ada.ask("PUT", f"{path}/transcript", {"edition": 0, "lines": [{"text": "Else."}]})
    assert ada.get(f"{path}/translations").json["translations"][0]["is_outdated"] is True
    assert ada.ask("DELETE", path).status == 204
    world.service.settle()
    assert world.service.services.outputs.names("output/translations/") == []


def test_where_nothing_translates_nothing_is_offered() -> None:
    with a_world() as world:
        ada = world.api(ADA)
        assert ada.get("/config").json["translates"] is False
        path = f"/assets/{world.upload(ada)['id']}"
        assert ada.get(f"{path}/translations").json == {"translations": [], "languages": []}
