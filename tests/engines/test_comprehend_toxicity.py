"""Amazon Comprehend finds what was said to hurt: in English, within its limits, at the times of the recording."""

from dataclasses import replace
from decimal import Decimal

import pytest
from botocore.stub import Stubber

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Options
from chalicelib.engines.grants import AwsPlace
from chalicelib.engines.toxicity import comprehend
from chalicelib.errors import EngineBusy, EngineFailed, LanguageNotRead
from chalicelib.pipeline import estimates
from chalicelib.speech.toxicity import ToxicKind, ToxicSpan, passages_of, places_of, spans_of
from chalicelib.speech.transcripts import Segment, Transcript, Word
from docs import make_costs
from tests.engines.stubs import context, stubbed
from tests.engines.test_comprehend import several_languages, transcript

HARMLESS = {"Labels": [{"Name": "INSULT", "Score": 0.02}, {"Name": "PROFANITY", "Score": 0.01}], "Toxicity": 0.03}
ALL_KINDS = ("GRAPHIC", "HARASSMENT_OR_ABUSE", "HATE_SPEECH", "INSULT", "PROFANITY", "SEXUAL", "VIOLENCE_OR_THREAT")


def rated(toxicity: float = 0.9, **scores: float) -> dict[str, object]:
    return {"Labels": [{"Name": name, "Score": score} for name, score in scores.items()], "Toxicity": toxicity}


def asked(stubber: Stubber, texts: list[str], *ratings: dict[str, object]) -> None:
    stubber.add_response(
        "detect_toxic_content",
        {"ResultList": list(ratings)},
        {"TextSegments": [{"Text": text} for text in texts], "LanguageCode": "en"},
    )


def test_a_sentence_is_told_with_its_times_and_each_kind_that_is_sure_enough() -> None:
    given = context()
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        asked(
            stubber,
            ["The bus is late.", "You are an idiot."],
            HARMLESS,
            rated(INSULT=0.93, PROFANITY=0.51, SEXUAL=0.49),
        )
        spans = comprehend.create(given).detect(transcript("The bus is late.", "You are an idiot."))
    assert spans == (
        ToxicSpan(10.0, 13.5, "You are an idiot.", ToxicKind.INSULT, 0.93),
        ToxicSpan(10.0, 13.5, "You are an idiot.", ToxicKind.PROFANITY, 0.51),
    )


def test_every_kind_has_a_word_of_ours_and_one_that_is_new_is_told_as_something_of_the_sort() -> None:
    given = context(toxicity_confidence="1")
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        asked(stubber, ["You."], rated(**dict.fromkeys(ALL_KINDS, 0.6)))
        kinds = {span.kind for span in comprehend.create(given).detect(transcript("You."))}
    assert kinds == set(ToxicKind) - {ToxicKind.TOXIC}
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        asked(stubber, ["You."], rated(0.4, CRUELTY=0.7))
        (span,) = comprehend.create(given).detect(transcript("You."))
    assert (span.kind, span.score) == (ToxicKind.TOXIC, 0.7)


def test_what_is_toxic_as_a_whole_is_told_where_no_kind_is_sure() -> None:
    given = context(toxicity_confidence="80")
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        asked(stubber, ["You.", "Me."], rated(0.85, INSULT=0.7), rated(0.79, INSULT=0.7))
        (span,) = comprehend.create(given).detect(transcript("You.", "Me."))
    assert (span.text, span.kind) == ("You.", ToxicKind.TOXIC)


def test_ten_texts_of_a_kilobyte_go_in_a_call_and_a_long_sentence_is_rated_by_its_worst_part() -> None:
    given = context()
    sentences = [*(f"Bus {number}." for number in range(10)), " ".join(["bus"] * 300) + "."]
    long = sentences[-1]
    cut = long.rindex(" ", 0, 1_000) + 1
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        asked(stubber, sentences[:10], *[HARMLESS] * 10)
        asked(stubber, [long[:cut], long[cut:]], HARMLESS, rated(INSULT=0.8))
        (span,) = comprehend.create(given).detect(transcript(*sentences))
    assert span.text == long
    assert len(long[:cut].encode()) <= 1_000


def test_only_what_is_in_english_is_sent() -> None:
    given = context()
    said = several_languages(("Good morning.", "en-US"), ("안녕하세요.", "ko-KR"), ("You idiot.", "en-GB"))
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        asked(stubber, ["Good morning.", "You idiot."], HARMLESS, rated(INSULT=0.8))
        (span,) = comprehend.create(given).detect(said)
    assert span.text == "You idiot."


def test_another_language_is_nobodys_failure() -> None:
    given = context()
    with stubbed(given.aws, "comprehend", "comprehend"), pytest.raises(LanguageNotRead, match="English"):
        comprehend.create(given).detect(transcript("Bonjour.", language="fr-FR"))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", EngineBusy),
        ("TooManyRequestsException", EngineBusy),
        ("AccessDeniedException", EngineFailed),
        ("InvalidRequestException", EngineFailed),
        ("TextSizeLimitExceededException", EngineFailed),
        ("UnsupportedLanguageException", LanguageNotRead),
    ],
)
def test_refusals_are_told_apart_and_quote_nobody(code: str, error: type[Exception]) -> None:
    given = context()
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        stubber.add_client_error("detect_toxic_content", code, "secret words")
        with pytest.raises(error) as caught:
            comprehend.create(given).detect(transcript("Hello."))
    assert "secret" not in str(caught.value)


def test_it_may_do_that_and_nothing_else() -> None:
    place = AwsPlace("aws", "us-east-1", "123456789012")
    (grant,) = comprehend.grants(place, make_costs.SETTINGS).work
    assert grant.actions == ("comprehend:DetectToxicContent",)


def test_it_charges_where_it_was_asked_and_could_read() -> None:
    media = estimates.media_of(60.0, video=False)
    work = estimates.work_on(media, Options(ai=AiOptions(toxicity=True)), make_costs.SETTINGS)
    assert comprehend.charges(work) == {"comprehend.toxicity": Decimal(30)}, "ten sentences, three units each"
    assert comprehend.charges(estimates.work_on(media, Options(), make_costs.SETTINGS)) == {}
    assert work.transcript is not None
    assert comprehend.charges(replace(work, transcript=replace(work.transcript, language="ko-KR"))) == {}
    assert comprehend.charges(replace(work, transcript=None)) == {}


def test_places_are_counted_as_the_page_shows_them() -> None:
    segment = Segment((Word(0.0, 0.5, "You"), Word(0.5, 1.0, "damned"), Word(1.0, 1.5, "idiot", punctuation="!")))
    whole = spans_of(segment, {ToxicKind.INSULT: 0.9, ToxicKind.THREAT: 0.6, ToxicKind.TOXIC: 0.95}, 0.5)
    assert [span.kind for span in whole] == [ToxicKind.INSULT, ToxicKind.THREAT]
    word = ToxicSpan(0.5, 1.0, "damned", ToxicKind.PROFANITY, 0.7)
    other = ToxicSpan(0.5, 1.0, "cursed", ToxicKind.PROFANITY, 0.7)
    assert places_of(passages_of([*whole, word])) == 1
    assert places_of(passages_of([*whole, word, other])) == 2
    assert places_of(passages_of([word, replace(word, start=2.0, end=2.5)])) == 2
    assert places_of(passages_of([replace(word, start=page, end=page) for page in (1, 1, 2)], on_pages=True)) == 2
    assert places_of(()) == 0
    assert Transcript(()).is_empty
