"""A transcript has been written: make captions and text of it, and hand it on to language analysis."""

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, Branch, BranchState, BranchStatus
from chalicelib.domain.keys import Folder
from chalicelib.errors import TranscriptError
from chalicelib.message import Message
from chalicelib.pipeline import finish, language, speakers, tracks
from chalicelib.seams.jobs import Started
from chalicelib.seams.transcription import KnowsLanguages
from chalicelib.services import Services
from chalicelib.speech import captions
from chalicelib.speech.clarity import NOTES, Clarity, clarity
from chalicelib.speech.transcripts import Transcript, load_transcript
from chalicelib.storage.assets import Track

NO_TRANSCRIPT = BranchState(BranchStatus.SKIPPED, Message("no-transcript", "There is no transcript to analyse."))
"""How the language branch ends when the speech branch has failed."""

TOO_UNCLEAR = BranchState(
    BranchStatus.SKIPPED,
    Message("too-unclear", "What was heard is too uncertain to be summed up or rated."),
)
"""How it ends where what would come of it is more likely wrong than right."""

_NO_SOUND = Message("no-sound", "The recording has no sound.")
_NO_SPEECH = Message("no-speech", "No speech was heard.")
_EMPTY = Message("empty-transcript", "No speech was heard in this recording, so the transcript is empty.")


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
        failed = BranchState(BranchStatus.FAILED, exc.failure)
        finish.close(asset.run, {Branch.SPEECH: failed, Branch.LANGUAGE: NO_TRANSCRIPT}, services)
        return None
    if speakers.are_missing(asset, found, services):
        told_apart = speakers.add(asset, found, services)
        if not isinstance(told_apart, Transcript):
            return told_apart
        found = told_apart
    made = _store(asset, key, found, services)
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
        silent = BranchState(BranchStatus.SKIPPED, _NO_SOUND)
        finish.close(asset.run, {Branch.SPEECH: silent, Branch.LANGUAGE: silent}, services, written=made)
    else:
        unheard = BranchState(BranchStatus.SKIPPED, _NO_SPEECH)
        states = {Branch.SPEECH: done, Branch.LANGUAGE: unheard}
        finish.close(asset.run, states, services, notes=[_EMPTY], written=made)
    return None


def _cautions(found: Transcript, services: Services) -> list[Message]:
    """What the engine says of the languages that it heard."""
    engine = services.transcriber
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
        tracks.ended_now(asset, "transcript", key, services.settings.transcriber, started_at, found.text),
        tracks.ended_now(asset, "captions", captions_key, "rapporteur", started_at),
    )
    services.store.put_tracks(asset.run, made)
    return made
