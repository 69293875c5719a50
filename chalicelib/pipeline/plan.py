"""Decide what is to be done with a file. Talks to nobody."""

from chalicelib import presets
from chalicelib.assets import Branch, BranchState, BranchStatus, Failure, Kind, Options
from chalicelib.engines.transcoding import broken_off
from chalicelib.media import MediaInfo

OPEN = BranchState(BranchStatus.OPEN)


def kind_of(media: MediaInfo) -> Kind:
    """What sort of file it is, by what it holds."""
    return Kind.VIDEO if media.video else Kind.AUDIO


def renditions_for(media: MediaInfo, options: Options) -> tuple[presets.Preset, ...]:
    """The presets that the owner asked for and that make sense for this file."""
    return tuple(plan.preset for plan in presets.chosen(options.presets, media))


def branches_for(media: MediaInfo, options: Options) -> dict[Branch, BranchState]:
    """Each branch with its state at the start: open, or skipped with the reason.

    A recording without sound has a speech branch too: it ends with an empty transcript.
    """
    renditions = OPEN
    if not renditions_for(media, options):
        renditions = BranchState(BranchStatus.SKIPPED, Failure("no-renditions", "No rendition was asked for."))
    return {Branch.RENDITIONS: renditions, Branch.SPEECH: OPEN, Branch.LANGUAGE: OPEN}


def notes_for(media: MediaInfo) -> list[str]:
    """What the owner should know about the file from the start."""
    notes = [] if media.audio else ["This recording has no sound, so there is no transcript."]
    if media.said is not None:
        notes.append(broken_off(media.said, media.duration))
    return notes
