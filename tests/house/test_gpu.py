"""The stack of the GPU: nobody calls in, a job reaches what is its own, and nothing costs while none runs."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from chalicelib.domain import keys
from deployment import lists, template
from deployment.target import ROOT
from docs import idle_costs

RESOURCES = template.resources("gpu")
JOB = RESOURCES["GpuJob"]["Properties"]["ContainerProperties"]
UPLOADS, OUTPUT = "uploads", "output-bucket"


def of_type(kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


def statements(role: str) -> list[dict[str, Any]]:
    found = [policy["PolicyDocument"]["Statement"] for policy in RESOURCES[role]["Properties"]["Policies"]]
    return [statement for document in found for statement in document]


def listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def filled(text: Any) -> str:
    sub = text["Fn::Sub"] if isinstance(text, dict) else text
    named = {"AWS::Partition": "aws", "UploadsBucket": UPLOADS, "OutputBucket": OUTPUT}
    return re.sub(r"\$\{([^}]+)\}", lambda name: named[name[1]], sub)


def may(action: str, resource: str, prefix: str | None = None) -> bool:
    """Whether the job's role allows it, as IAM matches."""
    for statement in statements("GpuJobRole"):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        prefixes = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix")
        if action not in actions or not any(fnmatchcase(resource, filled(one)) for one in resources):
            continue
        if prefixes is None or (prefix is not None and any(fnmatchcase(prefix, one) for one in prefixes)):
            return True
    return False


def at(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}"


RUN = "owner/asset/v1"
RESULTS = [
    f"output/jobs/moderation/{RUN}/moderation.json",
    f"output/jobs/transcript/{RUN}/transcript.json",
    f"output/jobs/toxicity/{RUN}/toxicity.json",
    f"output/jobs/summary/{RUN}/summary.json",
    f"output/gpu/{RUN}/failure.json",
]
OTHERS = [
    "deployment/chalice.json",
    "exports/owner/export.zip",
    "output/jobs/audio/owner/asset/v1/audio.wav",
    "output/jobs/speakers/owner/asset/v1/voices.json",
    "output/jobs/faces/owner/asset/v1/faces.json",
    "output/edits/owner/asset/v1/transcript.json",
    "output/transcript/owner/asset/v1/transcript.json",
    "output/report/owner/asset/v1/report.pdf",
]


@pytest.mark.parametrize("key", RESULTS)
def test_the_job_writes_its_results_and_sees_what_it_has_left(key: str) -> None:
    assert may("s3:PutObject", at(OUTPUT, key))
    assert may("s3:GetObject", at(OUTPUT, key))
    assert may("s3:ListBucket", f"arn:aws:s3:::{OUTPUT}", prefix=key)


@pytest.mark.parametrize("key", OTHERS)
def test_the_job_reaches_nothing_else_in_the_bucket(key: str) -> None:
    for action in ("s3:GetObject", "s3:PutObject"):
        assert not may(action, at(OUTPUT, key))
    assert not may("s3:ListBucket", f"arn:aws:s3:::{OUTPUT}", prefix=key)


def test_the_job_reads_recordings_and_weights_and_changes_neither() -> None:
    recording, weights = at(UPLOADS, "input/owner/asset/debate.mp4"), at(OUTPUT, "weights/large-v3/model.bin")
    assert may("s3:GetObject", recording)
    assert may("s3:GetObject", weights)
    assert may("s3:ListBucket", f"arn:aws:s3:::{OUTPUT}", prefix="weights/large-v3/")
    assert not any(may("s3:PutObject", one) for one in (recording, weights))
    for prefix in (None, "", "output/", "output/jobs/"):
        assert not may("s3:ListBucket", f"arn:aws:s3:::{OUTPUT}", prefix=prefix), "another's keys could be listed"
    assert not may("s3:ListBucket", f"arn:aws:s3:::{UPLOADS}", prefix="input/owner/")
    assert not may("s3:GetObject", at(UPLOADS, "other/key"))


