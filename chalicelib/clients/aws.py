"""AWS clients, made when first needed and kept. The only place that imports boto3."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

from chalicelib.lazy import cached_property

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_comprehend import ComprehendClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_mediaconvert import MediaConvertClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
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


class Aws:
    """One client a service."""

    @cached_property
    def s3(self) -> "S3Client":
        """Amazon S3."""
        return boto3.client("s3", config=_CONFIG.merge(_REGIONAL))

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Amazon DynamoDB."""
        return boto3.client("dynamodb", config=_CONFIG)

    @cached_property
    def sqs(self) -> "SQSClient":
        """Amazon SQS."""
        return boto3.client("sqs", config=_CONFIG)

    @cached_property
    def sns(self) -> "SNSClient":
        """Amazon SNS."""
        return boto3.client("sns", config=_CONFIG)

    @cached_property
    def mediaconvert(self) -> "MediaConvertClient":
        """AWS Elemental MediaConvert."""
        return boto3.client("mediaconvert", config=_BRING_BACK)

    @cached_property
    def transcribe(self) -> "TranscribeServiceClient":
        """Amazon Transcribe."""
        return boto3.client("transcribe", config=_BRING_BACK)

    @cached_property
    def comprehend(self) -> "ComprehendClient":
        """Amazon Comprehend."""
        return boto3.client("comprehend", config=_BRING_BACK)

    @cached_property
    def bedrock(self) -> "BedrockRuntimeClient":
        """Amazon Bedrock's models."""
        return boto3.client("bedrock-runtime", config=_BRING_BACK)

    @cached_property
    def cognito(self) -> "CognitoIdentityProviderClient":
        """Amazon Cognito's user pools."""
        return boto3.client("cognito-idp", config=_CONFIG)

    @cached_property
    def ses(self) -> "SESV2Client":
        """Amazon SES v2. It never retries by itself: each blind retry could be a second mail."""
        return boto3.client("sesv2", config=_SEND_ONCE)
