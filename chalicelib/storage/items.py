"""Items of the table of accounts: owner (partition), item (sort). What its stores have in common."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from chalicelib.clients.aws import serialize
from chalicelib.domain.batched import batched
from chalicelib.errors import Conflict
from chalicelib.storage.updates import Update, apply, batch_get, batch_write, is_condition_failed, plain_item, query

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from mypy_boto3_dynamodb import DynamoDBClient
    from pydantic import TypeAdapter

SERVICE = "#service"
"""The owner of what is nobody's but the service's own: no account is called so."""

_MOST_READ = 100
"""At once: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""

_MOST_WRITTEN = 25
"""At once: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""

_TRIES = 10
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
"""Seconds: together at most 2.6, so that many who ask at once get their turn, and none waits for long."""

_Kind = TypeVar("_Kind", bound="DataclassInstance")
_Value = TypeVar("_Value")


class OwnerItems:
    """The table, read and written an owner's item at a time."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def _get(self, owner: str, name: str) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._table, Key=key_of(owner, name), ConsistentRead=True)
        return plain_item(answer["Item"]) if "Item" in answer else None

    def _batch(self, names: Iterable[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        """Items by owner and name, a hundred a call, without those that are not there; no name may come twice."""
        for some in batched(names, _MOST_READ):
            yield from batch_get(self._client, self._table, [key_of(*name) for name in some])

    def _items(self, owner: str, beginning: str) -> Iterator[dict[str, Any]]:
        condition, values, names = "#owner = :owner", {"owner": owner}, {"#owner": "owner"}
        if beginning:
            condition += " AND begins_with(#item, :beginning)"
            values["beginning"] = beginning
            names["#item"] = "item"
        how = {"ExpressionAttributeNames": names, "ConsistentRead": True}
        return query(self._client, self._table, condition, values, **how)

    def _names(self, owner: str, beginning: str) -> Iterator[str]:
        """What an owner's items with this beginning are called behind it."""
        names = {"#owner": "owner", "#item": "item"}
        how = {"ExpressionAttributeNames": names, "ProjectionExpression": "#item", "ConsistentRead": True}
        condition, values = (
            "#owner = :owner AND begins_with(#item, :beginning)",
            {"owner": owner, "beginning": beginning},
        )
        found = query(self._client, self._table, condition, values, **how)
        return (item["item"].removeprefix(beginning) for item in found)

    def _update(self, owner: str, name: str, update: Update) -> dict[str, Any] | None:
        """The item as it then is; None if a condition did not hold."""
        return apply(self._client, self._table, key_of(owner, name), update)

    def _delete(self, owner: str, name: str) -> bool:
        """Delete an item; False if there was none."""
        return self._taken(owner, name) is not None

    def _taken(self, owner: str, name: str) -> dict[str, Any] | None:
        """Delete an item; as it was, None if there was none."""
        key = key_of(owner, name)
        answer = self._client.delete_item(TableName=self._table, Key=key, ReturnValues="ALL_OLD")
        return plain_item(answer["Attributes"]) if "Attributes" in answer else None

    def _delete_if(self, owner: str, name: str, conditions: Update) -> None:
        """Delete an item while these conditions hold."""
        try:
            self._client.delete_item(TableName=self._table, Key=key_of(owner, name), **conditions.conditions())
        except ClientError as exc:
            if not is_condition_failed(exc):
                raise

    def _delete_all(self, owner: str, names: Iterable[str]) -> None:
        """Delete items of an owner."""
        for some in batched(names, _MOST_WRITTEN):
            batch_write(self._client, self._table, [{"DeleteRequest": {"Key": key_of(owner, name)}} for name in some])

    def _put(self, item: Mapping[str, Any]) -> None:
        """Write an item of plain values, in place of what was there."""
        self._client.put_item(TableName=self._table, Item=_serialized(item))

    def _put_all(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Write items of plain values, each in place of what was there; of the same key the last."""
        latest = {(item["owner"], item["item"]): item for item in items}
        for some in batched(latest.values(), _MOST_WRITTEN):
            batch_write(self._client, self._table, [{"PutRequest": {"Item": _serialized(item)}} for item in some])

    def _put_once(self, item: Mapping[str, Any]) -> None:
        """Write an item of plain values, unless it is there already: it then stays as it is."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_serialized(item),
                ConditionExpression="attribute_not_exists(#item)",
                ExpressionAttributeNames={"#item": "item"},
            )
        except ClientError as exc:
            if not is_condition_failed(exc):
                raise


def until_written(
    read: Callable[[], _Value | None],
    change: Callable[[_Value], _Value],
    write: Callable[[_Value, _Value], _Value | None],
    pause: Callable[[float], object] = time.sleep,
) -> _Value | None:
    """Have `change` make another of what `read` finds, and `write` it (before, after).

    That gives None if somebody else was faster: all of it is then done again, after a longer and longer `pause`, so
    what `change` holds to is held to under any number of callers. Returns what is then there; None if there is nothing
    to be changed.

    Raises what `change` raises, and Conflict if others are faster each time.
    """
    for tried in range(_TRIES):
        if tried:
            pause(random.uniform(0.5, 1) * min(_FIRST_PAUSE * 2 ** (tried - 1), _LONGEST_PAUSE))  # noqa: S311 - no secret
        before = read()
        if before is None:
            return None
        after = change(before)
        if after == before:
            return before
        written = write(before, after)
        if written is not None:
            return written
    raise Conflict("Others change this just now. Please try again.", "busy")


def _serialized(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: serialize(value) for name, value in item.items()}


def key_of(owner: str, name: str) -> dict[str, Any]:
    """The key of an owner's item."""
    return {"owner": serialize(owner), "item": serialize(name)}


def parsed(kind: type[_Kind], item: Mapping[str, Any]) -> _Kind:
    """What an item says, as one of the dataclasses of `users.py`; what that does not know is left out."""
    known = {field.name for field in fields(kind)}
    values = {name: value for name, value in item.items() if name in known}
    found: _Kind = _adapter(kind).validate_python(values)
    return found


@cache
def _adapter(kind: type[object]) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # slow to import: not before the first item is read

    return TypeAdapter(kind)
