"""AWS clients, made when first needed and kept. The only place that imports boto3."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

from chalicelib.lazy import cached_property

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_comprehend import ComprehendClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_mediaconvert import MediaConvertClient
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_textract import TextractClient
    from mypy_boto3_transcribe import TranscribeServiceClient

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=5, read_timeout=60)
_REGIONAL = Config(
    signature_version="s3v4", s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
)
"""For S3, whose addresses are handed out. By itself boto3 signs them for the global endpoint, which for a day answers a
new bucket's first requests by a redirect that browsers do not follow (https://repost.aws/knowledge-center/s3-http-307-response),
and in some regions by version 2, which S3 no longer takes for new buckets."""

serialize: Callable[[Any], Any] = TypeSerializer().serialize
"""A plain value as DynamoDB's API wants it."""

deserialize: Callable[[Any], Any] = TypeDeserializer().deserialize
"""A value of DynamoDB's API as a plain one."""

_BRING_BACK = Config(retries={"mode": "standard", "max_attempts": 2}, connect_timeout=5, read_timeout=120)
"""For services with tight quotas: what they refuse goes back to its queue, where waiting costs nothing."""

_SEND_ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60)
"""For mail: each blind retry could be a second one."""


def _client(service: str, config: Config = _CONFIG) -> "cached_property[Any]":
    return cached_property(lambda _: boto3.client(service, config=config))  # type: ignore[call-overload]


class Aws:
    """One client a service."""

    s3: "cached_property[S3Client]" = _client("s3", _CONFIG.merge(_REGIONAL))
    dynamodb: "cached_property[DynamoDBClient]" = _client("dynamodb")
    sqs: "cached_property[SQSClient]" = _client("sqs")
    sns: "cached_property[SNSClient]" = _client("sns")
    mediaconvert: "cached_property[MediaConvertClient]" = _client("mediaconvert", _BRING_BACK)
    rekognition: "cached_property[RekognitionClient]" = _client("rekognition", _BRING_BACK)
    textract: "cached_property[TextractClient]" = _client("textract", _BRING_BACK)
    transcribe: "cached_property[TranscribeServiceClient]" = _client("transcribe", _BRING_BACK)
    comprehend: "cached_property[ComprehendClient]" = _client("comprehend", _BRING_BACK)
    batch: "cached_property[BatchClient]" = _client("batch", _BRING_BACK)
    bedrock: "cached_property[BedrockRuntimeClient]" = _client("bedrock-runtime", _BRING_BACK)
    translate: "cached_property[Any]" = _client("translate", _BRING_BACK)
    sagemaker: "cached_property[Any]" = _client("sagemaker", _BRING_BACK)
    sagemaker_runtime: "cached_property[Any]" = _client("sagemaker-runtime", _BRING_BACK)
    cognito: "cached_property[CognitoIdentityProviderClient]" = _client("cognito-idp")
    ses: "cached_property[SESV2Client]" = _client("sesv2", _SEND_ONCE)
