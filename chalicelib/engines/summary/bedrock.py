"""A model of Amazon Bedrock as the summarizer, through its Converse API.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from chalicelib.clients.aws import Aws
from chalicelib.engines.bedrock import BYTES_A_TOKEN, NO_MODEL, SERVICE, SERVICES, grants_of, plain
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import AwsPlace, EngineGrants
from chalicelib.engines.refusals import of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineFailed, SettingsError
from chalicelib.message import Message
from chalicelib.settings import Settings, setting
from chalicelib.speech import summary_prompt
from chalicelib.speech.limits import size_of
from chalicelib.speech.summaries import Summary
from chalicelib.speech.transcripts import Transcript

_PIECE_BYTES = 24_000
"""About 6,000 tokens of English, or as many of Korean: every model of Bedrock takes that much with ease."""

_MAX_TOKENS = 1_000
_OWN_TOKENS = 250
"""What our instructions come to, and about what a summary does."""

_DECLINED = Message("summary-declined", "The model declined to sum up this recording.")
_NOTHING_SAID = Message("summary-empty", "The model gave no summary.")
_REFUSALS = frozenset({"guardrail_intervened", "content_filtered"})

__all__ = ["SERVICES", "BedrockSummarizer", "Options", "charges", "create", "grants"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set."""

    bedrock_model: str | None = setting("model or inference profile of Bedrock that sums up", r"\S+", default=None)


def create(context: EngineContext) -> "BedrockSummarizer":
    """The summarizer. Raises SettingsError without a model."""
    model = context.settings.options(Options).bedrock_model
    if model is None:
        raise SettingsError("Summaries by Bedrock need RAPPORTEUR_BEDROCK_MODEL: a model id or an inference profile.")
    return BedrockSummarizer(context.aws, model)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`."""
    return grants_of(settings.options(Options).bedrock_model or "", place)


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. Tokens are guessed: four bytes of UTF-8 make about one, in any script."""
    model = plain(work.settings.options(Options).bedrock_model or "")
    said = size_of(segment.text for segment in work.transcript.segments) if work.transcript else 0
    if not said:
        return {}
    pieces = -(-said // _PIECE_BYTES)
    sums = pieces + (1 if pieces > 1 else 0)
    tokens = Decimal(said) / BYTES_A_TOKEN + _OWN_TOKENS * sums
    return {f"bedrock.{model}.input": tokens / 1000, f"bedrock.{model}.output": Decimal(_OWN_TOKENS * sums) / 1000}


@dataclass(frozen=True)
class BedrockSummarizer:
    """Sums up piece by piece and then the sums, until one is left: nothing is ever cut away."""

    aws: Aws
    model: str
    piece_bytes: int = _PIECE_BYTES

    def summarize(self, transcript: Transcript) -> Summary:
        """See the seam."""
        texts = summary_prompt.packed(summary_prompt.spoken(transcript), self.piece_bytes)
        while len(texts) > 1:
            # Each round is far shorter than the last: a piece of many thousand bytes becomes 150 words.
            texts = summary_prompt.packed([self._sum_up(text) for text in texts], self.piece_bytes)
        return Summary(self._sum_up(texts[0]))

    def _sum_up(self, text: str) -> str:
        unknown = partial(EngineFailed, NO_MODEL.of(service=SERVICE, model=self.model))
        with of_service(SERVICE, {"ResourceNotFoundException": unknown}):
            answer = self.aws.bedrock.converse(
                modelId=self.model,
                system=[{"text": summary_prompt.SYSTEM}],
                messages=[{"role": "user", "content": [{"text": summary_prompt.fenced(text)}]}],
                inferenceConfig={"maxTokens": _MAX_TOKENS, "temperature": 0.2},
            )
        if answer["stopReason"] in _REFUSALS:
            raise EngineFailed(_DECLINED)
        written = "".join(block.get("text", "") for block in answer["output"].get("message", {}).get("content", []))
        summary = summary_prompt.readable(written)
        if not summary:
            raise EngineFailed(_NOTHING_SAID)
        return summary
