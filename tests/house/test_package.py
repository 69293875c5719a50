"""What `chalice deploy` would upload: small, complete, and nothing in it that Lambda's libc cannot load."""

import gzip
import json
import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath
from typing import Any

import boto3
import pytest
from botocore import xform_name

from benchmarks.footprint import PACKAGE_LIMIT_MB
from deployment.project import make_package
from deployment.vendoring import (
    AWS_LIBRARIES,
    OPERATIONS,
    VENDORED,
    canonical,
    carried_libraries,
    endpoint_prefix,
    services_in_use,
)
from tests.harness.lambda_runtime import own_libraries, search_path
from tests.harness.packed import packed
from tests.house.test_settings import GOOD


class Package:
    """What is deployed: the app, and its layer as if it were unpacked beside it."""

    def __init__(self, app: Path, layer: Path) -> None:
        self.size = app.stat().st_size + layer.stat().st_size
        self._held: dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]] = {}
        for path in (layer, app):
            packed = zipfile.ZipFile(path)
            self._held |= {info.filename.rpartition("site-packages/")[2]: (packed, info) for info in packed.infolist()}

    @property
    def names(self) -> list[str]:
        return list(self._held)

    def read(self, name: str) -> bytes:
        packed, info = self._held[name]
        return packed.read(info)

    def packed_size(self, folder: str) -> int:
        return sum(info.compress_size for name, (_, info) in self._held.items() if name.startswith(folder))

    def unpack(self, folder: Path) -> None:
        for name in self._held:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.read(name))


@pytest.fixture(scope="module")
def package() -> Package:
    return Package(*packed())


def test_it_is_small(package: Package) -> None:
    assert package.size <= PACKAGE_LIMIT_MB * 1e6


def test_it_holds_the_app_and_its_templates_and_nothing_local(package: Package) -> None:
    names = set(package.names)
    assert {"app.py", "chalicelib/letters/templates/report.html.j2", "chalice/app.py"} <= names
    tops = {name.split("/")[0] for name in names}
    assert not tops & {
        "local",
        "tests",
        "samples",
        "benchmarks",
        "mails",
        "moto",
        "av",
        "pocketsphinx",
        "numpy",
    }


def test_its_native_files_come_from_wheels_that_lambda_can_load(package: Package) -> None:
    native = {name.split("/")[0] for name in package.names if ".so" in PurePosixPath(name).name}
    assert native == {"pydantic_core", "markupsafe"}
    for name in package.names:
        if name.endswith(".dist-info/WHEEL"):
            tags = re.findall(r"^Tag: (.+)$", package.read(name).decode(), re.M)
            # The Python 3.11 runtime has glibc 2.26; 2014 is the name of 2.17. A wheel built here would say linux_.
            assert any(re.search(r"-any$|manylinux(2014|_2_(5|12|17|24|26))_x86_64", tag) for tag in tags), (name, tags)


def test_of_babel_it_holds_our_languages_and_the_licence(package: Package) -> None:
    names = {name.removeprefix("babel/") for name in package.names if name.startswith("babel/")}
    data = {name for name in names if name.startswith("locale-data/")}
    assert data == {f"locale-data/{name}.dat" for name in ("root", "en", "fr", "ko", "ja", "zh", "zh_Hans")}
    assert {"LICENSE", "global.dat", "dates.py", "messages/pofile.py"} <= names
    assert package.packed_size("babel/") < 800_000


WRITES_MAILS = """
import datetime, decimal, sys
import app
assert not {"babel", "jinja2"} & set(sys.modules), "they come with the first mail"
from chalicelib.letters import notices
from chalicelib.letters.letter import Reader
day = notices.OperatorDay(datetime.date(2026, 11, 20), {"failed": 2}, 90.0, decimal.Decimal("1.5"),
    decimal.Decimal("2.5"), (), 0, 0, {}, {}, None)
for language in ("en", "fr", "ko", "ja", "zh"):
    letter = notices.operators(day, Reader(language, "Asia/Seoul"))
    from chalicelib.letters.wording import Wording
    words = Wording.of(Reader(language, "Asia/Seoul"))
    print(letter.subject, "|", words.moment(0), "|", words.language_name("ko-KR"), "|", words.list(["a", "b"]))
import babel
print(babel.__file__)
"""

