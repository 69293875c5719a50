"""A GPU of the stage's own (`GPU=on`): what its stack is told of the region, and what is left for a person to do."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from deployment import template
from deployment.checks import is_denied
from deployment.errors import DeploymentError
from deployment.lists import MOST_ZONES
from deployment.target import Target

Say = Callable[[str], None]

_LINKED = {"batch.amazonaws.com": "AWSServiceRoleForBatch", "spot.amazonaws.com": "AWSServiceRoleForEC2Spot"}
"""Roles of an account that Batch works by, and EC2's Spot machines come by. Batch makes the first by itself, but not
for whoever may not make roles; nobody makes the second for a program that never asked for a Spot machine before."""

_ABOUT = "docs/deployment.md, “On a GPU of your own”"


def parameters(session: boto3.Session, target: Target, standing: Mapping[str, str], say: Say) -> dict[str, str]:
    """What the stack is told of the region beside what everybody tells it; `standing` is what it was told last.

    Raises DeploymentError if none of the machines is to be had there.
    """
    ec2 = session.client("ec2")
    try:
        found = {**_zones(ec2, standing), **_machines(ec2, target)}
    except ClientError as exc:
        if not is_denied(exc):
            raise
        say(f"EC2 does not tell of zones and machines ({exc}); taking two zones, and all machines as they are named")
        return {name: value for name, value in standing.items() if name.startswith("GpuZone")}
    return found


def _zones(ec2: Any, standing: Mapping[str, str]) -> dict[str, str]:  # noqa: ANN401 - boto3's own
    """The zones of the region, by their parameter. One that has a subnet keeps its place: subnets cannot be moved."""
    usual = [
        {"Name": "state", "Values": ["available"]},
        {"Name": "zone-type", "Values": ["availability-zone"]},
        {"Name": "opt-in-status", "Values": ["opt-in-not-required"]},
    ]
    there = sorted(zone["ZoneName"] for zone in ec2.describe_availability_zones(Filters=usual)["AvailabilityZones"])
    places = [f"GpuZone{number}" for number in range(1, MOST_ZONES + 1)]
    kept = {place: standing[place] for place in places if standing.get(place)}
    free = iter(place for place in places if place not in kept)
    new = (zone for zone in there if zone not in kept.values())
    return {**kept, **dict(zip(free, new, strict=False))}


def _machines(ec2: Any, target: Target) -> dict[str, str]:  # noqa: ANN401 - boto3's own
    named = target.overrides.get("GPU_INSTANCE_TYPES")
    wanted = (named or str(template.parameters("gpu")["GpuInstanceTypes"]["Default"])).split(",")
    asked = [{"Name": "instance-type", "Values": wanted}]
    offers = ec2.describe_instance_type_offerings(LocationType="region", Filters=asked)["InstanceTypeOfferings"]
    offered = {offer["InstanceType"] for offer in offers}
    missing = [one for one in wanted if one not in offered]
    if missing and (named or not offered):
        raise DeploymentError(
            f'This region has no {", ".join(missing)}. Name others with SET="GPU_INSTANCE_TYPES=…" that have one '
            "NVIDIA GPU and at least 4 vCPU, deploy to another region, or deploy without GPU=on."
        )
    return {"GpuInstanceTypes": ",".join(one for one in wanted if one in offered)}


def make_linked_roles(session: boto3.Session, say: Say) -> None:
    """Make the account's roles for Batch and for Spot machines, where they are not. Nobody is stopped who may not."""
    iam = session.client("iam")
    for service, name in _LINKED.items():
        try:
            try:
                iam.get_role(RoleName=name)
            except iam.exceptions.NoSuchEntityException:
                iam.create_service_linked_role(AWSServiceName=service)
                say(f"made the account's role {name}")
        except (iam.exceptions.InvalidInputException, iam.exceptions.EntityAlreadyExistsException):
            continue  # somebody else has just made it
        except ClientError as exc:
            if not is_denied(exc):
                raise
            say(
                f"whether the account has the role {name} cannot be told ({exc}); if jobs never start, make it: "
                f"aws iam create-service-linked-role --aws-service-name {service}"
            )


def drop_definitions(session: boto3.Session, target: Target, say: Say, keep: int) -> None:
    """Have Batch forget the definitions of the stage's job but for the `keep` newest.

    The stack leaves the one before when it makes another: functions submit that until the app is deployed too, and one
    that runs just then a quarter of an hour longer. Who may not drop them is not stopped: they cost nothing.
    """
    batch = session.client("batch")
    looking = batch.get_paginator("describe_job_definitions")
    try:
        pages = looking.paginate(jobDefinitionName=f"{target.prefix}gpu", status="ACTIVE")
        there = sorted(pages.search("jobDefinitions[].[revision, jobDefinitionArn]"), reverse=True)
        for _, old in there[keep:]:
            batch.deregister_job_definition(jobDefinition=old)
    except ClientError as exc:
        if not is_denied(exc):
            raise
        say(f"old definitions of jobs stay, which do no harm: this deployment may not drop them ({exc})")


def left_to_do(session: boto3.Session, target: Target, outputs: Mapping[str, str]) -> Iterator[str]:
    """What a person does before a job can run, line by line."""
    repository = outputs["GpuRepository"]
    registry, _, name = repository.partition("/")
    tag = target.overrides.get("GPU_IMAGE_TAG") or str(template.parameters("gpu")["GpuImageTag"]["Default"])
    try:
        is_there = _has_image(session, name, tag)
    except ClientError as exc:
        if not is_denied(exc):
            raise
        yield f"- See whether the repository {name} has an image {tag}: this deployment may not look ({exc})."
        is_there = True
    if not is_there:
        yield (
            f"- Build the image that jobs run, and push it: the repository has none with the tag {tag}, and until "
            f"then every job fails. With Docker, in this folder:\n"
            f"  aws ecr get-login-password --region {session.region_name} | "
            f"docker login --username AWS --password-stdin {registry}\n"
            "  docker build --platform linux/amd64 --provenance=false --sbom=false -f container/Dockerfile "
            f"-t {repository}:{tag} .\n"
            f"  docker push {repository}:{tag}\n"
            f"  A tag is taken once: the next image is another, as GPU_IMAGE_TAG=2 says in SET."
        )
    if not _has_weights(session, outputs["OutputBucket"]):
        yield (
            f"- Bring the models' weights to s3://{outputs['OutputBucket']}/weights/, as container/README.md says; "
            f"their licences are in {_ABOUT}."
        )


def _has_image(session: boto3.Session, repository: str, tag: str) -> bool:
    ecr = session.client("ecr")
    try:
        return bool(ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"])
    except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
        return False


def _has_weights(session: boto3.Session, bucket: str) -> bool:
    return bool(session.client("s3").list_objects_v2(Bucket=bucket, Prefix="weights/", MaxKeys=1).get("Contents"))
