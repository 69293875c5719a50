"""What nights make, for whom, and why not: planted recordings, the real trainer of words, a made-up one with jobs."""

import json
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from chalicelib.domain import keys
from chalicelib.domain.accounts import TrainingScope
from chalicelib.domain.calendar import today
from chalicelib.errors import EngineBusy
from chalicelib.learning.gate import Verdict
from chalicelib.learning.models import EVERYBODY, Approved, LastNight, Model, ModelRef, ModelState, Outcome
from chalicelib.message import Message
from chalicelib.pipeline import consent, models, nights, rollback, sittings
from chalicelib.seams.jobs import JobOutcome, Started, UnderWay
from chalicelib.seams.seam import OptionalSeam
from chalicelib.seams.training import WORDS_TRAINING, Trained, Trainer, TrainingJob, TrainingSet, TrainingStarted
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import Segment, Transcript, Word
from tests.harness import taught
from tests.harness.service import OWNER, Service, running_service

WORDS = WORDS_TRAINING.name
DAY = 24 * 3600
EVERY = TrainingScope.EVERYBODY


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(WORDS_TRAINER="replacements") as service:
        yield service


def night(service: Service, scope: str = OWNER) -> LastNight:
    """The next night of a scope, and what it has come to."""
    service.clock.shift(DAY)
    nights.train(taught.due(service.services, scope), service.services)
    last = service.services.learning.last_night(scope, taught.LANGUAGE, WORDS)
    assert last is not None
    return last


def the_models(service: Service, scope: str = OWNER) -> list[Model]:
    return service.services.learning.models(scope, taught.LANGUAGE)


def in_use(service: Service, scope: str = OWNER) -> int | None:
    use = service.services.learning.in_use(scope, taught.LANGUAGE, WORDS)
    return use.number if use else None


def everybody(service: Service, accounts: int, said: str, right: str, recordings: int = 3) -> list[str]:
    """Accounts that agreed to teach everybody, and that all correct the same."""
    owners = [taught.agree(service.services, f"account-{number}", EVERY) for number in range(accounts)]
    for owner in owners:
        taught.plenty(service.services, owner, held_out=2, others=recordings - 2, said=said, right=right)
    return owners


# ---- why nothing is made


