"""Amazon Comprehend as the detector of what was said to hurt.

It knows English only, and takes ten texts of a kilobyte each at a time:
https://docs.aws.amazon.com/comprehend/latest/APIReference/API_DetectToxicContent.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final

from chalicelib.clients.aws import Aws
from chalicelib.domain.batched import batched
from chalicelib.engines.comprehend import SERVICE, units
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant
from chalicelib.engines.refusals import of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineFailed, LanguageNotRead
from chalicelib.message import Message
from chalicelib.settings import Settings
from chalicelib.speech.limits import cut
from chalicelib.speech.toxicity import ToxicKind, ToxicSpan, spans_of
from chalicelib.speech.transcripts import Segment, Transcript

_TEXT_BYTES = 1_000
_BATCH = 10
_ENGLISH: Final = "en"
_PERCENT = 100

_KINDS: Mapping[str, ToxicKind] = {
    "GRAPHIC": ToxicKind.GRAPHIC,
    "HARASSMENT_OR_ABUSE": ToxicKind.HARASSMENT,
    "HATE_SPEECH": ToxicKind.HATE_SPEECH,
    "INSULT": ToxicKind.INSULT,
    "PROFANITY": ToxicKind.PROFANITY,
    "SEXUAL": ToxicKind.SEXUAL,
    "VIOLENCE_OR_THREAT": ToxicKind.THREAT,
}
"""Its kinds in our words; what it may add later is told as something of the sort."""

_NOT_ENGLISH = Message("toxicity-english-only", "%(service)s can find them in English only.").of(service=SERVICE)
_NOT_TAKEN = Message("toxicity-text-too-large", "A sentence of it is longer than %(service)s takes.").of(
    service=SERVICE
)
_REFUSALS: Mapping[str, Callable[[], EngineFailed]] = {
    "UnsupportedLanguageException": partial(LanguageNotRead, _NOT_ENGLISH),
    "TextSizeLimitExceededException": partial(EngineFailed, _NOT_TAKEN),
}
"""What another try would not mend, by AWS's error code."""

SERVICES = ("comprehend",)


def create(context: EngineContext) -> "ComprehendToxicity":
    """The detector."""
    return ComprehendToxicity(context.aws, context.settings.toxicity_confidence / _PERCENT)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`."""
    del place, settings
    return EngineGrants(work=(Grant(("comprehend:DetectToxicContent",), ANYTHING),))


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. Units of 100 characters, at least three a text."""
    if not work.asset.ai.toxicity or work.transcript is None:
        return {}
    texts = [text for segment in _english(work.transcript) for text in cut(segment.text, _TEXT_BYTES)]
    return {"comprehend.toxicity": Decimal(units(texts))} if texts else {}


@dataclass(frozen=True, slots=True)
class ComprehendToxicity:
    """Asks about each sentence; `least` is how sure Comprehend has to be of a kind (0 to 1)."""

    aws: Aws
    least: float

    def detect(self, transcript: Transcript) -> tuple[ToxicSpan, ...]:
        """See the seam. Of a recording in several languages what is in English is looked through.

        Where nobody has named a language it is taken for English: Comprehend answers whatever it is asked about.
        """
        segments = _english(transcript)
        if not segments:
            raise LanguageNotRead(_NOT_ENGLISH)
        scores: dict[int, dict[ToxicKind, float]] = {}
        texts = [(number, text) for number, segment in enumerate(segments) for text in cut(segment.text, _TEXT_BYTES)]
        for batch in batched(texts, _BATCH):
            answer = self._ask([text for _, text in batch])
            for (number, _), rating in zip(batch, answer["ResultList"], strict=True):
                found = scores.setdefault(number, {})
                for kind, score in _scores(rating).items():
                    found[kind] = max(score, found.get(kind, 0.0))
        return tuple(
            span for number, segment in enumerate(segments) for span in spans_of(segment, scores[number], self.least)
        )

    def _ask(self, texts: Sequence[str]) -> Mapping[str, Any]:
        with of_service(SERVICE, _REFUSALS):
            answer: Mapping[str, Any] = self.aws.comprehend.detect_toxic_content(
                TextSegments=[{"Text": text} for text in texts], LanguageCode=_ENGLISH
            )
        return answer


def _english(transcript: Transcript) -> list[Segment]:
    whole = transcript.language or _ENGLISH
    return [one for one in transcript.segments if _is_english(one.language or whole)]


def _is_english(code: str) -> bool:
    return code.partition("-")[0].lower() == _ENGLISH


def _scores(rating: Mapping[str, Any]) -> dict[ToxicKind, float]:
    found = {ToxicKind.TOXIC: float(rating.get("Toxicity", 0.0))}
    for label in rating.get("Labels", ()):
        kind = _KINDS.get(label.get("Name", ""), ToxicKind.TOXIC)
        found[kind] = max(float(label.get("Score", 0.0)), found.get(kind, 0.0))
    return found
