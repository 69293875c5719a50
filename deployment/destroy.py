"""`make destroy`: everything of a stage goes. Asks before it deletes what holds something."""

from collections.abc import Callable

import boto3

from chalicelib.domain.people import collection_id
from chalicelib.engines.faces.rekognition import RekognitionCollections
from chalicelib.storage.people import PeopleStore
from deployment import gpu, leftovers, state
from deployment.buckets import empty
from deployment.checks import check, check_region
from deployment.errors import DeploymentError
from deployment.project import Project
from deployment.stacks import Stacks
from deployment.target import Target

Say = Callable[[str], None]
Ask = Callable[[str], str]


def destroy(target: Target, session: boto3.Session, say: Say, ask: Ask | None) -> None:
    """Remove `target`; without `ask` nobody is asked. Raises DeploymentError if that is not wanted, or cannot be."""
    place = check(session)
    check_region(session, target.buckets(place.account))
    buckets = [name for name in _buckets(session, target.prefix) if name.endswith(f"-{place.account}")]
    tables = _tables(session, target.prefix)
    pages = f"{target.prefix}pages-{place.account}"  # nobody's, and in the source
    full = [f"the bucket {name}" for name in buckets if name != pages and _holds_objects(session, name)]
    full += [f"the table {name}" for name in tables if _holds_items(session, name)]
    pools = _user_pools(session, target.stack_name)
    full += [f"the user pool {pool_id}" for pool_id in pools if _holds_users(session, pool_id)]
    if full and ask is not None:
        say(f"These hold something, which will be gone for good: {', '.join(full)}.")
        if ask(f"Type the stage's name ({target.stage}) to delete them: ").strip() != target.stage:
            raise DeploymentError("Nothing was deleted.")

    stacks = Stacks(session.client("cloudformation"), target, say)
    outputs = stacks.outputs
    if outputs.get("UsersTable") in tables:
        _delete_collections(session, outputs["UsersTable"], say)  # while there is the table that knows of them
    if "OutputBucket" in outputs:
        _delete_app(target, session, outputs, place.region)
    leftovers.remove(session, target.prefix, say)
    for name in buckets:
        say(f"emptying the bucket {name}")
        empty(session.client("s3"), name)
    had_gpu = bool(stacks["gpu"].parameters)
    stacks.delete()
    if had_gpu:
        gpu.drop_definitions(session, target, say, keep=0)
    for name in set(buckets) & set(_buckets(session, target.prefix)):
        say(f"deleting the bucket {name}")
        session.client("s3").delete_bucket(Bucket=name)
    for name in _tables(session, target.prefix):
        say(f"deleting the table {name}")
        session.client("dynamodb").delete_table(TableName=name)
    for pool_id in _user_pools(session, target.stack_name):
        say(f"deleting the user pool {pool_id}")
        _delete_user_pool(session, pool_id)
    leftovers.remove_logs(session, target.prefix, say)
    say(f"nothing of {target.stack_name} is left")


def _delete_app(target: Target, session: boto3.Session, outputs: dict[str, str], region: str) -> None:
    """Let Chalice delete what it remembers; the rest is looked for."""
    project = Project(target, region)
    project.make_to_delete(target.variables(outputs))
    s3 = session.client("s3")
    state.fetch(s3, outputs["OutputBucket"], project.state)
    if project.state.exists():
        try:
            project.chalice("delete")
        finally:
            state.keep(s3, outputs["OutputBucket"], project.state)


def _delete_collections(session: boto3.Session, table: str, say: Say) -> None:
    """Delete the collections of faces that the stage keeps at Rekognition: no stack knows of them."""
    collections, _ = PeopleStore(session.client("dynamodb"), table).everything()
    for collection in collections:
        say(f"deleting the collection of faces {collection.name}")
        RekognitionCollections(session.client("rekognition")).delete(collection_id(collection.name, table))


def _buckets(session: boto3.Session, prefix: str) -> list[str]:
    return [
        bucket["Name"] for bucket in session.client("s3").list_buckets()["Buckets"] if bucket["Name"].startswith(prefix)
    ]


def _tables(session: boto3.Session, prefix: str) -> list[str]:
    names = session.client("dynamodb").get_paginator("list_tables").paginate().search("TableNames[]")
    return [name for name in names if name.startswith(prefix)]


def _user_pools(session: boto3.Session, name: str) -> list[str]:
    pages = session.client("cognito-idp").get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60})
    return [pool["Id"] for pool in pages.search("UserPools[]") if pool.get("Name") == name]


def _delete_user_pool(session: boto3.Session, pool_id: str) -> None:
    """Delete a pool, and before it the domain that a stack may have left with it: Cognito deletes none that has one."""
    cognito = session.client("cognito-idp")
    domain = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"].get("Domain")
    if domain is not None:
        cognito.delete_user_pool_domain(Domain=domain, UserPoolId=pool_id)
    cognito.delete_user_pool(UserPoolId=pool_id)


def _holds_objects(session: boto3.Session, bucket: str) -> bool:
    """Whether there is more in it than what a deployment itself keeps there."""
    found = session.client("s3").list_object_versions(Bucket=bucket, MaxKeys=10)
    return any(not version["Key"].startswith("deployment/") for version in found.get("Versions", []))


def _holds_items(session: boto3.Session, table: str) -> bool:
    return bool(session.client("dynamodb").scan(TableName=table, Limit=1, Select="COUNT")["Count"])


def _holds_users(session: boto3.Session, pool_id: str) -> bool:
    return bool(session.client("cognito-idp").list_users(UserPoolId=pool_id, Limit=1)["Users"])
