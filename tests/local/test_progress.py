"""What the terminal says at the end."""

import io

import pytest
from rich.console import Console

from chalicelib.domain.assets import Asset
from chalicelib.domain.files import says_nothing
from local.progress import summary
from tests.letters import reports


@pytest.mark.parametrize(
    ("asset", "extent"),
    [
        (reports.asset(), "754.2 s"),
        (reports.picture().asset, "4032 × 3024"),
        (reports.document().asset, "2 pages"),
        (reports.asset(media=None), "–"),
    ],
)
def test_each_file_is_told_in_what_it_is_made_of(asset: Asset, extent: str) -> None:
    told = io.StringIO()
    summary([asset], ["out/x/"], Console(file=told, width=120))
    assert f"│ {extent} " in told.getvalue()


@pytest.mark.parametrize(
    ("name", "size", "is_empty"),
    [
        ("captions.srt", 0, True),
        ("captions.vtt", len("WEBVTT\n"), True),
        ("captions.srt", len("1\n00:00:00,000 --> 00:00:03,000\nA\n"), False),
        ("transcript.txt", 0, False),
    ],
)
def test_captions_without_a_cue_are_not_worth_a_line(name: str, size: int, is_empty: bool) -> None:
    assert says_nothing(name, size) is is_empty
