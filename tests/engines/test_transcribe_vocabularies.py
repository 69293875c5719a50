"""What Amazon Transcribe is told of lexicons: requests and answers against botocore's model, events as documented."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.keys import S3Object
from chalicelib.domain.people import prefix_of
from chalicelib.engines.grants import AwsPlace
from chalicelib.engines.transcription import amazon_transcribe as engine
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.seams.jobs import pattern
from chalicelib.seams.transcription import KeepsVocabularies, KeptVocabulary, VocabularyState
from tests.engines.stubs import context, stubbed
from tests.engines.test_amazon_transcribe import HEARINGS, SPEAKERS, job, started

PLACE = AwsPlace("us-east-1", "123456789012")
NAME = "rapporteur-0a1b2c3d-00112233445566778899-en-a"
TABLE = S3Object("output-bucket", "learning/owner-1/en/vocabulary-a.txt")
ASKED = {
    "VocabularyName": NAME,
    "LanguageCode": "en-US",
    "VocabularyFileUri": "s3://output-bucket/learning/owner-1/en/vocabulary-a.txt",
}

EVENT: dict[str, Any] = {
    "version": "0",
    "id": "event ID",
    "detail-type": "Vocabulary State Change",
    "source": "aws.transcribe",
    "account": "111122223333",
    "time": "2026-11-29T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"VocabularyName": NAME, "VocabularyState": "READY"},
}
"""https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html"""


def test_a_new_one_is_created() -> None:
    given = context()
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        answer = {"VocabularyName": NAME, "LanguageCode": "en-US", "VocabularyState": "PENDING"}
        stubber.add_response("create_vocabulary", answer, ASKED)
        transcriber = engine.create(given)
        assert isinstance(transcriber, KeepsVocabularies)
        transcriber.put_vocabulary(NAME, "en-US", TABLE)


def test_one_that_is_there_is_made_anew_unless_it_is_being_made() -> None:
    given = context()
    transcriber = engine.create(given)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_client_error("create_vocabulary", "ConflictException", expected_params=ASKED)
        stubber.add_response("update_vocabulary", {"VocabularyName": NAME, "VocabularyState": "PENDING"}, ASKED)
        transcriber.put_vocabulary(NAME, "en-US", TABLE)
    for code in ("ConflictException", "NotFoundException", "LimitExceededException"):
        with stubbed(given.aws, "transcribe", "transcribe") as stubber:
            stubber.add_client_error("create_vocabulary", "ConflictException")
            stubber.add_client_error("update_vocabulary", code)
            with pytest.raises(EngineBusy):
                transcriber.put_vocabulary(NAME, "en-US", TABLE)


@pytest.mark.parametrize(("there", "expected"), [(100, EngineFailed), (7, EngineBusy)])
def test_too_many_vocabularies_are_told_and_too_many_requests_wait(there: int, expected: type[Exception]) -> None:
    given = context()
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_client_error("create_vocabulary", "LimitExceededException")
        listed = [{"VocabularyName": f"v{number}", "VocabularyState": "READY"} for number in range(there)]
        stubber.add_response("list_vocabularies", {"Vocabularies": listed}, {"MaxResults": 100})
        with pytest.raises(expected) as caught:
            engine.create(given).put_vocabulary(NAME, "en-US", TABLE)
    if isinstance(caught.value, EngineFailed):
        assert caught.value.code == "vocabularies-full"


def test_a_table_that_is_refused_is_told() -> None:
    given = context()
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_client_error("create_vocabulary", "BadRequestException")
        with pytest.raises(EngineFailed):
            engine.create(given).put_vocabulary(NAME, "en-US", TABLE)


@pytest.mark.parametrize(
    ("said", "state"),
    [("PENDING", VocabularyState.BUILDING), ("READY", VocabularyState.READY), ("FAILED", VocabularyState.FAILED)],
)
def test_it_says_how_one_stands(said: str, state: VocabularyState) -> None:
    given = context()
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        answer = {"VocabularyState": said, **({"FailureReason": "Line 2"} if said == "FAILED" else {})}
        stubber.add_response("get_vocabulary", answer, {"VocabularyName": NAME})
        found = engine.create(given).vocabulary(NAME)
        assert found == KeptVocabulary(state, answer.get("FailureReason", ""))


def test_one_that_is_not_there_has_no_state_and_is_gone() -> None:
    given = context()
    transcriber = engine.create(given)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_client_error("get_vocabulary", "NotFoundException")
        assert transcriber.vocabulary(NAME) is None
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_response("delete_vocabulary", {}, {"VocabularyName": NAME})
        stubber.add_client_error("delete_vocabulary", "NotFoundException")
        stubber.add_client_error("delete_vocabulary", "BadRequestException")
        stubber.add_client_error("get_vocabulary", "BadRequestException")
        for _ in range(3):
            transcriber.drop_vocabulary(NAME)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_client_error("delete_vocabulary", "BadRequestException")
        stubber.add_response("get_vocabulary", {"VocabularyState": "PENDING"})
        with pytest.raises(EngineBusy):
            transcriber.drop_vocabulary(NAME)


def test_a_language_is_the_deployments_own_of_it() -> None:
    given = context(transcribe_languages="en-GB,fr-FR")
    with stubbed(given.aws, "transcribe", "transcribe"):
        transcriber = engine.create(given)
        found = [transcriber.vocabulary_language(code) for code in ("en", "fr", "ko", "tlh")]
    assert found == ["en-GB", "fr-FR", "ko-KR", None]


def looks(stubber: Any, name: str, language: str, state: str = "READY") -> None:
    answer = {"VocabularyState": state, "LanguageCode": language}
    stubber.add_response("get_vocabulary", answer, {"VocabularyName": name})


def test_a_recording_is_heard_with_its_owners_where_it_names_none_and_that_is_ready() -> None:
    given = context(transcribe_vocabulary="names")
    owners = (("en", NAME), ("ko", "other"))
    transcriber = engine.create(given)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        looks(stubber, "names", "en-US")
        looks(stubber, NAME, "en-US")
        settings = SPEAKERS | HEARINGS
        started(stubber, LanguageCode="en-US", Settings=settings | {"VocabularyName": NAME})
        transcriber.start(replace(job("en-US"), lexicons=owners))
        looks(stubber, "names", "en-US")
        looks(stubber, NAME, "en-US", "PENDING")
        started(stubber, LanguageCode="en-US", Settings=settings | {"VocabularyName": "names"})
        transcriber.start(replace(job("en-US"), lexicons=owners))
        looks(stubber, "mine", "en-US")
        started(stubber, LanguageCode="en-US", Settings=settings | {"VocabularyName": "mine"})
        transcriber.start(replace(job("en-US"), vocabulary="mine", lexicons=owners))


def test_where_the_language_is_found_out_each_has_its_own_vocabulary_and_model() -> None:
    given = context(transcribe_languages="en-US,ko-KR")
    wanted = replace(job(), lexicons=(("en", NAME), ("fr", "none"), ("ko", "ko-words")), language_models=(("en", "m"),))
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        looks(stubber, NAME, "en-US")
        looks(stubber, "ko-words", "ko-KR")
        described = {"LanguageModel": {"ModelStatus": "COMPLETED", "LanguageCode": "en-US"}}
        stubber.add_response("describe_language_model", described, {"ModelName": "m"})
        by_language = {
            "en-US": {"VocabularyName": NAME, "LanguageModelName": "m"},
            "ko-KR": {"VocabularyName": "ko-words"},
        }
        languages = ["en-US", "ko-KR"]
        started(stubber, IdentifyLanguage=True, LanguageOptions=languages, LanguageIdSettings=by_language)
        engine.create(given).start(wanted)


def test_its_events_come_through_and_are_none_of_a_recordings() -> None:
    wanted = pattern([engine.EVENTS, *engine.MORE_EVENTS])
    assert wanted["detail-type"] == ["Job Ended", "Transcribe Job State Change", "Vocabulary State Change"]
    assert {"READY", "FAILED"} <= {one for one in wanted["detail"]["VocabularyState"] if isinstance(one, str)}
    assert engine.create(context()).read_event(EVENT) is None


def test_only_this_deployments_vocabularies_may_be_touched() -> None:
    settings = context().settings
    keeping = [grant.statement() for grant in engine.grants(PLACE, settings).keeping]
    ours = f"arn:aws:transcribe:us-east-1:123456789012:vocabulary/{prefix_of(settings.users_table)}*"
    assert [one["Resource"] for one in keeping if "transcribe:ListVocabularies" not in one["Action"]] == [[ours]]
    assert "transcribe:DeleteVocabulary" in json.dumps(keeping)
