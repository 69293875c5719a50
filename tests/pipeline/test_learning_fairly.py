"""What nights make, for whom, and why not: planted recordings, the real trainer of words, a made-up one with jobs."""

import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib.domain import keys
from chalicelib.domain.accounts import TrainingScope
from chalicelib.domain.calendar import today
from chalicelib.learning import rules
from chalicelib.learning.gate import Verdict
from chalicelib.learning.models import EVERYBODY, Approved, Model, ModelState, Outcome
from chalicelib.pipeline import candidates, consent, models, nights, rollback, training_sets
from chalicelib.seams.training import (
    WORDS_TRAINING,
)
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import Segment, Transcript, Word
from tests.harness import taught
from tests.harness.service import OWNER, Service, running_service
from tests.harness.taught import night

WORDS = WORDS_TRAINING.name
DAY = 24 * 3600
EVERY = TrainingScope.EVERYBODY


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(WORDS_TRAINER="replacements") as service:
        yield service


def the_models(service: Service, scope: str = OWNER) -> list[Model]:
    return service.services.learning.models(scope, taught.LANGUAGE)


def made_of(service: Service, model: Model) -> dict[str, Any]:
    found: dict[str, Any] = models.made_of(model, service.services)["taught"]
    return found


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
    first, second = date(2026, 11, 28), date(2026, 11, 29)
    assert learning.spend(first, "a", Decimal(6), limit)
    assert learning.spend(first, "a", Decimal(6), limit), "asked again it is the same"
    assert not learning.spend(first, "b", Decimal(5), limit)
    assert learning.spend(first, "c", Decimal(4), limit)
    assert learning.spend(second, "b", Decimal(5), limit), "another day has a limit of its own"
    assert not learning.spend(date(2026, 11, 30), "d", Decimal(11), limit)


# ---- for everybody


def test_what_many_accounts_teach_is_for_everybody(service: Service) -> None:
    everybody(service, 5, "rapport tour", "report tool")
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN
    (model,) = the_models(service, EVERYBODY)
    assert {name.partition("/")[0] for name in made_of(service, model)} == {f"account-{n}" for n in range(5)}
    assert model.judged is not None
    assert model.judged.recordings == 10, "of each account as many"


def test_what_may_be_a_name_is_not(service: Service) -> None:
    everybody(service, 6, "rapport tour", "Ann Tool")
    last = night(service, EVERYBODY)
    assert (last.outcome, last.reason and last.reason.code) == (Outcome.FAILED, "nothing-learnt")
    assert in_use(service, EVERYBODY) is None


def test_what_few_teach_is_not_unless_an_administrator_lets_it_through(service: Service) -> None:
    learning = service.services.learning
    everybody(service, 4, "rapport tour", "report tool")
    learning.approve(Approved(taught.LANGUAGE, "rapport tour", "something else", "admin", time.time()))
    last = night(service, EVERYBODY)
    assert (last.outcome, last.number, last.reason) == (Outcome.SKIPPED, None, training_sets._TOO_FEW.of(least=5))
    assert the_models(service, EVERYBODY) == [], "of four one would be more than a fifth"
    learning.approve(Approved(taught.LANGUAGE, "rapport tour", "report tool", "admin", time.time()))
    learning.make_due(EVERYBODY, taught.LANGUAGE, time.time())
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN


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


def test_what_accounts_teach_that_have_just_agreed_waits(service: Service) -> None:
    owners = [taught.agree(service.services, f"account-{number}", EVERY, for_days=0) for number in range(5)]
    for owner in owners:
        taught.plenty(service.services, owner, held_out=2, others=2, right="report tool")
    last = night(service, EVERYBODY)
    assert (last.outcome, last.reason) == (Outcome.SKIPPED, training_sets._TOO_NEW.of(least=5, days=14))
    assert in_use(service, EVERYBODY) is None
    service.clock.shift(training_sets.AGREED_FOR_DAYS * DAY)
    taught.plenty(service.services, owners[0], held_out=0, others=1, right="report tool")
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN


@pytest.mark.parametrize("for_days", [0, 30])
def test_one_word_in_the_place_of_another_waits_for_an_administrator(service: Service, for_days: int) -> None:
    learning = service.services.learning
    for number in range(5):
        owner = taught.agree(service.services, f"account-{number}", EVERY, for_days=for_days)
        taught.plenty(service.services, owner, held_out=2, others=2, said="vote yes", right="vote never")
    night(service, EVERYBODY)
    assert in_use(service, EVERYBODY) is None
    learning.approve(Approved(taught.LANGUAGE, "yes", "never", "admin", time.time()))
    learning.make_due(EVERYBODY, taught.LANGUAGE, time.time())
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN


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
    assert (first.state, first.material, first.artefact) == (ModelState.RETIRED, "", None)
    assert owners[0] not in {name.partition("/")[0] for name in made_of(service, second)}
    assert models.use(first, service.services) is None
    consent.withdraw(owners[1], service.services)
    consent.withdraw(owners[2], service.services)
    night(service, EVERYBODY)
    assert in_use(service, EVERYBODY) is None, "where none can be made without, there is none"
    place = keys.learning_of(EVERYBODY, taught.LANGUAGE)
    for owner in owners[:3]:
        assert not any(owner.encode() in (service.services.outputs.read(key) or b"") for key in _of(service, place))


def test_what_became_of_the_one_after_it_is_said_where_a_model_leaves(service: Service) -> None:
    services = service.services
    owners = everybody(service, 6, "rapport tour", "report tool")
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN
    consent.withdraw(owners[0], services)
    with patch.object(rules, "LEAST_ACCOUNTS", 7):
        last = night(service, EVERYBODY)
    assert (last.outcome, last.number, last.reason and last.reason.code) == (Outcome.FAILED, 2, "nothing-learnt")
    first, second = the_models(service, EVERYBODY)
    assert (first.state, second.state) == (ModelState.RETIRED, ModelState.FAILED)
    assert services.learning.of_day(today())[Outcome.RETIRED] == 1, "the operators are told"


def _of(service: Service, place: str) -> list[str]:
    return [key for key in service.services.outputs.names(place) if "/training/" in key or "/known/" in key]


def test_who_has_withdrawn_in_the_middle_of_a_night_has_no_model(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER)
    service.clock.shift(DAY)
    whole = candidates.measure

    def withdrawing(*given: object) -> object:
        consent.withdraw(OWNER, services)
        return whole(*given)  # type: ignore[arg-type]

    with patch.object(candidates, "measure", withdrawing):
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
    named, whole, nested = taught.due(services, OWNER), candidates.measure, []

    def together(*given: object) -> object:
        if not nested:
            nested.append(taught.corrected(services, OWNER))  # and somebody goes on correcting
            nights.train(named, services)
        return whole(*given)  # type: ignore[arg-type]

    with patch.object(candidates, "measure", together):
        nights.train(named, services)
    assert [(one.ref.number, one.state) for one in the_models(service)] == [(1, ModelState.CURRENT)]
    assert services.learning.fresh(OWNER, taught.LANGUAGE) == []
    assert f"{OWNER}/{nested[0].asset_id}" in nights.knowledge.load(OWNER, taught.LANGUAGE, services)


def test_lessons_that_come_in_the_middle_of_a_night_are_for_the_next(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER)
    service.clock.shift(DAY)
    named, whole, late = taught.due(services, OWNER), candidates.measure, []

    def late_lesson(*given: object) -> object:
        late.append(taught.corrected(services, OWNER))
        return whole(*given)  # type: ignore[arg-type]

    with patch.object(candidates, "measure", late_lesson):
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


