"""moto's CloudFormation as the stack of the GPU meets it, with its gaps mended.

Batch works by the account's own role unless a compute environment names one; moto insists on one that is named. What a
condition leaves out of a list it leaves in it, as None. It deletes nothing of Batch, and no table of routes. And where
`local/aws/quicker.py` has left out all kinds of machines, those that the stack names are there again.
"""

from typing import Any

from moto.batch.models import ComputeEnvironment, JobDefinition, JobQueue, batch_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES
from moto.ec2.models.route_tables import RouteTable
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from deployment import template

_ROLE = "AWSServiceRoleForbatch"
"""As moto writes it."""

_SERVICE = "batch.amazonaws.com"
_MOTOS = ComputeEnvironment.create_from_cloudformation_json.__func__  # type: ignore[attr-defined]


def mend() -> None:
    """Mend it for the whole process; done twice, it is done once."""
    ComputeEnvironment.create_from_cloudformation_json = classmethod(_create)  # type: ignore[method-assign,assignment,arg-type]
    ComputeEnvironment.delete = _delete_environment  # type: ignore[attr-defined]
    JobQueue.delete = _delete_queue  # type: ignore[attr-defined]
    JobDefinition.delete = _delete_definition  # type: ignore[attr-defined]
    RouteTable.delete = _delete_routes  # type: ignore[attr-defined]
    if not INSTANCE_TYPES:
        kinds = template.parameters("gpu")["GpuInstanceTypes"]["Default"].split(",")
        INSTANCE_TYPES.update({kind: {"VCpuInfo": {"DefaultVCpus": 4}} for kind in kinds})
        for region in ("us-east-1", "eu-west-1"):
            INSTANCE_TYPE_OFFERINGS["region"][region] = [{"InstanceType": one, "Location": region} for one in kinds]


def _create(
    cls: type[ComputeEnvironment], name: str, described: dict[str, Any], account: str, region: str, **more: Any
) -> ComputeEnvironment:
    iam = iam_backends[account]["aws"]
    try:
        role = iam.get_role(_ROLE)
    except NotFoundException:
        role = iam.create_service_linked_role(_SERVICE, "", "")
    properties = {"ServiceRole": role.arn, **described["Properties"]}
    hosts = properties["ComputeResources"]
    properties["ComputeResources"] = {**hosts, "Subnets": [subnet for subnet in hosts["Subnets"] if subnet]}
    made: ComputeEnvironment = _MOTOS(cls, name, {**described, "Properties": properties}, account, region, **more)
    return made


def _delete_environment(self: ComputeEnvironment, account: str, region: str) -> None:
    batch_backends[account][region].delete_compute_environment(self.name)


def _delete_queue(self: JobQueue, account: str, region: str) -> None:
    batch_backends[account][region].delete_job_queue(self.name)


def _delete_definition(self: JobDefinition, account: str, region: str) -> None:
    batch_backends[account][region].deregister_job_definition(self.arn)


def _delete_routes(self: RouteTable, account: str, region: str) -> None:
    self._associations.clear()
    ec2_backends[account][region].delete_route_table(self.id)
