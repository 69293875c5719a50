"""One call of hearing again fails, before its effect or after it, or its process dies: the end is as if none had.

Whoever asks on the page asks again; whatever comes by an event or a message comes again.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.errors import RapporteurError
from chalicelib.pipeline import again, retry
from chalicelib.speech.corrections import Line, Verdict, correction
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Confirmation
from chalicelib.storage import editions
from tests.harness.fakes import WORDS
from tests.harness.service import DIARIZER, OWNER, VISION, Service, running_service
from tests.pipeline.test_faults import Died, install, uninstall
from tests.pipeline.test_nights_faults import WAYS, NightFaults

_MOST_TRIES = 4
SHARES = 3
_LINES = [Line("Buses are wonderful.", "Ann"), Line("Nobody hates them.", "spk_1")]


class AgainFaults(NightFaults):
    """Each call of whoever asks fails as those of a night do; of those that come of it, each in one of the ways.

    `share` says which of the calls are tried: every third one, since together they take long.
    """

    has_answered = False
    share: int | None = None

    def _is_tried(self, how: str) -> bool:
        if self.share is not None and len(self.calls) % SHARES != self.share:
            return False
        if not self.has_answered:
            return super()._is_tried(how)
        case = len(self.calls), how
        if self.is_off or how != WAYS[len(self.calls) // SHARES % len(WAYS)] or case in self.forks.outcomes:
            return False
        return self.forks.fork(case)


def prepared(service: Service) -> Asset:
    """A recording in which things were looked for, all of it confirmed, and one of two speakers named."""
    asset = service.upload(ai=AiOptions(label=True))
    service.settle()
    asset, services = service.asset(asset.ref), service.services
    heard = load_transcript(editions.read(asset, 0, services.outputs) or b"")
    verdict = Verdict(Confirmation(OWNER, 1.0), ((0.0, 60.0),))
    made = correction(heard, _LINES, 60.0, "job", 0, verdict)
    assert editions.add(asset, 0, made, services.store, services.outputs)
    service.cloud.words = [replace(WORDS[0], text="Busses"), *WORDS[1:]]
    return service.asset(asset.ref)


def asked(faults: AgainFaults, do: Callable[[], object]) -> None:
    """Somebody asks, and asks again until they have an answer."""
    for _ in range(_MOST_TRIES):
        try:
            do()
        except Died:
            continue
        except RapporteurError:
            raise
        except Exception:
            if not faults.forks.is_copy:
                raise
        else:
            return
    raise AssertionError("it was never answered")


def hear_again(service: Service, ref: AssetRef, faults: AgainFaults) -> None:
    def ask() -> None:
        asset = service.services.store.get(ref)
        assert asset is not None
        retry.hear(asset, replace(asset.options, language="en"), service.services)

    install(service, faults)
    try:
        asked(faults, ask)
        faults.has_answered = True
        service.settle()
    finally:
        uninstall(service)


def go_back(service: Service, ref: AssetRef, faults: AgainFaults) -> None:
    def ask() -> None:
        asset = service.services.store.get(ref)
        assert asset is not None
        retry.use(asset, 1, service.services)

    install(service, faults)
    try:
        asked(faults, ask)
    finally:
        uninstall(service)


def left(service: Service, ref: AssetRef) -> dict[str, Any]:
    asset = service.asset(ref)
    found = again.carried_over(asset, service.services)
    told = {
        "snapshot": service.snapshot(ref),
        "mails": len(service.mails(asset)),
        "runs": len(service.services.ledger.of_owner(OWNER)),
        "newest": asset.newest,
        "carried": found and found.to_json(),
        "speakers": load_transcript(editions.read(asset, 0, service.services.outputs) or b"").speakers,
        "heard": service.cloud.calls.count("look.labels"),
    }
    for key in [key for key in told["snapshot"]["objects"] if "/versions/" in key or "/report/" in key]:
        del told["snapshot"]["objects"][key]  # which say when something was begun and ended
    return dict(json.loads(json.dumps(told, default=str)))


@pytest.mark.parametrize(("what", "share"), [*(("hear", share) for share in range(SHARES)), ("use", None)])
def test_a_call_that_fails_changes_nothing_in_the_end(what: str, share: int | None) -> None:
    with running_service(**VISION, **DIARIZER) as service:
        service.pump.schedules.clear()
        service.without_index()  # which is brought up to date whenever a message comes
        ref = prepared(service).ref
        faults = AgainFaults(what)
        faults.share = share
        if what == "use":
            hear_again(service, ref, AgainFaults("nothing fails", is_off=True))
        with faults.forks.trying():
            (hear_again if what == "hear" else go_back)(service, ref, faults)
            told = left(service, ref)
        faults.forks.tell(told)
    assert told["snapshot"]["state"][0]["version"] == (2 if what == "hear" else 1)
    assert (told["newest"], told["runs"], told["heard"]) == (2, 2, 2)
    if what == "hear":
        assert (told["carried"]["stand"], len(told["carried"]["places"])) == (5, 1)
        assert told["carried"]["names"] == {"spk_0": "Ann"}
        assert told["speakers"] == ["Ann", "spk_1"]
    assert len(faults.forks.outcomes) >= len(faults.calls) // SHARES
    for (k, how), found in faults.forks.outcomes.items():
        place = f"{faults.calls[k - 1]} {k} {how}"
        assert "error" not in found, f"{place}: {found['error']}"
        is_mail = faults.calls[k - 1] == "SendEmail" and how != "before"
        assert found | {"mails": told["mails"]} == told, place
        assert found["mails"] == told["mails"] + (1 if is_mail else 0), place
