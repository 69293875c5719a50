"""So many and no more: whoever races, whatever dies, and whatever went without anybody telling."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import pytest
import time_machine

from chalicelib.domain.accounts import Credential, Token
from chalicelib.domain.assets import AssetRef, new_asset_id
from chalicelib.domain.boards import Board
from chalicelib.domain.marks import Kind, Mark
from chalicelib.domain.rights import Role
from chalicelib.storage.accounts import UserStore
from chalicelib.storage.boards import BoardStore
from chalicelib.storage.limited import JUST_NOW, LimitedItems, Room
from chalicelib.storage.marks import MarkStore
from chalicelib.storage.sharing import GrantStore

REF = AssetRef("ada", new_asset_id())
MOST = 10


class Things(LimitedItems):
    """What is limited, as simple as can be."""

    def room(self) -> Room:
        return Room("ada", "thing", MOST, lambda: self._names("ada", "thing#"))

    def make(self, name: str) -> bool:
        is_in = self._take_place(self.room(), name)
        if is_in:
            self._put_once({"owner": "ada", "item": f"thing#{name}"})
        return is_in

    def lose(self, name: str) -> None:
        """It goes by itself, as items do that expire."""
        self._delete("ada", f"thing#{name}")

    def drop(self, name: str) -> None:
        self.lose(name)
        self._give_up_place("ada", "thing", name)

    def there(self) -> set[str]:
        return set(self._names("ada", "thing#"))


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def things(client: Any) -> Things:
    return Things(client, "users")


def test_there_are_so_many_and_whoever_has_a_place_keeps_it(things: Things) -> None:
    assert [things.make(str(number)) for number in range(MOST + 2)] == [True] * MOST + [False] * 2
    assert things.make("3"), "a call that is repeated takes no second place"
    things.drop("3")
    things.drop("3")
    things.drop("nothing")
    assert things.make("new")
    assert not things.make("3")


def test_what_was_there_before_it_was_counted_counts(things: Things) -> None:
    for number in range(MOST - 1):
        things._put_once({"owner": "ada", "item": f"thing#{number}"})
    assert [things.make("one"), things.make("two")] == [True, False]
    things._close_room("ada", "thing")
    assert not things.make("two"), "a room that is lost is made anew"
    assert things.make("one")


def test_what_went_by_itself_and_whoever_died_before_writing_are_found_when_there_is_no_room(
    things: Things, clock: Any
) -> None:
    for number in range(MOST - 1):
        things.make(str(number))
    assert things._take_place(things.room(), "died")
    assert not things.make("new"), "it may be on its way"
    clock.shift(JUST_NOW + 1)
    assert things.make("new")
    things.lose("0")
    things.lose("1")
    clock.shift(JUST_NOW + 1)
    assert [things.make(name) for name in ("a", "b", "c")] == [True, True, False]


Make = Callable[[int], bool]


def _marks(client: Any) -> tuple[Make, Callable[[], int]]:
    store = MarkStore(client, "users")

    def make(number: int) -> bool:
        by = "ada" if number % 2 else "bob"
        mark = Mark(f"{number:016x}", REF.asset_id, Kind.QUOTE, 0.0, 1.0, "words", by, 1.0, 1.0)
        return store.make(REF, mark, MOST) is None

    return make, lambda: len(store.of(REF))


def _people(client: Any) -> tuple[Make, Callable[[], int]]:
    store = GrantStore(client, "users")

    def give(number: int) -> bool:
        address_id = f"{number:032x}"
        is_in = store.has_room(REF, address_id, MOST)
        return is_in and store.give(REF, address_id, f"{number}@rapporteur.example", Role.READER, None) is not None

    return give, lambda: len(store.of(REF))


def _boards(client: Any) -> tuple[Make, Callable[[], int]]:
    store = BoardStore(client, "users")
    make = lambda number: store.make("ada", Board(f"{number:016x}", "x", 1.0, 1.0), MOST)  # noqa: E731
    return make, lambda: len(store.of("ada"))


def _handed_out(kind: Credential) -> Callable[[Any], tuple[Make, Callable[[], int]]]:
    def prepare(client: Any) -> tuple[Make, Callable[[], int]]:
        store = UserStore(client, "users")
        for _ in range(3):  # those in mails are not counted
            store.hand_out(Token.new(kind, "ada"), asset_id=REF.asset_id, expires_at=time.time() + 99, is_mailed=True)

        def make(number: int) -> bool:
            ends = time.time() + 10**6 if kind is Credential.SHARE else None
            return store.hand_out(Token.new(kind, "ada"), str(number), expires_at=ends, most=MOST) is not None

        return make, lambda: sum(not one.is_mailed for one in store.handed_out("ada", kind))

    return prepare


LIMITED = {
    "marks": _marks,
    "people": _people,
    "boards": _boards,
    "links": _handed_out(Credential.SHARE),
    "keys": _handed_out(Credential.KEY),
}


@pytest.mark.parametrize("what", LIMITED)
@pytest.mark.parametrize("there", [0, MOST - 2])
def test_however_many_ask_at_once_there_are_never_too_many(
    client: Any, monkeypatch: pytest.MonkeyPatch, what: str, there: int
) -> None:
    lock, call = Lock(), client._make_api_call

    def one_at_a_time(*asked: Any) -> Any:  # as each call of its own is in DynamoDB
        with lock:
            return call(*asked)

    monkeypatch.setattr(client, "_make_api_call", one_at_a_time)
    make, count = LIMITED[what](client)
    assert all(make(number) for number in range(there))
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(make, range(100, 124)))
    assert (sum(made) + there, count()) == (MOST, MOST)


@pytest.mark.parametrize("what", LIMITED)
@pytest.mark.parametrize("how", ["before", "after"])
def test_whatever_call_dies_the_limit_is_kept_and_can_be_reached(client: Any, clock: Any, what: str, how: str) -> None:
    make, count = LIMITED[what](client)
    calls, dies_at = 0, 0

    def die(**_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == dies_at:
            raise RuntimeError

    name = "before-call.dynamodb" if how == "before" else "after-call.dynamodb"
    client.meta.events.register(name, die, unique_id="die")
    number = 0
    for at in range(1, 7):
        calls, dies_at = 0, at
        try:
            number += 1
            make(number)
        except RuntimeError:
            pass
        dies_at = 0
        clock.shift(JUST_NOW + 1)
    while make(number := number + 1):
        assert count() <= MOST
    clock.shift(JUST_NOW + 1)
    make(number + 1)
    assert count() == MOST
    assert not make(number + 2)
