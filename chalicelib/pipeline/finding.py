"""The lines that may answer a question, out of all that somebody may read: a bounded number, however much there is.

Recordings are found by words, any of them, and by meaning where the deployment knows that; each of the two reads at
most twenty objects, as a page of a search does. The likeliest are read closely: their transcripts as they now stand,
and no other track, so that nothing private comes in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.domain.tracks import Moment
from chalicelib.errors import EngineFailed, TranscriptError
from chalicelib.observability import logger
from chalicelib.pipeline import indexing, meaning
from chalicelib.pipeline.shelves import Shelf, readable
from chalicelib.seams.answering import Line
from chalicelib.seams.embedding import EMBEDDING
from chalicelib.search import asking
from chalicelib.search.query import Query
from chalicelib.services import Services
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Segment, Transcript
from chalicelib.storage import editions
from chalicelib.storage.search import IndexFiles, Manifest, by_shard, by_what_counts, side_by_side

MOST_READ = 20
"""Objects that are read to find recordings by words, and to read those closely; as many as a page of a search."""

MOST_RECORDINGS = 8
"""That are read closely: with the shards of `asking.MOST_TERMS`, and what tells of both, it is no more than that."""

MOST_SHELVES = 6
"""One's own, and those of others of whose recordings one may read the most."""

MOST_BYTES = 16_000
"""Of the lines that an engine is given, in UTF-8: about 4,000 tokens."""

_LONGEST_LINE = 60
"""Words: what goes on for longer without a full stop is cut."""

_PASSAGES = 6
"""Of a recording, by meaning."""

_SMOOTH = 10
"""How little it matters which of two is first: https://plg.uwaterloo.ca/~gvcormac/cormacksigir09-rrf.pdf"""

