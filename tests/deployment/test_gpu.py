"""A stage with a GPU of its own: its stack in an AWS of our own, what it chooses, and what is said of quotas."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.engines.batch import Options
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.seams.vision import VISION
from chalicelib.settings import Settings
from deployment import checks, gpu, template
from deployment.__main__ import main
from deployment.errors import DeploymentError
from deployment.stacks import Stacks
from deployment.target import Target
from tests.harness import cloudformation
from tests.harness import cognito_stacks as _cognito_stacks  # noqa: F401 - teaches moto

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    for name, value in {"ACCESS_KEY_ID": "gpu", "SECRET_ACCESS_KEY": "gpu", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    cloudformation.mend()
    with mock_aws():
        yield boto3.Session()


def quiet(line: str) -> None:
    """Nobody hears it."""


def target(is_on: bool = True, **overrides: str) -> Target:
    return Target("dev", "admin@rapporteur.example", None, overrides, pages=False, gpu=is_on)


def deploy(session: boto3.Session, at: Target) -> dict[str, str]:
    stacks = Stacks(session.client("cloudformation"), at, quiet)
    told = at.parameters("create")
    if at.gpu:
        told |= gpu.parameters(session, at, stacks["gpu"].parameters, quiet)
    return stacks.deploy(told)


def stack_names(session: boto3.Session) -> list[str]:
    return [stack["StackName"] for stack in session.client("cloudformation").describe_stacks()["Stacks"]]


def queues(session: boto3.Session) -> dict[str, Any]:
    return {queue["jobQueueName"]: queue for queue in session.client("batch").describe_job_queues()["jobQueues"]}


def test_all_that_one_job_does_is_chosen_and_its_outputs_are_settings(session: boto3.Session) -> None:
    at = target()
    settings = Settings.from_environment(at.variables(deploy(session, at)))
    for seam in (TRANSCRIPTION, VISION, TOXICITY, SUMMARIZING):
        assert settings.engines[seam] == "batch_gpu"
    assert settings.moderation_policy == "note"
    options = settings.options(Options)
    standing = queues(session)
    assert options.batch_queue == standing["rapporteur-dev-gpu"]["jobQueueArn"]
    assert options.batch_urgent_queue == standing["rapporteur-dev-gpu-urgent"]["jobQueueArn"]
    assert options.batch_on_demand_queue is None
    (job,) = session.client("batch").describe_job_definitions()["jobDefinitions"]
    assert options.batch_job_definition == job["jobDefinitionArn"]


def test_what_set_says_stays_as_it_says() -> None:
    at = target(SUMMARIZER="bedrock", MODERATION_POLICY="reject", VISION_ANALYZER="rekognition")
    assert at.engines[SUMMARIZING] == "bedrock"
    assert at.engines[VISION] == "rekognition"
    assert at.engines[TRANSCRIPTION] == "batch_gpu"
    assert at.variables({})["RAPPORTEUR_MODERATION_POLICY"] == "reject"


def test_a_job_starts_from_an_image_of_the_stages_own(session: boto3.Session) -> None:
    deploy(session, target(GPU_IMAGE_TAG="7"))
    (job,) = session.client("batch").describe_job_definitions()["jobDefinitions"]
    (repository,) = session.client("ecr").describe_repositories()["repositories"]
    assert job["containerProperties"]["image"] == f"{repository['repositoryUri']}:7"
    assert repository["imageTagMutability"] == "IMMUTABLE"
    told = {one["name"]: one["value"] for one in job["containerProperties"]["environment"]}
    assert told["RAPPORTEUR_JOB_WEIGHTS"] == "s3://rapporteur-dev-output-123456789012/weights/"
    assert "secrets" not in job["containerProperties"] or not job["containerProperties"]["secrets"]
    (environment,) = session.client("batch").describe_compute_environments()["computeEnvironments"]
    assert environment["computeResources"]["type"] == "SPOT"
    assert environment["computeResources"]["minvCpus"] == 0
    subnets = session.client("ec2").describe_subnets(SubnetIds=environment["computeResources"]["subnets"])["Subnets"]
    zones = session.client("ec2").describe_availability_zones()["AvailabilityZones"]
    assert {subnet["AvailabilityZone"] for subnet in subnets} == {zone["ZoneName"] for zone in zones}


def definitions(session: boto3.Session) -> dict[str, str]:
    """Those that a job may be submitted with, by the tag of their image."""
    found = session.client("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    return {job["containerProperties"]["image"].rpartition(":")[2]: job["jobDefinitionArn"] for job in found}


def test_another_image_leaves_the_job_before_it_until_the_next(session: boto3.Session) -> None:
    """Functions submit the one before until the app is deployed, minutes after the stack."""
    assert template.resources("gpu")["GpuJob"]["Properties"]["ResourceRetentionPolicy"] == {
        "SkipDeregisterOnUpdate": True
    }, "CloudFormation's own default makes every upload in between fail"
    batch = session.client("batch")
    # As CloudFormation leaves them: moto's own changes the one in its place.
    for name, tag in (("gpu", "1"), ("gpu", "2"), ("gpu", "3"), ("gpu2", "other")):
        batch.register_job_definition(
            jobDefinitionName=f"rapporteur-dev-{name}",
            type="container",
            containerProperties={"image": f"jobs:{tag}", "vcpus": 1, "memory": 512},
        )
    gpu.drop_definitions(session, target(), quiet, keep=2)
    assert set(definitions(session)) == {"2", "3", "other"}
    gpu.drop_definitions(session, target(), quiet, keep=0)
    gpu.drop_definitions(session, target(), quiet, keep=0)
    assert set(definitions(session)) == {"other"}
    said: list[str] = []
    refusing: Any = Refusing(describe_job_definitions="AccessDeniedException")
    gpu.drop_definitions(refusing, target(), said.append, keep=2)
    assert "may not drop" in said[0]


def test_a_machine_on_demand_has_a_queue_of_its_own_if_that_is_wanted(session: boto3.Session) -> None:
    at = target(GPU_FALLBACK="true")
    options = Settings.from_environment(at.variables(deploy(session, at))).options(Options)
    queue = queues(session)["rapporteur-dev-gpu-on-demand"]
    assert options.batch_on_demand_queue == queue["jobQueueArn"]
    environments = session.client("batch").describe_compute_environments()["computeEnvironments"]
    assert {one["computeResources"]["type"] for one in environments} == {"SPOT", "EC2"}


def test_without_gpu_on_nothing_of_it_is_made(session: boto3.Session) -> None:
    before = len(session.client("ec2").describe_vpcs()["Vpcs"])
    deploy(session, target(is_on=False))
    assert "rapporteur-dev-gpu" not in stack_names(session)
    assert queues(session) == {}
    assert session.client("ecr").describe_repositories()["repositories"] == []
    assert len(session.client("ec2").describe_vpcs()["Vpcs"]) == before


def test_it_goes_with_its_stack_and_leaves_nothing(session: boto3.Session) -> None:
    before = len(session.client("ec2").describe_vpcs()["Vpcs"])
    at = target()
    deploy(session, at)
    stacks = Stacks(session.client("cloudformation"), at, quiet)
    stacks["gpu"].delete()
    assert "rapporteur-dev-gpu" not in stack_names(session)
    assert queues(session) == {}
    assert session.client("batch").describe_compute_environments()["computeEnvironments"] == []
    assert len(session.client("ec2").describe_vpcs()["Vpcs"]) == before
    roles = session.client("iam").list_roles()["Roles"]
    assert not [role for role in roles if "gpu" in role["RoleName"]]


def test_a_zone_keeps_its_place_whatever_comes_to_the_region(session: boto3.Session) -> None:
    standing = {"GpuZone1": "us-east-1c", "GpuZone2": "us-east-1gone", "GpuZone3": "", "GpuMaxVcpus": "16"}
    found = gpu.parameters(session, target(), standing, quiet)
    assert (found["GpuZone1"], found["GpuZone2"], found["GpuZone3"]) == ("us-east-1c", "us-east-1gone", "us-east-1a")
    zones = [value for name, value in found.items() if name.startswith("GpuZone")]
    assert len(zones) == len(set(zones)) <= 6


def test_machines_that_the_region_lacks_are_left_out_and_told_if_they_were_named(session: boto3.Session) -> None:
    offered = gpu.parameters(session, target(), {}, quiet)["GpuInstanceTypes"].split(",")
    assert set(offered) <= set(template.parameters("gpu")["GpuInstanceTypes"]["Default"].split(","))
    assert offered
    with pytest.raises(DeploymentError, match="has no g99"):
        gpu.parameters(session, target(GPU_INSTANCE_TYPES="g5.xlarge,g99.xlarge"), {}, quiet)


class Refusing:
    """A session whose services refuse, as they do to somebody without leave, or answer what is told."""

    region_name = "us-east-1"

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def client(self, service: str) -> Any:
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub")  # type: ignore[call-overload]
        stubber = Stubber(client)
        for operation, answer in self._answers.items():
            if hasattr(client, operation):
                for _ in range(2 if operation == "get_role" else 1):
                    if isinstance(answer, str):
                        stubber.add_client_error(operation, answer, "no leave", 400)
                    else:
                        stubber.add_response(operation, answer)
        stubber.activate()
        return client


def test_whoever_may_not_ask_ec2_gets_two_zones_and_all_machines() -> None:
    said: list[str] = []
    refusing: Any = Refusing(describe_availability_zones="UnauthorizedOperation")
    assert gpu.parameters(refusing, target(), {"GpuZone1": "us-east-1a"}, said.append) == {"GpuZone1": "us-east-1a"}
    assert "taking two zones" in said[0]


def test_roles_of_the_account_are_made_once_and_missing_leave_stops_nothing(session: boto3.Session) -> None:
    said: list[str] = []
    gpu.make_linked_roles(session, said.append)
    gpu.make_linked_roles(session, said.append)
    assert any("AWSServiceRoleForBatch" in line for line in said)
    said.clear()
    refusing: Any = Refusing(get_role="AccessDenied")
    gpu.make_linked_roles(refusing, said.append)
    assert "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com" in said[1]


def quota(value: float) -> Any:
    return {"Quota": {"QuotaCode": "L-3819A6DF", "Value": value}}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"get_service_quota": quota(0.0)}, "may use 0 vCPU"),
        ({"get_service_quota": quota(3.0)}, "may use 3 vCPU"),
        (
            {"get_service_quota": "NoSuchResourceException", "get_aws_default_service_quota": quota(0.0)},
            "may use 0 vCPU",
        ),
        ({"get_service_quota": "AccessDeniedException"}, "AWS does not tell the quota"),
    ],
)
def test_too_small_a_quota_is_told_with_how_to_raise_it_and_stops_nothing(answers: Any, said: str) -> None:
    asked: Any = Refusing(**answers)
    (line,) = checks.gpu_quotas(asked, on_demand=False)
    assert said in line
    assert "All G and VT Spot Instance Requests" in line
    assert "servicequotas/home/services/ec2/quotas/L-3819A6DF" in line
    if "may use" in said:
        assert "aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2" in line


def test_a_quota_that_is_enough_is_not_spoken_of() -> None:
    enough: Any = Refusing(get_service_quota=quota(4.0))
    assert checks.gpu_quotas(enough, on_demand=False) == []
    assert checks.gpu_quotas(enough, on_demand=True) == []


def left(session: boto3.Session, outputs: dict[str, str], at: Target) -> str:
    return "\n".join(gpu.left_to_do(session, at, outputs))


def test_how_to_build_and_push_the_image_is_told_while_there_is_none(session: boto3.Session) -> None:
    outputs = deploy(session, target())
    repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rapporteur-dev-gpu"
    said = left(session, outputs, target())
    assert "until then every job fails" in said
    assert "aws ecr get-login-password --region us-east-1 | docker login --username AWS --password-stdin" in said
    built = "docker build --platform linux/amd64 --provenance=false --sbom=false -f container/Dockerfile"
    assert f"{built} -t {repository}:1 ." in said
    assert f"docker push {repository}:1" in said
    assert "s3://rapporteur-dev-output-123456789012/weights/" in said
    session.client("ecr").put_image(repositoryName="rapporteur-dev-gpu", imageManifest=MANIFEST, imageTag="1")
    session.client("s3").put_object(Bucket=outputs["OutputBucket"], Key="weights/large-v3/model.bin", Body=b"weights")
    assert left(session, outputs, target()) == ""
    assert "rapporteur-dev-gpu:2" in left(session, outputs, target(GPU_IMAGE_TAG="2"))


MANIFEST = (
    '{"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", '
    '"config": {"digest": "sha256:0"}, "layers": []}'
)


def test_an_engine_on_a_gpu_without_one_is_told(session: boto3.Session, capsys: pytest.CaptureFixture[str]) -> None:
    deploying = ["deploy", "--stage", "dev", "--admin-email", "admin@rapporteur.example"]
    assert main([*deploying, "--set", "TRANSCRIBER=batch_gpu"]) == 1
    assert "say GPU=on too" in capsys.readouterr().err
    assert stack_names(session) == []


def test_refusals_that_are_not_about_leave_are_raised() -> None:
    broken: Any = Refusing(describe_availability_zones="InternalError")
    with pytest.raises(ClientError):
        gpu.parameters(broken, target(), {}, quiet)
