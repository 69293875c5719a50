"""What DynamoDB and S3 delete by themselves, and moto does not: items after their time to live, objects after that of
their bucket's rules, and uploads in parts that came to no end.

What is to go, and when, stands in the templates. Nothing else here knows the name of a table, a bucket or a prefix.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb import dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item
from moto.s3.models import FakeKey, FakeMultipart

from chalicelib.domain.batched import batched
from chalicelib.domain.keys import S3Object
from chalicelib.observability import logger
from local.aws import stack, storage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

Turn = Callable[[], AbstractContextManager[object]]

_T = TypeVar("_T")
_DAY = 24 * 3600.0
_LOOKED_AT = 2000
"""How many things are looked at in a turn: a few milliseconds."""

_DELETED = 25
"""How many are deleted in a turn. DynamoDB takes no more at once:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""


@dataclass(frozen=True)
class _Rule:
    """What in `bucket` begins with `prefix` is to go after `seconds`: objects, or `uploads` under way."""

    bucket: str
    prefix: str
    seconds: float
    uploads: bool


def delete_items(stage: str, now: float, turn: Turn, but: str) -> None:
    """Delete each item whose time to live is over by `now` (seconds since the epoch), in every table `but` one."""
    for table, properties in stack.named(stage).items():
        if "TimeToLiveSpecification" in properties and table != but:
            _delete_items(table, properties["TimeToLiveSpecification"]["AttributeName"], now, turn)


def _delete_items(table: str, attribute: str, now: float, turn: Turn) -> None:
    def has_ended(item: Item | None) -> bool:
        until = None if item is None else item.attrs.get(attribute)
        # As DynamoDB has it: what is no number never ends.
        return until is not None and until.type == "N" and float(until.value) <= now

    def delete(some: list[dict[str, Any]]) -> None:
        # As they are now: somebody may have had a turn since.
        ended = [key for key in some if has_ended(tables.get_item(table, key))]
        wanted: list[WriteRequestTypeDef] = [{"DeleteRequest": {"Key": key}} for key in ended]
        client = boto3.client("dynamodb")
        if ended and client.batch_write_item(RequestItems={table: wanted})["UnprocessedItems"]:
            raise RuntimeError("some were left")

    with turn():
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][boto3.client("dynamodb").meta.region_name]
        held = tables.get_table(table)
        names = [name for name in (held.hash_key_attr, held.range_key_attr) if name]
        # moto's own: asked for by pages, it would put the whole table in order for each.
        items: list[Any] = [
            item for one in held.items.values() for item in (one.values() if held.range_key_attr else [one])
        ]
    over = _chosen(items, has_ended, turn)
    keys = [{name: item.attrs[name].to_json() for name in names} for item in over]
    _each(keys, delete, "expired items could not be deleted", turn)


def delete_objects(
    stage: str, now: float, turn: Turn, retention_days: int, is_needed: Callable[[S3Object], bool]
) -> None:
    """Delete each object, and each upload in parts, that is older by `now` than a rule of its bucket lets it become,
    unless it `is_needed`.
    """
    rules = list(_rules(stage, retention_days))

    def is_old(held: tuple[S3Object, FakeKey]) -> bool:
        at, key = held
        return _is_over(at, _written(key), rules, now, uploads=False)

    def is_abandoned(held: tuple[str, FakeMultipart]) -> bool:
        bucket, upload = held
        return _is_over(S3Object(bucket, upload.key_name), storage.begun(upload), rules, now, uploads=True)

    with turn():
        objects, uploads = list(storage.objects()), list(storage.uploads())
    old = [at for at, _ in _chosen(objects, is_old, turn)]
    abandoned = _chosen(uploads, is_abandoned, turn)

    def delete(some: list[S3Object]) -> None:
        for at in some:
            key = storage.find(at)  # as it is now: somebody may have had a turn since
            if key is not None and is_old((at, key)) and not is_needed(at):
                boto3.client("s3").delete_object(Bucket=at.bucket, Key=at.key)

    def abort(some: list[tuple[str, FakeMultipart]]) -> None:
        there = {upload.id for _, upload in storage.uploads()}
        for bucket, upload in some:
            if upload.id in there:
                boto3.client("s3").abort_multipart_upload(Bucket=bucket, Key=upload.key_name, UploadId=upload.id)

    _each(old, delete, "expired objects could not be deleted", turn)
    _each(abandoned, abort, "uploads could not be dropped", turn)


def _rules(stage: str, retention_days: int) -> Iterator[_Rule]:
    for name, properties in stack.named(stage).items():
        for rule in properties.get("LifecycleConfiguration", {}).get("Rules", ()):
            if "ExpirationInDays" in rule:
                yield _Rule(name, rule["Prefix"], _seconds(rule["ExpirationInDays"], retention_days), uploads=False)
            if aborted := rule.get("AbortIncompleteMultipartUpload"):
                days = _seconds(aborted["DaysAfterInitiation"], retention_days)
                yield _Rule(name, rule.get("Prefix", ""), days, uploads=True)


def _seconds(days: int | Mapping[str, str], retention_days: int) -> float:
    """A rule's days. The one that a deployment chooses is a setting here: the tables keep their items by that."""
    if days == {"Ref": "RetentionDays"}:
        return retention_days * _DAY
    assert isinstance(days, int)
    return days * _DAY


def _is_over(at: S3Object, since: float, rules: Iterable[_Rule], now: float, *, uploads: bool) -> bool:
    return any(
        rule.uploads is uploads
        and rule.bucket == at.bucket
        and at.key.startswith(rule.prefix)
        and since + rule.seconds <= now
        for rule in rules
    )


def _written(key: FakeKey) -> float:
    """When an object was written, in seconds since the epoch."""
    when = key.last_modified
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()  # moto's own are UTC, and do not say so


def _chosen(things: list[_T], is_meant: Callable[[_T], bool], turn: Turn) -> list[_T]:
    chosen: list[_T] = []
    for some in batched(things, _LOOKED_AT):
        with turn():
            chosen += filter(is_meant, some)
    return chosen


def _each(things: list[_T], delete: Callable[[list[_T]], None], complaint: str, turn: Turn) -> None:
    for some in batched(things, _DELETED):
        with turn():
            try:
                delete(some)
            except Exception as exc:  # noqa: BLE001 - what cannot be deleted is left for the next time
                logger.error(complaint, extra={"error": type(exc).__name__})
