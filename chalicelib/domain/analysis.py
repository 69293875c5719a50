"""What language analysis finds, in Amazon Comprehend's words and shapes. Pure values.

Source of the shapes: the responses of DetectSentiment, DetectKeyPhrases, DetectEntities and DetectDominantLanguage,
https://docs.aws.amazon.com/comprehend/latest/APIReference/API_Operations.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from chalicelib.domain.tracks import Moment, Page, Passage, Place
from chalicelib.message import Message


class Sentiment(StrEnum):
    """Comprehend's four labels."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    NEUTRAL = "NEUTRAL"
    MIXED = "MIXED"


@dataclass(frozen=True, slots=True)
class SentimentScore:
    """How sure an engine is of each label: four numbers from 0 to 1 that add up to 1."""

    positive: float
    negative: float
    neutral: float
    mixed: float

    @property
    def label(self) -> Sentiment:
        """The likeliest label."""
        return max(Sentiment, key=lambda label: float(getattr(self, label.lower())))

    def to_json(self) -> dict[str, float]:
        """As Comprehend's `SentimentScore`."""
        return {name.capitalize(): round(share, 4) for name, share in asdict(self).items()}

    @classmethod
    def from_json(cls, score: Mapping[str, float]) -> Self:
        """From Comprehend's `SentimentScore`. Raises KeyError if it is not one."""
        return cls(score["Positive"], score["Negative"], score["Neutral"], score["Mixed"])


NOT_RATED = SentimentScore(0.0, 0.0, 0.0, 0.0)
"""Where nobody asked for the sentiment."""


def overall(scores: Sequence[SentimentScore], weights: Sequence[int]) -> SentimentScore:
    """The weighted mean, in which what speaks for both sides is mixed, however pure each segment is."""
    total = sum(weights)

    def mean(values: Iterator[float]) -> float:
        return sum(value * weight for value, weight in zip(values, weights, strict=True)) / total

    return with_mixed(
        mean(score.positive for score in scores),
        mean(score.negative for score in scores),
        mean(score.mixed for score in scores),
    )


def with_mixed(positive: float, negative: float, mixed: float) -> SentimentScore:
    """Move the same amount from both sides to mixed, which then outweighs a side not twice as strong as the other."""
    both = positive * negative / (positive + negative) if positive and negative else 0.0
    mixed += 2 * both
    positive, negative = positive - both, negative - both
    return SentimentScore(positive, negative, max(0.0, 1 - positive - negative - mixed), mixed)


@dataclass(frozen=True, slots=True)
class SegmentSentiment:
    """The sentiment of one segment: times in seconds, the text it was read from."""

    start: float
    end: float
    text: str
    score: SentimentScore
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class KeyPhrase:
    """A phrase that matters, how sure the engine is (0 to 1), and when it was said (seconds, in order)."""

    text: str
    score: float
    times: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing: `kind` is Comprehend's `Type` (PERSON, LOCATION, …); `times` as for key phrases."""

    text: str
    kind: str
    score: float
    times: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetedSentiment:
    """The feeling towards one thing that is named: `kind` is Comprehend's type, `times` as for key phrases."""

    text: str
    kind: str
    score: SentimentScore
    times: tuple[float, ...] = ()


def _rated(score: SentimentScore) -> dict[str, Any]:
    label = None if score == NOT_RATED else score.label.value
    return {"Sentiment": label, "SentimentScore": score.to_json()}


def _found(one: KeyPhrase | Entity, on_pages: bool) -> dict[str, Any]:
    return {"Text": one.text, "Score": round(one.score, 4), **places(one.times, on_pages)}


def places(times: Sequence[float], on_pages: bool) -> dict[str, Any]:
    """Where something stands, for a document: at moments, or on pages, each of which is told once."""
    return {"Pages": sorted({round(page) for page in times})} if on_pages else {"Times": list(times)}


def times_of(document: Mapping[str, Any]) -> tuple[float, ...]:
    """What `places` wrote."""
    return tuple(float(page) for page in document["Pages"]) if "Pages" in document else tuple(document["Times"])


