"""Folders and filters of an owner are one item: whoever changes it at the same time loses nothing."""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.domain.folders import Folder, Library
from chalicelib.errors import Conflict
from chalicelib.storage.library import LibraryStore


@pytest.fixture
def client() -> Any:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="users",
            KeySchema=[
                {"AttributeName": "owner", "KeyType": "HASH"},
                {"AttributeName": "item", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("owner", "item")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def folder(name: str, number: int) -> Folder:
    return Folder(f"{number:016x}", name)


def test_two_at_a_time_lose_nothing_and_give_no_name_twice(client: Any) -> None:
    store = LibraryStore(client, "users")
    others = iter([folder("Press", 1), folder("Council", 2)])

    def meanwhile(library: Library) -> Library:
        """Somebody else is faster, twice: the second time with the very name."""
        other = next(others, None)
        if other is not None:
            store.change("ada", lambda found: found.with_folder(other))
        return library.with_folder(folder("council ", 3))

    with pytest.raises(Conflict) as refused:
        store.change("ada", meanwhile)
    assert refused.value.code == "folder-exists"
    assert [one.name for one in store.of("ada").folders] == ["Council", "Press"]
    assert store.of("bob") == Library()


def test_whoever_is_always_too_late_is_told_so(client: Any) -> None:
    store = LibraryStore(client, "users")
    numbers = iter(range(1, 100))

    def meanwhile(library: Library) -> Library:
        number = next(numbers)
        store.change("ada", lambda found: found.with_folder(folder(f"other {number}", number)))
        return library.with_folder(folder("mine", 0))

    with pytest.raises(Conflict) as refused:
        store.change("ada", meanwhile)
    assert refused.value.code == "busy"


def test_what_is_so_already_is_not_written_again(client: Any) -> None:
    store = LibraryStore(client, "users")
    made = store.change("ada", lambda library: library.with_folder(folder("Council", 1)))
    again = store.change("ada", lambda library: library.with_folder(folder("Council", 1)))
    assert (made.revision, again.revision) == (1, 1)
