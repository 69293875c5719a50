"""The tracks that there are: what everything that lists, exports, erases, searches or shows them goes by.

A module that the settings name under `extensions` brings more, as a tuple `TRACKS` of its own.
"""

import re
from collections.abc import Iterable
from importlib import import_module

from chalicelib.domain import keys, presets
from chalicelib.domain.tracks import Form, Track
from chalicelib.errors import SettingsError
from chalicelib.lazy import stage

TRANSCRIPT = Track(
    "transcript",
    "Transcript",
    (Form("json", "application/json", "transcript.json"),),
    stage("speech.transcripts:passages"),
    has_editions=True,
    is_drawn=True,
    is_searched=False,  # the captions have the same words
)
CAPTIONS = Track(
    "captions",
    "Captions",
    (
        Form("txt", "text/plain", "transcript.txt"),
        Form("srt", "application/x-subrip", "captions.srt"),
        Form("vtt", "text/vtt", "captions.vtt"),
    ),
    stage("speech.captions:passages"),
    source="srt",
    has_editions=True,
    is_drawn=True,
)
ANALYSIS = Track(
    "analysis",
    "Analysis",
    (Form("json", "application/json", "analysis.json"),),
    stage("domain.analysis:passages"),
    is_drawn=True,
    is_searched=False,
)
SUMMARY = Track(
    "summary",
    "Summary",
    (Form("txt", "text/plain", "summary.txt"), Form("json", "application/json", "summary.json")),
    stage("speech.summaries:passages"),
    is_drawn=True,
    is_searched=False,
)

TRACKS = (TRANSCRIPT, CAPTIONS, ANALYSIS, SUMMARY)

_NAME = re.compile("[a-z]{1,20}")


def every(extensions: Iterable[str]) -> tuple[Track, ...]:
    """All tracks: those above, and then those of the modules with these names.

    Raises SettingsError if the name of one is no name for a folder, or is taken.
    """
    tracks = [*TRACKS, *(track for name in extensions for track in getattr(import_module(name), "TRACKS", ()))]
    taken = {*keys.Folder, *(preset.name for preset in presets.ALL)}
    for track in tracks:
        if track.name in taken or not _NAME.fullmatch(track.name):
            raise SettingsError(f"A track cannot be called {track.name}: the name is taken, or not all small letters.")
        taken.add(track.name)
    return tuple(tracks)
