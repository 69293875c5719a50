"""A film, and an AWS for the job to work on."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from container import files
from tests.container.program import Program
from tests.harness.media import make_video
from tests.rehearsal.cloud import Cloud, rehearsed_account

BUCKET = "rapporteur-tests"


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds with a tone."""
    return make_video(tmp_path_factory.mktemp("film") / "film.mp4", 6.0)


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    with rehearsed_account() as account:
        account.client("s3").create_bucket(Bucket=BUCKET)
        yield account


def _told(account: Cloud) -> dict[str, str]:
    return {name: value for name, value in account.environment.items() if name.startswith("AWS_")}


@pytest.fixture(autouse=True)
def _asks_the_cloud_alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """What asks S3 within a test asks that cloud; what comes after the test knows nothing of it."""
    if "cloud" not in request.fixturenames:
        yield
        return
    with patch.dict(os.environ, _told(request.getfixturevalue("cloud"))):
        files._s3.cache_clear()
        yield
    files._s3.cache_clear()


@pytest.fixture
def here(tmp_path: Path, film: Path) -> Program:
    """The program on files of this machine."""
    results = tmp_path / "results"
    return Program(tmp_path, f"{results.as_uri()}/", film.as_uri())


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, film: Path) -> Program:
    """The program, which has done all that was asked of it in one go. To be looked at only."""
    folder = tmp_path_factory.mktemp("whole")
    program = Program(folder, f"{(folder / 'results').as_uri()}/", film.as_uri())
    status, said = program.run()
    assert status == 0, said
    return program


@pytest.fixture
def in_s3(tmp_path: Path, film: Path, cloud: Cloud, request: pytest.FixtureRequest) -> Program:
    """The program on S3, in a place of its own."""
    place = f"{tmp_path.name}"
    cloud.client("s3").upload_file(str(film), BUCKET, f"input/{place}/recording")
    return Program(tmp_path, f"s3://{BUCKET}/output/{place}/", f"s3://{BUCKET}/input/{place}/recording", _told(cloud))
