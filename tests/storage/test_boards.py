"""Boards: each change is one conditional write on what was there, so of two tabs one is told, and nothing is lost."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.boards import LONGEST_NOTES, MOST_ENTRIES, Board, Entry, ListedBoard
from chalicelib.errors import Conflict
from chalicelib.storage.boards import BoardStore

QUOTE = Entry("1" * 16, "0" * 27, "2" * 16, "{\\an8}<b>Ö</b>")
BOARD = Board("0123456789abcdef", "Ümit's", 1.5, 2.5, (QUOTE, Entry("3" * 16, note="Alone")))


def test_what_is_stored_is_what_is_read_and_belongs_to_one_account(client: Any) -> None:
    store = BoardStore(client, "users")
    store.make("ada", BOARD)
    store.make("ada", replace(BOARD, name="again"))
    store.make("ada", replace(BOARD, id="f" * 16, changed_at=9.0, entries=()))
    assert store.get("ada", BOARD.id) == BOARD, "a call that is repeated changes nothing"
    assert store.of("ada") == [
        ListedBoard("f" * 16, BOARD.name, 1.5, 9.0, 0, 1),
        ListedBoard(BOARD.id, BOARD.name, 1.5, 2.5, 2, 1),
    ]
    assert len(store.whole("ada")) == 2
    assert store.get("bob", BOARD.id) is None
    assert store.of("bob") == []


def test_of_two_who_change_one_at_a_time_one_is_told(client: Any) -> None:
    store = BoardStore(client, "users")
    store.make("ada", BOARD)
    mine = store.replace("ada", replace(BOARD, entries=BOARD.entries[::-1]))
    assert mine == replace(BOARD, entries=BOARD.entries[::-1], revision=2)
    assert store.replace("ada", replace(BOARD, name="Theirs")) is None
    assert store.get("ada", BOARD.id) == mine
    others = iter(["Meanwhile"])

    def change(found: Board) -> Board:
        if (name := next(others, None)) is not None:
            store.replace("ada", replace(found, name=name))
        return replace(found, entries=())

    assert store.change("ada", BOARD.id, change) == replace(BOARD, name="Meanwhile", entries=(), revision=4)
    assert store.delete("ada", BOARD.id)
    assert not store.delete("ada", BOARD.id)
    assert store.replace("ada", replace(BOARD, revision=4)) is None, "what is deleted does not come back"
    assert store.change("ada", BOARD.id, lambda found: replace(found, name="x")) is None


def test_the_fullest_board_fits_into_its_item_and_a_fuller_one_is_refused(client: Any) -> None:
    store = BoardStore(client, "users")
    notes = ["𝄞" * (LONGEST_NOTES // MOST_ENTRIES)] * MOST_ENTRIES
    full = replace(
        BOARD,
        entries=tuple(Entry(f"{at:016x}", f"{at % 30:027x}", f"{at:016x}", note) for at, note in enumerate(notes)),
    )
    store.make("ada", full.check())
    assert store.get("ada", BOARD.id) == full
    for entries, code in (
        ((*full.entries, QUOTE), "too-many-entries"),
        (tuple(Entry(f"{at:016x}", f"{at:027x}", "1" * 16) for at in range(31)), "too-many-recordings"),
        ((*full.entries[1:], replace(full.entries[0], note="x" * 101)), "too-long-notes"),
    ):
        with pytest.raises(Conflict) as refused:
            replace(BOARD, entries=entries).check()
        assert refused.value.code == code
