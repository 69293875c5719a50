"""Every seam and engine that the package has: they can be found, and the documentation has them."""

import re

import pytest

from chalicelib.engines.registry import module_of, names
from chalicelib.seams.registry import SEAMS
from chalicelib.seams.seam import Seam
from chalicelib.settings import variable
from tests.harness.places import ROOT

PAGE = (ROOT / "docs" / "engines.md").read_text()


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.name)
def test_the_page_of_engines_has_every_seam(seam: Seam[object]) -> None:
    (row,) = re.findall(rf"^\| `{seam.name}` \|.*$", PAGE, re.M)
    _, _, chosen_by, does, on_one_machine, on_aws, _ = (cell.strip() for cell in row.split("|"))
    assert chosen_by == f"`{variable(seam.setting)}`"
    assert does == seam.does
    here = seam.on_one_machine
    assert on_one_machine.startswith(f"`{here}`" if here else "none")
    assert on_aws == f"`{seam.on_aws}`" if seam.on_aws else on_aws.startswith("none")


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.name)
def test_the_engines_of_a_seam_are_there(seam: Seam[object]) -> None:
    for name in {*names(seam), seam.on_aws, seam.on_one_machine} - {None}:
        assert callable(module_of(seam, name).create)
