"""What an upload asked for and what its run went by are kept apart, and come back from the table as they were."""

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings

from chalicelib.domain.ai_options import FALLBACK, AiOptions
from chalicelib.domain.assets import MediaKind, Options, ReportState, Status
from chalicelib.domain.costs import Cost
from chalicelib.domain.media import MediaInfo, Picture
from tests.domain.test_ai_options import ASKED
from tests.harness.service import Service

PICTURE = MediaInfo("jpeg", 0.0, picture=Picture(640, 480), pages=3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ASKED)
def test_what_was_asked_comes_back_as_it_was(service: Service, asked: dict[str, Any]) -> None:
    options = AiOptions.from_json(asked)
    asset = service.announce(ai=options)
    found = service.asset(asset.ref)
    assert found.options.ai == options
    assert found.done is None
    assert found.ai == options.over(FALLBACK)


def test_what_was_done_stands_beside_it_and_goes_with_its_run(service: Service) -> None:
    asked = AiOptions(label=True, min_confidence=62.5, text_roi=(True,) * 9, custom_label_models=("a", "b"))
    done = asked.without("label").over(FALLBACK)
    store = service.services.store
    asset = service.announce(ai=asked)
    accepted = store.accept(asset.ref, 0, "one", 10)
    assert accepted is not None
    begun = store.begin(accepted.run, MediaKind.DOCUMENT, PICTURE, {}, [], done)
    assert begun is not None
    assert (begun.kind, begun.media) == (MediaKind.DOCUMENT, PICTURE)
    assert (begun.done, begun.options.ai, begun.ai) == (done, asked, done)
    ended = store.finish(begun.run, Status.COMPLETED)
    assert ended is not None
    store.settle_report(ended, ReportState.DELIVERED, Cost(Decimal(0), "2026-01-01"))
    again = store.retry(ended, Options(ai=asked))
    assert again is not None
    assert again.version == ended.version + 1
    assert (again.done, again.options.ai) == (None, asked), "the next run decides anew"
