"""The REST API's place, made before Chalice fills it: links in mails lead there, and the functions are told of it once.

By itself Chalice makes an API after the functions that must know its address, and forgets it where the deployment then
fails. One that it finds in its memory it fills: nothing is deployed twice, and no API is left over.
"""

import json
from pathlib import Path
from typing import Any

import boto3
import botocore.session

from chalicelib.engines.grants import AwsPlace
from deployment.target import Target

TAG = "rapporteur"
"""The tag that says whose an API is: all stages' have the same name."""

_NAME = "rest_api"
"""What Chalice calls it in its memory."""


def ensure(session: boto3.Session, target: Target, place: AwsPlace, memory: Path) -> str:
    """The address of the API of `target`, which stands afterwards and is what Chalice's `memory` names."""
    gateway = session.client("apigateway")
    remembered: dict[str, Any] = {"resources": [], "schema_version": "2.0"}
    if memory.exists():
        remembered = json.loads(memory.read_text())
    others = [resource for resource in remembered["resources"] if resource["name"] != _NAME]
    named = [one["rest_api_id"] for one in remembered["resources"] if one["name"] == _NAME]
    api = _api(gateway, target, named)
    url = f"https://{_host(api, place)}/{target.api_stage}/"
    ours = {"name": _NAME, "resource_type": "rest_api", "rest_api_id": api, "rest_api_url": url}
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps({**remembered, "resources": [*others, ours]}, indent=2) + "\n")
    return url


def parameters(session: boto3.Session, target: Target, place: AwsPlace) -> dict[str, str]:
    """What the stacks are told of the API of `target`, which stands afterwards: previews of links are its answers, at
    the address of the pages. Of what Chalice remembers nothing is known yet: the API is found by its tag.
    """
    api = _api(session.client("apigateway"), target, [])
    return {"ApiHost": _host(api, place), "ApiStage": target.api_stage}


def _api(gateway: Any, target: Target, named: list[str]) -> str:  # noqa: ANN401 - boto3's own
    """The id of the API of `target`: one of those `named`, or the one with its tag, or a new one."""
    standing = {api["id"]: api.get("tags", {}) for api in apis(gateway)}
    tagged = [api for api, tags in standing.items() if tags.get(TAG) == target.stack_name]
    found = next((api for api in named + tagged if api in standing), None)
    return str(found or gateway.create_rest_api(name=target.app_name, tags={TAG: target.stack_name})["id"])


def _host(api: str, place: AwsPlace) -> str:
    return f"{api}.execute-api.{place.region}.{_suffix(place)}"


def apis(gateway: Any) -> list[Any]:  # noqa: ANN401 - boto3's own
    """All REST APIs of the account and region, whosever."""
    return [api for page in gateway.get_paginator("get_rest_apis").paginate() for api in page["items"]]


def _suffix(place: AwsPlace) -> str:
    """What AWS's names end with there: amazonaws.com, but in China."""
    resolver = botocore.session.get_session().get_component("endpoint_resolver")
    return str(resolver.get_partition_dns_suffix(place.partition))
