"""Amazon Comprehend as the language engine.

Limits and languages: https://docs.aws.amazon.com/comprehend/latest/dg/guidelines-and-limits.html and
https://docs.aws.amazon.com/comprehend/latest/dg/supported-languages.html
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.analysis import (
    Entity,
    KeyPhrase,
    LanguageAnalysis,
    SegmentSentiment,
    SentimentScore,
    TargetedSentiment,
    overall,
)
from chalicelib.aws import Aws
from chalicelib.engines.answers import of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineError, EngineFailed
from chalicelib.settings import Settings
from chalicelib.texts import Packed, batches, cut, pack
from chalicelib.transcripts import Segment, Transcript

_SERVICE = "Amazon Comprehend"
_TEXT_BYTES = 5_000
_BATCH = 25
_TOXIC_TEXT_BYTES = 1_000
_TOXIC_BATCH = 10
_TOXIC = 0.5
_PII_TEXT_BYTES = 100_000
_KEPT_PHRASES = 50
"""More than this nobody reads; the best are kept."""

_LANGUAGES = frozenset({"en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW"})
_PII_LANGUAGES = frozenset({"en", "es"})
_ENGLISH = frozenset({"en"})
_SCORES = ("Positive", "Negative", "Neutral", "Mixed")


def create(context: EngineContext) -> "ComprehendAnalyzer":
    """The language engine."""
    return ComprehendAnalyzer(context.aws, context.settings)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A segment's text, or, where that is too long for one call, a part of it that begins at `offset`."""

    segment: Segment
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class _Found:
    """Something that Comprehend found, and when it was said (seconds)."""

    answer: Mapping[str, Any]
    time: float


