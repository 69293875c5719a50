"""The editions of a transcript as they are stored: 0 is what the engine heard, the others are what people made of it.

Saves are counted. All that one author saves in a sitting goes into one edition: it has the files of the last of these
saves, and answers to the number of each. A save's files are named after what was asked for, so that two that are
written at once never mix; which of them is the next is decided by one conditional write on the asset. The files that it
replaces go with the save after it: who has just read where they are has until then to read them. Whoever dies in
between leaves files that nothing leads to, which are deleted with the asset.
"""

import time
from dataclasses import replace

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, Edition
from chalicelib.domain.keys import Folder
from chalicelib.speech.corrections import Correction
from chalicelib.speech.tracks import CAPTIONS, TRANSCRIPT
from chalicelib.storage.assets import AssetStore
from chalicelib.storage.buckets import ObjectStore

_FORMS = [(track, form) for track in (TRANSCRIPT, CAPTIONS) for form in track.forms]
_TRACKS = {form.ending: track for track, form in _FORMS}
TYPES = {form.ending: form.content_type for _, form in _FORMS}
"""Content type of an edition by the ending of its form."""

MOST = 200
"""Editions of a transcript: they stand on the asset's item, which holds 400 KB at most. Beyond, all that is saved goes
into the last of them."""

_TRIES = 3


def key(asset: Asset, ending: str, edition: int) -> str | None:
    """Where an edition lies in the form that `ending` names, if there has been such an edition."""
    there = asset.version and (edition == 0 or asset.edition_of(edition) is not None)
    return _TRACKS[ending].key(asset, ending, edition) if there else None


def read(asset: Asset, edition: int, outputs: ObjectStore) -> bytes | None:
    """An edition's document; None if there is none, or not yet."""
    found = key(asset, "json", edition)
    return outputs.read(found) if found else None


def is_saved(asset: Asset, edition: int, name: str) -> bool:
    """Whether the correction of this name is what follows the save `edition`, and is the newest."""
    return asset.edition == edition + 1 and bool(asset.editions) and asset.editions[-1].document == name


def add(
    asset: Asset,
    edition: int,
    correction: Correction,
    store: AssetStore,
    outputs: ObjectStore,
    by: str | None = None,
) -> Asset | None:
    """Make `correction` the save that follows `edition`. Done twice, it is done once.

    It goes into the newest edition while the sitting of its author (`by`, the owner if nobody else) goes on. An earlier
    text that is brought back has an edition of its own, as has what was taken in from a file.

    Returns the asset as it then is, None if another correction was faster.
    """
    if asset.edition != edition:
        return asset if is_saved(asset, edition, correction.name) else None
    for ending, text in correction.texts.items():
        where = keys.file_key(asset.run, Folder.EDITS, f"{correction.name}.{ending}")
        outputs.write(where, text, f"{TYPES[ending]}; charset=utf-8")
    for _ in range(_TRIES):  # the sitting may end while this is being saved, as may another one's
        if asset.edition != edition:
            return asset if is_saved(asset, edition, correction.name) else None
        saved = _save(asset, correction, by or asset.ref.owner, store)
        if saved is not None:
            clear(asset, outputs)
            return saved
        now = store.get(asset.ref)
        if now is None:  # deleted meanwhile: nobody else would find these
            outputs.delete_each(
                keys.file_key(asset.run, Folder.EDITS, f"{correction.name}.{ending}") for ending in correction.texts
            )
        if now is None or now.version != asset.version:
            return None
        asset = now
    return None


def _save(asset: Asset, correction: Correction, by: str, store: AssetStore) -> Asset | None:
    now, last = time.time(), asset.editions[-1] if asset.editions else None
    is_full = len(asset.editions) >= MOST
    goes_on = last is not None and (is_full or _goes_on(last, by, now, correction, store))
    said = Edition(
        first=asset.edition + 1,
        until=asset.edition + 1,
        document=correction.name,
        by=by,
        begun_at=now,
        at=now,
        text=correction.text,
        confirmed=correction.confirmed,
        ended_at=now if correction.is_apart else None,
        name=correction.title,
        brings_back=correction.brings_back,
    )
    if last is None or not goes_on:
        heard = correction.before if asset.edition == 0 else None
        return store.begin_edition(asset.run, said, heard)
    said = replace(said, replaced=last.document)
    return store.save_edition(asset.run, len(asset.editions) - 1, said, has_ended=is_full)


def _goes_on(last: Edition, by: str, now: float, correction: Correction, store: AssetStore) -> bool:
    """Whether the sitting that the `last` edition is of goes on with this correction."""
    is_over = last.ended_at is not None or now - last.at > store.sitting_seconds
    return last.by == by and not is_over and not correction.is_apart


def clear(asset: Asset, outputs: ObjectStore) -> None:
    """Delete the files that the newest save has replaced: another save has come since, or none will."""
    replaced = asset.editions[-1].replaced if asset.editions else None
    if replaced is not None:
        outputs.delete_each(keys.file_key(asset.run, Folder.EDITS, f"{replaced}.{ending}") for ending in TYPES)
