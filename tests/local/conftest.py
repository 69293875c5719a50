"""Fixtures that tests of several local engines share."""

import threading
from pathlib import Path

import pytest

from local.jobs import LocalJob


@pytest.fixture
def running(tmp_path: Path) -> LocalJob:
    """A job that nobody has cancelled."""
    return LocalJob("listen-1", tmp_path, threading.Event())
