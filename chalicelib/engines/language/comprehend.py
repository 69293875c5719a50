"""Amazon Comprehend as the language engine.

Limits and languages: https://docs.aws.amazon.com/comprehend/latest/dg/guidelines-and-limits.html and
https://docs.aws.amazon.com/comprehend/latest/dg/supported-languages.html
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from functools import partial
from itertools import chain
from operator import mul
from typing import Any, TypeVar

from chalicelib.clients.aws import Aws
from chalicelib.domain.analysis import (
    NOT_RATED,
    Entity,
    KeyPhrase,
    LanguageAnalysis,
    SegmentSentiment,
    SentimentScore,
    TargetedSentiment,
    overall,
)
from chalicelib.domain.batched import batched
from chalicelib.engines.comprehend import SERVICE, units
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant
from chalicelib.engines.refusals import of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineError, EngineFailed, LanguageNotRead
from chalicelib.message import Message
from chalicelib.seams.language import EVERYTHING, Reading
from chalicelib.settings import Settings, flag, setting
from chalicelib.speech.limits import Packed, cut, pack, size_of
from chalicelib.speech.transcripts import Segment, Transcript

_TEXT_BYTES = 5_000
_BATCH = 25
_PII_TEXT_BYTES = 100_000
_KEPT = 50
"""Of key phrases and of targets. More than this nobody reads; those said most often are kept."""

_TRIES = 2

_LANGUAGES = frozenset({"en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW"})
_PII_LANGUAGES = frozenset({"en", "es"})
_ENGLISH = frozenset({"en"})
_SCORES = ("Positive", "Negative", "Neutral", "Mixed")

_NO_ENDPOINT = Message(
    "no-endpoint",
    "%(service)s has no such entity recogniser at work. Its operator should check "
    "RAPPORTEUR_COMPREHEND_ENTITY_RECOGNIZER and that this endpoint is in service.",
).of(service=SERVICE)
_TOO_LARGE = Message("text-too-large", "%(service)s takes less text at once than it says it does.").of(service=SERVICE)
_REFUSALS: Mapping[str, Callable[[], EngineFailed]] = {
    "UnsupportedLanguageException": partial(
        LanguageNotRead,
        Message("language-not-known", "%(service)s does not know the language of this recording.").of(service=SERVICE),
    ),
    "ResourceNotFoundException": partial(EngineFailed, _NO_ENDPOINT),
    "ResourceUnavailableException": partial(EngineFailed, _NO_ENDPOINT),
    "TextSizeLimitExceededException": partial(EngineFailed, _TOO_LARGE),
    "BatchSizeLimitExceededException": partial(EngineFailed, _TOO_LARGE),
}
"""What another try would not mend, by AWS's error code."""

_NOT_READ = Message(
    "language-not-analyzed", "%(service)s does not know the language of this recording (%(languages)s)."
)
_LANGUAGES_LEFT_OUT = Message(
    "languages-left-out",
    "%(service)s does not know every language of this recording: the analysis is without %(languages)s.",
)
_NOTHING_READ = Message("nothing-read", "%(service)s could read nothing of what was said.")
_UNREAD = Message(
    "partly-unread", "%(service)s could not read a part of what was said; the analysis is without it."
).of(service=SERVICE)
_TEXTS_FAILED = Message("texts-failed", "%(service)s failed for %(count)s of %(number)s texts.")
_NOT_LOOKED_FOR = Message("not-looked-for", "%(what)s could not be looked for: %(reason)s")
_NOT_IN_LANGUAGE = Message("not-in-this-language", "%(service)s cannot in this recording's language (%(languages)s).")
_KEY_PHRASES = Message("key-phrases", "Key phrases")
_ENTITIES = Message("entities", "Entities")
_CUSTOM_ENTITIES = Message("custom-entities", "Entities of the custom recogniser")
_FEELINGS = Message("feelings", "Feelings towards what is named")
_PERSONAL_DATA = Message("personal-data", "Personal data")
_PERSONAL_DATA_SAID = Message("personal-data-said", "Personal data was said, by kind and number of times: %(kinds)s.")

_FINAL = re.compile("SIZE|LANGUAGE|INVALID|UNSUPPORTED", re.IGNORECASE)
"""In the error codes of single texts of a batch, which AWS lists nowhere; anything else may pass at another try."""

