"""Recordings that are shared with people, and who saw and changed what, in the table of accounts.

- `grant#{asset}#{address}` of an owner: that a recording is shared with an address (its fingerprint), as it was
  written; while they are to be told by mail (`tells`), with what its owner has to say (`note`)
- `grant#{asset}` under `#to#{address}`: the right itself. Whoever has confirmed that address has it, whether or not
  there was an account when it was given
- `seen#{asset}#{hour}.{who}.{what}` of an owner: an entry of a recording's log; it goes by itself after 90 days

Which of two who share and take back at once comes last is decided at the owner's item: whoever takes back marks it
before the right goes, whoever shares looks at it after the right has come. So a right is never there that its owner
does not see; a death in between leaves somebody on the list who has no right, or who can be taken off it again.
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.clients.aws import deserialize, serialize
from chalicelib.domain.assets import AssetRef
from chalicelib.domain.rights import Deed, Grant, Invitation, Invited, LogEntry, Role
from chalicelib.storage.items import OwnerItems, key_of, parsed
from chalicelib.storage.limited import LimitedItems, Room
from chalicelib.storage.updates import Update, plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_GRANT = "grant#"
_SEEN = "seen#"
_HOUR = 3600
_KEPT = 90 * 24 * 3600
"""Seconds that an entry of a log is kept."""

_REMEMBERED = 1000


class GrantStore(LimitedItems):
    """Who has which right to which recording."""

    def has_room(self, ref: AssetRef, address_id: str, most: int) -> bool:
        """Have an address be one of the `most` people with whom a recording is shared, before it is given."""
        beginning = _of(ref, "")
        room = Room(ref.owner, _room(ref), most, lambda: self._names(ref.owner, beginning))
        return self._take_place(room, address_id)

    def give(self, ref: AssetRef, address_id: str, address: str, role: Role, by: str | None) -> Invited | None:
        """Share a recording with an address, as what the owner's own (`by`) tells; done again, it may be as something
        else. None if it is just taken back.
        """
        now = time.time()
        theirs = Update().set_once("since", now).set(address=address).remove("is_going")
        noted = self._update(ref.owner, _of(ref, address_id), theirs)
        right = Update().set_once("since", now).set(asset_owner=ref.owner, asset_id=ref.asset_id, role=role, by=by)
        self._update(_to(address_id), f"{_GRANT}{ref.asset_id}", right)
        there = self._get(ref.owner, _of(ref, address_id))
        if noted is None or there is None or there.get("is_going"):
            self._delete(_to(address_id), f"{_GRANT}{ref.asset_id}")
            return None
        return Invited(address_id, address, float(there["since"]), role)

    def change(self, ref: AssetRef, address_id: str, role: Role) -> Invited | None:
        """Make somebody something else; None if the recording is not shared with them."""
        theirs = self._get(ref.owner, _of(ref, address_id))
        if theirs is None:
            return None
        update = Update().require("{} = {}", "asset_owner", ref.owner).set(role=role)
        if self._update(_to(address_id), f"{_GRANT}{ref.asset_id}", update) is None:
            return None
        return Invited(address_id, theirs["address"], float(theirs["since"]), role)

    def take_back(self, ref: AssetRef, address_id: str) -> bool:
        """Share a recording with an address no more; False if it was not. Goes on where an earlier call died."""
        going = Update().require("attribute_exists({})", "address").set(is_going=True)
        if self._update(ref.owner, _of(ref, address_id), going) is None:
            return False
        self._delete(_to(address_id), f"{_GRANT}{ref.asset_id}")
        self._delete_if(ref.owner, _of(ref, address_id), Update().require("attribute_exists({})", "is_going"))
        self._give_up_place(ref.owner, _room(ref), address_id)
        return True

    def of(self, ref: AssetRef) -> list[Invited]:
        """With whom a recording is shared, the first first. Two reads a hundred people."""
        items = list(self._items(ref.owner, f"{_GRANT}{ref.asset_id}#"))
        named = {item["item"].rpartition("#")[2]: item for item in items}
        roles: dict[str, Role] = {}
        for found in self._batch((_to(one), f"{_GRANT}{ref.asset_id}") for one in named):
            roles[found["owner"].removeprefix("#to#")] = Role(found["role"])
        people = [
            Invited(one, item["address"], float(item["since"]), roles.get(one, Role.STRANGER), item.get("note") or None)
            for one, item in named.items()
        ]
        return sorted(people, key=lambda one: (one.since, one.address))

    def ask_to_tell(self, ref: AssetRef, address_id: str, note: str | None) -> None:
        """Note that somebody is to be told by mail that a recording is shared with them, in these words too."""
        there = Update().require("attribute_exists({})", "address").require("attribute_not_exists({})", "is_going")
        self._update(ref.owner, _of(ref, address_id), there.set(tells=True, note=note or ""))

    def to_tell(self, ref: AssetRef, address_id: str) -> Invitation | None:
        """What somebody is to be told by mail; None if there is nothing, or it is taken back."""
        theirs, right = self._get(ref.owner, _of(ref, address_id)), self.right(address_id, ref.asset_id)
        if theirs is None or not theirs.get("tells") or theirs.get("is_going"):
            return None
        if right is None or right.owner != ref.owner or right.by is None:
            return None
        return Invitation(theirs["address"], right.role, right.by, theirs["note"])

    def told(self, ref: AssetRef, address_id: str) -> None:
        """Nothing is to be told any more: it was, or never can be."""
        there = Update().require("attribute_exists({})", "tells")
        self._update(ref.owner, _of(ref, address_id), there.remove("tells", "note"))

    def right(self, address_id: str, asset_id: str) -> Grant | None:
        """What an address has been given of a recording."""
        item = self._get(_to(address_id), f"{_GRANT}{asset_id}")
        return _grant(item) if item else None

    def some(self, address_id: str, asset_ids: Iterable[str]) -> list[Grant]:
        """What an address has been given of these recordings, each named once: a hundred a call."""
        return [_grant(item) for item in self._batch((_to(address_id), f"{_GRANT}{one}") for one in asset_ids)]

    def page(self, address_id: str, limit: int, after: str | None = None) -> tuple[list[Grant], str | None]:
        """At most `limit` of what is shared with an address, the newest recording first, after the one with the id
        `after`; with the id to go on after, None if there is no more. One Query.
        """
        found, last = _page(self._client, self._table, _to(address_id), _GRANT, limit, after)
        return [_grant(item) for item in found], last

    def forget_asset(self, ref: AssetRef) -> None:
        """Share a recording with nobody any more."""
        for item in list(self._items(ref.owner, f"{_GRANT}{ref.asset_id}#")):
            self.take_back(ref, item["item"].rpartition("#")[2])
        self._close_room(ref.owner, _room(ref))

    def forget_owner(self, owner: str) -> None:
        """Share nothing of an owner's with anybody any more, also what is left of recordings that are gone."""
        for item in list(self._items(owner, _GRANT)):
            _, asset_id, address_id = item["item"].split("#")
            self.take_back(AssetRef(owner, asset_id), address_id)

    def forget_address(self, address_id: str) -> None:
        """Share nothing with an address any more."""
        for grant in self.everything(address_id):
            ref = AssetRef(grant.owner, grant.asset_id)
            if not self.take_back(ref, address_id):
                self._delete(_to(address_id), f"{_GRANT}{ref.asset_id}")

    def everything(self, address_id: str) -> list[Grant]:
        """All that is shared with an address."""
        return [_grant(item) for item in self._items(_to(address_id), _GRANT)]


