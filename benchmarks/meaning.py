"""Search by meaning: what it reads and takes, over more and more recordings, and how much the quick look misses.

Vectors are made up, a million of them, from those that the model of one machine gives to the sentences of this
project's own documentation: each is a mixture of two of them and of noise, and so is none that is asked for. They are
turned so that 256 numbers hold as much as they can, as many as on AWS. What a search takes is worked out as for words
(`search.py`); beside that, S3 is given the time to send the segments, and Bedrock that for a question.

How good the model of one machine is, real transcripts tell (`shared/data`), among as many other sentences: by questions
in other words than theirs or in another language (`labelled/meaning.asked.tsv`), and by some about what is in none of
them. From when on a passage is near was chosen by other questions (`labelled/meaning.choosing.tsv`) about other
sentences (those of `labelled/mood.*.tsv`, among others of the documentation). All these questions are ours.
"""

import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.measure import ROOT, Figure, quiet
from benchmarks.search import READS_LIMIT, SECONDS_LIMIT, STOCKS
from tests.harness import shared_data

if TYPE_CHECKING:
    from chalicelib.seams.embedding import Embedder
    from chalicelib.services import Services

PASSAGES = 100
"""Of a recording: some 40 minutes of talk."""

_DIMENSIONS = 256
_QUESTIONS, _REAL = 20, 280
_SHARE = 1024 / 1769
_WAITING = 2 * 0.2 + 3 * 0.01
"""Seconds: for files twice, one after the other, and for DynamoDB; as in `search.py`."""

_BEDROCK = 0.3
"""Seconds, assumed: AWS names none."""

_BYTES_A_SECOND = 70e6
"""That a function takes in from S3, assumed: AWS names none. Of S3 it says 85 to 90 MB a second for one request.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"""

_ADDED = 500
_OWN, _NOISE = 0.7, 0.5
_SHORTEST, _LONGEST = 40, 200


def _sentences(part: int) -> list[str]:
    """Of this project's own documentation, in a random order: of each part others."""
    pages = (" ".join(path.read_text().split()) for path in sorted((ROOT / "docs").glob("*.md")))
    found = [one for page in pages for one in re.split(r"(?<=[.:;!?]) ", page) if _SHORTEST < len(one) < _LONGEST]
    random.Random(1).shuffle(found)
    return found[part * (_REAL + _QUESTIONS) :][: _REAL + _QUESTIONS]


def _embedded(texts: Sequence[str]) -> Any:  # noqa: ANN401 - an array of NumPy's
    import numpy as np

    from local.engines.e5 import E5Embedder

    engine = E5Embedder()
    return np.array([vector for at in range(0, len(texts), 32) for vector in engine.passages(texts[at : at + 32])])


class _Vectors:
    """Made-up vectors: of each recording the same every time; and questions."""

    def __init__(self) -> None:
        import numpy as np

        real = _embedded(_sentences(0))
        *_, axes = np.linalg.svd(real - real.mean(axis=0), full_matrices=False)
        evenly, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((_DIMENSIONS, _DIMENSIONS)))
        turned = real @ axes[:_DIMENSIONS].T @ evenly
        turned /= np.linalg.norm(turned, axis=1, keepdims=True)
        self._spread = turned.std(axis=0)
        self._real, self._asked = turned[_QUESTIONS:], turned[:_QUESTIONS]
        self._np = np

    def of(self, number: int) -> Any:  # noqa: ANN401 - an array of NumPy's
        """The vectors of a recording."""
        np, pick = self._np, self._np.random.default_rng(number)
        one, other = self._real[pick.integers(len(self._real), size=(2, PASSAGES))]
        noise = pick.standard_normal(one.shape, dtype=np.float32) * self._spread
        mixed = _OWN * one + (1 - _OWN) * other + _NOISE * noise
        return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)

    def questions(self) -> list[list[float]]:
        """What is asked: of real sentences that nothing was made of."""
        return [list(map(float, vector)) for vector in self._asked]

    def nearness(self, number: int) -> Any:  # noqa: ANN401 - as above
        """Of each question, how near the nearest passage of a recording is, by all its numbers."""
        return (self._asked @ self.of(number).T).max(axis=1)

    def small(self, number: int) -> list[bytes]:
        """Those of a recording as `passages.small` makes them."""
        from chalicelib.search.passages import _STEPS

        np = self._np
        usual = 1 / np.sqrt(_DIMENSIONS)
        return [row.tobytes() for row in np.searchsorted(_STEPS, self.of(number) / usual, "right").astype(np.uint8)]


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    yield from _asked()
    vectors = _Vectors()
    for stock in (20, 200) if quick else STOCKS:
        yield from list(_over(stock, vectors))


def _asked() -> Iterator[Figure]:
    """How often the passage that a question is about is found, by the model of one machine."""
    from local.engines.e5 import E5Embedder

    names = [f"mood.{language}" for language in ("en", "fr", "ja", "ko", "zh")]
    sentences = [line[1] for name in names for line in _lines(name)]
    yield from _over_questions("choosing", [*sentences, *_sentences(1)], E5Embedder())
    if shared_data.folder() is None:
        print("  There are no transcripts in shared/data: what is in them is not asked for.")
        return
    yield from _over_questions("asked", [*_transcribed(), *_sentences(0)], E5Embedder())


