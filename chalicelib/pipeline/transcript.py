"""A transcript has been written: make captions and text of it, and hand it on to language analysis."""

from chalicelib.domain.assets import Asset, Branch, BranchState, BranchStatus, Failure
from chalicelib.errors import TranscriptError
from chalicelib.pipeline import finish, language, speakers, tracks
from chalicelib.seams.jobs import Started
from chalicelib.seams.transcription import KnowsLanguages
from chalicelib.services import Services
from chalicelib.speech import captions
from chalicelib.speech.clarity import NOTES, Clarity, clarity
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from chalicelib.speech.transcripts import Transcript, load_transcript
from chalicelib.storage.assets import TrackRecord

NO_TRANSCRIPT = BranchState(BranchStatus.SKIPPED, Failure("no-transcript", "There is no transcript to analyse."))
"""How the language branch ends when the speech branch has failed."""

TOO_UNCLEAR = BranchState(
    BranchStatus.SKIPPED,
    Failure("too-unclear", "What was heard is too uncertain to be summed up or rated."),
)
"""How it ends where what would come of it is more likely wrong than right."""


def read(asset: Asset, services: Services) -> Started:
    """Read the transcript of `asset`, whose speech branch is open, and store what is made of it.

    A document that cannot be read fails the branch; what was stored before stays. Returns how the job stands that tells
    the speakers apart, if the transcript waits for it. Raises EngineBusy if that has to wait its turn.
    """
    data = services.outputs.read(TRANSCRIPT.key(asset))
    if data is None:
        return None
    try:
        found = load_transcript(data)
    except TranscriptError as exc:
        failed = BranchState(BranchStatus.FAILED, Failure(exc.code, exc.message))
        finish.close(asset.run, {Branch.SPEECH: failed, Branch.LANGUAGE: NO_TRANSCRIPT}, services)
        return None
    if speakers.are_missing(asset, found, services):
        told_apart = speakers.add(asset, found, services)
        if not isinstance(told_apart, Transcript):
            return told_apart
        found = told_apart
    made = _store(asset, found, services)
    done = BranchState(BranchStatus.DONE)
    heard = clarity(found)
    about = {"language": found.language, "clarity": heard}
    notes = [*([NOTES[heard]] if heard in NOTES else []), *_cautions(found, services)]
    if heard is Clarity.POOR:
        states = {Branch.SPEECH: done, Branch.LANGUAGE: TOO_UNCLEAR}
        finish.close(asset.run, states, services, notes=notes, found=about, written=made)
    elif not found.is_empty:
        language.enqueue(asset.run, services)
        finish.close(asset.run, {Branch.SPEECH: done}, services, notes=notes, found=about, written=made)
    elif asset.media and asset.media.audio is None:
        silent = BranchState(BranchStatus.SKIPPED, Failure("no-sound", "The recording has no sound."))
        finish.close(asset.run, {Branch.SPEECH: silent, Branch.LANGUAGE: silent}, services, written=made)
    else:
        unheard = BranchState(BranchStatus.SKIPPED, Failure("no-speech", "No speech was heard."))
        note = "No speech was heard in this recording, so the transcript is empty."
        states = {Branch.SPEECH: done, Branch.LANGUAGE: unheard}
        finish.close(asset.run, states, services, notes=[note], written=made)
    return None


def _cautions(found: Transcript, services: Services) -> list[str]:
    """What the engine says of the languages that it heard."""
    engine = services.transcriber
    if not isinstance(engine, KnowsLanguages):
        return []
    languages = dict.fromkeys(segment.language or found.language for segment in found.segments)
    return [note for language in languages if language and (note := engine.caution(language))]


def _store(asset: Asset, found: Transcript, services: Services) -> tuple[TrackRecord, ...]:
    cues = captions.cues(found)
    texts = captions.written(found, cues)
    for form in CAPTIONS.forms:
        content_type = f"{form.content_type}; charset=utf-8"
        services.outputs.write(CAPTIONS.key(asset, form.ending), texts[form.ending], content_type)
    services.outputs.write_json(CAPTIONS.key(asset), [cue.to_json() for cue in cues])
    started_at = asset.started_at or asset.created_at
    made = (
        tracks.ended_now(asset, TRANSCRIPT, services.settings.transcriber, started_at, found.text),
        tracks.ended_now(asset, CAPTIONS, "rapporteur", started_at),
    )
    services.store.put_tracks(asset.run, made)
    return made
