"""What is set after Chalice: who may call themselves, and what API Gateway answers by itself."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from chalice.config import Config
from moto import mock_aws

from chalicelib.domain import keys
from chalicelib.speech.tracks import TRANSCRIPT
from deployment.after import feeding_themselves, let_pages_read_errors, let_wait
from deployment.policies import Policy, policies
from deployment.target import CONFIG, Target
from tests.harness.aws_calls import PLACE
from tests.harness.service import Service
from tests.house.test_app import handler

FED_BY_FILES = {"on_job_output", "on_upload"}
"""Writes the transcript of all parts where each part's was: one round more, and never another. What is fetched arrives
once; that it was rejected has nothing fetched.
"""


@pytest.fixture
def granted(service: Service) -> Mapping[str, Policy]:
    return policies("rapporteur", "dev", PLACE, service.services.settings)


def may(policy: Policy, action: str) -> set[str]:
    return {resource for said in policy["Statement"] if action in said["Action"] for resource in said["Resource"]}


def feeds(service: Service, granted: Mapping[str, Policy]) -> dict[str, set[str]]:
    """Which functions each function may set going: by a message, through the topic of ends, or by writing a file."""
    settings = service.services.settings
    set_going = {function: set[str]() for function in granted}
    for source in handler(service, "app").event_sources:
        woken = source.handler_string.rpartition(".")[2]
        match type(source).__name__:
            case "SQSEventConfig":
                arn, action = PLACE.arn("sqs", source.queue), "sqs:SendMessage"
            case "S3EventConfig":
                arn, action = PLACE.bucket(source.bucket, f"{source.prefix}*"), "s3:PutObject"
            case _:
                continue
        for function, policy in granted.items():
            if arn in may(policy, action):
                set_going[function].add(woken)
    told = {"on_report", "on_webhook"}
    for function, policy in granted.items():
        if settings.finished_topic_arn in may(policy, "sns:Publish"):
            set_going[function] |= told
    return set_going


def reached(function: str, set_going: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = set(set_going[function])
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead |= set_going[one]
    return found


def test_every_function_that_may_set_itself_going_is_let_or_is_known_to_end(
    service: Service, granted: Mapping[str, Policy]
) -> None:
    """Lambda stops a chain in which the same function was called about 16 times."""
    set_going = feeds(service, granted)
    circling = {function for function in granted if function in reached(function, set_going)}
    let = set(feeding_themselves(granted))
    assert circling - FED_BY_FILES == let
    assert {"on_intake", "on_urgent_intake", "on_analysis"} <= let, "they wait in their own queues"
    assert "on_sweep" not in circling
    assert PLACE.bucket(service.services.settings.output_bucket, f"{keys.prefix(TRANSCRIPT.folder)}*") in may(
        granted["on_job_output"], "s3:PutObject"
    )


def test_they_are_let_by_name() -> None:
    client = boto3.client("lambda", region_name="us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub")
    with Stubber(client) as stubber:
        for name in ("rapporteur-dev-on_intake", "rapporteur-dev-on_analysis"):
            asked = {"FunctionName": name, "RecursiveLoop": "Allow"}
            stubber.add_response("put_function_recursion_config", {"RecursiveLoop": "Allow"}, asked)
        let_wait(client, ["rapporteur-dev-on_intake", "rapporteur-dev-on_analysis"])
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize("is_traced", [True, False])
def test_the_new_deployment_leaves_tracing_as_chalice_set_it(is_traced: bool) -> None:
    client = boto3.client("apigateway", region_name="us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub")
    with Stubber(client) as stubber:
        for _ in range(2):
            stubber.add_client_error("get_gateway_response", "NotFoundException")
        for _ in range(2):
            stubber.add_response("put_gateway_response", {})
        asked = {"restApiId": "abc", "stageName": "api", "tracingEnabled": is_traced}
        stubber.add_response("create_deployment", {}, asked)
        let_pages_read_errors(client, "abc", "api", is_traced)
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_stage_is_traced_if_chalice_traces_it(stage: str) -> None:
    told = Config(chalice_stage=stage, config_from_disk=json.loads(CONFIG.read_text()))
    assert Target.by_name(stage).is_traced is told.xray_enabled is True


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield boto3.client("apigateway", region_name="us-east-1")


def test_pages_can_read_what_the_gateway_answers_by_itself_from_a_new_deployment_on(gateway: Any) -> None:
    api = gateway.create_rest_api(name="rapporteur")["id"]
    (root,) = gateway.get_resources(restApiId=api)["items"]
    gateway.put_method(restApiId=api, resourceId=root["id"], httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(restApiId=api, resourceId=root["id"], httpMethod="GET", type="MOCK")
    gateway.create_deployment(restApiId=api, stageName="api")
    let_pages_read_errors(gateway, api, "api", True)
    for answer in ("DEFAULT_4XX", "DEFAULT_5XX"):
        found = gateway.get_gateway_response(restApiId=api, responseType=answer)
        assert found["responseParameters"] == {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
        template = found["responseTemplates"]["application/json"]
        filled = template.replace("$context.error.responseType", "THROTTLED").replace(
            "$context.error.messageString", '"Too Many Requests"'
        )
        assert json.loads(filled) == {"code": "THROTTLED", "detail": "Too Many Requests"}
    deployments = gateway.get_deployments(restApiId=api)["items"]
    assert len(deployments) == 2
    let_pages_read_errors(gateway, api, "api", True)
    assert gateway.get_deployments(restApiId=api)["items"] == deployments, "nothing had changed"
