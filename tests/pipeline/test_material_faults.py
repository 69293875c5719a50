"""One call of taking material in, or of removing it, fails or its process dies over it: the end is as if none had."""

import json
from typing import Any

import pytest

from chalicelib.domain import keys
from chalicelib.learning.material import Brought, MaterialKind, MaterialPurpose, MaterialStage
from chalicelib.learning.models import EVERYBODY
from chalicelib.pipeline import material
from tests.harness import taught
from tests.harness.service import Service, running_service
from tests.pipeline.test_faults import Died, install, uninstall
from tests.pipeline.test_material import ADMIN, CONSENT, packed, sound
from tests.pipeline.test_nights_faults import NightFaults

SCENARIOS = ("sound is taken in", "text is taken in", "words are taken in", "sound is removed", "words are removed")
_MOST_MESSAGES = 12


def prepare(scenario: str, service: Service) -> Brought:
    services = service.services
    kind = MaterialKind(scenario.split()[0])
    made = material.make("Talks", "en", kind, MaterialPurpose.TEACH, ADMIN, CONSENT, services)
    files = {"names.txt": b"Kowalczyk\nBernoulli\n"}
    if kind is MaterialKind.TEXT:
        files = {f"{n}.txt": b"One two three.\nFour.\n" for n in range(3)}
    if kind is MaterialKind.SOUND:
        zipped = packed({"b.wav": sound(2), "b.txt": b"One two three.", "c.wav": sound(2)})
        files = {"a.wav": sound(2), "a.txt": b"Four five six.", "more.zip": zipped}
    for name, data in files.items():
        services.uploads.write(keys.material_upload(made.id, name), data, "application/octet-stream")
    assert services.material.begin(made)
    if scenario.endswith("removed"):
        while (found := services.material.get(made.id)) and found.stage is MaterialStage.CHECKING:
            material.go_on(made.id, services)
        services.material.leave(made.id)
    return made


def work(service: Service, brought: Brought, faults: NightFaults) -> None:
    """The messages of a set, come again as often as SQS and the hourly look would have it."""
    services = service.services
    install(service, faults)
    try:
        for _ in range(_MOST_MESSAGES):
            try:
                material.go_on(brought.id, services)
                faults.is_off = True  # whoever looks from outside is not at fault
                found = services.material.get(brought.id)
                faults.is_off = False
                if found is None or found.stage in {MaterialStage.READY, MaterialStage.REFUSED}:
                    return
            except Died:
                continue
            except Exception:
                if not faults.forks.is_copy:
                    raise
        raise AssertionError("it never came to its end")
    finally:
        uninstall(service)


def left(service: Service, brought: Brought) -> dict[str, Any]:
    services = service.services
    found = services.material.get(brought.id)
    stored = {key.replace(brought.id, "SET"): digest for key, digest in taught.stored(services).items()}
    told = {
        "objects": stored,
        "uploads": len(services.uploads.names(keys.MATERIAL_PREFIX)),
        "set": found and [found.stage, found.files, found.words, found.seconds, found.left_out],
        "words": sorted(one.text for one in services.learning.entries(EVERYBODY)),
        "due": services.learning.night(EVERYBODY, "en") is not None,
    }
    return dict(json.loads(json.dumps(told)))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_call_that_fails_changes_nothing_in_the_end(scenario: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "AT_ONCE", 2)
    with running_service(PROBER="local.engines.pyav") as service:
        brought = prepare(scenario, service)
        faults = NightFaults(scenario)
        with faults.forks.trying():
            work(service, brought, faults)
            told = left(service, brought)
        faults.forks.tell(told)
    assert told["set"] == {
        "sound is taken in": ["ready", 2, 6, 4.0, 1],
        "text is taken in": ["ready", 3, 12, 0.0, 0],
        "words are taken in": ["ready", 1, 2, 0.0, 0],
    }.get(scenario)
    assert len(faults.forks.outcomes) > len(faults.failing) > 5
    for (k, how), found in faults.forks.outcomes.items():
        assert "error" not in found, f"{faults.calls[k - 1]} {k} {how}: {found['error']}"
        assert found == told, f"{faults.calls[k - 1]} {k} {how}"
