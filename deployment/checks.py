"""What must be so before anything is touched."""

import importlib.metadata
import re
import sys
from collections.abc import Iterable

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.engines.grants import AwsPlace
from deployment.errors import DeploymentError

_PYTHONS = ((3, 11), (3, 14))
"""What Lambda has a runtime for, Chalice knows, and this code runs on: Chalice takes the one that deploys."""

_CHALICE = (1, 34)
_REGION = r"[a-z]{2,}(-[a-z]+)+-[0-9]+"
_SERVICES = (
    "apigateway",
    "cloudformation",
    "cloudwatch",
    "cognito-idp",
    "dynamodb",
    "events",
    "iam",
    "lambda",
    "logs",
    "s3",
    "sesv2",
    "sns",
    "sqs",
    "sts",
)


def check(session: boto3.Session, services: Iterable[str] = ()) -> AwsPlace:
    """Where the session's credentials lead, once all that a deployment needs is found there, and what its engines call.

    Raises DeploymentError that says what is missing and what to do.
    """
    check_tools(sys.version_info[:2], importlib.metadata.version("chalice"))
    place = place_of(session)
    missing = sorted(service for service in {*_SERVICES, *services} if not _is_in(session, service, place))
    if missing:
        raise DeploymentError(
            f"The region {place.region} lacks {', '.join(missing)}. Deploy to another region, such as us-east-1 or "
            'eu-west-1, or choose other engines with SET="TRANSCRIBER=…", or none where there may be none, with '
            'SET="VISION_ANALYZER= FACE_COLLECTIONS= DOCUMENT_READER=".'
        )
    return place


def place_of(session: boto3.Session) -> AwsPlace:
    """Where the session's credentials lead. Raises DeploymentError that says what is missing and what to do."""
    region = session.region_name
    if region is None:
        raise DeploymentError("No region is set. Say REGION=eu-west-1, for one, or set AWS_DEFAULT_REGION.")
    if not re.fullmatch(_REGION, region):
        raise DeploymentError(f"REGION is {region!r}; one looks like eu-west-1.")
    try:
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as exc:
        raise DeploymentError(
            f"AWS does not know these credentials ({exc}). Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity` shows whether they work."
        ) from exc
    return AwsPlace(region, identity["Account"], identity["Arn"].split(":")[1])


def check_region(session: boto3.Session, buckets: Iterable[str]) -> None:
    """Raises DeploymentError if one of a stage's `buckets` stands in another region than the session's.

    The names of buckets and roles are an account's, not a region's: a stage has one region.
    """
    s3 = session.client("s3")
    for bucket in buckets:
        try:
            region = s3.head_bucket(Bucket=bucket)["BucketRegion"]
        except ClientError as exc:
            if exc.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
                raise
            continue
        if region != session.region_name:
            raise DeploymentError(
                f"This stage is in {region}, where its bucket {bucket} stands, and not in {session.region_name}: a "
                f"stage has one region. Say REGION={region}, or choose another STAGE for {session.region_name}."
            )


_DOMAIN = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NOT_IN_A_DOMAIN = ("aws", "amazon", "cognito")
"""Words that Cognito takes in no domain:
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html"""


def check_sign_in_domain(session: boto3.Session, domain: str, pool: str | None) -> None:
    """Raises DeploymentError if the sign-in pages cannot be at `domain`, or are another pool's of this account.

    `pool` is the stage's own, if it stands. Whether another account has the domain is told only as it is made.
    """
    if not re.fullmatch(_DOMAIN, domain) or any(word in domain for word in _NOT_IN_A_DOMAIN):
        raise DeploymentError(
            f"The sign-in pages cannot be at {domain!r}: Cognito takes at most 63 small letters, digits and dashes, "
            f"with no dash at either end, and none of {', '.join(_NOT_IN_A_DOMAIN)} in it. Choose another STAGE, or "
            'a domain of your own with SET="SIGN_IN_DOMAIN=…".'
        )
    found = session.client("cognito-idp").describe_user_pool_domain(Domain=domain)
    holder = found.get("DomainDescription", {}).get("UserPoolId")
    if holder is not None and holder != pool:
        raise DeploymentError(
            f"The sign-in pages cannot be at {domain}: that is the domain of the user pool {holder} of this account. "
            'Delete it there, or choose another with SET="SIGN_IN_DOMAIN=…".'
        )