def test_the_job_has_no_other_action_and_its_folders_are_those_of_its_parts() -> None:
    used: set[str] = set()
    for statement in statements("GpuJobRole"):
        used |= set(statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    assert used == {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}
    assert set(lists.JOB_RESULTS) == {key.partition("/owner")[0].removeprefix("output/") for key in RESULTS}
    assert keys.Folder.RUN_JOB in lists.JOB_RESULTS


def test_only_jobs_of_this_account_take_on_the_jobs_roles() -> None:
    for role in ("GpuJobRole", "GpuExecutionRole"):
        (trust,) = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_a_machine_itself_may_only_be_one_of_a_cluster() -> None:
    """What it might read or write as itself, so might whatever broke out of a job."""
    for statement in statements("GpuHostRole"):
        assert all(action.startswith("ecs:") for action in listed(statement["Action"]))
    assert "ManagedPolicyArns" not in RESOURCES["GpuHostRole"]["Properties"]
    everything = [statement["Action"] for statement in statements("GpuExecutionRole") if statement["Resource"] == "*"]
    assert everything == ["ecr:GetAuthorizationToken"]


def test_nobody_calls_in_and_what_calls_out_is_encrypted() -> None:
    (group,) = of_type("AWS::EC2::SecurityGroup").values()
    assert "SecurityGroupIngress" not in group
    assert not of_type("AWS::EC2::SecurityGroupIngress")
    assert {(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]} == {(443, 443)}
    for environment in of_type("AWS::Batch::ComputeEnvironment").values():
        assert environment["ComputeResources"]["SecurityGroupIds"] == [{"Ref": "GpuOutwardOnly"}]
        assert "Ec2KeyPair" not in environment["ComputeResources"]


def test_no_job_reaches_the_machines_metadata() -> None:
    host = RESOURCES["GpuHost"]["Properties"]["LaunchTemplateData"]
    assert host["MetadataOptions"] == {
        "HttpEndpoint": "enabled",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
    }
    script = host["UserData"]["Fn::Base64"]
    assert script.startswith("MIME-Version: 1.0\n"), "Batch takes no other form"
    assert "-m owner ! --uid-owner 0 -j REJECT" in script, "jobs share the machine's network"
    assert "-t raw -I PREROUTING -i docker+" in script
    assert "systemctl mask ecs.service" in script, "who cannot make the rules takes no job"
    assert "ECS_AWSVPC_BLOCK_IMDS=true" in script
    assert JOB["User"].partition(":")[0] not in {"", "0", "root"}


def test_the_job_has_no_more_of_its_machine_than_it_needs() -> None:
    assert JOB["Privileged"] is False
    assert JOB["ReadonlyRootFilesystem"] is True
    assert [mount["ContainerPath"] for mount in JOB["MountPoints"]] == ["/tmp"]
    assert all("Host" not in volume for volume in JOB["Volumes"]), "a folder of the machine would outlive the job"
    asked = {one["Type"]: int(one["Value"]) for one in JOB["ResourceRequirements"]}
    assert asked == {"GPU": 1, "VCPU": 4, "MEMORY": 13_500}, "of 16 GiB: all of it never starts"
    assert not any("TOKEN" in one["Name"] for one in JOB["Environment"]), "a token is a secret"
    (disk,) = RESOURCES["GpuHost"]["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"]
    ebs = disk["Ebs"]
    assert (ebs["VolumeType"], ebs["VolumeSize"], ebs["Encrypted"], ebs["DeleteOnTermination"]) == (
        "gp3",
        100,
        True,
        True,
    )


def test_the_job_is_who_its_image_says_and_writes_where_its_disk_is() -> None:
    image = (ROOT / "container" / "Dockerfile").read_text()
    assert f"\nUSER {JOB['User']}\n" in image
    assert "ENTRYPOINT" in image
    assert "Command" not in JOB, "the image's own"
    told = {one["Name"]: one["Value"] for one in JOB["Environment"]}
    assert {told["HOME"], told["TMPDIR"]} == {mount["ContainerPath"] for mount in JOB["MountPoints"]}


def test_only_what_is_not_the_recordings_fault_is_tried_again() -> None:
    """No rule that fits is a retry too, so the last one ends all others."""
    rules = RESOURCES["GpuJob"]["Properties"]["RetryStrategy"]["EvaluateOnExit"]
    assert len(rules) <= 5
    assert rules[0] == {"OnStatusReason": "Host EC2*", "Action": "RETRY"}
    assert rules[-1] == {"OnReason": "*", "Action": "EXIT"}


def test_urgent_jobs_go_first_and_no_job_waits_for_ever() -> None:
    queues = of_type("AWS::Batch::JobQueue")
    assert queues["GpuUrgentQueue"]["Priority"] > queues["GpuQueue"]["Priority"]
    assert queues["GpuUrgentQueue"]["ComputeEnvironmentOrder"] == queues["GpuQueue"]["ComputeEnvironmentOrder"]
    for queue in queues.values():
        reasons = {action["Reason"].partition(":")[0] for action in queue["JobStateTimeLimitActions"]}
        assert reasons == {"CAPACITY", "MISCONFIGURATION"}
        assert all(600 <= action["MaxTimeSeconds"] <= 86_400 for action in queue["JobStateTimeLimitActions"])


def test_nothing_runs_and_nothing_is_rented_while_there_is_no_job() -> None:
    for environment in of_type("AWS::Batch::ComputeEnvironment").values():
        assert environment["ComputeResources"]["MinvCpus"] == 0
        assert environment["ReplaceComputeEnvironment"] is False
        assert "DesiredvCpus" not in environment["ComputeResources"]
    kinds = {resource["Type"] for resource in RESOURCES.values()}
    assert not kinds & {"AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::Instance", "AWS::KMS::Key"}
    assert {one["VpcEndpointType"] for one in of_type("AWS::EC2::VPCEndpoint").values()} == {"Gateway"}, "others cost"


def test_a_gpu_costs_two_dollars_a_month_at_most_while_it_is_idle() -> None:
    assert sum(one.without_free for one in idle_costs.standing_with_gpu()) <= 2
    (images,) = of_type("AWS::ECR::Repository").values()
    (rule,) = json.loads(images["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert rule["selection"]["countNumber"] == idle_costs.IMAGES
    assert images["ImageTagMutability"] == "IMMUTABLE"
    assert images["ImageScanningConfiguration"] == {"ScanOnPush": True}


def test_each_zone_has_addresses_of_its_own() -> None:
    blocks = [subnet["CidrBlock"] for subnet in of_type("AWS::EC2::Subnet").values()]
    assert len(blocks) == len(set(blocks)) == lists.MOST_ZONES
    assert len(of_type("AWS::EC2::SubnetRouteTableAssociation")) == lists.MOST_ZONES
    listed = RESOURCES["GpuSpot"]["Properties"]["ComputeResources"]["Subnets"]
    assert len(listed) == lists.MOST_ZONES
