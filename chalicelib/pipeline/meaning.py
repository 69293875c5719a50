"""The index of an account by meaning is brought up to date, as that by words is (`indexing.py`), and searched.

What a visit embeds is bounded (`Embedder.at_once`): a long recording is embedded piece by piece, each beside what there
was, and comes into the index when it is whole. What has its vector already is not embedded again: a correction costs
the passages that it changes, and a new title nothing.
"""

import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, Status
from chalicelib.errors import EngineBusy, EngineFailed, NotFound
from chalicelib.observability import logger
from chalicelib.pipeline import indexing, messages
from chalicelib.seams.embedding import EMBEDDING, Embedder, Vector
from chalicelib.search import codes
from chalicelib.search.codes import Catalogue, Segment
from chalicelib.search.passages import Passage, Passages, cut, small
from chalicelib.search.query import Query
from chalicelib.search.terms import units
from chalicelib.services import Services
from chalicelib.storage.search import IndexMissing, Manifest, MeaningFiles, side_by_side

MOST_READ = 20
"""Objects that a search reads: files in S3, and calls of DynamoDB."""

_BEFORE = 3
"""Of these objects: the manifest, the catalogue, the items of the recordings; and there are the segments."""

PAGE = 10
"""Recordings that are told. Some more are looked into, since two bits a number tell only about how near they are."""

_MOST_CANDIDATES = 300
"""Passages of a segment that may be among the nearest, by their codes."""

_MOST_ITEMS = 100
"""Recordings of which it is looked whether they are wanted, the likeliest: one read."""

_MOST_RECORDINGS = 32
_MOST_FAILED = 3
_BUSY = 60
"""Seconds until an engine is asked again that takes no more work just now."""

_AT_ONCE = 10
_TRIES = 3


def bring_up_to_date(owner: str, services: Services) -> None:
    """Have the index by meaning be what the account's recordings are, as far as one visit gets; the next goes on."""
    embedder = services.engine(EMBEDDING)
    files = MeaningFiles(services.outputs, owner)
    if services.users.is_gone(owner):
        _drop(files, services)
        return
    if embedder is None:
        return
    before = services.meanings.of(owner)
    listed = {one.asset_id: one for one in services.store.listed(owner)}
    catalogue = _catalogue(files, before, embedder)
    indexed = catalogue.stamps
    gone = {name for name in indexed if name not in listed or indexing.is_over(listed[name])}
    due = [
        one
        for one in listed.values()
        if one.status is Status.COMPLETED and indexed.get(one.asset_id) != indexing.stamp(one)
    ]
    if not due and not gone and before.generation:
        files.clear(before, catalogue)
        return
    visit = _Visit(embedder, services, embedder.at_once)
    stamps = {one.asset_id: "" if one.is_withheld else indexing.stamp(one) for one in due[:_MOST_RECORDINGS]}
    done = {
        asset.ref.asset_id: made
        for asset in services.store.some(owner, list(stamps))
        if (made := visit.take(asset, stamps[asset.ref.asset_id]))
    }
    if not done and not gone and before.generation:
        if len(due) > visit.failed:
            messages.to_learning({"meaning": owner}, services, _BUSY if visit.is_busy else 0)
        return
    new = {name: found for name, found in done.items() if found.is_new or name not in indexed}
    stamps_now = {one.asset_id: indexing.stamp(one) for one in due}
    after = catalogue.without(gone | set(new)).stamped({name: stamps_now[name] for name in done})
    folder = files.begin(before)
    added = {name: (stamps_now[name], found.codes) for name, found in new.items()}
    try:
        written = files.write(folder, replace(after, model=embedder.model), added, gone)
    except IndexMissing:  # a segment is lost: all is indexed anew, by the vectors that there are
        logger.error("index by meaning is missing")
        services.meanings.flip(owner, before, Manifest(before.generation + 1))
        messages.to_learning({"meaning": owner}, services)
        return
    is_ours = services.meanings.flip(owner, before, Manifest(before.generation + 1, folder))
    indexing.take_back(owner, [one for one in due if one.asset_id in stamps], services)
    if services.users.is_gone(owner):
        _drop(files, services)
        return
    if is_ours:
        files.clear(Manifest(before.generation + 1, folder), written)
    if not is_ours or len(done) < len(due) - visit.failed:
        messages.to_learning({"meaning": owner}, services, _BUSY if visit.is_busy else 0)


@dataclass(frozen=True, slots=True)
class Found:
    """A recording with its passages that are nearest, these with how near they are, and the nearest first."""

    asset: Asset
    passages: tuple[tuple[float, Passage], ...]


