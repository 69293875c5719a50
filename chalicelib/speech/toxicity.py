"""What was said to hurt: spans of a transcript, each with what sort of thing it is. Pure.

A track of passages (`chalicelib/domain/tracks.py`): the words of the span, when they are said, the kind as the label,
and how sure the engine is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.tracks import Moment, Page, Passage
from chalicelib.speech.transcripts import Segment


class ToxicKind(StrEnum):
    """What sort of thing: those that Amazon Comprehend tells apart, in our words.

    https://docs.aws.amazon.com/comprehend/latest/dg/trust-safety.html
    """

    PROFANITY = "profanity"
    HATE_SPEECH = "hate-speech"
    INSULT = "insult"
    GRAPHIC = "graphic"
    HARASSMENT = "harassment"
    SEXUAL = "sexual"
    THREAT = "threat"
    TOXIC = "toxic"
    """Something of this sort, and the engine does not say what."""


@dataclass(frozen=True, slots=True)
class ToxicSpan:
    """A span: `text` from `start` to `end` (seconds; of a document the page, as both), and `score` from 0 to 1."""

    start: float
    end: float
    text: str
    kind: ToxicKind
    score: float


def spans_of(segment: Segment, scores: Mapping[ToxicKind, float], least: float) -> list[ToxicSpan]:
    """The whole of `segment`, once for each kind that its score (0 to 1) is at least `least`; the surest first.

    That it is something of the sort is told only where no kind is.
    """
    found = {kind: score for kind, score in scores.items() if score >= least}
    if len(found) > 1:
        found.pop(ToxicKind.TOXIC, None)
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [ToxicSpan(segment.start, segment.end, segment.text, kind, score) for kind, score in ranked]


def passages_of(spans: Iterable[ToxicSpan], *, on_pages: bool = False) -> list[Passage]:
    """The spans as the passages of a track."""
    return [
        Passage(
            span.text,
            Page(round(span.start)) if on_pages else Moment(span.start, max(span.start, span.end)),
            span.kind.value,
            round(min(max(span.score, 0.0), 1.0), 4),
        )
        for span in spans
    ]


def places_of(passages: Sequence[Passage]) -> int:
    """How many places they are: what stands within another, and in its words, is a reason more for that."""

    def order(passage: Passage) -> tuple[float, float, int]:
        begin, end = _times(passage)
        return begin, -end, -len(passage.text)

    places: list[Passage] = []
    for passage in sorted(passages, key=order):
        begin, end = _times(passage)
        if not any(
            _times(one)[1] >= end and passage.text in one.text for one in places[-_NEAR:] if _times(one)[0] <= begin
        ):
            places.append(passage)
    return len(places)


_NEAR = 8
"""So many places may be under way at once, at most: people who speak at the same time."""


def _times(passage: Passage) -> tuple[float, float]:
    match passage.place:
        case Moment():
            return passage.place.start, passage.place.end
        case Page():
            return passage.place.page, passage.place.page
    return 0.0, 0.0