SAID = """\
Rapporteur on November 20, 2026: 1 thing needs you | January 1, 1970, 9:00\u202fAM | Korean (South Korea) | a and b
Rapporteur, le 20 novembre 2026\xa0: 1 point à examiner | 1 janvier 1970, 09:00 | coréen (Corée du Sud) | a et b
Rapporteur, 2026년 11월 20일: 확인할 사항 1건 | 1970년 1월 1일 오전 9:00 | 한국어 (대한민국) | a 및 b
Rapporteur：2026年11月20日、要対応 1 件 | 1970年1月1日 9:00 | 韓国語 (韓国) | a、b
Rapporteur：2026年11月20日，1 项待处理 | 1970年1月1日 09:00 | 韩语 (韩国) | a和b
"""


def test_a_process_with_nothing_else_writes_mails_in_each_language(package: Package, tmp_path: Path) -> None:
    *said, where = run_as_lambda_does(package, tmp_path, WRITES_MAILS)
    assert said == SAID.splitlines()
    assert where.startswith(str(tmp_path / "task"))


MAKES_CLIENTS = """
import json
import boto3, botocore, s3transfer
from chalicelib.clients.aws import Aws
from chalicelib.lazy import cached_property
aws = Aws()
found = {}
for name, member in vars(Aws).items():
    if isinstance(member, cached_property):
        client = getattr(aws, name)
        assert client.meta.endpoint_url.startswith("https://"), name
        pages = [operation for operation in client.meta.method_to_api_mapping if client.can_paginate(operation)]
        waiters = [client.get_waiter(waiter) for waiter in client.waiter_names]
        found[client.meta.service_model.service_name] = [len(pages), len(waiters)]
versions = {library.__name__: library.__version__ for library in (boto3, botocore, s3transfer)}
print(json.dumps([found, versions, [library.__file__ for library in (boto3, botocore, s3transfer)]]))
"""


def test_it_has_the_tested_boto3_and_all_that_a_client_for_each_service_needs(package: Package, tmp_path: Path) -> None:
    """Lambda's own boto3 is older, so that answers lack what its models do not know: the rotation of a video, say."""
    (said,) = run_as_lambda_does(package, tmp_path, MAKES_CLIENTS)
    found, versions, files = json.loads(said)
    assert versions == {name: distribution(name).version for name in AWS_LIBRARIES}
    assert all(file.startswith(str(tmp_path / "task")) for file in files)
    for service, (pages, waiters) in found.items():
        client = boto3.client(service, region_name="us-east-1")
        calls = client.meta.method_to_api_mapping
        called = [name for name, call in calls.items() if call in OPERATIONS.get(service, calls.values())]
        assert pages == sum(map(client.can_paginate, called)), service
        waited_for = [name for name in client.waiter_names if _asks(client, name) in called]
        assert waiters == len(waited_for), service
    assert set(found) == services_in_use()


def _asks(client: Any, waiter: str) -> str:
    """The method by which a waiter looks."""
    told = client._get_waiter_config()["waiters"]
    (operation,) = {one["operation"] for name, one in told.items() if xform_name(name) == waiter}
    return str(xform_name(operation))


def test_aws_models_say_nothing_to_people_and_all_else(package: Package) -> None:
    """Documentation is most of a model; what botocore reads of it is there to the last member."""
    for name in package.names:
        if re.fullmatch(r"botocore/data/[^/]+/[^/]+/service-2\.json\.gz", name):
            carried = json.loads(gzip.decompress(package.read(name)))
            whole = json.loads(gzip.decompress(Path(str(distribution("botocore").locate_file(name))).read_bytes()))
            whole = silent(whole)
            if operations := OPERATIONS.get(PurePosixPath(name).parts[2]):  # of a large one, what is called
                assert set(carried["operations"]) == operations, name
                for kind in ("operations", "shapes"):
                    whole[kind] = {one: told for one, told in whole[kind].items() if one in carried[kind]}
            assert carried == whole, name


