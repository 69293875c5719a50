"""Whatever call fails, or is the last, while the index by meaning is brought up to date: it becomes whole."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.domain import keys
from chalicelib.domain.assets import AssetRef
from chalicelib.pipeline import meaning, messages
from chalicelib.pipeline.shelves import Shelf
from chalicelib.search.query import Query
from chalicelib.storage.search import MeaningFiles
from tests.harness.service import EMBEDDER, OWNER, Service, running_service
from tests.pipeline.every_way import Left, Tried, each_call_fails
from tests.pipeline.test_meaning import say


def _left(service: Service, ref: AssetRef) -> Left:
    services = service.services
    messages.to_learning({"meaning": OWNER}, services)  # as whatever is changed next has it looked after
    service.settle()
    catalogue = MeaningFiles(services.outputs, OWNER).catalogue(manifest := services.meanings.of(OWNER))
    root = keys.meaning_of(OWNER)
    counting = {f"{root}{manifest.base}/catalogue", *(f"{root}{one.file}" for one in catalogue.segments)}
    hits = meaning.search(Shelf(OWNER), "coaches", Query(()), services)
    return {
        "found": [[hit.passages[0][1].text, hit.asset.ref == ref] for hit in hits],
        "lines": sorted(line.passages for one in catalogue.segments for line in one.lines),
        "left": manifest.left,
        "superfluous": sorted({*services.outputs.names(root)} - counting),
        "missing": sorted(counting - {*services.outputs.names(root)}),
        "paid": service.cloud.calls.count("embed"),
    }


@pytest.fixture(scope="module")
def tried() -> Iterator[Callable[[], Tried]]:
    with running_service(**EMBEDDER) as service:
        say(service, "the kitchen of the school")
        bus = say(service, "we need more buses here")

        def prepare() -> AssetRef:
            services = service.services
            for name in services.outputs.names(keys.outputs_of(bus, keys.Folder.WORDS)):
                services.outputs.delete(name)
            MeaningFiles(services.outputs, OWNER).drop()
            services.meanings.forget(OWNER)
            service.cloud.calls.clear()
            messages.to_learning({"meaning": OWNER}, services)
            return bus

        yield each_call_fails(service, prepare, lambda ref: service.settle(), lambda ref: _left(service, ref))


@pytest.mark.xdist_group("faults meaning")
def test_the_index_becomes_whole_and_nothing_superfluous_is_left(tried: Callable[[], Tried]) -> None:
    faultless, calls, failed = tried()
    assert faultless["found"] == [["we need more buses here", True], ["the kitchen of the school", False]]
    assert (faultless["lines"], faultless["superfluous"], faultless["paid"]) == ([1, 1], [], 1)
    assert {"embed", "PutObject", "UpdateItem"} <= set(calls)
    for number, call in enumerate(calls, 1):
        for how in ("before", "after", "died"):
            left = failed[number, how]
            assert "error" not in left, (number, call, how, left["error"])
            is_unknown = call in {"embed", "PutObject"}  # of what nobody has stored, nothing is known
            assert left | ({"paid": 1} if is_unknown else {}) == faultless, (number, call, how)
