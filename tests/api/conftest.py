"""The service with its API and its accounts."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from chalice.test import Client

from tests.api.accounts import Pool
from tests.api.world import World
from tests.service import Service, running_service


@pytest.fixture
def world(service: Service) -> Iterator[World]:
    with Client(importlib.import_module("app").app) as client:
        yield World(service, Pool.make(service), client)


@contextmanager
def a_world(**settings: str) -> Iterator[World]:
    """One with other settings, by their names without the prefix."""
    with running_service(**settings) as service, Client(importlib.import_module("app").app) as client:
        yield World(service, Pool.make(service), client)
