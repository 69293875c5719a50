"""Whoever withdraws, deletes or is erased while something is learnt leaves nothing; who agrees is taken in."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from chalicelib.accounts import erasure, export
from chalicelib.domain import keys
from chalicelib.domain.accounts import TRAINING_WORDING, Export, Training, TrainingScope
from chalicelib.domain.assets import AssetRef
from chalicelib.learning.lexicon import Entry, Source
from chalicelib.learning.models import EVERYBODY, ModelRef, ModelState
from chalicelib.pipeline import candidates, consent, learned, lessons, nights
from chalicelib.pipeline.erase import erase
from chalicelib.seams.training import WORDS_TRAINING
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Word
from tests.harness import taught
from tests.harness.service import OWNER, Service, running_service

DAY = 24 * 3600
WORDS = WORDS_TRAINING.name


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(WORDS_TRAINER="replacements") as service:
        taught.agree(service.services, OWNER)
        yield service


def of_owner(service: Service) -> list[str]:
    """What is kept of what the owner has taught, wherever."""
    places = (keys.learning_of(OWNER), f"{keys.prefix(keys.Folder.LESSONS)}{OWNER}/")
    return [key for place in places for key in service.services.outputs.names(place)]


def items(service: Service) -> list[str]:
    table = service.services.settings.users_table
    found = service.services.aws.dynamodb.scan(TableName=table)["Items"]
    return sorted(item["item"]["S"] for item in found if item["owner"]["S"] == OWNER)


# ---- withdrawing


def test_what_is_in_use_goes_while_one_waits_and_the_rest_some_a_message(service: Service) -> None:
    services, learning = service.services, service.services.learning
    taught.plenty(services, OWNER)
    service.clock.shift(DAY)
    nights.train(taught.due(services, OWNER), services)
    assert learning.in_use(OWNER, taught.LANGUAGE, WORDS) is not None
    learning.put_entries(OWNER, [Entry("Kowalczyk", "en", Source.LEARNT, time.time())])
    consent.withdraw(OWNER, services)
    assert learning.in_use(OWNER, taught.LANGUAGE, WORDS) is None
    assert [one.state for one in learning.models(OWNER)] == [ModelState.RETIRED]
    assert services.outputs.names(keys.learning_of(OWNER)) == []
    assert learning.entries(OWNER) == []
    assert len(learning.lessons(OWNER)) == 7
    with patch.object(consent, "AT_ONCE", 3), patch.object(services.aws.sqs, "send_message") as sent:
        consent.forget(OWNER, time.time(), services)
        assert len(learning.lessons(OWNER)) == 4
        ((_, call),) = sent.call_args_list
        assert json.loads(call["MessageBody"])["forget"] == OWNER, "the rest in a message of its own"
    service.settle()
    assert learning.lessons(OWNER) == []
    assert of_owner(service) == [], "nor is what was confirmed kept beside the recordings"


def test_who_agrees_again_before_all_is_forgotten_teaches_again(service: Service) -> None:
    services = service.services
    taught.plenty(services, OWNER)
    consent.withdraw(OWNER, services)
    service.clock.shift(1)
    consent.agree(OWNER, TrainingScope.ACCOUNT, services)
    service.settle()
    assert len(services.learning.lessons(OWNER)) == 7


def test_what_is_in_use_changes_nothing_once_its_owner_does_not_agree(service: Service) -> None:
    services = service.services
    asset = service.asset(taught.corrected(services, OWNER))
    place = f"{keys.learning_of(OWNER, 'en')}training/000001.json"
    services.outputs.write_json(place, {"rules": [{"heard": ["tour"], "written": "tower", "recordings": []}]})
    services.learning.flip(ModelRef(OWNER, "en", WORDS, 1), place, None)
    heard = read_transcript(transcribe_document("job", [Word(0, 1, "a"), Word(1, 2, "tour")], "en-US"))
    asset = replace(asset, options=replace(asset.options, metered=True))
    assert learned.apply(asset, heard, services).models == ("account 1",)
    services.users.change(OWNER, {"training": None})
    assert learned.apply(asset, heard, services).models == ()


# ---- agreeing


def test_agreeing_again_to_the_same_keeps_since_when(service: Service) -> None:
    services = service.services
    since = consent.agree(OWNER, TrainingScope.EVERYBODY, services).training
    service.clock.shift(DAY)
    assert consent.agree(OWNER, TrainingScope.EVERYBODY, services).training == since
    other = consent.agree(OWNER, TrainingScope.ACCOUNT, services).training
    assert other is not None
    assert since is not None
    assert other.since > since.since


def test_an_agreement_to_another_wording_does_not_count(service: Service) -> None:
    services = service.services
    taught.plenty(services, OWNER)
    service.clock.shift(DAY)
    nights.train(taught.due(services, OWNER), services)
    old = Training(TrainingScope.EVERYBODY, time.time(), "2020-01-01")
    services.users.change(OWNER, {"training": old})
    taught.corrected(services, OWNER)
    assert len(services.learning.lessons(OWNER)) == 7, "it teaches nothing"
    services.learning.make_due(OWNER, taught.LANGUAGE, time.time())
    nights.train(taught.due(services, OWNER), services)
    assert nights.knowledge.load(OWNER, taught.LANGUAGE, services) == {}
    assert consent.agree(OWNER, TrainingScope.EVERYBODY, services).teaches is not None
    assert old.wording != TRAINING_WORDING


def test_all_recordings_are_gathered_some_a_message(service: Service) -> None:
    services = service.services
    services.users.change(OWNER, {"training": None})
    refs = [taught.corrected(services, OWNER) for _ in range(5)]
    assert services.learning.lessons(OWNER) == []
    taught.agree(services, OWNER)
    with patch.object(consent, "AT_ONCE", 2):
        consent.gather(OWNER, services)
        assert len(services.learning.lessons(OWNER)) == 2
        service.settle()
    assert {one.asset_id for one in services.learning.lessons(OWNER)} == {ref.asset_id for ref in refs}


# ---- in the middle of something


def delete(service: Service, ref: AssetRef) -> None:
    erase(service.asset(ref), service.services)


def leave_out(service: Service, ref: AssetRef) -> None:
    service.services.store.describe(ref, {"no_training": True})
    lessons.forget(ref, service.services)


def withdraw(service: Service, ref: AssetRef) -> None:
    consent.withdraw(ref.owner, service.services)
    service.settle()


@pytest.mark.parametrize("meanwhile", [delete, leave_out, withdraw])
def test_a_lesson_that_is_just_being_taken_in_goes_too(
    service: Service, meanwhile: Callable[[Service, AssetRef], None]
) -> None:
    services = service.services
    ref = taught.corrected(services, OWNER)
    asset, write = service.asset(ref), services.outputs.write_json
    lessons.forget(ref, services)

    def late(key: str, document: object) -> None:
        if key.endswith("lesson.json"):
            meanwhile(service, ref)
        write(key, document)

    with patch.object(type(services.outputs), "write_json", lambda _, key, document: late(key, document)):
        lessons.take(asset, services)
    assert services.learning.lesson(OWNER, ref.asset_id) is None
    assert of_owner(service) == []


def erased(service: Service) -> None:
    services = service.services
    services.users.mark_gone(OWNER)
    erasure.erase_account(OWNER, services)


@pytest.mark.parametrize("when", ["taken in", "measured"])
def test_an_account_that_is_erased_in_the_middle_of_a_night_leaves_nothing(service: Service, when: str) -> None:
    services = service.services
    taught.plenty(services, OWNER)
    service.clock.shift(DAY)
    named = taught.due(services, OWNER)
    where, name = {"taken in": (nights.knowledge, "_keep"), "measured": (candidates, "measure")}[when]
    whole = getattr(where, name)

    def interrupted(*given: object) -> object:
        erased(service)
        return whole(*given)

    with patch.object(where, name, interrupted):
        nights.train(named, services)
    assert of_owner(service) == []
    assert items(service) == []


# ---- a copy of all


def test_a_copy_of_all_has_what_was_learnt_and_of_what_of_ones_own(service: Service) -> None:
    services, learning = service.services, service.services.learning
    owners = [taught.agree(services, f"account-{number}", TrainingScope.EVERYBODY) for number in range(5)]
    for owner in owners:
        taught.plenty(services, owner, held_out=1, others=2, right="report tool")
    owner = owners[0]
    learning.put_entries(owner, [Entry("Kowalczyk", "en", Source.TYPED, time.time())])
    service.clock.shift(DAY)
    for scope in (owner, EVERYBODY):
        nights.train(taught.due(services, scope), services)
    services.users.change(owner, {"export": Export("preparing", time.time())})
    export.export(owner, services)
    made = services.users.profile(owner).export
    assert made is not None
    assert made.key is not None
    archive = zipfile.ZipFile(io.BytesIO(services.outputs.read(made.key) or b""))
    text = archive.read("account.json").decode()
    told = json.loads(text)
    assert [one["text"] for one in told["lexicon"]] == ["Kowalczyk"]
    ours = {one.asset_id for one in learning.lessons(owner)}
    assert {one["asset_id"] for one in told["taught"]} == ours
    assert [one["scope"] for one in told["models"]] == [owner, EVERYBODY]
    for one in told["models"]:
        assert set(one["used"]) <= ours
        assert any(used["changes"] for used in one["used"].values())
    assert not any(other in text for other in owners[1:]), "and nothing of anybody else's"
