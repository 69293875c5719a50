"""A transcript has been written: make captions and text of it."""

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, Failure
from chalicelib.domain.keys import Folder
from chalicelib.errors import TranscriptError
from chalicelib.pipeline import finish, speakers, tracks
from chalicelib.seams.jobs import Started
from chalicelib.seams.transcription import TRANSCRIPTION, KnowsLanguages
from chalicelib.services import Services
from chalicelib.speech import captions
from chalicelib.speech.clarity import NOTES, clarity
from chalicelib.speech.transcripts import Transcript, load_transcript
from chalicelib.storage.assets import Track

SPEECH = "speech"
"""The branch that this is part of."""

_NO_SOUND = BranchState(BranchStatus.SKIPPED, Failure("no-sound", "The recording has no sound."))
_NOTHING_HEARD = "No speech was heard in this recording, so the transcript is empty."


def read(asset: Asset, services: Services) -> Started:
    """Read the transcript of `asset`, whose speech branch is open, and store what is made of it.

    A document that cannot be read fails the branch; what was stored before stays. Returns how the job stands that tells
    the speakers apart, if the transcript waits for it. Raises EngineBusy if that has to wait its turn.
    """
    key = keys.output_key(asset, Folder.TRANSCRIBE, ".json")
    data = services.outputs.read(key)
    if data is None:
        return None
    try:
        found = load_transcript(data)
    except TranscriptError as exc:
        failed = BranchState(BranchStatus.FAILED, Failure(exc.code, exc.message))
        finish.close(asset, {SPEECH: failed}, services)
        return None
    if speakers.are_missing(asset, found, services):
        told_apart = speakers.add(asset, found, services)
        if not isinstance(told_apart, Transcript):
            return told_apart
        found = told_apart
    made = _store(asset, key, found, services)
    is_silent = asset.media is not None and asset.media.audio is None
    about, notes = {}, [] if is_silent else [_NOTHING_HEARD]
    if not found.is_empty:
        heard = clarity(found)
        about = {"language": found.language, "clarity": heard}
        notes = [*([NOTES[heard]] if heard in NOTES else []), *_cautions(found, services)]
    state = _NO_SOUND if is_silent else BranchState(BranchStatus.DONE)
    finish.close(asset, {SPEECH: state}, services, notes=notes, found=about, written=made)
    return None


def _cautions(found: Transcript, services: Services) -> list[str]:
    """What the engine says of the languages that it heard."""
    engine = services.engine(TRANSCRIPTION)
    if not isinstance(engine, KnowsLanguages):
        return []
    languages = dict.fromkeys(segment.language or found.language for segment in found.segments)
    return [note for language in languages if language and (note := engine.caution(language))]


def _store(asset: Asset, key: str, found: Transcript, services: Services) -> tuple[Track, ...]:
    cues = captions.cues(found)
    for ending, text, content_type in (
        (".srt", captions.to_srt(cues), "application/x-subrip; charset=utf-8"),
        (".vtt", captions.to_webvtt(cues), "text/vtt; charset=utf-8"),
        (".txt", captions.to_text(found), "text/plain; charset=utf-8"),
    ):
        services.outputs.write(keys.output_key(asset, Folder.CAPTIONS, ending), text, content_type)
    captions_key = keys.output_key(asset, Folder.CAPTIONS, ".json")
    services.outputs.write_json(captions_key, [cue.to_json() for cue in cues])
    started_at = asset.started_at or asset.created_at
    made = (
        tracks.ended_now(asset, "transcript", key, services.settings.engines[TRANSCRIPTION], started_at, found.text),
        tracks.ended_now(asset, "captions", captions_key, "rapporteur", started_at),
    )
    services.store.put_tracks(asset.run, made)
    return made