_Answer = Mapping[str, Any]
_T = TypeVar("_T")


SERVICES = ("comprehend",)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set."""

    comprehend_targeted_sentiment: bool = flag("whether Comprehend also rates the sentiment towards each thing named")
    comprehend_pii: bool = flag("whether Comprehend also finds personal data")
    comprehend_entity_recognizer: str | None = setting(
        "endpoint of a custom entity recogniser of Comprehend", r"arn:\S+", default=None
    )


def create(context: EngineContext) -> "ComprehendAnalyzer":
    """The language engine."""
    return ComprehendAnalyzer(context.aws, context.settings.options(Options))


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`."""
    actions = [f"comprehend:BatchDetect{what}" for what in ("DominantLanguage", "Sentiment", "KeyPhrases", "Entities")]
    options = settings.options(Options)
    if options.comprehend_targeted_sentiment:
        actions.append("comprehend:BatchDetectTargetedSentiment")
    if options.comprehend_pii:
        actions.append("comprehend:DetectPiiEntities")
    endpoint = options.comprehend_entity_recognizer
    custom = (Grant(("comprehend:DetectEntities",), (endpoint,)),) if endpoint else ()
    return EngineGrants(work=(Grant(tuple(actions), ANYTHING), *custom))


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. Units of 100 characters, at least three a text, for each question anew."""
    if work.transcript is None or not work.transcript.segments:
        return {}
    options = work.settings.options(Options)
    pieces = [text for segment in work.transcript.segments for text in cut(segment.text, _TEXT_BYTES)]
    packed = units(text.text for text in pack(pieces, _TEXT_BYTES))
    wanted = work.asset.ai
    questions = sum(map(bool, (wanted.keyphrase, wanted.entity, work.transcript.language is None)))
    used = {"comprehend.unit": (units(pieces) if wanted.sentiment else 0) + packed * questions}
    if options.comprehend_pii:
        used["comprehend.unit"] += packed
    if options.comprehend_targeted_sentiment and wanted.sentiment:
        used["comprehend.targeted"] = packed
    return {item: Decimal(units) for item, units in used.items()}


@dataclass(frozen=True, slots=True)
class _Piece:
    """The text of a segment, which is the `number`-th; or a part of it, from `offset` on, where it is too long."""

    number: int
    segment: Segment
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class _Spoken:
    """All that was said in one language, which `texts` hold in as few as may be: a call takes one language only."""

    language: str
    pieces: Sequence[_Piece]
    texts: Sequence[Packed]


@dataclass(frozen=True, slots=True)
class _Found:
    """Something that Comprehend found, and when it was said (seconds)."""

    answer: _Answer
    time: float


@dataclass(frozen=True)
class ComprehendAnalyzer:
    """Sends a transcript in as few calls as its limits allow, and brings what comes back to its times."""

    aws: Aws
    options: Options

    def analyze(self, transcript: Transcript, wanted: frozenset[Reading] = EVERYTHING) -> LanguageAnalysis:
        """See the seam. Where the sentiment is wanted there is no analysis without; whatever else is refused for good
        is noted.
        """
        notes: list[Message] = []
        language, score = self._language(transcript, notes)
        parts = _parts(transcript.segments, language)
        known = [part for part in parts if part.language in _LANGUAGES]
        unknown = tuple(part.language for part in parts if part.language not in _LANGUAGES)
        if not known:
            raise LanguageNotRead(_NOT_READ.of(service=SERVICE, languages=unknown))
        if unknown:
            notes.append(_LANGUAGES_LEFT_OUT.of(service=SERVICE, languages=unknown))
        is_rated = Reading.SENTIMENT in wanted
        moods = self._moods(known, notes) if is_rated else {}
        rated = [(segment, moods[number]) for number, segment in enumerate(transcript.segments) if number in moods]
        if is_rated and not rated:
            raise EngineFailed(_NOTHING_READ.of(service=SERVICE))
        phrases = None
        if Reading.KEY_PHRASES in wanted:
            phrases = _or_noted(_KEY_PHRASES, lambda: self._key_phrases(known, notes), notes)
        entities = self._entities(known, notes) if Reading.ENTITIES in wanted else None
        targeted = self._targeted(known, notes) if is_rated else None
        self._note_personal_data(known, notes)
        return LanguageAnalysis(
            engine="comprehend",
            language_code=language,
            language_score=score,
            sentiment=overall([mood for _, mood in rated], [len(segment.words) for segment, _ in rated])
            if is_rated
            else NOT_RATED,
            segments=tuple(
                SegmentSentiment(segment.start, segment.end, segment.text, mood, segment.speaker)
                for segment, mood in rated
            ),
            key_phrases=tuple(phrases or ()),
            entities=entities,
            targeted=tuple(targeted or ()),
            notes=tuple(dict.fromkeys(notes)),
        )

    def _language(self, transcript: Transcript, notes: list[Message]) -> tuple[str, float]:
        """Comprehend's code of the dominant language, and how sure that is (0 to 1; 1 where the transcript says it)."""
        if transcript.language:
            return language_of(transcript.language), 1.0
        pieces = [text for segment in transcript.segments for text in cut(segment.text, _TEXT_BYTES)]
        texts = [packed.text for packed in pack(pieces, _TEXT_BYTES)[:_BATCH]]
        votes: Counter[str] = Counter()
        answers = self._each(self.aws.comprehend.batch_detect_dominant_language, texts, notes)
        for text, answer in zip(texts, answers, strict=True):
            for found in answer["Languages"] if answer else ():
                votes[found["LanguageCode"]] += found["Score"] * size_of([text])
        code, weight = votes.most_common(1)[0] if votes else ("und", 0.0)
        return code, min(1.0, weight / size_of(texts))

    def _moods(self, parts: Sequence[_Spoken], notes: list[Message]) -> dict[int, SentimentScore]:
        """The sentiment of each segment, by its number: that of its one piece, or the mean of its pieces by bytes."""
        rated: dict[int, list[tuple[SentimentScore, int]]] = {}
        for part in parts:
            texts = [piece.text for piece in part.pieces]
            answers = self._each(self.aws.comprehend.batch_detect_sentiment, texts, notes, LanguageCode=part.language)
            for piece, answer in zip(part.pieces, answers, strict=True):
                if answer is not None:
                    weighed = _score(answer["SentimentScore"]), size_of([piece.text])
                    rated.setdefault(piece.number, []).append(weighed)
        return {number: _mean(scores) for number, scores in rated.items()}

    def _key_phrases(self, parts: Sequence[_Spoken], notes: list[Message]) -> list[KeyPhrase]:
        """The key phrases said most often, each once with all its times."""
        found = self._found(self.aws.comprehend.batch_detect_key_phrases, "KeyPhrases", parts, notes)
        merged = _merged(found, lambda answer: answer["Text"].casefold())
        phrases = [KeyPhrase(best["Text"], best["Score"], times) for best, times in merged]
        return sorted(phrases, key=lambda phrase: (-len(phrase.times), -phrase.score))[:_KEPT]

    def _entities(self, parts: Sequence[_Spoken], notes: list[Message]) -> tuple[Entity, ...] | None:
        """Comprehend's own entities and those of the custom recogniser; None if neither could be looked for."""
        builtin = _or_noted(
            _ENTITIES, lambda: self._found(self.aws.comprehend.batch_detect_entities, "Entities", parts, notes), notes
        )
        custom = None
        if self.options.comprehend_entity_recognizer is not None:
            custom = _or_noted(_CUSTOM_ENTITIES, lambda: list(self._custom_entities(parts)), notes)
        if builtin is None and custom is None:
            return None
        merged = _merged(
            [*(builtin or ()), *(custom or ())], lambda answer: (answer["Text"].casefold(), answer["Type"])
        )
        return tuple(Entity(best["Text"], best["Type"], best["Score"], times) for best, times in merged)

    def _custom_entities(self, parts: Sequence[_Spoken]) -> Iterator[_Found]:
        """One call a text: there is no batch call with an endpoint."""
        endpoint = self.options.comprehend_entity_recognizer
        for part in parts:
            for text in part.texts:
                answer = _call(self.aws.comprehend.detect_entities, Text=text.text, EndpointArn=endpoint)
                yield from (_Found(found, _time(part, text, found["BeginOffset"])) for found in answer["Entities"])

    def _targeted(self, parts: Sequence[_Spoken], notes: list[Message]) -> list[TargetedSentiment] | None:
        if not self.options.comprehend_targeted_sentiment:
            return None
        spoken = _in_languages(parts, _ENGLISH, _FEELINGS, notes)
        return _or_noted(_FEELINGS, lambda: self._targets(spoken, notes), notes)

    def _targets(self, parts: Sequence[_Spoken], notes: list[Message]) -> list[TargetedSentiment]:
        """The feelings towards what is named most often. It is one thing where its best name and its type are."""
        named: dict[tuple[str, str], list[tuple[_Answer, _Found]]] = {}
        found = self._found(self.aws.comprehend.batch_detect_targeted_sentiment, "Entities", parts, notes, _mentions)
        for mention in found:
            name = mention.answer["Name"]
            named.setdefault((name["Text"].casefold(), name["Type"]), []).append((name, mention))
        targets = []
        for group in named.values():
            scores = [_score(mention.answer["MentionSentiment"]["SentimentScore"]) for _, mention in group]
            times = tuple(sorted({mention.time for _, mention in group}))
            name = group[0][0]
            targets.append(TargetedSentiment(name["Text"], name["Type"], overall(scores, [1] * len(scores)), times))
        return sorted(targets, key=lambda target: -len(target.times))[:_KEPT]

    def _note_personal_data(self, parts: Sequence[_Spoken], notes: list[Message]) -> None:
        """How much of what kind was said, never what."""
        if not self.options.comprehend_pii:
            return
        spoken = _in_languages(parts, _PII_LANGUAGES, _PERSONAL_DATA, notes)
        kinds = _or_noted(_PERSONAL_DATA, lambda: Counter(self._personal_kinds(spoken)), notes)
        if kinds:
            counted = tuple(f"{kind} {count}" for kind, count in sorted(kinds.items()))
            notes.append(_PERSONAL_DATA_SAID.of(kinds=counted))

    def _personal_kinds(self, parts: Sequence[_Spoken]) -> Iterator[str]:
        for part in parts:
            for text in pack([piece.text for piece in part.pieces], _PII_TEXT_BYTES):
                answer = _call(self.aws.comprehend.detect_pii_entities, Text=text.text, LanguageCode=part.language)
                yield from (entity["Type"] for entity in answer["Entities"])

    def _found(
        self,
        call: Callable[..., Any],
        what: str,
        parts: Sequence[_Spoken],
        notes: list[Message],
        each: Callable[[_Answer], Iterable[_Answer]] = lambda answer: [answer],
    ) -> list[_Found]:
        """What a batch `call` lists as `what`, with its times; `each` takes apart what stands for several things."""
        found = []
        for part in parts:
            answers = self._each(call, [text.text for text in part.texts], notes, LanguageCode=part.language)
            for text, answer in zip(part.texts, answers, strict=True):
                for one in chain.from_iterable(map(each, answer[what] if answer else ())):
                    if _is_in_one(part, text, one):
                        found.append(_Found(one, _time(part, text, one["BeginOffset"])))
        return found

    def _each(
        self, call: Callable[..., Any], texts: Sequence[str], notes: list[Message], **more: str
    ) -> list[_Answer | None]:
        """The answer of a batch `call` to each of `texts`; None, and a note, for one that it can never read.

        What failed in a batch is asked once more, alone. Raises EngineError if a text fails again.
        """
        answers: list[_Answer | None] = []
        for batch in batched(texts, _BATCH):
            found: dict[int, _Answer | None] = {}
            for _ in range(_TRIES):
                missing = [index for index in range(len(batch)) if index not in found]
                if not missing:
                    break
                answer = _call(call, TextList=[batch[index] for index in missing], **more)
                found |= {missing[result["Index"]]: result for result in answer["ResultList"]}
                final = [error for error in answer["ErrorList"] if _FINAL.search(error.get("ErrorCode", ""))]
                found |= {missing[error["Index"]]: None for error in final}
            if len(found) < len(batch):
                raise EngineError(_TEXTS_FAILED.of(service=SERVICE, count=len(batch) - len(found), number=len(batch)))
            answers += [found[index] for index in range(len(batch))]
        if None in answers:
            notes.append(_UNREAD)
        return answers


