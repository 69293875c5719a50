"""Boards: quotes out of several recordings, in order and with notes; and files of them to take along."""

import math
import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus

from chalice import Response

from chalicelib.api import downloads
from chalicelib.api.language import message_view, wording
from chalicelib.api.marks import transcript_of
from chalicelib.api.models import boards as models
from chalicelib.api.noting import note_reading
from chalicelib.api.operation import operation
from chalicelib.clients.tokens import Account
from chalicelib.domain import keys, names
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.domain.boards import ID_PATTERN, MOST, Board, Entry
from chalicelib.domain.marks import Mark
from chalicelib.domain.rights import Role
from chalicelib.errors import Conflict, InvalidRequest, NotFound
from chalicelib.message import Message
from chalicelib.pipeline import passing
from chalicelib.pipeline.shelves import read_by
from chalicelib.services import Services
from chalicelib.speech import boards, docx, otio
from chalicelib.speech.boards import Phrases, Quoted, ShownEntry
from chalicelib.speech.quotes import Quote, Quotes, is_same

_AT_ONCE = 4
"""Transcripts that are read at a time: an hour has some 3 MB, and takes a tenth of a second of a core."""
_FORMATS = {
    "docx": docx.CONTENT_TYPE,
    "md": f"{boards.MARKDOWN}; charset=utf-8",
    "otio": f"{otio.CONTENT_TYPE}; charset=utf-8",
}
"""Content type by the name of a format."""

NO_RECORDING = Message("board-no-recording", "This recording has been deleted, or it is no longer shared with you.")
WITHHELD = Message("board-withheld", "Nothing of this recording is shown just now.")
NO_QUOTE = Message("board-no-quote", "This quote has been deleted in its recording.")
NO_TRANSCRIPT = Message("board-no-transcript", "This recording has no transcript, or not yet.")
NO_WORDS = Message("board-no-words", "The words quoted here are no longer in the transcript.")
UNCONFIRMED = Message("board-unconfirmed", "Not all of these words are confirmed.")
CORRECTED = Message("board-corrected", "The words have been corrected since they were quoted.")
PLAY = Message("board-play", "Play these words")


@operation("GET", "/boards")
def list_boards(account: Account, services: Services) -> models.Boards:
    """One's boards, the last changed first."""
    return models.Boards(boards=[models.BoardLine.model_validate(one) for one in services.boards.of(account.owner)])


@operation("POST", "/boards", status=HTTPStatus.CREATED)
def make_board(body: models.BoardWanted, account: Account, services: Services) -> models.BoardStored:
    """Make a board with nothing on it."""
    now = time.time()
    board = Board(secrets.token_hex(8), body.name, now, now)
    if not services.boards.make(account.owner, board, MOST):
        raise Conflict(f"There are {MOST} boards already. Delete one first.", "too-many-boards")
    return _stored(board)


@operation("GET", "/boards/{board_id}")
def get_board(board_id: str, account: Account, services: Services) -> models.BoardView | Response:
    """A board, each quote with its words as they now are, read from the transcript."""
    board = _find(board_id, account, services)
    folder = keys.board_files(account.owner, board.id)
    answer = models.BoardView(
        id=board.id,
        name=board.name,
        made_at=board.made_at,
        changed_at=board.changed_at,
        revision=board.revision,
        entries=[_entry_view(one) for one in _read(board, account, services)],
    )
    return downloads.whole_or_stored(
        answer, lambda text: passing.leave(folder, "board.json", text, "application/json", services), services
    )


@operation("PUT", "/boards/{board_id}")
def change_board(board_id: str, body: models.BoardChanges, account: Account, services: Services) -> models.BoardStored:
    """Change a board: its name, and what is on it in which order."""
    board = _find(board_id, account, services)
    known = {one.id: one for one in board.entries}
    entries = tuple(
        _entry(one, one.id if one.id in known else None, f"entries.{number}.")
        for number, one in enumerate(body.entries)
    )
    if len({one.id for one in entries}) < len(entries):
        raise InvalidRequest("Each entry stands on a board once.", "entry-twice", "entries")
    asked = replace(board, name=body.name, entries=entries)
    if (board.name, _said(board)) == (asked.name, _said(asked)):
        return _stored(board)  # also where it is sent again, since its answer was lost
    if board.revision != body.revision:
        raise _changed()
    asked.check()
    there = {one.says[:2] for one in board.entries}
    _check_there([one for one in entries if one.mark_id is not None and one.says[:2] not in there], account, services)
    written = services.boards.replace(account.owner, replace(asked, changed_at=time.time()))
    if written is None:
        _find(board_id, account, services)
        raise _changed()
    return _stored(written)


