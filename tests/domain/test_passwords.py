"""Passwords in one form."""

import json

import pytest

from chalicelib.domain.passwords import opaque
from tests.harness.places import DATA

CASES = json.loads((DATA / "passwords.json").read_text())


@pytest.mark.parametrize(("typed", "form"), CASES)
def test_a_password_has_one_form_however_it_was_typed(typed: str, form: str) -> None:
    assert opaque(typed) == form
    assert opaque(form) == form
