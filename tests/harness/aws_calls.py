"""The calls that the app makes to AWS, by function; and what leave each of them needs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from botocore.model import OperationModel

from chalicelib.engines.grants import AwsPlace
from local.aws.pump import ACCOUNT, Invocation
from tests.harness.service import Service

PLACE = AwsPlace("us-east-1", ACCOUNT)
SERVICES = (
    "s3",
    "dynamodb",
    "sqs",
    "sns",
    "ses",
    "mediaconvert",
    "transcribe",
    "comprehend",
    "bedrock",
    "translate",
    "cognito",
    "rekognition",
    "textract",
    "batch",
)


@dataclass(frozen=True)
class Call:
    """One call: `function` is the handler that made it, "" for what a test did itself."""

    function: str
    service: str
    operation: str
    asked: dict[str, Any] = field(hash=False, compare=False)


@contextmanager
def recorded(service: Service) -> Iterator[list[Call]]:
    """What the app calls from now on."""
    calls: list[Call] = []
    running = [""]
    aws = service.services.aws
    invoke, settings = service.pump.invoke, service.services.settings

    def invoking(invocation: Invocation) -> Any:
        running[0] = invocation.handler
        try:
            return invoke(invocation)
        finally:
            running[0] = ""

    service.pump.invoke = invoking  # type: ignore[method-assign]
    # Their clients take long to make: only where they are used.
    on_sagemaker = ("sagemaker", "sagemaker_runtime") if "RAPPORTEUR_SAGEMAKER_ENDPOINT" in settings.environment else ()
    services = (*SERVICES, *on_sagemaker)
    for name in services:

        def note(params: dict[str, Any], model: OperationModel, name: str = name, **_: Any) -> None:
            calls.append(Call(running[0], name, model.name, dict(params)))

        getattr(aws, name).meta.events.register_first("before-parameter-build", note, unique_id="recorded")
    try:
        yield calls
    finally:
        service.pump.invoke = invoke  # type: ignore[method-assign]
        for name in services:
            getattr(aws, name).meta.events.unregister("before-parameter-build", unique_id="recorded")


class Need(NamedTuple):
    """What a call must have leave for; `context` are condition keys that IAM is told with it, and their values."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


def needs(call: Call) -> Iterator[Need]:
    """Each action, and the resource, that a caller must have leave for.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    if call.service == "ses" and call.operation == "SendEmail":
        yield from _needs_of_mail(call)
    else:
        yield from (Need(*need) for need in _plain_needs(call))


def _needs_of_mail(call: Call) -> Iterator[Need]:
    """Leave on the identity that sends, on the recipients' as far as the account has them (in SES's sandbox all), and
    on the configuration set. An identity is the address, or its domain where only that was verified.

    https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
    https://github.com/cloudposse/terraform-aws-ses/issues/40
    """
    asked = call.asked
    sender, recipients = asked["FromEmailAddress"], asked["Destination"]["ToAddresses"]
    resources = [f"identity/{name}" for who in (sender, *recipients) for name in (who, who.partition("@")[2])]
    if "ConfigurationSetName" in asked:
        resources.append(f"configuration-set/{asked['ConfigurationSetName']}")
    for resource in resources:
        for action in ("ses:SendEmail", "ses:SendRawEmail"):
            yield Need(action, PLACE.arn("ses", resource), (("ses:FromAddress", sender),))


def _plain_needs(call: Call) -> Iterator[tuple[str, str]]:
    """Each action and resource.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    asked = call.asked
    match call.service:
        case "s3":
            yield from _needs_of_s3(call)
        case "dynamodb":
            for table in asked.get("RequestItems", [asked.get("TableName")]):
                index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
                yield f"dynamodb:{call.operation}", PLACE.arn("dynamodb", f"table/{table}{index}")
        case "sqs":
            yield f"sqs:{call.operation.removesuffix('Batch')}", PLACE.arn("sqs", asked["QueueUrl"].rsplit("/", 1)[-1])
        case "sns":
            yield f"sns:{call.operation}", asked["TopicArn"]
        case "cognito":
            yield f"cognito-idp:{call.operation}", PLACE.arn("cognito-idp", f"userpool/{asked['UserPoolId']}")
        case "ses" if call.operation in {"GetAccount", "DeleteSuppressedDestination"}:
            yield f"ses:{call.operation}", "*"
        case "mediaconvert":
            yield from _needs_of_mediaconvert(call)
        case "transcribe":
            yield from _needs_of_transcribe(call)
        case "comprehend":
            yield from _needs_of_comprehend(call)
        case "rekognition":
            yield from _needs_of_rekognition(call)
        case "textract":
            yield f"textract:{call.operation}", "*"
            yield from _needs_of_telling(asked)
            if "DocumentLocation" in asked:
                yield "s3:GetObject", _told(asked["DocumentLocation"])
            if "OutputConfig" in asked:
                place = asked["OutputConfig"]
                yield "s3:PutObject", PLACE.bucket(place["S3Bucket"], f"{place['S3Prefix']}/0/1")
        case "bedrock":
            yield "bedrock:InvokeModel", f"arn:aws:bedrock:us-east-1::foundation-model/{asked['modelId']}"
        case "translate":
            yield f"translate:{call.operation}", "*"
        case "batch":
            yield from _needs_of_batch(call)
        case "sagemaker":
            job = PLACE.arn("sagemaker", f"training-job/{asked['TrainingJobName']}")
            yield f"sagemaker:{call.operation}", job
            if "Tags" in asked:
                yield "sagemaker:AddTags", job
            if "RoleArn" in asked:
                yield "iam:PassRole", asked["RoleArn"]
        case "sagemaker_runtime":
            yield f"sagemaker:{call.operation}", PLACE.arn("sagemaker", f"endpoint/{asked['EndpointName']}")
        case _:
            raise AssertionError(call)