@operation("POST", "/boards/{board_id}/entries")
def add_entry(board_id: str, body: models.BoardEntryWanted, account: Account, services: Services) -> models.BoardStored:
    """Put a quote or a note at the end of a board. A quote that is on it stays where it is."""
    entry = _entry(body)
    board = _find(board_id, account, services)
    if entry.mark_id is not None and entry.says[:2] not in {one.says[:2] for one in board.entries}:
        _check_there([entry], account, services)

    def change(board: Board) -> Board:
        if entry.mark_id is not None and entry.says[:2] in {one.says[:2] for one in board.entries}:
            return board
        return replace(board, entries=(*board.entries, entry), changed_at=time.time()).check()

    changed = services.boards.change(account.owner, board.id, change)
    if changed is None:
        raise _missing()
    return _stored(changed)


@operation("DELETE", "/boards/{board_id}")
def delete_board(board_id: str, account: Account, services: Services) -> None:
    """Delete a board. What it quotes stays where it is."""
    board = _find(board_id, account, services)
    services.outputs.delete_under(keys.board_files(account.owner, board.id))
    services.boards.delete(account.owner, board.id)


@operation("GET", "/boards/{board_id}/file", status=HTTPStatus.SEE_OTHER)
def get_board_file(board_id: str, query: models.BoardFile, account: Account, services: Services) -> Response:
    """A board to take along: as Word, as Markdown, or as a timeline for editing programs (OpenTimelineIO)."""
    board = _find(board_id, account, services)
    shown, words = [one.shown for one in _read(board, account, services)], wording()
    phrases = Phrases(words.speaker, *(message_view(one).message for one in (UNCONFIRMED, CORRECTED, PLAY)))
    match query.format:
        case "docx":
            content: bytes | str = boards.to_docx(board.name, shown, phrases)
        case "md":
            content = boards.to_markdown(board.name, shown, phrases)
        case "otio":
            content = otio.write(board.name, shown)
    folder = keys.board_files(account.owner, board.id)
    key = passing.leave(folder, f"board.{query.format}", content, _FORMATS[query.format], services)
    return downloads.elsewhere(key, services, f"{names.download_stem(board.name, '')}.{query.format}")


@dataclass(frozen=True, slots=True)
class _Read:
    """An entry as it is shown, of which recording, and what one is to that."""

    shown: ShownEntry
    asset: Asset | None = None
    role: Role = Role.OWNER
    why: Message | None = None


def _read(board: Board, account: Account, services: Services) -> list[_Read]:
    """What is on a board, as it now stands, of what may be read just now; each transcript is read once, and let go of
    before many others are. In the logs of others' recordings it stands that they were read.
    """
    found = read_by(account, board.asset_ids, services)
    wanted = [(found[one.asset_id][0], one) for one in board.entries if one.asset_id in found]
    marks = services.marks.some((asset.ref, one.mark_id or "") for asset, one in wanted)

    def look(asset: Asset) -> dict[str, Quote | None] | None:
        said = transcript_of(asset, services) if not asset.is_withheld else None
        if said is None:
            return None
        quotes = Quotes(said)
        own = (mark for (ref, _), mark in marks.items() if ref == asset.ref)
        return {mark.id: quotes.between(mark.start, mark.end, mark.speaker) for mark in own}

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        quoted = dict(zip(found, pool.map(lambda one: look(one[0]), found.values()), strict=True))
    note_reading(account, found.values(), services)
    return [
        _read_entry(one, found.get(one.asset_id), marks, quoted.get(one.asset_id), services)
        if one.asset_id is not None
        else _Read(ShownEntry(one))
        for one in board.entries
    ]


def _read_entry(
    entry: Entry,
    found: tuple[Asset, Role] | None,
    marks: Mapping[tuple[AssetRef, str], Mark],
    quoted: Mapping[str, Quote | None] | None,
    services: Services,
) -> _Read:
    """An entry that quotes a recording; `quoted` is what is said at each of its marks, None where nothing is known."""
    asset, role = found or (None, Role.STRANGER)
    mark = marks.get((asset.ref, entry.mark_id or "")) if asset is not None else None
    quote = quoted.get(mark.id) if mark is not None and quoted is not None else None
    if asset is None:
        why = NO_RECORDING
    elif asset.is_withheld:
        why = WITHHELD
    elif mark is None:
        why = NO_QUOTE
    elif quote is None:
        why = NO_TRANSCRIPT if quoted is None else NO_WORDS
    else:
        return _Read(ShownEntry(entry, _quoted(asset, role, mark, quote, services)), asset, role)
    return _Read(ShownEntry(entry, missing=message_view(why).message), why=why)


