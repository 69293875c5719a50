"""WhisperX, in the job of AWS Batch that does all of a run's work on a GPU, as the transcriber (`engines/batch.py`)."""

from dataclasses import dataclass

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.media import MediaInfo
from chalicelib.engines.batch import (
    EVENTS,
    SERVICES,
    SHARED_JOB,
    BatchJobs,
    Options,
    grants,
    hours,
    is_heard,
    not_by_itself,
)
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.registry import EngineContext
from chalicelib.message import Message
from chalicelib.seams.jobs import Started
from chalicelib.seams.options import Settled
from chalicelib.seams.transcription import TranscriptionJob, without_what_it_takes_none_of

__all__ = ["EVENTS", "SERVICES", "SHARED_JOB", "USES_LEXICON", "Options", "charges", "create", "grants"]

USES_LEXICON = True

_ALIGNED = frozenset(
    {
        *("ar", "ca", "cs", "da", "de", "el", "en", "es", "eu", "fa", "fi", "fr", "gl", "he", "hi", "hr", "hu", "id"),
        *("it", "ja", "ka", "ko", "lv", "ml", "nl", "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "te", "tl"),
        *("tr", "uk", "ur", "vi", "zh"),
    }
)
"""Those whose words WhisperX finds in the sound; in others it knows when a sentence is said
(https://github.com/m-bain/whisperX/blob/main/whisperx/alignment.py)."""

_ESTIMATED = Message(
    "words-not-aligned",
    "When each word is said was estimated: for this language there is no model that finds single words in the sound.",
)
_NO_VOCABULARY = Message(
    "vocabulary-not-with-gpu", "The custom vocabulary was not used: what transcribes here takes none."
)
_NO_MODEL = Message(
    "language-model-not-with-gpu", "The custom language model was not used: what transcribes here takes none."
)


def create(context: EngineContext) -> "BatchTranscriber":
    """The transcriber."""
    return BatchTranscriber.of(context)


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. The whole job is charged for here, where it transcribes."""
    media = work.asset.media
    return hours(media, is_heard=True) if media is not None and is_heard(work) else {}


@dataclass(frozen=True)
class BatchTranscriber(BatchJobs):
    """Has words heard, and who says them, by the job of the run."""

    takes_terms: bool = True

    def start(self, job: TranscriptionJob) -> Started:
        """Raises EngineFailed: whoever can ask has `start_run` asked."""
        raise not_by_itself()

    def caution(self, language: str) -> Message | None:
        """See `KnowsLanguages`."""
        return None if language.lower().split("-")[0] in _ALIGNED else _ESTIMATED

    def settle(self, options: AiOptions, media: MediaInfo) -> Settled:
        """See `SettlesOptions`. Vocabularies and models of one's own are Amazon Transcribe's."""
        unused = {"custom_vocabulary": _NO_VOCABULARY, "custom_language_model": _NO_MODEL}
        return without_what_it_takes_none_of(unused, options, media)
