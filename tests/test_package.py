"""What `chalice deploy` would upload: small, complete, and nothing in it that Lambda's libc cannot load."""

import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath

import pytest

from benchmarks.footprint import build_package
from tests.test_settings import GOOD

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
    assert not tops & {
        "local",
        "tests",
        "samples",
        "benchmarks",
        "mails",
        "boto3",
        "moto",
        "av",
        "pocketsphinx",
        "numpy",
    }


def test_its_native_files_come_from_wheels_that_lambda_can_load(package: zipfile.ZipFile) -> None:
    native = {name.split("/")[0] for name in package.namelist() if ".so" in PurePosixPath(name).name}
    assert native == {"pydantic_core", "markupsafe"}
    for name in package.namelist():
        if name.endswith(".dist-info/WHEEL"):
            tags = re.findall(r"^Tag: (.+)$", package.read(name).decode(), re.M)
            # The Python 3.11 runtime has glibc 2.26; 2014 is the name of 2.17. A wheel built here would say linux_.
            assert any(re.search(r"-any$|manylinux(2014|_2_(5|12|17|24|26))_x86_64", tag) for tag in tags), (name, tags)


def test_of_babel_it_holds_our_languages_and_the_licence(package: zipfile.ZipFile) -> None:
    names = {name.removeprefix("babel/") for name in package.namelist() if name.startswith("babel/")}
    data = {name for name in names if name.startswith("locale-data/")}
    assert data == {f"locale-data/{name}.dat" for name in ("root", "en", "fr", "ko", "ja", "zh", "zh_Hans")}
    assert {"LICENSE", "global.dat", "dates.py", "messages/pofile.py"} <= names
    size = sum(info.compress_size for info in package.infolist() if info.filename.startswith("babel/"))
    assert size < 700_000


WRITES_MAILS = """
import datetime, decimal, sys
import app
assert not {"babel", "jinja2"} & set(sys.modules), "they come with the first mail"
from chalicelib.delivery import notices
from chalicelib.delivery.letter import Reader
day = notices.OperatorDay(datetime.date(2026, 11, 20), {"failed": 2}, 90.0, decimal.Decimal("1.5"),
    decimal.Decimal("2.5"), (), 0, 0, {}, {}, None)
for language in ("en", "fr", "ko", "ja", "zh"):
    letter = notices.operators(day, Reader(language, "Asia/Seoul"))
    from chalicelib.delivery.wording import Wording
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


def test_a_process_with_nothing_else_writes_mails_in_each_language(package: zipfile.ZipFile, tmp_path: Path) -> None:
    """On Lambda there is boto3 beside the package; the processor's own wheels are left where they are."""
    unpacked, beside = tmp_path / "task", tmp_path / "runtime"
    package.extractall(unpacked)
    beside.mkdir()
    for name in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py"):
        (beside / name).symlink_to(Path(str(distribution("boto3").locate_file(name))))
    environment = GOOD | {
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    code = f"import sys; sys.path += [{str(unpacked)!r}, {str(beside)!r}]\n{WRITES_MAILS}"
    done = subprocess.run(
        [getattr(sys, "_base_executable", sys.executable), "-I", "-S", "-c", code],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    *said, where = done.stdout.splitlines()
    assert said == SAID.splitlines()
    assert where.startswith(str(unpacked))
