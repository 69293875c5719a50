"""Folders and filters of an owner are one item: whoever changes it at the same time loses nothing."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from typing import Any

import pytest

from chalicelib.domain.assets import Asset, AssetRef, MediaKind, Status, new_asset_id
from chalicelib.domain.folders import MOST_FOLDERS, Folder, Library
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
    numbers, pauses = iter(range(1, 100)), list[float]()

    def meanwhile(library: Library) -> Library:
        number = next(numbers)
        store.change("ada", lambda found: found.with_folder(folder(f"other {number}", number)))
        return library.with_folder(folder("mine", 0))

    with pytest.raises(Conflict) as refused:
        store.change("ada", meanwhile, pauses.append)
    assert refused.value.code == "busy"
    assert 0 < sum(pauses) < 2.6


def test_however_many_ask_at_once_there_are_never_too_many_folders_and_none_is_lost(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lock, call = LibraryStore(client, "users"), Lock(), client._make_api_call

    def one_at_a_time(*asked: Any) -> Any:  # as each call of its own is in DynamoDB
        with lock:
            return call(*asked)

    monkeypatch.setattr(client, "_make_api_call", one_at_a_time)
    there = tuple(folder(f"there {number}", number) for number in range(MOST_FOLDERS - 4))
    store.change("ada", lambda library: replace(library, folders=there))

    def make(number: int) -> str:
        try:
            store.change("ada", lambda library: library.with_folder(folder(f"new {number}", 1000 + number)))
        except Conflict as exc:
            return exc.code
        return "made"

    with ThreadPoolExecutor(16) as pool:
        ends = Counter(pool.map(make, range(16)))
    assert ends == {"made": 4, "too-many-folders": 12}
    library = store.of("ada")
    assert (len(library.folders), library.revision) == (MOST_FOLDERS, 5)


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
