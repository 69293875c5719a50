"""A lexicon becomes a vocabulary of the service that hears: blue and green, each once, and gone with its owner."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from chalicelib.accounts.erasure import erase_account
from chalicelib.domain.keys import S3Object
from chalicelib.domain.people import prefix_of
from chalicelib.errors import Conflict, EngineBusy, EngineFailed
from chalicelib.learning.lexicon import Entry, Source
from chalicelib.message import Message
from chalicelib.pipeline import known_words, vocabularies
from chalicelib.seams.transcription import TRANSCRIPTION, KeptVocabulary, TranscriptionJob, VocabularyState
from chalicelib.storage.buckets import ObjectStore
from chalicelib.storage.learning import LearningStore, term_id
from chalicelib.storage.vocabularies import Stage, VocabularyStore
from tests.api.world import ADA, BOB, a_world
from tests.harness.fakes import FakeTranscriber
from tests.harness.service import Service, running_service

OWNER = "owner-1"
NO = Message("a-test-refuses", "Refused.")


@dataclass
class Kept:
    """What the service keeps: the state of each vocabulary, and the phrases in it."""

    states: dict[str, VocabularyState] = field(default_factory=dict)
    phrases: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuses: Exception | None = None
    reason: str = ""
    codes: dict[str, str] = field(default_factory=lambda: {"en": "en-US", "fr": "fr-FR"})


class Keeper(FakeTranscriber):
    """Hears by vocabularies."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.kept = kept
        self.jobs: list[TranscriptionJob] = []

    def start(self, job: TranscriptionJob):  # type: ignore[no-untyped-def]  # noqa: ANN201 - as its base
        self.jobs.append(job)
        return super().start(job)

    def vocabulary_language(self, language: str) -> str | None:
        return self.kept.codes.get(language)

    def put_vocabulary(self, name: str, language: str, table: S3Object) -> None:
        if self.kept.refuses:
            raise self.kept.refuses
        if self.kept.states.get(name) is VocabularyState.BUILDING:
            raise EngineBusy
        body = boto3.client("s3").get_object(Bucket=table.bucket, Key=table.key)["Body"].read().decode()
        self.kept.asked.append(name)
        self.kept.states[name] = VocabularyState.BUILDING
        self.kept.phrases[name] = [line.split("\t")[0] for line in body.splitlines()[1:]]

    def vocabulary(self, name: str) -> KeptVocabulary | None:
        state = self.kept.states.get(name)
        return None if state is None else KeptVocabulary(state, self.kept.reason)

    def drop_vocabulary(self, name: str) -> None:
        if self.kept.states.get(name) is VocabularyState.BUILDING:
            raise EngineBusy
        self.kept.states.pop(name, None)


@dataclass
class Place:
    service: Service
    kept: Kept
    keeper: Keeper

    def write(self, *texts: str, language: str = "en") -> None:
        entries = [Entry(text, language, Source.TYPED, time.time()) for text in texts]
        self.service.services.learning.put_entries(OWNER, entries)
        vocabularies.changed(OWNER, {language}, self.service.services)

    def settle(self, seconds: float = vocabularies.PAUSE + 1) -> None:
        self.service.clock.shift(seconds)
        self.service.settle()

    def ends(self, state: VocabularyState = VocabularyState.READY, *, heard_of: bool = True) -> None:
        """All that is being made is made, and EventBridge tells of it in AWS's documented shape."""
        for name, now in self.kept.states.items():
            if now is VocabularyState.BUILDING:
                self.kept.states[name] = state
                if heard_of:
                    self.tell(name, state)
        self.service.settle()

    def tell(self, name: str, state: VocabularyState) -> None:
        detail = {"VocabularyName": name, "VocabularyState": state.value.upper()}
        event = {
            "version": "0",
            "id": "event-id",
            "detail-type": "Vocabulary State Change",
            "source": "aws.transcribe",
            "account": "111122223333",
            "time": "2026-11-29T08:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": detail,
        }
        vocabularies.told(event, self.service.services)

    @property
    def in_use(self) -> list[str]:
        return [name for _, name in known_words.vocabularies(OWNER, self.service.services)]

    def stage(self, language: str = "en") -> Stage | None:
        known = self.service.services.vocabularies.get(OWNER, language)
        return known.stage if known else None


