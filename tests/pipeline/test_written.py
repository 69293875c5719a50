"""What an account wrote in others' recordings ends with it, whatever call dies and however often that is done."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.accounts.erasure import _take_marks
from chalicelib.domain.assets import Asset, RunRef
from chalicelib.domain.marks import Clip, ClipRef, ClipState, Kind, Mark
from chalicelib.pipeline import clips
from tests.harness.service import Service, running_service

BOB = "bob"
IDS = ("1" * 16, "2" * 16)
ADAS = "a" * 16


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running_service() as service:
        yield service


def heard(service: Service) -> Asset:
    ref = service.upload().ref
    service.settle()
    return service.asset(ref)


def written(service: Service, asset: Asset) -> Mark:
    """Two marks of Bob's, of one of which a clip was cut, and one of the owner's."""
    services = service.services
    clip = Clip(1, asset.version, ClipState.READY, 0.0, 1.0, "f", 1.0)
    places = clips.files_of(RunRef(asset.ref, asset.version), ClipRef(IDS[0], "mp3", 1))
    services.outputs.write(places["mp3"], b"sound", "audio/mpeg")
    for number in IDS:
        mark = Mark(number, asset.ref.asset_id, Kind.COMMENT, 0.0, 1.0, "words", BOB, 1.0, 1.0, body="Said by Bob.")
        assert services.marks.make(asset.ref, mark.with_clip("mp3", clip) if number == IDS[0] else mark) is None
    mine = Mark(ADAS, asset.ref.asset_id, Kind.COMMENT, 0.0, 1.0, "words", asset.ref.owner, 1.0, 1.0, body="Mine.")
    services.marks.make(asset.ref, mine)
    return mine


def left(service: Service, asset: Asset) -> tuple[list[str], list[Any], bool]:
    services = service.services
    places = clips.files_of(RunRef(asset.ref, asset.version), ClipRef(IDS[0], "mp3", 1))
    is_cut = services.outputs.info(places["mp3"]) is not None
    return [mark.id for mark in services.marks.of(asset.ref)], list(services.marks.written_by(BOB)), is_cut


@pytest.mark.parametrize("how", ["before-call", "after-call"])
def test_whatever_call_dies_the_next_visit_goes_on(service: Service, how: str) -> None:
    asset = heard(service)
    calls, dies_at = 0, 0

    def die(**_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == dies_at:
            raise RuntimeError

    clients = (service.services.marks._client, service.services.outputs.client)
    for client in clients:
        client.meta.events.register(how, die, unique_id="die")
    try:
        for at in range(1, 40):
            dies_at = 0
            written(service, asset)
            calls, dies_at = 0, at
            try:
                _take_marks(BOB, service.services)
            except RuntimeError:
                dies_at = 0
                _take_marks(BOB, service.services)
            else:
                break
            assert left(service, asset) == ([ADAS], [], False), at
        assert 8 <= at < 39
        dies_at = 0
        _take_marks(BOB, service.services)
        assert left(service, asset) == ([ADAS], [], False)
    finally:
        for client in clients:
            client.meta.events.unregister(how, unique_id="die")


def test_what_is_on_a_recording_that_went_by_itself_goes_too(service: Service) -> None:
    asset = heard(service)
    written(service, asset)
    service.services.store.delete(asset)
    _take_marks(BOB, service.services)
    assert list(service.services.marks.written_by(BOB)) == []
    assert [mark.id for mark in service.services.marks.of(asset.ref)] == [ADAS]
