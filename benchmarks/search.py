"""Search: what a page of it reads and takes, over more and more recordings, and what the index costs to keep.

The text is made up: words as often as Zipf and Mandelbrot have them, so that 8,000 words of a recording hold some 1,700
different ones, as those of an hour's talk do. Index and words lie in the embedded S3. What a page takes is worked out:
the processor's time here, at the share of a processor that Lambda gives the API's function, and the time that S3 and
DynamoDB usually take to answer, as often as one waits for the other.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Figure, quiet

if TYPE_CHECKING:
    from chalicelib.search.concordance import Concordance
    from chalicelib.services import Services
    from chalicelib.storage.search import IndexFiles, Manifest

STOCKS = (100, 1_000, 10_000)
WORDS = 8_000
READS_LIMIT = 21
"""That a page reads, S3 and DynamoDB together: at most twenty."""

SECONDS_LIMIT = 2.0
_SHARE = 1024 / 1769
"""Of a processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

_WAITING = 2 * 0.2 + 2 * 0.01
"""Seconds: twice for files side by side, twice for DynamoDB.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"""

_VOCABULARY = 300_000
_EXPONENT, _SHIFT = 1.35, 4.0
_AT_ONCE = 1_000


class _Text:
    """Words of made-up recordings: of each the same every time."""

    def __init__(self) -> None:
        import numpy as np

        weights = 1 / (np.arange(1, _VOCABULARY + 1) + _SHIFT) ** _EXPONENT
        self._sums = np.cumsum(weights / weights.sum())
        self._np = np
        self._words = list(map(self._spelt, range(_VOCABULARY)))

    def ranks(self, number: int) -> Any:  # noqa: ANN401 - an array of numpy's
        """The ranks of the words that are said, in order; 0 is the most frequent."""
        return self._np.searchsorted(self._sums, self._np.random.default_rng(number).random(WORDS))

    @staticmethod
    def _spelt(rank: int) -> str:
        return "".join("bcdfghjmpv"[int(digit)] + "aeiou"[int(digit) % 5] for digit in str(rank))

    def word(self, rank: int) -> str:
        """The word of this rank: the longer the rarer, as in languages."""
        return self._words[rank]

    def terms(self, number: int) -> set[str]:
        """What the index has of a recording."""
        return {self.word(rank) for rank in self._np.unique(self.ranks(number))} | {"t:meeting", "l:en"}

    def concordance(self, number: int) -> "Concordance":
        """All its words, with their times."""
        from chalicelib.domain.tracks import Moment
        from chalicelib.search.concordance import Concordance, Said, TrackWords

        said = (
            Said(f" {self.word(rank)}", Moment(at * 0.45, at * 0.45 + 0.4), f"spk_{at // 40 % 2}")
            for at, rank in enumerate(self.ranks(number))
        )
        return Concordance((TrackWords.of("transcript", said),))


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    text = _Text()
    for stock in (20, 200) if quick else STOCKS:
        yield from list(_over(stock, text))