class AuditLog(OwnerItems):
    """Who saw and changed what. Of words that were said, nothing stands here."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        super().__init__(client, table)
        self._noted: set[tuple[str, str]] = set()

    def read(self, ref: AssetRef, by: str, *, is_link: bool = False, name: str | None = None) -> bool:
        """Note that somebody reads a recording: once an hour, however often. Returns whether that was new to us."""
        now = time.time()
        key = (ref.owner, _entry(ref, now, by, "read"))
        if key in self._noted:
            return False
        if len(self._noted) >= _REMEMBERED:
            self._noted.clear()
        entry = LogEntry(now, now, 1, Deed.READ, "read", by, is_link=is_link, name=name)
        self._update(*key, _noting(entry).require("attribute_not_exists({})", "item"))
        self._noted.add(key)
        return True

    def did(self, ref: AssetRef, by: str, deed: Deed, what: str) -> None:
        """Note that somebody did something with a recording. What they do again within the hour is counted."""
        now = time.time()
        self._update(ref.owner, _entry(ref, now, by, what), _noting(LogEntry(now, now, 1, deed, what, by)))

    def page(self, ref: AssetRef, limit: int, after: str | None = None) -> tuple[list[LogEntry], str | None]:
        """At most `limit` entries of a recording's log, the latest hour first, and the cursor to go on after."""
        found, last = _page(self._client, self._table, ref.owner, f"{_SEEN}{ref.asset_id}#", limit, after)
        return _in_order(found), last

    def everything(self, ref: AssetRef) -> list[LogEntry]:
        """All of a recording's log, the latest first."""
        return _in_order(self._items(ref.owner, f"{_SEEN}{ref.asset_id}#"))

    def forget(self, ref: AssetRef) -> None:
        """Delete a recording's log."""
        names = [item["item"] for item in self._items(ref.owner, f"{_SEEN}{ref.asset_id}#")]
        self._delete_all(ref.owner, names)


