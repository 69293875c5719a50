"""Amazon Comprehend: batches within its limits, and answers brought back to the times of the recording."""

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from chalicelib.domain.analysis import LanguageAnalysis, Sentiment
from chalicelib.engines.language import comprehend
from chalicelib.errors import EngineBusy, EngineError, EngineFailed
from chalicelib.speech.transcripts import Segment, Transcript, Word
from tests.engines.stubs import context, stubbed

GLAD = {"Positive": 0.9, "Negative": 0.03, "Neutral": 0.05, "Mixed": 0.02}
SAD = {"Positive": 0.05, "Negative": 0.9, "Neutral": 0.03, "Mixed": 0.02}


def transcript(*sentences: str, language: str | None = "en-US") -> Transcript:
    segments = []
    for number, sentence in enumerate(sentences):
        words = [
            Word(10 * number + place, 10 * number + place + 0.5, text) for place, text in enumerate(sentence.split())
        ]
        segments.append(Segment(tuple(words)))
    return Transcript(tuple(segments), language)


def moods(stubber: Stubber, texts: list[str], scores: list[dict[str, float]], language: str = "en") -> None:
    results = [{"Index": index, "Sentiment": "POSITIVE", "SentimentScore": score} for index, score in enumerate(scores)]
    stubber.add_response(
        "batch_detect_sentiment",
        {"ResultList": results, "ErrorList": []},
        {"TextList": texts, "LanguageCode": language},
    )


def found(
    stubber: Stubber, operation: str, what: str, texts: list[str], hits: list[dict[str, Any]], language: str = "en"
) -> None:
    stubber.add_response(
        operation,
        {"ResultList": [{"Index": 0, what: hits}], "ErrorList": []},
        {"TextList": texts, "LanguageCode": language},
    )


def test_everything_found_has_the_time_at_which_it_was_said() -> None:
    given = context()
    sentences = ["The night bus is good.", "Anna hates the Night Bus."]
    whole = " ".join(sentences)
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        moods(stubber, sentences, [GLAD, SAD])
        first, second = whole.index("The night bus"), whole.index("the Night Bus")
        phrases = [
            {"Text": "The night bus", "Score": 0.8, "BeginOffset": first, "EndOffset": first + 13},
            {"Text": "the Night Bus", "Score": 0.9, "BeginOffset": second, "EndOffset": second + 13},
        ]
        found(stubber, "batch_detect_key_phrases", "KeyPhrases", [whole], phrases)
        at = whole.index("Anna")
        anna = {"Text": "Anna", "Type": "PERSON", "Score": 0.99, "BeginOffset": at, "EndOffset": at + 4}
        found(stubber, "batch_detect_entities", "Entities", [whole], [anna])
        analysis = comprehend.create(given).analyze(transcript(*sentences))
    assert [segment.score.label for segment in analysis.segments] == [Sentiment.POSITIVE, Sentiment.NEGATIVE]
    assert [(phrase.text, phrase.times) for phrase in analysis.key_phrases] == [("the Night Bus", (0.0, 12.0))]
    assert analysis.entities is not None
    assert [(entity.text, entity.kind, entity.times) for entity in analysis.entities] == [("Anna", "PERSON", (10.0,))]
    assert analysis.language_code == "en"
    assert LanguageAnalysis.from_json(analysis.to_json({})).key_phrases == analysis.key_phrases


def test_thirty_segments_take_two_batches_and_a_text_that_fails_is_asked_again_alone() -> None:
    given = context()
    sentences = [f"Sentence number {number}." for number in range(30)]
    whole = " ".join(sentences)
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        ok = [{"Index": index, "Sentiment": "POSITIVE", "SentimentScore": GLAD} for index in range(25) if index != 7]
        broken = {"Index": 7, "ErrorCode": "INTERNAL_SERVER_ERROR", "ErrorMessage": "try again"}
        stubber.add_response(
            "batch_detect_sentiment",
            {"ResultList": ok, "ErrorList": [broken]},
            {"TextList": sentences[:25], "LanguageCode": "en"},
        )
        moods(stubber, [sentences[7]], [SAD])
        moods(stubber, sentences[25:], [GLAD] * 5)
        found(stubber, "batch_detect_key_phrases", "KeyPhrases", [whole], [])
        found(stubber, "batch_detect_entities", "Entities", [whole], [])
        analysis = comprehend.create(given).analyze(transcript(*sentences))
    labels = [segment.score.label for segment in analysis.segments]
    assert labels.count(Sentiment.NEGATIVE) == 1
    assert labels[7] is Sentiment.NEGATIVE


def test_a_text_that_fails_twice_is_tried_again_later() -> None:
    given = context()
    broken = {"Index": 0, "ErrorCode": "INTERNAL_SERVER_ERROR", "ErrorMessage": "try again"}
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        for _ in range(2):
            stubber.add_response("batch_detect_sentiment", {"ResultList": [], "ErrorList": [broken]})
        with pytest.raises(EngineError, match="1 of 1 texts") as caught:
            comprehend.create(given).analyze(transcript("Hello."))
    assert not isinstance(caught.value, EngineFailed)