@pytest.fixture
def place() -> Iterator[Place]:
    with running_service() as service:
        kept = Kept()
        keeper = Keeper(kept)
        service.services.engines[TRANSCRIPTION] = keeper
        yield Place(service, kept, keeper)


def test_some_minutes_after_a_change_one_is_made_of_all_of_it_and_then_used(place: Place) -> None:
    place.write("Kowalczyk")
    place.service.clock.shift(60)
    place.write("CLI", "서울")
    assert place.stage() is Stage.WAITING
    place.settle()
    (name,) = place.kept.asked  # two messages came, of which the first was not the newest
    assert name.startswith(prefix_of(place.service.services.settings.users_table))
    assert name.endswith("-en-a")
    assert place.kept.phrases[name] == ["C.L.I.", "Kowalczyk"], "the newest first, without what cannot be in it"
    assert (place.stage(), place.in_use) == (Stage.BUILDING, [])
    place.ends()
    assert (place.stage(), place.in_use) == (Stage.READY, [name])
    place.service.upload(language="en-GB")
    place.service.settle()
    assert place.keeper.jobs[-1].lexicons == (("en", name),)
    place.settle(7200)
    assert place.kept.asked == [name], "what is made is not made again"


def test_the_next_one_is_made_of_the_other_while_the_first_is_in_use(place: Place) -> None:
    place.write("Kowalczyk")
    place.settle()
    place.ends()
    (blue,) = place.in_use
    place.write("Duguid")
    place.settle()
    green = place.kept.asked[-1]
    assert (green.rpartition("-")[2], place.in_use) == ("b", [blue])
    place.write("Siobhan")  # while that is being made
    place.settle()
    assert place.kept.asked == [blue, green]
    place.ends()
    assert place.in_use == [green]
    assert place.kept.asked == [blue, green, blue], "what came meanwhile follows at once"
    place.ends()
    assert place.in_use == [blue]
    assert sorted(place.kept.phrases[blue]) == ["Duguid", "Kowalczyk", "Siobhan"]


def test_one_that_fails_is_told_and_what_was_in_use_stays(place: Place) -> None:
    place.write("Kowalczyk")
    place.settle()
    place.ends()
    before = place.in_use
    place.write("Duguid")
    place.settle()
    place.ends(VocabularyState.FAILED)
    known = place.service.services.vocabularies.get(OWNER, "en")
    assert known is not None
    assert (known.stage, known.failure and known.failure.code) == (Stage.FAILED, "vocabulary-not-made")
    assert place.in_use == before
    place.write("Siobhan")
    place.settle()
    place.ends()
    assert (place.stage(), place.in_use != before) == (Stage.READY, True)


def test_why_one_has_failed_is_kept_and_of_the_same_words_none_is_made_again(place: Place) -> None:
    place.kept.reason = "The phrase in line 2 has a character that is not supported:\n 'x'"
    place.write("Kowalczyk")
    place.settle()
    place.ends(VocabularyState.FAILED)
    known = place.service.services.vocabularies.get(OWNER, "en")
    assert known is not None
    assert known.failure is not None
    assert (known.stage, known.failure.code) == (Stage.FAILED, "vocabulary-refused")
    assert "line 2 has a character that is not supported: 'x'" in str(known.failure)
    place.write("Kowalczyk")
    place.settle()
    place.settle(3 * 24 * 3600)
    assert (len(place.kept.asked), place.stage()) == (1, Stage.FAILED)


