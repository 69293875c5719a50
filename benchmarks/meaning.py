"""Search by meaning: what it reads and takes, over more and more recordings, and how much the quick look misses.

Vectors are made up, a million of them, from those that the model of one machine gives to the sentences of this
project's own documentation: each is a mixture of two of them and of noise, and so is none that is asked for. They are
turned so that 256 numbers hold as much as they can, as many as on AWS. What a search takes is worked out as for words
(`search.py`); beside that, S3 is given the time to send the segments, and Bedrock that for a question.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from benchmarks.measure import ROOT, Figure, quiet
from benchmarks.search import READS_LIMIT, SECONDS_LIMIT, STOCKS

if TYPE_CHECKING:
    from chalicelib.services import Services

PASSAGES = 100
"""Of a recording: some 40 minutes of talk."""

_DIMENSIONS = 256
_QUESTIONS, _REAL = 20, 280
_SHARE = 1024 / 1769
_WAITING = 3 * 0.2 + 2 * 0.01
"""Seconds: for files three times, one after the other, twice for DynamoDB; as in `search.py`."""

_BEDROCK = 0.3
"""Seconds, assumed: AWS names none."""

_BYTES_A_SECOND = 70e6
"""That a function takes in from S3, assumed: AWS names none. Of S3 it says 85 to 90 MB a second for one request.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"""

_ADDED = 500
_OWN, _NOISE = 0.7, 0.5
_SHORTEST, _LONGEST = 40, 200


class _Vectors:
    """Made-up vectors: of each recording the same every time; and questions."""

    def __init__(self) -> None:
        import numpy as np

        from local.engines.e5 import E5Embedder

        pages = (" ".join(path.read_text().split()) for path in sorted((ROOT / "docs").glob("*.md")))
        sentences = [
            one for page in pages for one in re.split(r"(?<=[.:;!?]) ", page) if _SHORTEST < len(one) < _LONGEST
        ]
        texts = random.Random(1).sample(sentences, _REAL + _QUESTIONS)
        engine = E5Embedder()
        real = np.array([vector for at in range(0, len(texts), 32) for vector in engine.passages(texts[at : at + 32])])
        *_, axes = np.linalg.svd(real - real.mean(axis=0), full_matrices=False)
        evenly, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((_DIMENSIONS, _DIMENSIONS)))
        turned = real @ axes[:_DIMENSIONS].T @ evenly
        turned /= np.linalg.norm(turned, axis=1, keepdims=True)
        self._spread = turned.std(axis=0)
        self._real, self._asked = turned[_QUESTIONS:], turned[:_QUESTIONS]
        self._np = np

    def of(self, number: int) -> Any:  # noqa: ANN401 - an array of NumPy's, a byte a number
        """The small vectors of a recording."""
        np, pick = self._np, self._np.random.default_rng(number)
        one, other = self._real[pick.integers(len(self._real), size=(2, PASSAGES))]
        noise = pick.standard_normal(one.shape, dtype=np.float32) * self._spread
        mixed = _OWN * one + (1 - _OWN) * other + _NOISE * noise
        return np.round(mixed / np.abs(mixed).max(axis=1, keepdims=True) * 127).astype(np.int8)

    def questions(self) -> list[list[float]]:
        """What is asked: of real sentences that nothing was made of."""
        return [list(map(float, vector)) for vector in self._asked]

    def nearness(self, number: int) -> Any:  # noqa: ANN401 - as above
        """Of each question, how near the nearest passage of a recording is, by all its numbers."""
        vectors = self.of(number).astype(self._np.float32)
        return (self._asked @ (vectors / self._np.linalg.norm(vectors, axis=1, keepdims=True)).T).max(axis=1)

    def codes(self, number: int) -> list[bytes]:
        """The codes of a recording, as `codes.code` makes them."""
        np, vectors = self._np, self.of(number)
        sizes = np.abs(vectors.astype(np.int16))
        is_more = sizes > sizes.mean(axis=1, keepdims=True)
        levels = np.where(vectors > 0, 2 + is_more, 1 - is_more).astype(np.uint8)
        packed = levels[:, 0::4] | levels[:, 1::4] << 2 | levels[:, 2::4] << 4 | levels[:, 3::4] << 6
        return [row.tobytes() for row in packed]


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    vectors = _Vectors()
    for stock in (20, 200) if quick else STOCKS:
        yield from list(_over(stock, vectors))


def _over(stock: int, vectors: _Vectors) -> Iterator[Figure]:
    from chalicelib.domain import keys
    from chalicelib.pipeline import meaning
    from chalicelib.seams.embedding import EMBEDDING
    from chalicelib.search.codes import Catalogue, code
    from chalicelib.search.query import Query
    from chalicelib.storage.search import Manifest, MeaningFiles
    from tests.harness.aws_calls import recorded
    from tests.harness.service import EMBEDDER, OWNER, running_service

    ids = [f"{1_700_000_000_000 + at * 1000:011x}{at:05x}" for at in range(stock)]
    assert vectors.codes(0)[0] == code(vectors.of(0)[0].tobytes())
    with quiet(), running_service(**EMBEDDER) as service:
        ours = service.services
        embedder = ours.engine(EMBEDDING)
        assert embedder is not None
        files = MeaningFiles(ours.outputs, OWNER)
        catalogue, manifest, adding = Catalogue(embedder.model), Manifest(), 0.0
        last = min(stock, 10)
        sizes = [*[_ADDED] * ((stock - last) // _ADDED), (stock - last) % _ADDED, *[1] * last]
        first = 0
        for size in filter(None, sizes):
            added = {ids[at]: ("1", vectors.codes(at)) for at in range(first, first + size)}
            began = time.process_time()
            folder = files.begin(manifest)
            catalogue = files.write(folder, catalogue, added, ())
            after = Manifest(manifest.generation + 1, folder)
            assert ours.meanings.flip(OWNER, manifest, after)
            files.clear(after, catalogue)
            manifest, first = after, first + size
            adding = max(adding, time.process_time() - began) if size == 1 else 0.0
        held = dict(ours.outputs.sizes(keys.meaning_of(OWNER)))
        near = [vectors.nearness(at) for at in range(stock)]
        took, hit, first_hit, near_as, reads = [], 0, 0, 0.0, Counter[str]()
        stored: set[int] = set()
        for number, question in enumerate(vectors.questions()):
            embedder.question = lambda _, given=question: given  # type: ignore[method-assign,misc]
            _, likely = meaning._candidates(files, catalogue, lambda given=question: given)  # type: ignore[misc]
            likely = likely[: meaning.MOST_READ - 3 - len(catalogue.segments)]
            for at in {ids.index(name) for name in likely} - stored:
                _store(OWNER, ids[at], vectors.of(at), ours)
                stored.add(at)
            with recorded(service) as calls:
                began = time.process_time()
                found = [ids.index(one.asset.ref.asset_id) for one in meaning.search(OWNER, "", Query(()), ours)]
                took.append(time.process_time() - began)
            reads = Counter(call.operation for call in calls)
            wanted = sorted(range(stock), key=lambda at, row=number: -near[at][row])[: meaning.PAGE]  # type: ignore[misc]
            hit += len({*wanted} & {*found})
            first_hit += found[0] == wanted[0]
            near_as += near[found[0]][number] / near[wanted[0]][number]
        yield Figure(
            f"{stock:,} recordings: objects read",
            reads.total(),
            "",
            READS_LIMIT,
            ", ".join(f"{one} {times}" for one, times in sorted(reads.items())),
        )
        sending = sum(held.values()) / _BYTES_A_SECOND
        seconds = sorted(took)[len(took) // 2]
        note = f"{seconds:.2f} s of a processor; assumed: {sending:.2f} s for S3 to send, {_BEDROCK} s for Bedrock"
        yield Figure(
            f"{stock:,} recordings, {stock * PASSAGES:,} passages",
            seconds / _SHARE + _WAITING + max(sending, _BEDROCK),
            "s",
            SECONDS_LIMIT,
            note,
        )
        note = f"of the ten nearest by all numbers, over {_QUESTIONS} questions; the very nearest: {first_hit} of"
        note += f" {_QUESTIONS}; what is found first is on average as near as {near_as / _QUESTIONS:.1%} of it"
        yield Figure(f"{stock:,} recordings: found", hit / (10 * _QUESTIONS), "%", note=note)
        note = f"{len(catalogue.segments)} segments; and a byte a number beside each recording, with the texts"
        yield Figure(f"{stock:,} recordings: the index, as it lies in S3", sum(held.values()) / 1e6, "MB", note=note)
        yield Figure(f"{stock:,} recordings: one more, of a processor, the longest of ten", adding, "s")


def _store(owner: str, asset_id: str, vectors: Any, ours: "Services") -> None:  # noqa: ANN401 - as above
    """A recording as far as the search by meaning reads it."""
    from chalicelib.domain import keys
    from chalicelib.domain.assets import Asset, AssetRef, Options, Status
    from chalicelib.domain.tracks import Moment
    from chalicelib.search.passages import Passage, Passages
    from chalicelib.storage.asset_items import to_item

    ref = AssetRef(owner, asset_id)
    asset = Asset(ref, "meeting.mp4", "input/x", Status.COMPLETED, 0.0, Options(), version=1, newest=1, language="en")
    ours.aws.dynamodb.put_item(TableName=ours.settings.assets_table, Item=to_item(asset))
    texts = [Passage("transcript", "word " * 60, Moment(at, at + 1.0), None) for at in range(len(vectors))]
    made = Passages("fake", texts, [row.tobytes() for row in vectors])
    ours.outputs.write(keys.vectors_key(asset), made.to_bytes(), "application/octet-stream")
