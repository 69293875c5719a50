"""A model of Amazon Bedrock, to find what answers a question, through its Converse API.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from chalicelib.clients.aws import Aws
from chalicelib.engines.answering import _prompt
from chalicelib.engines.bedrock import BYTES_A_TOKEN, NO_MODEL, SERVICE, SERVICES, grants_of, plain
from chalicelib.engines.chat import object_in
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import AwsPlace, EngineGrants
from chalicelib.engines.refusals import of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineFailed, SettingsError
from chalicelib.message import Message
from chalicelib.seams.answering import Line
from chalicelib.settings import Settings, setting

__all__ = ["SERVICES", "BedrockAnswerer", "Options", "charges", "create", "grants"]

_DECLINED = Message("answer-declined", "The model that answers questions declined to look into this one.")
_REFUSALS = frozenset({"guardrail_intervened", "content_filtered"})


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set."""

    bedrock_answer_model: str | None = setting(
        "model or inference profile of Bedrock that finds what answers a question", r"\S+", default=None
    )


def create(context: EngineContext) -> "BedrockAnswerer":
    """The engine. Raises SettingsError without a model."""
    model = context.settings.options(Options).bedrock_answer_model
    if model is None:
        raise SettingsError(
            "Answers by Bedrock need RAPPORTEUR_BEDROCK_ANSWER_MODEL: a model id or an inference profile."
        )
    return BedrockAnswerer(context.aws, model)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`."""
    return grants_of(settings.options(Options).bedrock_answer_model or "", place)


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. Tokens are guessed: four bytes of UTF-8 make about one, in any script."""
    if not work.asked_bytes:
        return {}
    model = plain(work.settings.options(Options).bedrock_answer_model or "")
    tokens = Decimal(work.asked_bytes) / BYTES_A_TOKEN + _prompt.OWN_TOKENS
    return {
        f"bedrock.{model}.input": tokens / 1000,
        f"bedrock.{model}.output": Decimal(_prompt.MAX_TOKENS) / 1000,
    }


@dataclass(frozen=True)
class BedrockAnswerer:
    """One request a question."""

    aws: Aws
    model: str
    most_lines: int = _prompt.MOST_LINES

    def answer(self, question: str, lines: Sequence[Line]) -> Sequence[int]:
        """See the seam."""
        unknown = partial(EngineFailed, NO_MODEL.of(service=SERVICE, model=self.model))
        with of_service(SERVICE, {"ResourceNotFoundException": unknown}):
            answer = self.aws.bedrock.converse(
                modelId=self.model,
                system=[{"text": _prompt.SYSTEM}],
                messages=[{"role": "user", "content": [{"text": _prompt.prompt(question, lines)}]}],
                inferenceConfig={"maxTokens": _prompt.MAX_TOKENS, "temperature": 0.0},
            )
        if answer["stopReason"] in _REFUSALS:
            raise EngineFailed(_DECLINED)
        written = "".join(block.get("text", "") for block in answer["output"].get("message", {}).get("content", []))
        try:
            return _prompt.numbers(object_in(written), len(lines))
        except ValueError as exc:
            raise EngineFailed(_prompt.UNREADABLE) from exc
