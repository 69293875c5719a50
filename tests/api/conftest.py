"""The service with its API and its accounts."""

import importlib
from collections.abc import Iterator

import pytest
from chalice.test import Client

from tests.api.accounts import Pool
from tests.api.world import World
from tests.harness.service import Service


@pytest.fixture
def world(service: Service) -> Iterator[World]:
    with Client(importlib.import_module("app").app) as client:
        yield World(service, Pool.make(service), client)
