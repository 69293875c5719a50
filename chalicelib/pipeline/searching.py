"""A page of a search through all that somebody may read: shelf by shelf (`shelves.py`), their own first, and of each
the newest first. It reads a bounded number of objects, however many recordings there are and however many people share.

Rights are read first. Of a shelf there are then read the item that says which files of its owner's index count, the
two files that list recordings, a shard for each term (`MOST_TERMS` of them at most, side by side), the items of the
recordings that may be meant, a hundred in one call, and the words of those that the page looks into. Of shelves with
few recordings no index is asked: the items of several shelves are read in one call. Where there is no room for the next
shelf, the page ends and says where to go on. A phrase of words that are everywhere may stand in none of the recordings:
the page is then empty, and says where to go on all the same.

That place gives nobody a right: what is read follows from the rights of the moment, whatever place is asked for.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.domain.rights import Deed, Role, may
from chalicelib.observability import logger
from chalicelib.pipeline import indexing
from chalicelib.pipeline.shelves import MOST_CALLS, Shelf, readable
from chalicelib.search.concordance import Concordance, Spot
from chalicelib.search.index import Delta, Documents
from chalicelib.search.query import Query
from chalicelib.services import Services
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.storage.search import IndexFiles, Manifest, by_shard, by_what_counts, side_by_side

MOST_READ = 20
"""Objects a page reads, with those that tell what may be read: files in S3, and calls of DynamoDB."""

PAGE = 10
"""Recordings that a page looks into, at most."""

LISTS = 3
"""Objects of an index beside its shards: the manifest, the documents, the delta."""

_LEAST = 3
"""Objects that one recording may take: its item, what it was before it is heard again, its words."""

_FEW = 4
"""Recordings of a shelf that are looked into without asking its index."""

_A_CALL = 100
_AT_ONCE = 10


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """Where a page ended: on the shelf of this name, at this recording; "" if nothing is left on that shelf."""

    shelf: str
    asset_id: str

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """What `str` gave."""
        shelf, _, asset_id = text.partition(".")
        return cls(shelf, asset_id)

    def __str__(self) -> str:
        return f"{self.shelf}.{self.asset_id}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A recording in which it stands: what whoever asks is to it, and the places."""

    asset: Asset
    role: Role
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Hits in the order of the shelves, of each the newest first; where to go on `after`, None if there is no more; how
    many recordings are `left` that may have it, at most. An index `is_behind` if there is none yet.
    """

    found: tuple[Hit, ...]
    after: Cursor | None
    left: int
    is_behind: bool = False


def search(shelves: Sequence[Shelf], query: Query, after: Cursor | None, services: Services) -> Page:
    """A page of what has what is looked for, on these shelves, which are in the order of their names."""
    if not query.phrases:
        return Page((), None, 0)
    todo = [left for shelf in shelves if (left := _Left.of(shelf, query, after)) is not None]
    visit = _Visit(query, services, after)
    while todo:
        few = list(takewhile(lambda one: one.is_few, todo))
        if few:
            wanted = [(one.shelf, name) for one in few for name in one.names]
        else:
            names = visit.ask(todo[0])
            if names is None:
                break
            wanted = [(todo[0].shelf, name) for name in names]
        passed = visit.look(wanted)
        begun, todo = todo[: len(few) or 1], todo[len(few) or 1 :]
        if passed < len(wanted):
            return visit.page(len(wanted) - passed, todo)
        visit.place = Cursor(begun[-1].shelf.name, "")
    return visit.page(0, todo)


def spots(asset: Asset, query: Query, services: Services, role: Role = Role.OWNER) -> list[Spot]:
    """Where in a recording it stands, for somebody who is this to it; none while its words have not been read.

    Tracks that are private are for its owner alone: for others they are as if they were not there. So is a transcript
    that has been corrected since its words were read, for whoever may not correct it: they may have been taken out.
    """
    stored = services.outputs.read(keys.words_key(asset)) if asset.version else None
    if stored is None:
        return []
    told = {track.name for track in services.tracks if role is Role.OWNER or not track.is_private}
    try:
        words = Concordance.from_bytes(stored)
        if words.edition != asset.edition and not may(role, Deed.EDIT):
            told.discard(TRANSCRIPT.name)
        words = Concordance(tuple(track for track in words.tracks if track.name in told))
        return words.spots(query.phrases, query.speaker)
    except (LookupError, TypeError, ValueError, zlib.error) as exc:
        logger.error("words cannot be read", extra={"error": type(exc).__name__})
        return []


@dataclass(frozen=True, slots=True)
class _Left:
    """What of a shelf is behind the place where a page begins: recordings before this one, "" for all. Of others'
    shelves these are their `names`, the newest first.
    """

    shelf: Shelf
    before: str
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, shelf: Shelf, query: Query, after: Cursor | None) -> "_Left | None":
        """None if nothing is left. Tags are their owner's alone: others' recordings have none."""
        place = after if after is not None and after.shelf == shelf.name else None
        is_past = after is not None and (shelf.name < after.shelf or (place is not None and not place.asset_id))
        if is_past or (query.tag is not None and not shelf.is_own):
            return None
        left = cls(shelf, place.asset_id if place else "")
        if shelf.only is None:
            return left
        names = sorted((name for name in shelf.only if left.has(name, query)), reverse=True)
        return replace(left, names=tuple(names)) if names else None

    @property
    def is_few(self) -> bool:
        return not self.shelf.is_own and len(self.names) <= _FEW

    def has(self, name: str, query: Query) -> bool:
        """Whether a recording may be looked into."""
        return self.shelf.has(name) and (not self.before or name < self.before) and query.is_of_its_days(name)


@dataclass
class _Visit:
    """What a page has found and up to where; `room` for so many objects more that are read."""

    query: Query
    services: Services
    place: Cursor | None
    room: int = MOST_READ - MOST_CALLS
    looked: int = 0
    is_behind: bool = False
    found: list[Hit] = field(default_factory=list)

    def ask(self, of: _Left) -> list[str] | None:
        """The recordings of a shelf that may have it, the newest first, as its index tells; None if there is no room
        to ask it.
        """
        terms = self.query.terms()
        if self.looked == PAGE or self.room < LISTS + len(terms) + _LEAST:
            return None
        owner = of.shelf.owner
        files = IndexFiles(self.services.outputs, owner)
        told = by_what_counts(
            owner,
            self.services.index,
            lambda manifest: candidates(files, manifest, terms, with_private=of.shelf.is_own),
        )
        manifest, (names, read) = told or (Manifest(), ([], 0))
        if not manifest.generation:
            indexing.changed(owner, self.services, 0)
            self.is_behind = True
        self.room -= LISTS + read
        return [name for name in names if of.has(name, self.query)]

    def look(self, wanted: Sequence[tuple[Shelf, str]]) -> int:
        """Look into recordings, each with the shelf that it is on, as long as there is room. Returns into how many."""
        passed = 0
        while passed < len(wanted) and self.looked < PAGE and self.room >= _LEAST:
            some = wanted[passed : passed + _A_CALL]
            done = self._look(some)
            passed += done
            if done < len(some):
                break
        return passed

    def _look(self, wanted: Sequence[tuple[Shelf, str]]) -> int:
        self.room -= 1
        refs = [AssetRef(shelf.owner, name) for shelf, name in wanted]
        assets = {asset.ref: asset for asset in self.services.store.several(refs)}
        chosen: list[tuple[Asset, Role]] = []
        passed = 0
        for (shelf, name), ref in zip(wanted, refs, strict=True):
            asset = assets.get(ref)
            is_as_it_was = asset is not None and shelf.is_as_it_was(asset)
            if asset is not None and (is_as_it_was or self.query.takes(asset)):
                cost = 2 if is_as_it_was else 1
                if self.looked == PAGE or self.room < cost:
                    break
                self.looked += 1
                self.room -= cost
                chosen += [one for one in readable(shelf, [asset], self.services) if self.query.takes(one[0])]
            passed += 1
            self.place = Cursor(shelf.name, name)
        self.found += [hit for hit in side_by_side(self._hit, chosen, _AT_ONCE) if hit.spots]
        return passed

    def _hit(self, of: tuple[Asset, Role]) -> Hit:
        asset, role = of
        return Hit(asset, role, tuple(spots(asset, self.query, self.services, role)))

    def page(self, left: int, todo: Sequence[_Left]) -> Page:
        """What there is, where so many recordings are left of what was begun, and these shelves."""
        left += sum(len(one.names) for one in todo)
        return Page(tuple(self.found), self.place if left or todo else None, left, self.is_behind)


def candidates(
    files: IndexFiles, manifest: Manifest, terms: Sequence[str], *, with_private: bool
) -> tuple[list[str], int]:
    """The recordings that have all terms, the newest first; and how many shards were read for it."""
    shards = by_shard(terms, manifest.shards) if manifest.base else {}

    def read(what: str | int) -> Documents | Delta | list[set[int]]:
        if isinstance(what, int):
            return files.numbers(manifest, what, shards[what], with_private=with_private)
        return files.documents(manifest) if what == "documents" else files.delta(manifest)

    wanted: list[str | int] = ["documents", "delta", *shards]
    documents, delta, *held = side_by_side(read, wanted, _AT_ONCE)
    assert isinstance(documents, Documents), "in the order that was asked for"
    assert isinstance(delta, Delta), "as above"
    sets = [numbers for some in held if isinstance(some, list) for numbers in some]
    both = set.intersection(*sets) if sets else set()
    lines = (documents.lines[number][0] for number in both)
    names = {name for name in lines if name and name not in delta.entries}
    names |= {name for name, entry in delta.entries.items() if entry.has(terms, with_private=with_private)}
    return sorted(names, reverse=True), len(shards)
