"""What can be read of an asset: its transcript, what was found in it, its files; and where something was said."""

from collections.abc import Callable

from chalicelib.api import editions, library, reading, reading_views, search, tracks, views
from chalicelib.api.operation import Asking, operation


@operation(None, query=views.TranscriptWanted)
def get_transcript(asking: Asking, asset_id: str) -> object:
    """The transcript: as JSON, text, SRT, WebVTT or Word, by `format` or the Accept header."""
    asset = library.find(asking.account, asset_id, asking.services)
    name = asking.query.format or editions.format_of(asking.accept)
    return editions.read(asset, name, asking.query.edition, asking.services)


def _transcript_as(name: str) -> Callable[..., object]:
    def get(asking: Asking, asset_id: str) -> object:
        asset = library.find(asking.account, asset_id, asking.services)
        return editions.read(asset, name, asking.query.edition, asking.services)

    get.__name__ = f"get_transcript_{name}"
    get.__doc__ = f"The transcript as a file ending in .{name}."
    return get


for _name in editions.FORMATS:
    operation(None, query=views.EditionWanted)(_transcript_as(_name))


@operation(views.AssetView, body=views.Correction)
def correct_transcript(asking: Asking, asset_id: str) -> object:
    """Correct the transcript: words that stand keep their times, captions are made anew, every edition is kept."""
    asset = library.find(asking.account, asset_id, asking.services)
    corrected = editions.correct_transcript(asset, asking.body, asking.services)
    return library.shown(corrected, asking.services)


@operation(reading_views.Lines, query=views.EditionWanted)
def get_lines(asking: Asking, asset_id: str) -> object:
    """The transcript for reading along: lines of one speaker each, with the times of their words."""
    asset = library.find(asking.account, asset_id, asking.services)
    return reading.lines(asset, asking.query.edition, asking.services)


@operation(reading_views.Analysis)
def get_analysis(asking: Asking, asset_id: str) -> object:
    """What was found in what was said: mood over time, key phrases, names, talk time, a summary with its parts."""
    asset = library.find(asking.account, asset_id, asking.services)
    return reading.analysis(asset, asking.services, for_owner=True)


@operation(views.MediaAddress)
def get_media(asking: Asking, asset_id: str, preset: str) -> object:
    """Where a rendition can be had, for a short while."""
    asset = library.find(asking.account, asset_id, asking.services)
    return library.media(asset, preset, asking.services)


@operation(reading_views.Tracks)
def list_tracks(asking: Asking, asset_id: str) -> object:
    """The results of analysis of a recording: their titles, their files, and which engine made them when."""
    return tracks.tracks(library.find(asking.account, asset_id, asking.services), asking.services)


@operation(reading_views.Passages)
def get_track(asking: Asking, asset_id: str, track: str) -> object:
    """What a track says, passage by passage, each with its place in seconds or on a page."""
    return tracks.passages(library.find(asking.account, asset_id, asking.services), track, asking.services)


@operation(reading_views.Files)
def list_files(asking: Asking, asset_id: str) -> object:
    """Everything that was made of a recording, to download."""
    return reading.files(library.find(asking.account, asset_id, asking.services), asking.services)


@operation(reading_views.SearchPage, query=reading_views.SearchWanted)
def search_transcripts(asking: Asking) -> object:
    """Where something was said in one's recordings."""
    return search.search(asking.account, asking.query, asking.services)