_HAIR = 0.01
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line, with the recording that it is of, which one of its lines it is, and from when to when (seconds)."""

    asset: Asset
    at: int
    start: float
    end: float
    text: str
    speaker: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """Lines, those of a recording together and in order; and the transcripts that were read for them, out of so many
    recordings (`of`).
    """

    lines: tuple[PlacedLine, ...] = ()
    transcripts: Mapping[AssetRef, Transcript] = field(default_factory=dict)
    of: int = 0

    @property
    def as_data(self) -> list[Line]:
        """What an engine is given of them."""
        before: PlacedLine | None = None
        told = []
        for line in self.lines:
            told.append(Line(line.text, line.speaker, follows=before is not None and follows(before, line)))
            before = line
        return told


def follows(before: PlacedLine, line: PlacedLine) -> bool:
    """Whether a line comes straight after another in the same recording, and is said by the same."""
    is_next = before.asset.ref == line.asset.ref and line.at == before.at + 1
    return is_next and before.speaker == line.speaker


def find(question: str, shelves: Sequence[Shelf], most_lines: int, services: Services) -> Found:
    """The lines that may answer a question, out of what is on these `shelves`.

    Raises EngineBusy or EngineError as what knows the meaning does; where that has failed for good, words are enough.
    """
    wanted, likely, of = asking.wanted(question), list[_Likely](), 0
    for shelf in sorted(shelves, key=lambda one: -inf if one.only is None else -len(one.only))[:MOST_SHELVES]:
        found, count = _recordings(shelf, question, wanted, services)
        likely += found
        of += count
    likely = sorted(likely, key=lambda one: -one.score)[:MOST_RECORDINGS]
    said = side_by_side(lambda one: transcript_of(one.asset, services), likely, _AT_ONCE)
    read = {one.asset.ref: (one, made) for one, made in zip(likely, said, strict=True) if made is not None}
    lines = [(one, _lines(one.asset, made)) for one, made in read.values()]
    transcripts = {ref: made for ref, (_, made) in read.items()}
    return Found(tuple(_likeliest(lines, wanted, most_lines)), transcripts, of)


def transcript_of(asset: Asset, services: Services) -> Transcript | None:
    """What is said in a recording, as it now stands; None if nothing is."""
    document = editions.read(asset, asset.edition, services.outputs)
    try:
        transcript = load_transcript(document) if document is not None else Transcript(())
    except TranscriptError:
        logger.error("transcript cannot be read")
        return None
    return None if transcript.is_empty else transcript


def _lines(asset: Asset, transcript: Transcript) -> list[PlacedLine]:
    """A line a sentence, or a part of one."""
    parts = [part for segment in transcript.segments for part in _parts(segment)]
    return [PlacedLine(asset, at, one.start, one.end, one.text, one.speaker) for at, one in enumerate(parts)]


def _parts(segment: Segment) -> list[Segment]:
    words = segment.words
    return [Segment(words[at : at + _LONGEST_LINE], segment.language) for at in range(0, len(words), _LONGEST_LINE)]


@dataclass(frozen=True, slots=True)
class _Likely:
    """A recording that may answer, how likely that is, and where in it about the same is said: the nearest first."""

    asset: Asset
    score: float
    passages: tuple[tuple[float, Moment], ...] = ()


def _recordings(shelf: Shelf, question: str, wanted: Sequence[str], services: Services) -> tuple[list[_Likely], int]:
    """The likeliest recordings of a shelf, and how many of them there are to be looked into."""
    names, of = _by_words(shelf, wanted, services)
    near = _by_meaning(shelf, question, services)
    known = {found.asset.ref.asset_id: found for found in near}
    ranks: dict[str, float] = dict.fromkeys([*names, *known], 0.0)
    for order in (names, list(known)):
        for rank, name in enumerate(order):
            ranks[name] += 1 / (_SMOOTH + rank)
    some = sorted(ranks, key=lambda name: (-ranks[name], name))[:MOST_RECORDINGS]
    query = Query(())
    there = services.store.some(shelf.owner, some) if some else []
    assets = [one for one, _ in readable(shelf, there, services) if query.takes(one)]
    return [
        _Likely(asset, ranks[name], known[name].passages if name in known else ())
        for asset in assets
        for name in [asset.ref.asset_id]
    ], of


def _by_words(shelf: Shelf, wanted: Sequence[str], services: Services) -> tuple[list[str], int]:
    """The recordings that have any of these terms, those that have the rarest first; of how many."""
    files, some = IndexFiles(services.outputs, shelf.owner), wanted[: asking.MOST_TERMS]
    told = by_what_counts(shelf.owner, services.index, lambda manifest: _having(files, manifest, some))
    if told is None:
        return [], 0
    manifest, (names, having) = told
    if not manifest.generation:
        indexing.changed(shelf.owner, services, 0)
    if shelf.only is not None:
        allowed = set(shelf.only)
        names, having = names & allowed, [one & allowed for one in having]
    weight = asking.weights(having, len(names))
    score = {name: sum(value for value, held in zip(weight, having, strict=True) if name in held) for name in names}
    likely = sorted((name for name in names if score[name]), reverse=True)  # the newest first, where all else is equal
    return sorted(likely, key=lambda name: -score[name])[: 2 * MOST_RECORDINGS], len(names)


def _having(files: IndexFiles, manifest: Manifest, wanted: Sequence[str]) -> tuple[set[str], list[set[str]]]:
    """All recordings that are indexed, and those that have each term; what stands in private tracks alone does not
    count, for it is not quoted. Raises IndexMissing.
    """
    shards = by_shard(wanted, manifest.shards) if manifest.base else {}
    documents, delta = files.documents(manifest), files.delta(manifest)
    in_shard = side_by_side(
        lambda shard: files.numbers(manifest, shard, shards[shard], with_private=False), shards, _AT_ONCE
    )
    held = {
        term: found
        for terms, some in zip(shards.values(), in_shard, strict=True)
        for term, found in zip(terms, some, strict=True)
    }
    of_shards = {
        term: {name for number in found if (name := documents.lines[number][0]) and name not in delta.entries}
        for term, found in held.items()
    }
    names = {name for name in documents.stamps if name not in delta.entries} | set(delta.entries)
    return names, [
        of_shards.get(term, set())
        | {name for name, entry in delta.entries.items() if entry.has([term], with_private=False)}
        for term in wanted
    ]


def _by_meaning(shelf: Shelf, question: str, services: Services) -> list[_Likely]:
    """The recordings in which about the same is said, the nearest first; none where nothing knows that."""
    if services.engine(EMBEDDING) is None:
        return []
    try:
        found = meaning.search(shelf, question, Query(()), services, _PASSAGES)
    except EngineFailed as exc:
        logger.error("question cannot be embedded", extra={"error": type(exc).__name__})
        return []
    likely = []
    for one in found:
        said = [
            (near, passage.place)
            for near, passage, *_ in one.passages
            if passage.track == TRANSCRIPT.name and isinstance(passage.place, Moment)
        ]
        likely += [_Likely(one.asset, said[0][0], tuple(said))] if said else []
    return likely


def _likeliest(
    read: Sequence[tuple[_Likely, Sequence[PlacedLine]]], wanted: Sequence[str], most: int
) -> list[PlacedLine]:
    """Lines that have the words, or are near in meaning, and what stands beside each: as many as there is room."""
    every = [line for _, lines in read for line in lines]
    score = asking.scores([line.text for line in every], wanted)
    by_words = sorted((at for at in range(len(every)) if score[at]), key=lambda at: -score[at])
    near = {
        at: max((nearness for nearness, place in one.passages if _is_in(every[at], place)), default=0.0)
        for one, first, last in _spans(read)
        for at in range(first, last)
    }
    by_meaning = sorted((at for at in near if near[at]), key=lambda at: -near[at])
    rank: dict[int, float] = {}
    for order in (by_words, by_meaning):
        for place, at in enumerate(order):
            rank[at] = rank.get(at, 0.0) + 1 / (_SMOOTH + place)
    room, chosen = MOST_BYTES, set[int]()
    for seed in sorted(rank, key=lambda at: -rank[at]):
        for at in (seed, seed - 1, seed + 1):
            is_beside = 0 <= at < len(every) and every[at].asset.ref == every[seed].asset.ref
            if not is_beside or at in chosen:
                continue
            size = len(every[at].text.encode())
            if len(chosen) < most and size <= room:
                room -= size
                chosen.add(at)
    return [every[at] for at in sorted(chosen)]


def _spans(read: Iterable[tuple[_Likely, Sequence[PlacedLine]]]) -> Iterator[tuple[_Likely, int, int]]:
    """Each recording, with the number of its first line among all, and that after its last."""
    first = 0
    for one, lines in read:
        yield one, first, first + len(lines)
        first += len(lines)


def _is_in(line: PlacedLine, place: Moment) -> bool:
    """Whether a line is said in this time: what it shares with it is more than a hair."""
    return min(line.end, place.end) - max(line.start, place.start) > _HAIR