def test_no_text_is_larger_than_a_call_takes_in_korean_too() -> None:
    given = context()
    long = "안녕하세요 " * 1000
    sent: list[str] = []
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        given.aws.comprehend.meta.events.register(
            "provide-client-params.*.*", lambda params, **_: sent.extend(params["TextList"])
        )
        pieces = 4
        results = [{"Index": i, "Sentiment": "POSITIVE", "SentimentScore": [GLAD, SAD][i % 2]} for i in range(pieces)]
        stubber.add_response("batch_detect_sentiment", {"ResultList": results, "ErrorList": []})
        for operation, what in (("batch_detect_key_phrases", "KeyPhrases"), ("batch_detect_entities", "Entities")):
            stubber.add_response(
                operation, {"ResultList": [{"Index": i, what: []} for i in range(pieces)], "ErrorList": []}
            )
        analysis = comprehend.create(given).analyze(transcript(long, language="ko-KR"))
    assert all(len(text.encode()) <= 5000 for text in sent)
    (segment,) = analysis.segments
    # Three full pieces and a short one, glad and sad in turn: each weighs as much as it is long.
    assert segment.score.positive == pytest.approx(0.58, abs=0.01)


def test_the_language_is_found_out_where_the_transcript_does_not_say_it() -> None:
    given = context()
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        languages = [{"LanguageCode": "de", "Score": 0.9}, {"LanguageCode": "nl", "Score": 0.1}]
        stubber.add_response(
            "batch_detect_dominant_language",
            {"ResultList": [{"Index": 0, "Languages": languages}], "ErrorList": []},
            {"TextList": ["Guten Tag."]},
        )
        moods(stubber, ["Guten Tag."], [GLAD], "de")
        found(stubber, "batch_detect_key_phrases", "KeyPhrases", ["Guten Tag."], [], "de")
        found(stubber, "batch_detect_entities", "Entities", ["Guten Tag."], [], "de")
        analysis = comprehend.create(given).analyze(transcript("Guten Tag.", language=None))
    assert (analysis.language_code, analysis.language_score) == ("de", pytest.approx(0.9))


@pytest.mark.parametrize(
    ("code", "expected"), [("en-US", "en"), ("zh-CN", "zh"), ("zh-TW", "zh-TW"), ("zh-HK", "zh-TW"), ("ko-KR", "ko")]
)
def test_codes_of_transcribe_become_comprehends(code: str, expected: str) -> None:
    assert comprehend.language_of(code) == expected


def test_a_language_that_it_does_not_know_is_said() -> None:
    given = context()
    with stubbed(given.aws, "comprehend", "comprehend"), pytest.raises(EngineFailed, match="cy"):
        comprehend.create(given).analyze(transcript("Bore da.", language="cy-GB"))


ALL = {
    "comprehend_targeted_sentiment": "true",
    "comprehend_pii": "true",
    "comprehend_entity_recognizer": "arn:aws:comprehend:us-east-1:123456789012:entity-recognizer-endpoint/mine",
}


def test_options_add_what_they_say() -> None:
    given = context(**ALL)
    text = "The bus is bad."
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        moods(stubber, [text], [SAD])
        found(stubber, "batch_detect_key_phrases", "KeyPhrases", [text], [])
        found(stubber, "batch_detect_entities", "Entities", [text], [])
        own = {"Text": "bus", "Type": "VEHICLE", "Score": 0.7, "BeginOffset": 4, "EndOffset": 7}
        stubber.add_response(
            "detect_entities", {"Entities": [own]}, {"Text": text, "EndpointArn": ALL["comprehend_entity_recognizer"]}
        )
        mention = {
            "Text": "bus",
            "Type": "OTHER",
            "Score": 0.9,
            "BeginOffset": 4,
            "EndOffset": 7,
            "MentionSentiment": {"Sentiment": "NEGATIVE", "SentimentScore": SAD},
        }
        target = {"DescriptiveMentionIndex": [0], "Mentions": [mention]}
        found(stubber, "batch_detect_targeted_sentiment", "Entities", [text], [target])
        stubber.add_response(
            "detect_pii_entities",
            {"Entities": [{"Score": 0.9, "Type": "NAME", "BeginOffset": 0, "EndOffset": 3}]},
            {"Text": text, "LanguageCode": "en"},
        )
        analysis = comprehend.create(given).analyze(transcript(text))
    assert analysis.entities is not None
    assert [entity.kind for entity in analysis.entities] == ["VEHICLE"]
    assert [(t.text, t.score.label, t.times) for t in analysis.targeted] == [("bus", Sentiment.NEGATIVE, (1.0,))]
    assert [str(note) for note in analysis.notes] == [
        "Personal data was said, by kind and number of times: NAME 1.",
    ]
    stored = LanguageAnalysis.from_json(json.loads(json.dumps(analysis.to_json({}))))
    assert (stored.targeted[0].times, stored.notes) == ((1.0,), analysis.notes)


