"""The stack of the endpoint that hears: it reaches what it needs and no more, and no machine stays when nobody asks."""

from fnmatch import fnmatchcase
from typing import Any

import pytest

from chalicelib.domain import keys
from chalicelib.engines.hearing.sagemaker_whisper import Options, mark
from chalicelib.settings import declared
from chalicelib.speech.tracks import TRANSCRIPT
from deployment import template
from deployment.target import parameter

RESOURCES = template.resources("hearing")
RUN = "owner/asset/v1"
EVERYBODY = "learning/everybody/en"


def filled(text: Any) -> str:
    told = text["Fn::Sub"] if isinstance(text, dict) else text
    named = {
        "AWS::Partition": "aws",
        "AWS::Region": "us-east-1",
        "AWS::AccountId": "123456789012",
        "UploadsBucket": "uploads",
        "OutputBucket": "output",
        "Stage": "dev",
    }
    for name, value in named.items():
        told = told.replace(f"${{{name}}}", value)
    return str(told)


def listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def may(action: str, resource: str, prefix: str | None = None) -> bool:
    """Whether the role allows it, as IAM matches."""
    for policy in RESOURCES["HearingRole"]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            prefixes = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix")
            resources = [one for one in listed(statement["Resource"]) if "Ref" not in one]
            if action not in listed(statement["Action"]):
                continue
            if not any(fnmatchcase(resource, filled(one)) for one in resources):
                continue
            if prefixes is None or (prefix is not None and any(fnmatchcase(prefix, one) for one in prefixes)):
                return True
    return False


@pytest.mark.parametrize(
    "key",
    [
        keys.prefix(keys.Folder.AUDIO) + f"{RUN}/audio.wav",
        keys.prefix(keys.Folder.PARTS) + f"{RUN}/1-of-2.wav",
        "weights/manifest.json",
        f"{EVERYBODY}/material/one/1.wav",
        f"{EVERYBODY}/general/council.wav",
        f"{EVERYBODY}/hearing/{mark('output')}x/checkpoints/step-1/rest.pt",
    ],
)
def test_it_reads_what_is_heard_and_taught(key: str) -> None:
    assert may("s3:GetObject", f"arn:aws:s3:::output/{key}")


@pytest.mark.parametrize(
    "key",
    [
        keys.prefix(TRANSCRIPT.folder) + f"{RUN}/transcript.json",
        f"{EVERYBODY}/hearing/000003/heard/x.candidate.json",
        f"{EVERYBODY}/hearing/{mark('output')}x/output/model.tar.gz",
        "output/failed/1.out",
    ],
)
def test_it_writes_what_was_heard_and_learnt(key: str) -> None:
    assert may("s3:PutObject", f"arn:aws:s3:::output/{key}")


def test_it_may_nothing_else() -> None:
    for key in (f"output/edits/{RUN}/x.json", "learning/owner-1/en/text/one.txt", "deployment/x", "exports/o/x.zip"):
        assert not may("s3:GetObject", f"arn:aws:s3:::output/{key}")
        assert not may("s3:PutObject", f"arn:aws:s3:::output/{key}")
    assert may("s3:GetObject", "arn:aws:s3:::uploads/input/owner/asset/talk.wav")
    assert not may("s3:PutObject", "arn:aws:s3:::uploads/input/owner/asset/talk.wav")
    assert not may("s3:DeleteObject", "arn:aws:s3:::output/output/x")
    assert may("s3:ListBucket", "arn:aws:s3:::output", f"{EVERYBODY}/material/")
    assert not may("s3:ListBucket", "arn:aws:s3:::output", "learning/owner-1/")
    (trust,) = RESOURCES["HearingRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_it_is_asked_asynchronously_and_tells_the_topic_of_jobs() -> None:
    asked = RESOURCES["HearingConfig"]["Properties"]["AsyncInferenceConfig"]
    topic = {"Ref": "JobsTopicArn"}
    assert asked["OutputConfig"]["NotificationConfig"] == {"SuccessTopic": topic, "ErrorTopic": topic}
    assert filled(asked["OutputConfig"]["S3OutputPath"]) == "s3://output", "each question names its place"
    assert filled(RESOURCES["HearingEndpoint"]["Properties"]["EndpointName"]) == "rapporteur-dev"
    assert asked["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 1}


def test_no_machine_stays_and_the_first_comes_by_a_step() -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html"""
    assert RESOURCES["HearingMachines"]["Properties"]["MinCapacity"] == 0
    target = RESOURCES["HearingByBacklog"]["Properties"]["TargetTrackingScalingPolicyConfiguration"]
    assert target["CustomizedMetricSpecification"]["MetricName"] == "ApproximateBacklogSizePerInstance"
    step = RESOURCES["HearingFromNone"]["Properties"]["StepScalingPolicyConfiguration"]
    assert step["StepAdjustments"] == [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]
    alarm = RESOURCES["HearingHasBacklog"]["Properties"]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("HasBacklogWithoutCapacity", 1)
    for metric in (alarm, target["CustomizedMetricSpecification"]):
        (dimension,) = metric["Dimensions"]
        assert dimension == {"Name": "EndpointName", "Value": {"Fn::GetAtt": ["HearingEndpoint", "EndpointName"]}}
        assert metric["Namespace"] == "AWS/SageMaker"


def test_what_the_trainer_is_told_is_what_the_stack_is_told() -> None:
    told = {parameter(name.removeprefix("RAPPORTEUR_")) for name in declared(Options)}
    assert {"SagemakerImage", "SagemakerManifestSha256", "SagemakerRole"} <= told
    assert set(template.parameters("hearing")) & told == {"SagemakerImage", "SagemakerManifestSha256"}
    assert set(template.written_out("hearing")["Outputs"]) == {"SagemakerEndpoint", "SagemakerRole"}