def language_of(code: str) -> str:
    """Comprehend's code for one of Transcribe's ("en-US" is "en"; traditional Chinese has a code of its own)."""
    if code in {"zh-TW", "zh-HK"}:
        return "zh-TW"
    return code.partition("-")[0].lower()


def _call(operation: Callable[..., Any], **parameters: object) -> _Answer:
    """One call to Comprehend, with what it refuses raised as ours."""
    with of_service(SERVICE, _REFUSALS):
        answer: _Answer = operation(**parameters)
    return answer


def _or_noted(what: Message, find: Callable[[], _T], notes: list[Message]) -> _T | None:
    """What `find` finds; or None, and a note, if it is refused for good."""
    try:
        return find()
    except EngineFailed as exc:
        notes.append(_NOT_LOOKED_FOR.of(what=what, reason=exc.failure))
        return None


def _in_languages(
    parts: Sequence[_Spoken], languages: frozenset[str], what: Message, notes: list[Message]
) -> Sequence[_Spoken]:
    """Those of `parts` in which `what` can be looked for; a note names the languages in which it cannot."""
    lacking = tuple(part.language for part in parts if part.language not in languages)
    if lacking:
        reason = _NOT_IN_LANGUAGE.of(service=SERVICE, languages=lacking)
        notes.append(_NOT_LOOKED_FOR.of(what=what, reason=reason))
    return [part for part in parts if part.language in languages]


