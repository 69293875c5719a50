"""The tracks that there are: what everything that lists, exports, erases, searches or shows them goes by.

A module that the settings name under `extensions` brings more, as a tuple `TRACKS` of its own.
"""

import re
from collections.abc import Iterable

from chalicelib.documents.tracks import TRACKS as WRITTEN
from chalicelib.domain import keys, presets
from chalicelib.domain.tracks import Track
from chalicelib.errors import SettingsError
from chalicelib.lazy import brought
from chalicelib.speech.tracks import TRACKS as SAID
from chalicelib.vision.tracks import TRACKS as SEEN

TRACKS: tuple[Track, ...] = (*SAID, *SEEN, *WRITTEN)


def every(extensions: Iterable[str]) -> tuple[Track, ...]:
    """All tracks: those above, and then those of the modules with these names.

    Raises SettingsError if one has the name or the folder of another, or none that can be told apart in a path.
    """
    tracks = (*TRACKS, *brought(extensions, "TRACKS", Track))
    names: set[str] = set()
    folders = {*keys.Folder, *(preset.name for preset in presets.ALL)}
    files = {"speech.wav", "report.html", *(preset.export_name for preset in presets.ALL)}
    for track in tracks:
        are_plain = re.fullmatch("[a-z]{1,20}", track.name) and re.fullmatch(keys.FOLDER, track.folder)
        own_folders = set(track.folders)
        if track.name in names or own_folders & folders or not are_plain:
            raise SettingsError(f"The track {track.name} in the folder {track.folder} cannot be told from others.")
        own = {form.file_name for form in track.forms}
        if own & files or not all(re.fullmatch(r"[a-z0-9_-]{1,40}\.[a-z0-9]{1,10}", name) for name in own):
            raise SettingsError(f"The track {track.name} needs file names of its own, such as {track.name}.json.")
        names.add(track.name)
        folders |= own_folders
        files |= own
    return tracks
