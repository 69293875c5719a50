"""Boards, in the table of accounts: an item `board#{id}` each. They go with the account by themselves."""

from collections.abc import Callable
from dataclasses import fields, replace

from chalicelib.domain.boards import MOST, Board, ListedBoard
from chalicelib.storage.items import parsed, until_written
from chalicelib.storage.limited import LimitedItems, Room
from chalicelib.storage.updates import Update, attributes_of, query

_BOARD = "board#"
_ROOM = "board"


class BoardStore(LimitedItems):
    """The boards of accounts."""

    def of(self, owner: str) -> list[ListedBoard]:
        """Those of an owner without what is on them, the last changed first."""
        names = [field.name for field in fields(ListedBoard)]
        found = query(
            self._client,
            self._table,
            "#owner = :owner AND begins_with(#item, :beginning)",
            {"owner": owner, "beginning": _BOARD},
            ExpressionAttributeNames={"#owner": "owner", "#item": "item"} | {f"#{name}": name for name in names},
            ProjectionExpression=", ".join(f"#{name}" for name in names),
            ConsistentRead=True,
        )
        return sorted((parsed(ListedBoard, item) for item in found), key=lambda one: (-one.changed_at, one.id))

    def whole(self, owner: str) -> list[Board]:
        """Those of an owner with all that is on them."""
        return [parsed(Board, item) for item in self._items(owner, _BOARD)]

    def get(self, owner: str, board_id: str) -> Board | None:
        """One of them; None if there is none."""
        item = self._get(owner, _BOARD + board_id)
        return parsed(Board, item) if item else None

    def make(self, owner: str, board: Board, most: int = MOST) -> bool:
        """Put a new one; False if there are so many already."""
        if not self._take_place(Room(owner, _ROOM, most, lambda: self._names(owner, _BOARD)), board.id):
            return False
        count = {"count": len(board.entries)}
        self._put_once({"owner": owner, "item": _BOARD + board.id, **attributes_of(board), **count})
        return True

    def replace(self, owner: str, board: Board) -> Board | None:
        """Have `board` be what it now is, if nobody has changed it since its `revision`; None if somebody has, or it is
        gone.
        """
        after = replace(board, revision=board.revision + 1)
        update = Update().require("{} = {}", "revision", board.revision)
        update.set(**attributes_of(after), count=len(after.entries))
        return after if self._update(owner, _BOARD + board.id, update) is not None else None

    def change(self, owner: str, board_id: str, change: Callable[[Board], Board]) -> Board | None:
        """Have `change` make another of one, as `until_written` says. Returns what is then there; None if gone."""
        return until_written(lambda: self.get(owner, board_id), change, lambda _, after: self.replace(owner, after))

    def delete(self, owner: str, board_id: str) -> bool:
        """Delete one; False if there was none."""
        was_there = self._delete(owner, _BOARD + board_id)
        if was_there:
            self._give_up_place(owner, _ROOM, board_id)
        return was_there
