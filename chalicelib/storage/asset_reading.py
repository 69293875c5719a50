"""Assets as they are read: one, some, an owner's in order, and what waits for somebody."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.clients.aws import deserialize, serialize
from chalicelib.domain.assets import Asset, AssetRef, Status
from chalicelib.domain.batched import batched
from chalicelib.domain.listing import ListedAsset
from chalicelib.settings import Settings
from chalicelib.storage.asset_items import from_item, key_of, listed, readable, shelf_of
from chalicelib.storage.updates import SHARDS, batch_get, plain_item, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MOST_READ = 100
_WHENEVER = 365 * 24 * 3600.0
"""Whatever is looked after again within so many seconds: all that is unfinished."""

HELD, DECIDED = "held", "decided"
"""The parts of the index `unfinished` in which what is held waits for a decision, and what was decided is listed, each
since when; the others are numbers of shards."""


class AssetReader:
    """The table of assets, read."""

    def __init__(self, client: "DynamoDBClient", settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._assets = settings.assets_table

    def get(self, ref: AssetRef) -> Asset | None:
        """The asset, or None if there is none; never stale."""
        answer = self._client.get_item(TableName=self._assets, Key=key_of(ref), ConsistentRead=True)
        return from_item(plain_item(answer["Item"])) if "Item" in answer else None

    def statuses(self, refs: Sequence[AssetRef]) -> dict[AssetRef, Status]:
        """How assets stand, a hundred a call; those that are gone are not in it."""
        return {ref: Status(status) for ref, status in self._values(refs, "status")}

    def titles(self, refs: Sequence[AssetRef]) -> dict[AssetRef, str]:
        """What assets are called, a hundred a call; those that are gone are not in it."""
        named = {ref: title for ref, title in self._values(refs, "title") if title}
        files = self._values([ref for ref in refs if ref not in named], "file_name")
        return named | {ref: name for ref, name in files if name}

    def count_stuck(self, refs: Sequence[AssetRef]) -> int:
        """How many of these assets the sweep has found not to move, a hundred a call."""
        return sum(bool(sweeps) for _, sweeps in self._values(refs, "sweeps"))

    def first_expiry(self, refs: Sequence[AssetRef]) -> int | None:
        """When the first of these assets is forgotten (seconds since the epoch); None if none is ever."""
        found = (int(expires) for _, expires in self._values(refs, "expires") if expires is not None)
        return min(found, default=None)

    def _values(self, refs: Sequence[AssetRef], name: str) -> Iterator[tuple[AssetRef, Any]]:
        for some in batched(refs, _MOST_READ):
            found = batch_get(
                self._client,
                self._assets,
                [key_of(ref) for ref in some],
                ProjectionExpression="#owner, asset_id, #value",
                ExpressionAttributeNames={"#owner": "owner", "#value": name},
            )
            for values in found:
                yield AssetRef(values["owner"], values["asset_id"]), values.get(name)

    def of_owner(self, owner: str) -> Iterator[Asset]:
        """The owner's assets, newest first."""
        how = {"ExpressionAttributeNames": {"#owner": "owner"}, "ScanIndexForward": False}
        return readable(query(self._client, self._assets, "#owner = :owner", {"owner": owner}, **how))

    def page(
        self, owner: str, limit: int, after: str | None = None, *, oldest_first: bool = False
    ) -> tuple[list[Asset], str | None]:
        """At most `limit` of the owner's assets, newest or oldest first, after the one with the id `after`.

        Returns with them the id to go on after, None if there are no more. One Query, however many assets there are.
        """
        start = {"ExclusiveStartKey": key_of(AssetRef(owner, after))} if after else {}
        answer = self._client.query(
            TableName=self._assets,
            KeyConditionExpression="#owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": serialize(owner)},
            ScanIndexForward=oldest_first,
            Limit=limit,
            **start,  # type: ignore[arg-type]
        )
        last = answer.get("LastEvaluatedKey")
        found = list(readable(map(plain_item, answer["Items"])))
        return found, deserialize(last["asset_id"]) if last else None

    def folder_page(
        self, owner: str, folder: str, limit: int, after: str | None = None, *, oldest_first: bool = False
    ) -> tuple[list[Asset], str | None]:
        """As `page`, of those in a folder: one Query and one BatchGetItem."""
        how = self._on_shelf(owner, folder) | {"ScanIndexForward": oldest_first, "Limit": limit}
        if after is not None:
            how["ExclusiveStartKey"] = key_of(AssetRef(owner, after)) | {"shelf": serialize(shelf_of(folder, after))}
        answer = self._client.query(**how)
        last = answer.get("LastEvaluatedKey")
        found = self.some(owner, [deserialize(item["asset_id"]) for item in answer["Items"]])
        return found, deserialize(last["asset_id"]) if last else None

    def some(self, owner: str, asset_ids: Sequence[str]) -> list[Asset]:
        """The owner's assets with these ids, in their order, without those that are not there: a hundred a call."""
        found: dict[str, Asset] = {}
        for ids in batched(asset_ids, _MOST_READ):
            items = batch_get(self._client, self._assets, [key_of(AssetRef(owner, one)) for one in ids])
            found |= {asset.ref.asset_id: asset for asset in readable(items)}
        return [found[one] for one in asset_ids if one in found]

    def several(self, refs: Sequence[AssetRef]) -> list[Asset]:
        """Assets of any owners, a hundred a call, without those that are not there."""
        found: list[Asset] = []
        for some in batched(refs, _MOST_READ):
            found += readable(batch_get(self._client, self._assets, [key_of(ref) for ref in some]))
        return found

    def listed(self, owner: str, folder: str | None = None) -> list[ListedAsset]:
        """A short line of each of the owner's assets, or of those in a folder: ten thousand are about four Queries."""
        pages = self._client.get_paginator("query").paginate(**self._on_shelf(owner, folder))
        return [listed(item) for page in pages for item in page["Items"]]

    def _on_shelf(self, owner: str, folder: str | None) -> dict[str, Any]:
        condition, values, names = "#owner = :owner", {":owner": serialize(owner)}, {"#owner": "owner"}
        if folder is not None:
            condition += " AND begins_with(shelf, :folder)"
            values[":folder"] = serialize(shelf_of(folder, ""))
        return {
            "TableName": self._assets,
            "IndexName": "shelf",
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
        }

    def everyones(self) -> Iterator[Asset]:
        """All assets. Reads the whole table: for an operator's question, never for the service itself."""
        for page in self._client.get_paginator("scan").paginate(TableName=self._assets):
            yield from readable(map(plain_item, page["Items"]))

    def overdue(self, now: float) -> Iterator[AssetRef]:
        """The unfinished assets that should have changed before `now` (seconds since the epoch)."""
        for shard in range(SHARDS):
            condition, values = "unfinished = :shard AND check_after <= :now", {"shard": str(shard), "now": now}
            for item in query(self._client, self._assets, condition, values, IndexName="unfinished"):
                yield AssetRef(item["owner"], item["asset_id"])

    def held(self) -> Iterator[AssetRef]:
        """What is held, the longest first. Costs what is held, and what is unfinished: that may not be listed yet."""
        condition, values = "unfinished = :held", {"held": HELD}
        listed = [
            AssetRef(item["owner"], item["asset_id"])
            for item in query(self._client, self._assets, condition, values, IndexName="unfinished")
        ]
        waiting = [*listed, *self.overdue(time.time() + _WHENEVER)]
        statuses = self.statuses(list(dict.fromkeys(waiting)))
        return (ref for ref, status in statuses.items() if status is Status.HELD)

    def decided(self, since: float) -> Iterator[AssetRef]:
        """What was decided of what was held, and told, after `since` (seconds since the epoch): the latest first."""
        condition, values = "unfinished = :decided AND check_after > :since", {"decided": DECIDED, "since": since}
        for item in query(
            self._client, self._assets, condition, values, IndexName="unfinished", ScanIndexForward=False
        ):
            yield AssetRef(item["owner"], item["asset_id"])
