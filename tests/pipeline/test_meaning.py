"""The index by meaning becomes what the recordings are, pays for each passage once, and keeps nothing that is gone."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from chalicelib.accounts.erasure import erase_account
from chalicelib.domain import keys
from chalicelib.domain.assets import AssetRef
from chalicelib.errors import Conflict, EngineFailed, NotFound
from chalicelib.pipeline import meaning
from chalicelib.pipeline.erase import erase
from chalicelib.pipeline.shelves import Shelf
from chalicelib.seams.embedding import EMBEDDING
from chalicelib.search.query import Query
from chalicelib.speech.transcripts import Word
from tests.harness.aws_calls import recorded
from tests.harness.service import EMBEDDER, OWNER, Service, running_service


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(**EMBEDDER) as one:
        yield one


def say(service: Service, *lines: str) -> AssetRef:
    service.clock.shift(60)
    words = [(word, f"spk_{number}") for number, line in enumerate(lines) for word in line.split()]
    service.cloud.words = [Word(at, at + 0.5, word, 0.9, speaker=who) for at, (word, who) in enumerate(words)]
    asset = service.upload()
    service.settle()
    return asset.ref


def found(service: Service, text: str, **filters: object) -> list[tuple[str, str]]:
    hits = meaning.search(Shelf(OWNER), text, Query((), **filters), service.services)  # type: ignore[arg-type]
    return [(hit.asset.ref.asset_id, hit.passages[0][1].text) for hit in hits]


def embedded(service: Service) -> int:
    return service.cloud.calls.count("embed")


def test_what_means_the_same_is_found_from_its_first_word_on(service: Service) -> None:
    bus = say(service, "Thank you all for coming", "we need more buses here")
    other = say(service, "the kitchen of the school")
    hits = meaning.search(Shelf(OWNER), "coaches", Query(()), service.services)
    assert [hit.asset.ref for hit in hits] == [bus, other]
    (_, passage), *_ = hits[0].passages
    assert (passage.text, passage.place.start, passage.speaker) == ("we need more buses here", 5.0, "spk_1")  # type: ignore[union-attr]
    assert found(service, "coaches", since=service.now() + 1) == []
    assert found(service, "coaches", speaker=("spk", "7")) == []


def test_a_page_reads_at_most_twenty_objects(service: Service) -> None:
    for number in range(12):
        say(service, f"bus number {number} is late")
    with recorded(service) as calls:
        assert len(found(service, "coaches")) == meaning.PAGE
    assert len(calls) <= 20


def test_a_passage_is_embedded_once_and_long_recordings_piece_by_piece(service: Service) -> None:
    lines = [f"sentence number {number} is about {number} trams" for number in range(9)]
    ref = say(service, *lines)
    assert embedded(service) == 3, "four passages a visit"
    assert found(service, "trams")[0][0] == ref.asset_id
    service.services.store.describe(ref, {"title": "Trams"})
    meaning.bring_up_to_date(OWNER, service.services)
    assert embedded(service) == 3
    say(service, *lines[:2], "and something new here")
    assert embedded(service) == 4


def test_what_is_erased_is_in_no_file_any_more(service: Service) -> None:
    gone, kept = say(service, "the first bus is late"), say(service, "the second tram is late")
    asset = service.services.store.get(gone)
    assert asset is not None
    erase(asset, service.services)
    service.settle()
    assert [name for name, _ in found(service, "bus")] == [kept.asset_id]
    catalogue = meaning.MeaningFiles(service.services.outputs, OWNER).catalogue(service.services.meanings.of(OWNER))
    assert [(line.name, line.passages) for one in catalogue.segments for line in one.lines] == [(kept.asset_id, 1)]
    assert not service.services.outputs.names(keys.outputs_of(gone, keys.Folder.WORDS))
    with suppress(Conflict):  # requests may be under way
        erase_account(OWNER, service.services)
    service.clock.shift(3_600)
    erase_account(OWNER, service.services)
    meaning.bring_up_to_date(OWNER, service.services)
    assert not service.services.outputs.names(keys.meaning_of(OWNER))
    assert service.services.meanings.of(OWNER).generation == 0


def test_a_refused_recording_costs_no_other_and_comes_when_the_engine_works(service: Service) -> None:
    service.cloud.failing["embed"] = "no"
    ref = say(service, "the first bus is late")
    assert found(service, "bus") == []
    service.cloud.failing.clear()
    meaning.bring_up_to_date(OWNER, service.services)
    assert found(service, "bus")[0][0] == ref.asset_id


def test_many_that_are_refused_keep_no_other_out_and_are_not_asked_for_without_end(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    embed = service.services.engine(EMBEDDING).passages

    def passages(texts: list[str]) -> list[list[float]]:
        asked.extend(texts)
        if any("unspeakable" in text for text in texts):
            raise EngineFailed("no")
        return embed(texts)

    monkeypatch.setattr(service.services.engine(EMBEDDING), "passages", passages)
    first = say(service, "the first bus is late")
    for number in range(7):
        say(service, f"something unspeakable was said {number} times")
    last = say(service, "the last bus is early")
    service.services.meanings.forget(OWNER)
    asked.clear()
    meaning.bring_up_to_date(OWNER, service.services)
    service.settle()
    assert {name for name, _ in found(service, "bus")} == {first.asset_id, last.asset_id}
    assert len([text for text in asked if "unspeakable" in text]) == 7
    assert service.services.meanings.of(OWNER).left == 0


def test_an_engine_that_refuses_all_is_left_alone_until_something_changes(service: Service) -> None:
    service.cloud.failing["embed"] = "no"
    refs = {say(service, f"bus {number} is late").asset_id for number in range(meaning._MOST_REFUSED + 5)}
    meaning.bring_up_to_date(OWNER, service.services)
    service.settle()
    assert service.services.meanings.of(OWNER).left == 5, "the page says that some are to come"
    service.cloud.failing.clear()
    refs.add(say(service, "another bus is late").asset_id)
    assert service.services.meanings.of(OWNER).left == 0
    assert {name for name, _ in found(service, "bus")} <= refs
    assert len(found(service, "bus")) == meaning.PAGE


def test_vectors_of_another_model_are_never_compared(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    say(service, "the first bus is late")
    monkeypatch.setattr(service.services.engine(EMBEDDING), "model", "another")
    assert found(service, "bus") == []
    meaning.bring_up_to_date(OWNER, service.services)
    assert len(found(service, "bus")) == 1


def test_a_lost_segment_is_made_anew_from_the_vectors_that_there_are(service: Service) -> None:
    first = say(service, "the first bus is late")
    outputs = service.services.outputs
    for name in outputs.names(keys.meaning_of(OWNER)):
        if not name.endswith("catalogue"):
            outputs.delete(name)
    assert found(service, "bus") == []
    calls = embedded(service)
    service.settle()
    assert [name for name, _ in found(service, "bus")] == [first.asset_id], "to look for it is enough"
    second = say(service, "the second bus is late")
    assert {name for name, _ in found(service, "bus")} == {first.asset_id, second.asset_id}
    assert embedded(service) == calls + 1


def test_without_an_embedder_nothing_is_searched_and_nothing_stored() -> None:
    with running_service() as service:
        say(service, "the first bus is late")
        with pytest.raises(NotFound):
            found(service, "bus")
        assert not service.services.outputs.names(keys.meaning_of(OWNER))
