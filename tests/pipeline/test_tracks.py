"""Which track of sound is heard, and whether its channels are heard apart: decided once, and told."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import presets
from chalicelib.domain.assets import Channels, Options
from chalicelib.domain.media import AudioStream, MediaInfo
from chalicelib.letters.wording import Wording
from chalicelib.pipeline.plan import chosen
from chalicelib.speech.corrections import Line, correct
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript, read_transcript, transcribe_document
from chalicelib.speech.transcripts import Word
from tests.harness.service import DIARIZER, Service, running_service

ENGLISH = Wording("en", "UTC")


def track(number: int, language: str | None = None, **more: Any) -> AudioStream:
    return AudioStream("aac", 48_000, 2, number=number, language=language, **more)


def recording(heard: AudioStream, *others: AudioStream) -> MediaInfo:
    return MediaInfo("matroska", 60.0, None, heard, others=others)


def heard_of(media: MediaInfo, **wanted: Any) -> tuple[int, list[str]]:
    found, notes = chosen(media, Options(**wanted), hears_channels=True)
    assert found.audio is not None
    assert [one.number for one in found.tracks] == [one.number for one in media.tracks], "none is lost"
    return found.audio.number, list(map(ENGLISH.sentence, notes))


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ({}, 2),
        ({"track": 1}, 1),
        ({"track": 2}, 2),
        ({"track": 9}, 2),  # there is none
        ({"language": "fr"}, 1),
        ({"language": "fr-CA"}, 1),
        ({"language": "FRA"}, 1),
        ({"language": "en"}, 2),  # the usual one is marked with it, too
        ({"language": "de"}, 2),  # two others are
        ({"language": "ko"}, 2),  # none is
        ({"language": "it"}, 2),  # there is nothing to hear in it
        ({"language": "fr", "track": 3}, 3),
        ({"language": "fr", "track": 9}, 1),
    ],
)
def test_the_track_that_is_asked_for_is_heard_or_the_one_in_the_language_or_the_usual_one(
    wanted: dict[str, Any], number: int
) -> None:
    more = (track(3, "de"), track(4, "de"), track(5, "en"), track(6, "it", is_silent=True))
    assert heard_of(recording(track(2, "en"), track(1, "fr"), *more), **wanted)[0] == number


def test_what_was_heard_of_several_tracks_is_told_once() -> None:
    media = recording(track(2, "fr", title="Director"), track(1, "en"), track(3))
    assert heard_of(media) == (
        2,
        [
            "This recording has 3 sound tracks. This one was used: 2 (French, “Director”). The others are: "
            "1 (English) and 3. On the recording’s page you can use another one."
        ],
    )
    assert heard_of(recording(track(1, "fr"))) == (1, [])
    _, (missing,) = heard_of(recording(track(1)), track=2)
    assert missing == "This recording has no sound track 2 that can be heard. Choose another one."
    _, (many,) = heard_of(recording(track(1), *map(track, range(2, 500))))
    assert "The others are: 2, 3, 4, 5, 6, 7, 8, 9, and …." in many


def test_a_recording_without_sound_has_no_track_to_choose() -> None:
    silent = MediaInfo("mp4", 60.0)
    wanted = Options(track=2, channels=Channels.SEPARATE)
    assert chosen(silent, wanted, hears_channels=True) == (silent, [])


_NOT_TWO = "this recording does not have exactly two."


@pytest.mark.parametrize(
    ("sound", "hears_channels", "hindrance"),
    [
        (track(1), True, None),
        (track(1, heard=2), True, None),
        (track(1), False, "the speech engine in use cannot hear each on its own."),
        (track(1, is_same=True), True, "both hold the same sound."),
        *((replace(track(1), channels=count), True, _NOT_TWO) for count in (0, 1, 6)),
    ],
)
def test_channels_are_heard_apart_where_that_can_be(
    sound: AudioStream, hears_channels: bool, hindrance: str | None
) -> None:
    media, notes = chosen(recording(sound), Options(channels=Channels.SEPARATE), hears_channels=hears_channels)
    assert list(map(ENGLISH.sentence, notes)) == (
        [] if hindrance is None else [f"The channels were heard together: {hindrance}"]
    )
    plan = presets.plan(presets.SPEECH, media)
    assert plan and plan.audio and plan.audio.channels == (1 if hindrance else 2)
    together, notes = chosen(recording(sound), Options(), hears_channels=hears_channels)
    plan = presets.plan(presets.SPEECH, together)
    assert (plan and plan.audio and plan.audio.channels, notes) == (1, [])


def test_a_call_that_is_what_speech_models_want_is_taken_as_it_is() -> None:
    call = AudioStream("pcm_s16le", 16_000, 2)
    media = MediaInfo("wav", 60.0, None, call)
    assert not media.is_speech_wav
    assert replace(media, audio=replace(call, apart=True)).is_speech_wav


def test_the_chosen_track_is_what_all_engines_are_given(service: Service) -> None:
    service.cloud.media = recording(track(1, "en"), track(2, "fr"))
    asset = service.upload(track=2)
    service.settle()
    ended = service.asset(asset.ref)
    assert ended.media and ended.media.audio and ended.media.audio.number == 2
    assert [other.number for other in ended.media.others] == [1]
    assert sum("This one was used: 2 (French)." in ENGLISH.sentence(note) for note in ended.notes) == 1


CALL = [
    Word(0.5, 0.9, "Yes", 0.9, "?", "ch_1"),
    Word(0.6, 1.2, "Hello", 0.9, ",", "ch_0"),
    Word(1.0, 1.4, "Ada", 0.9, ".", "ch_1"),
    Word(1.3, 1.9, "Ben", 0.9, ".", "ch_0"),
]


def test_where_the_channels_tell_who_speaks_no_voices_are_told_apart() -> None:
    with running_service(**DIARIZER) as service:
        service.cloud.hears_channels, service.cloud.words = True, CALL
        asset = service.upload(channels="separate")
        service.settle()
        ended = service.asset(asset.ref)
        assert "diarize" not in service.cloud.calls
        captions = service.services.outputs.read(CAPTIONS.key(ended, "vtt")) or b""
        document = service.services.outputs.read(TRANSCRIPT.key(ended)) or b""
    assert json.loads(document)["results"]["transcripts"] == [{"transcript": "Yes? Hello, Ben. Ada."}]
    said = [(segment.speaker, segment.text) for segment in load_transcript(document).segments]
    assert said == [("ch_1", "Yes?"), ("ch_0", "Hello, Ben."), ("ch_1", "Ada.")]
    assert b"<v Speaker 1>" in captions
    assert b"<v Speaker 2>" in captions
    assert b"ch_" not in captions


def test_words_said_at_once_keep_their_times_when_their_lines_are_corrected() -> None:
    found = read_transcript(transcribe_document("job", CALL, "en"))
    lines = [Line("Yes?", "Ada"), Line("Hello, Ben!", "ch_0"), Line("Ada.", "Ada")]
    words, counts = correct(found, lines)
    again = read_transcript(transcribe_document("job", words, "en", counts))
    assert [(segment.speaker, segment.text, segment.start) for segment in again.segments] == [
        ("Ada", "Yes?", 0.5),
        ("ch_0", "Hello, Ben!", 0.6),
        ("Ada", "Ada.", 1.0),
    ]
