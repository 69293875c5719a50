"""A page of a search. It reads a bounded number of objects, however many recordings an account has.

The item that says which files count, the two files that list recordings, a shard for each term (`MOST_TERMS` of them at
most, side by side), the items of those recordings that the page looks into, in one call, and then the words of each. A
phrase of words that are everywhere may stand in none of them: the page is then empty, and says where to go on.
"""

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.observability import logger
from chalicelib.pipeline import indexing
from chalicelib.search.concordance import Concordance, Spot
from chalicelib.search.index import Delta, Documents
from chalicelib.search.query import Query
from chalicelib.services import Services
from chalicelib.storage.search import IndexFiles, IndexMissing, Manifest, by_shard, side_by_side

MOST_READ = 20
"""Objects a page reads: files in S3, and calls of DynamoDB."""

PAGE = 10
"""Recordings that a page looks into, at most."""

_BEFORE = 4
"""Of these objects: the manifest, the documents, the delta, the items of the recordings."""

_AT_ONCE = 10
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Page:
    """Recordings with the places where what was looked for stands, the newest first; the id to go on `after`, None if
    there is no more; how many recordings are `left` that may have it. The index `is_behind` if there is none yet.
    """

    found: tuple[tuple[Asset, tuple[Spot, ...]], ...]
    after: str | None
    left: int
    is_behind: bool = False


def search(
    owner: str, query: Query, after: str | None, services: Services, only: Collection[str] | None = None
) -> Page:
    """A page of an owner's recordings that have what is looked for; of those with the ids in `only`, if it is given.

    That is for recordings that others share: whoever may read some of an account's searches its index for these alone.
    """
    files = IndexFiles(services.outputs, owner)
    if not query.phrases:
        return Page((), None, 0)
    for _ in range(_TRIES):
        manifest = services.index.of(owner)
        try:
            names, read = _candidates(files, manifest, query)
            break
        except IndexMissing:  # it was replaced since the manifest was read, or is past its days
            continue
    else:
        names, read, manifest = [], 0, Manifest()
    if not manifest.generation:
        indexing.changed(owner, services, 0)
        return Page((), None, 0, is_behind=True)
    wanted = [name for name in names if (after is None or name < after) and query.is_of_its_days(name)]
    if only is not None:
        wanted = [name for name in wanted if name in only]
    some = wanted[: min(PAGE, MOST_READ - _BEFORE - read)]
    assets = [asset for asset in services.store.some(owner, some) if query.takes(asset)]
    found = side_by_side(partial(spots, query=query, services=services), assets, _AT_ONCE)
    left = len(wanted) - len(some)
    with_spots = tuple((asset, tuple(said)) for asset, said in zip(assets, found, strict=True) if said)
    return Page(with_spots, some[-1] if left else None, left)


def spots(asset: Asset, query: Query, services: Services) -> list[Spot]:
    """Where in a recording it stands; none while its words have not been read."""
    stored = services.outputs.read(keys.words_key(asset)) if asset.version else None
    if stored is None:
        return []
    try:
        return Concordance.from_bytes(stored).spots(query.phrases, query.speaker)
    except (LookupError, TypeError, ValueError, zlib.error) as exc:
        logger.error("words cannot be read", extra={"error": type(exc).__name__})
        return []


def _candidates(files: IndexFiles, manifest: Manifest, query: Query) -> tuple[list[str], int]:
    """The recordings that have all terms, the newest first; and how many shards were read for it."""
    terms = query.terms()
    shards = by_shard(terms, manifest.shards) if manifest.base else {}

    def read(what: str | int) -> Documents | Delta | list[set[int]]:
        if isinstance(what, int):
            return files.numbers(manifest, what, shards[what])
        return files.documents(manifest) if what == "documents" else files.delta(manifest)

    wanted: list[str | int] = ["documents", "delta", *shards]
    documents, delta, *held = side_by_side(read, wanted, _AT_ONCE)
    assert isinstance(documents, Documents), "in the order that was asked for"
    assert isinstance(delta, Delta), "as above"
    sets = [numbers for some in held if isinstance(some, list) for numbers in some]
    both = set.intersection(*sets) if sets else set()
    lines = (documents.lines[number][0] for number in both)
    names = {name for name in lines if name and name not in delta.entries}
    names |= {name for name, entry in delta.entries.items() if entry.has(terms)}
    return sorted(names, reverse=True), len(shards)