def _needs_of_batch(call: Call) -> Iterator[tuple[str, str]]:
    match call.operation:
        case "SubmitJob":
            for resource in (call.asked["jobDefinition"], call.asked["jobQueue"], PLACE.arn("batch", "job/new")):
                yield "batch:SubmitJob", resource
                if "tags" in call.asked:
                    yield "batch:TagResource", resource
        case "TerminateJob":
            yield "batch:TerminateJob", PLACE.arn("batch", f"job/{call.asked['jobId']}")
        case _:
            yield f"batch:{call.operation}", "*"


def _needs_of_s3(call: Call) -> Iterator[tuple[str, str]]:
    asked = call.asked
    bucket = PLACE.bucket(asked["Bucket"])
    if call.operation in {"HeadObject", "GetObject"}:
        yield "s3:GetObject", f"{bucket}/{asked['Key']}"
        yield "s3:ListBucket", bucket  # else what is missing looks forbidden
    elif call.operation == "CreateBucket":
        # How botocore signs a form for a POST; whoever posts it does so with the signer's leave.
        yield "s3:PutObject", f"{bucket}/input/whatever-the-form-says"
    elif call.operation == "DeleteObjects":
        yield from (("s3:DeleteObject", f"{bucket}/{found['Key']}") for found in asked["Delete"]["Objects"])
    elif call.operation == "ListMultipartUploads":
        yield "s3:ListBucketMultipartUploads", bucket
    elif call.operation == "AbortMultipartUpload":
        yield "s3:AbortMultipartUpload", f"{bucket}/{asked['Key']}"
    elif call.operation == "ListParts":
        yield "s3:ListMultipartUploadParts", f"{bucket}/{asked['Key']}"
    elif call.operation == "ListObjectsV2":
        yield "s3:ListBucket", bucket
    else:
        assert call.operation in {
            "PutObject",
            "CopyObject",
            "CreateMultipartUpload",
            "UploadPart",
            "UploadPartCopy",
            "CompleteMultipartUpload",
        }, call
        yield "s3:PutObject", f"{bucket}/{asked['Key']}"
        if "CopySource" in asked:
            yield "s3:GetObject", PLACE.bucket(unquote(asked["CopySource"]))  # botocore has made one text of it


