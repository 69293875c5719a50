"""The general set of a language: recordings of all kinds, by which every model is measured beside. It stays as it is.

For each there is a `NAME.json` (what is "written", and perhaps what was "heard", both as Transcribe has them), and the
`sound` that it names, or `NAME.wav` beside it. What is written there counts as confirmed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from chalicelib.domain import keys
from chalicelib.domain.keys import S3Object
from chalicelib.engines.registry import chosen
from chalicelib.learning.models import EVERYBODY
from chalicelib.pipeline.hear_once import hear_once
from chalicelib.seams.transcription import TRANSCRIPTION, TranscriptionJob
from chalicelib.services import Services
from chalicelib.speech.transcribe_json import read_transcript
from chalicelib.speech.transcripts import Confirmation, Transcript

_MOST = 20


@dataclass(frozen=True, slots=True)
class General:
    """A recording of the set: what is right, what was heard, and the sound, as far as there is."""

    name: str
    written: Transcript
    heard: Transcript | None
    sound: S3Object | None

    @property
    def seconds(self) -> float:
        """About how long it is: until its last word has been said."""
        return max((word.end for word in self.written.words()), default=0.0)


def of(language: str, services: Services) -> Iterator[General]:
    """The recordings of the set of a language (a bare code)."""
    folder = keys.general_of(language)
    names = services.outputs.names(folder)
    for place in [name for name in names if name.endswith(".json")][:_MOST]:
        document = json.loads(services.outputs.read(place) or b"{}")
        if not isinstance(document, Mapping) or "written" not in document:
            continue
        sound = document.get("sound", place.removesuffix(".json") + ".wav")
        yield General(
            place.removeprefix(folder).removesuffix(".json"),
            _confirmed(read_transcript(document["written"])),
            read_transcript(document["heard"]) if "heard" in document else None,
            services.outputs.at(sound) if sound in names else None,
        )


def _confirmed(transcript: Transcript) -> Transcript:
    sure = Confirmation("general", 0.0)
    segments = tuple(
        replace(segment, words=tuple(replace(word, confirmed=sure) for word in segment.words))
        for segment in transcript.segments
    )
    return replace(transcript, segments=segments)


def first_heard(general: General, language: str, services: Services) -> Transcript | bool | None:
    """What is heard in a recording without anything learnt, by what hears all others; None while it is being heard, and
    False if it never will be, as where a job does all of a run's work at once.
    """
    if general.sound is None or dict(chosen(services.settings))[TRANSCRIPTION].SHARED_JOB:
        return False
    place = f"{first_heard_of(language)}{general.name}.json"
    name = f"{EVERYBODY.removeprefix('#')}-{language}-general-{general.name}"
    job = TranscriptionJob(name, general.sound, services.outputs.at(place), language)
    return hear_once(job, partial(services.engine(TRANSCRIPTION).start, job), services)


def first_heard_of(language: str) -> str:
    """Where begins what was heard in the set."""
    return f"{keys.learning_of(EVERYBODY, language)}general-heard/"