def test_options_that_the_language_lacks_are_skipped_with_a_note() -> None:
    given = context(comprehend_pii="true", comprehend_targeted_sentiment="true")
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        moods(stubber, ["네."], [GLAD], "ko")
        found(stubber, "batch_detect_key_phrases", "KeyPhrases", ["네."], [], "ko")
        found(stubber, "batch_detect_entities", "Entities", ["네."], [], "ko")
        analysis = comprehend.create(given).analyze(transcript("네.", language="ko-KR"))
    assert len(analysis.notes) == 2
    assert all("(ko)" in str(note) for note in analysis.notes)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", EngineBusy),
        ("TooManyRequestsException", EngineBusy),
        ("AccessDeniedException", EngineFailed),
        ("InvalidRequestException", EngineFailed),
    ],
)
def test_refusals_are_told_apart(code: str, error: type[Exception]) -> None:
    given = context()
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        stubber.add_client_error("batch_detect_sentiment", code, "secret words")
        with pytest.raises(error) as caught:
            comprehend.create(given).analyze(transcript("Hello."))
    assert "secret" not in str(caught.value)


def several_languages(*sentences: tuple[str, str]) -> Transcript:
    plain = transcript(*(text for text, _ in sentences), language="en-US")
    segments = zip(plain.segments, sentences, strict=True)
    return Transcript(tuple(Segment(s.words, language) for s, (_, language) in segments), "en-US")


def test_each_language_of_a_recording_is_asked_about_in_that_language() -> None:
    given = context()
    said = several_languages(("Good morning.", "en-US"), ("안녕하세요.", "ko-KR"), ("Good night.", "en-US"))
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        moods(stubber, ["Good morning.", "Good night."], [GLAD, GLAD])
        moods(stubber, ["안녕하세요."], [SAD], "ko")
        for operation, what in (("batch_detect_key_phrases", "KeyPhrases"), ("batch_detect_entities", "Entities")):
            found(stubber, operation, what, ["Good morning. Good night."], [])
            found(stubber, operation, what, ["안녕하세요."], [], "ko")
        analysis = comprehend.create(given).analyze(said)
    labels = [segment.score.label for segment in analysis.segments]
    assert labels == [Sentiment.POSITIVE, Sentiment.NEGATIVE, Sentiment.POSITIVE]


def test_a_language_that_it_lacks_costs_only_what_was_said_in_it() -> None:
    given = context()
    said = several_languages(("Good morning.", "en-US"), ("Hyvää huomenta.", "fi-FI"))
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        moods(stubber, ["Good morning."], [GLAD])
        found(stubber, "batch_detect_key_phrases", "KeyPhrases", ["Good morning."], [])
        found(stubber, "batch_detect_entities", "Entities", ["Good morning."], [])
        analysis = comprehend.create(given).analyze(said)
    assert [segment.text for segment in analysis.segments] == ["Good morning."]
    assert [str(note) for note in analysis.notes] == [
        "Amazon Comprehend does not know every language of this recording: the analysis is without fi."
    ]


def test_a_text_that_can_never_be_read_is_left_out_with_a_note_and_not_asked_again() -> None:
    given = context()
    refused = {"Index": 1, "ErrorCode": "TEXT_SIZE_LIMIT_EXCEEDED", "ErrorMessage": "secret words"}
    good = {"Index": 0, "Sentiment": "POSITIVE", "SentimentScore": GLAD}
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        stubber.add_response("batch_detect_sentiment", {"ResultList": [good], "ErrorList": [refused]})
        found(stubber, "batch_detect_key_phrases", "KeyPhrases", ["Hello. Goodbye."], [])
        found(stubber, "batch_detect_entities", "Entities", ["Hello. Goodbye."], [])
        analysis = comprehend.create(given).analyze(transcript("Hello.", "Goodbye."))
    assert [segment.text for segment in analysis.segments] == ["Hello."]
    (note,) = analysis.notes
    assert str(note) == "Amazon Comprehend could not read a part of what was said; the analysis is without it."


@pytest.mark.parametrize("code", ["ResourceUnavailableException", "ResourceNotFoundException"])
def test_a_recogniser_that_is_not_at_work_costs_its_entities_only(code: str) -> None:
    given = context(comprehend_entity_recognizer=ALL["comprehend_entity_recognizer"])
    at = {"Text": "Anna", "Type": "PERSON", "Score": 0.99, "BeginOffset": 0, "EndOffset": 4}
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        moods(stubber, ["Anna came."], [GLAD])
        found(stubber, "batch_detect_key_phrases", "KeyPhrases", ["Anna came."], [])
        found(stubber, "batch_detect_entities", "Entities", ["Anna came."], [at])
        stubber.add_client_error("detect_entities", code, "secret words")
        analysis = comprehend.create(given).analyze(transcript("Anna came."))
    assert analysis.entities is not None
    assert [entity.text for entity in analysis.entities] == ["Anna"]
    (note,) = analysis.notes
    assert "RAPPORTEUR_COMPREHEND_ENTITY_RECOGNIZER" in str(note)
    assert "secret" not in str(note)