def search(
    owner: str, text: str, query: Query, services: Services, only: Collection[str] | None = None, most: int = 3
) -> tuple[Found, ...]:
    """The recordings with the passages that are nearest to a text in meaning, ten at most, the nearest first.

    Of these, `query` tells which are wanted by all but words; `only`, if it is given, which may be searched at all.
    Raises NotFound if there is no embedder, and as that does.
    """
    embedder = services.engine(EMBEDDING)
    if embedder is None:
        raise NotFound("This deployment does not search by meaning.", "no-embedder")
    files = MeaningFiles(services.outputs, owner)
    question: Vector = ()
    for _ in range(_TRIES):
        catalogue = _catalogue(files, services.meanings.of(owner), embedder)
        try:
            question, names = _candidates(files, catalogue, lambda: embedder.question(text))
            break
        except IndexMissing:  # it was merged since the catalogue was read
            continue
    else:
        names = []
    wanted = [name for name in names if query.is_of_its_days(name) and (only is None or name in only)]
    assets = [asset for asset in services.store.some(owner, wanted[:_MOST_ITEMS]) if query.takes(asset)]
    assets = assets[: MOST_READ - _BEFORE - len(catalogue.segments)]
    made = side_by_side(partial(read, services=services), assets, _AT_ONCE)
    found = []
    for asset, own in zip(assets, made, strict=True):
        if own is None or own.model != embedder.model:
            continue
        nearest = [one for one in own.nearest(question) if _says(one[1], query)]
        found += [Found(asset, tuple(nearest[:most]))] if nearest else []
    return tuple(sorted(found, key=lambda one: -one.passages[0][0])[:PAGE])


def _says(passage: Passage, query: Query) -> bool:
    return not query.speaker or {*query.speaker} <= {*units(passage.speaker or "")}


def _candidates(files: MeaningFiles, catalogue: Catalogue, ask: Callable[[], Vector]) -> tuple[Vector, list[str]]:
    """What somebody `asks` as a vector, which comes while the segments do; and the recordings of passages that may be
    near, the likeliest first.
    """
    vectors: list[Vector] = []

    def fetch(segment: Segment | None) -> list[bytes]:
        if segment is None:
            vectors.append(ask())
        return files.planes(segment) if segment and segment.passages else []

    _, *fetched = side_by_side(fetch, [None, *catalogue.segments], _AT_ONCE)
    by = codes.tables(vectors[0])
    found = [
        one
        for segment, of in zip(catalogue.segments, fetched, strict=True)
        if of
        for one in codes.best(segment, codes.scores(of, by), _MOST_CANDIDATES)
    ]
    return vectors[0], [name for _, name in sorted(found, reverse=True)]


@dataclass(frozen=True, slots=True)
class _Done:
    """The codes of a recording, and whether its passages are others than those that were indexed."""

    codes: tuple[bytes, ...]
    is_new: bool


@dataclass
class _Visit:
    """What is embedded in one visit: `left` texts more."""

    embedder: Embedder
    services: Services
    left: int
    failed: int = 0
    is_busy: bool = field(default=False)

    def take(self, asset: Asset, stamp: str) -> _Done | None:
        """What a recording has in the index; None while not all of it is embedded."""
        if asset.is_withheld or not stamp or not asset.version:
            return _Done((), is_new=True)
        if self.is_busy or self.failed >= _MOST_FAILED:
            return None
        before = read(asset, self.services)
        known = before.by_text if before and before.model == self.embedder.model else {}
        wanted = list(cut(indexing.concordance(asset, self.services)))
        missing = list(dict.fromkeys(one.text for one in wanted if one.text not in known))
        if missing and not self.left:
            return None
        some = missing[: self.left]
        if some:
            try:
                vectors = self.embedder.passages(some)
            except EngineBusy:
                self.is_busy = True
                return None
            except EngineFailed as exc:
                logger.error("passages cannot be embedded", extra={"error": type(exc).__name__})
                self.failed += 1
                return None
            self.left -= len(some)
            known = {**known, **dict(zip(some, map(small, vectors), strict=True))}
        there = [one for one in wanted if one.text in known]
        is_whole = len(there) == len(wanted)
        made = Passages(self.embedder.model, there, [known[one.text] for one in there], is_whole)
        is_new = before is None or not before.is_whole or made.vectors != before.vectors
        if made != before:
            self.services.outputs.write(keys.vectors_key(asset), made.to_bytes(), "application/octet-stream")
        return _Done(tuple(map(codes.code, made.vectors)), is_new) if is_whole else None


def read(asset: Asset, services: Services) -> Passages | None:
    """The passages of a recording as they are stored; None if there are none yet."""
    stored = services.outputs.read(keys.vectors_key(asset)) if asset.version else None
    if stored is None:
        return None
    try:
        return Passages.from_bytes(stored)
    except (LookupError, TypeError, ValueError, zlib.error) as exc:
        logger.error("passages cannot be read", extra={"error": type(exc).__name__})
        return None


def _catalogue(files: MeaningFiles, manifest: Manifest, embedder: Embedder) -> Catalogue:
    """What is indexed by vectors of this engine: nothing, if it was another's, or is lost."""
    try:
        found = files.catalogue(manifest)
    except IndexMissing:
        logger.error("index by meaning is missing")
        return Catalogue()
    return found if found.model == embedder.model else Catalogue()


def _drop(files: MeaningFiles, services: Services) -> None:
    services.meanings.forget(files.owner)
    files.drop()
