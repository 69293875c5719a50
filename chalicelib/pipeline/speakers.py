"""Between the words and what is made of them: whose voice says which, where the transcriber does not tell.

What comes of it lies beside the transcript, as turns or as the reason why there are none. Either way its event has the
transcript read again, which then goes on: that speakers cannot be told apart never costs the transcript.
"""

from functools import partial

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.message import Message
from chalicelib.pipeline import together
from chalicelib.seams.jobs import JobOutcome, Started, attempt
from chalicelib.seams.speakers import SPEAKERS, DiarizationJob
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.services import Services
from chalicelib.speech.speakers import failed_document, labelled, read_heard, read_turns
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Transcript
from chalicelib.speech.voices import Heard, voices_document

_NOT_TOLD_APART = Message("speakers-unknown", "The speakers were not told apart: %(reason)s")
_NO_TURNS = Message(
    "no-turns", "Who speaks when is no longer stored. Process the recording again to have the speakers told apart."
)


def are_missing(asset: Asset, transcript: Transcript, services: Services) -> bool:
    """Whether the words have no speakers, and there is an engine to tell them apart.

    An engine that shares a job with others tells them itself, or cannot; of its sound there is nothing here.
    """
    return (
        services.engine(SPEAKERS) is not None
        and not together.shares(TRANSCRIPTION, services)
        and bool(transcript.segments)
        and not transcript.speakers
        and asset.options.speakers != 1
    )


def add(asset: Asset, transcript: Transcript, services: Services) -> Transcript | Started:
    """The transcript with its speakers, kept in the place of the one without; else how the job stands that finds them.

    Raises EngineBusy if that has to wait its turn.
    """
    data = services.outputs.read(_place(asset))
    if data is None:
        return _start(asset, services)
    turns = read_turns(data)
    if isinstance(turns, Message):
        services.store.add_note(asset.run, _NOT_TOLD_APART.of(reason=turns))
        return transcript
    words, names = labelled(transcript, turns)
    if not any(word.speaker for word in words):
        return transcript
    if services.settings.voices and (heard := read_heard(data)):
        voices = {names[who]: voice for who, voice in heard.voices.items() if who in names}
        key = keys.file_key(asset.run, keys.Folder.SPEAKERS, keys.VOICES_NAME)
        services.outputs.write_json(key, voices_document(Heard(heard.model, voices)))
    job = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
    document = transcribe_document(job, words, transcript.language)
    services.outputs.write_json(TRANSCRIPT.key(asset), document)
    return read_transcript(document)


def failed(asset: Asset, failure: Message, services: Services) -> None:
    """Note that the job came to nothing: the transcript goes on without."""
    services.outputs.write_json(_place(asset), failed_document(failure))


def _start(asset: Asset, services: Services) -> Started:
    diarizer = services.engine(SPEAKERS)
    if diarizer is None or asset.media is None:
        return None
    sound = keys.output_key(asset, keys.Folder.AUDIO, ".wav")
    audio = services.uploads.at(asset.input_key) if asset.media.is_speech_wav else services.outputs.at(sound)
    name = keys.job_name(asset.run, keys.Task.SPEAKERS)
    place = services.outputs.at(_place(asset))
    job = DiarizationJob(name, audio, place, asset.options.speakers, services.settings.voices)
    started = attempt(name, partial(diarizer.start, job))
    if isinstance(started, JobOutcome) and started.failure is None and services.outputs.info(_place(asset)) is None:
        return JobOutcome(name, failure=_NO_TURNS)
    return started


def _place(asset: Asset) -> str:
    return keys.file_key(asset.run, keys.Folder.SPEAKERS, keys.SPEAKERS_NAME)
