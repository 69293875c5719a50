"""Captions are put into other languages once for each time that is asked, whatever fails; each says of which text."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from chalicelib.domain.assets import AssetRef, End, RunRef
from chalicelib.errors import Conflict, EngineBusy, EngineError, InvalidRequest, OverQuota
from chalicelib.message import Message
from chalicelib.pipeline import erase, messages, retry, translating
from chalicelib.seams.translation import TRANSLATION
from chalicelib.speech.transcribe_json import load_transcript
from tests.engines.stubs import answer, stubbed
from tests.harness.service import OWNER, TRANSLATOR, Service, running_service
from tests.pipeline.every_way import Tried, each_call_fails
from tests.pipeline.test_remaking import SAID, correct


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(**TRANSLATOR, ANALYSIS_OF_CORRECTIONS="false") as service:
        yield service


def heard(service: Service) -> AssetRef:
    service.cloud.words = list(SAID)
    ref = service.upload().ref
    service.settle()
    service.cloud.calls.clear()
    return ref


def ask(service: Service, ref: AssetRef, language: str = "fr") -> None:
    translating.ask(service.asset(ref), language, service.services)


def text(service: Service, ref: AssetRef, language: str = "fr") -> str:
    document = service.services.outputs.read(translating.key(service.asset(ref), language))
    assert document is not None
    return load_transcript(document).text


def test_captions_are_made_once_however_often_that_is_asked(service: Service) -> None:
    ref = heard(service)
    for _ in range(3):
        ask(service, ref)
    assert service.asset(ref).translations["fr"].state == "asked"
    service.settle()
    one = service.asset(ref).translations["fr"]
    assert (one.state, one.edition, one.failure) == ("done", 0, None)
    assert text(service, ref) == "sessuB .nur"
    assert service.cloud.calls == ["translate"]
    url = service.services.settings.queue_url("analysis")
    run = service.asset(ref).run
    for body in (
        messages.encode(run, translated="fr"),
        messages.encode(run, translated="ja"),
        messages.encode(RunRef(ref, 7), translated="fr"),
        messages.encode(RunRef(AssetRef(OWNER, "0" * 27), 1), translated="fr"),
    ):
        service.services.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
    service.settle()
    assert service.cloud.calls == ["translate"]
    assert service.dead_letters("analysis") == []
    assert list(service.asset(ref).translations) == ["fr"]


def test_they_are_outdated_once_something_else_is_said_and_made_again_when_asked(service: Service) -> None:
    ref = heard(service)
    ask(service, ref)
    service.settle()
    correct(service, ref, "Busses run.")
    service.settle()
    assert not translating.is_outdated(service.asset(ref), service.asset(ref).translations["fr"]), "as it was heard"
    correct(service, ref, "Trams run.")
    service.settle()
    known = service.asset(ref).translations["fr"]
    assert translating.is_outdated(service.asset(ref), known)
    assert service.cloud.calls == ["translate"], "nobody has asked"
    ask(service, ref)
    assert text(service, ref) == "sessuB .nur", "what there was stays until the new is there"
    service.settle()
    again = service.asset(ref).translations["fr"]
    assert (text(service, ref), again.edition) == ("smarT .nur", 2)
    assert not translating.is_outdated(service.asset(ref), again)


def test_what_cannot_be_asked_for_is_refused(service: Service) -> None:
    ref = heard(service)
    for language in ("en", "tlh", "xx"):
        with pytest.raises(InvalidRequest):
            ask(service, ref, language)
    correct(service, ref, "")
    service.settle()
    with pytest.raises(Conflict, match="empty"):
        ask(service, ref)
    assert not service.asset(ref).translations


def test_without_an_engine_nothing_is_offered() -> None:
    with running_service() as service:
        ref = heard(service)
        assert translating.languages(service.asset(ref), service.services) == ()
        with pytest.raises(InvalidRequest):
            ask(service, ref)


def test_what_fails_says_why_and_keeps_what_there_was(service: Service) -> None:
    ref = heard(service)
    ask(service, ref)
    service.settle()
    correct(service, ref, "Trams run.")
    service.settle()
    why = Message("model", "No model.")
    service.cloud.failing["translate"] = why
    ask(service, ref)
    service.settle()
    one = service.asset(ref).translations["fr"]
    assert (one.state, one.failure, one.edition) == ("failed", why, 0)
    assert text(service, ref) == "sessuB .nur"
    service.cloud.failing.clear()
    ask(service, ref)
    service.settle()
    assert (service.asset(ref).translations["fr"].state, text(service, ref)) == ("done", "smarT .nur")


def test_what_has_no_room_comes_back_and_what_breaks_down_is_given_up(service: Service) -> None:
    ref = heard(service)
    turned_away: list[str] = []

    def busy(name: str, effect: Callable[[], Any]) -> Any:
        if len(turned_away) < 3:
            turned_away.append(name)
            raise EngineBusy
        return effect()

    service.cloud.on_call = busy
    ask(service, ref)
    service.settle()
    assert (len(turned_away), service.asset(ref).translations["fr"].state) == (3, "done")

    def broken(name: str, effect: Callable[[], Any]) -> Any:
        raise EngineError("It has a bad day.")

    service.cloud.on_call = broken
    ask(service, ref, "ja")
    service.settle()
    one = service.asset(ref).translations["ja"]
    assert one.failure is not None
    assert (one.state, one.failure.code, one.edition) == ("failed", "analysis-broke", None)


def test_a_version_has_its_own_and_an_earlier_one_has_them_again(service: Service) -> None:
    ref = heard(service)
    ask(service, ref)
    service.settle()
    asset = service.asset(ref)
    retry.hear(asset, dataclasses.replace(asset.options, language="en"), service.services)
    service.settle()
    assert not service.asset(ref).translations
    retry.use(service.asset(ref), 1, service.services)
    service.settle()
    assert (service.asset(ref).translations["fr"].state, text(service, ref)) == ("done", "sessuB .nur")


def test_what_is_erased_meanwhile_leaves_nothing(service: Service) -> None:
    ref = heard(service)

    def erasing(name: str, effect: Callable[[], Any]) -> Any:
        if name == "translate":
            erase.erase(service.asset(ref), service.services)
        return effect()

    service.cloud.on_call = erasing
    ask(service, ref)
    service.settle()
    assert service.services.store.get(ref) is None
    assert not [name for name in service.services.outputs.names("output/") if ref.asset_id in name]


def test_it_is_in_the_books_once_and_in_what_the_recording_cost_but_in_no_run() -> None:
    with running_service(TRANSLATOR="amazon_translate", ANALYSIS_OF_CORRECTIONS="false") as service:
        services = service.services
        ref = heard(service)
        before = service.asset(ref).cost
        assert before is not None
        assert "translate.character" not in {line.item for line in before.lines}
        with stubbed(services.aws, "translate", "translate") as stubber:
            told = {"TranslatedText": "Les bus roulent.", "SourceLanguageCode": "en", "TargetLanguageCode": "fr"}
            answer(stubber, "translate_text", told)
            assert services.engine(TRANSLATION) is not None
            ask(service, ref)
            service.settle()
        assert text(service, ref) == "Les bus roulent."
        run, more = sorted(services.ledger.of_owner(OWNER), key=lambda entry: entry.end is End.TRANSLATED)
        after = service.asset(ref).cost
        assert after is not None
        assert after.usd == before.usd + more.usd
        assert more.services["translate"] == more.usd > 0
        assert "translate" not in run.services


def test_nothing_dear_is_done_unless_its_owner_agrees() -> None:
    with running_service(TRANSLATOR="amazon_translate", COST_LIMIT_USD="0") as service:
        ref = heard(service)
        asset = dataclasses.replace(
            service.asset(ref), options=dataclasses.replace(service.asset(ref).options, metered=True)
        )
        with pytest.raises(Conflict, match="above your limit"):
            translating.ask(asset, "fr", service.services)
        assert not service.asset(ref).translations
        assert translating.ask(asset, "fr", service.services, accept_cost=True).translations["fr"].state == "asked"


def test_languages_that_are_not_paid_for_yet_count_too() -> None:
    with running_service(TRANSLATOR="amazon_translate") as service:
        ref, services = heard(service), service.services
        found = service.asset(ref)
        metered = dataclasses.replace(found, options=dataclasses.replace(found.options, metered=True))
        once = translating.expected(metered, services).usd
        assert once > 0
        spent = found.cost.usd if found.cost is not None else 0
        services.users.change(OWNER, {"cost_limit_usd": spent + once * Decimal("2.5")})

        def ask(language: str) -> None:
            now = service.asset(ref)
            translating.ask(dataclasses.replace(now, options=metered.options), language, services)

        ask("fr")
        ask("ja")
        for _ in range(2):
            with pytest.raises(Conflict, match="above your limit"):
                ask("ko")
            ask("ja")  # as before: it is asked for already
        assert set(service.asset(ref).translations) == {"fr", "ja"}


def test_translations_are_held_against_the_text_that_may_be_read_anew_in_a_month() -> None:
    with running_service(**TRANSLATOR, QUOTA_MINUTES="2") as service:
        ref, users = heard(service), service.services.users

        def asked(language: str) -> None:
            found = service.asset(ref)
            metered = dataclasses.replace(found, options=dataclasses.replace(found.options, metered=True))
            translating.ask(metered, language, service.services)

        asked("fr")
        asked("fr")
        assert users.usage(OWNER).anew_minutes == 1, "what is under way is counted once"
        service.settle()
        service.cloud.failing["translate"] = Message("model", "No model.")
        asked("ja")
        service.settle()
        asked("ja")
        assert users.usage(OWNER).anew_minutes == 2
        with pytest.raises(OverQuota, match="2 minutes"):
            asked("fr")
        assert service.asset(ref).translations["fr"].state == "done"
        service.clock.shift(31 * 24 * 3600)
        asked("fr")
        assert users.usage(OWNER).anew_minutes == 1


def _left(service: Service, ref: AssetRef) -> dict[str, Any]:
    asset = service.asset(ref)
    one = dataclasses.asdict(asset.translations["fr"])
    one.pop("at"), one.pop("asked_at")
    left = {
        "translation": one,
        "text": text(service, ref),
        "paid": service.cloud.calls.count("translate"),
        "entered": len(service.services.ledger.of_owner(OWNER)),
        "cost": asset.cost and str(asset.cost.usd),
    }
    return dict(json.loads(json.dumps(left, default=str)))


@pytest.fixture(scope="module")
def tried() -> Iterator[Callable[[], Tried]]:
    """Captions are asked for, and each call of what follows fails in a copy of this process."""
    with running_service(**TRANSLATOR, ANALYSIS_OF_CORRECTIONS="false") as service:

        def prepare() -> AssetRef:
            ref = heard(service)
            ask(service, ref)
            return ref

        yield each_call_fails(service, prepare, lambda ref: service.settle(), partial(_left, service))


CALLS = 8


@pytest.mark.xdist_group("faults translating")
def test_a_call_that_fails_changes_nothing_in_the_end(tried: Callable[[], Tried]) -> None:
    faultless, calls, failed = tried()
    assert len(calls) == CALLS, calls
    assert {"UpdateItem", "PutObject", "PutItem", "translate"} <= set(calls)
    for k in range(1, CALLS + 1):
        for how in ("before", "after", "died"):
            left = failed[k, how]
            assert "error" not in left, left["error"]
            if calls[k - 1] in {"translate", "PutObject"}:  # of what nobody has stored, nothing is known
                left, wanted = left | {"paid": None}, faultless | {"paid": None}
            else:
                wanted = faultless
            assert left == wanted, (k, calls[k - 1], how)
