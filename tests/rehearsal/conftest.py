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
        pool, client = _make_pool(cloud)
        told = ["--set", f"USER_POOL={pool}", "--set", f"USER_POOL_CLIENT={client}", "--report-sender", SENDER]
        done = cloud.run("deploy", "--stage", STAGE, "--admin-email", ADMIN, *told)
        assert done.returncode == 0, done.stdout + done.stderr
        yield Deployed(cloud, done.stdout)


def _make_pool(cloud: Cloud) -> tuple[str, str]:
    """The pool and its client, as the template has them: moto's CloudFormation makes none."""
    cognito = cloud.client("cognito-idp")
    pool = cognito.create_user_pool(
        PoolName=f"rapporteur-{STAGE}", UsernameAttributes=["email"], AutoVerifiedAttributes=["email"]
    )["UserPool"]["Id"]
    cognito.create_group(UserPoolId=pool, GroupName="admin")
    client = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="web",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        ReadAttributes=["email", "email_verified"],  # or moto's tokens would not name them
    )
    return pool, client["UserPoolClient"]["ClientId"]
