"""How clearly a recording was heard, from how sure the engine is."""

from collections.abc import Iterator

import pytest

from chalicelib.domain.assets import BranchStatus, Status
from chalicelib.message import Message
from chalicelib.speech.clarity import NOTES, Clarity, clarity, expected_errors
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Transcript, Word
from tests.harness.service import Service
from tests.pipeline.test_life import text_of

SAID = ["the", "passengers", "will", "return", "to", "their", "cars", "and", "the", "trains", "will", "be", "dirty"]


def heard(*confidences: float, said: list[str] = SAID) -> Transcript:
    words = [Word(at, at + 0.5, said[at % len(said)], confidence) for at, confidence in enumerate(confidences)]
    return read_transcript(transcribe_document("job", words, "en"))


@pytest.mark.parametrize(
    ("confidences", "word"),
    [
        ((0.99,) * 12, Clarity.CLEAR),
        ((0.99, 0.98, 0.95, 0.6) * 3, Clarity.CLEAR),
        ((*(0.99,) * 18, 0.3, 0.3), Clarity.CLEAR),
        ((*(0.99,) * 17, 0.3, 0.3, 0.3), Clarity.FAIR),
        ((0.99, 0.98, 0.95, 0.5) * 3, Clarity.FAIR),
        ((0.95, 0.7, 0.95, 0.5) * 3, Clarity.FAIR),
        ((0.4, 0.6, 0.3, 0.7) * 3, Clarity.POOR),
        ((0.2,), Clarity.POOR),
    ],
)
def test_the_word_follows_how_sure_the_engine_is(confidences: tuple[float, ...], word: Clarity) -> None:
    assert clarity(heard(*confidences)) is word


@pytest.mark.parametrize("confidences", [(), (1.0,) * 12])
def test_where_nobody_can_tell_nothing_is_said(confidences: tuple[float, ...]) -> None:
    assert expected_errors(heard(*confidences)) is None
    assert clarity(heard(*confidences)) is None


def test_more_doubt_is_never_fewer_errors() -> None:
    found = [expected_errors(heard(*([0.999 - at / 50] * 12))) or 0.0 for at in range(50)]
    assert found == sorted(found)
    assert 0 <= found[0] < 0.05
    assert found[-1] == 1.0


def test_a_phrase_that_comes_again_and_again_is_an_invention() -> None:
    loop = heard(*[0.99] * 40, said=["thank", "you"])
    assert clarity(loop) is Clarity.POOR
    assert clarity(heard(*[0.99] * 13)) is Clarity.CLEAR, "what comes twice is not"
    assert clarity(heard(*[0.99] * 4, said=["no"])) is Clarity.POOR
    assert clarity(heard(*[0.99] * 3, said=["no"])) is Clarity.CLEAR, "No, no, no."
    assert clarity(heard(*[0.99] * 30, said=list("彼女の衣装を"))) is Clarity.POOR, "an engine's words may be letters"


@pytest.fixture
def unsure(service: Service) -> Iterator[Service]:
    service.cloud.words = [Word(at, at + 0.5, word, 0.3) for at, word in enumerate(SAID)]
    yield service


def test_what_was_heard_poorly_is_neither_summed_up_nor_rated_and_that_is_said(unsure: Service) -> None:
    asset = unsure.upload()
    unsure.settle()
    ended = unsure.asset(asset.ref)
    assert (ended.status, ended.clarity) == (Status.COMPLETED, "poor")
    assert ended.branches["language"].status is BranchStatus.SKIPPED
    assert ended.notes == (NOTES[Clarity.POOR],)
    assert not {"analyze", "summarize"} & set(unsure.cloud.calls)
    assert {track["track"] for track in unsure.services.store.tracks(asset.ref)} == {"transcript", "captions"}
    mail = " ".join(text_of(unsure.mails(asset)).split())
    assert "there is no summary and no mood" in mail
    assert "Check that the right language was chosen, and try another sound track" in mail


def test_what_was_heard_with_doubt_is_summed_up_with_a_word_of_caution(service: Service) -> None:
    service.cloud.words = [Word(at, at + 0.5, word, (0.95, 0.8, 0.6, 0.95)[at % 4]) for at, word in enumerate(SAID)]
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert (ended.clarity, ended.notes) == ("fair", (NOTES[Clarity.FAIR],))
    assert ended.branches["language"].status is BranchStatus.DONE
    assert "listen again" in " ".join(text_of(service.mails(asset)).split()).lower()


def test_what_the_engine_says_of_the_language_is_a_note(service: Service) -> None:
    service.cloud.cautions["en-US"] = caution = Message("hard", "English is hard.")
    asset = service.upload()
    service.settle()
    assert service.asset(asset.ref).notes == (caution,)


def test_what_was_heard_clearly_needs_no_note(service: Service) -> None:
    asset = service.upload()
    service.settle()
    ended = service.asset(asset.ref)
    assert (ended.clarity, ended.notes, ended.language) == ("clear", (), "en-US")
