"""DynamoDB's way of saying things: one conditional write put together, values as it wants them."""

import hashlib
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, TypeVar

from botocore.exceptions import ClientError

from chalicelib.clients.aws import deserialize, serialize
from chalicelib.domain.assets import RunRef, Status
from chalicelib.errors import StoreError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

_Wanted = TypeVar("_Wanted")
_Answer = TypeVar("_Answer")

SHARDS = 4
"""Parts of a sparse index, so that a hundred thousand items of one hour are not one hot partition."""

_BATCH_TRIES = 8
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
"""Seconds: together at most 6, well within what a request may take."""


class Update:
    """Puts together one conditional write; every name and value has a placeholder of its own."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._clauses: dict[str, list[str]] = {}
        self._conditions: list[str] = []

    def set(self, **values: object) -> Self:
        """Give attributes these values."""
        return self._clause("SET", *(f"{self._name(name)} = {self._value(value)}" for name, value in values.items()))

    def set_once(self, name: str, value: object) -> Self:
        """Give an attribute this value unless it has one."""
        placeholder = self._name(name)
        return self._clause("SET", f"{placeholder} = if_not_exists({placeholder}, {self._value(value)})")

    def set_in(self, name: str, member: str, value: object) -> Self:
        """Give the `member` of the map `name` this value."""
        return self._clause("SET", f"{self._name(name)}.{self._name(member)} = {self._value(value)}")

    def set_in_item(self, name: str, at: int, /, **values: object) -> Self:
        """Give members of the map at the place `at` (from 0) of the list `name` these values."""
        where = f"{self._name(name)}[{at}]"
        return self._clause(
            "SET", *(f"{where}.{self._name(member)} = {self._value(value)}" for member, value in values.items())
        )

    def append(self, name: str, values: Sequence[object]) -> Self:
        """Add values to the end of the list `name`."""
        return self._clause("SET", f"{self._name(name)} = list_append({self._name(name)}, {self._value(values)})")

    def add(self, name: str, value: int | Decimal) -> Self:
        """Add to the number `name`, which is 0 if it is not there."""
        return self._clause("ADD", f"{self._name(name)} {self._value(value)}")

    def count_on(self, name: str, *also: str) -> Self:
        """Add 1 to the number `name`, and give those `also` named what it then is."""
        counted = f"{self._name(name)} + {self._value(1)}"
        return self._clause("SET", *(f"{self._name(one)} = {counted}" for one in (name, *also)))

    def add_to(self, name: str, members: AbstractSet[str]) -> Self:
        """Put members into the set `name`, which is empty if it is not there."""
        return self._clause("ADD", f"{self._name(name)} {self._value(members)}")

    def delete_from(self, name: str, members: AbstractSet[str]) -> Self:
        """Take members out of the set `name`."""
        return self._clause("DELETE", f"{self._name(name)} {self._value(members)}")

    def remove_in(self, name: str, *members: str) -> Self:
        """Take members out of the map `name`."""
        return self._clause("REMOVE", *(f"{self._name(name)}.{self._name(member)}" for member in members))

    def remove(self, *names: str) -> Self:
        """Remove attributes."""
        return self._clause("REMOVE", *map(self._name, names))

    def require(self, condition: str, name: str, value: object = None) -> Self:
        """`condition` has {} where the attribute's name and then the value go."""
        placeholders = [self._name(name)] if value is None else [self._name(name), self._value(value)]
        self._conditions.append(condition.format(*placeholders))
        return self

    def require_item(self, name: str, at: int, member: str, value: object) -> Self:
        """Only while the `member` of the map at the place `at` (from 0) of the list `name` has this value."""
        self._conditions.append(f"{self._name(name)}[{at}].{self._name(member)} = {self._value(value)}")
        return self

    def require_member(self, name: str, member: str, value: object) -> Self:
        """Only while the `member` of the map `name` has this value."""
        self._conditions.append(f"{self._name(name)}.{self._name(member)} = {self._value(value)}")
        return self

    def require_member_below(self, name: str, member: str, value: float) -> Self:
        """Only while the `member` of the map `name` is not there or is less than `value`."""
        where = f"{self._name(name)}.{self._name(member)}"
        self._conditions.append(f"(attribute_not_exists({where}) OR {where} < {self._value(value)})")
        return self

    def require_other_member(self, name: str, member: str, value: object) -> Self:
        """Only while the `member` of the map `name` is not there, or has another value."""
        where = f"{self._name(name)}.{self._name(member)}"
        self._conditions.append(f"(attribute_not_exists({where}) OR {where} <> {self._value(value)})")
        return self

    def require_room(self, name: str, member: str, most: int) -> Self:
        """Only while the set `name` has `member`, or fewer than `most`."""
        here = self._name(name)
        self._conditions.append(
            f"(attribute_not_exists({here}) OR contains({here}, {self._value(member)}) "
            f"OR size({here}) < {self._value(most)})"
        )
        return self

    def require_room_in(self, name: str, member: str, most: int) -> Self:
        """Only while the map `name` is there, and has `member` or fewer than `most`."""
        here = self._name(name)
        self._conditions.append(
            f"attribute_exists({here}) AND "
            f"(attribute_exists({here}.{self._name(member)}) OR size({here}) < {self._value(most)})"
        )
        return self

    def require_member_there(self, name: str, member: str) -> Self:
        """Only while the map `name` has a `member`."""
        self._conditions.append(f"attribute_exists({self._name(name)}.{self._name(member)})")
        return self

    def require_later(self, name: str, moment: float) -> Self:
        """Only while `name` is not there, or is before `moment` (seconds since the epoch)."""
        here = self._name(name)
        self._conditions.append(f"(attribute_not_exists({here}) OR {here} < {self._value(moment)})")
        return self

    def require_version(self, run: RunRef) -> Self:
        """Only while `run` is the asset's current one."""
        return self.require("{} = {}", "version", run.version)

    def require_status(self, statuses: Iterable[Status]) -> Self:
        """Only while the asset has one of these statuses."""
        allowed = ", ".join(self._value(status) for status in sorted(statuses))
        self._conditions.append(f"{self._name('status')} IN ({allowed})")
        return self

    def arguments(self) -> dict[str, Any]:
        """The arguments of boto3's `update_item` that say all this."""
        changes = " ".join(f"{verb} {', '.join(parts)}" for verb, parts in self._clauses.items())
        return {"UpdateExpression": changes, **self.conditions()}

    def conditions(self) -> dict[str, Any]:
        """Those of them that any conditional write takes."""
        said = {
            "ConditionExpression": " AND ".join(self._conditions),
            "ExpressionAttributeNames": self._names,
            "ExpressionAttributeValues": self._values,
        }
        return {name: value for name, value in said.items() if value}

    def _clause(self, verb: str, *parts: str) -> Self:
        self._clauses.setdefault(verb, []).extend(parts)
        return self

    def _name(self, name: str) -> str:
        """The placeholder of `name`: readable, and never another name's."""
        known = next((placeholder for placeholder, meant in self._names.items() if meant == name), None)
        if known is not None:
            return known
        placeholder = "#" + re.sub(r"\W", "_", name)
        if placeholder in self._names:
            placeholder += f"_{len(self._names)}"
        self._names[placeholder] = name
        return placeholder

    def _value(self, value: object) -> str:
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = serialize(storable(value))
        return placeholder


