"""AWS clients that answer as told, every request and answer checked against botocore's model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.stub import Stubber

from chalicelib.clients.aws import Aws
from chalicelib.engines.registry import EngineContext
from chalicelib.settings import Settings
from tests.house.test_settings import GOOD

RUN = "owner-1.1a1fd8c69000000000000000001.v1"


def context(**settings: str) -> EngineContext:
    """What an engine is made from, with settings of the test's own."""
    own = {f"RAPPORTEUR_{name.upper()}": value for name, value in settings.items()}
    return EngineContext(Settings.from_environment(GOOD | own), Aws())


@contextmanager
def stubbed(aws: Aws, attribute: str, service: str) -> Iterator[Stubber]:
    """Answers for one of the clients of `aws`; all of them must have been asked for in the end."""
    client = boto3.client(  # type: ignore[call-overload]
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    setattr(aws, attribute, client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def answer(stubber: Stubber, operation: str, response: dict[str, Any], **expected: Any) -> None:
    """The next call must be `operation` with just these parameters, and is answered with `response`."""
    stubber.add_response(operation, response, expected or None)
