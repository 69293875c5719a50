"""Hurtful words are marked where somebody asks for it: paid once, at no cost to anything else, and never taken out."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Asset, BranchStatus, Status
from chalicelib.domain.media import MediaInfo
from chalicelib.errors import EngineBusy
from chalicelib.message import Message
from chalicelib.pipeline import choices
from chalicelib.seams.seam import Seam
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.speech.tracks import CAPTIONS
from chalicelib.speech.tracks import TOXICITY as TOXIC
from tests.harness.fakes import FOREIGN
from tests.harness.service import DETECTOR, READER, Service, running_service
from tests.pipeline.test_documents import BLOCKS

ASKED = AiOptions(toxicity=True)


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(**DETECTOR, **READER) as running:
        yield running


def worked_on(service: Service, ai: AiOptions = ASKED, **options: Any) -> Asset:
    asset = service.upload(ai=ai, **options)
    service.settle()
    return service.asset(asset.ref)


def stored(service: Service, asset: Asset) -> Any:
    data = service.services.outputs.read(TOXIC.key(asset))
    return data and json.loads(data)["passages"]


def test_what_is_found_is_a_track_and_everything_else_is_as_without(service: Service) -> None:
    plain, asset = worked_on(service, AiOptions()), worked_on(service)
    assert asset.status is Status.COMPLETED
    assert stored(service, asset) == [
        {"text": "wonderful", "start": 1.2, "end": 1.8, "label": "insult", "confidence": 0.8}
    ]
    assert "toxicity" in {track["track"] for track in service.services.store.tracks(asset.ref)}
    captions = [service.services.outputs.read(CAPTIONS.key(one, "srt")) for one in (plain, asset)]
    assert captions[0] == captions[1] is not None


def test_where_nobody_asks_nothing_is_looked_for_or_paid(service: Service) -> None:
    asset = worked_on(service, AiOptions())
    assert "detect" not in service.cloud.calls
    assert stored(service, asset) is None
    assert "toxicity" not in {track["track"] for track in service.services.store.tracks(asset.ref)}


@pytest.mark.parametrize("failure", [FOREIGN, Message("broken", "It is broken.")])
def test_what_cannot_be_done_is_a_note_and_costs_nothing_else(service: Service, failure: Message) -> None:
    service.cloud.failing["detect"] = failure
    asset = worked_on(service)
    assert asset.status is Status.COMPLETED
    assert asset.branches["language"].status is BranchStatus.DONE
    (note,) = [note for note in asset.notes if note.code == "no-toxicity"]
    assert str(failure) in str(note)
    assert {"analysis", "summary"} <= {track["track"] for track in service.services.store.tracks(asset.ref)}


def test_what_breaks_down_each_time_costs_itself_alone(service: Service) -> None:
    service.cloud.breaking.add("detect")
    asset = worked_on(service)
    assert asset.branches["language"].status is BranchStatus.DONE
    assert "no-toxicity" in [note.code for note in asset.notes]
    assert service.cloud.calls.count("analyze") == 1


def test_it_waits_its_turn_and_nothing_is_paid_twice(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals: list[Exception] = [EngineBusy(), EngineBusy()]
    seams: tuple[tuple[Seam[Any], str], ...] = ((TOXICITY, "detect"), (SUMMARIZING, "summarize"))
    for seam, name in seams:
        engine = service.services.engine(seam)
        real = getattr(engine, name)

        def busy_once(transcript: object, real: Any = real) -> Any:
            if refusals:
                raise refusals.pop()
            return real(transcript)

        monkeypatch.setattr(engine, name, busy_once)
    asset = worked_on(service)
    assert asset.branches["language"].status is BranchStatus.DONE
    assert [service.cloud.calls.count(name) for name in ("analyze", "detect", "summarize")] == [1, 1, 1]


def test_the_pages_of_a_document_are_looked_through_too(service: Service) -> None:
    service.cloud.media, service.cloud.blocks = MediaInfo("pdf", 0.0, pages=2), list(BLOCKS)
    service.cloud.hurtful = frozenset({"Buses", "buses", "bus", "Free", "free"})
    asset = worked_on(service, name="report.pdf")
    found = stored(service, asset)
    assert found
    assert all(one["page"] in {1, 2} and "start" not in one for one in found)


def test_without_an_engine_it_is_switched_off_with_a_note_and_not_offered() -> None:
    with running_service() as bare:
        asset = worked_on(bare)
        assert asset.ai.toxicity is False
        assert [note for note in asset.notes if "toxicity" in json.dumps(note.to_json())]
        assert "toxicity" in choices.hindrances(bare.services, [])