def test_a_night_that_makes_nothing_says_why(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.corrected(services, OWNER)
    last = night(service)
    assert (last.outcome, last.reason and last.reason.code) == (Outcome.SKIPPED, "too-few-recordings")
    assert the_models(service) == []


def test_what_is_too_little_waits_and_counts_in_the_next_night() -> None:
    with running_service(WORDS_TRAINER="replacements", TRAINING_LEAST_NEW="6") as service:
        services = service.services
        taught.agree(services, OWNER)
        taught.plenty(services, OWNER, held_out=2, others=2)
        last = night(service)
        assert last.reason is not None
        assert (last.reason.code, last.reason.values) == ("too-little-new", {"count": 4, "least": 6})
        taught.plenty(services, OWNER, held_out=0, others=2)
        assert night(service).outcome is Outcome.REFUSED, "with six it is tried"


def test_the_trainings_of_a_night_keep_to_its_limit(service: Service) -> None:
    learning = service.services.learning
    limit = Decimal(10)
    assert learning.spend("1", "a", Decimal(6), limit)
    assert learning.spend("1", "a", Decimal(6), limit), "asked again it is the same"
    assert not learning.spend("1", "b", Decimal(5), limit)
    assert learning.spend("1", "c", Decimal(4), limit)
    assert learning.spend("2", "b", Decimal(5), limit), "another night has a limit of its own"
    assert not learning.spend("3", "d", Decimal(11), limit)


# ---- for everybody


def test_what_many_accounts_teach_is_for_everybody(service: Service) -> None:
    everybody(service, 5, "rapport tour", "report tool")
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN
    (model,) = the_models(service, EVERYBODY)
    assert len(model.owners) == 5
    assert model.judged is not None
    assert model.judged.recordings == 10, "of each account as many"


@pytest.mark.parametrize(
    ("accounts", "right"),
    [
        pytest.param(4, "report tool", id="one of four would be more than a fifth"),
        pytest.param(6, "Ann Tool", id="a name"),
    ],
)
def test_what_few_teach_and_what_may_be_a_name_is_not(service: Service, accounts: int, right: str) -> None:
    everybody(service, accounts, "rapport tour", right)
    last = night(service, EVERYBODY)
    assert (last.outcome, last.reason and last.reason.code) == (Outcome.FAILED, "nothing-learnt")
    assert in_use(service, EVERYBODY) is None


def test_a_poisoned_set_changes_nobody_else(service: Service) -> None:
    services = service.services
    everybody(service, 5, "rapport tour", "report tool")
    poisoner = taught.agree(services, "poisoner", EVERY)
    taught.plenty(services, poisoner, held_out=4, others=6, said="report tool", right="swindle")
    taught.plenty(services, poisoner, held_out=0, others=4, said="rapport tour", right="swindle")
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN
    use = services.learning.in_use(EVERYBODY, taught.LANGUAGE, WORDS)
    assert use is not None
    made = (services.outputs.read(use.artefact) or b"").decode()
    assert "report tool" in made
    assert "swindle" not in made


def test_an_administrator_lets_a_rule_through_or_never(service: Service) -> None:
    services, learning = service.services, service.services.learning
    owners = everybody(service, 3, "rapport tour", "Rapporteur")
    learning.approve(Approved(taught.LANGUAGE, "rapport tour", "Rapporteur", "admin", time.time()))
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN
    service.clock.shift(3600)
    learning.approve(Approved(taught.LANGUAGE, "rapport tour", "", "admin", time.time()))
    learning.make_due(EVERYBODY, taught.LANGUAGE, time.time())
    assert night(service, EVERYBODY).outcome is Outcome.RETIRED
    for owner in owners:
        consent.withdraw(owner, services)
    night(service, EVERYBODY)
    assert in_use(service, EVERYBODY) is None, "what nobody teaches any more is gone, approved or not"


def test_a_model_that_holds_what_was_withdrawn_goes_with_the_next_night(service: Service) -> None:
    owners = everybody(service, 6, "rapport tour", "report tool")
    night(service, EVERYBODY)
    consent.withdraw(owners[0], service.services)
    assert in_use(service, EVERYBODY) == 1
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN, "the next one is without them"
    first, second = the_models(service, EVERYBODY)
    assert (first.state, first.owners, first.artefact) == (ModelState.RETIRED, frozenset(), None)
    assert owners[0] not in second.owners
    assert models.use(first, service.services) is None
    consent.withdraw(owners[1], service.services)
    consent.withdraw(owners[2], service.services)
    night(service, EVERYBODY)
    assert in_use(service, EVERYBODY) is None, "where none can be made without, there is none"
    place = keys.learning_of(EVERYBODY, taught.LANGUAGE)
    for owner in owners[:3]:
        assert not any(owner.encode() in (service.services.outputs.read(key) or b"") for key in _of(service, place))


def _of(service: Service, place: str) -> list[str]:
    return [key for key in service.services.outputs.names(place) if "/training/" in key or "/known/" in key]


def test_who_has_withdrawn_in_the_middle_of_a_night_has_no_model(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER)
    service.clock.shift(DAY)
    whole = nights.measure

    def withdrawing(*given: object) -> object:
        consent.withdraw(OWNER, services)
        return whole(*given)  # type: ignore[arg-type]

    with patch.object(nights, "measure", withdrawing):
        nights.train(taught.due(services, OWNER), services)
    assert in_use(service) is None
    assert [one.state for one in the_models(service)] == [ModelState.RETIRED]
    assert services.outputs.names(keys.learning_of(OWNER)) == []


# ---- two at once, late, twice


def test_two_nights_at_once_are_one(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER)
    service.clock.shift(DAY)
    named, whole, nested = taught.due(services, OWNER), nights.measure, []

    def together(*given: object) -> object:
        if not nested:
            nested.append(taught.corrected(services, OWNER))  # and somebody goes on correcting
            nights.train(named, services)
        return whole(*given)  # type: ignore[arg-type]

    with patch.object(nights, "measure", together):
        nights.train(named, services)
    assert [(one.ref.number, one.state) for one in the_models(service)] == [(1, ModelState.CURRENT)]
    assert services.learning.fresh(OWNER, taught.LANGUAGE) == []
    assert f"{OWNER}/{nested[0].asset_id}" in nights.knowledge.load(OWNER, taught.LANGUAGE, services)


def test_lessons_that_come_in_the_middle_of_a_night_are_for_the_next(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER)
    service.clock.shift(DAY)
    named, whole, late = taught.due(services, OWNER), nights.measure, []

    def late_lesson(*given: object) -> object:
        late.append(taught.corrected(services, OWNER))
        return whole(*given)  # type: ignore[arg-type]

    with patch.object(nights, "measure", late_lesson):
        nights.train(named, services)
    following = taught.due(services, OWNER)
    assert following.due_at > named.due_at
    assert [one.asset_id for one in services.learning.fresh(OWNER, taught.LANGUAGE)] == [late[0].asset_id]


# ---- readers have the last word


def test_if_readers_correct_more_the_model_before_comes_back_once(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER, others=3)
    night(service)
    service.clock.shift(60)
    for _ in range(rollback.RECORDINGS):
        shown = Transcript((_line("their", "was", "report", "of", "tours"),), "en-US")
        taught.corrected(services, OWNER, shown=shown, models=["account 1"])
    last = night(service)
    assert (last.outcome, last.number, last.reason and last.reason.code) == (
        Outcome.ROLLED_BACK,
        1,
        "readers-correct-more",
    )
    assert in_use(service) is None
    (model,) = the_models(service)
    assert model.state is ModelState.REFUSED
    assert services.learning.of_day(today())[Outcome.ROLLED_BACK] == 1
    put_back = models.use(model, services)
    assert put_back is not None
    taught.corrected(services, OWNER)
    assert night(service).outcome is not Outcome.ROLLED_BACK, "what readers said of it before is said"


def _line(*said: str) -> Segment:
    return Segment(tuple(Word(at, at + 0.9, text) for at, text in enumerate([*said, *taught.FILL])))


# ---- the general set


def test_what_harms_other_talk_is_not_taken(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER)
    said = [
        Word(at, at + 0.9, text)
        for at, text in enumerate(["the", "rapport", "tour", "began", "in", "the", "old", "town"])
    ]
    document = transcribe_document("job", said, "en-US")
    services.outputs.write_json(f"{keys.general_of('en')}tour.json", {"heard": document, "written": document})
    assert night(service).outcome is Outcome.REFUSED
    (model,) = the_models(service)
    assert model.judged is not None
    assert (model.judged.verdict, model.judged.general_current) == (Verdict.WORSE_IN_GENERAL, 0)


# ---- a trainer with jobs, whose models hear


class Hearing:
    """A service that trains for hours, and hears what is right with its models."""

    def __init__(self) -> None:
        self.ended: dict[str, Trained] = {}
        self.started: list[str] = []
        self.heard: list[str] = []
        self.gone: list[str] = []
        self.usd = Decimal(1)
        self.is_busy = False

    def hindrance(self, language: str, material: TrainingSet) -> Message | None:
        return None if material.words > 400 and material.measured_seconds >= 0 else Message("too-few-words", "Too few.")

    def estimate(self, material: TrainingSet) -> Decimal:
        return self.usd

    def start(self, job: TrainingJob) -> TrainingStarted:
        if self.is_busy:
            raise EngineBusy
        self.started += [] if job.name in self.started else [job.name]
        return self.ended.get(job.name, UnderWay.UNDER_WAY)

    def hear(self, job: TranscriptionJob, artefact: str | None) -> Started:
        if job.name in self.heard:
            said = "rapport tour" if artefact is None else "rapporteur"
            words = [
                Word(at, at + 0.9, text) for at, text in enumerate(["here", "is", *said.split(), "again", *taught.FILL])
            ]
            document = json.dumps(transcribe_document("job", words, "en-US")).encode()
            boto3.client("s3").put_object(Bucket=job.destination.bucket, Key=job.destination.key, Body=document)
            return JobOutcome(job.name)
        self.heard.append(job.name)
        return None

    def read_training(self, event: Mapping[str, Any]) -> Trained | None:
        return Trained(event["detail"]["name"], "voice-model-1")

    def retired(self, artefact: str) -> None:
        self.gone.append(artefact)


SEAM = OptionalSeam[Trainer]("voices", "voices_trainer", "learns voices", has_jobs=True)


@pytest.fixture
def hearing(service: Service) -> Iterator[Hearing]:
    """In the place of the trainer of words."""
    trainer = Hearing()
    service.services.engines[SEAM] = trainer
    with patch.object(nights, "TRAININGS", (SEAM,)), patch.object(models, "TRAININGS", (SEAM,)):
        taught.agree(service.services, OWNER)
        for ref in taught.plenty(service.services, OWNER):
            found = service.asset(ref)
            sound = keys.output_key(found, keys.Folder.AUDIO, ".wav")
            service.services.outputs.write(sound, b"RIFF", "audio/wav")
        service.clock.shift(DAY)
        yield trainer


def look(service: Service) -> None:
    """An hour later."""
    service.clock.shift(3_601)
    nights.collect(time.time(), service.services)
    service.settle()


def the_voice(service: Service) -> Model | None:
    return service.services.learning.model(ModelRef(OWNER, taught.LANGUAGE, SEAM.name, 1))


@pytest.mark.parametrize("is_told", [True, False], ids=["by its event", "by looking"])
def test_a_trainer_with_jobs_is_gone_on_with(service: Service, hearing: Hearing, is_told: bool) -> None:
    services = service.services
    nights.train(taught.due(services, OWNER), services)
    model = the_voice(service)
    assert model is not None
    assert (model.state, hearing.started) == (ModelState.TRAINING, [model.ref.job_name])
    look(service)
    trained = Trained(model.ref.job_name, "voice-model-1")
    if is_told:
        for _ in range(2):
            sittings.training_ended(trained, services)
        sittings.training_ended(Trained("nobody-en-voices-7", "x"), services)
        sittings.training_ended(Trained("nonsense", "x"), services)
        service.settle()
    else:
        hearing.ended[model.ref.job_name] = trained
        look(service)
    assert len(hearing.heard) == 10, "each recording that was held out is heard with and without"
    look(service)
    model = the_voice(service)
    assert model is not None
    assert (model.state, model.judged and model.judged.verdict) == (ModelState.CURRENT, Verdict.BETTER)
    assert list(services.learning.due(time.time() + DAY)) == [], "nothing is looked after any more"
    sittings.training_ended(trained, services)
    consent.withdraw(OWNER, services)
    service.settle()
    assert hearing.gone == ["voice-model-1"]


def test_a_trainer_that_is_too_dear_or_busy_makes_nothing_yet(service: Service, hearing: Hearing) -> None:
    services = service.services
    hearing.usd = Decimal(11)
    nights.train(taught.due(services, OWNER), services)
    last = services.learning.last_night(OWNER, taught.LANGUAGE, SEAM.name)
    assert last is not None
    assert last.reason is not None
    assert (last.outcome, last.reason.code) == (Outcome.SKIPPED, "training-limit")
    assert hearing.started == []
    hearing.usd, hearing.is_busy = Decimal(9), True
    taught.corrected(services, OWNER)
    service.clock.shift(DAY)
    nights.train(taught.due(services, OWNER), services)
    assert hearing.started == []
    hearing.is_busy = False
    look(service)
    assert len(hearing.started) == 1
    service.clock.shift(8 * DAY)
    look(service)
    model = the_voice(service)
    assert model is not None
    assert (model.state, model.reason and model.reason.code) == (ModelState.FAILED, "training-too-long")
