"""What can reach an owner is found in the code, and each sentence of it must be known in the catalogues."""

import ast
from collections.abc import Iterator

import pytest

from chalicelib.domain.assets import Options
from chalicelib.domain.media import AudioStream, MediaInfo
from chalicelib.letters import sentences
from chalicelib.letters.letter import Reader
from chalicelib.letters.wording import Wording
from chalicelib.pipeline.plan import chosen
from tests.harness.places import ROOT

CODE = ROOT / "chalicelib"
MESSAGE_AT = {"Failure": 1, "MediaRejected": 0, "EngineFailed": 0, "TranscriptError": 0}
"""Where, in the calls that tell owners something, the sentence stands."""

FILLED = {
    "_SERVICE": "Amazon Comprehend",
    "name": "Amazon Transcribe",
    "told": "error 1404",
    "wanted": "'tlh'",
    "what": "Files ending in .exe are",
}
"""What stands in the places of a sentence, by the code there; 1 in all others."""


def filled(node: ast.expr) -> str | None:
    """The sentence that a node is, with something in its places; None if it is no literal."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            pieces = [
                part.value if isinstance(part, ast.Constant) else FILLED.get(ast.unparse(part.value), "1")  # type: ignore[attr-defined]
                for part in parts
            ]
            return "".join(str(piece) for piece in pieces)
    return None


def told() -> Iterator[tuple[str, str]]:
    for path in sorted(CODE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MESSAGE_AT:
                at = MESSAGE_AT[node.func.id]
                said = filled(node.args[at]) if len(node.args) > at else None
                if said is not None:
                    yield f"{path.name}:{node.lineno}", said


NOTES = (
    "This recording has no sound, so there is no transcript.",
    "No speech was heard in this recording, so the transcript is empty.",
    "The recording was too long to be transcribed at once: its transcript is joined from 3 parts.",
    "Speakers are told apart within each part only: the same person may have another label in the next.",
    "From 1:00:00 to 2:00:00 nothing could be transcribed: The recording is too short to be transcribed.",
    "The file says that it lasts 20 seconds, but only 12 seconds of it could be read.",
    "A short preview could not be made. The transcoding was cancelled.",
    "Some renditions could not be made. The transcoding was cancelled.",
    "The rendition Sound (MP3) could not be made. The transcoding was cancelled.",
    "Key phrases could not be looked for: Amazon Comprehend takes less text at once than it says it does.",
    "Toxic speech could not be looked for: Amazon Comprehend cannot in this recording's language (ko).",
    "Personal data was said, by kind and number of times: EMAIL 2, NAME 1.",
    "Toxic speech may be heard at 0:05, 1:10 (minutes and seconds) and 3 times more.",
    "Toxic speech may be heard at 0:05 (minutes and seconds).",
    "There is no summary: The model gave no summary.",
    "The custom vocabulary names was not used: it is not ready, or not for this language.",
    "Amazon Comprehend does not know every language of this recording: the analysis is without nl.",
    "Amazon Comprehend could not read a part of what was said; the analysis is without it.",
    "This recording has no track of sound 9 that can be heard.",
    "The channels were heard together: this recording does not have exactly two.",
    "The channels were heard together: both hold the same sound.",
    "The channels were heard together: the speech engine in use cannot hear each on its own.",
)


@pytest.mark.parametrize("said", [pytest.param(said, id=where) for where, said in told()])
def test_every_failure_is_known_in_other_languages(said: str) -> None:
    words = Wording.of(Reader("ko"))
    assert sentences.in_language(said, words) != said


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("language", ["fr", "ko", "ja", "zh"])
def test_notes_are_told_in_other_languages(note: str, language: str) -> None:
    said = sentences.in_language(note, Wording.of(Reader(language)))
    assert said != note
    assert " could not " not in said
    assert "The " not in said


def test_languages_of_tracks_are_called_as_the_reader_calls_them_and_titles_as_they_are() -> None:
    tracks = (
        AudioStream("aac", 48_000, 2, number=2, language="fr", title="1 (German)"),
        AudioStream("aac", 48_000, 2, number=1, title="<b>English</b>; 3 (x"),
        AudioStream("aac", 48_000, 2, number=3, language="qqq"),
        AudioStream("aac", 48_000, 2, number=4, language="pt"),
    )
    media = MediaInfo("matroska", 9.0, None, tracks[0], others=tracks[1:])
    _, (note,) = chosen(media, Options(), hears_channels=False)
    assert "2 (French, “1 (German)”)" in note
    said = sentences.in_language(note, Wording.of(Reader("fr")))
    assert "pistes sonores" in said
    assert "2 (français, “1 (German)”)" in said
    assert ": 1 (“<b>English</b>; 3 (x”); 3 (qqq); 4 (portugais)." in said


def test_the_sentences_are_found() -> None:
    assert len(list(told())) > 25
