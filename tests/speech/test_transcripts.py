"""Transcribe's JSON, in every shape that it takes."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.errors import TranscriptError
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Transcript, Word, clean, join
from tests.harness import talk
from tests.harness.shared_data import shared


def said(content: str, start: Any = None, end: Any = None, **more: Any) -> dict[str, Any]:
    times = {name: time for name, time in (("start_time", start), ("end_time", end)) if time is not None}
    return {"type": "pronunciation", "alternatives": [{"confidence": "0.9", "content": content}], **times, **more}


def mark(content: str, **more: Any) -> dict[str, Any]:
    return {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": content}], **more}


def read(*items: Any, **results: Any) -> Transcript:
    return read_transcript({"results": {"items": list(items), **results}})


def texts(transcript: Transcript) -> list[str]:
    return [segment.text for segment in transcript.segments]


# --- whole results --------------------------------------------------------------------------------------------------


def real(name: str) -> dict[str, Any]:
    """One reading of 141 s, which the service transcribed three times."""
    document: dict[str, Any] = json.loads(shared(f"transcribe/{name}.json").read_text())
    return document


@pytest.mark.parametrize(
    ("document", "speakers"),
    [(talk.plain, ()), (talk.channels, ("ch_0", "ch_1")), (talk.speakers, ("spk_0", "spk_1"))],
)
def test_a_result_reads_as_it_was_said(document: Callable[[], dict[str, Any]], speakers: tuple[str, ...]) -> None:
    transcript = read_transcript(document())
    words = [part for part in talk.spoken() if part.start is not None]
    assert transcript.text.replace("\n\n", " ") == " ".join(talk.SENTENCES)
    assert transcript.speakers == speakers
    assert [(word.text, word.start, word.end) for word in transcript.words()] == [
        (word.text, word.start, word.end) for word in words
    ]
    assert transcript.duration == words[-1].end
    assert texts(transcript) == talk.SENTENCES


@pytest.mark.parametrize(
    ("name", "speakers"),
    [
        ("01-plain", ()),
        ("02-channel-identification", ("ch_1", "ch_0")),
        ("03-speaker-identification", ("spk_0", "spk_1", "spk_2")),
    ],
)
def test_a_real_result_reads_as_the_service_wrote_it(name: str, speakers: tuple[str, ...]) -> None:
    transcript = read_transcript(real(name))
    written = real(name)["results"]["transcripts"][0]["transcript"]
    assert transcript.text.replace("\n\n", " ") == written
    assert transcript.speakers == speakers
    assert sum(1 for _ in transcript.words()) == 354
    assert transcript.duration == 141.54
    assert transcript.segments[1].text == written.split(". ")[1] + "."


def test_talk_time_is_by_speaker_and_empty_where_speakers_are_unknown() -> None:
    assert read_transcript(talk.plain()).talk_time() == {}
    seconds = {"spk_0": 0.0, "spk_1": 0.0}
    for part in talk.spoken():
        seconds[f"spk_{part.speaker}"] += (part.end or 0.0) - (part.start or 0.0)
    assert read_transcript(talk.speakers()).talk_time() == pytest.approx(seconds)


def test_the_text_has_a_paragraph_for_each_turn_of_a_speaker() -> None:
    paragraphs = read_transcript(talk.speakers()).text.split("\n\n")
    assert paragraphs == [" ".join(turn) for turn in talk.TURNS]


def test_a_real_reading_is_split_among_its_speakers() -> None:
    transcript = read_transcript(real("03-speaker-identification"))
    seconds = {speaker: round(seconds) for speaker, seconds in transcript.talk_time().items()}
    assert seconds == {"spk_0": 67, "spk_1": 33, "spk_2": 19}
    paragraphs = transcript.text.split("\n\n")
    assert len(paragraphs) == 7
    assert paragraphs[0].startswith("She was gone") and paragraphs[0].endswith("a passer by.")


# --- shapes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"results": None},
        {"results": []},
        {"results": {}},
        {"results": {"items": {}}},
        {"results": {"items": "words"}},
        {"results": {"transcripts": [{"transcript": "words but no items"}]}},
        [],
        None,
        "text",
        7,
    ],
)
def test_what_is_not_a_transcript_is_refused_with_a_sentence(document: Any) -> None:
    with pytest.raises(TranscriptError) as caught:
        read_transcript(document)
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "results",
    [
        {"transcripts": [{"transcript": ""}], "items": []},
        {"transcripts": [{"transcript": ""}]},
        {"transcripts": []},
        {"items": [mark(".")], "transcripts": [{"transcript": "."}]},
    ],
)
def test_silence_is_an_empty_transcript(results: dict[str, Any]) -> None:
    transcript = read_transcript({"results": results})
    assert transcript.is_empty
    assert (transcript.text, transcript.duration, transcript.speakers, transcript.talk_time()) == ("", 0.0, (), {})


def test_alternatives_and_audio_segments_add_no_words() -> None:
    alternatives = [{"transcript": "hi there", "items": [said("hi", 0, 1), said("there", 1, 2)]}]
    transcript = read(
        said("Hi", "0.0", "0.5"),
        segments=[{"start_time": "0.0", "end_time": "2.0", "alternatives": alternatives}],
        audio_segments=[{"id": 0, "transcript": "Hi", "items": [0]}],
    )
    assert transcript.text == "Hi"


def hearing(*said_then: tuple[str, float, float]) -> dict[str, Any]:
    """One of several hearings of a segment, as Transcribe tells it:
    https://docs.aws.amazon.com/transcribe/latest/dg/alternatives.html
    """
    items = [
        {"start_time": str(start), "end_time": str(end), "content": text, "confidence": "0.4", "type": "pronunciation"}
        for text, start, end in said_then
    ]
    items.append({"content": ".", "confidence": "0.0", "type": "punctuation"})
    return {"transcript": " ".join(text for text, *_ in said_then) + ".", "items": items}


def unsure(content: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    return said(content, start, end, **more) | {"alternatives": [{"confidence": "0.3", "content": content}]}


def test_what_else_an_uncertain_word_was_taken_for_is_found_by_its_time() -> None:
    first = hearing(("The", 1, 1.4), ("Amazon", 1.4, 2), ("rainforest", 2, 3))
    second = hearing(("The", 1, 1.4), ("Amazing", 1.42, 1.98), ("rain", 2, 2.5), ("forest", 2.5, 3))
    third = hearing(("A", 1, 1.4), ("AMAZON", 1.4, 2), ("drain", 1.9, 2.5), ("for", 2.5, 2.7), ("rest", 2.7, 3.4))
    segments = [
        {"start_time": "1.0", "end_time": "3.0", "alternatives": [first, second, third]},
        {"start_time": "4.0", "end_time": "5.0", "alternatives": [hearing(("else", 4, 5))]},
        {"alternatives": [first]},
        {"start_time": "odd", "end_time": None, "alternatives": "odd"},
    ]
    found = read(said("The", 1, 1.4), unsure("Amazon", 1.4, 2), unsure("rainforest", 2, 3), segments=segments)
    # What reaches over a word is none for it, and capitals make no other word. A certain word has none.
    assert [word.alternatives for word in found.words()] == [(), ("Amazing",), ("rain forest",)]
    again = read_transcript(transcribe_document("job", list(found.words()), "en-US"))
    assert [word.alternatives for word in again.words()] == [(), ("Amazing",), ("rain forest",)]


def test_of_what_was_heard_in_a_channel_the_other_knows_nothing_and_few_are_kept() -> None:
    others = [hearing((f"word{number}", 1, 2)) for number in range(9)] + [hearing(("x" * 101, 1, 2))]
    segments = [{"start_time": "1", "end_time": "2", "channel_label": "ch_0", "alternatives": others}]
    items = [unsure("one", 1, 2, channel_label="ch_0"), unsure("two", 1, 2, channel_label="ch_1")]
    found = read(*items, segments=segments, channel_labels={})
    assert {word.text: len(word.alternatives) for word in found.words()} == {"one": 4, "two": 0}


def test_redacted_and_masked_words_stay_and_removed_ones_leave_no_trace() -> None:
    redacted = {
        "type": "pronunciation",
        "start_time": "1.0",
        "end_time": "2.0",
        "alternatives": [{"content": "[PII]", "redactions": [{"confidence": "0.99", "type": "NAME"}]}],
    }
    document = {
        "isRedacted": True,
        "results": {"items": [said("I'm", 0, 1), redacted, said("***", 2, 3, vocabularyFilterMatch=True), mark(".")]},
    }
    transcript = read_transcript(document)
    assert transcript.text == "I'm [PII] ***."
    assert [word.confidence for word in transcript.words()] == [0.9, 1.0, 0.9]


def test_several_languages_make_segments_of_their_own_and_the_longest_spoken_is_the_transcripts() -> None:
    transcript = read(
        said("Good", 0, 1, language_code="en-US"),
        said("morning", 1, 2, language_code="en-US"),
        said("bonjour", 2, 3, language_code="fr-FR"),
        language_codes=[
            {"language_code": "fr-FR", "duration_in_seconds": 1.0},
            {"language_code": "en-US", "duration_in_seconds": "2.0"},
        ],
    )
    assert [(segment.language, segment.text) for segment in transcript.segments] == [
        ("en-US", "Good morning"),
        ("fr-FR", "bonjour"),
    ]
    assert transcript.language == "en-US"


def test_an_identified_language_is_the_transcripts_and_its_segments() -> None:
    identified = [{"score": "0.1", "code": "de-DE"}, {"score": "0.8", "code": "nl-NL"}, {"score": None, "code": "af"}]
    transcript = read(said("hallo", 0, 1), language_identification=identified)
    assert (transcript.language, transcript.segments[0].language) == ("nl-NL", "nl-NL")
    assert read(said("hallo", 0, 1), language_code="de-DE", language_identification=identified).language == "de-DE"
    assert read(said("hallo", 0, 1), language_identification=["odd", {}]).language is None


def test_items_with_nothing_in_them_are_left_out() -> None:
    nothing = [{"type": "pronunciation"}, said(""), said("  "), said("\x00"), None, "odd", {"alternatives": "odd"}]
    nothing += [{"type": "pronunciation", "alternatives": []}, said("", None), {"alternatives": [{"content": 5}]}]
    assert read(*nothing, said("word", 1, 2), mark("")).text == "word"


def test_speakers_come_from_the_items_themselves_unchanged() -> None:
    name = "Zoë <O'Brien> & söhne"
    transcript = read(said("one", 0, 1, speaker_label=name), said("two", 1, 2, speaker_label="spk_1"))
    assert transcript.speakers == (name, "spk_1")
    assert texts(transcript) == ["one", "two"]


def test_speakers_come_from_label_segments_by_start_whether_number_or_string() -> None:
    labels = [
        {"speaker_label": "spk_0", "items": [{"start_time": "0.10", "speaker_label": "spk_0"}]},
        {"speaker_label": "spk_1", "items": [{"start_time": 1, "end_time": 2}]},
    ]
    unlabelled = [said("three", 2, 3), said("four")]
    transcript = read(said("one", 0.1, 1), said("two", "1.0", 2), *unlabelled, speaker_labels={"segments": labels})
    assert [word.speaker for word in transcript.words()] == ["spk_0", "spk_1", "spk_1", "spk_1"]


@pytest.mark.parametrize("labels", [None, [], "odd", {}, {"segments": None}, {"segments": [None, {"items": [7]}]}])
def test_odd_labels_cost_the_speakers_not_the_words(labels: Any) -> None:
    transcript = read(said("one", 0, 1), speaker_labels=labels)
    assert (transcript.text, transcript.speakers) == ("one", ())


def channel_document(own_labels: bool) -> dict[str, Any]:
    def item(make: Any, label: str, *parts: Any) -> dict[str, Any]:
        return make(*parts, **({"channel_label": label} if own_labels else {}))

    first = [item(said, "ch_0", "So", "0.0", "0.4"), item(said, "ch_0", "we", "0.8", "1.0"), item(mark, "ch_0", ".")]
    second = [item(said, "ch_1", "Yes", "0.5", "0.8"), item(mark, "ch_1", "!"), item(said, "ch_1", "But", "0.9", "1.2")]
    merged = [first[0], second[0], second[1], first[1], first[2], second[2]]
    channels = [{"channel_label": "ch_0", "items": first}, {"channel_label": "ch_1", "items": second}]
    return {"results": {"items": merged, "channel_labels": {"channels": channels, "number_of_channels": 2}}}


@pytest.mark.parametrize("own_labels", [True, False])
def test_channels_are_speakers_and_their_sentences_stay_whole_where_they_speak_at_once(own_labels: bool) -> None:
    transcript = read_transcript(channel_document(own_labels))
    assert [(segment.speaker, segment.text) for segment in transcript.segments] == [
        ("ch_0", "So we."),
        ("ch_1", "Yes!"),
        ("ch_1", "But"),
    ]


def test_channels_that_follow_one_another_in_the_document_keep_their_times() -> None:
    first = [said("one", 5, 6, channel_label="ch_0")]
    second = [said("two", 1, 2, channel_label="ch_1")]
    transcript = read(*first, *second, channel_labels={"channels": []})
    assert [(word.text, word.start) for word in transcript.words()] == [("two", 1.0), ("one", 5.0)]


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf", -3, "-0.5", "soon", [], {}, 1e300, "1e99"])
def test_times_that_cannot_be_are_filled_in(odd: Any) -> None:
    transcript = read(said("one", 1, 2), said("two", odd, odd), said("three", 3, 4))
    assert [(word.start, word.end) for word in transcript.words()] == [(1, 2), (2, 2), (3, 4)]


def test_times_never_go_backwards() -> None:
    transcript = read(said("one", 5, 4), said("two", 3, 6), said("three", "2", "1"))
    assert [(word.start, word.end) for word in transcript.words()] == [(5, 5), (5, 6), (5, 5)]


def test_punctuation_before_any_word_is_dropped_and_an_opening_mark_belongs_to_the_next() -> None:
    transcript = read(mark("."), mark("¿"), said("Qué", 0, 1), mark("?"), mark("!"), said("Nada", 1, 2), mark("."))
    assert texts(transcript) == ["¿Qué?!", "Nada."]


json_keys = ["items", "alternatives", "content", "start_time", "end_time", "type", "channels", "segments"]
json_keys += ["speaker_label", "channel_label", "transcript", "language_code", "duration_in_seconds"]
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(json_keys),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["items", "transcripts", "speaker_labels", "channel_labels"]), json_values))
def test_whatever_json_is_read_gives_words_with_sound_times_or_an_error_of_ours(results: dict[str, Any]) -> None:
    try:
        transcript = read_transcript({"results": results})
    except TranscriptError:
        return
    for word in transcript.words():
        assert 0 <= word.start <= word.end and math.isfinite(word.end) and word.text


# --- segments -------------------------------------------------------------------------------------------------------


def in_a_row(*written: str, pause: float = 0.0) -> list[Word]:
    step = 0.3 + pause
    return [
        Word(
            round(at * step, 3),
            round(at * step + 0.3, 3),
            text.rstrip(".,?!。"),
            1.0,
            text[len(text.rstrip(".,?!。")) :],
        )
        for at, text in enumerate(written)
    ]


def segments_of(*words: Word, language: str | None = None) -> list[str]:
    return texts(read_transcript(transcribe_document("job", words, language)))


def test_segments_end_at_sentence_marks_but_not_at_abbreviations_or_decimals() -> None:
    words = in_a_row("Dr.", "Who", "paid", "3.5", "to", "Mr.", "Smith.", "Really?", "Yes!", "e.g.", "now")
    assert segments_of(*words) == ["Dr. Who paid 3.5 to Mr. Smith.", "Really?", "Yes!", "e.g. now"]


def test_a_mark_inside_quotes_ends_a_segment_too() -> None:
    assert segments_of(Word(0, 1, "no", 1, '."'), Word(1, 2, "He")) == ['no."', "He"]


def test_segments_end_at_long_pauses() -> None:
    assert segments_of(Word(0, 1, "one"), Word(2.9, 3, "two"), Word(5.1, 6, "three")) == ["one two", "three"]


def test_long_segments_are_cut_at_the_best_pause_within_the_limits() -> None:
    words = in_a_row(*(["word"] * 40), "comma,", *(["word"] * 100))
    lengths = [len(text.split()) for text in segments_of(*words)]
    assert lengths[0] == 41 and sum(lengths) == 141 and max(lengths) <= 60
    slow = read_transcript(transcribe_document("job", in_a_row(*(["word"] * 90), pause=1.5), None))
    assert all(segment.end - segment.start <= 30 for segment in slow.segments)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["我们", "今天", "讨论", "。"], "我们今天讨论。"),
        (["我", "用", "Python", "和", "Amazon", "Transcribe"], "我用 Python 和 Amazon Transcribe"),
        (["2026", "年", "11", "月"], "2026年11月"),
        (["これは", "ペン", "です"], "これはペンです"),
        (["สวัสดี", "ครับ"], "สวัสดีครับ"),
        (["안녕하세요", "여러분"], "안녕하세요 여러분"),
        (["नमस्ते", "दुनिया"], "नमस्ते दुनिया"),
        (["the", "word", "寿司", "means"], "the word 寿司 means"),
        (["好。", "OK"], "好。OK"),
        (["😀", "fine"], "😀 fine"),
        ([], ""),
    ],
)
def test_words_are_joined_as_their_script_is_written(words: list[Any], text: str) -> None:
    assert join(words) == text


def test_hostile_characters_do_not_reach_a_transcript() -> None:
    assert clean("a\x00b\n\n c\u2028d\ud800\x85 ") == "ab c d"
    assert clean("می\u200cخواهم") == "می\u200cخواهم"


# --- writing --------------------------------------------------------------------------------------------------------

names = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=6)


@st.composite
def word_lists(draw: Any) -> list[Word]:
    words, start = [], 0.0
    for _ in range(draw(st.integers(0, 25))):
        start += draw(st.floats(0, 5, allow_nan=False))
        end = start + draw(st.floats(0, 3, allow_nan=False))
        marks = draw(st.sampled_from(["", "", "", ",", ".", "?!", "。", "…"]))
        speaker, language = draw(st.none() | st.sampled_from(["spk_0", "Ann"])), draw(st.none() | st.just("fr-FR"))
        words.append(Word(start, end, draw(names), draw(st.floats(0, 1)), marks, speaker, language))
    return words


@settings(max_examples=150, deadline=None)
@given(word_lists(), st.none() | st.just("en-US"))
def test_what_is_written_reads_back_the_same_through_json(words: list[Any], language: str | None) -> None:
    document = json.loads(json.dumps(transcribe_document("job", words, language)))
    transcript = read_transcript(document)
    assert list(transcript.words()) == words
    assert transcript.language == language
    assert document["results"]["transcripts"][0]["transcript"] == join(word.written for word in words)


def test_the_written_document_has_the_services_shape() -> None:
    words = [Word(0.5, 0.9, "Hi", 0.99, "."), Word(1.0, 1.5, "You", 0.5, "", "spk_0")]
    document = transcribe_document("job-1", words, "en-US")
    assert (document["jobName"], document["accountId"], document["status"]) == ("job-1", "", "COMPLETED")
    assert document["results"]["items"][:2] == [
        {
            "type": "pronunciation",
            "alternatives": [{"confidence": "0.99", "content": "Hi"}],
            "start_time": "0.5",
            "end_time": "0.9",
        },
        {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]},
    ]
    assert document["results"]["speaker_labels"] == {
        "speakers": 1,
        "segments": [
            {
                "start_time": "1.0",
                "end_time": "1.5",
                "speaker_label": "spk_0",
                "items": [{"start_time": "1.0", "end_time": "1.5", "speaker_label": "spk_0"}],
            }
        ],
    }
    assert "speaker_labels" not in transcribe_document("job", words[:1], None)["results"]
