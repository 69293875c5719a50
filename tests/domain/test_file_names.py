"""Names of files as people have them: safe to show and to save, and still theirs."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import names
from chalicelib.domain.media import ACCEPTED_ENDINGS
from tests.harness.places import DATA

JOINED = ["👩‍👩‍👧‍👦", "🧑🏽‍🚀", "❤️‍🔥", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "می‌خواهم", "क्‍ष", "ශ්‍රී", "ന്‍", "کتاب‌ها"]


@pytest.mark.parametrize("name", JOINED)
def test_joiners_stay_where_they_join(name: str) -> None:
    assert names.safe_name(f"{name} 1.mp4") == f"{name} 1.mp4"
    assert names.one_line(f" {name}\u00a0 x ") == f"{name} x"


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("pay\u200dpal\u200c.mp4", "paypal.mp4"),
        ("\u200d👩\u200d.mp4", "👩.mp4"),
        ("exe\u202e4pm.mp4", "exe4pm.mp4"),
        ("a\u2066b\u2069\u200e\u200f\u061c.mp4", "ab.mp4"),
        ("a\u200bb\u00adc\ufeff\u2060.mp4", "abc.mp4"),
        ("\u3164\u115f.mp4", ".mp4"),
        ("Re\u200b\u0301union\u034f.mp4", "Réunion.mp4"),
        ("a\U000e0041\U000e0042.mp4", "a.mp4"),
        ("می\u200c\u202e\u200cخ.mp4", "میخ.mp4"),
    ],
)
def test_what_nobody_sees_goes(name: str, seen: str) -> None:
    assert names.safe_name(name) == seen


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("x.mp4 ", "x.mp4"),
        ("x.mp4. .", "x.mp4"),
        (" .mp4", ".mp4"),
        ("...", "recording"),
        ("C:\\talks\\x.wav", "x.wav"),
        ("Cafe\u0301.wav", "Café.wav"),
    ],
)
def test_a_name_is_one_that_every_system_takes(name: str, safe: str) -> None:
    assert names.safe_name(name) == safe


@pytest.mark.parametrize("letter", ["토", "👩‍👩‍👧‍👦", "e\u0301", "می‌خ"])
def test_a_long_name_is_shortened_between_letters_and_keeps_its_ending(letter: str) -> None:
    called = names.safe_name(letter * 300 + ".mp4")
    assert called.endswith(".mp4")
    assert 180 < len(called.encode()) <= 200
    assert names.visible(called) == called


@pytest.mark.parametrize(("typed", "kept"), json.loads((DATA / "names.json").read_text()))
def test_a_name_is_kept_on_one_line_and_in_one_form(typed: str, kept: str) -> None:
    assert names.one_line(typed) == kept


@pytest.mark.parametrize(("name", "ending"), json.loads((DATA / "endings.json").read_text()))
def test_an_ending_is_told_whatever_stands_around_it(name: str, ending: str) -> None:
    assert names.ending_of(name) == ending


@given(st.text(max_size=300))
def test_any_name_comes_out_safe_and_stays_as_it_is_then(name: str) -> None:
    called = names.safe_name(name)
    assert called == names.safe_name(called)
    assert 0 < len(called.encode()) <= 200
    assert called == unicodedata.normalize("NFC", called)
    assert not {"/", "\\", "\n", "\0", "\u202e"} & set(called)


@pytest.mark.parametrize(
    ("title", "stem"), [(None, "hidden"), (".hidden ", "hidden"), (" . .", "recording"), (".mp4", "recording")]
)
def test_a_download_is_no_hidden_file(title: str | None, stem: str) -> None:
    assert names.download_stem(title, ".hidden.mp4") == stem


@given(st.text(max_size=40), st.text(max_size=20) | st.none(), st.sampled_from(sorted(ACCEPTED_ENDINGS)))
def test_what_is_downloaded_never_has_a_recordings_ending_beside_its_own(
    name: str, title: str | None, ending: str
) -> None:
    stem = names.download_stem(title and f"{title}.{ending}", f"{name}.{ending}")
    assert names.ending_of(stem) not in ACCEPTED_ENDINGS
    assert names.safe_name(f"{stem}.docx") == f"{stem}.docx"