def test_what_was_refused_when_it_was_asked_for_is_tried_again_by_itself_the_next_day(place: Place) -> None:
    place.kept.refuses = EngineFailed(NO)
    place.write("Kowalczyk")
    place.settle()
    place.service.later(25)
    place.service.settle()
    assert (place.kept.asked, place.stage()) == ([], Stage.FAILED)
    place.kept.refuses = None
    place.service.later(25)
    place.service.settle()
    place.ends()
    assert (len(place.kept.asked), place.stage()) == (1, Stage.READY)


def test_where_the_deployments_code_of_a_language_changes_it_is_made_anew(place: Place) -> None:
    place.write("Kowalczyk")
    place.settle()
    place.ends()
    place.kept.codes["en"] = "en-GB"
    place.write("Kowalczyk")
    place.settle()
    place.ends()
    assert (len(place.kept.asked), place.stage()) == (2, Stage.READY)


def test_what_the_service_refuses_is_told_and_tried_again(place: Place) -> None:
    place.kept.refuses = EngineFailed(NO)
    place.write("Kowalczyk")
    place.settle()
    known = place.service.services.vocabularies.get(OWNER, "en")
    assert known is not None
    assert (known.stage, known.failure) == (Stage.FAILED, NO)
    place.kept.refuses = None
    place.write("Kowalczyk", "Duguid")
    place.settle()
    place.ends()
    assert place.stage() is Stage.READY


def test_events_that_are_lost_twice_told_or_of_others_change_nothing(place: Place) -> None:
    place.write("Kowalczyk")
    place.settle()
    name = place.kept.asked[0]
    place.tell(name, VocabularyState.READY)  # too early: it is asked how it stands
    place.tell("somebody-elses", VocabularyState.READY)
    place.tell(f"{prefix_of(place.service.services.settings.users_table)}none-en-a", VocabularyState.FAILED)
    place.service.settle()
    assert (place.stage(), place.in_use) == (Stage.BUILDING, [])
    place.ends(heard_of=False)
    assert place.in_use == []
    place.service.later(2)  # the hourly look
    place.service.settle()
    assert (place.stage(), place.in_use) == (Stage.READY, [name])
    for _ in range(2):
        place.tell(name, VocabularyState.READY)
    place.service.settle()
    assert place.in_use == [name]
    assert place.kept.asked == [name]


def test_death_after_it_was_noted_and_before_it_was_asked_for_is_made_good(place: Place) -> None:
    place.kept.refuses = KeyError("the process dies")
    place.write("Kowalczyk")
    with pytest.raises(KeyError):
        vocabularies.refresh(OWNER, "en", None, place.service.services)
    assert place.stage() is Stage.BEGUN
    place.kept.refuses = None
    vocabularies.refresh(OWNER, "en", None, place.service.services)
    place.ends()
    assert place.stage() is Stage.READY
    assert len(set(place.kept.asked)) == 1


def test_an_emptied_lexicon_has_none_and_neither_has_who_is_gone(place: Place) -> None:
    services = place.service.services
    place.write("Kowalczyk")
    place.settle()
    place.ends()
    services.learning.remove_entry(OWNER, "en", term_id("Kowalczyk"))
    vocabularies.changed(OWNER, {"en"}, services)
    place.settle()
    assert (place.in_use, place.stage()) == ([], None)
    assert place.kept.states, "what was begun with it may need it for a while"
    place.service.later(3)
    place.service.settle()
    assert place.kept.states == {}
    place.write("Duguid")
    place.settle()
    place.ends()
    place.write("Siobhan")
    place.settle()  # the other is being made while its owner goes
    with pytest.raises(Conflict):
        erase_account(OWNER, services)
    erase_account(OWNER, services)
    place.service.settle()
    assert list(place.kept.states.values()) == [VocabularyState.BUILDING], "it cannot be deleted yet"
    place.ends()
    assert place.kept.states == {}
    table = services.settings.users_table
    left = boto3.client("dynamodb").scan(TableName=table)["Items"]
    assert "-en-" not in json.dumps(left, default=str)
    assert "Duguid" not in json.dumps(left, default=str)


