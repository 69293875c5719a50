"""What `chalice deploy` uploads, packed once for all tests and processes."""

import fcntl
import os
import sys
from functools import cache
from pathlib import Path
from unittest.mock import patch

from chalice.deploy.packager import AppOnlyDeploymentPackager, DependencyBuilder, LayerDeploymentPackager
from chalice.utils import UI, OSUtils

from deployment.project import make_package
from deployment.target import ROOT

_VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"


@cache
def packed() -> tuple[Path, Path]:
    """The zips of the app and of its layer, as Chalice's own packagers make them.

    Chalice names what it packs by its content, so `chalice deploy` takes these and makes no others.
    """
    project = ROOT / "build" / "packed"
    project.parent.mkdir(exist_ok=True)
    utilities = OSUtils()
    with (
        (ROOT / "build" / "packed.lock").open("w") as lock,
        patch.dict(os.environ, {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")}),
        Path(os.devnull).open("w") as nowhere,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_package(project)
        layer, app = (
            Path(
                packager(utilities, DependencyBuilder(utilities), UI(nowhere, nowhere)).create_deployment_package(
                    str(project), _VERSION
                )
            )
            for packager in (LayerDeploymentPackager, AppOnlyDeploymentPackager)
        )
    return app, layer
