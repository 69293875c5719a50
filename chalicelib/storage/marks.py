"""Marks, in the table of accounts: an item `mark#{asset}#{id}` each, under the owner of the recording.

There, and not on the asset's item: hundreds of them would not fit into its 400 KB, and two people who mark at the same
time would be in each other's way. They go with the account by themselves, and with the recording by their names.

Whoever marks something in another's recording has an item `wrote#{asset}#{id}` of their own that says whose that is: by
these, what an account has written is found when it ends, whether or not anything is still shared with it. It is there
before the mark and goes after it, so no mark is missing; one that leads to nothing goes by itself (`expires`).

Clips that are asked for stand beside, under an owner of their own (`CLIPS`), until they have ended: so the sweep finds
what got lost by one Query, and reads nothing else.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from chalicelib.domain.assets import AssetRef, RunRef
from chalicelib.domain.marks import MOST, MOST_OF_A_GUEST, ClipRef, Mark
from chalicelib.storage.items import parsed, until_written
from chalicelib.storage.limited import LimitedItems, Room
from chalicelib.storage.updates import Update, attributes_of

CLIPS = "#clips"
"""The owner of the list of clips under way: no account is called so."""

_WROTE = "wrote#"
_FORGOTTEN = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Awaited:
    """A clip under way: of which run, when the sweep is to look after it (seconds since the epoch), how often."""

    owner_of: str
    asset_id: str
    version: int
    clip: str
    check_after: float
    sweeps: int = 0

    @property
    def run(self) -> RunRef:
        """The run that the clip is cut of."""
        return RunRef(AssetRef(self.owner_of, self.asset_id), self.version)


class Full(Enum):
    """Where there is no room for another mark: among all of a recording, or among a guest's."""

    OF_ALL = "all"
    OF_A_GUEST = "guest"


