"""What may be uploaded is one list, wherever it is told."""

import re
from pathlib import Path

import pytest

from chalicelib.api.checked import checked
from chalicelib.api.models.assets import NewAsset
from chalicelib.domain.media import ACCEPTED, ACCEPTED_ENDINGS, RECORDINGS
from chalicelib.pipeline.accept import rejection_of
from local.engines import pyav
from tests.harness.started import ROOT

ENDINGS = [ending for endings in ACCEPTED.values() for ending in endings]


def test_the_readme_names_every_ending() -> None:
    told = re.search(r"Accepted are (.+?): told by", (ROOT / "README.md").read_text(), re.DOTALL)
    assert told
    assert re.findall(r"\w+", told[1].replace(" and ", " ")) == ENDINGS


def test_an_ending_belongs_to_one_container() -> None:
    assert len(ENDINGS) == len(ACCEPTED_ENDINGS)


def test_the_local_prober_opens_every_container_and_nothing_else() -> None:
    opened = pyav._OPTIONS["format_whitelist"]
    families = {name: family for several, family in pyav._FAMILIES.items() for name in several.split(",")}
    assert {families.get(name, name) for name in opened.split(",")} == RECORDINGS


@pytest.mark.parametrize("name", ["talk.{}", "TALK.{} ", "talk.{}.", ".{}", "토론.{}\u200f", "a" * 900 + ".{}"])
def test_a_recording_is_taken_whatever_stands_around_its_ending(name: str) -> None:
    for file_name in (name.format(written) for ending in ENDINGS for written in (ending, ending.upper())):
        assert rejection_of(file_name, 1, 1) is None
        checked(NewAsset, {"file_name": file_name, "size": 1})


@pytest.mark.parametrize("name", ["talk", "mp4", "talk.docx", "talk.mp4.exe", "talk.mp4x", "m.p.4", "x.m3u8", "x.", ""])
def test_what_ends_otherwise_is_not(name: str) -> None:
    refused = rejection_of(name, 1, 1)
    assert refused is not None
    assert refused.code in {"unsupported-ending", "no-ending"}
    assert Path(name).suffix in str(refused)


def test_a_sentence_behind_a_dot_is_not_repeated_at_length() -> None:
    refused = rejection_of("talk." + "x" * 900, 1, 1)
    assert refused is not None
    assert "x" * 30 not in str(refused)
