"""Cohere's Embed v4 on Amazon Bedrock as the embedder: many texts a call, in a hundred languages.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html
"""

import json
from collections.abc import Sequence
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
from chalicelib.seams.embedding import Vector
from chalicelib.settings import Settings, setting
from chalicelib.speech.limits import size_of

__all__ = ["SERVICES", "BedrockEmbedder", "Options", "charges", "create", "grants"]

_A_CALL = 96
"""Texts: the most that the model takes."""

_CALLS = 5
_DIMENSIONS = 256
"""The model is trained so that the first numbers say the most; all that fewer cost is some of the finest shades."""

_UNREADABLE = Message("embedding-unreadable", "%(service)s gave no answer that can be read.")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set."""

    bedrock_embedding_model: str | None = setting(
        "model or inference profile of Bedrock for the search by meaning: Cohere's Embed v4", r"\S+", default=None
    )


def create(context: EngineContext) -> "BedrockEmbedder":
    """The embedder. Raises SettingsError without a model, or with one that is spoken to in another way."""
    model = context.settings.options(Options).bedrock_embedding_model
    if model is None or not (model.startswith("arn:") or plain(model).startswith("cohere.embed-v4")):
        raise SettingsError(
            "The search by meaning by Bedrock needs RAPPORTEUR_BEDROCK_EMBEDDING_MODEL: cohere.embed-v4:0, or an "
            "inference profile of it."
        )
    return BedrockEmbedder(context.aws, model)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`."""
    return grants_of(settings.options(Options).bedrock_embedding_model or "", place)


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`: each word once; what is corrected later, and each question, is too little."""
    model = plain(work.settings.options(Options).bedrock_embedding_model or "")
    said = size_of(segment.text for segment in work.transcript.segments) if work.transcript else 0
    return {f"bedrock.{model}.input": Decimal(said) / BYTES_A_TOKEN / 1000} if said else {}


@dataclass(frozen=True)
class BedrockEmbedder:
    """Vectors of 256 numbers."""

    aws: Aws
    model: str
    at_once: int = _A_CALL * _CALLS
    near: tuple[float, float] | None = None

    def passages(self, texts: Sequence[str]) -> Sequence[Vector]:
        """See the seam."""
        found: list[Vector] = []
        for first in range(0, len(texts), _A_CALL):
            found += self._embed(texts[first : first + _A_CALL], "search_document")
        return found

    def question(self, text: str) -> Vector:
        """See the seam."""
        return self._embed([text], "search_query")[0]

    def _embed(self, texts: Sequence[str], what_for: str) -> list[Vector]:
        body = {
            "texts": list(texts),
            "input_type": what_for,
            "embedding_types": ["float"],
            "output_dimension": _DIMENSIONS,
            "truncate": "RIGHT",
        }
        unknown = partial(EngineFailed, NO_MODEL.of(service=SERVICE, model=self.model))
        with of_service(SERVICE, {"ResourceNotFoundException": unknown}):
            answer = self.aws.bedrock.invoke_model(
                modelId=self.model, contentType="application/json", accept="application/json", body=json.dumps(body)
            )
        try:
            given = json.loads(answer["body"].read())["embeddings"]
            found: list[Vector] = given["float"] if isinstance(given, dict) else given  # of one type, it may be bare
            if len(found) == len(texts) and all(len(one) == _DIMENSIONS for one in found):
                return found
        except (ValueError, LookupError, TypeError) as exc:
            raise EngineFailed(_UNREADABLE.of(service=SERVICE)) from exc
        raise EngineFailed(_UNREADABLE.of(service=SERVICE))
