"""The index of an account as it is stored: files in the output bucket, and one item that says which of them count.

    index/{owner}/{generation}-{token}/documents, 0, 1, 2 …     what all recordings have, up to then (`search/index.py`)
    index/{owner}/{generation}-{token}/delta                    what came since

    index/{owner}/meaning/{generation}-{token}/catalogue, 0, new …    the same by meaning (`search/codes.py`)

Files are written once and never changed. Whoever has written new ones flips the item `search` of the table of accounts
to them by one conditional write, on the generation that they began from. What lost, or was replaced, or was left by
somebody who died, is deleted by whoever comes next: it is not of the generation that counts, nor of a later one.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar
from zlib import compress, decompress

from chalicelib.domain import keys
from chalicelib.search.codes import (
    BUDGET,
    Catalogue,
    Line,
    Segment,
    apart,
    kept,
    planes,
    planes_for,
    to_merge,
)
from chalicelib.search.index import Delta, Documents, Merge, numbers, shard_of, shards_for, split
from chalicelib.storage.buckets import ObjectStore
from chalicelib.storage.items import OwnerItems
from chalicelib.storage.updates import Update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_Value = TypeVar("_Value")
_Result = TypeVar("_Result")

_ITEM = "search"
_TYPE = "application/octet-stream"
_AT_ONCE = 16
_TRIES = 3
_QUICK = 1
"""zlib's level: half as big again as the usual one's, in a tenth of the time."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which files count: the folders of the shards and of the delta, and how many shards there are; generation 0 is
    that there never was any. So many recordings are `left` that are to come into it, as far as is known. `segments` are
    those of a catalogue that have passages, so that they can be read with it at once.
    """

    generation: int = 0
    base: str | None = None
    shards: int = 0
    delta: str | None = None
    left: int = 0
    segments: tuple[str, ...] = ()


class IndexStore(OwnerItems):
    """Which files of an account's index count: of that by words, or of another that has an item of its own."""

    def __init__(self, client: "DynamoDBClient", table: str, item: str = _ITEM) -> None:
        super().__init__(client, table)
        self._item = item

    def of(self, owner: str) -> Manifest:
        """Those that count now."""
        item = self._get(owner, self._item) or {}
        shards = int(item.get("shards", 0))
        left = int(item.get("left", 0))
        segments = tuple(item.get("segments") or ())
        return Manifest(int(item.get("generation", 0)), item.get("base"), shards, item.get("delta"), left, segments)

    def flip(self, owner: str, before: Manifest, after: Manifest) -> bool:
        """Have those of `after` count in the place of `before`; False, and nothing changed, if others were faster."""
        update = Update().set(generation=after.generation, base=after.base, shards=after.shards, delta=after.delta)
        update.set(left=after.left, segments=list(after.segments))
        if before.generation:
            update.require("{} = {}", "generation", before.generation)
        else:
            update.require("attribute_not_exists({})", "generation")
        return self._update(owner, self._item, update) is not None

    def note_left(self, owner: str, manifest: Manifest, left: int) -> None:
        """So many recordings are to come into files that count on; nothing is changed if these are others by now."""
        if left != manifest.left:
            update = Update().require("{} = {}", "generation", manifest.generation).set(left=left)
            self._update(owner, self._item, update)

    def forget(self, owner: str) -> None:
        """There is no index any more."""
        self._delete(owner, self._item)


class IndexMissing(Exception):
    """A file that is to count is not there: it has just been replaced, or is past its days."""


def by_what_counts(
    owner: str, index: IndexStore, read: Callable[[Manifest], _Result]
) -> tuple[Manifest, _Result] | None:
    """What `read` makes of the files that count now, and which these are. Where they are replaced while they are read,
    it is tried again; None if that goes on, or they are lost.
    """
    for _ in range(_TRIES):
        manifest = index.of(owner)
        try:
            return manifest, read(manifest)
        except IndexMissing:
            continue
    return None


@dataclass(frozen=True)
class _Files:
    """Files of one account, all under one key."""

    outputs: ObjectStore
    owner: str

    @property
    def root(self) -> str:
        """What their keys begin with; it ends with a slash."""
        raise NotImplementedError

    def begin(self, before: Manifest) -> str:
        """The folder of what is written after `before`."""
        return f"{before.generation + 1:08}-{secrets.token_hex(4)}"

    def drop(self) -> None:
        """Delete all of them."""
        self.outputs.delete_under(self.root)

    def _read(self, name: str) -> bytes:
        found = self.outputs.read(self._key(name))
        if found is None:
            raise IndexMissing
        return found

    def _key(self, name: str) -> str:
        return f"{self.root}{name}"