def _over_questions(name: str, texts: Sequence[str], engine: "Embedder") -> Iterator[Figure]:
    vectors = _embedded(texts)
    ranks, absent, of_right = [], [], []
    for question, part in _lines(f"meaning.{name}"):
        scores = vectors @ engine.question(question)
        if not part:
            absent.append(max(scores))
            continue
        (right,) = (at for at, text in enumerate(texts) if part in text)
        ranks.append(int((scores > scores[right]).sum()))
        of_right.append(scores[right])
    what = "transcripts" if name == "asked" else "where nearness was chosen"
    for most in (1, 3, 10) if name == "asked" else ():
        hit = sum(rank < most for rank in ranks)
        note = f"{hit} of {len(ranks)} questions, among {len(texts)} passages"
        yield Figure(f"{what}: found among the first {most}", hit / len(ranks), "%", note=note)
    assert engine.near is not None
    near, close = engine.near
    kept = sum(score >= near for score in of_right)
    note = f"{kept} of {len(ranks)}; very near, from {close}: {sum(score >= close for score in of_right)}"
    yield Figure(f"{what}: near, from {near}", int(kept) / len(ranks), "%", note=note)
    wrong = sum(score >= near for score in absent)
    note = f"{wrong} of {len(absent)} questions about what is in none; very near: {sum(s >= close for s in absent)}"
    yield Figure(f"{what}: near though nothing is", int(wrong) / len(absent), "%", note=note)


def _lines(name: str) -> list[list[str]]:
    text = (ROOT / "benchmarks" / "labelled" / f"{name}.tsv").read_text()
    return [line.split("\t") for line in text.splitlines()]


def _transcribed() -> Iterator[str]:
    """The passages of real transcripts."""
    from chalicelib.search.concordance import Concordance, Said, TrackWords
    from chalicelib.search.passages import cut

    shared = shared_data.folder()
    assert shared is not None
    heard = json.loads((shared / "transcribe" / "01-plain.json").read_text())
    texts = [heard["results"]["transcripts"][0]["transcript"]]
    texts += [path.read_text() for path in sorted((shared / "speech").glob("*.txt"))]
    languages = json.loads((shared / "languages" / "reference.json").read_text())
    for text in [*texts, *(one["text"] for one in languages.values())]:
        words = [Said(f" {word}" if at else word) for at, word in enumerate(text.split())]
        for passage in cut(Concordance((TrackWords.of("transcript", words),))):
            yield passage.text


def _over(stock: int, vectors: _Vectors) -> Iterator[Figure]:
    from chalicelib.domain import keys
    from chalicelib.pipeline import meaning
    from chalicelib.pipeline.shelves import Shelf
    from chalicelib.seams.embedding import EMBEDDING
    from chalicelib.search.codes import Catalogue
    from chalicelib.search.passages import small
    from chalicelib.search.query import Query
    from chalicelib.storage.search import Manifest, MeaningFiles
    from tests.harness.aws_calls import recorded
    from tests.harness.service import EMBEDDER, OWNER, running_service

    ids = [f"{1_700_000_000_000 + at * 1000:011x}{at:05x}" for at in range(stock)]
    assert vectors.small(0)[0] == small(vectors.of(0)[0].tolist())
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
            added = {ids[at]: ("1", vectors.small(at)) for at in range(first, first + size)}
            began = time.process_time()
            folder = files.begin(manifest)
            catalogue = files.write(folder, catalogue, added, ())
            segments = tuple(one.file for one in catalogue.segments)
            after = Manifest(manifest.generation + 1, folder, segments=segments)
            assert ours.meanings.flip(OWNER, manifest, after)
            files.clear(after, catalogue)
            manifest, first = after, first + size
            adding = max(adding, time.process_time() - began) if size == 1 else 0.0
        held = dict(ours.outputs.sizes(keys.meaning_of(OWNER)))
        near = [vectors.nearness(at) for at in range(stock)]
        number_of = {name: at for at, name in enumerate(ids)}
        shelves = [Shelf(OWNER)]
        took, hit, first_hit, near_as, reads = [], 0, 0, 0.0, Counter[str]()
        stored: set[int] = set()
        for number, question in enumerate(vectors.questions()):
            embedder.question = lambda _, given=question: given  # type: ignore[method-assign,misc]
            read = meaning._index(files, manifest, embedder, "")
            likely = meaning._candidates(*read, lambda _: True)
            likely = likely[: meaning.MOST_READ - 3 - len(catalogue.segments)]
            for at in {number_of[name] for name in likely} - stored:
                _store(OWNER, ids[at], vectors.small(at), ours)
                stored.add(at)
            with recorded(service) as calls:
                began = time.process_time()
                found = [
                    number_of[one.asset.ref.asset_id] for one in meaning.page(shelves, "", Query(()), None, ours).found
                ]
                took.append(time.process_time() - began)
            reads = Counter(["rights", *(call.operation for call in calls)])
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
        bits = "/".join(f"{8 * one.planes / _DIMENSIONS:g}" for one in catalogue.segments)
        note = f"{len(catalogue.segments)} segments of {bits} bits a number; and a byte a number beside each recording"
        yield Figure(f"{stock:,} recordings: the index, as it lies in S3", sum(held.values()) / 1e6, "MB", note=note)
        yield Figure(f"{stock:,} recordings: one more, of a processor, the longest of ten", adding, "s")


def _store(owner: str, asset_id: str, vectors: list[bytes], ours: "Services") -> None:
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
    made = Passages("fake", texts, vectors)
    ours.outputs.write(keys.vectors_key(asset), made.to_bytes(), "application/octet-stream")
