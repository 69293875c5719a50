"""Fixtures that several test modules share."""

from collections.abc import Iterator

import pytest

from tests.service import Service, running_service


@pytest.fixture
def service() -> Iterator[Service]:
    """The whole service over fake engines, in virtual time."""
    with running_service() as running:
        yield running
