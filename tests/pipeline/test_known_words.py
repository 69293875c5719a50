"""An account's recordings are heard with the words of its lexicon, where what hears takes any; nobody else's are."""

import time
from collections.abc import Iterator

import pytest

from chalicelib.domain.accounts import TRAINING_WORDING, Training, TrainingScope
from chalicelib.learning.lexicon import Entry, Source
from chalicelib.pipeline import known_words
from chalicelib.seams.transcription import TRANSCRIPTION, TranscriptionJob
from tests.harness.fakes import FakeTranscriber
from tests.harness.service import Service, running_service

OWNER = "owner-1"


class Heeding(FakeTranscriber):
    """Takes terms, and keeps what it was asked."""

    takes_terms = True

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[TranscriptionJob] = []

    def start(self, job: TranscriptionJob):  # type: ignore[no-untyped-def]  # noqa: ANN201 - as its base
        self.asked.append(job)
        return super().start(job)


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as service:
        yield service


def entry(text: str, language: str = "en", source: Source = Source.TYPED) -> Entry:
    return Entry(text, language, source, time.time())


def test_a_recording_is_heard_with_its_accounts_words_in_its_language(service: Service) -> None:
    services, heeding = service.services, Heeding()
    services.engines[TRANSCRIPTION] = heeding
    entries = [entry("Duguid"), entry("Été", "fr"), entry("Brouillard", "fr"), entry("Learnt", source=Source.LEARNT)]
    services.learning.put_entries(OWNER, entries)
    services.learning.put_entries("somebody-else", [entry("Secret")])
    service.upload(language="en-GB")
    service.settle()
    assert [job.terms for job in heeding.asked] == [("Duguid",)], "learnt words want consent"
    agreed = Training(TrainingScope.ACCOUNT, time.time(), TRAINING_WORDING)
    services.users.change(OWNER, {"training": agreed})
    assert known_words.terms(OWNER, "en", services) == ("Duguid", "Learnt")
    assert set(known_words.terms(OWNER, None, services)) in ({"Été", "Brouillard"}, {"Duguid", "Learnt"})
    assert known_words.terms("nobody", "en", services) == ()


def test_an_engine_that_takes_none_is_told_of_none(service: Service) -> None:
    service.services.learning.put_entries(OWNER, [entry("Duguid")])
    assert known_words.terms(OWNER, "en", service.services) == ()
