"""The seam to whatever turns speech into words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message
from chalicelib.seams.jobs import Started
from chalicelib.seams.options import Settled
from chalicelib.seams.seam import Seam


@dataclass(frozen=True, slots=True)
class TranscriptionJob:
    """One recording to transcribe.

    `language` is a BCP 47 code, and `speakers` how many speak; None lets the engine find out. Where the channels are to
    be heard `apart`, the recording has two, and only `HearsChannels` are asked: each word is labelled with its channel,
    `ch_0` or `ch_1`. `vocabulary` and `language_model` are what the service calls those that this recording is to be
    heard with, instead of the deployment's own.

    `terms` are names and phrases that its owner's recordings are full of, the likeliest first, for an engine that
    `TakesTerms`. `lexicons` are what a service that `KeepsVocabularies` calls those that it has made of such, each with
    its language (a bare code), for where no `vocabulary` is named; `language_models` so those that were learnt.
    """

    name: str
    audio: S3Object
    destination: S3Object
    language: str | None
    speakers: int | None = None
    apart: bool = False
    vocabulary: str | None = None
    language_model: str | None = None
    terms: tuple[str, ...] = ()
    lexicons: tuple[tuple[str, str], ...] = ()
    language_models: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class HearsChannels(Protocol):
    """An engine that can hear each of two channels on its own."""

    hears_channels: bool


def can_hear_channels(engine: object) -> bool:
    """Whether an engine hears each of two channels on its own."""
    return isinstance(engine, HearsChannels) and engine.hears_channels


@runtime_checkable
class TakesTerms(Protocol):
    """An engine that heeds a few words which are likely to be said (`TranscriptionJob.terms`)."""

    takes_terms: bool


class VocabularyState(StrEnum):
    """How a vocabulary stands with the service that keeps it."""

    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class KeptVocabulary:
    """A vocabulary as the service has it: where it has failed, with the service's own reason, if it gives one."""

    state: VocabularyState
    reason: str = ""


@runtime_checkable
class KeepsVocabularies(Protocol):
    """An engine whose service hears by lists of words that it has to be given before, each for one language.

    Each raises EngineBusy where the service has to be asked again later, EngineFailed where an operator has to change
    something.
    """

    def vocabulary_language(self, language: str) -> str | None:
        """What the service calls a language (a bare code) of which it is given a list; None if it takes none."""

    def put_vocabulary(self, name: str, language: str, table: S3Object) -> None:
        """Have the list `name` be made of the table at that place, instead of what it was made of before."""

    def vocabulary(self, name: str) -> KeptVocabulary | None:
        """How the list of that name stands; None if there is none."""

    def drop_vocabulary(self, name: str) -> None:
        """See to it that there is no list of that name."""


@runtime_checkable
class Limited(Protocol):
    """An engine that takes recordings up to a length (seconds) and a size (bytes): longer ones come in parts."""

    max_seconds: float
    max_bytes: int


@runtime_checkable
class TellsItsModels(Protocol):
    """An engine that hears with models of the trainer that `hears_with` names, and knows with which it has heard."""

    hears_with: str

    def heard_with(self, job: str) -> tuple[str, ...]:
        """The artefacts of the models that the job of that name was started with, of whatever language; none where it
        is not known. Raises EngineBusy if that has to be asked again later.
        """


@dataclass(frozen=True, slots=True)
class HeardLine:
    """What has been heard from `start` on (seconds), while the rest is still being heard: not final."""

    start: float
    text: str


@runtime_checkable
class TellsLines(Protocol):
    """An engine that knows, at no cost, what it has heard so far."""

    def heard(self, name: str) -> tuple[HeardLine, ...]:
        """The lines that the job `name` has heard, in order; none if it is not known."""


@runtime_checkable
class KnowsLanguages(Protocol):
    """An engine that hears some languages worse than others."""

    def caution(self, language: str) -> Message | None:
        """Something to say to whoever reads what was heard in `language` (BCP 47), unless that is heard well."""


def without_what_it_takes_none_of(unused: Mapping[str, Message], options: AiOptions, media: MediaInfo) -> Settled:
    """Options for an engine that takes none of the `unused` ones, by their field, each with what is said of it where it
    was asked for.
    """
    asked = [name for name in unused if getattr(options, name) is not None]
    if not asked or options.transcribe is False or media.audio is None:
        return Settled(options)
    nothing: dict[str, Any] = dict.fromkeys(asked)
    return Settled(replace(options, **nothing), tuple(unused[name] for name in asked))


class Transcriber(Protocol):
    """Turns speech into Amazon Transcribe's JSON."""

    def start(self, job: TranscriptionJob) -> Started:
        """Start `job` unless a job of that name was started before.

        The result is left at `job.destination`; its S3 event tells that it is there. A job that fails says so by an
        event. A job that has already ended is returned (see `Started`). Raises EngineFailed if the job
        can never be done, EngineBusy if it has to wait its turn, EngineError if another try may succeed.
        """


TRANSCRIPTION = Seam[Transcriber](
    "transcription",
    "transcriber",
    "turns speech into words",
    on_aws="amazon_transcribe",
    on_one_machine="local.engines.faster_whisper",
    has_jobs=True,
)
