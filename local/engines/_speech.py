"""What the local speech engines share: a recording is fetched and checked, and a document is made of it and stored."""

import json
import shutil
import tempfile
import wave
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from chalicelib.domain.keys import S3Object
from chalicelib.errors import EngineFailed
from chalicelib.message import Message
from chalicelib.seams.jobs import JobOutcome, Started
from chalicelib.seams.probing import NO_RECORDING
from chalicelib.seams.speakers import DiarizationJob
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.speech.transcribe_json import transcribe_document
from chalicelib.speech.transcripts import Word
from local.aws.storage import fetch
from local.jobs import JobResult, LocalJob, MadeFile
from local.machine import current

_CANCELLED = Message("transcription-cancelled", "The transcription was cancelled.")
_NO_SPEECH_WAV = Message(
    "no-speech-wav",
    "The local speech engines hear only WAV files of 16 kHz and 16 bits, in one channel unless each of two is to be "
    "heard on its own: give them the speech rendition of the recording.",
)

SAMPLE_RATE = 16_000
"""Samples a second of the recordings; a sample is a signed 16-bit number, little end first."""

Transcribe = Callable[[Path, LocalJob], tuple[list[Word], str]]
"""From a speech WAV to its words and its language."""

Listen = Callable[[Path, LocalJob], dict[str, Any]]
"""From a speech WAV to a document, which JSON can hold."""


def begin(job: TranscriptionJob, transcribe: Transcribe, channels: int = 1) -> Started:
    """Start `job` as a job of this machine whose work is `transcribe`; see `begin_listening`."""

    def listen(audio: Path, running: LocalJob) -> dict[str, Any]:
        words, language = transcribe(audio, running)
        return transcribe_document(job.name, words, language)

    return begin_listening(job, listen, channels)


def begin_listening(job: TranscriptionJob | DiarizationJob, listen: Listen, channels: int = 1) -> Started:
    """Start `job` as a job of this machine whose work is `listen`, unless it was started before.

    Raises EngineFailed if the recording is not there, or
    not a WAV of 16 kHz, 16 bits and so many channels.
    """
    machine = current()
    if any(running.name == job.name for running in machine.jobs.running):
        return None
    folder = Path(tempfile.mkdtemp(prefix="audio-", dir=machine.workspace))
    started = False
    try:
        # Here and not in the work: only the main thread may talk to the embedded S3.
        audio = fetch(job.audio, folder)
        check_speech_wav(audio, channels)
        outcome = machine.jobs.start(job.name, partial(_work, job.destination, listen, audio, folder))
        started = outcome is None
    except FileNotFoundError as exc:
        raise EngineFailed(NO_RECORDING) from exc
    finally:
        if not started:
            shutil.rmtree(folder)
    return outcome


def _work(destination: S3Object, listen: Listen, audio: Path, folder: Path, running: LocalJob) -> JobResult:
    try:
        document = listen(audio, running)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result = running.folder / "heard.json"
    result.write_text(json.dumps(document))
    return JobResult(JobOutcome(running.name), (MadeFile(result, destination, "application/json"),))


def check_speech_wav(audio: Path, channels: int) -> None:
    """Raise EngineFailed unless `audio` is what speech models hear: a WAV of 16 kHz, 16 bits and so many channels."""
    try:
        with wave.open(str(audio)) as recording:
            shape = recording.getframerate(), recording.getnchannels(), recording.getsampwidth()
            fits = shape == (SAMPLE_RATE, channels, 2)
    except (wave.Error, EOFError):
        fits = False
    if not fits:
        raise EngineFailed(_NO_SPEECH_WAV)


def stop_if_cancelled(running: LocalJob) -> None:
    """Raise EngineFailed if the job was cancelled."""
    if running.cancelled.is_set():
        raise EngineFailed(_CANCELLED)
