"""What readers, an owner or an administrator take back is not done any more; what is a name stands in the lexicon."""

import time
from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from chalicelib.domain.accounts import TrainingScope
from chalicelib.errors import EngineBusy
from chalicelib.learning.lexicon import Entry, Source
from chalicelib.learning.models import EVERYBODY, Approved, Outcome
from chalicelib.pipeline import consent, known, learned, learnt_words, lessons, nights
from chalicelib.seams.training import WORDS_TRAINING
from chalicelib.speech.transcripts import Segment, Transcript, Word
from chalicelib.storage.learning import term_id
from tests.harness import taught
from tests.harness.service import OWNER, Service, running_service
from tests.harness.taught import night

DAY = 24 * 3600
WORDS = WORDS_TRAINING.name
EVERY = TrainingScope.EVERYBODY


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(WORDS_TRAINER="replacements") as service:
        yield service


def in_use(service: Service, scope: str = OWNER) -> int | None:
    use = service.services.learning.in_use(scope, taught.LANGUAGE, WORDS)
    return use.number if use else None


def heard(service: Service, said: str, owner: str = OWNER) -> str:
    """What comes of what is said in a recording of an account."""
    ref = taught._announced(service.services, owner).ref
    service.services.store.describe(ref, {"version": 1})
    words = tuple(Word(at, at + 0.9, text) for at, text in enumerate(said.split()))
    asset = service.asset(ref)
    asset = replace(asset, options=replace(asset.options, metered=True))
    return learned.apply(asset, Transcript((Segment(words),), "en-US"), service.services).transcript.text


def everybody(service: Service, accounts: int, said: str, right: str) -> list[str]:
    owners = [taught.agree(service.services, f"account-{number}", EVERY) for number in range(accounts)]
    for owner in owners:
        taught.plenty(service.services, owner, held_out=2, others=1, said=said, right=right)
    return owners


def test_the_only_rule_that_all_readers_undo_is_used_no_more(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER)
    assert night(service).outcome is Outcome.TAKEN
    assert heard(service, "a rapport tour") == "a rapporteur"
    taught.undone(services, OWNER, times=6)
    last = night(service)
    assert (last.outcome, last.number, last.reason and last.reason.code) == (Outcome.RETIRED, 1, "all-taken-back")
    assert in_use(service) is None
    assert heard(service, "a rapport tour") == "a rapport tour"


def test_one_of_two_rules_is_dropped_without_any_proof_and_the_other_stays(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER, others=20)
    taught.plenty(services, OWNER, said="hour tour", right="our tour")
    assert night(service).outcome is Outcome.TAKEN
    taught.undone(services, OWNER, times=2)
    night(service)
    assert heard(service, "a rapport tour and hour tour") == "a rapport tour and our tour"
    assert in_use(service) is not None


