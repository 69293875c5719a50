"""On one machine, too, nothing is kept for longer than is promised."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.domain.assets import Status
from local.aws import expiry, storage
from local.aws.journal import Journal
from local.data_folder import DataFolder
from local.runtime import REGION, STAGE
from local.upkeep import delete_expired
from tests.harness.service import Service

DAY = 86_400
HOUR = 3600


def items_of(table: str) -> list[dict[str, Any]]:
    return list(boto3.client("dynamodb").scan(TableName=table)["Items"])


def put_news(service: Service, name: str, expires: dict[str, str] | None) -> None:
    item: dict[str, Any] = {"owner": {"S": "somebody"}, "item": {"S": name}} | ({"expires": expires} if expires else {})
    boto3.client("dynamodb").put_item(TableName=service.services.settings.users_table, Item=item)


def put_object(bucket: str, key: str) -> None:
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"what somebody said")


def keys_in(bucket: str) -> set[str]:
    return {found["Key"] for found in boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])}


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


def test_an_item_goes_after_its_time_whatever_its_table(service: Service) -> None:
    settings, now = service.services.settings, service.now()
    put_news(service, "news#over", {"N": str(int(now))})
    put_news(service, "news#fresh", {"N": str(int(now) + 1)})
    put_news(service, "profile", None)
    put_news(service, "a word", {"S": "1"})
    dynamodb = boto3.client("dynamodb")
    until = {"N": str(int(now) - 1)}
    dynamodb.put_item(TableName=settings.idempotency_table, Item={"id": {"S": "a mail"}, "expiration": until})
    dynamodb.put_item(TableName=settings.metadata_table, Item={"JsonFile": {"S": "a track"}, "expires": until})
    delete_expired(service.services, now)
    of_somebody = {item["item"]["S"] for item in items_of(settings.users_table) if item["owner"]["S"] == "somebody"}
    assert of_somebody == {"news#fresh", "profile", "a word"}
    assert "a mail" not in {item["id"]["S"] for item in items_of(settings.idempotency_table)}
    assert not items_of(settings.metadata_table)


def test_an_object_goes_when_it_is_older_than_the_rule_of_its_prefix(service: Service) -> None:
    settings = service.services.settings
    uploads, outputs = settings.uploads_bucket, settings.output_bucket
    ends = {
        (outputs, "exports/somebody/all.zip"): 7,
        (uploads, "material/set/film.mp4"): 30,
        (outputs, "index/somebody/1-a/words"): settings.retention_days,
        (outputs, "output/report/somebody/nothing/v1/report.html"): settings.retention_days,
        (uploads, "input/somebody/nothing/recording.mp4"): settings.retention_days,
        (outputs, "learning/everybody/en/rules.json"): 10**6,
    }
    for bucket, key in ends:
        put_object(bucket, key)
    begun = service.now()
    for days in sorted({7, 30, settings.retention_days}):
        delete_expired(service.services, begun + days * DAY - 1)
        there = {(bucket, key) for bucket in (uploads, outputs) for key in keys_in(bucket)}
        assert there == {at for at, end in ends.items() if end >= days}
        delete_expired(service.services, begun + days * DAY)
        there = {(bucket, key) for bucket in (uploads, outputs) for key in keys_in(bucket)}
        assert there == {at for at, end in ends.items() if end > days}


def test_an_upload_in_parts_that_comes_to_no_end_is_dropped(service: Service) -> None:
    s3, bucket = boto3.client("s3"), service.services.settings.uploads_bucket
    at = {"Bucket": bucket, "Key": "material/set/film.mp4"}
    upload = s3.create_multipart_upload(**at)["UploadId"]
    begun = [storage.begun(upload) for _, upload in storage.uploads()]
    assert begun == [service.now()]
    delete_expired(service.services, service.now() + 7 * DAY - 1)
    assert s3.list_parts(**at, UploadId=upload)["UploadId"] == upload
    delete_expired(service.services, service.now() + 7 * DAY)
    with pytest.raises(ClientError, match="NoSuchUpload"):
        s3.list_parts(**at, UploadId=upload)


def test_what_is_still_worked_on_keeps_its_files(service: Service) -> None:
    asset = service.upload()
    for _ in range(3):
        service.pump.step()
    assert service.asset(asset.ref).status is Status.PROCESSING
    bucket = service.services.settings.uploads_bucket
    delete_expired(service.services, service.now() + 1000 * DAY)
    assert keys_in(bucket) == {asset.input_key}
    service.settle()
    assert service.asset(asset.ref).status is Status.COMPLETED
    delete_expired(service.services, service.now() + 1000 * DAY)
    assert not keys_in(bucket)
    assert service.services.store.get(asset.ref) is None


def test_a_recording_goes_as_a_whole_and_never_by_its_item_alone(service: Service) -> None:
    asset = service.upload()
    service.settle()
    expires = service.asset(asset.ref).expires
    assert expires is not None
    expiry.delete_items(STAGE, expires, nullcontext, service.services.settings.assets_table)
    assert service.services.store.get(asset.ref) is not None


def test_others_have_their_turns_in_between(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "_LOOKED_AT", 10)
    now = service.now()
    for number in range(60):
        put_news(service, f"news#{number:02}", {"N": str(int(now))})
        put_object(service.services.settings.output_bucket, f"exports/somebody/{number:02}.zip")
    deleted: list[int] = []

    def left() -> int:
        return len(items_of(service.services.settings.users_table)) + len(storage_of_exports())

    def storage_of_exports() -> list[str]:
        return [at.key for at, _ in storage.objects() if at.key.startswith("exports/")]

    @contextmanager
    def turn() -> Iterator[None]:
        before = left()
        if "news#30" in {item["item"]["S"] for item in items_of(service.services.settings.users_table)}:
            put_news(service, "news#30", {"N": str(int(now) + 100 * DAY)})  # somebody has it last longer
        yield
        deleted.append(before - left())

    delete_expired(service.services, now + 8 * DAY, turn)
    assert sum(deleted) >= 119
    assert max(deleted) <= 25
    assert not storage_of_exports()
    assert "news#30" in {item["item"]["S"] for item in items_of(service.services.settings.users_table)}


def test_what_was_deleted_is_not_put_back_at_the_next_start(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "whose clients are made while the journal listens")
    bucket, table = service.services.settings.output_bucket, service.services.settings.users_table
    with DataFolder(tmp_path) as folder:
        journal = Journal(folder, REGION)
        with journal.listening():
            put_news(service, "news#over", {"N": str(int(service.now()))})
            put_news(service, "news#fresh", {"N": str(int(service.now()) + 30 * DAY)})
            put_object(bucket, "exports/somebody/all.zip")
            put_object(bucket, "learning/everybody/en/rules.json")
            journal.flush()
            assert len(written(folder, "items", table)) == 2
            service.clock.shift(7 * DAY + HOUR)
            delete_expired(service.services, service.now())
            journal.flush()
        (item,) = written(folder, "items", table)
        assert "news#fresh" in item
        (found,) = written(folder, "objects", bucket)
        assert found == "learning/everybody/en/rules.json"
        assert len(list(folder.objects.iterdir())) == 1


def written(folder: DataFolder, what: str, where: str) -> list[str]:
    query = {
        "items": "SELECT key FROM items WHERE source = ?",
        "objects": "SELECT name FROM objects WHERE bucket = ?",
    }
    return [name for (name,) in folder.journal.execute(query[what], (where,))]
