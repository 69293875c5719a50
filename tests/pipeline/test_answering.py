"""Questions are answered by words that stand in a transcript which whoever asks may read, or by nothing."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.accounts import export
from chalicelib.accounts.erasure import erase_account
from chalicelib.clients.tokens import Account
from chalicelib.domain.assets import AssetRef, End
from chalicelib.domain.questions import KEPT_SECONDS, LONGEST_SECONDS, Question
from chalicelib.errors import Conflict, EngineBusy, NotFound, OverQuota
from chalicelib.message import Message
from chalicelib.pipeline import answering, finding
from chalicelib.pipeline.answering import Shown
from chalicelib.pipeline.erase import erase
from chalicelib.seams.answering import ANSWERING
from chalicelib.speech.transcripts import Word
from tests.harness.aws_calls import recorded
from tests.harness.service import ANSWERER, EMAIL, EMBEDDER, OWNER, Service, running_service
from tests.pipeline.every_way import Tried, each_call_fails
from tests.pipeline.test_remaking import correct

ME = Account(OWNER, EMAIL, is_admin=False)
SOMEBODY = Account("owner-2", "else@rapporteur.example", is_admin=False)


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(**ANSWERER, ANALYSIS_OF_CORRECTIONS="false") as one:
        yield one


def words(*lines: str) -> list[Word]:
    said = [(word, f"spk_{number % 2}") for number, line in enumerate(lines) for word in line.split()]
    return [Word(at, at + 0.5, word, 0.9, speaker=who) for at, (word, who) in enumerate(said)]


def say(service: Service, *lines: str) -> AssetRef:
    service.clock.shift(60)
    service.cloud.words = words(*lines)
    ref = service.upload().ref
    service.settle()
    service.cloud.calls.clear()
    return ref


def ask(service: Service, text: str, who: Account = ME) -> Question:
    question = answering.ask(who, text, service.services)
    service.settle()
    return there(service, question.id, who)


def there(service: Service, question_id: str, who: Account = ME) -> Question:
    found = service.services.questions.get(who.owner, question_id)
    assert found is not None
    return found


def shown(service: Service, question: Question, who: Account = ME) -> list[Shown]:
    return answering.quoted(question, who, service.services)


def told(service: Service, question: Question, who: Account = ME) -> list[tuple[str, float]]:
    return [(one.quote.text, one.quote.start) for one in shown(service, question, who)]


BUSES = ("The budget is about schools.", "We need more buses here.", "Nobody has asked about trams.")


@pytest.mark.parametrize("with_meaning", [False, True])
def test_the_answer_is_what_was_said_word_by_word_at_its_time(with_meaning: bool) -> None:
    with running_service(**ANSWERER, **(EMBEDDER if with_meaning else {})) as service:
        ref, _ = say(service, *BUSES), say(service, "The kitchen of the school is new.")
        question = ask(service, "Which buses?")
        assert (question.state, question.of) == ("answered", 2)
        assert told(service, question) == [("We need more buses here.", 5.0)]
        assert [one.asset.ref for one in shown(service, question)] == [ref]
        assert [one.quote.speakers for one in shown(service, question)] == [("spk_1",)]
        assert service.cloud.calls.count("answer") == 1


def test_nobody_says_so_where_nobody_does(service: Service) -> None:
    say(service, *BUSES)
    near = ask(service, "Which buses are yellow?")
    assert (near.state, near.found, near.looked, near.of) == ("answered", (), 1, 1)
    far = ask(service, "Cauliflower?")
    assert (far.state, far.found) == ("answered", ())
    assert service.cloud.calls.count("answer") == 1, "of what has nothing to do with it, no engine is asked"


def test_what_one_person_says_in_a_row_is_one_quote_and_two_people_are_two(service: Service) -> None:
    service.cloud.words = [
        dataclasses.replace(word, speaker="spk_0" if word.start < 4 else "spk_1")
        for word in words("Buses one.", "Buses two.", "Buses three.")
    ]
    service.upload()
    service.settle()
    assert told(service, ask(service, "Buses?")) == [("Buses one. Buses two.", 0.0), ("Buses three.", 4.0)]


def test_words_are_read_again_each_time_and_what_is_gone_is_left_out(service: Service) -> None:
    ref = say(service, *BUSES)
    question = ask(service, "Which buses?")
    assert "buses" not in json.dumps(dataclasses.asdict(question)["found"]), "no words are kept"
    correct(service, ref, "The budget is about schools. We need more trams here. Nobody has asked about trams.")
    (now,) = shown(service, question)
    assert (now.quote.text, now.is_corrected) == ("We need more trams here.", True)
    correct(service, ref, "The budget is about schools.")
    assert shown(service, question) == []


def test_nothing_is_told_of_what_may_not_be_read_or_is_gone(service: Service) -> None:
    ref = say(service, *BUSES)
    question = ask(service, "Which buses?")
    assert told(service, question, SOMEBODY) == []
    assert ask(service, "Which buses?", SOMEBODY).found == ()
    theirs = tuple(dataclasses.replace(one, owner="owner-2") for one in question.found)
    forged = dataclasses.replace(question, found=theirs)
    assert told(service, forged, SOMEBODY) == []
    erase(service.asset(ref), service.services)
    assert told(service, question) == []
    service.settle()
    assert ask(service, "Which buses?").found == ()


def test_engines_may_say_what_they_like(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    say(service, *BUSES)
    engine = service.services.engine(ANSWERING)
    wild: list[Any] = [10**9, -1, True, None, "0", 1.0, [1], 1, 1, 2]
    monkeypatch.setattr(engine, "answer", lambda question, lines: wild)
    assert told(service, ask(service, "Which buses?")) == [(BUSES[1], 5.0), (BUSES[2], 10.0)]


def test_a_bounded_number_of_objects_is_read_and_of_lines_given(service: Service) -> None:
    for number in range(12):
        say(service, *(f"Sentence {at} about buses of line {number}." for at in range(30)))
    question = answering.ask(ME, "Which buses of which line have sentences about them in this place?", service.services)
    with recorded(service) as calls:
        answering.finding.find(question.text, [answering.shelves(ME, service.services)[0]], 20, service.services)
    assert len(calls) - 1 <= finding.MOST_READ, "one is of the shelves"
    service.settle()
    ((_, lines),) = service.cloud.asked
    assert len(lines) == 20
    assert there(service, question.id).looked == finding.MOST_RECORDINGS
    assert there(service, question.id).of == 12
    monstrous = say(service, " ".join(["buses"] * 20_000))
    ask(service, "Which buses?")
    _, lines = service.cloud.asked[-1]
    assert sum(len(line.text.encode()) for line in lines) <= finding.MOST_BYTES
    assert monstrous


def test_a_day_has_room_for_so_many() -> None:
    with running_service(**ANSWERER, QUESTIONS_A_DAY="2") as service:
        for _ in range(2):
            ask(service, "Which buses?")
        with pytest.raises(OverQuota, match="tomorrow"):
            ask(service, "Which buses?")
        assert service.services.questions.asked_today(OWNER) == 2
        service.clock.shift(24 * 3600)
        assert ask(service, "Which buses?").state == "answered"


def test_a_failure_says_why_and_a_question_that_nobody_works_on_is_over(service: Service) -> None:
    say(service, *BUSES)
    service.cloud.failing["answer"] = Message("no", "No.")
    assert ask(service, "Which buses?").failure == Message("no", "No.")
    service.cloud.failing.clear()
    service.cloud.breaking.add("answer")
    broken = ask(service, "Which buses?")
    assert (broken.state, broken.failure and broken.failure.code) == ("failed", "analysis-broke")
    service.cloud.breaking.clear()
    late = answering.ask(ME, "Which buses?", service.services)
    service.clock.shift(LONGEST_SECONDS)
    service.settle()
    assert there(service, late.id).failure == answering.TOOK_TOO_LONG
    assert service.cloud.calls.count("answer") == 0


def test_a_busy_engine_is_asked_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    say(service, *BUSES)
    engine = service.services.engine(ANSWERING)
    assert engine is not None
    answer, busy = engine.answer, [True, True]

    def answering_later(question: str, lines: Any) -> Any:
        if busy:
            busy.pop()
            raise EngineBusy
        return answer(question, lines)

    monkeypatch.setattr(engine, "answer", answering_later)
    assert told(service, ask(service, "Which buses?")) == [(BUSES[1], 5.0)]
    assert service.dead_letters("analysis") == []


def test_a_question_goes_after_a_day_or_when_it_is_deleted_and_with_the_account(service: Service) -> None:
    say(service, *BUSES)
    first = ask(service, "Which buses?")
    service.clock.shift(KEPT_SECONDS)
    assert service.services.questions.get(OWNER, first.id) is None
    assert service.services.questions.of(OWNER) == []
    second = ask(service, "Which buses?")
    assert [one["text"] for one in export._account(OWNER, service.services)["questions"]] == ["Which buses?"]
    open_one = answering.ask(ME, "Which buses?", service.services)
    service.services.questions.delete(OWNER, open_one.id)
    service.settle()
    assert service.services.questions.of(OWNER) == [second]
    last = answering.ask(ME, "Which buses?", service.services)
    with suppress(Conflict):  # requests may be under way
        erase_account(OWNER, service.services)
    service.clock.shift(3_600)
    erase_account(OWNER, service.services)
    answering.work(OWNER, last.id, service.services)
    service.settle()
    items = service.services.aws.dynamodb.scan(TableName=service.services.settings.users_table)["Items"]
    assert not [item for item in items if item["owner"]["S"] == OWNER]


def test_where_nothing_answers_nothing_is_asked() -> None:
    with running_service() as service:
        with pytest.raises(NotFound):
            answering.ask(ME, "Which buses?", service.services)
        assert service.services.questions.asked_today(OWNER) == 0


def test_what_it_costs_is_in_the_books_and_nothing_dear_is_asked_unasked() -> None:
    with running_service(
        ANSWERER="bedrock", BEDROCK_ANSWER_MODEL="amazon.nova-lite-v1:0", COST_LIMIT_USD="0"
    ) as service:
        most = answering.expected(service.services).usd
        assert 0 < most < 1
        with pytest.raises(Conflict, match="above your limit"):
            answering.ask(ME, "Which buses?", service.services)
        assert service.services.questions.of(OWNER) == []
        say(service, *BUSES)
        answer = {"output": {"message": {"content": [{"text": '{"lines": [1]}'}]}}, "stopReason": "end_turn"}
        service.services.aws.__dict__["bedrock"] = type("", (), {"converse": lambda *_, **__: answer})()
        asked = answering.ask(ME, "Which buses?", service.services, accept_cost=True)
        service.settle()
        question = there(service, asked.id)
        (entry,) = [one for one in service.services.ledger.of_owner(OWNER) if one.end is End.ANSWERED]
        assert told(service, question) == [(BUSES[1], 5.0)]
        assert 0 < question.usd == entry.usd < most
        assert "bedrock" in entry.services


def _left(service: Service) -> dict[str, Any]:
    (question,) = service.services.questions.of(OWNER)
    entries = [one for one in service.services.ledger.of_owner(OWNER) if one.end is End.ANSWERED]
    values = dataclasses.asdict(question)
    values.pop("id"), values.pop("asked_at")
    for one in values["found"]:
        one.pop("asset_id")
    left = {"question": values, "told": told(service, question), "entered": len(entries)}
    return dict(json.loads(json.dumps(left, default=str)))


@pytest.fixture(scope="module")
def tried() -> Iterator[Callable[[], Tried]]:
    """A question is asked, and each call of what follows fails in a copy of this process."""
    with running_service(**ANSWERER, ANALYSIS_OF_CORRECTIONS="false") as service:

        def prepare() -> AssetRef:
            ref = say(service, *BUSES)
            answering.ask(ME, "Which buses?", service.services)
            return ref

        def tidy(ref: AssetRef) -> None:
            for one in service.services.questions.of(OWNER):
                service.services.questions.delete(OWNER, one.id)
            erase(service.asset(ref), service.services)
            for entry in service.services.ledger._items(OWNER, "run#"):
                service.services.ledger._delete(OWNER, entry["item"])
            service.settle()

        yield each_call_fails(service, prepare, lambda ref: service.settle(), lambda ref: _left(service), tidy)


@pytest.mark.xdist_group("faults answering")
def test_a_call_that_fails_changes_nothing_in_the_end(tried: Callable[[], Tried]) -> None:
    faultless, calls, failed = tried()
    assert faultless["entered"] == 1
    assert {"UpdateItem", "GetObject", "PutItem", "answer"} <= set(calls)
    assert len(failed) == 3 * len(calls)
    for (number, how), left in failed.items():
        assert "error" not in left, left["error"]
        assert left == faultless, (number, calls[number - 1], how)
