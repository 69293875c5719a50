"""The night: corrections teach, and what is better comes into use; or nothing changes."""

import time
from collections.abc import Iterator

import pytest

from chalicelib.domain.accounts import TRAINING_WORDING, Training, TrainingScope
from chalicelib.learning.gate import Verdict, is_held_out
from chalicelib.learning.models import ModelState
from chalicelib.seams.training import WORDS_TRAINING
from chalicelib.speech.transcripts import Word
from tests.api.world import ADA, BOB, World, a_world

FILL = [f"word{number}" for number in range(220)]
TRAINER = WORDS_TRAINING.name


@pytest.fixture
def world() -> Iterator[World]:
    with a_world(WORDS_TRAINER="replacements") as world:
        yield world


def heard(*said: str) -> list[Word]:
    return [Word(at, at + 0.9, text, 0.9, "", "spk_0") for at, text in enumerate([*said, *FILL])]


def owner_of(world: World, email: str) -> str:
    return str(world.api(email).get("/me").json["owner"])


def agree(world: World, email: str, scope: TrainingScope = TrainingScope.ACCOUNT) -> str:
    owner = owner_of(world, email)
    agreed = Training(scope, time.time(), TRAINING_WORDING)
    world.service.services.users.change(owner, {"training": agreed})
    return owner


def teach(world: World, email: str, said: str = "rapport tour", right: str = "rapporteur") -> str:
    """A recording in which that is misheard, corrected, and confirmed from its first word to its last."""
    api = world.api(email)  # a token lives for an hour, and the clock goes on in these tests
    world.service.cloud.words = heard("here", "is", *said.split(), "again")
    asset_id = str(world.upload(api)["id"])
    text = " ".join(["here is", right, "again", *FILL])
    body = {"edition": 0, "lines": [{"text": text, "speaker": "spk_0"}], "confirmed": [{"start": 0, "end": 9999}]}
    assert api.ask("PUT", f"/assets/{asset_id}/transcript", body).status == 200
    assert api.post(f"/assets/{asset_id}/transcript/left", {}).status == 202
    world.service.settle()
    return asset_id


def sleep(world: World) -> None:
    """Until after the next three o'clock."""
    world.service.later(24)
    world.service.settle()


def lines(email: str, world: World) -> str:
    api = world.api(email)
    world.service.cloud.words = heard("here", "is", "rapport", "tour", "again")
    asset_id = world.upload(api)["id"]
    return str(api.get(f"/assets/{asset_id}/transcript.txt").body.decode())


def test_what_was_corrected_again_and_again_is_heard_right_the_next_day(world: World) -> None:
    owner = agree(world, ADA)
    taught = []
    while sum(map(is_held_out, taught)) < 5 or sum(not is_held_out(one) for one in taught) < 2:
        taught.append(teach(world, ADA))
    assert "rapport tour" in lines(ADA, world)
    sleep(world)
    (model,) = world.service.services.learning.models(owner, "en")
    assert (model.state, model.judged and model.judged.verdict) == (ModelState.CURRENT, Verdict.BETTER)
    assert model.judged is not None
    assert model.judged.candidate == 0 < model.judged.current
    assert model.recordings == sum(not is_held_out(one) for one in taught)
    assert "rapporteur again" in lines(ADA, world)
    assert "rapport tour" in lines(BOB, world), "who has not agreed gets none of it"
    sleep(world)
    assert len(world.service.services.learning.models(owner)) == 1, "nothing new, nothing learnt"


def test_too_few_to_measure_by_change_nothing(world: World) -> None:
    owner = agree(world, ADA)
    taught: list[str] = []
    while sum(not is_held_out(one) for one in taught) < 2:
        taught.append(teach(world, ADA))
    sleep(world)
    (model,) = world.service.services.learning.models(owner)
    assert (model.state, model.judged and model.judged.verdict) == (ModelState.REFUSED, Verdict.NOT_ENOUGH)
    assert "rapport tour" in lines(ADA, world)


def test_without_consent_nothing_is_kept(world: World) -> None:
    owner = owner_of(world, ADA)
    teach(world, ADA)
    assert world.service.services.learning.lessons(owner) == []
    assert world.service.services.learning.night(owner, "en") is None
