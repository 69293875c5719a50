"""Fixtures that several test modules share."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.service import Service, running_service

settings.register_profile("rapporteur", deadline=None)  # no timing in tests: that a machine is busy is no fault
settings.load_profile("rapporteur")


@pytest.fixture
def service() -> Iterator[Service]:
    """The whole service over fake engines, in virtual time."""
    with running_service() as running:
        yield running
