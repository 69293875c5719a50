"""A test that ended its worker is not begun again.

pytest-xdist 3.8 hands a group of tests whose worker went down to another one with the very test that did it
(`LoadScopeScheduling.remove_node`), and so on without end. Whoever begins a test notes that, and takes the note back.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_HAS_ENDED_ONE = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Note that the test has begun, while it runs."""
    run = getattr(item.config, "workerinput", {}).get("testrunuid")
    if run is None:
        return (yield)
    note = Path(tempfile.gettempdir(), f"begun-{run}-{hashlib.sha256(item.nodeid.encode()).hexdigest()[:20]}")
    item.stash[_HAS_ENDED_ONE] = note.exists()
    note.touch()
    try:
        return (yield)
    finally:
        note.unlink(missing_ok=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Say so, in place of the test."""
    if item.stash.get(_HAS_ENDED_ONE, False):
        pytest.fail("This test has ended its worker, and is not begun again: where it stood is told above.")