GPU_SERVICES = ("batch", "ec2", "ecr", "ecs")
"""What a GPU of the stage's own needs beside all that."""

_LEAST_VCPUS = 4
"""Of the smallest machine with a GPU."""

_QUOTAS = {"L-3819A6DF": "All G and VT Spot Instance Requests", "L-DB2E81BA": "Running On-Demand G and VT instances"}
"""EC2's quotas of machines with a GPU, in vCPU: on Spot, and on demand. Most accounts begin with 0 of either:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-limits.html"""


def gpu_quotas(session: boto3.Session, on_demand: bool) -> list[str]:
    """What is wrong with the account's quotas of machines with a GPU, and what to do; `on_demand` ones are looked at
    too. Nothing stops at it: all but the jobs works without, and they wait.
    """
    return [said for code in list(_QUOTAS)[: 1 + on_demand] if (said := _gpu_quota(session, code))]


def _gpu_quota(session: boto3.Session, code: str) -> str | None:
    quotas = session.client("service-quotas")
    look = f"https://{session.region_name}.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/{code}"
    try:
        try:
            found = quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)
        except quotas.exceptions.NoSuchResourceException:  # nothing was ever set for this account
            found = quotas.get_aws_default_service_quota(ServiceCode="ec2", QuotaCode=code)
    except (BotoCoreError, ClientError) as exc:
        return f"AWS does not tell the quota “{_QUOTAS[code]}” ({exc}). Jobs need {_LEAST_VCPUS} vCPU of it: see {look}"
    value = found["Quota"].get("Value", 0.0)
    if value >= _LEAST_VCPUS:
        return None
    return (
        f"This account may use {value:.0f} vCPU of “{_QUOTAS[code]}” in {session.region_name}, and the smallest "
        f"machine with a GPU has {_LEAST_VCPUS}: no job starts before AWS has raised it, which takes hours to days. "
        f"Ask for it at {look} or by\n"
        f"  aws service-quotas request-service-quota-increase --region {session.region_name} --service-code ec2 "
        f"--quota-code {code} --desired-value 8"
    )


def is_denied(error: ClientError) -> bool:
    """Whether whoever deploys has no leave for it."""
    code = error.response["Error"].get("Code", "")
    return "AccessDenied" in code or code in {"UnauthorizedOperation", "UnauthorizedException", "NotAuthorized"}


def check_tools(python: tuple[int, ...], chalice: str) -> None:
    """Raises DeploymentError if this Python or this Chalice cannot deploy."""
    oldest, newest = _PYTHONS
    if not oldest <= python <= newest:
        raise DeploymentError(
            f"Python {_dotted(python)} cannot deploy: Lambda runs the functions on the Python that deploys them, and "
            f"they need one from {_dotted(oldest)} to {_dotted(newest)}. Try: make PYTHON=python3.12 deploy …"
        )
    if tuple(int(part) for part in chalice.split(".")[:2]) < _CHALICE:
        raise DeploymentError(
            f"Chalice {chalice} is too old; {_dotted(_CHALICE)} is needed. Run: make clean, then again."
        )


def _is_in(session: boto3.Session, service: str, place: AwsPlace) -> bool:
    """As far as botocore knows: of services that are everywhere it lists no regions."""
    if service == "rekognition" and place.partition != "aws":
        return False  # it publishes to topics of this partition only: SNSTopicArn in its API's model
    regions = session.get_available_regions(service, place.partition)
    return not regions or place.region in regions or service in {"iam", "sts"}


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