def test_what_was_rolled_back_is_not_taken_again(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER, others=3)
    night(service)
    service.clock.shift(60)
    # Somebody's own wording: much is changed, and no rule is learnt of it.
    shown = Transcript((_line(*["there", "was", "in", "fact", "some", "report", "of", "many", "tours"]),), "en-US")
    for _ in range(rollback.RECORDINGS):
        taught.corrected(services, OWNER, shown=shown, models=["account 1"])
    assert night(service).outcome is Outcome.ROLLED_BACK
    taught.corrected(services, OWNER, said="hour tour", right="our tour")
    assert night(service).outcome is Outcome.REFUSED
    second = the_models(service)[1]
    assert second.reason is not None
    assert (second.reason.code, second.reason.values) == ("training-as-before", {"number": 1})
    taught.plenty(services, OWNER, held_out=2, others=2, said="hour tour", right="our tour")
    assert night(service).outcome is Outcome.TAKEN, "what does something else is measured"


@pytest.mark.parametrize("by_hand", ["the one before is used", "it is retired"])
def test_what_an_administrator_takes_out_of_use_no_night_brings_back(service: Service, by_hand: str) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER)
    night(service)
    taught.plenty(services, OWNER, said="hour tour", right="our tour")
    assert night(service).outcome is Outcome.TAKEN
    first, second = the_models(service)
    if by_hand == "it is retired":
        models.retire(second, services, is_by_hand=True)
    else:
        models.use(first, services)
    taught.corrected(services, OWNER)
    last = night(service)
    assert (last.outcome, last.reason and last.reason.code) == (Outcome.REFUSED, "training-as-before")


def test_what_readers_of_several_accounts_correct_more_goes_for_everybody(service: Service) -> None:
    services = service.services
    owners = everybody(service, 6, "rapport tour", "report tool")
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN
    service.clock.shift(60)
    shown = Transcript((_line("their", "was", "report", "of", "tours"),), "en-US")
    for owner in owners[:3]:
        for _ in range(6):
            taught.corrected(services, owner, shown=shown, models=["everybody 1"])
    assert night(service, EVERYBODY).outcome is not Outcome.ROLLED_BACK, "of three accounts nobody can tell"
    for owner in owners[3:]:
        taught.corrected(services, owner, shown=shown, models=["everybody 1"])
    assert night(service, EVERYBODY).outcome is Outcome.ROLLED_BACK


def test_nights_that_are_made_up_for_have_one_limit(service: Service) -> None:
    found: list[date] = []
    spend = type(service.services.learning).spend

    def noted(store: Any, day: date, *more: Any) -> bool:
        found.append(day)
        return spend(store, day, *more)

    services = service.services
    taught.agree(services, OWNER)
    trainer = services.engine(WORDS_TRAINING)
    with (
        patch.object(type(services.learning), "spend", noted),
        patch.object(type(trainer), "estimate", lambda *_: Decimal(1), create=True),
    ):
        taught.plenty(services, OWNER, held_out=0)
        services.learning.make_due(OWNER, "en", time.time())
        missed = taught.due(services, OWNER)
        service.clock.shift(3 * DAY)
        nights.train(missed, services)
    assert found == [today()]


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


def test_what_administrators_bring_to_measure_by_is_heard_once_and_then_measured_by(service: Service) -> None:
    services = service.services
    said = ["the", "rapport", "tour", "began", "in", "the", "old", "town"]
    key = f"{keys.general_of('en')}tour"
    service.cloud.words = [Word(at, at + 0.9, text) for at, text in enumerate(said)]
    document = transcribe_document("job", service.cloud.words, "en-US")
    services.outputs.write(f"{key}.wav", b"sound", "audio/wav")
    services.outputs.write_json(f"{key}.json", {"written": document, "sound": f"{key}.wav"})
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER)
    assert night(service).outcome is Outcome.TRAINING, "it is still being heard"
    before = service.cloud.calls.count("transcribe")
    service.settle()
    service.hours_pass(2)
    (model,) = the_models(service)
    assert model.state is ModelState.REFUSED
    assert model.judged is not None
    assert model.judged.verdict is Verdict.WORSE_IN_GENERAL
    assert service.cloud.calls.count("transcribe") == before, "what was heard is kept"
