"""What a handler leaves in its log: its metrics, never people's words."""

import json
import math
import warnings
from types import SimpleNamespace

import pytest

from chalicelib.observability import count, metrics, observe, seconds_left


@pytest.fixture(autouse=True)
def nothing_counted_before() -> None:
    metrics.clear_metrics()


def test_an_invocation_that_counted_nothing_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert observe({}, lambda _: "done") == "done"
    assert capsys.readouterr().out == ""


def test_metrics_are_published_though_the_handler_fails(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(_: object) -> None:
        count("UploadsAccepted")
        raise ValueError("words that somebody said")

    with pytest.raises(ValueError, match="words"):
        observe({}, fails)
    published = capsys.readouterr()
    assert json.loads(published.out.splitlines()[-1])["UploadsAccepted"] == [1.0]
    assert "somebody" not in published.out + published.err


def test_whoever_works_knows_how_much_time_is_left() -> None:
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 90_000)
    left = observe(SimpleNamespace(context=context), lambda _: seconds_left())
    assert isinstance(left, float)
    assert 80 < left <= 90
    assert seconds_left() == math.inf, "nobody says"
    assert observe({}, lambda _: seconds_left()) == math.inf
