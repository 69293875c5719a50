"""What all rehearsals share: the package, made once, an account for each, and a stage for those that change none."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

import pytest

from deployment.target import ROOT
from tests.harness.packed import packed
from tests.rehearsal.cloud import Cloud, rehearsed_account

ADMIN = "admin@rapporteur.example"
SENDER = "reports@rapporteur.example"
STAGE = "rehearsal"
OWNER = "owner-1"
"""Whose recordings the rehearsals register themselves."""


@dataclass(frozen=True)
class Deployed:
    """The stage `STAGE`, which `make deploy` made in an account that held nothing else, and what it said."""

    cloud: Cloud
    said: str


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with rehearsed_account() as account:
        yield account


def fresh(stage: str) -> None:
    """Nothing is left of earlier deployments of `stage` in this checkout, and what is to be deployed is packed."""
    folder = ROOT / "build" / stage
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".chalice" / "deployments").mkdir(parents=True)
    for package in packed():
        (folder / ".chalice" / "deployments" / package.name).hardlink_to(package)


@pytest.fixture(scope="session")
def deployed() -> Iterator[Deployed]:
    """Who uses it is in the xdist_group "stage", or it would be deployed by each worker."""
    fresh(STAGE)
    with patch.dict(os.environ, {"MOTO_DISABLE_GLOBAL_CORS": "true"}), rehearsed_account() as cloud:
        cloud.client("ses").verify_email_identity(EmailAddress=SENDER)
        done = cloud.run("deploy", "--stage", STAGE, "--admin-email", ADMIN, "--report-sender", SENDER)
        assert done.returncode == 0, done.stdout + done.stderr
        yield Deployed(cloud, done.stdout)
