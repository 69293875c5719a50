"""What all rehearsals share: the package, made once, an account for each, and a stage for those that change none."""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from chalice.deploy.packager import AppOnlyDeploymentPackager, DependencyBuilder, LayerDeploymentPackager
from chalice.utils import UI, OSUtils

from deployment.project import make_package
from deployment.target import ROOT
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


@pytest.fixture(scope="session")
def packed() -> Path:
    """The folder with the app and its layer as Chalice's own packagers make them, once for all stages and processes.

    Chalice names what it packs by its content, so `chalice deploy` takes these and makes no others.
    """
    project = ROOT / "build" / "packed"
    project.parent.mkdir(exist_ok=True)
    utilities = OSUtils()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    with (
        (ROOT / "build" / "packed.lock").open("w") as lock,
        patch.dict(os.environ, {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")}),
        Path(os.devnull).open("w") as nowhere,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_package(project)
        for packager in (LayerDeploymentPackager, AppOnlyDeploymentPackager):
            packager(utilities, DependencyBuilder(utilities), UI(nowhere, nowhere)).create_deployment_package(
                str(project), version
            )
    return project / ".chalice" / "deployments"


def fresh(stage: str, packed: Path) -> None:
    """Nothing is left of earlier deployments of `stage` in this checkout, and what is to be deployed is packed."""
    folder = ROOT / "build" / stage
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".chalice" / "deployments").mkdir(parents=True)
    for package in packed.glob("*.zip"):
        (folder / ".chalice" / "deployments" / package.name).hardlink_to(package)


@pytest.fixture(scope="session")
def deployed(packed: Path) -> Iterator[Deployed]:
    """Who uses it is in the xdist_group "stage", or it would be deployed by each worker."""
    fresh(STAGE, packed)
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
