"""Speech to words with faster-whisper: a hundred languages, punctuated, with few errors.

Its model is Whisper base, which `local/models/whisper.py` brings; `RAPPORTEUR_WHISPER_MODEL` names another: a size such
as `small`, which is downloaded once, or the folder of a converted one. It is given ten minutes at a time, cut where it
is quietest, so that a long recording needs no more memory than a short one.
"""

import importlib.util
import os
import re
import threading
import wave
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineError, EngineFailed, SettingsError
from chalicelib.message import Message
from chalicelib.seams.jobs import Started
from chalicelib.seams.transcription import HeardLine, Transcriber, TranscriptionJob
from chalicelib.settings import setting
from chalicelib.speech.hints import prompt
from chalicelib.speech.transcripts import Word
from local.engines._channels import joined, loudness_of
from local.engines._chinese import in_script_of
from local.engines._languages import SPACELESS, pipeline
from local.engines._onsets import at_their_onsets
from local.engines._speech import SAMPLE_RATE, begin, stop_if_cancelled
from local.jobs import LocalJob
from local.machine import WorksInJobs, current
from local.models.hub import model_folder
from local.models.weights import COMMAND
from local.models.whisper import WEIGHTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TRIED = frozenset(("en", "es", "fr", "it", "ja", "ko", "pt", "zh"))
"""The languages of which at least a sentence of a stranger's was heard with few mistakes (German was not)."""

_UNTRIED = Message(
    "language-untried",
    "How well Whisper base hears this language (%(language)s) has not been tried here; in many languages it mistakes "
    "every third word. Listen again to what you quote; a larger model hears better (RAPPORTEUR_WHISPER_MODEL).",
)
_NOT_KNOWN = Message(
    "language-not-heard", "The Whisper model in use does not know this language: %(language)s. Choose one that does."
)
_NOT_LOADED = Message("whisper-not-loaded", "The Whisper model cannot be loaded: check its folder.")

_ONE_LANGUAGE: Mapping[int, str] = {}
_UNHEARD = "en"
"""The language of a recording in which nothing is said."""

_LONGEST = 600.0  # seconds
_AT_ONCE = 4
"""Pieces of at most half a minute that are decoded together: more of them need more memory, and are no quicker."""

