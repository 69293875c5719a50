"""The gate: nothing is replaced but by what is better, surely, and everywhere."""

import pytest

from chalicelib.learning.errors import Errors
from chalicelib.learning.gate import Heard, Verdict, is_held_out, judge


def heard(before: int, after: int, words: int = 300, made_up: int = 0) -> Heard:
    return Heard(Errors(before, 0, 0, words), Errors(after - made_up, 0, made_up, words))


BETTER = [heard(30, 20)] * 8


def test_what_is_better_everywhere_is_taken() -> None:
    found = judge(BETTER, [heard(10, 10)])
    assert found.is_taken
    assert (found.recordings, found.words, found.sureness) == (8, 2400, 1.0)
    assert (found.current, round(found.candidate, 4)) == (0.1, 0.0667)
    assert found.general_current == found.general_candidate == 10 / 300


@pytest.mark.parametrize(
    ("held_out", "general", "verdict"),
    [
        (BETTER[:4], [], Verdict.NOT_ENOUGH),
        ([heard(30, 20, words=100)] * 8, [], Verdict.NOT_ENOUGH),
        ([], [], Verdict.NOT_ENOUGH),
        ([heard(30, 30)] * 8, [], Verdict.NOT_BETTER),
        ([heard(30, 40)] * 8, [], Verdict.NOT_BETTER),
        ([heard(100, 99)] * 8, [], Verdict.NOT_BETTER),
        ([heard(0, 0)] * 8, [], Verdict.NOT_BETTER),
        ([heard(90, 20), *[heard(30, 33)] * 7], [], Verdict.NOT_SURE),
        ([heard(30, 20, made_up=5)] * 8, [], Verdict.MAKES_UP_MORE),
        (BETTER, [heard(10, 14)], Verdict.WORSE_IN_GENERAL),
    ],
)
def test_what_is_not_is_refused_with_the_reason(held_out: list[Heard], general: list[Heard], verdict: Verdict) -> None:
    found = judge(held_out, general)
    assert found.verdict is verdict
    assert not found.is_taken


def test_a_fifth_of_all_recordings_is_held_out_for_ever() -> None:
    ids = [f"{number:011x}abcdef" for number in range(5_000)]
    held_out = [one for one in ids if is_held_out(one)]
    assert 900 < len(held_out) < 1100
    assert is_held_out("1a1fd8c6900aaaa") is is_held_out("1a1fd8c6900aaaa")


def test_the_figures_are_the_same_each_time() -> None:
    mixed = [heard(90, 20), *[heard(30, 33)] * 7]
    assert judge(mixed, []) == judge(mixed, [])