def _of(ref: AssetRef, address_id: str) -> str:
    return f"{_GRANT}{ref.asset_id}#{address_id}"


def _room(ref: AssetRef) -> str:
    return f"people#{ref.asset_id}"


def _to(address_id: str) -> str:
    return f"#to#{address_id}"


def _grant(item: dict[str, object]) -> Grant:
    return parsed(Grant, {**item, "owner": item["asset_owner"]})


def _entry(ref: AssetRef, now: float, by: str, what: str) -> str:
    return f"{_SEEN}{ref.asset_id}#{int(now) // _HOUR:08d}.{by}.{what}"


def _noting(entry: LogEntry) -> Update:
    """Entered, or counted on to what was entered in this hour before."""
    update = Update().set_once("at", entry.at).set(last_at=entry.last_at, deed=entry.deed, what=entry.what, by=entry.by)
    update.set(is_link=entry.is_link, expires=int(entry.at) + _KEPT).add("times", entry.times)
    return update if entry.name is None else update.set(name=entry.name)


def _in_order(items: Iterable[dict[str, object]]) -> list[LogEntry]:
    now = time.time()  # DynamoDB itself may take days to delete what has expired
    entries = [parsed(LogEntry, item) for item in items if float(str(item["expires"])) > now]
    return sorted(entries, key=lambda one: (int(one.at) // _HOUR, one.last_at), reverse=True)


def _page(
    client: "DynamoDBClient", table: str, owner: str, beginning: str, limit: int, after: str | None
) -> tuple[list[dict[str, object]], str | None]:
    """Items of an owner backwards; a cursor is what stands behind the `beginning`."""
    start = {"ExclusiveStartKey": key_of(owner, f"{beginning}{after}")} if after else {}
    answer = client.query(
        TableName=table,
        KeyConditionExpression="#owner = :owner AND begins_with(#item, :beginning)",
        ExpressionAttributeNames={"#owner": "owner", "#item": "item"},
        ExpressionAttributeValues={":owner": serialize(owner), ":beginning": serialize(beginning)},
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=limit,
        **start,  # type: ignore[arg-type]
    )
    last = answer.get("LastEvaluatedKey")
    following = str(deserialize(last["item"])).removeprefix(beginning) if last else None
    return list(map(plain_item, answer["Items"])), following
