"""What belongs to a stage but Chalice does not remember: it forgets all that it did in a deployment that failed."""

import time
from collections.abc import Callable
from contextlib import suppress

import boto3

from deployment.errors import DeploymentError
from deployment.policies import API
from deployment.rest_api import TAG, apis

Say = Callable[[str], None]
_VERSIONS = "LayerVersions[].Version"
_LOOKS = 60
_BETWEEN_LOOKS = 5.0
"""Seconds."""


def drop_mappings(
    session: boto3.Session, prefix: str, known: str = "", pause: Callable[[float], None] = time.sleep
) -> None:
    """Delete the queues' mappings to functions, but for those whose id is in the text `known`, Chalice's memory.

    What Chalice does not remember it would make a second time, and fail at.

    Lambda takes its time over it, and refuses a new mapping until the old one is gone (ResourceConflictException, which
    Chalice does not try again). Raises DeploymentError if it takes longer than five minutes.
    """
    client = session.client("lambda")
    # One that is being made can be deleted after that; one may also go between two looks.
    may_be = client.exceptions.ResourceInUseException, client.exceptions.ResourceNotFoundException
    unknown: dict[str, bool] = {}
    for look in range(_LOOKS):
        if look > 1:
            pause(_BETWEEN_LOOKS)
        unknown = {uuid: doomed for uuid, doomed in _mappings(session, prefix).items() if uuid not in known}
        if not unknown:
            return
        for uuid, is_going in unknown.items():
            if not is_going:
                with suppress(*may_be):
                    client.delete_event_source_mapping(UUID=uuid)
    raise DeploymentError(
        f"Lambda is still deleting event source mappings ({', '.join(sorted(unknown))}). "
        "Run the same command again in a few minutes."
    )


def remove(session: boto3.Session, prefix: str, say: Say, pause: Callable[[float], None] = time.sleep) -> None:
    """Delete every function, mapping, layer, role and rule whose name begins with `prefix`.

    Raises DeploymentError if Lambda takes longer than five minutes over the mappings.
    """
    functions = session.client("lambda")
    if mappings := _mappings(session, prefix):
        say(f"deleting {len(mappings)} event source mappings")
    drop_mappings(session, prefix, pause=pause)
    for name in list(functions.get_paginator("list_functions").paginate().search("Functions[].FunctionName")):
        if _is_ours(name, prefix):
            say(f"deleting the function {name}")
            functions.delete_function(FunctionName=name)
    for name in functions.get_paginator("list_layers").paginate().search("Layers[].LayerName"):
        if name.startswith(prefix):
            say(f"deleting the layer {name}")
            for version in functions.get_paginator("list_layer_versions").paginate(LayerName=name).search(_VERSIONS):
                functions.delete_layer_version(LayerName=name, VersionNumber=version)
    _remove_apis(session, prefix, say)
    _remove_rules(session, prefix, say)
    _remove_roles(session, prefix, say)


def remove_logs(session: boto3.Session, prefix: str, say: Say) -> None:
    """Delete the log groups of the stage's functions: Lambda makes one anew for a call that comes late."""
    logs = session.client("logs")
    lambdas = f"/aws/lambda/{prefix.removesuffix('-')}"
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=lambdas)
    for name in pages.search("logGroups[].logGroupName"):
        if _is_ours(name.removeprefix("/aws/lambda/"), prefix):
            say(f"deleting the log group {name}")
            logs.delete_log_group(logGroupName=name)


def _is_ours(name: str, prefix: str) -> bool:
    """The REST API's function is called like the stage, all others have a name of their own after it."""
    return f"{name}-" == prefix or name.startswith(prefix)


def _mappings(session: boto3.Session, prefix: str) -> dict[str, bool]:
    """The stage's mappings by their id, each with whether it is being deleted already."""
    pages = session.client("lambda").get_paginator("list_event_source_mappings").paginate()
    return {
        mapping["UUID"]: mapping["State"] == "Deleting"
        for mapping in pages.search("EventSourceMappings[]")
        if mapping["FunctionArn"].split(":function:")[-1].startswith(prefix)
    }


def _remove_apis(session: boto3.Session, prefix: str, say: Say) -> None:
    """Every stage's REST API has the same name: ours bears our tag, or calls our function."""
    gateway = session.client("apigateway")
    name = prefix.removesuffix("-")
    for api in apis(gateway):
        resources = gateway.get_resources(restApiId=api["id"], embed=["methods"], limit=500)["items"]
        if api.get("tags", {}).get(TAG) == name or f":function:{name}/invocations" in repr(resources):
            say(f"deleting the REST API {api['id']}")
            gateway.delete_rest_api(restApiId=api["id"])


def _remove_rules(session: boto3.Session, prefix: str, say: Say) -> None:
    events = session.client("events")
    for name in events.get_paginator("list_rules").paginate(NamePrefix=prefix).search("Rules[].Name"):
        say(f"deleting the rule {name}")
        if targets := events.list_targets_by_rule(Rule=name)["Targets"]:
            events.remove_targets(Rule=name, Ids=[target["Id"] for target in targets])
        events.delete_rule(Name=name)


def _remove_roles(session: boto3.Session, prefix: str, say: Say) -> None:
    """Those that Chalice made, which are called like their functions; the stack deletes its own."""
    iam = session.client("iam")
    for name in iam.get_paginator("list_roles").paginate().search("Roles[].RoleName"):
        if not name.startswith((f"{prefix}on_", f"{prefix}{API}")):
            continue
        say(f"deleting the role {name}")
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
        iam.delete_role(RoleName=name)
