"""The stack of the GPU: nobody calls in, a job reaches what is its own, and nothing costs while none runs."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain import keys
from chalicelib.engines import batch
from chalicelib.settings import Settings
from container.failures import STATUS
from deployment import lists, template
from deployment.target import ROOT
from docs import idle_costs
from tests.house.test_settings import GOOD

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


def boot(folder: Path, *, refused: str = "") -> list[str]:
    """What a machine does as it starts, in `folder`, where its firewall takes no rule of the table `refused`."""
    script = RESOURCES["GpuHost"]["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]
    assert script.startswith("MIME-Version: 1.0\n"), "Batch takes no other form"
    program = script[script.index("#!/bin/bash") : script.rindex("--==")]
    for path in ("/etc/ecs", "/dev/console"):
        program = program.replace(path, f"{folder}{path}")
    (folder / "dev").mkdir(parents=True)
    for name in ("iptables", "systemctl"):
        refusal = f'case "$*" in {refused}) exit 2;; esac' if refused and name == "iptables" else ""
        stub = folder / name
        stub.write_text(f'#!/bin/sh\necho "{name} $*" >> {folder}/called\n{refusal}\n')
        stub.chmod(0o755)
    subprocess.run(["bash", "-c", program], check=True, env={"PATH": f"{folder}:{os.environ['PATH']}"})
    return (folder / "called").read_text().splitlines()


def test_no_job_reaches_the_machines_metadata(tmp_path: Path) -> None:
    """Jobs share the machine's network, so a hop limit alone keeps none away: its firewall asks who calls."""
    host = RESOURCES["GpuHost"]["Properties"]["LaunchTemplateData"]
    assert host["MetadataOptions"]["HttpTokens"] == "required"
    assert host["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    called = boot(tmp_path / "once")
    assert [call for call in called if "169.254.169.254/32" in call and "--uid-owner 0 -j REJECT" in call]
    assert [call for call in called if "169.254.169.254/32" in call and "-i docker+" in call and "-j DROP" in call]
    assert not [call for call in called if call.startswith("systemctl")]
    config = (tmp_path / "once/etc/ecs/ecs.config").read_text()
    assert "ECS_AWSVPC_BLOCK_IMDS=true" in config
    assert "ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true" in config, "the machine's own role may write no log"
    assert JOB["User"].partition(":")[0] not in {"", "0", "root"}


@pytest.mark.parametrize("refused", ["*OUTPUT*", "*PREROUTING*"])
def test_a_machine_that_cannot_guard_its_metadata_takes_no_job_and_goes(tmp_path: Path, refused: str) -> None:
    """Else it would be paid for, and never be there for the job that it came for."""
    called = boot(tmp_path / "once", refused=refused)
    assert called[-2:] == ["systemctl mask ecs.service", "systemctl poweroff --force"]
    assert "firewall" in (tmp_path / "once/dev/console").read_text()


def test_the_job_has_no_more_of_its_machine_than_it_needs() -> None:
    assert JOB["Privileged"] is False
    assert JOB["ReadonlyRootFilesystem"] is True
    assert [mount["ContainerPath"] for mount in JOB["MountPoints"]] == ["/tmp"]
    assert all("Host" not in volume for volume in JOB["Volumes"]), "a folder of the machine would outlive the job"
    assert not any("TOKEN" in one["Name"] for one in JOB["Environment"]), "a token is a secret"


SMALLEST_VCPUS, SMALLEST_MIB, FOR_ITSELF_MIB = 4, 16 * 1024, 1_500
"""Of any machine that jobs run on by default, and what of that its own programs and its kernel take:
https://docs.aws.amazon.com/batch/latest/userguide/memory-management.html"""


def test_a_job_fits_on_the_smallest_machine_that_it_may_get() -> None:
    """Who asks for more waits for a machine that never comes."""
    sizes = {kind.partition(".")[2] for kind in template.parameters("gpu")["GpuInstanceTypes"]["Default"].split(",")}
    assert sizes <= {"xlarge", "2xlarge"}, "4 vCPU and 16 GiB at least, and one GPU"
    asked = {one["Type"]: int(one["Value"]) for one in JOB["ResourceRequirements"]}
    assert asked["GPU"] == 1
    assert asked["VCPU"] <= SMALLEST_VCPUS
    assert asked["MEMORY"] + FOR_ITSELF_MIB <= SMALLEST_MIB


def test_the_machines_disk_holds_what_a_job_fetches_and_goes_with_it() -> None:
    (disk,) = RESOURCES["GpuHost"]["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"]
    unpacked, upload = 3 * idle_costs.IMAGE_GB, Settings.from_environment(GOOD).max_upload_bytes / 1e9
    assert disk["Ebs"]["VolumeSize"] >= float(unpacked + idle_costs.WEIGHTS_GB) + upload
    charged = {item: round(amount * 730) for item, amount in batch.of_machine(Decimal(1)).items()}
    assert charged["ebs.gp3_gb_month"] == disk["Ebs"]["VolumeSize"]
    assert charged["ebs.gp3_mbps_month"] == disk["Ebs"]["Throughput"] - 125, "of which 125 MB a second are free"
    assert disk["Ebs"]["Encrypted"], "recordings lie there"
    assert disk["Ebs"]["DeleteOnTermination"]


def test_the_job_is_who_its_image_says_and_writes_where_its_disk_is() -> None:
    image = (ROOT / "container" / "Dockerfile").read_text()
    assert f"\nUSER {JOB['User']}\n" in image
    assert "ENTRYPOINT" in image
    assert "Command" not in JOB, "the image's own"
    told = {one["Name"]: one["Value"] for one in JOB["Environment"]}
    assert {told["HOME"], told["TMPDIR"]} == {mount["ContainerPath"] for mount in JOB["MountPoints"]}


def is_tried_again(status_reason: str, *, exit_code: int | None = None, reason: str = "") -> bool:
    """As Batch goes through its rules: the first whose patterns all fit counts, and no rule that fits is a retry too.

    https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
    """
    ended_with = "" if exit_code is None else str(exit_code)
    told = {"OnStatusReason": status_reason, "OnExitCode": ended_with, "OnReason": reason}
    for rule in RESOURCES["GpuJob"]["Properties"]["RetryStrategy"]["EvaluateOnExit"]:
        patterns = {name: pattern for name, pattern in rule.items() if name != "Action"}
        if all(fnmatchcase(told[name].lower(), pattern.lower()) for name, pattern in patterns.items()):
            return bool(rule["Action"] == "RETRY")
    return True


ENDED = "Essential container in task exited"


def test_only_what_is_not_the_recordings_fault_is_tried_again() -> None:
    assert is_tried_again("Host EC2 (instance i-0123456789abcdef0) terminated.")
    assert is_tried_again("Task failed to start", reason="CannotPullContainerError: no such tag")
    assert is_tried_again("Task failed to start", reason="DockerTimeoutError: could not transition to created")
    assert is_tried_again(ENDED, exit_code=STATUS["interrupted"]), "the job's end may be heard before its machine's is"
    for code, status in STATUS.items():
        assert is_tried_again(ENDED, exit_code=status) == (code == "interrupted"), code
    assert not is_tried_again(ENDED, exit_code=137, reason="OutOfMemoryError: Container killed due to memory usage")
    assert not is_tried_again("Task failed to start", reason="CannotStartContainerError: nvidia-container-cli")
    assert len(RESOURCES["GpuJob"]["Properties"]["RetryStrategy"]["EvaluateOnExit"]) <= 5, "Batch takes no more"


def needed_by(name: str) -> set[str]:
    """What is made before a resource, and so deleted after it."""
    resource = RESOURCES[name]
    told = {*listed(resource.get("DependsOn", [])), *_named(resource["Properties"])} & RESOURCES.keys()
    return told.union(*(needed_by(one) for one in told))


def _named(node: Any) -> Iterator[str]:
    match node:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            for one in node.values():
                yield from _named(one)
        case list():
            for one in node:
                yield from _named(one)


def test_machines_go_before_their_way_out_does() -> None:
    """A gateway is not let go of while a machine has an address, and who deletes a stack does not ask for that."""
    ways = {name for name, one in RESOURCES.items() if one["Type"] == "AWS::EC2::SubnetRouteTableAssociation"}
    assert len(ways) == lists.MOST_ZONES
    for environment in of_type("AWS::Batch::ComputeEnvironment"):
        assert {"GpuRouteOut", "GpuGatewayAttachment", *ways} <= needed_by(environment)


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


def test_the_repository_keeps_what_jobs_run_and_the_one_before_however_docker_pushed_them() -> None:
    """With what it attests, Docker may push three manifests an image, one of them with the tag."""
    (images,) = of_type("AWS::ECR::Repository").values()
    rules = json.loads(images["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    counting = [rule["selection"] for rule in rules if rule["selection"]["countType"] == "imageCountMoreThan"]
    assert [(one["tagStatus"], one["tagPatternList"], one["countNumber"]) for one in counting] == [
        ("tagged", ["*"], idle_costs.IMAGES)
    ], "a count of all manifests takes the image that jobs still run"
    others = {rule["selection"]["tagStatus"] for rule in rules if rule["selection"] not in counting}
    assert others == {"untagged"}, "what is left of another image would be paid for"
    assert images["ImageTagMutability"] == "IMMUTABLE", "what a job runs would depend on the machine that it gets"


def test_each_zone_has_addresses_of_its_own() -> None:
    blocks = [subnet["CidrBlock"] for subnet in of_type("AWS::EC2::Subnet").values()]
    assert len(blocks) == len(set(blocks)) == lists.MOST_ZONES
    assert len(of_type("AWS::EC2::SubnetRouteTableAssociation")) == lists.MOST_ZONES
    listed = RESOURCES["GpuSpot"]["Properties"]["ComputeResources"]["Subnets"]
    assert len(listed) == lists.MOST_ZONES