def _needs_of_mediaconvert(call: Call) -> Iterator[tuple[str, str]]:
    queue = call.asked.get("Queue") or PLACE.arn("mediaconvert", "queues/Default")
    match call.operation:
        case "CreateJob":
            yield "mediaconvert:CreateJob", queue
            yield "iam:PassRole", call.asked["Role"]
        case "SearchJobs":
            yield "mediaconvert:SearchJobs", queue
        case "GetJob" | "CancelJob":
            yield f"mediaconvert:{call.operation}", PLACE.arn("mediaconvert", f"jobs/{call.asked['Id']}")
        case _:
            yield f"mediaconvert:{call.operation}", "*"
            for file in call.asked["InputFiles"]:
                yield "s3:GetObject", _object(file["FileUrl"])


def _needs_of_transcribe(call: Call) -> Iterator[tuple[str, str]]:
    asked = call.asked
    named = {
        "DeleteTranscriptionJob": ("transcription-job", "TranscriptionJobName"),
        "GetTranscriptionJob": ("transcription-job", "TranscriptionJobName"),
        "CreateVocabulary": ("vocabulary", "VocabularyName"),
        "DeleteVocabulary": ("vocabulary", "VocabularyName"),
        "GetVocabulary": ("vocabulary", "VocabularyName"),
        "UpdateVocabulary": ("vocabulary", "VocabularyName"),
        "GetVocabularyFilter": ("vocabulary-filter", "VocabularyFilterName"),
        "CreateLanguageModel": ("language-model", "ModelName"),
        "DeleteLanguageModel": ("language-model", "ModelName"),
        "DescribeLanguageModel": ("language-model", "ModelName"),
    }
    if call.operation in named:
        kind, name = named[call.operation]
        yield f"transcribe:{call.operation}", PLACE.arn("transcribe", f"{kind}/{asked[name]}")
        if "VocabularyFileUri" in asked:  # it is read with the caller's own leave
            yield "s3:GetObject", _object(asked["VocabularyFileUri"])
        if "InputDataConfig" in asked:
            yield "iam:PassRole", asked["InputDataConfig"]["DataAccessRoleArn"]
        return
    if call.operation in {"ListVocabularies", "ListLanguageModels"}:
        yield f"transcribe:{call.operation}", "*"
        return
    assert call.operation == "StartTranscriptionJob", call
    yield "transcribe:StartTranscriptionJob", "*"
    yield "s3:GetObject", _object(asked["Media"]["MediaFileUri"])
    yield "s3:PutObject", PLACE.bucket(asked["OutputBucketName"], asked["OutputKey"])


def _needs_of_comprehend(call: Call) -> Iterator[tuple[str, str]]:
    asked = call.asked
    match call.operation:
        case "StartEntitiesDetectionJob":
            yield "comprehend:StartEntitiesDetectionJob", asked["EntityRecognizerArn"]
            yield "comprehend:StartEntitiesDetectionJob", PLACE.arn("comprehend", "entities-detection-job/new")
            yield "iam:PassRole", asked["DataAccessRoleArn"]
        case "DescribeEntityRecognizer":
            yield f"comprehend:{call.operation}", asked["EntityRecognizerArn"]
        case _:
            yield f"comprehend:{call.operation}", asked.get("EndpointArn", "*")


def _needs_of_rekognition(call: Call) -> Iterator[tuple[str, str]]:
    """What is looked at is read with the caller's own leave:
    https://docs.aws.amazon.com/rekognition/latest/dg/security_iam_service-with-iam.html
    """
    asked = call.asked
    collection = PLACE.arn("rekognition", f"collection/{asked['CollectionId']}") if "CollectionId" in asked else "*"
    yield f"rekognition:{call.operation}", asked.get("ProjectVersionArn") or asked.get("ProjectArn") or collection
    yield from _needs_of_telling(asked)
    yield from (
        ("s3:GetObject", _told(asked[name])) for name in ("Video", "Image") if "S3Object" in asked.get(name, {})
    )


def _needs_of_telling(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "NotificationChannel" in asked:
        yield "iam:PassRole", asked["NotificationChannel"]["RoleArn"]


def _told(place: Mapping[str, Any]) -> str:
    return PLACE.bucket(place["S3Object"]["Bucket"], place["S3Object"]["Name"])


def _object(address: str) -> str:
    return PLACE.bucket(address.removeprefix("s3://"))
