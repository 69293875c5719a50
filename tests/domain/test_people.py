"""Collections' names, and what is a picture."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ai_options import NAME
from chalicelib.domain.people import collection_id, is_picture, prefix_of

ENGINES_OWN = re.compile(r"[a-zA-Z0-9_.\-]{1,255}")
"""https://docs.aws.amazon.com/rekognition/latest/APIReference/API_CreateCollection.html"""


@given(st.from_regex(NAME, fullmatch=True), st.text())
def test_what_the_engine_calls_a_collection_is_a_name_there_and_ours_alone(name: str, home: str) -> None:
    its = collection_id(name, home)
    assert ENGINES_OWN.fullmatch(its)
    assert its.startswith(prefix_of(home))
    assert its.endswith(name)


@pytest.mark.parametrize("name", ["", "a b", "arn:aws:x", "a/b", "a" * 201, "a\n"])
def test_what_is_no_name_has_none_there(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        collection_id(name, "users")


@given(st.binary(max_size=20))
def test_only_the_beginning_makes_a_picture(content: bytes) -> None:
    assert is_picture(content) is content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
