"""A speech engine that hears the talk of `tests/harness/talk.py` in whatever it is given, and takes no time for it.

For tests of everything around the recogniser. What PocketSphinx makes of real sound is tested in
tests/local/test_pocketsphinx.py, and through the whole service in tests/local/test_cli.py.
"""

import wave
from pathlib import Path

from chalicelib.seams.jobs import Started
from chalicelib.seams.transcription import Transcriber, TranscriptionJob
from chalicelib.speech.transcripts import Word
from local.engines._speech import begin
from local.jobs import LocalJob
from local.machine import WorksInJobs
from tests.harness import talk


def create(context: object) -> Transcriber:
    return CannedTranscriber()


class CannedTranscriber(WorksInJobs):
    """A job of this machine like the others', with its word known in advance."""

    def start(self, job: TranscriptionJob) -> Started:
        return begin(job, lambda audio, running: (self.transcribe(audio, running), "en-US"))

    def transcribe(self, audio: Path, running: LocalJob) -> list[Word]:
        """The whole talk, as fast or slow as the length of `audio` asks for."""
        with wave.open(str(audio)) as recording:
            seconds = recording.getnframes() / recording.getframerate()
        said = list(talk.spoken())
        pace = seconds / max(part.end or 0.0 for part in said)
        words: list[Word] = []
        for part in said:
            if part.start is None or part.end is None:
                before = words.pop()
                words.append(Word(before.start, before.end, before.text, before.confidence, part.text))
            else:
                words.append(Word(round(part.start * pace, 3), round(part.end * pace, 3), part.text, 0.98))
        return words