def _parts(segments: Sequence[Segment], language: str) -> list[_Spoken]:
    """What was said, by Comprehend's code of its language; `language` is that of segments that do not say theirs."""
    spoken: dict[str, list[_Piece]] = {}
    for number, segment in enumerate(segments):
        own = language_of(segment.language) if segment.language else language
        spoken.setdefault(own, []).extend(_pieces(number, segment))
    return [_Spoken(own, pieces, pack([piece.text for piece in pieces], _TEXT_BYTES)) for own, pieces in spoken.items()]


def _pieces(number: int, segment: Segment) -> Iterator[_Piece]:
    offset = 0
    for text in cut(segment.text, _TEXT_BYTES):
        yield _Piece(number, segment, text, offset)
        offset += len(text)


def _score(score: Mapping[str, float]) -> SentimentScore:
    return SentimentScore.from_json({name: float(score.get(name, 0.0)) for name in _SCORES})


def _mean(scores: Sequence[tuple[SentimentScore, int]]) -> SentimentScore:
    """The mean by weight, label by label: what Comprehend would have said of the whole, as near as can be told."""
    weights = [weight for _, weight in scores]
    labels = zip(*(astuple(score) for score, _ in scores), strict=True)
    return SentimentScore(*(sum(map(mul, values, weights)) / sum(weights) for values in labels))


