"""What an engine has heard before, told once more: a recording is heard once, however often it is measured with."""

import json
from pathlib import Path

from benchmarks.measure import WORK
from chalicelib.seams.jobs import Started
from chalicelib.seams.transcription import Transcriber, TranscriptionJob
from chalicelib.speech.transcribe_json import read_transcript
from chalicelib.speech.transcripts import Word
from local.engines._speech import begin
from local.jobs import LocalJob
from local.machine import WorksInJobs

HEARD = WORK / "replayed.json"
"""A transcript in Transcribe's JSON."""


def create(context: object) -> Transcriber:
    """The engine."""
    return _Replayed()


class _Replayed(WorksInJobs):
    def start(self, job: TranscriptionJob) -> Started:
        return begin(job, self._tell)

    def _tell(self, audio: Path, running: LocalJob) -> tuple[list[Word], str]:
        heard = read_transcript(json.loads(HEARD.read_text()))
        return list(heard.words()), heard.language or "en"