def silent(model: Any) -> Any:
    if isinstance(model, list):
        return [silent(one) for one in model]
    if not isinstance(model, dict):
        return model
    return {
        name: "" if name == "documentation" and isinstance(one, str) else silent(one) for name, one in model.items()
    }


def test_of_powertools_it_holds_what_is_imported_and_no_pages_of_swagger(package: Package) -> None:
    names = [name.removeprefix("aws_lambda_powertools/") for name in package.names]
    assert {"logging/logger.py", "metrics/metrics.py", "utilities/idempotency/base.py"} <= set(names)
    assert not [name for name in names if name.startswith(("event_handler/", "utilities/parser/"))]
    assert package.packed_size("aws_lambda_powertools/") < 400_000


def test_of_aws_models_it_holds_those_of_the_services_in_use(package: Package) -> None:
    data = [PurePosixPath(name).parts[2:] for name in package.names if name.startswith("botocore/data/")]
    assert {parts[0] for parts in data if len(parts) > 1} == services_in_use()
    tops = {parts[0] for parts in data if len(parts) == 1}
    assert {"endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"} <= tops
    assert not [name for name in package.names if name.startswith(("boto3/data/", "boto3/examples/"))]
    known = json.loads(package.read("botocore/data/endpoints.json"))["partitions"]
    named = {name for partition in known for name in partition["services"]}
    assert named <= set(map(endpoint_prefix, services_in_use())), "endpoints of services that nobody calls"
    whole = json.loads(Path(str(distribution("botocore").locate_file("botocore/data/endpoints.json"))).read_bytes())
    for carried, all_of_it in zip(known, silent(whole)["partitions"], strict=True):
        assert carried["services"] == {name: all_of_it["services"][name] for name in carried["services"]}
        assert named & set(all_of_it["services"]) == set(carried["services"])


def test_it_has_all_that_its_parts_of_libraries_require_and_their_licences(package: Package) -> None:
    held = {canonical(name.split("-")[0]) for name in package.names if name.endswith(".dist-info/METADATA")}
    assert held | {"babel"} == set(carried_libraries())
    for name in VENDORED:
        licence = re.compile(rf"{name.replace('-', '_')}(-[^/]+\.dist-info(/licenses)?)?/LICENSE")
        assert any(licence.match(file) for file in package.names), name


WHAT_IS_COMPILED = """
import sys
compiled = []
sys.addaudithook(lambda event, told: compiled.append(str(told[1])) if event == "compile" else None)
import app
print(*(name for name in compiled if name.endswith(".py")), sep="\\n")
"""


def test_what_it_imports_is_compiled_already(package: Package, tmp_path: Path) -> None:
    """Lambda's files are read-only: each new process would compile them anew, for longer than the import takes."""
    compiled = run_as_lambda_does(package, tmp_path, WHAT_IS_COMPILED)
    task = tmp_path / "task"
    assert {str(PurePosixPath(name).relative_to(task)) for name in compiled if name.startswith(str(task))} == {
        "app.py",  # these three Chalice puts into the package by itself
        "chalice/__init__.py",
        "chalice/app.py",
    }


def run_as_lambda_does(package: Package, folder: Path, code: str) -> list[str]:
    """Run `code` in a process that has the package and what Lambda's runtime has; returns the lines that it prints."""
    package.unpack(folder / "task")
    paths = search_path(folder / "task", None, own_libraries(folder / "runtime"))
    done = subprocess.run(
        [
            getattr(sys, "_base_executable", sys.executable),
            "-I",
            "-S",
            "-B",
            "-c",
            f"import sys; sys.path += {paths}\n{code}",
        ],
        env=GOOD | {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_engines_of_a_deployments_own_come_along_with_the_models_that_they_need(tmp_path: Path) -> None:
    make_package(tmp_path, services=["polly"], packages=["samples", "not_here"])
    vendor = tmp_path / "vendor"
    assert "polly" not in services_in_use()
    assert list((vendor / "botocore" / "data" / "polly").glob("*/service-2.json*"))
    assert list((vendor / "samples").rglob("*.py"))
    assert not (vendor / "not_here").exists()