_PATIENCE = 0.2  # seconds between two looks at whether the job was cancelled
_MARKS = ".,!?;:…。、！？，：；"
_WRITTEN = re.compile(rf"""["“”„«»()\[\]\s]*(.*?)["“”„«»()\[\]\s]*([{_MARKS}]*)["“”„«»()\[\]\s]*""")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be set."""

    whisper_model: str | None = setting("name or folder of a Whisper model, if not base", r".+", default=None)


def create(context: EngineContext) -> Transcriber:
    """The engine. Raises SettingsError if its package or its model is not on this machine."""
    if importlib.util.find_spec("faster_whisper") is None:
        raise SettingsError(
            "The transcription engine faster_whisper needs its package: "
            "pip install --no-deps --require-hashes -r requirements-speech.txt."
        )
    named = context.settings.options(Options).whisper_model
    if not named and not WEIGHTS.are_there():
        raise SettingsError(
            f"The transcription engine faster_whisper needs its model. {COMMAND} brings Whisper base; "
            "RAPPORTEUR_WHISPER_MODEL names another, by size (such as small) or by the folder of a converted one."
        )
    return FasterWhisperTranscriber(named or str(WEIGHTS.place))


class FasterWhisperTranscriber(WorksInJobs):
    """Transcribes on this machine with `model_name`, a size to download or a folder; loaded for the first job."""

    hears_channels = True
    takes_terms = True

    def __init__(self, model_name: str) -> None:
        self._model_name = model_name
        self._hearing: Any = None
        self._loading = threading.Lock()
        self._turn = threading.Lock()

    def start(self, job: TranscriptionJob) -> Started:
        """See the seam. Raises EngineFailed if the recording is not a speech WAV."""
        channels = 2 if job.apart else 1
        return begin(job, lambda audio, running: self.transcribe(audio, job.language, running, job.terms), channels)

    def heard(self, name: str) -> tuple[HeardLine, ...]:
        """See the seam, `TellsLines`. A second channel is heard after the first."""
        return tuple(sorted(current().jobs.heard(name), key=lambda line: line.start))

    def caution(self, language: str) -> Message | None:
        """See the seam, `KnowsLanguages`. Of a model that was named by whoever runs this, nothing is said."""
        code = language.partition("-")[0].lower()
        if self._model_name != str(WEIGHTS.place) or code in _TRIED:
            return None
        return _UNTRIED.of(language=code)

    def transcribe(
        self, audio: Path, language: str | None, running: LocalJob, terms: Sequence[str] = ()
    ) -> tuple[list[Word], str]:
        """What is said in `audio`, and in which language; `language` is a BCP 47 code, or None to find it out.

        `terms` are likely to be said: Whisper takes them for what was said before, and writes as it does there.
        Where `audio` has two channels, each is heard on its own, and its words are labelled with it. Raises
        EngineFailed for a language that the model does not know, EngineError if there is no such model.
        """
        hearing = self._loaded()
        spoken = language.partition("-")[0].lower() if language else None
        if spoken and spoken not in hearing.model.supported_languages:
            raise EngineFailed(_NOT_KNOWN.of(language=str(language)))
        with self._taking_turns(running), wave.open(str(audio)) as recording:
            channels = range(recording.getnchannels())
            heard = [_hear(hearing, recording, channel, (language, spoken), running, terms) for channel in channels]
        return heard[0] if len(heard) == 1 else joined(heard, loudness_of(audio))

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
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime would tell Microsoft, from its import on
        from faster_whisper import WhisperModel

        with self._loading:
            if self._hearing is None:
                if Path(self._model_name) == WEIGHTS.place:
                    WEIGHTS.check()
                folder = model_folder(self._model_name)
                try:
                    # Eight bits are what a processor is quickest with; the errors are the same.
                    model = WhisperModel(str(folder), device="cpu", compute_type="int8")
                except (OSError, RuntimeError, ValueError) as exc:
                    raise EngineError(_NOT_LOADED) from exc
                self._hearing = pipeline(model)
        return self._hearing


def _hear(
    hearing: Any,  # noqa: ANN401 - the package has no types
    recording: wave.Wave_read,
    channel: int,
    named: tuple[str | None, str | None],
    running: LocalJob,
    terms: Sequence[str],
) -> tuple[list[Word], str]:
    """What is said in one channel, and in which language: the one that is `named`, and what Whisper calls that."""
    language, spoken = named
    words: list[Word] = []
    length = recording.getnframes() / SAMPLE_RATE
    for start, sound in stretches_of(recording, channel):
        hearing.languages.clear()
        segments, info = hearing.transcribe(
            sound,
            batch_size=_AT_ONCE,
            language=spoken,
            multilingual=language is None,  # who names a language means all of it
            word_timestamps=True,
            vad_filter=True,  # on silence, Whisper makes words up, and more so if it is told of some
            hotwords=prompt(terms),
        )
        watched = _watched(segments, start, length, running, (channel, recording.getnchannels()))
        spaced = info.language not in SPACELESS
        heard = at_their_onsets(words_of(watched, info.duration, spaced, hearing.languages), sound)
        words += [replace(word, start=round(start + word.start, 3), end=round(start + word.end, 3)) for word in heard]
        if heard:  # the language of what is said, not of what comes before
            spoken = info.language
    told = language or spoken or _UNHEARD
    if len({word.language for word in words}) == 1:
        words = [replace(word, language=None) for word in words]  # the recording's own says it
    return in_script_of(told, words) if spoken == "zh" else words, told


def stretches_of(recording: wave.Wave_read, channel: int = 0) -> Iterator[tuple[float, "NDArray[np.float32]"]]:
    """A channel of a speech WAV, as samples from -1 to 1, in stretches of at most `_LONGEST` seconds with their start.

    Each but the last ends where the last tenth of it is quietest.
    """
    import numpy as np

    recording.rewind()
    start, held = 0, np.empty(0, np.float32)
    most, step = round(_LONGEST * SAMPLE_RATE), SAMPLE_RATE // 10
    while True:
        read = np.frombuffer(recording.readframes(most - len(held)), "<i2")[channel :: recording.getnchannels()]
        held = np.concatenate([held, read.astype(np.float32) / 32768])
        if len(held) < most:
            if len(held):
                yield start / SAMPLE_RATE, held
            return
        late = held[-(most // 10) // step * step :].reshape(-1, step)
        cut = most - len(late) * step + int(np.abs(late).sum(axis=1).argmin()) * step + step // 2
        yield start / SAMPLE_RATE, held[:cut]
        start, held = start + cut, held[cut:].copy()


def _watched(
    segments: Iterable[Any], start: float, length: float, running: LocalJob, channel: tuple[int, int] = (0, 1)
) -> Iterator[Any]:
    """The segments, each of which is decoded when asked for, of a stretch from `start` in a recording of `length`.

    `channel` says which it is, counted from 0, of how many that are heard one after the other.
    """
    done, channels = channel
    stop_if_cancelled(running)
    for segment in segments:
        stop_if_cancelled(running)
        running.progress((done + (start + segment.end) / length) / channels)
        running.heard.append(HeardLine(round(start + segment.start, 3), segment.text.strip()))
        yield segment


def words_of(
    segments: Iterable[Any], duration: float, spaced: bool = True, languages: Mapping[int, str] = _ONE_LANGUAGE
) -> Iterator[Word]:
    """faster-whisper's words as ours, with their punctuation apart, none of them after the end of the recording.

    In a language that is written with spaces (`spaced`), what follows without one belongs to the word before: "ma" and
    "'am" are one. `languages` are those of the pieces that were heard in one go, by where they begin (`seek`).
    """
    before: Word | None = None
    for language, at, said in _in_languages(segments, languages):
        match = _WRITTEN.fullmatch(said.word)
        text, marks = match.groups() if match else (said.word.strip(), "")
        start, end = float(said.start), float(min(max(said.start, said.end), duration))
        probability = round(min(float(said.probability), 1.0), 4)
        if not text:  # a mark on its own
            if before and not before.punctuation:
                before = replace(before, punctuation=marks)
        elif before and at and spaced and not said.word[0].isspace():
            joined = before.text + before.punctuation + text
            confidence = min(before.confidence, probability)
            before = replace(before, end=round(end, 3), text=joined, confidence=confidence, punctuation=marks)
        elif said.start < duration:
            if before:
                yield before
            before = Word(round(start, 3), round(end, 3), text, probability, marks, language=language)
    if before:
        yield before


def _in_languages(segments: Iterable[Any], languages: Mapping[int, str]) -> Iterator[tuple[str | None, int, Any]]:
    """The words of all segments, each with its language, and with its number in its segment."""
    for segment in segments:
        language = languages.get(segment.seek)
        for at, said in enumerate(segment.words or ()):
            yield language, at, said