class IndexFiles(_Files):
    """The files of one account's index."""

    @property
    def root(self) -> str:
        """See above."""
        return keys.index_of(self.owner)

    def documents(self, manifest: Manifest) -> Documents:
        """The recordings that the shards are of. Raises IndexMissing."""
        return Documents.from_bytes(self._read(f"{manifest.base}/documents")) if manifest.base else Documents()

    def delta(self, manifest: Manifest) -> Delta:
        """What came since. Raises IndexMissing."""
        return Delta.from_bytes(self._read(f"{manifest.delta}/delta")) if manifest.delta else Delta()

    def numbers(
        self, manifest: Manifest, number: int, terms: Iterable[str], *, with_private: bool = True
    ) -> list[set[int]]:
        """The numbers of the recordings that have each of these terms, which are in the shard `number`; in private
        tracks alone, if these count. Raises IndexMissing.
        """
        shard = decompress(self._read(f"{manifest.base}/{number}"))
        return [numbers(shard, term, with_private=with_private) for term in terms]

    def write_delta(self, folder: str, delta: Delta) -> None:
        """Store what came."""
        self.outputs.write(self._key(f"{folder}/delta"), delta.to_bytes(), _TYPE)

    def write_merged(self, folder: str, before: Manifest, merge: Merge) -> int:
        """Store the shards of `before` with what is merged into them. Returns how many there then are.

        Raises IndexMissing.
        """
        old = max(before.shards, 1)
        held = sum(size for key, size in self.outputs.sizes(self._key(f"{before.base}/"))) if before.base else 0
        new = shards_for(old, held)
        parts = merge.by_shard(new)

        def one(at: int) -> None:
            shard = decompress(self._read(f"{before.base}/{at}")) if before.base else b""
            for number, lines in split(shard, at, old, new).items() if new > old else [(at, shard)]:
                body = compress(merge.merged(lines, parts[number]), _QUICK)
                self.outputs.write(self._key(f"{folder}/{number}"), body, _TYPE)

        side_by_side(one, range(old), _AT_ONCE)
        self.outputs.write(self._key(f"{folder}/documents"), merge.documents.to_bytes(), _TYPE)
        return new

    def clear(self, manifest: Manifest) -> None:
        """Delete what does not count, and what is not still being written by somebody who began from what counts."""
        for folder in self.outputs.folders(self.root):
            generation = folder.partition("-")[0]
            if folder in {manifest.base, manifest.delta} or not generation.isdecimal():
                continue
            if int(generation) <= manifest.generation:
                self.outputs.delete_under(self._key(f"{folder}/"))


class MeaningFiles(_Files):
    """The files of one account's index by meaning: a catalogue a generation, and segments, which stay from one to the
    next until they are merged.
    """

    @property
    def root(self) -> str:
        """See above."""
        return keys.meaning_of(self.owner)

    def catalogue(self, manifest: Manifest) -> Catalogue:
        """Which recordings are in which segments. Raises IndexMissing."""
        return Catalogue.from_bytes(self._read(f"{manifest.base}/catalogue")) if manifest.base else Catalogue()

    def segment(self, file: str) -> bytes:
        """A segment as it is stored, by its name. Raises IndexMissing."""
        return self._read(file)

    def planes(self, segment: Segment) -> list[bytes]:
        """The planes of a segment. Raises IndexMissing."""
        return apart(self._read(segment.file), segment.passages)

    def write(
        self, folder: str, before: Catalogue, added: Mapping[str, tuple[str, Sequence[bytes]]], gone: Collection[str]
    ) -> Catalogue:
        """Store a catalogue in which recordings are `added`, each with its stamp and small vectors; segments that have
        any that are `gone`, or hardly any that count, are written anew. Raises IndexMissing.
        """
        segments = []
        for number, segment in enumerate(before.segments):
            emptied = any(not line.name for line in segment.lines) and (gone or segment.is_thin)
            left = self._merged(f"{folder}/{number}", [segment]) if emptied else segment
            segments += [left] if left.lines else []
        catalogue = replace(before, segments=tuple(segments))
        if added:
            lines = tuple(Line(name, stamp, len(some)) for name, (stamp, some) in added.items())
            vectors = [vector for _, some in added.values() for vector in some]
            several = to_merge(catalogue, len(vectors))
            staying = segments[: len(segments) - several]
            room = max(BUDGET - sum(one.size for one in staying), BUDGET // 64)  # what is small may be exact anyway
            new = self._merged(f"{folder}/new", segments[len(staying) :], lines, vectors, room)
            catalogue = replace(catalogue, segments=(*staying, new))
        self.outputs.write(self._key(f"{folder}/catalogue"), catalogue.to_bytes(), _TYPE)
        return catalogue

    def clear(self, manifest: Manifest, catalogue: Catalogue) -> bool:
        """Delete what does not count, and what is not still being written by somebody who began from what counts.
        Returns whether all segments that count are there.
        """
        counting = {f"{manifest.base}/catalogue", *(segment.file for segment in catalogue.segments)}
        names = [key.removeprefix(self.root) for key in self.outputs.names(self.root)]
        old = [
            self._key(name)
            for name in names
            if name not in counting and int(name.partition("-")[0]) <= manifest.generation
        ]
        if old:
            self.outputs.delete_each(old)
        return {segment.file for segment in catalogue.segments} <= {*names}

    def _merged(
        self,
        file: str,
        segments: Sequence[Segment],
        lines: tuple[Line, ...] = (),
        vectors: Sequence[bytes] = (),
        room: int = BUDGET,
    ) -> Segment:
        """One segment of what counts in several, and of `vectors` behind them, of about `room` bytes at most."""
        parts = [kept(segment, self.planes(segment)) for segment in segments if segment.passages]
        parts = [part for part in [*parts, planes(vectors) if vectors else []] if part and part[0]]
        counting = tuple(line for segment in segments for line in segment.lines if line.name)
        own = Segment(file, (*counting, *lines), min(map(len, parts), default=0))
        if vectors:
            own = replace(own, planes=min(own.planes, planes_for(own.passages, len(vectors[0]), room)))
        if own.lines:
            joined = (b"".join(some) for some, _ in zip(zip(*parts, strict=False), range(own.planes), strict=False))
            self.outputs.write(self._key(file), b"".join(joined), _TYPE)
        return own


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