@dataclass(frozen=True)
class ComprehendAnalyzer:
    """Sends a transcript in as few calls as its limits allow, and brings what comes back to its times."""

    aws: Aws
    settings: Settings

    def analyze(self, transcript: Transcript) -> LanguageAnalysis:
        """See the seam."""
        pieces = [piece for segment in transcript.segments for piece in _pieces(segment)]
        texts = pack([piece.text for piece in pieces], _TEXT_BYTES)
        with of_service(_SERVICE):
            language, score = self._language(transcript, texts)
            if language not in _LANGUAGES:
                raise EngineFailed(
                    f"{_SERVICE} does not know the language of this recording ({language}).", "language-not-supported"
                )
            client = self.aws.comprehend
            moods = self._each(client.batch_detect_sentiment, [piece.text for piece in pieces], language)
            segments = tuple(_moods(transcript, pieces, [_score(mood["SentimentScore"]) for mood in moods]))
            phrases = self._found(client.batch_detect_key_phrases, "KeyPhrases", pieces, texts, language)
            entities = list(self._entities(pieces, texts, language))
            targets, notes = self._options(pieces, texts, language)
        return LanguageAnalysis(
            engine="comprehend",
            language_code=language,
            language_score=score,
            sentiment=overall(
                [segment.score for segment in segments], [len(segment.words) for segment in transcript.segments]
            ),
            segments=segments,
            key_phrases=tuple(_phrases(phrases)),
            entities=tuple(_merged_entities(entities)),
            targeted=tuple(targets),
            notes=tuple(notes),
        )

    def _language(self, transcript: Transcript, texts: Sequence[Packed]) -> tuple[str, float]:
        """Comprehend's code of the dominant language, and how sure that is (0 to 1; 1 where the transcript says it)."""
        if transcript.language:
            return language_of(transcript.language), 1.0
        answers = self._each(self.aws.comprehend.batch_detect_dominant_language, [text.text for text in texts[:_BATCH]])
        votes: Counter[str] = Counter()
        for text, answer in zip(texts, answers, strict=False):
            for found in answer["Languages"]:
                votes[found["LanguageCode"]] += found["Score"] * len(text.text.encode())
        total = sum(len(text.text.encode()) for text in texts[:_BATCH])
        code, weight = votes.most_common(1)[0] if votes else ("und", 0.0)
        return code, min(1.0, weight / total)

    def _entities(self, pieces: Sequence[_Piece], texts: Sequence[Packed], language: str) -> Iterator[_Found]:
        client = self.aws.comprehend
        yield from self._found(client.batch_detect_entities, "Entities", pieces, texts, language)
        endpoint = self.settings.comprehend_entity_recognizer
        if endpoint is not None:
            for text in texts:
                answer: Mapping[str, Any] = client.detect_entities(Text=text.text, EndpointArn=endpoint)
                yield from (_Found(found, _time(pieces, text, found["BeginOffset"])) for found in answer["Entities"])

    def _options(
        self, pieces: Sequence[_Piece], texts: Sequence[Packed], language: str
    ) -> tuple[list[TargetedSentiment], list[str]]:
        """What the settings ask for beside; what Comprehend does not know in this language is noted."""
        targets: list[TargetedSentiment] = []
        notes: list[str] = []
        for wanted, what, languages in (
            (self.settings.comprehend_targeted_sentiment, "the feeling towards what is named", _ENGLISH),
            (self.settings.comprehend_pii, "personal data", _PII_LANGUAGES),
            (self.settings.comprehend_toxicity, "toxic speech", _ENGLISH),
        ):
            if wanted and language not in languages:
                notes.append(f"{_SERVICE} cannot look for {what} in this recording's language ({language}).")
        if self.settings.comprehend_targeted_sentiment and language in _ENGLISH:
            targets = list(self._targets(pieces, texts, language))
        if self.settings.comprehend_pii and language in _PII_LANGUAGES:
            notes += self._personal_data(pieces, language)
        if self.settings.comprehend_toxicity and language in _ENGLISH:
            notes += self._toxic(pieces, language)
        return targets, notes

    def _targets(self, pieces: Sequence[_Piece], texts: Sequence[Packed], language: str) -> Iterator[TargetedSentiment]:
        answers = self._each(self.aws.comprehend.batch_detect_targeted_sentiment, [t.text for t in texts], language)
        for text, answer in zip(texts, answers, strict=True):
            for entity in answer["Entities"]:
                mentions = entity["Mentions"]
                first = mentions[next(iter(entity.get("DescriptiveMentionIndex", [])), 0)]
                scores = [_score(mention["MentionSentiment"]["SentimentScore"]) for mention in mentions]
                times = sorted({_time(pieces, text, mention["BeginOffset"]) for mention in mentions})
                yield TargetedSentiment(first["Text"], first["Type"], overall(scores, [1] * len(scores)), tuple(times))

    def _personal_data(self, pieces: Sequence[_Piece], language: str) -> list[str]:
        """How much of what kind was said, never what."""
        kinds: Counter[str] = Counter()
        for text in pack([piece.text for piece in pieces], _PII_TEXT_BYTES):
            answer = self.aws.comprehend.detect_pii_entities(Text=text.text, LanguageCode=language)  # type: ignore[arg-type]
            kinds.update(entity["Type"] for entity in answer["Entities"])
        if not kinds:
            return []
        listed = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        return [f"Personal data was said, by kind and number of times: {listed}."]

    def _toxic(self, pieces: Sequence[_Piece], language: str) -> list[str]:
        """When something was said that Comprehend thinks rather toxic than not."""
        parts = [(piece, part) for piece in pieces for part in cut(piece.text, _TOXIC_TEXT_BYTES)]
        times = []
        for start in range(0, len(parts), _TOXIC_BATCH):
            batch = parts[start : start + _TOXIC_BATCH]
            answer = self.aws.comprehend.detect_toxic_content(
                TextSegments=[{"Text": part} for _, part in batch],
                LanguageCode=language,  # type: ignore[arg-type]
            )
            rated = zip(batch, answer["ResultList"], strict=True)
            times += [piece.segment.start for (piece, _), rating in rated if rating["Toxicity"] >= _TOXIC]
        listed = ", ".join(f"{int(time) // 60}:{int(time) % 60:02}" for time in dict.fromkeys(times))
        return [f"Toxic speech may be heard at {listed} (minutes and seconds)."] if listed else []

    def _found(
        self,
        call: Callable[..., Any],
        what: str,
        pieces: Sequence[_Piece],
        texts: Sequence[Packed],
        language: str,
    ) -> list[_Found]:
        answers = self._each(call, [text.text for text in texts], language)
        return [
            _Found(found, _time(pieces, text, found["BeginOffset"]))
            for text, answer in zip(texts, answers, strict=True)
            for found in answer[what]
        ]

    def _each(
        self, call: Callable[..., Any], texts: Sequence[str], language: str | None = None
    ) -> list[Mapping[str, Any]]:
        """The answer of a batch `call` to each of `texts`. What failed in a batch is asked once more, alone.

        Raises EngineError if a text fails again.
        """
        more = {} if language is None else {"LanguageCode": language}
        answers: list[Mapping[str, Any]] = []
        for batch in batches(texts, _BATCH):
            found: dict[int, Mapping[str, Any]] = {}
            missing = list(range(len(batch)))
            for _ in range(2):
                answer = call(TextList=[batch[index] for index in missing], **more)
                found |= {missing[result["Index"]]: result for result in answer["ResultList"]}
                missing = [index for index in missing if index not in found]
                if not missing:
                    break
            else:
                raise EngineError(f"{_SERVICE} failed for {len(missing)} of {len(batch)} texts.")
            answers += [found[index] for index in range(len(batch))]
        return answers