def _quoted(asset: Asset, role: Role, mark: Mark, quote: Quote, services: Services) -> Quoted:
    title = asset.title or asset.file_name
    return Quoted(
        title=title,
        file_name=asset.file_name if role is Role.OWNER else title,  # what its owner calls the file is theirs to know
        media=asset.media,
        text=quote.text,
        start=quote.start,
        end=quote.end,
        speakers=quote.speakers,
        is_confirmed=quote.is_confirmed,
        is_corrected=not is_same(quote.text, mark.exact),
        link=_link(asset, quote.start, quote.end, services),
    )


def _link(asset: Asset, start: float, end: float, services: Services) -> str | None:
    """The address that plays exactly these words, as the pages make it too (`web/asset/model/quotes.js`)."""
    pages = services.settings.pages_url
    if pages is None:
        return None
    first, last = math.floor(start * 100) / 100, math.ceil(end * 100) / 100
    return f"{pages.rstrip('/')}/#/asset/{asset.ref.asset_id}?from={first:.2f}&to={last:.2f}"


def _check_there(entries: Sequence[Entry], account: Account, services: Services) -> None:
    """Raises InvalidRequest unless all that is quoted is there, and one may read it."""
    found = read_by(account, [one.asset_id for one in entries if one.asset_id is not None], services)
    wanted = {(found[one.asset_id][0].ref, one.mark_id) for one in entries if one.asset_id in found and one.mark_id}
    there = services.marks.some(wanted)
    if not all(one.asset_id in found and (found[one.asset_id][0].ref, one.mark_id) in there for one in entries):
        raise InvalidRequest("There is no such quote to be put on a board.", "no-mark", "mark")


def _find(board_id: str, account: Account, services: Services) -> Board:
    board = services.boards.get(account.owner, board_id) if ID_PATTERN.fullmatch(board_id) else None
    if board is None:
        raise _missing()
    return board


def _missing() -> NotFound:
    return NotFound("There is no such board, or no longer.", "no-board")


def _changed() -> Conflict:
    return Conflict("This board has been changed elsewhere. Load it again, and change that.", "changed-meanwhile")


def _entry(wanted: models.BoardEntryWanted, known: str | None = None, place: str = "") -> Entry:
    """An entry as it is wanted, with the id by which it is `known`. Raises InvalidRequest if it says nothing."""
    has_part = (wanted.asset is None) != (wanted.mark is None)
    if has_part or (wanted.mark is None and wanted.note is None):
        raise InvalidRequest("An entry has an asset and a mark of it, or else a note.", "no-entry", f"{place}mark")
    return Entry(known or secrets.token_hex(8), wanted.asset, wanted.mark, wanted.note)


def _said(board: Board) -> list[tuple[str | None, str | None, str | None]]:
    return [one.says for one in board.entries]


def _line(entry: Entry) -> models.BoardEntryLine:
    return models.BoardEntryLine(id=entry.id, asset=entry.asset_id, mark=entry.mark_id, note=entry.note)


def _stored(board: Board) -> models.BoardStored:
    return models.BoardStored(
        id=board.id,
        name=board.name,
        made_at=board.made_at,
        changed_at=board.changed_at,
        revision=board.revision,
        entries=[_line(one) for one in board.entries],
    )


def _entry_view(read: _Read) -> models.BoardEntryView:
    quoted, asset = read.shown.quoted, read.asset
    view = models.BoardEntryView(**_line(read.shown.entry).model_dump())
    if read.why is not None:
        view.missing = message_view(read.why)
    if quoted is not None and asset is not None:
        view.quote = models.QuoteView(
            title=quoted.title,
            text=quoted.text,
            start=quoted.start,
            end=quoted.end,
            speakers=list(quoted.speakers),
            is_confirmed=quoted.is_confirmed,
            is_corrected=quoted.is_corrected,
            language=asset.language,
            role=read.role,
            link=quoted.link,
            renditions=[made.preset for made in asset.as_given_out.renditions],
        )
    return view