class MarkStore(LimitedItems):
    """Marks on recordings."""

    def of(self, ref: AssetRef) -> list[Mark]:
        """Those on a recording, in the order of what is said."""
        found = [parsed(Mark, item) for item in self._items(ref.owner, _name(ref, ""))]
        return sorted(found, key=lambda mark: (mark.start, mark.end, mark.made_at, mark.id))

    def get(self, ref: AssetRef, mark_id: str) -> Mark | None:
        """One of them; None if there is none."""
        item = self._get(ref.owner, _name(ref, mark_id))
        return parsed(Mark, item) if item else None

    def some(self, wanted: Iterable[tuple[AssetRef, str]]) -> dict[tuple[AssetRef, str], Mark]:
        """Those of these recordings with these ids that there are."""
        found: dict[tuple[AssetRef, str], Mark] = {}
        for item in self._batch(dict.fromkeys((ref.owner, _name(ref, mark_id)) for ref, mark_id in wanted)):
            mark = parsed(Mark, item)
            found[AssetRef(item["owner"], mark.asset_id), mark.id] = mark
        return found

    def make(self, ref: AssetRef, mark: Mark, most: int = MOST, most_of_a_guest: int = MOST_OF_A_GUEST) -> Full | None:
        """Put a new one. Returns what is full already, if it is not put."""
        room = Room(ref.owner, _room(ref), most, lambda: self._names(ref.owner, _name(ref, "")))
        own = Room(mark.by, _room(ref), most_of_a_guest, lambda: self._names(mark.by, _wrote(ref, "")))
        if mark.by != ref.owner and not self._take_place(own, mark.id):
            return Full.OF_A_GUEST
        if not self._take_place(room, mark.id):
            if mark.by != ref.owner:
                self._give_up_place(mark.by, _room(ref), mark.id)
            return Full.OF_ALL
        if mark.by != ref.owner:
            theirs = {"owner": mark.by, "item": _wrote(ref, mark.id), "expires": mark.expires}
            self._put_once({**theirs, "asset_owner": ref.owner, "asset_id": ref.asset_id, "mark_id": mark.id})
        self._put_once({"owner": ref.owner, "item": _name(ref, mark.id), **attributes_of(mark)})
        return None

    def change(self, ref: AssetRef, mark_id: str, change: Callable[[Mark], Mark]) -> Mark | None:
        """Have `change` make another of one, as `until_written` says. Returns what is then there; None if gone."""

        def write(before: Mark, after: Mark) -> Mark | None:
            after = replace(after, revision=before.revision + 1)
            values = attributes_of(after)
            del values["expires"]  # it is moved by `keep` alone, perhaps just now
            update = Update().require("{} = {}", "revision", before.revision).set(**values)
            return after if self._update(ref.owner, _name(ref, mark_id), update) is not None else None

        return until_written(lambda: self.get(ref, mark_id), change, write)

    def keep_all(self, ref: AssetRef, until: int) -> None:
        """Have none on a recording be forgotten before then (seconds since the epoch)."""
        for mark in self.of(ref):
            if mark.expires < until:
                self.keep(ref, mark, until)

    def keep(self, ref: AssetRef, mark: Mark, until: int) -> None:
        """Have one not be forgotten before then (seconds since the epoch)."""
        update = Update().require("attribute_exists({})", "item").require_later("expires", until).set(expires=until)
        if mark.by != ref.owner:  # first: it is to be there for as long as the mark
            self._update(mark.by, _wrote(ref, mark.id), update)
        self._update(ref.owner, _name(ref, mark.id), update)

    def delete(self, ref: AssetRef, mark_id: str) -> bool:
        """Delete one; False if there was none."""
        before = self._taken(ref.owner, _name(ref, mark_id))
        if before is None:
            return False
        self._give_up_place(ref.owner, _room(ref), mark_id)
        if before["by"] != ref.owner:
            self.forget_written(before["by"], ref, mark_id)
        return True

    def forget_room(self, ref: AssetRef) -> None:
        """There are no marks on a recording any more."""
        self._close_room(ref.owner, _room(ref))

    # ---- what an account has written in others' recordings

    def written_by(self, owner: str) -> Iterator[tuple[AssetRef, str]]:
        """On which recordings of others an account has made marks, and what these are called; some may be gone."""
        for item in self._items(owner, _WROTE):
            yield AssetRef(item["asset_owner"], item["asset_id"]), item["mark_id"]

    def forget_written(self, owner: str, ref: AssetRef, mark_id: str) -> None:
        """A mark in another's recording is gone, or is to be no longer known as an account's."""
        self._delete(owner, _wrote(ref, mark_id))
        self._give_up_place(owner, _room(ref), mark_id)

    # ---- clips under way

    def await_clip(self, run: RunRef, clip: ClipRef, seconds: float) -> None:
        """Have the sweep look after a clip in so many seconds."""
        there = Awaited(run.asset.owner, run.asset.asset_id, run.version, str(clip), time.time() + seconds)
        item = {"owner": CLIPS, "item": _awaited(run, clip), "expires": int(time.time() + _FORGOTTEN)}
        self._put_once(item | attributes_of(there))

    def overdue_clips(self, now: float) -> list[Awaited]:
        """Those that should have ended before `now` (seconds since the epoch)."""
        found = [parsed(Awaited, item) for item in self._items(CLIPS, "")]
        return [one for one in found if one.check_after < now]

    def claim_clip_sweep(self, awaited: Awaited, now: float, seconds: float) -> bool:
        """Look after one now, and again in so many seconds; False if another sweep does."""
        update = Update().require("{} = {}", "check_after", awaited.check_after)
        update.set(check_after=now + seconds, sweeps=awaited.sweeps + 1)
        clip = ClipRef.parse(awaited.clip)
        return clip is not None and self._update(CLIPS, _awaited(awaited.run, clip), update) is not None

    def clip_ended(self, run: RunRef, clip: ClipRef) -> None:
        """No sweep is needed any more."""
        self._delete(CLIPS, _awaited(run, clip))


def _name(ref: AssetRef, mark_id: str) -> str:
    return f"mark#{ref.asset_id}#{mark_id}"


def _wrote(ref: AssetRef, mark_id: str) -> str:
    return f"{_WROTE}{ref.asset_id}#{mark_id}"


def _room(ref: AssetRef) -> str:
    return f"mark#{ref.asset_id}"


def _awaited(run: RunRef, clip: ClipRef) -> str:
    return f"{run.asset.owner}#{run.asset.asset_id}#{run.version}#{clip}"
