"""Decide what is to be done with a file. Talks to nobody."""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.domain.assets import BranchState, Channels, Kind, Options
from chalicelib.domain.media import AudioStream, MediaInfo
from chalicelib.pipeline.branch import Branch
from chalicelib.seams.probing import language_told
from chalicelib.seams.transcoding import broken_off

_STEREO = 2
_MOST_TOLD = 8
"""Tracks that a note names: a file may have hundreds."""


def kind_of(media: MediaInfo) -> Kind:
    """What sort of file it is, by what it holds."""
    return Kind.VIDEO if media.video else Kind.AUDIO


def chosen(found: MediaInfo, options: Options, *, hears_channels: bool) -> tuple[MediaInfo, list[str]]:
    """The file with the track of sound that is to be heard as its `audio`, and what its owner should know of that.

    It is the track that they ask for; or the only one marked with the language that they name; or the prober's choice.
    Its channels are heard apart where that is asked for and the speech engine can (`hears_channels`).
    """
    if found.audio is None:
        return found, []
    track, notes = _track(found, found.audio, options)
    if options.channels is Channels.SEPARATE:
        hindrance = _hindrance(track, hears_channels=hears_channels)
        track = replace(track, apart=hindrance is None)
        if hindrance:
            notes.append(f"The channels were heard together: {hindrance}")
    others = tuple(other for other in found.tracks if other.number != track.number)
    return replace(found, audio=track, others=others), notes


def _track(found: MediaInfo, usual: AudioStream, options: Options) -> tuple[AudioStream, list[str]]:
    """The track that is to be heard, and what to say of it."""
    numbered = {track.number: track for track in found.tracks}
    notes = []
    heard = numbered.get(options.track or 0) or _in_language(found, usual, options.language)
    if options.track is not None and options.track not in numbered:
        notes.append(f"This recording has no track of sound {options.track} that can be heard.")
    if found.others:
        others = [_told(track) for track in found.tracks if track is not heard]
        told = "; ".join(others[:_MOST_TOLD] + ["…"] * (len(others) > _MOST_TOLD))
        notes.append(
            f"This recording has {len(numbered)} tracks of sound. This one was heard: {_told(heard)}. The others are: "
            f"{told}. Another can be heard instead, by working on the recording again."
        )
    return heard, notes


def _in_language(found: MediaInfo, usual: AudioStream, wanted: str | None) -> AudioStream:
    """The one track that is marked with the language `wanted`; the usual one where none is, or several are."""
    language = language_told(wanted)
    audible = (track for track in found.tracks if not track.is_silent)
    marked = [track for track in audible if language and track.language == language]
    return marked[0] if len(marked) == 1 else usual


def _told(track: AudioStream) -> str:
    """A track as a note names it: 2 (French, “Director”)."""
    from babel import Locale  # slow to import, and few files have several tracks

    language = Locale("en").languages.get(track.language, track.language) if track.language else ""
    title = f"“{track.title}”" if track.title else ""
    about = ", ".join(filter(None, (language, title)))
    return f"{track.number} ({about})" if about else str(track.number)


def _hindrance(track: AudioStream, *, hears_channels: bool) -> str | None:
    """Why the channels of `track` cannot be heard apart, in a sentence; None if they can."""
    if track.channels != _STEREO:
        return "this recording does not have exactly two."
    if track.is_same:
        return "both hold the same sound."
    return None if hears_channels else "the speech engine in use cannot hear each on its own."


def states_for(media: MediaInfo, options: Options, branches: Iterable[Branch]) -> dict[str, BranchState]:
    """How each branch stands at the start that such a file has: open, or skipped with the reason."""
    wanted = {branch.name: branch.wanted(media, options) for branch in branches}
    return {name: state for name, state in wanted.items() if state is not None}


def notes_for(media: MediaInfo) -> list[str]:
    """What the owner should know about the file from the start."""
    notes = [] if media.audio else ["This recording has no sound, so there is no transcript."]
    if media.said is not None:
        notes.append(broken_off(media.said, media.duration))
    return notes
