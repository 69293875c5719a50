"""So many of something, and no more, under any number of callers: one helper for all that is limited by count.

What is there is counted in an item `room#{name}` beside it, which says who has a place (`taken`, by id, since when in
seconds since the epoch). Whoever makes something takes a place first, by one conditional write. Places are given up
when something is deleted; what nobody gave up, since it went by itself or who made it died, is found by whoever finds
no room: they look what is there. So the room may be lost, or older than what is in it, and is right again.
"""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from chalicelib.storage.items import OwnerItems, until_written
from chalicelib.storage.updates import Update

JUST_NOW = 60.0
"""Seconds after which what has a place is there, or will never be: twice what a request may take."""

_KEPT = 30 * 24 * 3600
"""Seconds that a room is kept which nobody has come into: it is made anew of what is there."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room for `most` of an owner's; `there` names those that are there by their ids, without those that do not
    count. Of ids that have a place, `ended` names those that came to their end, where such stay in the table.
    """

    owner: str
    name: str
    most: int
    there: Callable[[], Iterable[str]]
    ended: Callable[[Collection[str]], Iterable[str]] = lambda _: ()


class LimitedItems(OwnerItems):
    """Items of owners of which there may be so many."""

    def _take_place(self, room: Room, who: str) -> bool:
        """Have a place in a room, before what takes it is written; False if there is none. Who has one keeps it."""
        now = int(time.time())
        if self._come_in(room, who, now):
            return True
        found = until_written(
            lambda: self._counted(room),
            lambda before: before.counted_anew(room, who, now),
            lambda before, after: (
                after if self._replace(room, before, after, now) or self._come_in(room, who, now) else None
            ),
        )
        return found is not None and who in found.taken

    def _come_in(self, room: Room, who: str, now: int) -> bool:
        update = Update().require_room_in("taken", who, room.most).count_on("revision")
        update.set_in("taken", who, now).set(expires=now + _KEPT)
        return self._update(room.owner, _item(room.name), update) is not None

    def _counted(self, room: Room) -> "_Taken":
        item = self._get(room.owner, _item(room.name)) or {}
        return _Taken({one: int(since) for one, since in item.get("taken", {}).items()}, item.get("revision"))

    def _replace(self, room: Room, before: "_Taken", after: "_Taken", now: int) -> bool:
        update = Update()
        if before.revision is None:
            update.require("attribute_not_exists({})", "revision")
        else:
            update.require("{} = {}", "revision", before.revision)
        update.set(taken=after.taken, revision=(before.revision or 0) + 1, expires=now + _KEPT)
        return self._update(room.owner, _item(room.name), update) is not None

    def _give_up_place(self, owner: str, name: str, who: str) -> None:
        """What had a place is gone. Where it had none, nothing is changed."""
        update = Update().require_member_there("taken", who).count_on("revision").remove_in("taken", who)
        self._update(owner, _item(name), update)

    def _close_room(self, owner: str, name: str) -> None:
        """All that was in a room is gone."""
        self._delete(owner, _item(name))


@dataclass(frozen=True, slots=True)
class _Taken:
    """Who has a place, since when; `revision` counts the changes, None if there is no room yet."""

    taken: dict[str, int]
    revision: int | None

    def counted_anew(self, room: Room, who: str, now: int) -> "_Taken":
        """It as it is by what is there, with `who` if there is room; itself if there is none and nothing to be changed.

        What has had a place for a moment only may not be there yet.
        """
        there, ended = set(room.there()), set(room.ended(self.taken))
        kept = {one: since for one, since in self.taken.items() if one in there or since > now - JUST_NOW}
        kept = {one: since for one, since in kept.items() if one not in ended}
        kept |= dict.fromkeys(there - set(kept), 0)
        if who in kept or len(kept) < room.most:
            kept[who] = now
        return self if kept == self.taken else _Taken(kept, self.revision)


def _item(name: str) -> str:
    return f"room#{name}"