@dataclass(frozen=True, slots=True)
class LanguageAnalysis:
    """Everything that a language engine found in one transcript.

    `language_code` is the dominant language with its `language_score` from 0 to 1. `entities` is None where the engine
    knows none (which is not the same as having found none). Where nobody asked for it, the `sentiment` is `NOT_RATED`,
    and there are no `segments`. What was written and not said stands `on_pages`: all times,
    starts and ends are the numbers of pages then.
    """

    engine: str
    language_code: str
    language_score: float
    sentiment: SentimentScore
    segments: tuple[SegmentSentiment, ...]
    key_phrases: tuple[KeyPhrase, ...] = ()
    entities: tuple[Entity, ...] | None = None
    targeted: tuple[TargetedSentiment, ...] = ()
    notes: tuple[Message, ...] = ()
    on_pages: bool = False

    @property
    def mood(self) -> Sentiment | None:
        """The sentiment of the whole, where it was asked for."""
        return None if self.sentiment == NOT_RATED else self.sentiment.label

    def to_json(self, talk_time: Mapping[str, float]) -> dict[str, Any]:
        """The `analysis.json` document; `talk_time` is seconds by speaker, empty where speakers are not known."""
        return {
            "Engine": self.engine,
            "DominantLanguage": {"LanguageCode": self.language_code, "Score": round(self.language_score, 4)},
            **_rated(self.sentiment),
            "Segments": [
                (
                    {"Page": round(one.start), "Text": one.text}
                    if self.on_pages
                    else {"StartTime": one.start, "EndTime": one.end, "Speaker": one.speaker, "Text": one.text}
                )
                | _rated(one.score)
                for one in self.segments
            ],
            "KeyPhrases": [_found(phrase, self.on_pages) for phrase in self.key_phrases],
            "Entities": None
            if self.entities is None
            else [{"Type": entity.kind, **_found(entity, self.on_pages)} for entity in self.entities],
            "TargetedSentiment": [
                {"Text": target.text, "Type": target.kind} | _rated(target.score) | places(target.times, self.on_pages)
                for target in self.targeted
            ],
            "TalkTime": {speaker: round(seconds, 2) for speaker, seconds in talk_time.items()},
            "Notes": [note.to_json() for note in self.notes],
            **({"OnPages": True} if self.on_pages else {}),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The analysis in an `analysis.json`, whose talk time is left to the transcript.

        Raises KeyError if the document is not one.
        """
        language, entities = document["DominantLanguage"], document["Entities"]
        return cls(
            engine=document["Engine"],
            language_code=language["LanguageCode"],
            language_score=language["Score"],
            sentiment=SentimentScore.from_json(document["SentimentScore"]),
            segments=tuple(
                SegmentSentiment(
                    float(segment["Page"] if "Page" in segment else segment["StartTime"]),
                    float(segment["Page"] if "Page" in segment else segment["EndTime"]),
                    segment["Text"],
                    SentimentScore.from_json(segment["SentimentScore"]),
                    segment.get("Speaker"),
                )
                for segment in document["Segments"]
            ),
            key_phrases=tuple(
                KeyPhrase(phrase["Text"], phrase["Score"], times_of(phrase)) for phrase in document["KeyPhrases"]
            ),
            entities=None
            if entities is None
            else tuple(
                Entity(entity["Text"], entity["Type"], entity["Score"], times_of(entity)) for entity in entities
            ),
            targeted=tuple(
                TargetedSentiment(
                    target["Text"],
                    target["Type"],
                    SentimentScore.from_json(target["SentimentScore"]),
                    times_of(target),
                )
                for target in document.get("TargetedSentiment", ())
            ),
            notes=tuple(map(Message.from_json, document["Notes"])),
            on_pages=document.get("OnPages", False),
        )


def passages(document: bytes) -> Iterator[Passage]:
    """The mood of each stretch of talk in a stored analysis, and how sure the engine is of it."""
    analysis = LanguageAnalysis.from_json(json.loads(document))
    for segment in analysis.segments:
        mood = segment.score.label.lower()
        place: Place = Page(round(segment.start)) if analysis.on_pages else Moment(segment.start, segment.end)
        yield Passage(segment.text, place, mood, getattr(segment.score, mood))
