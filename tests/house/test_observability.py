"""What a handler leaves in its log: its metrics, never people's words."""

import json
import warnings

import pytest

from chalicelib.observability import count, metrics, observe


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
