"""Folders and filters of an owner are one item: whoever changes it at the same time loses nothing."""

import re
import time
from typing import Any

import pytest

from chalicelib.domain.assets import Asset, AssetRef, MediaKind, Status, new_asset_id
from chalicelib.domain.folders import Folder, Library
from chalicelib.domain.listing import Sort, Wanted, in_order
from chalicelib.errors import Conflict
from chalicelib.storage.asset_items import listed, to_item
from chalicelib.storage.library import LibraryStore
from tests.harness.places import ROOT

_NAMES = re.search(r"NonKeyAttributes: \[(.*)\]", (ROOT / "cloudformation" / "data.yaml").read_text())
IN_INDEX = {"owner", "asset_id", "shelf", *(_NAMES.group(1).split(", ") if _NAMES else ())}


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


def test_ten_thousand_recordings_are_four_queries_and_are_put_in_order_in_no_time() -> None:
    ids = [new_asset_id(1.8e9 - number) for number in range(10_000)]
    lines = [_line(asset_id, number) for number, asset_id in enumerate(ids)]
    size = sum(len(name) + len(str(*value.values())) for line in lines for name, value in line.items())
    assert size < 4 * 2**20, "a query reads a megabyte"
    begun = time.process_time()
    found = [listed(line) for line in lines]
    assert [asset.asset_id for _, asset in in_order(found, Sort.CHANGED)] == ids
    assert [asset.asset_id for _, asset in in_order(found, Sort.TITLE)] == ids
    assert [asset.asset_id for asset in Wanted(text="meeting 1234,").chosen(found)] == [ids[1234]]
    assert time.process_time() - begun < 2.0, "0.2 seconds on a quiet machine"


def _line(asset_id: str, number: int) -> dict[str, Any]:
    """A line of the index, as DynamoDB has it."""
    title = f"Council meeting {number}, part two"
    asset = Asset(
        AssetRef("0b7c3a52-8f5e-4c8e-9a53-7d2f1f0f8c11", asset_id),
        f"council-meeting-{number}.mp4",
        "input/x",
        Status.COMPLETED,
        1.8e9,
        title=title,
        tags=("press", "budget"),
        kind=MediaKind.VIDEO,
        language="en-US",
        folder="0123456789abcdef",
        changed_at=1.8e9 - number,
    )
    return {name: value for name, value in to_item(asset).items() if name in IN_INDEX}
