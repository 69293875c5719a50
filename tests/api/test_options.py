"""What an upload may ask for, and what it may name: judged, kept, shown, and told what it costs."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given

from chalicelib.accounts import queue
from chalicelib.api.models.options import AiOptionsWanted
from chalicelib.api.operation import Access
from chalicelib.api.operations import OPERATIONS
from chalicelib.domain.ai_options import AiOptions, OptionFault
from chalicelib.domain.assets import AssetRef, Status
from chalicelib.domain.releases import ReleaseKind
from tests.api.accounts import Answer, Api
from tests.api.world import ADA, BOB, ROOT, World, a_world, everything_stored, problem
from tests.domain.test_ai_options import ASKED

ARN = "arn:aws:rekognition:us-east-1:123456789012:collection/guests"
UPLOAD = {"file_name": "debate.mp4", "size": 9}
BAD: list[tuple[str, Any, str]] = [
    ("lables", True, "no field of this name: lables"),
    ("label", "yes", "true or false"),
    ("label", 1, "true or false"),
    ("minConfidence", 101, "from 0 to 100"),
    ("minConfidence", "80", "from 0 to 100"),
    ("textROI", [True] * 8, "nine"),
    ("customLabelModels", ["a", "b", "c"], "at most 2"),
    ("customLabelModels", ["a", "a"], "different"),
    ("faceCollectionId", ARN, "a name"),
    ("customVocabulary", "", "a name"),
    ("languageCode", "English", "en-US"),
    ("frameCaptureMode", 7, "9999"),
    ("frameCaptureMode", True, "9999"),
]


@given(ASKED)
def test_the_api_takes_what_the_domain_takes(asked: dict[str, Any]) -> None:
    wanted = AiOptionsWanted.model_validate(asked)
    assert wanted.asked() == AiOptions.from_json(asked)
    assert jsonschema_rs.is_valid(AiOptionsWanted.model_json_schema(), asked)


@pytest.mark.parametrize(("name", "value", "expected"), BAD)
def test_what_the_domain_refuses_neither_the_api_nor_its_description_takes(
    name: str, value: object, expected: str
) -> None:
    with pytest.raises(OptionFault):
        AiOptions.from_json({name: value})
    with pytest.raises(ValueError, match=name):
        AiOptionsWanted.model_validate({name: value})
    assert not jsonschema_rs.is_valid(AiOptionsWanted.model_json_schema(), {name: value})


@pytest.mark.parametrize(("name", "value", "expected"), BAD)
def test_an_option_that_cannot_be_is_named_with_what_can(world: World, name: str, value: object, expected: str) -> None:
    ada = world.api(ADA)
    wanted = {"ai_options": {name: value}}
    for refused in (ada.post("/assets", UPLOAD | wanted), ada.post("/estimate", wanted)):
        told = problem(refused, 400)
        assert told["field"] == f"ai_options.{name}"
        assert expected in told["detail"]
    told = problem(ada.post("/assets/batch", {"assets": [UPLOAD, UPLOAD | wanted]}), 400)
    assert told["field"] == f"assets.1.ai_options.{name}"


def test_what_was_asked_is_kept_and_shown_and_a_retry_may_ask_for_something_else(world: World) -> None:
    ada = world.api(ADA)
    asked = {"label": False, "transcribe": True, "minConfidence": 62.5}
    shown = world.upload(ada, ai_options=asked)
    assert shown["ai_options"]["asked"] == asked
    assert (shown["kind"], shown["width"], shown["height"]) == ("video", 1920, 1080)
    assert "pages" not in shown
    owner = ada.get("/me").json["owner"]
    kept = world.service.asset(AssetRef(owner, shown["id"]))
    assert kept.options.ai == AiOptions.from_json(asked)
    again = ada.post(f"/assets/{shown['id']}/retry").json
    assert again["ai_options"]["asked"] == asked
    problem(ada.post(f"/assets/{shown['id']}/retry", {"ai_options": {"sentiment": False}}), 409)
    world.service.settle()
    again = ada.post(f"/assets/{shown['id']}/retry", {"ai_options": {"sentiment": False}}).json
    assert again["ai_options"] == {"asked": {"sentiment": False}}, "the run is not planned yet"
    assert again["status"] == Status.QUEUED


def release(root: Api, kind: str, name: str, **wanted: Any) -> Answer:
    return root.ask("PUT", f"/admin/releases/{kind}/{name}", wanted)


FIELDS: dict[str, dict[str, Any]] = {
    "collection": {"facematch": True, "faceCollectionId": "guests"},
    "labels": {"customlabel": True, "customLabelModels": ["guests"]},
    "recogniser": {"customentity": True, "customEntityRecognizer": "guests"},
    "language-model": {"customLanguageModel": "guests"},
    "vocabulary": {"customVocabulary": "guests"},
}


@pytest.mark.parametrize("kind", FIELDS)
def test_what_is_released_to_somebody_else_answers_as_what_there_is_not(world: World, kind: str) -> None:
    ada, bob, root = world.api(ADA), world.api(BOB), world.api(ROOT)
    mine, other = (one.get("/me").json["owner"] for one in (ada, bob))
    finished = {mine: world.upload(ada)["id"], other: world.upload(bob)["id"]}
    wanted = {"ai_options": FIELDS[kind]}

    def answers(api: Api) -> list[Answer]:
        owner = api.get("/me").json["owner"]
        batch = api.post("/assets/batch", {"assets": [UPLOAD | wanted]})
        return [
            api.post("/assets", UPLOAD | wanted),
            api.post("/estimate", wanted),
            api.post(f"/assets/{finished[owner]}/retry", wanted),
            batch,
        ]

    unknown = [answer.json for answer in answers(bob)]
    assert [answer["code"] for answer in unknown[:3]] == ["unknown-name"] * 3
    assert unknown[0]["field"].startswith(
        "ai_options.custom" if kind != "collection" else "ai_options.faceCollectionId"
    )
    assert unknown[3]["results"][0]["error"]["code"] == "unknown-name"

    assert release(root, kind, "guests", accounts=[mine]).json["accounts"] == [mine]
    assert [answer.json for answer in answers(bob)] == unknown, "it is told apart from nothing"
    assert "guests" not in str(bob.get("/options").json)
    assert "guests" in str(ada.get("/options").json["names"])
    assert [answer.status for answer in answers(ada)] == [201, 200, 200, 200]

    assert release(root, kind, "guests", accounts=[other]).status == 200
    assert "guests" not in str(ada.get("/options").json)
    problem(ada.post("/assets", UPLOAD | wanted), 400)
    assert release(root, kind, "guests", everybody=True).status == 200
    assert ada.post("/assets", UPLOAD | wanted).status == bob.post("/assets", UPLOAD | wanted).status == 201
    assert root.ask("DELETE", f"/admin/releases/{kind}/guests").status == 204
    problem(root.ask("DELETE", f"/admin/releases/{kind}/guests"), 404)
    assert [answer.json for answer in answers(bob)] == unknown


def test_a_release_says_what_a_thing_is_called_on_aws(world: World) -> None:
    root, releases = world.api(ROOT), world.service.services.releases
    made = release(root, "collection", "guests").json["aws_name"]
    assert made == releases.aws_collection("guests")
    assert made.startswith("rapporteur-")
    assert made.endswith("-guests")
    assert release(root, "collection", "theirs", aws_name="TheirOwn").json["aws_name"] == "TheirOwn"
    assert release(root, "collection", "theirs", everybody=True).json["aws_name"] == "TheirOwn", "it stays so"
    assert release(root, "vocabulary", "council").json["aws_name"] == "council"
    version = "arn:aws:rekognition:us-east-1:123456789012:project/parts/version/parts.2026/1"
    assert release(root, "labels", "parts", aws_name=version).json["aws_name"] == version
    found = root.get("/admin/releases").json["releases"]
    assert [(one["kind"], one["name"]) for one in found] == [
        ("collection", "guests"),
        ("collection", "theirs"),
        ("labels", "parts"),
        ("vocabulary", "council"),
    ]
    assert releases.resolve("anybody", ReleaseKind.COLLECTION, "theirs") == "TheirOwn"
    assert releases.resolve("anybody", ReleaseKind.COLLECTION, "guests") is None
    assert releases.resolve("anybody", ReleaseKind.VOCABULARY, "theirs") is None


def test_what_is_no_release_is_refused(world: World) -> None:
    root = world.api(ROOT)
    problem(release(root, "secrets", "guests"), 404)
    problem(release(root, "collection", "-guests"), 404)
    assert problem(release(root, "collection", "guests", accounts=["nobody"]), 400)["field"] == "accounts"
    wrong = {"collection": "two words", "labels": "parts", "vocabulary": "arn:aws:x", "recogniser": "a:b"}
    for kind, called in wrong.items():
        assert problem(release(root, kind, "guests", aws_name=called), 400)["field"] == "aws_name"
    assert root.get("/admin/releases").json["releases"] == []


def test_only_administrators_release_anything(world: World) -> None:
    ada = world.api(ADA)
    for answer in (
        ada.get("/admin/releases"),
        release(ada, "labels", "x"),
        ada.ask("DELETE", "/admin/releases/labels/x"),
    ):
        problem(answer, 403)
    found = [one for one in OPERATIONS.values() if one.path.startswith("/admin/releases")]
    assert {one.access for one in found} == {Access.ADMIN}


def test_an_account_that_is_erased_is_taken_out_of_releases_and_its_copy_tells_them(world: World) -> None:
    ada, bob, root = world.api(ADA), world.api(BOB), world.api(ROOT)
    mine, other = (one.get("/me").json["owner"] for one in (ada, bob))
    release(root, "collection", "guests", accounts=[mine, other])
    release(root, "labels", "parts", accounts=[mine])
    assert {one.name for one in world.service.services.releases.of(mine)} == {"guests", "parts"}
    assert ada.ask("DELETE", "/me").status == 202
    world.service.clock.shift(queue.REQUESTS_END)
    world.service.settle()
    assert mine not in everything_stored(world)
    found = {one["name"]: one["accounts"] for one in world.api(ROOT).get("/admin/releases").json["releases"]}
    assert found == {"guests": [other], "parts": []}
    problem(release(world.api(ROOT), "labels", "parts", accounts=[mine]), 400)


def test_the_choices_of_a_deployment_tell_what_is_done_by_itself() -> None:
    with a_world(AI_OPTIONS="label,text", BIOMETRICS="") as world:
        told = world.api(ADA).get("/options").json
    assert told["defaults"]["label"] is told["defaults"]["text"] is True
    assert told["defaults"]["face"] is False
    assert told["defaults"]["minConfidence"] == 80
    assert told["biometrics"] is False
    assert told["can"]["transcribe"] is True
    assert told["can"]["face"] is told["can"]["person"] is False
    assert told["why_not"]["face"]["code"] == "biometrics-off"
    assert told["why_not"]["person"]["code"] == "person-ended"
    assert set(told["why_not"]) == {name for name, can in told["can"].items() if not can}
    assert set(told["names"]) == {
        "faceCollectionId",
        "customLabelModels",
        "customEntityRecognizer",
        "customLanguageModel",
        "customVocabulary",
    }
    assert set(told["costs"]) == {name for name, can in told["can"].items() if can}


def test_a_picture_or_a_document_is_estimated_too(world: World) -> None:
    ada = world.api(ADA)
    minute = ada.post("/estimate", {}).json
    assert minute == ada.post("/estimate", {"kind": "video", "duration": 60}).json
    for kind in ("image", "document", "audio"):
        assert ada.post("/estimate", {"kind": kind, "pages": 3}).json["usd"] >= 0
    unheard = ada.post("/estimate", {"ai_options": {"transcribe": False}}).json
    assert {line["item"].partition(".")[0] for line in unheard["lines"]}.isdisjoint({"transcribe", "comprehend"})
    problem(ada.post("/estimate", {"kind": "document", "pages": 3001}), 400)
