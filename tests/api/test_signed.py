"""Addresses that are handed out are for the region's own S3, and signed as it asks for, wherever a deployment is."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from chalicelib.api import downloads, uploads
from chalicelib.api.models.assets import MultipartUpload, PartsWanted
from chalicelib.domain.assets import Asset, AssetRef, Status
from chalicelib.services import Services
from chalicelib.settings import Settings
from tests.api import signed
from tests.house.test_settings import GOOD

REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ca-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-central-1",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
)
"""Those that have MediaConvert, Transcribe and Comprehend."""

ASSET = Asset(AssetRef("owner-1", "0123456789abcdef"), "a b+ü&.mp4", "input/a b+ü&.mp4", Status.AWAITING_UPLOAD, 0.0)


def test_these_are_all_regions_that_have_the_engines() -> None:
    having = [set(boto3.Session().get_available_regions(name)) for name in ("mediaconvert", "transcribe", "comprehend")]
    assert set(REGIONS) == {name for name in set.intersection(*having) if not name.startswith(("us-gov-", "cn-"))}


@pytest.fixture(params=REGIONS)
def services(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.setenv(name, request.param)
    with mock_aws():
        where: Any = {} if request.param == "us-east-1" else {"LocationConstraint": request.param}
        for bucket in ("uploads", "output"):
            named = {"Bucket": bucket} | ({"CreateBucketConfiguration": where} if where else {})
            boto3.client("s3").create_bucket(**named)
        yield Services(Settings.from_environment(GOOD))


def test_every_address_and_form_is_the_regions_own(services: Services) -> None:
    region = services.aws.s3.meta.region_name
    single = uploads.begin(ASSET.input_key, 1000, "video/mp4", services)
    several = uploads.begin(ASSET.input_key, 10**9, "video/mp4", services)
    assert isinstance(several, MultipartUpload)
    wanted = PartsWanted(upload_id=several.upload_id, parts=[1, 2])
    handed_out = [
        single.model_dump(),
        uploads.form_for_any_size(ASSET, services).model_dump(),
        uploads.address_parts.do(ASSET, wanted, services).model_dump(),
        downloads.address("output/x/y.mp4", services),
        downloads.address("output/x/y.mp4", services, "ü b.mp4"),
    ]
    assert signed.check(handed_out, region) == 6


@pytest.mark.parametrize(
    "config",
    [Config(), Config(signature_version="s3"), Config(signature_version="s3v4", s3={"addressing_style": "path"})],
)
def test_what_s3_would_not_take_is_found(config: Config) -> None:
    for region in ("us-east-1", "eu-west-1", "eu-central-1"):
        s3 = boto3.client("s3", region, config=config, aws_access_key_id="a", aws_secret_access_key="b")
        with pytest.raises((AssertionError, KeyError)):
            signed.check([s3.generate_presigned_url("get_object", Params={"Bucket": "buc-ket", "Key": "k"})], region)