def _is_in_one(part: _Spoken, text: Packed, found: _Answer) -> bool:
    """Whether what was found stands in one segment: two that follow one another make no name and no phrase."""
    begin = found["BeginOffset"]
    end = max(begin, found.get("EndOffset", begin + len(found.get("Text", ""))) - 1)
    first, last = (part.pieces[text.place(offset)[0]].number for offset in (begin, end))
    return first == last


def _time(part: _Spoken, text: Packed, offset: int) -> float:
    """When the word at the character `offset` of `text` was said, in seconds."""
    number, within = text.place(offset)
    piece = part.pieces[number]
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


def _mentions(entity: _Answer) -> Iterator[_Answer]:
    """The mentions of one thing, each with the one that names it best (others may be "it" or "my")."""
    mentions = entity["Mentions"]
    best = next(iter(entity.get("DescriptiveMentionIndex", ())), 0)
    return ({**mention, "Name": mentions[best]} for mention in mentions)


def _merged(found: Iterable[_Found], same: Callable[[_Answer], object]) -> list[tuple[_Answer, tuple[float, ...]]]:
    """What is the `same`, once: the surest answer and all times, in order."""
    groups: dict[object, list[_Found]] = {}
    for one in found:
        groups.setdefault(same(one.answer), []).append(one)
    return [
        (max((one.answer for one in group), key=lambda answer: answer["Score"]), tuple(sorted({o.time for o in group})))
        for group in groups.values()
    ]
