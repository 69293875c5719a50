"""What a recording has taught is noted once, and goes where it was noted, whatever became of it since."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from chalicelib.domain.accounts import TrainingScope
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.errors import EngineBusy
from chalicelib.learning.models import EVERYBODY
from chalicelib.pipeline import consent, lessons, nights
from chalicelib.pipeline import known as knowledge
from chalicelib.seams.training import WORDS_TRAINING
from chalicelib.speech.corrections import Line, Verdict, correction
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript, transcribe_document
from chalicelib.speech.transcripts import Confirmation
from chalicelib.storage import editions
from tests.harness import taught
from tests.harness.service import OWNER, Service, running_service

DAY = 24 * 3600


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(WORDS_TRAINER="replacements") as service:
        taught.agree(service.services, OWNER)
        yield service


def edited(service: Service, ref: AssetRef, verdict: Verdict, text: str | None = None) -> Asset:
    """Somebody goes on with a recording, and leaves it."""
    services, asset = service.services, service.asset(ref)
    edition = asset.edition
    found = load_transcript(editions.read(asset, edition, services.outputs) or b"")
    made = correction(found, [Line(text or found.text)], 300.0, "job", edition, verdict)
    after = editions.add(asset, edition, made, services.store, services.outputs)
    assert after is not None
    lessons.take(after, services)
    return after


def night(service: Service, scope: str = OWNER) -> None:
    service.clock.shift(DAY)
    nights.train(taught.due(service.services, scope), service.services)


def test_what_nobody_stands_behind_any_more_teaches_no_longer(service: Service) -> None:
    learning, ref = service.services.learning, taught.corrected(service.services, OWNER)
    assert len(learning.lessons(OWNER)) == 1
    edited(service, ref, Verdict(Confirmation(OWNER, service.now()), open=((0.0, 9_999.0),)))
    assert learning.lessons(OWNER) == []
    assert [one.gone for one in learning.fresh(OWNER, taught.LANGUAGE)] == [True]
    assert service.services.outputs.names(f"output/lessons/{OWNER}/") == []


def test_who_agrees_once_more_teaches_nothing_new(service: Service) -> None:
    services = service.services
    refs = taught.plenty(services, OWNER)
    night(service)
    before = services.learning.lessons(OWNER)
    for _ in range(2):
        consent.gather(OWNER, services)
    lessons.take(service.asset(refs[0]), services)
    assert services.learning.lessons(OWNER) == before
    assert services.learning.fresh(OWNER, taught.LANGUAGE) == []
    assert services.learning.night(OWNER, taught.LANGUAGE) is None


def test_who_teaches_everybody_too_from_now_on_has_taught_their_account_nothing_new(service: Service) -> None:
    services = service.services
    taught.plenty(services, OWNER)
    night(service)
    taught.agree(services, OWNER, TrainingScope.EVERYBODY)
    consent.gather(OWNER, services)
    assert len(services.learning.fresh(EVERYBODY, taught.LANGUAGE)) == 7
    night(service)
    (model,) = services.learning.models(OWNER, taught.LANGUAGE)
    assert model.ref.trainer == WORDS_TRAINING.name


def test_what_was_noted_and_not_told_is_told_the_next_time(service: Service) -> None:
    learning = service.services.learning
    with patch.object(learning, "make_due", side_effect=EngineBusy), pytest.raises(EngineBusy):
        taught.corrected(service.services, OWNER)
    (noted,) = learning.lessons(OWNER)
    assert learning.night(OWNER, taught.LANGUAGE) is None
    lessons.take(service.asset(AssetRef(OWNER, noted.asset_id)), service.services)
    assert learning.night(OWNER, taught.LANGUAGE) is not None


def test_a_recording_that_was_taken_for_another_language_leaves_nothing_there(service: Service) -> None:
    services, learning = service.services, service.services.learning
    taught.agree(services, OWNER, TrainingScope.EVERYBODY)
    ref = taught.corrected(services, OWNER)
    name = f"{OWNER}/{ref.asset_id}"
    night(service)
    night(service, EVERYBODY)
    assert name in knowledge.load(OWNER, "en", services)
    heard = load_transcript(services.outputs.read(TRANSCRIPT.key(service.asset(ref))) or b"")
    services.store.describe(ref, {"version": 2, "language": "fr-FR", "edition": 0, "editions": []})
    document = transcribe_document("job", list(heard.words()), "fr-FR")
    services.outputs.write_json(TRANSCRIPT.key(service.asset(ref)), document)
    edited(service, ref, Verdict(Confirmation(OWNER, service.now())), "here is something else again")
    (noted,) = learning.lessons(OWNER)
    assert (noted.language, noted.version) == ("fr", 2)
    lessons.forget(ref, services)
    for scope in (OWNER, EVERYBODY):
        night(service, scope)
        assert knowledge.load(scope, "en", services) == {}
