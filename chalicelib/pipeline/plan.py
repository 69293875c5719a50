"""Decide what is to be done with a file. Talks to nobody."""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.domain.ai_options import FALLBACK, AiOptions
from chalicelib.domain.assets import BranchState, BranchStatus, Channels, MediaKind, Options
from chalicelib.domain.media import AudioStream, MediaInfo
from chalicelib.message import Message
from chalicelib.observability import logger
from chalicelib.pipeline.branch import BROKE, Branch
from chalicelib.seams.probing import ANIMATED, stated_language
from chalicelib.seams.transcoding import broken_off

_STEREO = 2
_MOST_TOLD = 8
"""Tracks that a note names: a file may have hundreds."""

NO_SOUND = Message(
    "no-sound",
    "This recording has no sound, so there is no transcript. If it should have sound, export it again with "
    "its sound and upload that.",
)
"""Why there is no transcript, told from the start, and where there would be one."""
_NO_TRACK = Message(
    "no-such-track", "This recording has no sound track %(number)s that can be heard. Choose another one."
)
_TRACKS = Message(
    "several-tracks",
    "This recording has %(count)s sound tracks. This one was used: %(track)s. The others are: %(others)s. On "
    "the recording’s page you can use another one.",
)
_SPOKEN = Message("track-spoken", "%(number)s (%(language)s)")
_TITLED = Message("track-titled", "%(number)s (“%(title)s”)")
_SPOKEN_TITLED = Message("track-spoken-titled", "%(number)s (%(language)s, “%(title)s”)")
"""A track as the note on several names it: 2 (French, “Director”)."""

HEARD_TOGETHER = Message("heard-together", "The channels were heard together: %(reason)s")
_NOT_TWO = Message("not-two-channels", "this recording does not have exactly two.")
_SAME_SOUND = Message("same-sound", "both hold the same sound.")
_HEARS_ALL = Message("channels-not-heard-apart", "the speech engine in use cannot hear each on its own.")


def kind_of(media: MediaInfo) -> MediaKind:
    """What sort of file it is, by what it holds."""
    if media.pages is not None:
        return MediaKind.DOCUMENT
    if media.picture is not None:
        return MediaKind.IMAGE
    return MediaKind.VIDEO if media.video else MediaKind.AUDIO


def over_fallback(wanted: AiOptions, media: MediaInfo) -> AiOptions:
    """What is wanted, and of the rest what is usual: a document is read, unless somebody has said no."""
    done = wanted.over(FALLBACK)
    return replace(done, textract=True) if media.pages is not None and wanted.textract is None else done


def chosen(media: MediaInfo, options: Options, *, hears_channels: bool) -> tuple[MediaInfo, list[Message]]:
    """The file with the track of sound that is to be heard as its `audio`, and what its owner should know of that.

    It is the track that they ask for; or the only one marked with the language that they name; or the prober's choice.
    Its channels are heard apart where that is asked for and the speech engine can (`hears_channels`).
    """
    if media.audio is None:
        return media, []
    track, notes = _track(media, media.audio, options)
    if options.channels is Channels.SEPARATE:
        why_not = hindrance(track, hears_channels=hears_channels)
        track = replace(track, apart=why_not is None)
        if why_not:
            notes.append(HEARD_TOGETHER.of(reason=why_not))
    others = tuple(other for other in media.tracks if other.number != track.number)
    return replace(media, audio=track, others=others), notes


def _track(media: MediaInfo, usual: AudioStream, options: Options) -> tuple[AudioStream, list[Message]]:
    """The track that is to be heard, and what to say of it."""
    numbered = {track.number: track for track in media.tracks}
    notes = []
    heard = numbered.get(options.track or 0) or _in_language(media, usual, options.language)
    if options.track is not None and options.track not in numbered:
        notes.append(_NO_TRACK.of(number=options.track))
    if media.others:
        others = [_named(track) for track in media.tracks if track is not heard]
        more = ["…"] if len(others) > _MOST_TOLD else []
        notes.append(_TRACKS.of(count=len(numbered), track=_named(heard), others=(*others[:_MOST_TOLD], *more)))
    return heard, notes


def _in_language(media: MediaInfo, usual: AudioStream, wanted: str | None) -> AudioStream:
    """The one track that is marked with the language `wanted`; the usual one where none is, or several are."""
    language = stated_language(wanted)
    audible = (track for track in media.tracks if not track.is_silent)
    marked = [track for track in audible if language and track.language == language]
    return marked[0] if len(marked) == 1 else usual


def _named(track: AudioStream) -> str | Message:
    """A track as a note names it."""
    match track.language, track.title:
        case str(language), "":
            return _SPOKEN.of(number=track.number, language=language)
        case None, "":
            return str(track.number)
        case None, title:
            return _TITLED.of(number=track.number, title=title)
        case language, title:
            return _SPOKEN_TITLED.of(number=track.number, language=language, title=title)


def hindrance(track: AudioStream, *, hears_channels: bool) -> Message | None:
    """Why the channels of `track` cannot be heard apart; None if they can."""
    if track.channels != _STEREO:
        return _NOT_TWO
    if track.is_same:
        return _SAME_SOUND
    return None if hears_channels else _HEARS_ALL


def states_for(media: MediaInfo, options: Options, branches: Iterable[Branch]) -> dict[str, BranchState]:
    """How each branch stands at the start that such a file has: open, or skipped with the reason."""
    wanted = {branch.name: _wanted(branch, media, options) for branch in branches}
    return {name: state for name, state in wanted.items() if state is not None}


def _wanted(branch: Branch, media: MediaInfo, options: Options) -> BranchState | None:
    """What a branch wants; one that breaks down has failed, and the others go on."""
    try:
        state = branch.wanted(media, options)
        if not isinstance(state, BranchState | None):
            raise TypeError("a branch is wanted as a BranchState")
    except Exception as exc:  # noqa: BLE001 - a branch of somebody's own must not cost the others
        logger.error("branch cannot be planned", extra={"branch": branch.name, "error": type(exc).__name__})
        return BranchState(BranchStatus.FAILED, BROKE)
    return state


def notes_for(media: MediaInfo, options: Options) -> list[Message]:
    """What the owner should know about the file from the start: nothing of sound where none is asked for."""
    kind = kind_of(media)
    if kind is MediaKind.IMAGE and media.picture and media.picture.frames > 1:
        return [ANIMATED.of(count=media.picture.frames)]
    is_silent = media.audio is None and kind in {MediaKind.VIDEO, MediaKind.AUDIO}
    notes = [NO_SOUND] if is_silent and options.ai.over(FALLBACK).transcribe else []
    if media.said is not None:
        notes.append(broken_off(media.said, media.duration))
    return notes
