"""What programs are told to call a download (RFC 6266), whatever its owner calls the recording."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from chalicelib.api.downloads import disposition
from chalicelib.domain import names


@given(st.text(max_size=60), st.sampled_from(["attachment", "inline"]))
def test_any_name_arrives_and_adds_nothing(name: str, how: str) -> None:
    safe = names.safe_name(name)
    header = disposition(safe, how)
    kind, plain, encoded = re.fullmatch(
        r'([a-z]+); filename="([A-Za-z0-9 ._()-]+)"; filename\*=UTF-8\'\'(\S+)', header
    ).groups()  # type: ignore[union-attr]
    assert (kind, unquote(encoded)) == (how, safe)
    assert parse_options_header(header)[1]["filename"] in {safe, plain}


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ('Réunion 50%41 "x".docx', "Reunion 50_41 _x_.docx"),
        ("토론.docx", "recording.docx"),
        ("토론 3.docx", "3.docx"),
        ("a\\b;c.txt", "a_b_c.txt"),
        ("Straße Łódź Ærø Þórð ÉCOLE İı.docx", "Strasse Lodz Aero Thord ECOLE Ii.docx"),
        ("CAFÉ “x”–y’z.docx", "CAFE _x_-y_z.docx"),
        ("debate 토론 .docx", "debate.docx"),
        ("토론 3 연구 4.docx", "3 4.docx"),
    ],
)
def test_what_reads_ascii_only_gets_a_name_too(name: str, plain: str) -> None:
    assert f'filename="{plain}";' in disposition(name)