def test_what_nobody_tells_any_more_that_it_was_undone_is_a_rule_again(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    refs = taught.plenty(services, OWNER)
    taught.plenty(services, OWNER, said="hour tour", right="our tour")
    night(service)
    taught.undone(services, OWNER)
    night(service)
    assert services.learning.dropped(OWNER, taught.LANGUAGE) == {"rapport tour"}
    for noted in services.learning.lessons(OWNER):
        ref = services.store.get(lessons.AssetRef(OWNER, noted.asset_id)).ref  # type: ignore[union-attr]
        if ref not in refs and noted.changes == 0:
            lessons.forget(ref, services)
    night(service)
    assert services.learning.dropped(OWNER, taught.LANGUAGE) == frozenset()
    consent.stop(OWNER, services)
    assert services.learning.all_dropped(OWNER) == []


def test_what_an_administrator_says_never_to_is_used_no_more_at_once(service: Service) -> None:
    learning = service.services.learning
    everybody(service, 3, "rapport tour", "Rapporteur")
    learning.approve(Approved(taught.LANGUAGE, "rapport tour", "Rapporteur", "admin", time.time()))
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN
    taught.agree(service.services, "somebody")
    assert heard(service, "a rapport tour", "somebody") == "a Rapporteur"
    service.clock.shift(3600)
    learning.approve(Approved(taught.LANGUAGE, "rapport tour", "", "admin", time.time()))
    learning.make_due(EVERYBODY, taught.LANGUAGE, time.time())
    assert heard(service, "a rapport tour", "somebody") == "a rapport tour"
    last = night(service, EVERYBODY)
    assert (last.outcome, last.reason and last.reason.code) == (Outcome.RETIRED, "all-taken-back")
    assert in_use(service, EVERYBODY) is None


def test_an_account_that_undoes_what_is_for_everybody_is_alone_without_it(service: Service) -> None:
    owners = everybody(service, 6, "rapport tour", "report tool")
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN
    taught.undone(service.services, owners[0], was="report tool")
    night(service, owners[0])
    night(service, EVERYBODY)
    assert heard(service, "a rapport tour", owners[0]) == "a rapport tour"
    assert heard(service, "a rapport tour", owners[1]) == "a report tool"


def test_what_is_for_everybody_is_done_only_to_accounts_that_agree_and_not_where_they_take_it_back(
    service: Service,
) -> None:
    services = service.services
    everybody(service, 5, "rapport tour", "report tool")
    assert night(service, EVERYBODY).outcome is Outcome.TAKEN
    assert heard(service, "a rapport tour", "somebody") == "a rapport tour"
    assert learned.shared_rules("somebody", taught.LANGUAGE, services) == []
    for owner in ("somebody", "else"):
        taught.agree(services, owner)
        assert heard(service, "a rapport tour", owner) == "a report tool"
    rule = learnt_words.rule_of("somebody", taught.LANGUAGE, term_id("rapport tour"), services)
    assert rule is not None
    learnt_words.take_back("somebody", taught.LANGUAGE, [rule], services)
    assert learned.shared_rules("somebody", taught.LANGUAGE, services) == []
    assert heard(service, "a rapport tour", "somebody") == "a rapport tour"
    assert heard(service, "a rapport tour", "else") == "a report tool"


# ---- what is known


def test_what_stands_confirmed_in_older_recordings_counts_once_it_may_become_a_rule(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER, held_out=0, others=6, said="report tool", right="rapport tour")
    night(service)
    taught.plenty(services, OWNER, held_out=0, others=2, said="rapport tour", right="rapporteur")
    night(service)
    stood = [one.taught.stood.get("rapport tour", 0) for one in known.load(OWNER, taught.LANGUAGE, services).values()]
    assert sum(stood) == 6
    assert [rule.key for rule in learned.rules_in_use(OWNER, taught.LANGUAGE, services)] == []


def test_text_that_was_kept_of_what_is_gone_before_anything_was_known_of_it_goes(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    (ref,) = taught.plenty(services, OWNER, held_out=0, others=1)
    service.clock.shift(DAY)
    with patch.object(services.learning, "note_known", side_effect=EngineBusy), pytest.raises(EngineBusy):
        nights.train(taught.due(services, OWNER), services)
    place = known.text_of(OWNER, taught.LANGUAGE)
    assert services.outputs.names(place) == [f"{place}{ref.asset_id}.txt"]
    lessons.forget(ref, services)
    night(service)
    assert services.outputs.names(place) == []


# ---- names and terms


def entries(service: Service) -> list[tuple[str, Source, tuple[str, ...]]]:
    found = service.services.learning.entries(OWNER, taught.LANGUAGE)
    return sorted((one.text, one.source, one.heard_as) for one in found)


def test_names_that_were_learnt_stand_in_the_lexicon_as_long_as_their_rule(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    refs = taught.plenty(services, OWNER, right="Rapporteur")
    taught.plenty(services, OWNER, said="hour tour", right="our tour")
    typed = Entry("Duguid", "en", Source.TYPED, 1.0)
    services.learning.put_entries(OWNER, [typed])
    assert night(service).outcome is Outcome.TAKEN
    learnt = ("Rapporteur", Source.LEARNT, ("rapport tour",))
    assert entries(service) == [("Duguid", Source.TYPED, ()), learnt], "ordinary words are none"
    (entry,) = [one for one in services.learning.entries(OWNER, "en") if one.source is Source.LEARNT]
    assert set(entry.recordings) < {ref.asset_id for ref in refs}
    learnt_words.settle(OWNER, "en", services)
    assert entry in services.learning.entries(OWNER, "en"), "since when it stands there stays"
    learnt_words.take_back_entry(OWNER, entry, services)
    assert heard(service, "a rapport tour and hour tour") == "a rapport tour and our tour"
    taught.plenty(services, OWNER, right="Rapporteur")
    night(service)
    assert entries(service) == [("Duguid", Source.TYPED, ())], "it does not come back"
    assert heard(service, "a rapport tour and hour tour") == "a rapport tour and our tour"


def test_what_somebody_typed_stays_theirs(service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER)
    taught.plenty(services, OWNER, right="Rapporteur")
    services.learning.put_entries(OWNER, [Entry("RAPPORTEUR", "en", Source.TYPED, 1.0)])
    night(service)
    assert entries(service) == [("RAPPORTEUR", Source.TYPED, ())]
