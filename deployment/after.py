"""What is left to do after `chalice deploy`: settings that Chalice knows nothing of. Each step may be done again."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

from deployment.policies import Policy, lambda_name
from deployment.target import Target

_ANSWERS = ("DEFAULT_4XX", "DEFAULT_5XX")
_HEADERS = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
_BODY = {"application/json": '{"code":"$context.error.responseType","detail":$context.error.messageString}'}
"""What API Gateway answers by itself, in the form of our own errors (docs/api.md). The message comes with its quotes:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html"""


def finish(session: boto3.Session, target: Target, granted: Mapping[str, Policy], api: str) -> None:
    """Do all of it for the functions with the policies `granted`, by their names in `app.py`, and the API at `api`."""
    names = [lambda_name(target.app_name, target.stage, function) for function in feeding_themselves(granted)]
    let_wait(session.client("lambda"), names)
    api_id = (urlsplit(api).hostname or "").partition(".")[0]
    let_pages_read_errors(session.client("apigateway"), api_id, target.api_stage, target.is_traced)


def feeding_themselves(granted: Mapping[str, Policy]) -> list[str]:
    """The functions that may send to a queue that they work off."""
    return sorted(
        function
        for function, policy in granted.items()
        if _resources(policy, "sqs:SendMessage") & _resources(policy, "sqs:ReceiveMessage")
    )


def _resources(policy: Policy, action: str) -> set[str]:
    return {
        resource
        for statement in policy["Statement"]
        if action in statement["Action"]
        for resource in statement["Resource"]
    }


def let_wait(client: Any, names: Iterable[str]) -> None:  # noqa: ANN401 - boto3's own
    """Let these functions call themselves through a queue, however often.

    A run that waits in its queue is a loop to Lambda, which it would stop after about 16 rounds:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    for name in names:
        client.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")


def let_pages_read_errors(client: Any, api_id: str, stage: str, is_traced: bool) -> None:  # noqa: ANN401
    """Have what API Gateway answers without our code (throttled, timed out, no such route) carry the header that lets
    pages read it, and our form of an error. Takes effect by a deployment of the API, made only if something changed:
    like Chalice's own, which says anew whether the stage's requests are traced.
    """
    wanted = [response_type for response_type in _ANSWERS if not _is_ours(client, api_id, response_type)]
    for response_type in wanted:
        client.put_gateway_response(
            restApiId=api_id, responseType=response_type, responseParameters=_HEADERS, responseTemplates=_BODY
        )
    if wanted:
        client.create_deployment(restApiId=api_id, stageName=stage, tracingEnabled=is_traced)


def _is_ours(client: Any, api_id: str, response_type: str) -> bool:  # noqa: ANN401
    try:
        found = client.get_gateway_response(restApiId=api_id, responseType=response_type)
    except ClientError as exc:  # API Gateway names those that nobody has set, moto does not
        if exc.response["Error"]["Code"] != "NotFoundException":
            raise
        return False
    return (found.get("responseParameters"), found.get("responseTemplates")) == (_HEADERS, _BODY)
