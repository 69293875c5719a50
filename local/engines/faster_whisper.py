"""Speech to words with faster-whisper: many languages and far fewer errors, for a package and a model to install.

The package is `faster-whisper` (`pip install faster-whisper`); its model is named by `RAPPORTEUR_WHISPER_MODEL`: a
size such as `small`, which is downloaded once, or the folder of a converted model. faster-whisper holds a whole
recording in memory: 230 MB an hour.
"""

import importlib.util
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from chalicelib.engines.jobs import Started
from chalicelib.engines.registry import EngineContext
from chalicelib.engines.transcription import Transcriber, TranscriptionJob
from chalicelib.errors import EngineError, EngineFailed, SettingsError
from chalicelib.transcripts import Word
from local.engines._speech import begin, stop_if_cancelled
from local.jobs import LocalJob
from local.machine import WorksInJobs

_PATIENCE = 0.2  # seconds between two looks at whether the job was cancelled
_MARKS = ".,!?;:…。、！？，：；"
_WRITTEN = re.compile(rf"""["“”„«»()\[\]\s]*(.*?)["“”„«»()\[\]\s]*([{_MARKS}]*)["“”„«»()\[\]\s]*""")


def create(context: EngineContext) -> Transcriber:
    """The engine. Raises SettingsError if its package is not installed or no model is set."""
    if importlib.util.find_spec("faster_whisper") is None:
        raise SettingsError("The transcription engine faster_whisper needs its package: pip install faster-whisper.")
    if not context.settings.whisper_model:
        raise SettingsError(
            "The transcription engine faster_whisper needs a model: set RAPPORTEUR_WHISPER_MODEL to a size (such as "
            "small) or to the folder of a converted model."
        )
    return FasterWhisperTranscriber(context.settings.whisper_model)


class FasterWhisperTranscriber(WorksInJobs):
    """Transcribes on this machine with `model_name`, a size to download or a folder; loaded for the first job."""

    def __init__(self, model_name: str) -> None:
        self._model_name = model_name
        self._model: Any = None
        self._loading = threading.Lock()
        self._turn = threading.Lock()

    def start(self, job: TranscriptionJob) -> Started:
        """See the seam. Raises EngineFailed if the recording is not a speech WAV."""
        return begin(job, lambda audio, running: self.transcribe(audio, job.language, running))

    def transcribe(self, audio: Path, language: str | None, running: LocalJob) -> tuple[list[Word], str]:
        """What is said in `audio`, and in which language; `language` is a BCP 47 code, or None to find it out.

        Raises EngineFailed for a language that the model does not know, EngineError if there is no such model.
        """
        model = self._loaded()
        spoken = language.partition("-")[0].lower() if language else None
        if spoken and spoken not in model.supported_languages:
            raise EngineFailed(
                f"The Whisper model in use does not know {language!r}: choose one that does.",
                "language-not-supported",
            )
        with self._taking_turns(running):
            segments, info = model.transcribe(
                str(audio),
                language=spoken,
                word_timestamps=True,
                vad_filter=True,  # on silence, Whisper makes words up
                condition_on_previous_text=False,  # or one wrong sentence may be repeated to the end
            )
            words = list(words_of(_watched(segments, info.duration, running), info.duration))
        return words, language or info.language

    @contextmanager
    def _taking_turns(self, running: LocalJob) -> Iterator[None]:
        """One recording at a time: each is in memory whole, and the model hears but one at once anyway."""
        while not self._turn.acquire(timeout=_PATIENCE):
            stop_if_cancelled(running)
        try:
            yield
        finally:
            self._turn.release()

    def _loaded(self) -> Any:  # noqa: ANN401 - the package has no types
        from faster_whisper import WhisperModel

        with self._loading:
            if self._model is None:
                try:
                    self._model = WhisperModel(self._model_name)
                except (OSError, RuntimeError, ValueError) as exc:
                    raise EngineError(
                        "The Whisper model cannot be loaded: check its folder, or its name and the network.",
                        "no-model",
                    ) from exc
        return self._model


def _watched(segments: Iterable[Any], duration: float, running: LocalJob) -> Iterator[Any]:
    """The segments, each of which is decoded when asked for."""
    stop_if_cancelled(running)
    for segment in segments:
        stop_if_cancelled(running)
        running.progress(segment.end / duration)
        yield segment


def words_of(segments: Iterable[Any], duration: float) -> Iterator[Word]:
    """faster-whisper's words as ours, with their punctuation apart, none of them after the end of the recording."""
    before: Word | None = None
    for said in (word for segment in segments for word in segment.words or ()):
        match = _WRITTEN.fullmatch(said.word)
        text, marks = match.groups() if match else (said.word.strip(), "")
        if not text:  # a mark on its own
            if before and not before.punctuation:
                before = replace(before, punctuation=marks)
        elif said.start < duration:
            if before:
                yield before
            start, end = float(said.start), float(min(max(said.start, said.end), duration))
            before = Word(round(start, 3), round(end, 3), text, round(min(float(said.probability), 1.0), 4), marks)
    if before:
        yield before
