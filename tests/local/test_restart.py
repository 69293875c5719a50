"""What was under way when the process ended goes on, and nobody waits for all of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.domain.assets import ReportState, Status
from chalicelib.pipeline import searching
from chalicelib.pipeline.shelves import Shelf
from chalicelib.search.query import Query
from chalicelib.search.terms import phrases
from local.upkeep import resume_unfinished
from tests.harness.fakes import WORDS
from tests.harness.service import OWNER, Service


def forget_all_that_was_on_its_way(service: Service) -> None:
    """As the end of the process does: events and messages in memory, and the jobs."""
    service.pump.collect()
    service.pump.pending.clear()
    service.cloud.jobs.clear()


def test_each_recording_goes_on_in_a_turn_of_its_own(service: Service) -> None:
    finished = service.upload()
    service.settle()
    in_work, unseen = service.upload(), service.announce()
    for _ in range(3):
        service.pump.step()
    assert service.asset(in_work.ref).status is Status.PROCESSING
    service.put(unseen)
    forget_all_that_was_on_its_way(service)
    turns: list[str] = []

    @contextmanager
    def turn() -> Iterator[None]:
        turns.append("begins")
        yield
        turns.append("ends")

    assert resume_unfinished(service.services, turn) == 2
    assert turns == ["begins", "ends"] * 4, "one for clips, one to look for recordings, and one for each"
    service.settle()
    for asset in (finished, in_work, unseen):
        assert service.asset(asset.ref).status is Status.COMPLETED
        assert service.asset(asset.ref).report is ReportState.DELIVERED
        assert len(service.mails(asset)) == 1


def test_what_was_on_its_way_into_the_index_is_found(service: Service) -> None:
    service.without_index()
    asset = service.upload()
    service.settle()
    forget_all_that_was_on_its_way(service)
    resume_unfinished(service.services)
    service.settle()
    page = searching.search([Shelf(OWNER)], Query(phrases(WORDS[0].text)), None, service.services)
    assert [hit.asset.ref for hit in page.found] == [asset.ref]


def test_what_somebody_has_deleted_in_between_is_left_alone(service: Service) -> None:
    asset = service.announce()
    service.put(asset)
    forget_all_that_was_on_its_way(service)
    turns = 0

    @contextmanager
    def turn() -> Iterator[None]:
        nonlocal turns
        turns += 1
        if turns == 3:
            service.services.store.delete(service.asset(asset.ref))
        yield

    assert resume_unfinished(service.services, turn) == 0
