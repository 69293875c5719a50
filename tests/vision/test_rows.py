"""What an engine has found is written a row a line, and read a line at a time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.vision import rows
from chalicelib.vision.detections import Detection

VALUES = st.recursive(
    st.integers() | st.text() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.sampled_from(Detection), st.lists(st.dictionaries(st.text(), VALUES, max_size=4)))
def test_rows_come_back_as_they_were(detection: Detection, found: list[dict[str, Any]]) -> None:
    lines = list(rows.written(detection, found, {"DurationMillis": 1000}))
    assert list(rows.read(lines)) == found
    assert all(line.count(b"\n") == 1 for line in lines)


@pytest.mark.parametrize("lines", [[], [b"{}\n"], [b'{"Timestamp": 0}\n']])
def test_what_does_not_say_what_it_is_is_none(lines: list[bytes]) -> None:
    with pytest.raises(ValueError, match="not of what"):
        list(rows.read(lines))
