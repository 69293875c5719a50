"""What was made of a transcript is made anew when it has been corrected: once, whatever fails, and nobody is mailed."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, AssetRef, End
from chalicelib.errors import Conflict, EngineBusy, EngineError
from chalicelib.message import Message
from chalicelib.pipeline import erase, messages, remaking, retry, sittings
from chalicelib.seams.language import LANGUAGE
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.speech.corrections import Correction, Line, Verdict, correction
from chalicelib.speech.summaries import Summary
from chalicelib.speech.tracks import ANALYSIS, SUMMARY
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Confirmation, Word
from chalicelib.storage import editions
from chalicelib.storage.buckets import ObjectStore
from tests.harness.fakes import FakeAnalyzer
from tests.harness.service import OWNER, SHARED, Service, running_service
from tests.pipeline.test_faults import Faults, install, uninstall

SAID = [Word(0.5, 0.9, "Busses", 0.9, "", "spk_0"), Word(1.0, 1.4, "run", 0.9, ".", "spk_0")]


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as service:
        yield service


def heard(service: Service, **options: Any) -> AssetRef:
    """A recording that was heard, and of which its owner has been told."""
    service.cloud.words = list(SAID)
    ref = service.upload(**options).ref
    service.settle()
    service.cloud.calls.clear()
    return ref


def made_of(asset: Asset, text: str, outputs: ObjectStore, speaker: str = "spk_0") -> Correction:
    """The correction that writes this in the place of all that stands there, and stands behind it."""
    found = load_transcript(editions.read(asset, asset.edition, outputs) or b"")
    sure = Verdict(Confirmation(OWNER, 1.0), right=((0.0, 9_999.0),))
    return correction(found, [Line(text, speaker)], 60.0, "job", asset.edition, sure)


def correct(service: Service, ref: AssetRef, text: str, *, speaker: str = "spk_0", ends: bool = True) -> None:
    """Somebody writes this in the place of all that stands there, and leaves if the sitting `ends`."""
    asset, services = service.asset(ref), service.services
    made = made_of(asset, text, services.outputs, speaker)
    saved = editions.add(asset, asset.edition, made, services.store, services.outputs)
    assert saved is not None
    if ends:
        sittings.left(saved, services)
    else:
        sittings.corrected(saved, services)


def paid(service: Service) -> tuple[int, int]:
    """How often what was said was analysed, and summed up."""
    return service.cloud.calls.count("analyze"), service.cloud.calls.count("summarize")


def summary(service: Service, ref: AssetRef) -> tuple[int, str]:
    """From which edition the summary is, and what it says."""
    asset = service.asset(ref)
    made = asset.summary_from
    text = service.services.outputs.read_text(SUMMARY.key(asset, "txt"))
    assert text is not None
    assert Summary.from_json(json.loads(service.services.outputs.read(SUMMARY.key(asset)) or b"")).text == text
    return made.edition if made else 0, text


def test_it_is_made_anew_once_a_sitting_however_often_was_saved(service: Service) -> None:
    ref = heard(service)
    assert summary(service, ref) == (0, "Busses run.")
    for text in ("Buses run.", "Buses run late.", "Buses run late at night."):
        correct(service, ref, text, ends=False)
    assert service.asset(ref).edition == 3
    assert len(service.asset(ref).editions) == 1
    service.settle()  # also what waits
    assert summary(service, ref) == (3, "Buses run late at night.")
    assert paid(service) == (1, 1)
    analysis = json.loads(service.services.outputs.read(ANALYSIS.key(service.asset(ref))) or b"")
    assert [one["Text"] for one in analysis["Segments"]] == ["Buses run late at night."]
    correct(service, ref, "Trams run.")
    service.settle()
    assert summary(service, ref) == (4, "Trams run.")
    assert paid(service) == (2, 2)
    assert len(service.mails(service.asset(ref))) == 1
    assert not [name for name in service.services.outputs.names("output/summary/") if "v1/summary." not in name][2:]


def test_confirming_alone_changes_nothing_and_who_speaks_does(service: Service) -> None:
    ref = heard(service)
    correct(service, ref, "Busses run.")
    service.settle()
    assert service.asset(ref).editions[-1].confirmed == 1.0
    assert paid(service) == (0, 0)
    assert not remaking.is_outdated(service.asset(ref), SUMMARY)
    correct(service, ref, "Busses run.", speaker="Ada")
    service.settle()
    assert paid(service) == (1, 1)


def test_told_twice_late_and_of_another_version_it_is_made_once(service: Service) -> None:
    ref = heard(service)
    correct(service, ref, "Buses run.")
    service.settle()
    run, url = service.asset(ref).run, service.services.settings.queue_url("analysis")
    correct(service, ref, "Trams run.")
    service.settle()
    other = dataclasses.replace(run, version=7)
    gone = dataclasses.replace(run, asset=AssetRef(OWNER, "0" * 27))
    for body in (
        messages.encode(run, corrected=2),
        messages.encode(run, corrected=1),
        messages.encode(other, corrected=2),
        messages.encode(gone, corrected=2),
    ):
        service.services.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
        service.settle()
    assert paid(service) == (2, 2)
    assert summary(service, ref) == (2, "Trams run.")
    assert service.dead_letters("analysis") == []


def test_a_sitting_that_ended_while_another_version_was_the_current_one_counts_for_whoever_goes_back(
    service: Service,
) -> None:
    ref = heard(service)
    correct(service, ref, "Buses run.", ends=False)
    asset = service.asset(ref)
    retry.hear(asset, dataclasses.replace(asset.options, language="en"), service.services)
    service.settle()
    assert (service.asset(ref).version, summary(service, ref)) == (2, (0, "Busses run."))
    for _ in range(2):
        retry.use(service.asset(ref), 1, service.services)
    service.settle()
    assert summary(service, ref) == (1, "Buses run.")
    assert service.asset(ref).editions[0].ended_at is not None
    assert paid(service) == (2, 2), "that of version 2, and once what was corrected"


def test_nothing_is_put_by_as_it_was_before_something_was_made_anew(service: Service) -> None:
    ref = heard(service)
    correct(service, ref, "Buses run.")
    before = service.asset(ref)
    service.settle()
    with pytest.raises(Conflict, match="in the meantime"):
        retry.hear(before, before.options, service.services)
    assert service.asset(ref).version == 1


def test_what_fails_stays_as_it_was_and_the_rest_is_new(service: Service) -> None:
    ref = heard(service)
    no_model = Message("model", "No model.")
    service.cloud.failing["summarize"] = no_model
    correct(service, ref, "Buses run.")
    service.settle()
    asset = service.asset(ref)
    assert summary(service, ref) == (0, "Busses run.")
    assert asset.analysis_from is not None
    assert (asset.analysis_from.edition, asset.not_remade) == (1, no_model)
    assert (asset.status, len(asset.notes)) == ("completed", 0), "how the run ended does not change by that"
    service.cloud.failing.clear()
    correct(service, ref, "Trams run.")
    service.settle()
    assert summary(service, ref) == (2, "Trams run.")
    assert service.asset(ref).not_remade is None


def test_what_breaks_down_each_time_is_given_up(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = heard(service)

    def broken(name: str, effect: Callable[[], Any]) -> Any:
        if name == "summarize":
            raise EngineError("It has a bad day.")
        return effect()

    service.cloud.on_call = broken
    correct(service, ref, "Buses run.")
    service.settle()
    asset = service.asset(ref)
    assert asset.not_remade is not None
    assert (asset.not_remade.code, asset.remade) == ("analysis-broke", 1)
    assert summary(service, ref) == (0, "Busses run.")
    assert asset.analysis_from is not None, "which was there, and is paid for"
    assert service.cloud.calls.count("analyze") == 1


def test_what_has_no_room_comes_back(service: Service) -> None:
    ref = heard(service)
    turned_away: list[str] = []

    def busy(name: str, effect: Callable[[], Any]) -> Any:
        if name == "summarize" and len(turned_away) < 3:
            turned_away.append(name)
            raise EngineBusy
        return effect()

    service.cloud.on_call = busy
    correct(service, ref, "Buses run.")
    service.settle()
    assert len(turned_away) == 3
    assert summary(service, ref) == (1, "Buses run.")
    assert service.cloud.calls.count("analyze") == 1


def test_it_waits_for_the_run_and_begins_with_none(service: Service) -> None:
    service.cloud.words = list(SAID)
    ref = service.upload().ref
    service.services.store.describe(ref, {"status": "processing"})
    service.services.store.describe(ref, {"status": "awaiting-upload"})
    service.settle()
    service.cloud.calls.clear()
    asset = service.asset(ref)
    correct(service, ref, "Buses run.", ends=False)
    service.services.store.describe(ref, {"status": "processing"})
    sittings.left(service.asset(ref), service.services)
    for _ in range(20):
        service.pump.step()
    assert paid(service) == (0, 0), "the run is under way"
    service.services.store.describe(ref, {"status": asset.status})
    service.settle()
    assert paid(service) == (1, 1)


def test_nothing_is_made_anew_where_the_deployment_says_so() -> None:
    with running_service(ANALYSIS_OF_CORRECTIONS="false") as service:
        ref = heard(service)
        correct(service, ref, "Buses run.")
        service.settle()
        assert paid(service) == (0, 0)
        assert remaking.is_outdated(service.asset(ref), SUMMARY)
        assert not remaking.is_due(service.asset(ref), SUMMARY, service.services)


def test_no_machine_is_started_for_what_is_made_while_hearing() -> None:
    with running_service(**SHARED) as service:
        ref = heard(service)
        said = summary(service, ref)
        correct(service, ref, "Buses run.")
        service.settle()
        assert paid(service) == (1, 0)
        assert "start.run" not in service.cloud.calls
        assert summary(service, ref) == said
        assert remaking.is_outdated(service.asset(ref), SUMMARY)
        assert not remaking.is_due(service.asset(ref), SUMMARY, service.services)
        assert not remaking.is_remade(SUMMARIZING, service.services)


def test_it_is_in_the_books_once_and_in_what_the_recording_cost() -> None:
    with running_service(LANGUAGE_ANALYZER="comprehend") as service:
        services = service.services
        services.engines[LANGUAGE] = FakeAnalyzer()
        ref = heard(service)
        cost = service.asset(ref).cost
        assert cost is not None
        correct(service, ref, "Buses run.")
        service.settle()
        run, again = sorted(services.ledger.of_owner(OWNER), key=lambda entry: entry.end is End.CORRECTED)
        assert (again.end, again.minutes) == (End.CORRECTED, 0)
        assert again.services["comprehend"] == run.services["comprehend"] > 0
        after = service.asset(ref).cost
        assert after is not None
        assert after.usd == cost.usd + again.usd
        url = services.settings.queue_url("analysis")
        services.aws.sqs.send_message(QueueUrl=url, MessageBody=messages.encode(service.asset(ref).run, corrected=1))
        service.settle()
        assert len(services.ledger.of_owner(OWNER)) == 2


def allow(service: Service, **settings: Any) -> None:
    service.services.settings = dataclasses.replace(service.services.settings, **settings)


def corrected(service: Service, ref: AssetRef, text: str) -> Asset:
    correct(service, ref, text)
    service.settle()
    return service.asset(ref)


def why(asset: Asset) -> str | None:
    return asset.not_remade.code if asset.not_remade else None


def test_by_correcting_nobody_spends_more_than_their_limit_for_a_recording() -> None:
    with running_service(LANGUAGE_ANALYZER="comprehend") as service:
        services = service.services
        services.engines[LANGUAGE] = FakeAnalyzer()
        ref = heard(service, metered=True)
        cost = service.asset(ref).cost
        assert cost is not None
        asset = corrected(service, ref, "Buses run.")
        assert (why(asset), summary(service, ref)) == (None, (1, "Buses run."))
        assert asset.cost is not None
        once = asset.cost.usd - cost.usd
        assert once > 0
        allow(service, cost_limit_usd=cost.usd + 3 * once)
        seen = [why(corrected(service, ref, f"Bus {number} runs.")) for number in range(100, 105)]
        assert seen == [None, None, *["anew-cost-limit"] * 3]
        asset = service.asset(ref)
        assert asset.cost is not None
        assert asset.cost.usd == cost.usd + 3 * once == sum(entry.usd for entry in services.ledger.of_owner(OWNER))
        assert paid(service) == (3, 3)
        assert summary(service, ref) == (3, "Bus 101 runs.")
        assert (asset.remade, asset.edition) == (3, 6)
        assert remaking.is_outdated(asset, SUMMARY)
        assert not remaking.is_due(asset, SUMMARY, services)
        services.users.change(OWNER, {"cost_limit_usd": cost.usd + 4 * once})
        sittings.left(asset, services)  # there is room again, and somebody was at the page
        service.settle()
        assert (why(service.asset(ref)), summary(service, ref)) == (None, (6, "Bus 104 runs."))


def test_whoever_has_accepted_the_cost_still_has_as_much_made_anew_in_a_month_as_they_may(service: Service) -> None:
    allow(service, quota_minutes=2, cost_limit_usd=0)
    ref = heard(service, metered=True, accept_cost=True)
    seen = [why(corrected(service, ref, f"Bus {number} runs.")) for number in range(100, 104)]
    assert seen == [None, None, *["anew-quota-minutes"] * 2], "a minute is counted at least"
    assert paid(service) == (2, 2)
    assert summary(service, ref) == (2, "Bus 101 runs.")
    usage = service.services.users.usage(OWNER)
    assert (usage.anew_minutes, usage.anew) == (2, {})
    service.clock.shift(31 * 24 * 3600)
    correct(service, ref, "Trams run.")
    service.settle()
    assert (why(service.asset(ref)), summary(service, ref)) == (None, (5, "Trams run."))


def test_much_text_counts_as_much_as_it_takes_to_say(service: Service) -> None:
    allow(service, quota_minutes=3)
    ref = heard(service, metered=True)
    asset = corrected(service, ref, "Buses " + "o" * 3 * 1050)
    assert (why(asset), paid(service)) == ("anew-quota-minutes", (0, 0))
    assert service.services.users.usage(OWNER).anew_minutes == 0
    assert why(corrected(service, ref, "Buses run.")) is None


def test_what_has_no_room_in_an_engine_is_counted_once(service: Service) -> None:
    ref = heard(service, metered=True)
    turned_away: list[str] = []

    def busy(name: str, effect: Callable[[], Any]) -> Any:
        if name == "summarize" and len(turned_away) < 3:
            turned_away.append(name)
            raise EngineBusy
        return effect()

    service.cloud.on_call = busy
    corrected(service, ref, "Buses run.")
    assert len(turned_away) == 3
    usage = service.services.users.usage(OWNER)
    assert (usage.anew_minutes, usage.anew) == (1, {})


def test_of_what_was_emptied_nothing_is_made(service: Service) -> None:
    ref = heard(service)
    correct(service, ref, "")
    service.settle()
    asset = service.asset(ref)
    assert asset.not_remade == remaking.NOTHING_LEFT
    assert summary(service, ref) == (0, "Busses run.")


def test_what_is_erased_meanwhile_leaves_nothing(service: Service) -> None:
    ref = heard(service)

    def erasing(name: str, effect: Callable[[], Any]) -> Any:
        if name == "summarize":
            erase.erase(service.asset(ref), service.services)
        return effect()

    correct(service, ref, "Buses run.", ends=False)
    service.cloud.on_call = erasing
    service.settle()
    assert service.services.store.get(ref) is None
    assert not [name for name in service.services.outputs.names("output/") if ref.asset_id in name]
    assert not service.services.store.tracks(ref)


class EveryWay(Faults):
    """Each call fails in each way."""

    def _is_tried(self, how: str) -> bool:
        case = len(self.calls), how
        return not self.is_off and case not in self.forks.outcomes and self.forks.fork(case)


def _left(service: Service, ref: AssetRef) -> dict[str, Any]:
    asset = service.asset(ref)
    made = [asset.edition, asset.remade, asset.analysis_from, asset.summary_from, asset.not_remade]
    noted = [dataclasses.asdict(one) if dataclasses.is_dataclass(one) else one for one in made]  # type: ignore[arg-type]
    for one in noted:
        if isinstance(one, dict):
            one.pop("at")
    left = {
        "snapshot": service.snapshot(ref),
        "made": noted,
        "ended": [one.ended_at is not None for one in asset.editions],
        "mails": len(service.runtime.mail_about(keys.report_name(asset))),
        "paid": paid(service),
        "entered": len(service.services.ledger.of_owner(OWNER)),
        "cost": asset.cost and str(asset.cost.usd),
        "counted": str(service.services.users.usage(OWNER).anew_minutes),
        "counting": service.services.users.usage(OWNER).anew,
    }
    return dict(json.loads(json.dumps(left, default=str)))


@pytest.fixture(scope="module")
def tried() -> Iterator[Callable[[], tuple[dict[str, Any], list[str], dict[tuple[int, str], dict[str, Any]]]]]:
    """A second sitting ends, and each call of what follows fails in a copy of this process."""
    with running_service() as service:

        @cache
        def run() -> tuple[dict[str, Any], list[str], dict[tuple[int, str], dict[str, Any]]]:
            service.pump.schedules.clear()
            for faults in (EveryWay("", is_off=True), EveryWay("")):  # what is loaded only once is there for all copies
                ref = heard(service, metered=True)
                correct(service, ref, "Buses run.")
                service.settle()
                service.cloud.calls.clear()
                correct(service, ref, "Trams run.", ends=False)
                with faults.forks.trying():
                    install(service, faults)
                    try:
                        service.settle()
                    finally:
                        uninstall(service)
                    left = _left(service, ref)
                faults.forks.tell(left)
            return left, faults.calls, faults.forks.outcomes

        yield run


CALLS = 38


@pytest.mark.xdist_group("faults remaking")
def test_the_cases_cover_every_call(tried: Callable[[], Any]) -> None:
    _, calls, _ = tried()
    assert len(calls) == CALLS, calls
    assert {"UpdateItem", "PutObject", "SendMessage", "DeleteObjects", "analyze", "summarize"} <= set(calls)


@pytest.mark.xdist_group("faults remaking")
@pytest.mark.parametrize("how", ["before", "after", "died"])
@pytest.mark.parametrize("k", range(1, CALLS + 1))
def test_a_call_that_fails_changes_nothing_in_the_end(tried: Callable[[], Any], k: int, how: str) -> None:
    faultless, calls, failed = tried()
    left = failed[k, how]
    assert "error" not in left, left["error"]
    asked_again = {"analyze", "summarize"} & {calls[k - 1]} or calls[k - 1] == "PutObject"
    if asked_again:  # of what an engine has answered and nobody has stored, nothing is known
        left, faultless = left | {"paid": None}, faultless | {"paid": None}
    assert left == faultless
