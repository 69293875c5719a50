"""Other people's recordings and documents, which the project does not ship.

They lie in the folder that RAPPORTEUR_TEST_DATA names, else in `shared/data` beside the checkout. Where there is none,
a test that asks for a file is skipped, and the run says so at its end; with RAPPORTEUR_NO_SKIPS set, as in CI, it
fails. What such a test holds is held with something of our own as well (`tests/harness/talk.py`,
`tests/harness/events.py`, `tests/harness/media.py`): what is skipped are figures on what others recorded.
"""

import os
from pathlib import Path

import pytest

from tests.harness.places import ROOT


def folder() -> Path | None:
    """Where the files lie; None where they are not at hand."""
    path = Path(os.environ.get("RAPPORTEUR_TEST_DATA") or ROOT.parent / "shared" / "data")
    return path if path.is_dir() else None


def shared(name: str) -> Path:
    """The file of that name, as in `events/powertools_snsSqsEvent.json`; or the test is skipped, or fails."""
    found = folder()
    if found is None:
        if os.environ.get("RAPPORTEUR_NO_SKIPS"):
            pytest.fail(f"{name} is not at hand, and its test must not be skipped: set RAPPORTEUR_TEST_DATA.")
        pytest.skip("THERE IS NO shared/data BESIDE THE CHECKOUT: figures on other people's recordings go untested")
    path = found / name
    assert path.is_file(), f"{found} has no {name}"
    return path
