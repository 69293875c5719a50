"""The editions of a transcript as they are stored: 0 is what the engine heard, each correction makes the next one.

A correction's files are named after what is in them, so that two that are written at once never mix; which of them is
the next edition is decided by one conditional write on the asset.
"""

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Folder
from chalicelib.speech.corrections import Correction
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from chalicelib.storage.assets import AssetStore
from chalicelib.storage.buckets import ObjectStore

_FORMS = [(track, form) for track in (TRANSCRIPT, CAPTIONS) for form in track.forms]
_TRACKS = {form.ending: track for track, form in _FORMS}
TYPES = {form.ending: form.content_type for _, form in _FORMS}
"""Content type of an edition by the ending of its form."""


def key(asset: Asset, ending: str, edition: int) -> str | None:
    """Where an edition lies in the form that `ending` names, if there has been such an edition."""
    there = asset.version and edition <= len(asset.edits)
    return _TRACKS[ending].key(asset, ending, edition) if there else None


def read(asset: Asset, edition: int, outputs: ObjectStore) -> bytes | None:
    """An edition's document; None if there is none, or not yet."""
    found = key(asset, "json", edition)
    return outputs.read(found) if found else None


def add(asset: Asset, edition: int, correction: Correction, store: AssetStore, outputs: ObjectStore) -> Asset | None:
    """Make `correction` the edition that follows `edition`. Done twice, it is done once.

    Returns the asset as it then is, None if another correction was faster.
    """
    if asset.edits[edition : edition + 1] == (correction.name,):
        return asset
    for ending, text in correction.texts.items():
        where = keys.file_key(asset.run, Folder.EDITS, f"{correction.name}.{ending}")
        outputs.write(where, text, f"{TYPES[ending]}; charset=utf-8")
    edited = store.add_edit(asset.run, edition, correction.name)
    return edited if edited is not None and edited.edits[edition : edition + 1] == (correction.name,) else None
