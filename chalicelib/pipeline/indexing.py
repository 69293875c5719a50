"""The index of an account is brought up to date: it becomes what follows from the recordings that are there.

A message names only the account. Whoever takes it compares all recordings with those in the index, reads what came or
changed, and drops what is gone; so a message that comes twice, late or out of order finds nothing left to do, what an
earlier one died over is made good by the next, and an index that is missing is made anew by the same way. Recordings
finish, are corrected, renamed, tagged, erased: each of these sends a message.
"""

from collections.abc import Iterable, Iterator

from chalicelib.domain import keys
from chalicelib.domain.assets import ENDED, Asset, AssetRef, Status
from chalicelib.domain.listing import ListedAsset
from chalicelib.domain.tracks import Moment, Passage, Track
from chalicelib.errors import TranscriptError
from chalicelib.observability import logger
from chalicelib.pipeline import leftovers, messages, tracks
from chalicelib.seams.embedding import EMBEDDING
from chalicelib.search.concordance import Concordance, Said, TrackWords
from chalicelib.search.index import MOST_IN_DELTA, Delta, Documents, Entry, Merge, private
from chalicelib.search.query import terms_about
from chalicelib.search.terms import BREAK, pieces
from chalicelib.services import Services
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Transcript, is_spaced, spaced
from chalicelib.storage import editions
from chalicelib.storage.search import IndexFiles, IndexMissing, Manifest, side_by_side

_AT_ONCE = 4
_FORMAT = 2
"""What recordings were indexed as: with another number, all are read anew."""

SOON = 30
"""Seconds after which a message comes: what has changed has been stored by then, or whoever was to has died."""

ERASED = 60
"""The same of an erasure, which deletes the recording last."""


def changed(owner: str, services: Services, delay: int = SOON) -> None:
    """Something of an account's recordings is changing: its index is looked after a little later.

    To be called before it is stored, by requests: who dies in between has the index looked after all the same.
    """
    messages.to_learning({"index": owner}, services, delay)


def erased(ref: AssetRef, services: Services) -> None:
    """A recording is being erased: a little later, nothing of it is left here either. To be called before."""
    messages.to_learning({"index": ref.owner, "erased": ref.asset_id}, services, ERASED)


def forget(ref: AssetRef, services: Services) -> None:
    """Have nothing left of a recording that was erased, also if it was read just then."""
    if services.store.get(ref) is None:
        leftovers.delete_outputs(ref, services)
    bring_up_to_date(ref.owner, services)


def bring_up_to_date(owner: str, services: Services) -> None:
    """Have the index of an account be what its recordings are, as far as one call gets; the next goes on."""
    files = IndexFiles(services.outputs, owner)
    if services.settings.engines.get(EMBEDDING):
        messages.to_learning({"meaning": owner}, services)
    if services.users.is_gone(owner):
        _drop(files, services)
        return
    before = services.index.of(owner)
    listed = {one.asset_id: one for one in services.store.listed(owner)}  # first what is there, then what is indexed
    try:
        documents, delta = files.documents(before), files.delta(before)
    except IndexMissing:
        logger.error("index is missing")
        before, documents, delta = Manifest(before.generation), Documents(), Delta()
    indexed = documents.stamps | {name: entry.stamp for name, entry in delta.entries.items()}
    gone = {name for name in indexed if name not in listed or is_over(listed[name])}
    due = [one for one in listed.values() if one.status is Status.COMPLETED and indexed.get(one.asset_id) != stamp(one)]
    if not due and not gone and before.generation:
        files.clear(before)
        return
    some = due[:MOST_IN_DELTA]
    entries = dict(_entries(owner, some, services))
    delta = Delta({name: entry for name, entry in delta.entries.items() if name not in gone} | entries)
    folder = files.begin(before)
    after = Manifest(before.generation + 1, before.base, before.shards, folder if delta.entries else None)
    if gone or len(delta.entries) > MOST_IN_DELTA:
        merge = Merge.of(documents, delta, gone)
        after = Manifest(after.generation, None, 0, None)
        if merge.documents.stamps:
            after = Manifest(after.generation, folder, files.write_merged(folder, before, merge))
    elif delta.entries:
        files.write_delta(folder, delta)
    is_ours = services.index.flip(owner, before, after)
    take_back(owner, some, services)
    if services.users.is_gone(owner):  # since it was looked at first
        _drop(files, services)
        return
    files.clear(after if is_ours else services.index.of(owner))
    if not is_ours or len(due) > len(some):
        changed(owner, services, 0 if is_ours else SOON)


