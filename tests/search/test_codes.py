"""Codes of passages: the same order as by their numbers, segments that merge, and what was replaced left out."""

import random
from array import array

import pytest

from chalicelib.search.codes import (
    MOST_SEGMENTS,
    Catalogue,
    Line,
    Segment,
    apart,
    best,
    code,
    kept,
    planes,
    scores,
    tables,
    to_merge,
)
from chalicelib.search.passages import cosine, small

PICK = random.Random(7)


def vector(length: int = 384) -> list[float]:
    return [PICK.gauss(0, 1) for _ in range(length)]


def told(stored: bytes, question: list[float]) -> float:
    number = int.from_bytes(stored, "little")
    return sum(value * (-3, -1, 1, 3)[number >> 2 * at & 3] for at, value in enumerate(question))


def test_two_bits_say_the_sign_and_whether_it_is_more_than_usual() -> None:
    stored = int.from_bytes(code(bytes([127, 5, 256 - 5, 256 - 127])), "little")
    assert [stored >> 2 * at & 3 for at in range(4)] == [3, 2, 1, 0]


@pytest.mark.parametrize(("count", "length"), [(1, 8), (2, 256), (501, 384)])
def test_scores_are_as_if_each_number_had_been_looked_at(count: int, length: int) -> None:
    question = vector(length)
    codes = [code(small(vector(length))) for _ in range(count)]
    even, odd = scores(apart(b"".join(planes(codes)), count), tables(question))
    found = [even[at // 2] if at % 2 == 0 else odd[at // 2] for at in range(count)]
    assert len(even) + len(odd) == count
    groups = [sum(map(abs, question[at : at + 4])) for at in range(0, length, 4)]
    step, least = 6 * max(groups) / 63, 3 * sum(groups)
    for one, stored in zip(found, codes, strict=True):
        assert one * step - least == pytest.approx(told(stored, question), abs=step * length / 8)


def test_the_nearest_are_among_the_best_by_their_codes() -> None:
    question = vector()
    vectors = [small(vector()) for _ in range(2_000)]
    near = [small([a + b for a, b in zip(question, vector(), strict=True)]) for _ in range(5)]
    vectors[100:105] = near
    segment = Segment("x", tuple(Line(f"r{at}", "1", 10) for at in range(200)))
    found = {
        name: value for value, name in best(segment, scores(planes(list(map(code, vectors))), tables(question)), 20)
    }
    assert max(found, key=lambda name: found[name]) == "r10"
    assert cosine(question, near[0]) > 0.6
    assert 1 <= len(found) <= 25


def test_the_sixteen_bits_of_a_score_are_never_too_few() -> None:
    assert 1 << (8 * array("H").itemsize) > 255 // 4 * 1536 // 8


def test_what_was_replaced_is_neither_found_nor_kept_in_a_merge() -> None:
    codes = [code(small(vector())) for _ in range(6)]
    catalogue = Catalogue("m", (Segment("a", (Line("x", "1", 2), Line("y", "1", 3), Line("z", "1", 1))),))
    assert Catalogue.from_bytes(catalogue.to_bytes()) == catalogue
    (segment,) = catalogue.without({"y"}).segments
    found = {name for _, name in best(segment, scores(planes(codes), tables(vector())), 6)}
    assert found == {"x", "z"}
    assert kept(segment, planes(codes)) == planes([*codes[:2], codes[5]])


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
