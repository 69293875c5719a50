"""What an upload may ask for: names and values as the API has them, defaults that an explicit "no" beats."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ai_options import API_NAMES, CAPTURE_MODES, FALLBACK, AiOptions, OptionFault, capture_rate

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,30}", fullmatch=True)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "minConfidence": st.floats(0, 100, allow_nan=False).map(lambda percent: round(percent, 4)),
    "textROI": st.lists(st.booleans(), min_size=9, max_size=9),
    "customLabelModels": st.lists(NAMES, max_size=2, unique=True),
    "languageCode": st.sampled_from(["en", "en-US", "zh-Hant-TW"]),
    "faceCollectionId": NAMES,
    "customLanguageModel": NAMES,
    "customVocabulary": NAMES,
    "customEntityRecognizer": NAMES,
    "frameCaptureMode": st.sampled_from(sorted(CAPTURE_MODES)),
}
ASKED = st.fixed_dictionaries({}, optional={name: VALUES.get(name, st.booleans()) for name in API_NAMES.values()})


@given(ASKED)
def test_what_is_asked_comes_back_by_the_same_names(asked: dict[str, Any]) -> None:
    assert AiOptions.from_json(asked).to_json() == asked


@given(ASKED, ASKED)
def test_what_is_said_wins_and_a_no_is_said(mine: dict[str, Any], others: dict[str, Any]) -> None:
    both = AiOptions.from_json(mine).over(AiOptions.from_json(others))
    assert both.to_json() == {**others, **mine}


def test_the_fallback_leaves_no_choice_open() -> None:
    names = {
        name for name in API_NAMES.values() if not (name in VALUES and name.startswith(("custom", "face", "lang")))
    }
    assert names - set(FALLBACK.to_json()) == set()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("labels", True, "one of minConfidence"),
        ("label", "yes", "true or false"),
        ("label", 1, "true or false"),
        ("minConfidence", 101, "from 0 to 100"),
        ("minConfidence", float("nan"), "from 0 to 100"),
        ("minConfidence", True, "from 0 to 100"),
        ("textROI", [True] * 8, "nine"),
        ("textROI", [1] * 9, "nine"),
        ("customLabelModels", ["a", "b", "c"], "at most 2"),
        ("customLabelModels", ["a", "a"], "different"),
        ("faceCollectionId", "arn:aws:rekognition:us-east-1:1:collection/x", "a name"),
        ("customVocabulary", "", "a name"),
        ("languageCode", "English", "such as en-US"),
        ("frameCaptureMode", 7, "one of 0, 1, 2"),
        ("frameCaptureMode", True, "one of 0, 1, 2"),
    ],
)
def test_what_cannot_be_is_named_with_what_was_expected(name: str, value: object, expected: str) -> None:
    with pytest.raises(OptionFault) as caught:
        AiOptions.from_json({name: value})
    assert caught.value.field == name
    assert expected in caught.value.expected


def test_a_setting_is_json_or_names_by_comma() -> None:
    assert AiOptions.from_setting("label, text") == AiOptions(label=True, text=True)
    assert AiOptions.from_setting('{"minConfidence": 55, "label": false}') == AiOptions(min_confidence=55, label=False)
    for wrong in ("{", "[]", "labels"):
        with pytest.raises(OptionFault):
            AiOptions.from_setting(wrong)


@pytest.mark.parametrize(
    ("mode", "frame_rate", "rate"),
    [
        (0, 25.0, None),
        (1, 25.0, Fraction(1)),
        (1000, 25.0, Fraction(25)),
        (1000, 29.97, Fraction(30_000, 1001)),
        (1001, 24.0, Fraction(12)),
        (1002, 25.0, Fraction(1, 2)),
        (1003, 25.0, Fraction(1, 5)),
        (1013, 25.0, Fraction(1, 300)),
        (9999, 25.0, Fraction(1)),
        (1000, 0.0, Fraction(25)),
    ],
)
def test_a_mode_is_so_many_stills_a_second(mode: int, frame_rate: float, rate: Fraction | None) -> None:
    assert capture_rate(mode, frame_rate) == rate
