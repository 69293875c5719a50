"""Custom entities are found by a recogniser that is released to the account, and told at their times."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Asset, BranchStatus, Status
from chalicelib.domain.releases import ReleaseKind
from chalicelib.message import Message
from chalicelib.speech.tracks import CUSTOM_ENTITIES
from tests.harness.service import OWNER, RECOGNIZER, Service, running_service

ASKED = AiOptions(customentity=True, custom_entity_recognizer="praise")


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(**RECOGNIZER) as running:
        running.services.releases.put(ReleaseKind.RECOGNISER, "praise", "arn:aws:praise", [OWNER], everybody=False)
        yield running


def worked_on(service: Service, **options: Any) -> Asset:
    asset = service.upload(ai=ASKED, **options)
    service.settle()
    return service.asset(asset.ref)


def test_what_is_found_is_told_where_it_is_said(service: Service) -> None:
    asset = worked_on(service)
    assert asset.branches["entities"].status is BranchStatus.DONE
    stored = json.loads(service.services.outputs.read(CUSTOM_ENTITIES.key(asset)) or b"")
    assert stored["passages"] == [{"text": "wonderful", "start": 1.2, "end": 1.2, "label": "PRAISE", "confidence": 0.9}]
    assert "customentities" in {track["track"] for track in service.services.store.tracks(asset.ref)}


@pytest.mark.parametrize("left", [b"<html>", b'{"Line": 99, "Entities": []}', b"[]", b'{"Line": 0}'])
def test_what_nobody_can_read_costs_the_branch(service: Service, left: bytes) -> None:
    service.cloud.entities = left
    asset = worked_on(service)
    assert asset.branches["entities"].status is BranchStatus.FAILED
    assert asset.status is Status.COMPLETED


def test_a_job_that_fails_says_why(service: Service) -> None:
    failure = Message("no", "No.")
    service.cloud.failing["entities"] = failure
    assert worked_on(service).branches["entities"].failure == failure


def test_nothing_is_looked_for_where_nothing_was_said(service: Service) -> None:
    service.cloud.words = []
    assert worked_on(service).branches["entities"].status is BranchStatus.SKIPPED
    assert "recognize" not in service.cloud.calls


def test_what_is_not_released_to_the_account_is_not_used(service: Service) -> None:
    service.services.releases.remove(ReleaseKind.RECOGNISER, "praise")
    asset = worked_on(service)
    assert "entities" not in asset.branches
    assert "not-released" in [note.code for note in asset.notes]
