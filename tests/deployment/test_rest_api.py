"""The REST API stands before Chalice fills it, once a stage, whatever was forgotten."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.engines.grants import AwsPlace
from deployment.leftovers import remove
from deployment.rest_api import TAG, ensure, parameters
from deployment.target import Target

PLACE = AwsPlace("eu-west-1", "123456789012")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield boto3.Session(region_name=PLACE.region)


def apis(session: boto3.Session) -> list[Any]:
    return session.client("apigateway").get_rest_apis()["items"]


def api(session: boto3.Session, memory: Path, stage: str = "dev", place: AwsPlace = PLACE) -> str:
    return ensure(session, Target.by_name(stage), place, memory)


def test_it_is_made_once_and_chalice_told(session: boto3.Session, tmp_path: Path) -> None:
    memory = tmp_path / "deployed" / "dev.json"
    address = api(session, memory)
    (made,) = apis(session)
    assert address == f"https://{made['id']}.execute-api.eu-west-1.amazonaws.com/api/"
    told = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": made["id"], "rest_api_url": address}
    assert json.loads(memory.read_text()) == {"resources": [told], "schema_version": "2.0"}
    assert api(session, memory) == address
    assert len(apis(session)) == 1


def test_the_stacks_are_told_of_the_one_that_chalice_then_fills(session: boto3.Session, tmp_path: Path) -> None:
    told = parameters(session, Target.by_name("dev"), PLACE)
    assert api(session, tmp_path / "dev.json") == f"https://{told['ApiHost']}/{told['ApiStage']}/"
    assert parameters(session, Target.by_name("dev"), PLACE) == told
    assert len(apis(session)) == 1


def test_one_that_was_made_before_the_memory_was_kept_is_found_and_another_stages_is_not(
    session: boto3.Session, tmp_path: Path
) -> None:
    address = api(session, tmp_path / "dev.json")
    assert api(session, tmp_path / "elsewhere.json") == address
    assert api(session, tmp_path / "prod.json", "prod") != address


def test_one_that_somebody_deleted_is_made_anew_and_all_else_in_the_memory_stays(
    session: boto3.Session, tmp_path: Path
) -> None:
    memory = tmp_path / "dev.json"
    function = {"name": "on_upload", "resource_type": "lambda_function", "lambda_arn": "arn:aws:lambda:…"}
    gone = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "gone", "rest_api_url": "https://gone/"}
    memory.write_text(json.dumps({"resources": [gone, function], "schema_version": "2.0", "backend": "api"}))
    address = api(session, memory)
    told = json.loads(memory.read_text())
    assert told["backend"] == "api"
    assert told["resources"][0] == function
    assert told["resources"][1]["rest_api_url"] == address != "https://gone/"


def test_names_end_otherwise_in_china(session: boto3.Session, tmp_path: Path) -> None:
    address = api(session, tmp_path / "dev.json", place=AwsPlace("cn-north-1", "123456789012", "aws-cn"))
    assert address.endswith(".execute-api.cn-north-1.amazonaws.com.cn/api/")


def test_one_that_was_never_filled_goes_with_its_stage(session: boto3.Session, tmp_path: Path) -> None:
    api(session, tmp_path / "dev.json")
    api(session, tmp_path / "prod.json", "prod")
    remove(session, "rapporteur-dev-", lambda _: None)
    assert [one["tags"] for one in apis(session)] == [{TAG: "rapporteur-prod"}]
