"""Vectors by a model of Bedrock: many texts a call, as its documentation has the request, and nothing half-read."""

import io
import json
from typing import Any

import pytest
from botocore.response import StreamingBody

from chalicelib.engines.embedding import bedrock
from chalicelib.engines.grants import AwsPlace
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from tests.engines.stubs import context, stubbed

MODEL = "global.cohere.embed-v4:0"


def answer(embeddings: object) -> dict[str, Any]:
    body = json.dumps({"id": "1", "embeddings": embeddings, "response_type": "embeddings_by_type"}).encode()
    return {"contentType": "application/json", "body": StreamingBody(io.BytesIO(body), len(body))}


def asking(texts: list[str], what_for: str) -> dict[str, Any]:
    body = {
        "texts": texts,
        "input_type": what_for,
        "embedding_types": ["float"],
        "output_dimension": 256,
        "truncate": "RIGHT",
    }
    return {
        "modelId": MODEL,
        "contentType": "application/json",
        "accept": "application/json",
        "body": json.dumps(body),
    }


def test_passages_go_by_96_a_call_and_a_question_as_one() -> None:
    given = context(bedrock_embedding_model=MODEL)
    texts = [f"passage {number}" for number in range(100)]
    with stubbed(given.aws, "bedrock", "bedrock-runtime") as stubber:
        for some in (texts[:96], texts[96:]):
            stubber.add_response(
                "invoke_model", answer({"float": [[0.5] * 256] * len(some)}), asking(some, "search_document")
            )
        stubber.add_response("invoke_model", answer([[0.25] * 256]), asking(["buses?"], "search_query"))
        engine = bedrock.create(given)
        assert list(engine.passages(texts)) == [[0.5] * 256] * 100
        assert list(engine.question("buses?")) == [0.25] * 256
    assert engine.at_once > len(texts)


@pytest.mark.parametrize("given", [{"float": []}, {"float": [[0.5] * 8]}, {"int8": [[1] * 256]}, None])
def test_what_is_no_vector_for_each_text_is_refused(given: object) -> None:
    own = context(bedrock_embedding_model=MODEL)
    with stubbed(own.aws, "bedrock", "bedrock-runtime") as stubber:
        stubber.add_response("invoke_model", answer(given))
        with pytest.raises(EngineFailed, match="read"):
            bedrock.create(own).question("buses?")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", EngineBusy),
        ("ResourceNotFoundException", EngineFailed),
        ("AccessDeniedException", EngineFailed),
    ],
)
def test_a_refusal_is_told_as_what_it_is(code: str, error: type[Exception]) -> None:
    given = context(bedrock_embedding_model=MODEL)
    with stubbed(given.aws, "bedrock", "bedrock-runtime") as stubber:
        stubber.add_client_error("invoke_model", code)
        with pytest.raises(error):
            bedrock.create(given).question("buses?")


@pytest.mark.parametrize("model", [None, "amazon.titan-embed-text-v2:0", "cohere.embed-english-v3"])
def test_a_model_that_is_spoken_to_in_another_way_stops_the_start(model: str | None) -> None:
    with pytest.raises(SettingsError, match="BEDROCK_EMBEDDING_MODEL"):
        bedrock.create(context(bedrock_embedding_model=model))


def test_it_may_call_its_model_and_nothing_else() -> None:
    grants = bedrock.grants(AwsPlace("eu-west-1", "1"), context(bedrock_embedding_model=MODEL).settings)
    (grant,) = grants.work
    assert grant.actions == ("bedrock:InvokeModel",)
    assert set(grant.resources) == {
        "arn:aws:bedrock:eu-west-1:1:inference-profile/global.cohere.embed-v4:0",
        "arn:aws:bedrock:*::foundation-model/cohere.embed-v4:0",
    }