def test_its_owner_is_told_how_it_stands_and_what_cannot_be_in_it() -> None:
    with a_world() as world:
        kept = Kept()
        world.service.services.engines[TRANSCRIPTION] = Keeper(kept)
        ada = world.api(ADA)
        entries = [{"text": "Kowalczyk"}, {"text": "서울"}]
        assert ada.ask("PUT", "/lexicon/en", {"entries": entries}).status == 200
        (told,) = ada.get("/lexicon").json["vocabularies"]
        assert told == {"language": "en", "state": "waiting", "left_out": ["서울"]}
        kept.refuses = EngineFailed(NO)
        world.service.clock.shift(vocabularies.PAUSE)
        world.service.settle()
        ada = world.api(ADA)
        (told,) = ada.get("/lexicon?language=en").json["vocabularies"]
        assert (told["state"], told["reason"]["code"]) == ("failed", "a-test-refuses")
        assert ada.get("/lexicon?language=fr").json["vocabularies"] == []
        assert world.api(BOB).get("/lexicon").json == {"entries": [], "vocabularies": []}


def test_where_nothing_keeps_vocabularies_nothing_is_noted(place: Place) -> None:
    services = place.service.services
    services.engines[TRANSCRIPTION] = FakeTranscriber()
    place.write("Kowalczyk")
    assert place.stage() is None
    assert known_words.vocabularies(OWNER, services) == ()


@contextmanager
def failing(nth: int, place: Place, *, after: bool) -> Iterator[list[str]]:
    """The `nth` call that changes something fails, before it takes effect or after. Yields all that were made."""
    made: list[str] = []

    def wrapped(what: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            made.append(what.__name__)
            if len(made) == nth and not after:
                raise ConnectionError
            found = what(*args, **kwargs)
            if len(made) == nth:
                raise ConnectionError
            return found

        return call

    with ExitStack() as patched:
        for at in (LearningStore, VocabularyStore, Keeper, ObjectStore):
            for name in ("_update", "_put", "_delete", "put_vocabulary", "drop_vocabulary", "write"):
                if hasattr(at, name):
                    patched.enter_context(patch.object(at, name, _method(wrapped, getattr(at, name))))
        yield made


def _method(wrapped: Callable[[Callable[..., Any]], Callable[..., Any]], what: Callable[..., Any]) -> Any:
    """A function, so that it is bound as the one in whose place it is."""
    inner = wrapped(what)
    return lambda self, *args, **kwargs: inner(self, *args, **kwargs)


def test_whatever_call_fails_before_or_after_its_effect_the_next_try_comes_to_the_same(place: Place) -> None:
    services = place.service.services
    for after in (False, True):
        for nth in count(1):
            owner = f"owner-{nth}-{after}"
            services.learning.put_entries(owner, [Entry("Kowalczyk", "en", Source.TYPED, time.time())])
            services.vocabularies.touch(owner, "en", time.time())

            def steps(owner: str = owner) -> None:
                vocabularies.refresh(owner, "en", None, services)
                for name, state in place.kept.states.items():
                    if state is VocabularyState.BUILDING:
                        place.kept.states[name] = VocabularyState.READY
                for name in list(place.kept.states):
                    vocabularies.look(name, services)

            with failing(nth, place, after=after) as made:
                for _ in range(4):
                    with suppress(ConnectionError):
                        steps()
            ((_, name),) = known_words.vocabularies(owner, services)
            known = services.vocabularies.get(owner, "en")
            assert known is not None
            assert (known.stage, known.name, name.endswith("-a")) == (Stage.READY, name, True), (nth, after, made)
            assert place.kept.phrases[name] == ["Kowalczyk"]
            if len(made) < nth:
                break
            assert nth < 40