def _over(stock: int, text: _Text) -> Iterator[Figure]:
    from chalicelib.domain import keys
    from chalicelib.pipeline import searching
    from chalicelib.pipeline.shelves import Shelf
    from chalicelib.search.index import MOST_IN_DELTA, Delta, Entry
    from chalicelib.search.query import Query
    from chalicelib.search.terms import phrases
    from chalicelib.storage.search import IndexFiles
    from tests.harness.aws_calls import recorded
    from tests.harness.service import OWNER, running_service

    ids = [f"{1_700_000_000_000 + at * 1000:011x}{at:05x}" for at in range(stock)]
    first_in_delta = max(0, stock - MOST_IN_DELTA)
    with quiet(), running_service() as service:
        ours = service.services
        files = IndexFiles(ours.outputs, OWNER)
        manifest, merging = _merged(files, ids[:first_in_delta], text, ours)
        entries = {ids[at]: Entry.of("1/0.0", text.terms(at)) for at in range(first_in_delta, stock)}
        folder = files.begin(manifest)
        files.write_delta(folder, Delta(entries))
        after = replace(manifest, generation=manifest.generation + 1, delta=folder)
        assert ours.index.flip(OWNER, manifest, after)
        held = sum(size for _, size in ours.outputs.sizes(keys.index_of(OWNER)))
        for name, wanted in _looked_for(text).items():
            query = Query(phrases(wanted), title=("meeting",))
            names, _ = searching.candidates(files, after, query.terms(), with_private=True)
            for asset_id in names[: searching.PAGE]:
                _store(OWNER, asset_id, ids.index(asset_id), text, ours)
            with recorded(service) as calls:
                began = time.process_time()
                page = searching.search([Shelf(OWNER)], query, None, ours)
                shown = [spot.hit for hit in page.found for spot in hit.spots[:5]]
                seconds = time.process_time() - began
            reads = Counter(call.operation for call in calls)
            note = f"{', '.join(f'{one} {times}' for one, times in sorted(reads.items()))}; {len(names):,} may have it,"
            note += f" {len(page.found)} of those looked into do"
            yield Figure(f"{stock:,} recordings, {name}: objects read", reads.total(), "", READS_LIMIT, note)
            note = f"{seconds:.2f} s of a processor; {len(shown)} places shown"
            yield Figure(f"{stock:,} recordings, {name}", seconds / _SHARE + _WAITING, "s", SECONDS_LIMIT, note)
        words = len(text.concordance(0).to_bytes()) / 1e3
        note = f"{manifest.shards} shards; and {words:.0f} kB of its own words beside each recording"
        yield Figure(f"{stock:,} recordings: the index, as it lies in S3", held / 1e6, "MB", note=note)
        yield Figure(f"{stock:,} recordings: a merge, once in {MOST_IN_DELTA + 1}, of a processor", merging, "s")


def _looked_for(text: _Text) -> dict[str, str]:
    pick = random.Random(1)
    return {
        "three words": " ".join(map(text.word, (3, 40, 900))),
        "a phrase of three words that are everywhere": f'"{" ".join(map(text.word, (0, 1, 2)))}"',
        "eight words": " ".join(text.word(pick.randrange(20, 400)) for _ in range(8)),
        "a rare word": text.word(100_000),
    }


def _merged(files: "IndexFiles", ids: Sequence[str], text: _Text, ours: "Services") -> tuple["Manifest", float]:
    """An index of these recordings in its shards, and the seconds of the last merge: all but the last are put in by the
    thousand, to get there sooner; the last as the service does it.
    """
    from chalicelib.search.index import MOST_IN_DELTA, Delta, Entry, Merge
    from chalicelib.storage.search import Manifest

    manifest, seconds = Manifest(), 0.0
    before = max(0, len(ids) - MOST_IN_DELTA - 1)
    for first, end in [*((at, min(at + _AT_ONCE, before)) for at in range(0, before, _AT_ONCE)), (before, len(ids))]:
        delta = Delta({ids[at]: Entry.of("1/0.0", text.terms(at)) for at in range(first, end)})
        began = time.process_time()
        merge = Merge.of(files.documents(manifest), delta, ())
        folder = files.begin(manifest)
        after = Manifest(manifest.generation + 1, folder, files.write_merged(folder, manifest, merge))
        assert ours.index.flip(files.owner, manifest, after)
        files.clear(after)
        manifest, seconds = after, time.process_time() - began
    return manifest, seconds


def _store(owner: str, asset_id: str, number: int, text: _Text, ours: "Services") -> None:
    """A recording as far as the search reads it."""
    from chalicelib.domain import keys
    from chalicelib.domain.assets import Asset, AssetRef, Options, Status
    from chalicelib.storage.asset_items import to_item

    ref = AssetRef(owner, asset_id)
    asset = Asset(ref, "meeting.mp4", "input/x", Status.COMPLETED, 0.0, Options(), version=1, newest=1, language="en")
    ours.aws.dynamodb.put_item(TableName=ours.settings.assets_table, Item=to_item(asset))
    ours.outputs.write(keys.words_key(asset), text.concordance(number).to_bytes(), "application/octet-stream")
