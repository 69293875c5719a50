"""A speech engine that is not sure of what it hears: the same talk in whatever it is given, with words that it mistook.

For tests of how people put right what was heard.
"""

import wave
from pathlib import Path

from chalicelib.seams.jobs import Started
from chalicelib.seams.transcription import Transcriber, TranscriptionJob
from chalicelib.speech.transcripts import Word
from local.engines._speech import begin
from local.jobs import LocalJob
from local.machine import WorksInJobs

SENTENCES = (
    "Good evening, here is mister covatch of the council.",
    "The knight~night|nite bus is late again, says covatch~ today.",
    "Knight buses cost money, and a knight bus helps nobody.",
    "That is covatch's plan, and it is <b>bold</b>.",
    "Nobody asked covatch~ about the fair~fare.",
)
"""A word that the engine is not sure of ends with `~`, and with what else it took it for."""


def create(context: object) -> Transcriber:
    return UnsureTranscriber()


class UnsureTranscriber(WorksInJobs):
    """A job of this machine like the others', with its words known in advance."""

    def start(self, job: TranscriptionJob) -> Started:
        return begin(job, lambda audio, running: (self.transcribe(audio, running), "en-US"))

    def transcribe(self, audio: Path, running: LocalJob) -> list[Word]:
        """The sentences, spread evenly over the length of `audio`."""
        with wave.open(str(audio)) as recording:
            seconds = recording.getnframes() / recording.getframerate()
        said = " ".join(SENTENCES).split()
        step = seconds / len(said)
        return [_word(text, number * step, (number + 0.9) * step) for number, text in enumerate(said)]


def _word(text: str, start: float, end: float) -> Word:
    plain = text.rstrip(".,")
    bare, unsure, others = plain.partition("~")
    alternatives = tuple(filter(None, others.split("|")))
    confidence = 0.34 if unsure else 0.97
    marks = text[len(plain) :]
    return Word(round(start, 3), round(end, 3), bare, confidence, marks, alternatives=alternatives)
