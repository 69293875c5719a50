"""A stage that stands, as far as the commands look at it that come after its deployment."""

from collections.abc import Callable, Iterator, Mapping

import boto3
import pytest
from moto import mock_aws

from tests.house.test_settings import GOOD

StandsWith = Callable[[Mapping[str, str]], None]
"""Make a stage `dev` whose functions have these settings, beside those that every stage has."""


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        yield boto3.Session()


@pytest.fixture
def stands_with(session: boto3.Session) -> StandsWith:
    def stand(settings: Mapping[str, str]) -> None:
        role = session.client("iam").create_role(RoleName="rapporteur", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        session.client("lambda").create_function(
            FunctionName="rapporteur-dev",
            Runtime="python3.11",
            Role=role,
            Handler="app.app",
            Code={"ZipFile": b"PK"},
            Environment={"Variables": {**GOOD, **settings}},
        )

    return stand
