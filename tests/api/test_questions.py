"""Questions, as those see it who ask the API."""

import json
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

import pytest
import requests

from chalicelib.domain.rights import Role
from chalicelib.pipeline import finding
from chalicelib.speech.transcripts import Word
from tests.api.accounts import Answer, Api
from tests.api.test_rights import share
from tests.api.world import ADA, BOB, World, a_world, problem
from tests.harness.service import ANSWERER


@pytest.fixture
def world() -> Iterator[World]:
    with a_world(**ANSWERER) as one:
        yield one


def say(world: World, who: str, *lines: str) -> str:
    world.service.clock.shift(60)
    said = [word for line in lines for word in line.split()]
    world.service.cloud.words = [Word(at, at + 0.5, word, 0.9, speaker="spk_0") for at, word in enumerate(said)]
    return str(world.upload(world.api(who), "debate.mp4")["id"])


def ask(world: World, api: Api, question: str) -> Answer:
    asked = api.post("/questions", {"question": question})
    assert asked.status == 202, asked.body
    assert (asked.json["state"], asked.json["quotes"]) == ("asked", [])
    world.service.settle()
    return api.get(f"/questions/{asked.json['id']}")


def test_a_question_is_answered_by_quotes_that_can_be_played(world: World) -> None:
    asset = say(world, ADA, "The budget is about schools.", "We need more buses here.")
    say(world, BOB, "Nobody wants buses.")
    api = world.api(ADA)
    answer = ask(world, api, "Which  buses?\n").json
    assert (answer["question"], answer["state"], answer["looked"], answer["of"]) == ("Which buses?", "answered", 1, 1)
    (quote,) = answer["quotes"]
    assert quote == {
        "asset": asset,
        "title": "debate.mp4",
        "text": "We need more buses here.",
        "start": 5.0,
        "end": 9.5,
        "speakers": ["spk_0"],
        "is_confirmed": False,
        "is_corrected": False,
        "language": "en-US",
        "renditions": ["web", "phone", "audio", "gif"],
    }
    assert ask(world, api, "Which trams?").json["quotes"] == []
    listed = api.get("/questions").json
    counts = {one["question"]: one["count"] for one in listed["questions"]}
    assert counts == {"Which trams?": 0, "Which buses?": 1}
    assert (listed["left"], listed["usd"]) == (48, 0)
    assert world.api(None).get("/config").json["answers"] is True


def test_what_others_share_answers_too_as_long_as_it_is_shared(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asset = say(world, ADA, "We need more buses here.")
    say(world, ADA, "Nobody knows of these buses.")
    person = share(ada, asset, BOB, Role.READER)["id"]
    answer = ask(world, bob, "Which buses?").json
    assert [one["text"] for one in answer["quotes"]] == ["We need more buses here."]
    assert answer["of"] == 1
    bob.post("/me/export")
    world.service.settle()
    with ZipFile(BytesIO(requests.get(bob.get("/me/export").json["url"], timeout=10).content)) as archive:
        copy = archive.read("account.json").decode()
    assert json.loads(copy)["questions"][0]["found"][0]["asset_id"] == asset
    assert ada.get("/me").json["owner"] not in copy
    log = ada.get(f"/assets/{asset}/log").json["entries"]
    assert (BOB, "read") in [(one.get("name"), one["what"]) for one in log]
    assert ada.ask("DELETE", f"/assets/{asset}/people/{person}").status == 204
    left = bob.get(f"/questions/{answer['id']}").json
    assert (left["quotes"], left["gone"], answer["gone"]) == ([], 1, 0), "nobody is told that nobody said so"
    assert ask(world, bob, "Which buses?").json["quotes"] == []


def test_of_a_private_track_nothing_is_ever_looked_into(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    say(world, ADA, "We need more buses here.")
    read: list[str] = []
    given = finding.editions.read

    def reading(asset, edition, outputs):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        read.append(str(finding.editions.key(asset, "json", edition)))
        return given(asset, edition, outputs)

    monkeypatch.setattr(finding.editions, "read", reading)
    ask(world, world.api(ADA), "Which buses?")
    assert read
    assert all("/transcript/" in one for one in read)


def test_nobody_else_hears_of_a_question(world: World) -> None:
    ada, bob = world.api(ADA), world.api(BOB)
    asked = ask(world, ada, "Which buses?").json["id"]
    place = f"/questions/{asked}"
    assert problem(bob.get(place), 404)["code"] == "no-question"
    assert problem(bob.ask("DELETE", place), 404)["code"] == "no-question"
    assert bob.get("/questions").json["questions"] == []
    assert problem(ada.get("/questions/nonsense"), 404)
    assert ada.ask("DELETE", place).status == 204
    assert problem(ada.ask("DELETE", place), 404)
    assert problem(world.api(None).get("/questions"), 401)
    for wrong in ({}, {"question": ""}, {"question": "x"}, {"question": "x" * 301}, {"question": "who", "lines": [0]}):
        assert problem(ada.post("/questions", wrong), 400)


def test_where_nothing_answers_that_is_said() -> None:
    with a_world() as world:
        assert problem(world.api(ADA).post("/questions", {"question": "Which buses?"}), 404)["code"] == "no-answerer"
        assert problem(world.api(ADA).get("/questions"), 404)["code"] == "no-answerer"
        assert world.api(None).get("/config").json["answers"] is False