def language_of(code: str) -> str:
    """Comprehend's code for one of Transcribe's ("en-US" is "en"; traditional Chinese has a code of its own)."""
    if code in {"zh-TW", "zh-HK"}:
        return "zh-TW"
    return code.partition("-")[0].lower()


def _pieces(segment: Segment) -> Iterator[_Piece]:
    offset = 0
    for text in cut(segment.text, _TEXT_BYTES):
        yield _Piece(segment, text, offset)
        offset += len(text)


def _score(score: Mapping[str, float]) -> SentimentScore:
    return SentimentScore.from_json({name: float(score.get(name, 0.0)) for name in _SCORES})


def _moods(
    transcript: Transcript, pieces: Sequence[_Piece], scores: Sequence[SentimentScore]
) -> Iterator[SegmentSentiment]:
    """The sentiment of each segment: that of its one piece, or the mean of its pieces by their length."""
    rated = list(zip(pieces, scores, strict=True))
    position = 0
    for segment in transcript.segments:
        own = []
        while position < len(rated) and rated[position][0].segment is segment:
            own.append(rated[position])
            position += 1
        weights = [len(piece.text) for piece, _ in own]
        total = sum(weights)
        mean = {
            name: sum(score.to_json()[name] * weight for (_, score), weight in zip(own, weights, strict=True)) / total
            for name in _SCORES
        }
        score = own[0][1] if len(own) == 1 else SentimentScore.from_json(mean)
        yield SegmentSentiment(segment.start, segment.end, segment.text, score, segment.speaker)


def _time(pieces: Sequence[_Piece], text: Packed, offset: int) -> float:
    """When the word at the character `offset` of `text` was said, in seconds."""
    number, within = text.place(offset)
    piece = pieces[number]
    wanted = piece.offset + within
    written = piece.segment.text
    position = 0
    said = piece.segment.start
    for word in piece.segment.words:
        position = max(written.find(word.text, position), position)
        if position > wanted:
            break
        said = word.start
        position += len(word.text)
    return said


def _phrases(found: Iterable[_Found]) -> list[KeyPhrase]:
    """The best key phrases, each once with all its times."""
    merged = _merged(found, lambda answer: answer["Text"].casefold())
    phrases = [KeyPhrase(best["Text"], best["Score"], times) for best, times in merged]
    return sorted(phrases, key=lambda phrase: (-len(phrase.times), -phrase.score))[:_KEPT_PHRASES]


def _merged_entities(found: Iterable[_Found]) -> list[Entity]:
    merged = _merged(found, lambda answer: (answer["Text"].casefold(), answer["Type"]))
    return [Entity(best["Text"], best["Type"], best["Score"], times) for best, times in merged]


def _merged(
    found: Iterable[_Found], same: Callable[[Mapping[str, Any]], object]
) -> list[tuple[Mapping[str, Any], tuple[float, ...]]]:
    """What is the `same`, once: the surest answer and all times, in order."""
    groups: dict[object, list[_Found]] = {}
    for one in found:
        groups.setdefault(same(one.answer), []).append(one)
    return [
        (max((one.answer for one in group), key=lambda answer: answer["Score"]), tuple(sorted({o.time for o in group})))
        for group in groups.values()
    ]
