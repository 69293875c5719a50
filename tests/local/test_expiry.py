"""On one machine, too, nothing is kept for longer than is promised."""

import boto3

from chalicelib.domain.assets import Status
from local.upkeep import delete_expired
from tests.harness.service import Service

DAY = 86_400


def test_what_has_expired_is_deleted_and_nothing_else(service: Service) -> None:
    old = service.upload("old.mp4")
    service.settle()
    service.clock.shift(100 * DAY)
    new = service.upload("new.mp4")
    waiting = service.announce("never uploaded.mp4")
    service.settle()
    kept_until = service.asset(old.ref).expires
    assert kept_until is not None
    assert (service.asset(new.ref).expires or 0) > kept_until + 99 * DAY
    assert delete_expired(service.services, kept_until - 1) == 0
    assert delete_expired(service.services, kept_until) == 1
    assert delete_expired(service.services, kept_until) == 0, "done twice, it is done once"
    assert service.services.store.get(old.ref) is None
    assert service.asset(new.ref).status is Status.COMPLETED
    assert service.services.store.get(waiting.ref) is not None
    s3 = boto3.client("s3")
    for bucket in (service.services.settings.uploads_bucket, service.services.settings.output_bucket):
        keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        assert not [key for key in keys if old.ref.asset_id in key]
        assert [key for key in keys if new.ref.asset_id in key]


def test_what_was_begun_anew_is_kept(service: Service) -> None:
    asset = service.upload()
    service.settle()
    expires = service.asset(asset.ref).expires
    assert expires is not None
    service.put(asset, b"new content")
    service.settle()
    service.clock.shift(10)
    assert service.asset(asset.ref).version == 2
    assert delete_expired(service.services, expires - 1) == 0
    assert service.asset(asset.ref).status is Status.COMPLETED
