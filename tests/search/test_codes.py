"""Codes of passages: as near as by all their numbers, segments that merge, and what was replaced left out."""

import random
from array import array
from operator import mul

import pytest

from chalicelib.search.codes import (
    BUDGET,
    MOST_SEGMENTS,
    Catalogue,
    Line,
    Segment,
    apart,
    best,
    kept,
    planes,
    planes_for,
    scores,
    tables,
    to_merge,
)
from chalicelib.search.passages import cosine, level, small

PICK = random.Random(7)


def vector(length: int = 384) -> list[float]:
    return [PICK.gauss(0, 1) for _ in range(length)]


def nearest(question: list[float], vectors: list[bytes], planes_read: int | None = None) -> dict[str, float]:
    segment = Segment("x", tuple(Line(f"r{at}", "1", 10) for at in range(len(vectors) // 10)))
    return best(segment, planes(vectors)[:planes_read], question, 20, lambda name: name != "r3")


@pytest.mark.parametrize(("count", "length"), [(1, 8), (2, 256), (501, 384)])
def test_scores_are_as_if_each_number_had_been_looked_at(count: int, length: int) -> None:
    question = vector(length)
    vectors = [small(vector(length)) for _ in range(count)]
    stored = b"".join(planes(vectors))
    assert len(stored) == count * length
    for finer in (0, length // 16, length // 8):  # planes of the second layer
        read = length // 8 + finer
        found = scores(apart(stored, count), tables(question, read))
        assert len(found) == count
        bits = [2] * 8 * finer + [1] * (length - 8 * finer)
        highest = [level(bit, 255) for bit in bits]
        sums = [sum(map(abs, question[at : at + 8])) for at in range(0, length, 8)]
        largest = max(
            (level(2, 128) - level(2, 0) if at < finer else 2 * level(1, 255)) * one for at, one in enumerate(sums)
        )
        step, least = largest / 63, sum(map(mul, highest, map(abs, question)))
        for one, own in zip(found, vectors, strict=True):
            by_hand = sum(value * level(bit, byte) for value, bit, byte in zip(question, bits, own, strict=True))
            assert one * step - least == pytest.approx(by_hand, abs=step * read / 2)


@pytest.mark.parametrize(("layers", "off"), [(1, 0.1), (2, 0.03), (3, 0.01), (4, 0.005)])
def test_the_nearest_are_found_the_more_exactly_the_more_layers_there_are(layers: int, off: float) -> None:
    question = vector()
    vectors = [small(vector()) for _ in range(2_000)]
    near = [small([a + b for a, b in zip(question, vector(), strict=True)]) for _ in range(5)]
    vectors[100:105] = near
    found = nearest(question, vectors, 96 * layers)
    assert next(iter(found)) == "r10"
    assert found["r10"] == pytest.approx(max(cosine(question, one) for one in near), abs=off)
    assert found["r10"] > 0.6
    assert 1 <= len(found) <= 25


def test_of_recordings_that_are_not_wanted_nothing_is_in_the_way() -> None:
    question = vector()
    vectors = [small(vector()) for _ in range(100)]
    vectors[30:40] = [small(question)] * 10
    assert len(nearest(question, vectors)) > 5, "of r3 there are as many as there is room for"
    assert "r3" not in nearest(question, vectors)


def test_the_sixteen_bits_of_a_score_are_never_too_few() -> None:
    assert 1 << (8 * array("H").itemsize) > 255 // 4 * 1536 // 4


def test_so_many_planes_are_kept_as_a_search_may_read() -> None:
    kept_of = [planes_for(passages, 256, BUDGET) for passages in (1, 187_500, 190_000, 370_000, 750_000, 10**6, 10**7)]
    assert kept_of == [256, 256, 252, 129, 64, 48, 32]
    assert planes_for(100, 256, -5) == 64, "what is small beside what is large"
    assert planes_for(0, 256, BUDGET) == 256


def test_by_some_of_the_highest_bits_it_is_told_about_how_near_something_is() -> None:
    question = vector(256)
    vectors = [small(vector(256)) for _ in range(400)]
    vectors[123] = small([one + 0.5 * other for one, other in zip(question, vector(256), strict=True)])
    found = nearest(question, vectors, 48)
    assert max(found, key=found.__getitem__) == "r12"
    assert found["r12"] == pytest.approx(cosine(question, vectors[123]), abs=0.12)


def test_what_was_replaced_is_neither_found_nor_kept_in_a_merge() -> None:
    vectors = [small(vector()) for _ in range(6)]
    catalogue = Catalogue("m", (Segment("a", (Line("x", "1", 2), Line("y", "1", 3), Line("z", "1", 1)), 384),))
    assert Catalogue.from_bytes(catalogue.to_bytes()) == catalogue
    (segment,) = catalogue.without({"y"}).segments
    assert {*best(segment, planes(vectors), vector(), 6, lambda _: True)} == {"x", "z"}
    assert kept(segment, planes(vectors)) == planes([*vectors[:2], vectors[5]])


def test_few_segments_are_read_and_no_recording_is_written_often() -> None:
    catalogue, written = Catalogue("m"), 0
    for number in range(3_000):
        several = to_merge(catalogue, 100)
        segments = catalogue.segments
        merged = tuple(line for one in segments[len(segments) - several :] for line in one.lines)
        lines = (*merged, Line(str(number), "1", 100))
        written += len(lines)
        catalogue = Catalogue("m", (*segments[: len(segments) - several], Segment("x", lines)))
        assert len(catalogue.segments) <= MOST_SEGMENTS
    assert len(catalogue.stamps) == 3_000
    assert written / 3_000 < 60
