"""What Lambda has to fetch and load before it can work: the size of the package, the time of the import."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from zipfile import ZipFile

from benchmarks.measure import Figure, run
from deployment.project import make_package
from deployment.target import CONFIG

IMPORT_LIMIT = 1.6
"""Our import over that of boto3 and chalice, without which there is no Chalice app."""

PACKAGE_LIMIT_MB = 12.0

_ROUNDS = 15
_QUICK_ROUNDS = 4


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    with tempfile.TemporaryDirectory() as folder:
        package = build_package(Path(folder))
        with ZipFile(package) as zipped:
            unpacked = sum(file.file_size for file in zipped.infolist())
            zipped.extractall(Path(folder) / "task")
        ours, base = import_times(Path(folder) / "task", _QUICK_ROUNDS if quick else _ROUNDS)
        note = f"best of {ours * 1000:.0f} ms and {base * 1000:.0f} ms of processor time, as packed, whole processes"
        yield Figure("import app, over import boto3 and chalice", ours / base, "", IMPORT_LIMIT, note)
        native = native_files(package)
        note = f"{unpacked / 1e6:.1f} MB unpacked; boto3 in it"
        yield Figure("Lambda package", package.stat().st_size / 1e6, "MB", PACKAGE_LIMIT_MB, note)
        tags = ", ".join(sorted({tag for found in native.values() for tag in found}))
        yield Figure("native files in the package", len(native), "", note=tags)


def import_times(task: Path, rounds: int) -> tuple[float, float]:
    """Best seconds of importing the app, and of importing what no Chalice app is without, from the package in `task`.

    As in a new process on Lambda, which keeps nothing that it compiles. Processor time, of whole processes.
    """
    from tests.house.test_settings import GOOD

    environment = GOOD | {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}

    def importing(modules: str) -> float:
        code = f"import sys; sys.path.append({str(task)!r}); import {modules}"
        before = getrusage(RUSAGE_CHILDREN)
        run([sys.executable, "-I", "-S", "-B", "-c", code], environment)
        after = getrusage(RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    pairs = [(importing("app"), importing("boto3, chalice")) for _ in range(rounds)]
    return min(ours for ours, _ in pairs), min(base for _, base in pairs)


def build_package(folder: Path) -> Path:
    """Let Chalice's own packager make, inside `folder`, the zip that Lambda gets. Returns its path.

    With `automatic_layer` Chalice puts the same files into two zips, the app's and the dependencies'. The packager
    asks pip for the dependencies, so this needs a network or a warm cache. Raises RuntimeError if one cannot be had.
    """
    from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager
    from chalice.utils import UI, OSUtils

    project = folder / "project"
    make_package(project)
    (project / ".chalice").mkdir()
    shutil.copy(CONFIG, project / ".chalice")
    messages = (folder / "messages").open("w+")
    with messages:
        utilities = OSUtils()
        packager = LambdaDeploymentPackager(utilities, DependencyBuilder(utilities), UI(messages, messages))
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        package = Path(packager.create_deployment_package(str(project), version))
        messages.seek(0)
        said = messages.read()
    if "Could not install dependencies" in said:
        raise RuntimeError(said)
    return package


def native_files(package: Path) -> dict[str, tuple[str, ...]]:
    """The compiled files in the zip, each with the tags of the wheel that it came in: `cp311-cp311-manylinux2014…`."""
    found: dict[str, tuple[str, ...]] = {}
    with ZipFile(package) as zipped:
        names = zipped.namelist()
        for name in names:
            if name.endswith("/WHEEL"):
                lines = zipped.read(name).decode().splitlines()
                tags = tuple(line.removeprefix("Tag:").strip() for line in lines if line.startswith("Tag:"))
                record = zipped.read(name.removesuffix("WHEEL") + "RECORD").decode()
                mine = {line.split(",")[0] for line in record.splitlines()}
                found |= {file: tags for file in mine if file in names and _is_native(file)}
        return found | {name: () for name in names if _is_native(name) and name not in found}


def _is_native(name: str) -> bool:
    return name.endswith(".so") or ".so." in name