def is_over(one: ListedAsset) -> bool:
    """Whether nothing of a recording is searched any more, until it is begun anew."""
    return one.status in ENDED and one.status is not Status.COMPLETED


def stamp(one: ListedAsset) -> str:
    """What a recording is indexed as: another, if anything of it has changed since."""
    return f"{_FORMAT}/{one.changed_at:.6f}{'/withheld' if one.is_withheld else ''}"


def _entries(owner: str, due: Iterable[ListedAsset], services: Services) -> list[tuple[str, Entry]]:
    """What the index is to have of each recording; its words are stored beside what was made of it."""
    lines = {one.asset_id: one for one in due}

    def one(asset: Asset) -> tuple[str, Entry]:
        line = lines[asset.ref.asset_id]
        if asset.is_withheld or line.is_withheld:
            return line.asset_id, Entry.of(stamp(line), ())
        words = concordance(asset, services)
        services.outputs.write(keys.words_key(asset), words.to_bytes(), "application/octet-stream")
        called = asset.title or asset.file_name
        told = terms_about(called, asset.tags, asset.language, words.speakers())
        told |= words.terms({track.name for track in services.tracks if not track.is_private})
        hidden = words.terms({track.name for track in services.tracks if track.is_private}) - told
        return line.asset_id, Entry.of(stamp(line), told | set(map(private, hidden)))

    return side_by_side(one, services.store.some(owner, list(lines)), _AT_ONCE)


def take_back(owner: str, written: Iterable[ListedAsset], services: Services) -> None:
    """Delete the words of those recordings that were erased while they were read. The index hears of it by itself."""
    ids = [one.asset_id for one in written]
    there = {asset.ref for asset in services.store.some(owner, ids)} if ids else set()
    for one in ids:
        ref = AssetRef(owner, one)
        if ref not in there:
            leftovers.delete_outputs(ref, services)


def _drop(files: IndexFiles, services: Services) -> None:
    services.index.forget(files.owner)
    files.drop()


def concordance(asset: Asset, services: Services) -> Concordance:
    """The words of all that is searched in a recording."""
    searched = [track for track in services.tracks if track.is_searched]
    found = [TrackWords.of(track.name, _words(asset, track, services)) for track in searched]
    return Concordance(tuple(words for words in found if words.words), asset.edition)


def _words(asset: Asset, track: Track, services: Services) -> Iterator[Said]:
    if track is TRANSCRIPT:
        return _said(_transcript(asset, services))
    return _written(tracks.read(asset, track, services) or (), are_apart=track.are_apart)


def _transcript(asset: Asset, services: Services) -> Transcript:
    document = editions.read(asset, asset.edition, services.outputs) if asset.version else None
    try:
        return Transcript(()) if document is None else load_transcript(document)
    except TranscriptError:
        logger.error("transcript cannot be read")
        return Transcript(())


def _said(transcript: Transcript) -> Iterator[Said]:
    before = ""
    for segment in transcript.segments:
        for word, (space, written) in zip(segment.words, spaced(segment.words), strict=True):
            if before and not space and word is segment.words[0] and is_spaced(before, written):
                space = " "
            yield Said(space + written, Moment(word.start, max(word.start, word.end)), word.speaker)
            before = written


def _written(passages: Iterable[Passage], *, are_apart: bool) -> Iterator[Said]:
    before = ""
    for passage in passages:
        if before and are_apart:
            yield Said(BREAK, passage.place)
            before = ""
        for at, piece in enumerate(pieces(passage.text)):
            space = " " if not at and before and is_spaced(before, piece) else ""
            yield Said(space + piece, passage.place)
            before = piece
