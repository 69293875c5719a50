"""The index of an account as it is stored: files in the output bucket, and one item that says which of them count.

    index/{owner}/{generation}-{token}/documents, 0, 1, 2 …     what all recordings have, up to then (`search/index.py`)
    index/{owner}/{generation}-{token}/delta                    what came since

Files are written once and never changed. Whoever has written new ones flips the item `search` of the table of accounts
to them by one conditional write, on the generation that they began from. What lost, or was replaced, or was left by
somebody who died, is deleted by whoever comes next: it is not of the generation that counts, nor of a later one.
"""

import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from zlib import compress, decompress

from chalicelib.domain import keys
from chalicelib.search.index import Delta, Documents, Merge, numbers, shard_of, shards_for, split
from chalicelib.storage.buckets import ObjectStore
from chalicelib.storage.items import OwnerItems
from chalicelib.storage.updates import Update

_Value = TypeVar("_Value")
_Result = TypeVar("_Result")

_ITEM = "search"
_TYPE = "application/octet-stream"
_AT_ONCE = 16
_QUICK = 1
"""zlib's level: half as big again as the usual one's, in a tenth of the time."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which files count: the folders of the shards and of the delta, and how many shards there are; generation 0 is
    that there never was any.
    """

    generation: int = 0
    base: str | None = None
    shards: int = 0
    delta: str | None = None


class IndexStore(OwnerItems):
    """Which files of an account's index count."""

    def of(self, owner: str) -> Manifest:
        """Those that count now."""
        item = self._get(owner, _ITEM) or {}
        shards = int(item.get("shards", 0))
        return Manifest(int(item.get("generation", 0)), item.get("base"), shards, item.get("delta"))

    def flip(self, owner: str, before: Manifest, after: Manifest) -> bool:
        """Have those of `after` count in the place of `before`; False, and nothing changed, if others were faster."""
        update = Update().set(generation=after.generation, base=after.base, shards=after.shards, delta=after.delta)
        if before.generation:
            update.require("{} = {}", "generation", before.generation)
        else:
            update.require("attribute_not_exists({})", "generation")
        return self._update(owner, _ITEM, update) is not None

    def forget(self, owner: str) -> None:
        """There is no index any more."""
        self._delete(owner, _ITEM)


class IndexMissing(Exception):
    """A file that is to count is not there: it has just been replaced, or is past its days."""


@dataclass(frozen=True)
class IndexFiles:
    """The files of one account's index."""

    outputs: ObjectStore
    owner: str

    def begin(self, before: Manifest) -> str:
        """The folder of what is written after `before`."""
        return f"{before.generation + 1:08}-{secrets.token_hex(4)}"

    def documents(self, manifest: Manifest) -> Documents:
        """The recordings that the shards are of. Raises IndexMissing."""
        return Documents.from_bytes(self._read(manifest.base, "documents")) if manifest.base else Documents()

    def delta(self, manifest: Manifest) -> Delta:
        """What came since. Raises IndexMissing."""
        return Delta.from_bytes(self._read(manifest.delta, "delta")) if manifest.delta else Delta()

    def numbers(self, manifest: Manifest, number: int, terms: Iterable[str]) -> list[set[int]]:
        """The numbers of the recordings that have each of these terms, which are in the shard `number`. Raises
        IndexMissing.
        """
        shard = decompress(self._read(manifest.base, str(number)))
        return [numbers(shard, term) for term in terms]

    def write_delta(self, folder: str, delta: Delta) -> None:
        """Store what came."""
        self.outputs.write(self._key(folder, "delta"), delta.to_bytes(), _TYPE)

    def write_merged(self, folder: str, before: Manifest, merge: Merge) -> int:
        """Store the shards of `before` with what is merged into them. Returns how many there then are.

        Raises IndexMissing.
        """
        old = max(before.shards, 1)
        held = sum(size for key, size in self.outputs.sizes(self._key(before.base, ""))) if before.base else 0
        new = shards_for(old, held)
        parts = merge.by_shard(new)

        def one(at: int) -> None:
            shard = decompress(self._read(before.base, str(at))) if before.base else b""
            for number, lines in split(shard, at, old, new).items() if new > old else [(at, shard)]:
                body = compress(merge.merged(lines, parts[number]), _QUICK)
                self.outputs.write(self._key(folder, str(number)), body, _TYPE)

        side_by_side(one, range(old), _AT_ONCE)
        self.outputs.write(self._key(folder, "documents"), merge.documents.to_bytes(), _TYPE)
        return new

    def clear(self, manifest: Manifest) -> None:
        """Delete what does not count, and what is not still being written by somebody who began from what counts."""
        for folder in self.outputs.folders(keys.index_of(self.owner)):
            generation = folder.partition("-")[0]
            if folder in {manifest.base, manifest.delta} or not generation.isdecimal():
                continue
            if int(generation) <= manifest.generation:
                self.outputs.delete_under(self._key(folder, ""))

    def drop(self) -> None:
        """Delete all of it."""
        self.outputs.delete_under(keys.index_of(self.owner))

    def _read(self, folder: str | None, name: str) -> bytes:
        found = self.outputs.read(self._key(folder, name))
        if found is None:
            raise IndexMissing
        return found

    def _key(self, folder: str | None, name: str) -> str:
        return f"{keys.index_of(self.owner)}{folder}/{name}"


def side_by_side(do: Callable[[_Value], _Result], values: Iterable[_Value], at_once: int) -> list[_Result]:
    """What `do` makes of each value, some at once; of a single one, without a thread."""
    values = list(values)
    if len(values) < 2:  # noqa: PLR2004 - as said
        return list(map(do, values))
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(do, values))


def by_shard(terms: Iterable[str], shards: int) -> dict[int, list[str]]:
    """The terms by the shards that they are in."""
    found: dict[int, list[str]] = {}
    for term in terms:
        found.setdefault(shard_of(term, shards), []).append(term)
    return found