def apply(client: "DynamoDBClient", table: str, key: Mapping[str, Any], update: Update) -> dict[str, Any] | None:
    """Apply `update` to the item at `key`. Returns it as it then is; None if a condition did not hold."""
    try:
        answer = client.update_item(TableName=table, Key=key, ReturnValues="ALL_NEW", **update.arguments())
    except ClientError as exc:
        if is_condition_failed(exc):
            return None
        raise
    return plain_item(answer["Attributes"])


def query(
    client: "DynamoDBClient",
    table: str,
    condition: str,
    values: Mapping[str, object],
    **how: Any,  # noqa: ANN401 - as boto3 has them
) -> Iterator[dict[str, Any]]:
    """The items for which `condition` holds, which says :name where each of the `values` goes.

    `how` are further arguments of boto3's `query`, such as the index.
    """
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeValues={f":{name}": serialize(storable(value)) for name, value in values.items()},
        **how,
    )
    return (plain_item(item) for page in pages for item in page["Items"])


def batch_get(client: "DynamoDBClient", table: str, keys: list[Any], **how: object) -> Iterator[dict[str, Any]]:
    """The items at these `keys`, at most a hundred, as plain values; those that are not there are left out.

    `how` are further members of BatchGetItem's KeysAndAttributes, such as a projection.
    """

    def ask(wanted: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        answer = client.batch_get_item(RequestItems=wanted)
        return answer["Responses"].get(table, []), answer.get("UnprocessedKeys")

    for items in asked_again(ask, {table: {"Keys": keys, "ConsistentRead": True, **how}} if keys else {}):
        yield from map(plain_item, items)


def batch_write(client: "DynamoDBClient", table: str, requests: "list[WriteRequestTypeDef]") -> None:
    """Write and delete, twenty-five at most; what DynamoDB leaves undone is asked for again.

    Raises StoreError if the table leaves something each time.
    """

    def ask(wanted: dict[str, Any]) -> tuple[None, dict[str, Any] | None]:
        return None, client.batch_write_item(RequestItems=wanted).get("UnprocessedItems")

    for _ in asked_again(ask, {table: requests} if requests else {}):
        pass


def asked_again(
    ask: Callable[[_Wanted], tuple[_Answer, _Wanted | None]],
    wanted: _Wanted | None,
    pause: Callable[[float], object] = time.sleep,
) -> Iterator[_Answer]:
    """What `ask` answers to `wanted` and then to what it leaves undone, with longer and longer pauses between.

    `ask` returns its answer and what is left. Raises StoreError if the table leaves something each time.

    DynamoDB leaves undone what it has no capacity for, and wants back-off:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html#Programming.Errors.BatchOperations
    """
    for tried in range(_BATCH_TRIES):
        if not wanted:
            return
        if tried:
            pause(random.uniform(0.5, 1) * min(_FIRST_PAUSE * 2 ** (tried - 1), _LONGEST_PAUSE))  # noqa: S311 - no secret
        answer, wanted = ask(wanted)
        yield answer
    if wanted:
        raise StoreError("The table does not take or give all that it is asked for just now. Please try again.")


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as DynamoDB gives it, as plain values."""
    values: dict[str, Any] = deserialize({"M": item})
    return values


def shard_of(name: str) -> str:
    """Which of the `SHARDS` of a sparse index what is called `name` stands in."""
    return str(int(hashlib.sha256(name.encode()).hexdigest(), 16) % SHARDS)


def is_condition_failed(exc: ClientError) -> bool:
    """Whether a write was refused because its condition does not hold."""
    return exc.response["Error"]["Code"] == "ConditionalCheckFailedException"


def storable(value: object) -> object:
    """Dataclasses and enums as plain values, floats as the decimals that DynamoDB wants."""
    match value:
        case bool() | None | set():
            return value
        case str():
            return str(value)
        case float():
            return Decimal(str(value))
        case dict():
            return {str(key): storable(item) for key, item in value.items()}
        case list() | tuple():
            return [storable(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return attributes_of(value)
    return value


def attributes_of(record: "DataclassInstance") -> dict[str, Any]:
    """The fields of a dataclass as an item's attributes, each as `storable` has it."""
    return {field.name: storable(getattr(record, field.name)) for field in fields(record)}


def natural(value: object) -> object:
    """Decimals as the numbers that they were, also in lists and maps: whole ones without a fraction."""
    match value:
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case dict():
            return {key: natural(item) for key, item in value.items()}
        case list():
            return [natural(item) for item in value]
    return value
