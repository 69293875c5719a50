"""The index of an account by meaning is brought up to date, as that by words is (`indexing.py`), and searched.

What a visit embeds is bounded (`Embedder.at_once`): a long recording is embedded piece by piece, each beside what there
was, and comes into the index when it is whole. What has its vector already is not embedded again: a correction costs
the passages that it changes, and a new title nothing. What is in private tracks (`Track.is_private`) is names, which
mean nothing: it has no passages.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, AssetRef, Status
from chalicelib.domain.rights import Deed, Role, may
from chalicelib.errors import EngineBusy, EngineFailed, NotFound
from chalicelib.observability import logger
from chalicelib.pipeline import indexing, messages, searching
from chalicelib.pipeline.shelves import Shelf, calls_for, readable
from chalicelib.seams.embedding import EMBEDDING, Embedder, Vector
from chalicelib.search import codes
from chalicelib.search.codes import Catalogue
from chalicelib.search.passages import Passage, Passages, cut, small
from chalicelib.search.query import Query
from chalicelib.search.terms import units
from chalicelib.services import Services
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.storage.search import IndexFiles, IndexMissing, Manifest, MeaningFiles, by_what_counts, side_by_side

MOST_READ = 20
"""Objects that a page reads, with those that tell what may be read: files in S3, and calls of DynamoDB."""

_BEFORE = 3
"""Of these objects: the manifest, the catalogue, the items of the recordings; and there are the segments."""

PAGE = 10
"""Recordings that are told, at most."""

_MOST_CANDIDATES = 400
"""Recordings of a segment that may be among the nearest, by the highest bits of the vectors of their passages."""

_MOST_ITEMS = 100
"""Recordings of which it is looked whether they are wanted, the likeliest: one read."""

_FEW = 8
"""Recordings of others that are looked into without asking an index; each may take two objects (`readable`)."""

_MOST_TERMS = 2
"""Of a title, tags, a language and speakers, by which the index by words is asked: each is an object to read."""

_MOST_PASSAGES = 3
"""Of a recording that are told."""

_MOST_RECORDINGS = 32
_MOST_REFUSED_IN_A_VISIT = 3
_MOST_REFUSED = 30
_BUSY = 60
"""Seconds until an engine is asked again that takes no more work just now."""

_AT_ONCE = 10


def bring_up_to_date(owner: str, services: Services, refused: Sequence[str] = ()) -> None:
    """Have the index by meaning be what the account's recordings are, as far as one visit gets; the next goes on.

    Recordings that the visits before have `refused` are let be, until something brings about visits of its own.
    """
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
        if one.status is Status.COMPLETED
        and indexed.get(one.asset_id) != indexing.stamp(one)
        and one.asset_id not in refused
    ]
    if not due and not gone and before.generation:
        if files.clear(before, catalogue):
            services.meanings.note_left(owner, before, 0)
        else:
            _begin_anew(owner, before, len(indexed), services)
        return
    visit = _Visit(embedder, services, embedder.at_once)
    stamps = {one.asset_id: "" if one.is_withheld else indexing.stamp(one) for one in due[:_MOST_RECORDINGS]}
    done = {
        asset.ref.asset_id: made
        for asset in services.store.some(owner, list(stamps))
        if (made := visit.take(asset, stamps[asset.ref.asset_id]))
    }
    left = len(due) - len(done) - len(visit.refused)
    if not done and not gone and before.generation:
        services.meanings.note_left(owner, before, left)
        _go_on(owner, left, refused, visit, services)
        return
    new = {name: found for name, found in done.items() if found.is_new or name not in indexed}
    stamps_now = {one.asset_id: indexing.stamp(one) for one in due}
    after = catalogue.without(gone | set(new)).stamped({name: stamps_now[name] for name in done})
    folder = files.begin(before)
    added = {name: (stamps_now[name], found.vectors) for name, found in new.items()}
    try:
        written = files.write(folder, replace(after, model=embedder.model), added, gone)
    except IndexMissing:
        _begin_anew(owner, before, len(due), services)
        return
    segments = tuple(one.file for one in written.segments if one.passages)
    is_ours = services.meanings.flip(
        owner, before, Manifest(before.generation + 1, folder, left=left, segments=segments)
    )
    indexing.take_back(owner, [one for one in due if one.asset_id in stamps], services)
    if services.users.is_gone(owner):
        _drop(files, services)
        return
    if is_ours:
        files.clear(Manifest(before.generation + 1, folder), written)
    _go_on(owner, left if is_ours else len(due), refused, visit, services)


def _begin_anew(owner: str, before: Manifest, left: int, services: Services) -> None:
    """A segment is lost: all is indexed anew, by the vectors that there are."""
    logger.error("index by meaning is missing")
    services.meanings.flip(owner, before, Manifest(before.generation + 1, left=left))
    messages.to_learning({"meaning": owner}, services)


def _go_on(owner: str, left: int, refused: Sequence[str], visit: "_Visit", services: Services) -> None:
    """Have another visit do what is `left`. It ends where an engine has refused so many that it will take none."""
    refused = [*refused, *visit.refused]
    if left and len(refused) < _MOST_REFUSED:
        messages.to_learning({"meaning": owner, "refused": refused}, services, _BUSY if visit.is_busy else 0)


@dataclass(frozen=True, slots=True)
class Found:
    """A recording with its passages that are nearest, these with how near they are, and the nearest first; and what
    whoever asks is to it.
    """

    asset: Asset
    passages: tuple[tuple[float, Passage], ...]
    role: Role = Role.OWNER


@dataclass(frozen=True, slots=True)
class Page:
    """Recordings with the passages that are nearest, the nearest first; the name of the shelf to go on `after`, None if
    there is no more. An index `is_behind` while recordings are still to come into it. What is `near`, as in
    `Embedder.near`.
    """

    found: tuple[Found, ...]
    after: str | None = None
    is_behind: bool = False
    near: tuple[float, float] | None = None


def page(shelves: Sequence[Shelf], text: str, query: Query, after: str | None, services: Services) -> Page:
    """What is nearest to a text in meaning on the next shelf, or on several on which there are few recordings: these
    are looked into without asking an index. Of recordings, `query` tells which are wanted by all but words.

    Raises NotFound if there is no embedder, and as that does.
    """
    embedder = _embedder(services)
    # Tags are their owner's alone: others' recordings have none.
    todo = [one for one in shelves if (after is None or one.name > after) and (query.tag is None or one.is_own)]
    if not todo:
        return Page(())
    room = MOST_READ - calls_for(shelves)
    few, size = [], 0
    for shelf in todo:
        size += len(shelf.only) if shelf.only is not None else _FEW + 1
        if size > _FEW:
            break
        few.append(shelf)
    if few:
        refs = [AssetRef(shelf.owner, name) for shelf in few for name in shelf.only or ()]
        by = {shelf.owner: shelf for shelf in few}
        wanted = [(by[one.ref.owner], one) for one in services.store.several(refs)]
        search = _Search(embedder, embedder.question(text), query, services)
        found, is_behind = search.look(wanted, room - 1), False
    else:
        found, is_behind = _on(todo[0], text, query, services, room)
    done = few or todo[:1]
    return Page(found, done[-1].name if len(todo) > len(done) else None, is_behind, embedder.near)


def search(shelf: Shelf, text: str, query: Query, services: Services, most: int = _MOST_PASSAGES) -> tuple[Found, ...]:
    """The recordings of a shelf with the passages that are nearest to a text in meaning, ten at most, the nearest
    first. Raises as `page`.
    """
    return _on(shelf, text, query, services, MOST_READ, most)[0]


def _on(
    shelf: Shelf, text: str, query: Query, services: Services, room: int, most: int = _MOST_PASSAGES
) -> tuple[tuple[Found, ...], bool]:
    """What is nearest on a shelf, by the index of its owner; and whether that is behind."""
    embedder = _embedder(services)
    files = MeaningFiles(services.outputs, shelf.owner)
    having, asked = _having(shelf, query, services)

    def wanted(name: str) -> bool:
        return shelf.has(name) and query.is_of_its_days(name) and (having is None or name in having)

    told = by_what_counts(shelf.owner, services.meanings, lambda manifest: _index(files, manifest, embedder, text))
    manifest, (question, catalogue, held) = told or (Manifest(), ((), Catalogue(), {}))
    names = _candidates(question, catalogue, held, wanted)
    is_behind = not catalogue.model or manifest.left > 0
    if not catalogue.model:
        indexing.changed(shelf.owner, services, 0)
    by_name = {asset.ref.asset_id: asset for asset in services.store.some(shelf.owner, names[:_MOST_ITEMS])}
    assets = [(shelf, by_name[name]) for name in names[:_MOST_ITEMS] if name in by_name]
    looking = _Search(embedder, question, query, services, most)
    return looking.look(assets, room - _BEFORE - len(catalogue.segments) - asked), is_behind


def _having(shelf: Shelf, query: Query, services: Services) -> tuple[set[str] | None, int]:
    """The recordings that have what the index by words tells of what is wanted, so that no others are in the way; and
    how many objects that took. None of them are told where nothing of that is wanted, or there is no such index yet.
    """
    terms = query.terms()[:_MOST_TERMS]
    if not terms:
        return None, 0
    files = IndexFiles(services.outputs, shelf.owner)
    told = by_what_counts(
        shelf.owner,
        services.index,
        lambda manifest: searching.candidates(files, manifest, terms, with_private=shelf.is_own),
    )
    manifest, (names, _) = told or (Manifest(), ([], 0))
    return ({*names} if manifest.generation else None), searching.LISTS + len(terms)


@dataclass(frozen=True)
class _Search:
    """A question as a vector, and what else is wanted."""

    embedder: Embedder
    question: Vector
    query: Query
    services: Services
    most: int = _MOST_PASSAGES

    def look(self, wanted: Iterable[tuple[Shelf, Asset]], room: int) -> tuple[Found, ...]:
        """What is nearest in recordings, the likeliest first, as far as there is room for objects that are read."""
        chosen: list[tuple[Asset, Role]] = []
        for shelf, asset in wanted:
            is_as_it_was = shelf.is_as_it_was(asset)
            if not is_as_it_was and not self.query.takes(asset):
                continue
            room -= 2 if is_as_it_was else 1
            if room < 0:
                break
            given = readable(shelf, [asset], self.services)
            chosen += [one for one in given if self.query.takes(one[0])]
        found = [one for one in side_by_side(self._nearest, chosen, _AT_ONCE) if one.passages]
        return tuple(sorted(found, key=lambda one: -one.passages[0][0])[:PAGE])

    def _nearest(self, of: tuple[Asset, Role]) -> Found:
        asset, role = of
        stored = read(asset, self.services)
        if stored is None or stored.model != self.embedder.model:
            return Found(asset, (), role)
        hidden = {track.name for track in self.services.tracks if track.is_private and role is not Role.OWNER}
        if stored.edition != asset.edition and not may(role, Deed.EDIT):
            hidden.add(TRANSCRIPT.name)  # as in `searching.spots`: what was said may have been taken out
        nearest = (
            (cosine, passage)
            for cosine, passage in stored.nearest(self.question)
            if passage.track not in hidden and _says(passage, self.query)
        )
        return Found(asset, tuple(islice(nearest, self.most)), role)


def _says(passage: Passage, query: Query) -> bool:
    return not query.speaker or {*query.speaker} <= {*units(passage.speaker or "")}


def _embedder(services: Services) -> Embedder:
    embedder = services.engine(EMBEDDING)
    if embedder is None:
        raise NotFound("This deployment does not search by meaning.", "no-embedder")
    return embedder


def _index(
    files: MeaningFiles, manifest: Manifest, embedder: Embedder, text: str
) -> tuple[Vector, Catalogue, dict[str, bytes]]:
    """A text as a vector, what is indexed, and segments by their names: all read at once. Raises IndexMissing."""
    vectors: list[Vector] = []
    catalogues: list[Catalogue] = []
    held: dict[str, bytes] = {}

    def read_segment(file: str) -> None:
        held[file] = files.segment(file)

    reading: list[Callable[[], object]] = [
        lambda: vectors.append(embedder.question(text)),
        lambda: catalogues.append(_catalogue(files, manifest, embedder)),
        *(partial(read_segment, file) for file in manifest.segments),
    ]
    side_by_side(lambda read: read(), reading, _AT_ONCE)
    return vectors[0], catalogues[0], held


def _candidates(
    question: Vector, catalogue: Catalogue, held: Mapping[str, bytes], wanted: Callable[[str], bool]
) -> list[str]:
    """The recordings that are `wanted` of passages that may be near, the likeliest first."""
    found: dict[str, float] = {}
    for segment in catalogue.segments:
        if segment.passages:
            planes = codes.apart(held[segment.file], segment.passages)
            found |= codes.best(segment, planes, question, _MOST_CANDIDATES, wanted)
    return sorted(found, key=lambda name: -found[name])


@dataclass(frozen=True, slots=True)
class _Done:
    """The vectors of a recording, and whether its passages are others than those that were indexed."""

    vectors: Sequence[bytes]
    is_new: bool


@dataclass
class _Visit:
    """What is embedded in one visit: `left` texts more."""

    embedder: Embedder
    services: Services
    left: int
    refused: list[str] = field(default_factory=list)
    is_busy: bool = field(default=False)

    def take(self, asset: Asset, stamp: str) -> _Done | None:
        """What a recording has in the index; None while not all of it is embedded."""
        if asset.is_withheld or not stamp or not asset.version:
            return _Done((), is_new=True)
        if self.is_busy or len(self.refused) >= _MOST_REFUSED_IN_A_VISIT:
            return None
        before = read(asset, self.services)
        known = before.by_text if before and before.model == self.embedder.model else {}
        told = {track.name for track in self.services.tracks if not track.is_private}
        wanted = [one for one in cut(indexing.concordance(asset, self.services)) if one.track in told]
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
                self.refused.append(asset.ref.asset_id)
                return None
            self.left -= len(some)
            known = {**known, **dict(zip(some, map(small, vectors), strict=True))}
        there = [one for one in wanted if one.text in known]
        is_whole = len(there) == len(wanted)
        made = Passages(self.embedder.model, there, [known[one.text] for one in there], is_whole, asset.edition)
        is_new = before is None or not before.is_whole or made.vectors != before.vectors
        if made != before:
            self.services.outputs.write(keys.vectors_key(asset), made.to_bytes(), "application/octet-stream")
        return _Done(made.vectors, is_new) if is_whole else None


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
