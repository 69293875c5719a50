"""What `chalice deploy` would upload: small, complete, and nothing in it that Lambda's libc cannot load."""

import re
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from benchmarks.footprint import build_package

LIMIT_BYTES = 6_000_000


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(build_package(tmp_path_factory.mktemp("package")))


def test_it_is_small(package: zipfile.ZipFile) -> None:
    assert package.filename is not None
    assert Path(package.filename).stat().st_size <= LIMIT_BYTES


def test_it_holds_the_app_and_its_templates_and_nothing_local(package: zipfile.ZipFile) -> None:
    names = set(package.namelist())
    assert {"app.py", "chalicelib/delivery/templates/report.html.j2", "chalice/app.py"} <= names
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"local", "tests", "samples", "benchmarks", "boto3", "moto", "av", "pocketsphinx", "numpy"}


def test_its_native_files_come_from_wheels_that_lambda_can_load(package: zipfile.ZipFile) -> None:
    native = {name.split("/")[0] for name in package.namelist() if ".so" in PurePosixPath(name).name}
    assert native == {"pydantic_core", "markupsafe"}
    for name in package.namelist():
        if name.endswith(".dist-info/WHEEL"):
            tags = re.findall(r"^Tag: (.+)$", package.read(name).decode(), re.M)
            # The Python 3.11 runtime has glibc 2.26; 2014 is the name of 2.17. A wheel built here would say linux_.
            assert any(re.search(r"-any$|manylinux(2014|_2_(5|12|17|24|26))_x86_64", tag) for tag in tags), (name, tags)
