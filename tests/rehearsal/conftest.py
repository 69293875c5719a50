"""What all rehearsals share: the package, made once, and an account for each."""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from chalice.deploy.packager import AppOnlyDeploymentPackager, DependencyBuilder, LayerDeploymentPackager
from chalice.utils import UI, OSUtils

from deployment.project import copy_app
from deployment.target import ROOT
from tests.rehearsal.cloud import Cloud, rehearsed_account


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
    project.mkdir(parents=True, exist_ok=True)
    utilities = OSUtils()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    with (
        (ROOT / "build" / "packed.lock").open("w") as lock,
        patch.dict(os.environ, {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")}),
        Path(os.devnull).open("w") as nowhere,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        copy_app(project)
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
