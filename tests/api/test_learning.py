"""What one agrees to, what comes of it, and the words that one's recordings are full of."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from chalicelib.accounts.export import _account
from chalicelib.domain.accounts import TRAINING_WORDING, TrainingScope
from chalicelib.domain.assets import AssetRef
from chalicelib.errors import StoreError
from chalicelib.learning.models import EVERYBODY, ModelRef, ModelState
from chalicelib.learning.rules import Rule
from chalicelib.pipeline import lessons, nights
from tests.api.accounts import Api
from tests.api.world import ADA, BOB, ROOT, World, a_world, problem
from tests.harness import taught
from tests.harness.started import ROOT as FOLDER
from tests.pipeline.test_nights import teach

_WORDINGS = {"2026-11-29": "36d9f6068e91a93a"}
"""What each wording says in English, as a digest: what somebody agreed to stays what it was."""

AGREED = {"agreed": True, "scope": "account", "wording": TRAINING_WORDING}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(WORDS_TRAINER="replacements") as world:
        yield world


@pytest.fixture
def ada(world: World) -> Api:
    return world.api(ADA)


def test_nobody_teaches_unless_they_agree_to_the_wording_of_today(world: World) -> None:
    ada = world.api(ADA)
    found = ada.get("/me/learning").json
    assert (found["agreed"], found["scope"], found["lessons"], found["models"]) == (False, "account", [], [])
    assert found["wording"] == TRAINING_WORDING
    assert found["next_at"] > world.service.now()
    for wording in (None, "2020-01-01"):
        refused = ada.ask("PUT", "/me/learning", {"agreed": True, "wording": wording})
        assert problem(refused, 400)["field"] == "wording"
    assert ada.get("/me/learning").json["agreed"] is False


def test_only_a_plain_yes_or_no_is_one(ada: Api) -> None:
    for unclear in ("yes", "on", "true", 1, None):
        refused = ada.ask("PUT", "/me/learning", AGREED | {"agreed": unclear})
        assert problem(refused, 400)["field"] == "agreed"
    assert ada.get("/me/learning").json["agreed"] is False


def test_a_wording_that_says_something_else_has_another_date_and_stands_in_the_documentation() -> None:
    texts = json.loads((FOLDER / "web" / "i18n" / "learning-en.json").read_text())
    wording = sorted((key, text) for key, text in texts.items() if re.fullmatch(r"learning\.wording-\d", key))
    assert hashlib.sha256(repr(wording).encode()).hexdigest()[:16] == _WORDINGS[TRAINING_WORDING]
    told = " ".join((FOLDER / "docs" / "privacy.md").read_text().replace("\n>", "\n").split())
    assert [text for _, text in wording if text not in told] == []


def test_who_agrees_has_what_they_corrected_before_taken_in_and_can_take_all_back(world: World) -> None:
    asset_id = teach(world, ADA)
    ada = world.api(ADA)
    owner = str(ada.get("/me").json["owner"])
    answer = ada.ask("PUT", "/me/learning", AGREED).json
    assert (answer["agreed"], answer["agreed_wording"]) == (True, TRAINING_WORDING)
    world.service.settle()
    (lesson,) = ada.get("/me/learning").json["lessons"]
    assert (lesson["asset_id"], lesson["confirmed"], lesson["changes"]) == (asset_id, 224, 1)
    learning, outputs = world.service.services.learning, world.service.services.outputs
    key = f"output/lessons/{owner}/{asset_id}/v1/lesson.json"
    assert outputs.info(key) is not None
    for unclear in ("yes", 1):
        refused = ada.ask("PATCH", f"/assets/{asset_id}", {"no_training": unclear})
        assert problem(refused, 400)["field"] == "no_training"
    left_out = ada.ask("PATCH", f"/assets/{asset_id}", {"no_training": True}).json
    assert left_out["no_training"] is True
    assert ada.get("/me/learning").json["lessons"] == []
    assert outputs.info(key) is None
    assert [one.gone for one in learning.fresh(owner, "en")] == [True]
    assert ada.ask("PATCH", f"/assets/{asset_id}", {"no_training": False}).status == 200
    world.service.settle()
    assert [one["asset_id"] for one in ada.get("/me/learning").json["lessons"]] == [asset_id], "it teaches again"
    assert ada.ask("PUT", "/me/learning", AGREED | {"scope": "everybody"}).status == 200
    world.service.settle()
    assert [one.gone for one in learning.fresh(EVERYBODY, "en")] == [False]
    assert ada.ask("PUT", "/me/learning", {"agreed": False}).json["lessons"] == []
    world.service.settle()
    assert learning.lessons(owner) == []
    assert outputs.names(f"output/lessons/{owner}/") == [], "nor is its text kept anywhere"
    assert [one.gone for one in learning.fresh(EVERYBODY, "en")] == [True], "the next night is without"
    assert world.service.services.users.profile(owner).training is None


def test_what_is_left_out_is_noted_before_it_is_forgotten(world: World) -> None:
    asset_id = teach(world, ADA)
    ada, services = world.api(ADA), world.service.services
    ref = AssetRef(str(ada.get("/me").json["owner"]), asset_id)
    with patch.object(lessons, "forget", side_effect=StoreError("died")):
        ada.ask("PATCH", f"/assets/{asset_id}", {"no_training": True})
    asset = services.store.get(ref)
    assert asset is not None
    assert asset.no_training, "whoever is just taking it in finds that out"


def test_a_lexicon_is_kept_imported_and_taken_apart(ada: Api, world: World) -> None:
    entries = [{"text": "Rapporteur", "heard_as": ["rapport tour"]}, {"text": "Anna  Kowalczyk"}]
    put = ada.ask("PUT", "/lexicon/en", {"entries": entries}).json["entries"]
    assert [(one["text"], one["source"], one["heard_as"]) for one in put] == [
        ("Rapporteur", "typed", ["rapport tour"]),
        ("Anna Kowalczyk", "typed", []),
    ]
    assert ada.post("/lexicon/fr/import", {"text": "Été\nMairie,ma rie\n"}).status == 201
    found = ada.get("/lexicon").json["entries"]
    assert [(one["language"], one["text"]) for one in found] == [
        ("en", "Anna Kowalczyk"),
        ("en", "Rapporteur"),
        ("fr", "Mairie"),
        ("fr", "Été"),
    ]
    again = ada.ask("PUT", "/lexicon/en", {"entries": [{"text": "RAPPORTEUR"}]}).json["entries"]
    assert again[0]["id"] == put[0]["id"], "capitals make no other entry"
    assert [one["text"] for one in ada.get("/lexicon?language=en").json["entries"]] == ["Anna Kowalczyk", "RAPPORTEUR"]
    assert ada.ask("DELETE", f"/lexicon/en/{put[0]['id']}").status == 204
    assert problem(ada.ask("DELETE", f"/lexicon/en/{put[0]['id']}"), 404)
    assert world.api(BOB).get("/lexicon").json["entries"] == []
    failed = problem(ada.post("/lexicon/en/import", {"text": "ok\n" + "x" * 101}), 400)
    assert (failed["code"], failed["field"]) == ("lexicon-too-long", "text")
    assert "2" in failed["detail"]
    assert problem(ada.ask("PUT", "/lexicon/EN-us", {"entries": entries}), 404)
    assert problem(ada.ask("PUT", "/lexicon/en", {"entries": []}), 400)
    for unsaid in ("…", "--"):
        failed = problem(ada.ask("PUT", "/lexicon/en", {"entries": [{"text": "ok"}, {"text": unsaid}]}), 400)
        assert (failed["code"], failed["field"]) == ("lexicon-no-letters", "entries")
        assert "Line 2" in failed["detail"]


def test_models_are_put_into_use_and_out_of_it_by_administrators_alone(world: World) -> None:
    learning, outputs = world.service.services.learning, world.service.services.outputs
    owner = str(world.api(BOB).get("/me").json["owner"])
    made = []
    for number in (1, 2):
        model = learning.begin(owner, "en", "training", f"night-{number}")
        assert learning.begin(owner, "en", "training", f"night-{number}") == model
        place = f"learning/{owner}/en/training/{number:06}.json"
        outputs.write_json(place, {"rules": []})
        model = replace(model, state=ModelState.REFUSED, artefact=place)
        assert learning.change(model, {ModelState.TRAINING})
        assert not learning.change(model, {ModelState.TRAINING}), "once"
        made.append(model)
    path = f"/admin/models/{owner}/en/training"
    assert problem(world.api(BOB).post(f"{path}/1", {"action": "use"}), 403)
    root = world.api(ROOT)
    assert root.post(f"{path}/1", {"action": "use"}).json["state"] == "current"
    assert root.post(f"{path}/2", {"action": "use"}).json["state"] == "current"
    listed = root.get(f"/admin/models?owner={owner}").json["models"]
    assert [(one["number"], one["state"]) for one in listed] == [(1, "previous"), (2, "current")]
    assert root.post(f"{path}/1", {"action": "use"}).json["state"] == "current", "back, by one call"
    assert root.post(f"{path}/1", {"action": "retire"}).json["state"] == "retired"
    assert learning.in_use(owner, "en", "training") is None
    assert outputs.info(f"learning/{owner}/en/training/000001.json") is None
    assert problem(root.post(f"{path}/1", {"action": "use"}), 409)["code"] == "model-unusable"
    assert problem(root.post(f"{path}/9", {"action": "use"}), 404)
    assert root.get("/admin/models").json["models"] == []
    assert problem(root.get("/admin/models?owner=.."), 404)


def test_what_is_erased_is_forgotten_by_the_next_night(world: World) -> None:
    api = world.api(ADA)
    api.ask("PUT", "/me/learning", AGREED)
    asset_id = teach(world, ADA)
    owner = str(world.api(ADA).get("/me").json["owner"])
    assert asset_id in {one.asset_id for one in world.service.services.learning.lessons(owner)}
    assert world.api(ADA).ask("DELETE", f"/assets/{asset_id}").status == 204
    assert world.service.services.store.get(AssetRef(owner, asset_id)) is None
    gone = {one.asset_id: one.gone for one in world.service.services.learning.fresh(owner, "en")}
    assert gone[asset_id] is True


def test_administrators_decide_of_what_is_taught_for_everybody(world: World) -> None:
    services = world.service.services
    for number in range(2):
        owner = taught.agree(services, f"account-{number}", TrainingScope.EVERYBODY)
        taught.plenty(services, owner, held_out=1, others=1, right="Rapporteur")
    taught.plenty(services, "account-0", held_out=1, others=0, said="hour tour", right="our tool")
    named = taught.due(services)
    world.service.clock.shift(24 * 3600)
    nights.train(named, services)
    (last,) = world.api(ROOT).get("/admin/models").json["nights"]
    assert (last["outcome"], last["language"], last["reason"]["code"]) == ("skipped", "en", "too-few-accounts")
    assert last["reason"]["message"].startswith("Fewer than 5 accounts teach")
    root = world.api(ROOT)
    (rule,) = root.get("/admin/rules/en").json["rules"]
    asked = {"heard": "Rapport  tour", "written": "Rapporteur"}
    assert (rule["heard"], rule["accounts"], rule["state"], rule["may_be_name"]) == ("rapport tour", 2, "open", True)
    assert rule["recordings"] == 2, "what is held out teaches nothing"
    for untaught in ({"written": "Raptor"}, {"heard": "rapper", "written": "rapper"}):
        assert problem(root.ask("POST", "/admin/rules/en", asked | untaught | {"no_name": True}), 404)
    assert root.ask("POST", "/admin/rules/en", {"heard": "rapper"}).status == 200, "never may be said before"
    for unclear in ("yes", 1):
        assert problem(root.ask("POST", "/admin/rules/en", asked | {"no_name": unclear}), 400)["field"] == "no_name"
    assert problem(root.ask("POST", "/admin/rules/en", asked), 400)["code"] == "may-be-name"
    (rule,) = root.ask("POST", "/admin/rules/en", asked | {"no_name": True}).json["rules"]
    assert rule["state"] == "approved"
    (rule,) = root.ask("POST", "/admin/rules/en", {"heard": "rapport tour"}).json["rules"]
    assert rule["state"] == "never"
    assert problem(root.ask("POST", "/admin/rules/en", {"heard": "…"}), 400)["code"] == "nothing-heard"
    assert problem(root.get("/admin/rules/english"), 404)
    assert problem(world.api(ADA).get("/admin/rules/en"), 403)


def test_what_was_learnt_is_told_and_can_be_taken_back(world: World) -> None:
    services = world.service.services
    bob = world.api(BOB)
    owner = str(bob.get("/me").json["owner"])
    taught.agree(services, owner)
    taught.plenty(services, owner, right="Rapporteur")
    taught.plenty(services, owner, said="report tool", right="reporting tool")
    named = taught.due(services, owner)
    world.service.clock.shift(24 * 3600)
    nights.train(named, services)
    bob = world.api(BOB)
    learnt = {one["heard"]: one for one in bob.get("/me/learning").json["learnt"]}
    assert {heard: (one["written"], one["language"], one["recordings"]) for heard, one in learnt.items()} == {
        "rapport tour": ("Rapporteur", "en", 2),
        "report": ("reporting", "en", 2),
    }
    (entry,) = bob.get("/lexicon").json["entries"]
    assert (entry["text"], entry["source"], len(entry["recordings"])) == ("Rapporteur", "learnt", 2)
    assert bob.ask("DELETE", f"/me/learning/learnt/en/{learnt['report']['id']}").status == 204
    assert problem(bob.ask("DELETE", f"/me/learning/learnt/en/{learnt['report']['id']}"), 404)
    assert bob.ask("DELETE", f"/lexicon/en/{entry['id']}").status == 204
    assert problem(bob.ask("DELETE", f"/lexicon/en/{entry['id']}"), 404)
    found = bob.get("/me/learning").json
    assert (found["learnt"], bob.get("/lexicon").json["entries"]) == ([], [])
    assert services.learning.dropped(owner, "en") == {"rapport tour", "report"}
    assert {one["heard"] for one in _account(owner, services)["taken_back"]} == {"rapport tour", "report"}


def test_what_is_for_everybody_is_told_and_can_be_taken_back_for_ones_own_account(world: World) -> None:
    services = world.service.services
    bob, ada = world.api(BOB), world.api(ADA)
    owners = [str(one.get("/me").json["owner"]) for one in (bob, ada)]
    place = "learning/everybody/de/training/000001.json"
    rules = [Rule(("haupt", "sache"), "hauptsache", ("a/1", "b/2")), Rule(("ei", "gen"), "eigen", ("a/1", "b/2"))]
    services.outputs.write_json(place, {"rules": [rule.to_json() for rule in rules]})
    assert services.learning.flip(ModelRef(EVERYBODY, "de", "training", 1), place, None)
    for owner in owners:
        services.users.change(owner, {"training": None})
    assert bob.get("/me/learning").json["learnt"] == []
    for owner in owners:
        taught.agree(services, owner)
    learnt = [one for one in bob.get("/me/learning").json["learnt"] if one["language"] == "de"]
    assert [(one["heard"], one["scope"], one["recordings"]) for one in learnt] == [
        ("haupt sache", "everybody", 2),
        ("ei gen", "everybody", 2),
    ]
    path = f"/me/learning/learnt/de/{learnt[0]['id']}"
    assert bob.ask("DELETE", path).status == 204
    assert problem(bob.ask("DELETE", path), 404)
    for api, left in ((bob, ["ei gen"]), (ada, ["haupt sache", "ei gen"])):
        found = api.get("/me/learning").json["learnt"]
        assert [one["heard"] for one in found if one["language"] == "de"] == left
