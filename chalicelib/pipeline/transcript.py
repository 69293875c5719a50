"""A transcript has been written: make captions and text of it."""

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, BranchState, BranchStatus
from chalicelib.engines.registry import short
from chalicelib.errors import TranscriptError
from chalicelib.message import Message
from chalicelib.pipeline import again, finish, learned, speakers, tracks
from chalicelib.pipeline.plan import NO_SOUND
from chalicelib.seams.jobs import Started
from chalicelib.seams.transcription import TRANSCRIPTION, KnowsLanguages
from chalicelib.services import Services
from chalicelib.speech import captions
from chalicelib.speech.clarity import NOTES, clarity
from chalicelib.speech.speakers import number_of
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript, read_transcript, transcribe_document
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage.asset_items import TrackRecord

SPEECH = "speech"
"""The branch that this is part of."""


_EMPTY = Message(
    "empty-transcript",
    "No speech was heard in this recording, so the transcript is empty. If somebody does speak, check the "
    "language, or try another sound track.",
)


def stored_transcript(asset: Asset, services: Services) -> Transcript | None:
    """The transcript of the current run, as it was heard; None while there is none.

    Raises TranscriptError if it cannot be read: never once the speech branch is done.
    """
    data = services.outputs.read(TRANSCRIPT.key(asset))
    return None if data is None else load_transcript(data)


def read(asset: Asset, services: Services) -> Started:
    """Read the transcript of `asset`, whose speech branch is open, and store what is made of it.

    A document that cannot be read fails the branch; what was stored before stays. Returns how the job stands that tells
    the speakers apart, if the transcript waits for it. Raises EngineBusy if that has to wait its turn.
    """
    try:
        found = stored_transcript(asset, services)
    except TranscriptError as exc:
        finish.close(asset, {SPEECH: BranchState(BranchStatus.FAILED, exc.failure)}, services)
        return None
    if found is None:
        return None
    if speakers.are_missing(asset, found, services):
        told_apart = speakers.add(asset, found, services)
        if not isinstance(told_apart, Transcript):
            return told_apart
        found = told_apart
    found, models = _as_learnt(asset, found, services)
    made = _store(asset, found, models, services)
    is_silent = asset.media is not None and asset.media.audio is None
    about, notes = {}, [] if is_silent else [_EMPTY]
    if not found.is_empty:
        heard = clarity(found)
        about = {"language": found.language, "clarity": heard}
        notes = [*([NOTES[heard]] if heard in NOTES else []), *_cautions(found, services)]
    notes += again.notes_on_carried(asset, services)
    state = BranchState(BranchStatus.SKIPPED, NO_SOUND) if is_silent else BranchState(BranchStatus.DONE)
    finish.close(asset, {SPEECH: state}, services, notes=notes, about=about, written=made)
    return None


def _as_learnt(asset: Asset, transcript: Transcript, services: Services) -> tuple[Transcript, tuple[str, ...]]:
    """The transcript with what was learnt applied, and those words confirmed and speakers named that were so in the
    version before, kept in the place of the one without; and which models that were.

    Each changed word says what was heard: done again, it is the same.
    """
    learnt = learned.apply(asset, transcript, services)
    found = again.carried(asset, learnt.transcript, services)
    if found == transcript:
        return transcript, learnt.models
    job = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
    # Where channels have got names, nothing but its lines says any more which sentences were said at once.
    has_names = any(number_of(speaker) is None for speaker in found.speakers)
    lines = [len(segment.words) for segment in found.segments] if has_names else None
    document = transcribe_document(job, list(found.words()), transcript.language, lines)
    services.outputs.write_json(TRANSCRIPT.key(asset), document)
    return read_transcript(document), learnt.models


def _cautions(transcript: Transcript, services: Services) -> list[Message]:
    """What the engine says of the languages that it heard."""
    engine = services.engine(TRANSCRIPTION)
    if not isinstance(engine, KnowsLanguages):
        return []
    languages = dict.fromkeys(segment.language or transcript.language for segment in transcript.segments)
    return [note for language in languages if language and (note := engine.caution(language))]


def _store(
    asset: Asset, transcript: Transcript, models: tuple[str, ...], services: Services
) -> tuple[TrackRecord, ...]:
    cues = captions.cues(transcript)
    texts = captions.written(transcript, cues)
    for form in CAPTIONS.forms:
        content_type = f"{form.content_type}; charset=utf-8"
        services.outputs.write(CAPTIONS.key(asset, form.ending), texts[form.ending], content_type)
    services.outputs.write_json(CAPTIONS.key(asset), [cue.to_json() for cue in cues])
    started_at = asset.started_at or asset.created_at
    heard_by = ", ".join([short(services.settings.engines[TRANSCRIPTION]), *models])
    made = (
        tracks.ended_now(asset, TRANSCRIPT, heard_by, started_at, transcript.text),
        tracks.ended_now(asset, CAPTIONS, "rapporteur", started_at),
    )
    services.store.put_tracks(asset.run, made)
    return made
