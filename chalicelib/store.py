"""The DynamoDB tables. Every change of state is one conditional write, so that doing it twice does it once.

`assets`: owner (partition), asset_id (sort, by time): the list in a user's profile is one Query. While an asset needs
watching it also has `unfinished` (a shard's number) and `check_after` (seconds since the epoch), the keys of the sparse
index `unfinished`: the sweep reads what is overdue and nothing else.

`metadata`: `JsonFile` (the S3 key of a result); found by asset through the index `asset`.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from chalicelib.assets import (
    Asset,
    AssetRef,
    Branch,
    BranchState,
    BranchStatus,
    Failure,
    Kind,
    Options,
    Rendition,
    ReportState,
    RunRef,
    Status,
    may_become,
)
from chalicelib.media import MediaInfo
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS = 4
_MINUTE = 60.0
_EXCERPT_BYTES = 4096
"""How much of a text is kept in its metadata item; the whole text is in S3, since an item holds 400 KB at most."""

_ASSET = TypeAdapter(Asset)
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


@dataclass(frozen=True, slots=True)
class Track:
    """One result of analysis: `key` is its JSON's S3 key; `started_at` and `ended_at` are seconds since the epoch."""

    name: str
    key: str
    engine: str
    job_name: str
    started_at: float
    ended_at: float
    text: str = ""


class AssetStore:
    """Assets and their tracks."""

    def __init__(self, client: "DynamoDBClient", settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._assets = settings.assets_table

    # ---- reading

    def get(self, ref: AssetRef) -> Asset | None:
        """The asset, or None if there is none; never stale."""
        answer = self._client.get_item(TableName=self._assets, Key=_key(ref), ConsistentRead=True)
        return _from_item(answer["Item"]) if "Item" in answer else None

    def of_owner(self, owner: str) -> Iterator[Asset]:
        """The owner's assets, newest first."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._assets,
            KeyConditionExpression="#owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": _serialize(owner)},
            ScanIndexForward=False,
        )
        for page in pages:
            yield from map(_from_item, page["Items"])

    def overdue(self, now: float) -> Iterator[AssetRef]:
        """The unfinished assets that should have changed before `now`."""
        for shard in range(SHARDS):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._assets,
                IndexName="unfinished",
                KeyConditionExpression="unfinished = :shard AND check_after <= :now",
                ExpressionAttributeValues={":shard": _serialize(str(shard)), ":now": _number(now)},
            )
            for page in pages:
                for item in page["Items"]:
                    yield AssetRef(_deserialize(item["owner"]), _deserialize(item["asset_id"]))

    # ---- the life of an asset, in order

    def register(self, ref: AssetRef, file_name: str, input_key: str, options: Options) -> Asset:
        """Make the asset that an upload is announced for."""
        asset = Asset(ref, file_name, input_key, Status.AWAITING_UPLOAD, time.time(), options)
        item = _to_item(asset) | self._watch(ref, self._settings.upload_window_minutes * _MINUTE)
        # The id is new, so the same item already being there means that this very call is being repeated.
        self._client.put_item(TableName=self._assets, Item=item)
        return asset

    def accept(self, ref: AssetRef, etag: str, size: int, rejection: Failure | None) -> Asset | None:
        """Begin a new version with the content that `etag` names, unless that content was begun before.

        The version starts QUEUED, or REJECTED for the reason given. Returns the asset as it then is, None if there is
        no such asset.
        """
        status = Status.REJECTED if rejection else Status.QUEUED
        values: dict[str, Any] = {
            "etag": etag,
            "size": size,
            "status": status,
            "failure": _plain(rejection),
            "report": ReportState.DUE if rejection else ReportState.NONE,
            "finished_at": time.time() if rejection else None,
            "kind": None,
            "media": None,
            "branches": {},
            "renditions": [],
            "notes": [],
            "sweeps": 0,
        }
        return self._update(
            ref,
            values,
            condition="attribute_exists(asset_id) AND #etag <> :etag",
            froms=may_become(status),
            add_version=True,
            remove=("open_branches",),
            watch=self._settings.stuck_after_minutes * _MINUTE,
        )

    def begin(self, run: RunRef, kind: Kind, media: MediaInfo, branches: Mapping[Branch, BranchState], notes: Iterable[str]) -> Asset | None:
        """QUEUED becomes PROCESSING, with its branches; nothing changes if it has begun already."""
        open_branches = {branch.value for branch, state in branches.items() if state.status is BranchStatus.OPEN}
        values = {
            "status": Status.PROCESSING,
            "kind": kind,
            "media": _plain(media),
            "branches": {branch.value: _plain(state) for branch, state in branches.items()},
            "notes": list(notes),
            "sweeps": 0,
            "started_at": time.time(),
        }
        if open_branches:
            values["open_branches"] = open_branches
        patience = self._settings.stuck_after_minutes * _MINUTE + 3 * media.duration
        return self._update(run.asset, values, version=run.version, froms={Status.QUEUED}, watch=patience)

    def close(
        self,
        run: RunRef,
        states: Mapping[Branch, BranchState],
        renditions: Iterable[Rendition] = (),
        notes: Iterable[str] = (),
    ) -> Asset | None:
        """Close branches of a run; nothing changes if one of them is closed already, or the run is an old one."""
        return self._update(
            run.asset,
            {"renditions": [_plain(rendition) for rendition in renditions]} if renditions else {},
            version=run.version,
            froms={Status.PROCESSING},
            close=states,
            notes=list(notes),
        )

    def finish(self, run: RunRef, status: Status, failure: Failure | None = None) -> Asset | None:
        """End the run, once; its report is then due."""
        values = {
            "status": status,
            "failure": _plain(failure),
            "report": ReportState.DUE,
            "finished_at": time.time(),
            "sweeps": 0,
        }
        return self._update(
            run.asset,
            values,
            version=run.version,
            froms=may_become(status) - {status},
            remove=("open_branches",),
            watch=self._settings.stuck_after_minutes * _MINUTE,
        )

    def settle_report(self, run: RunRef, state: ReportState) -> Asset | None:
        """The due report was delivered, or never will be: nothing about this asset needs watching any more."""
        return self._update(
            run.asset,
            {"report": state},
            version=run.version,
            condition="#report = :due",
            extra={":due": ReportState.DUE},
            remove=("unfinished", "check_after"),
        )

    def expire(self, ref: AssetRef) -> Asset | None:
        """Nothing was uploaded in time."""
        return self._update(
            ref, {"status": Status.EXPIRED}, froms={Status.AWAITING_UPLOAD}, remove=("unfinished", "check_after")
        )

    def claim_sweep(self, asset: Asset, now: float) -> bool:
        """Count one more sweep over `asset` and put the next one off; False if another sweep was faster."""
        try:
            self._client.update_item(
                TableName=self._assets,
                Key=_key(asset.ref),
                UpdateExpression="SET sweeps = :next, check_after = :later",
                ConditionExpression="sweeps = :seen AND check_after <= :now",
                ExpressionAttributeValues={
                    ":next": _number(asset.sweeps + 1),
                    ":seen": _number(asset.sweeps),
                    ":now": _number(now),
                    ":later": _number(now + self._settings.stuck_after_minutes * _MINUTE),
                },
            )
        except ClientError as exc:
            if _is_refused(exc):
                return False
            raise
        return True

    # ---- tracks

    def put_track(self, run: RunRef, track: Track) -> None:
        """Store what is known of one result; the same key again replaces it."""
        item = {
            "JsonFile": track.key,
            "asset": _asset_name(run.asset),
            "version": run.version,
            "track": track.name,
            "engine": track.engine,
            "job": track.job_name,
            "started_at": track.started_at,
            "ended_at": track.ended_at,
            "text": track.text.encode()[:_EXCERPT_BYTES].decode(errors="ignore"),
        }
        self._client.put_item(TableName=self._settings.metadata_table, Item=_serialize(_plain(item))["M"])

    def tracks(self, ref: AssetRef) -> list[dict[str, Any]]:
        """The metadata items of all of an asset's tracks, of every version."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._settings.metadata_table,
            IndexName="asset",
            KeyConditionExpression="asset = :asset",
            ExpressionAttributeValues={":asset": _serialize(_asset_name(ref))},
        )
        return [_deserialize({"M": item}) for page in pages for item in page["Items"]]

    # ---- how

    def _watch(self, ref: AssetRef, patience: float) -> dict[str, Any]:
        shard = int(hashlib.sha256(ref.asset_id.encode()).hexdigest(), 16) % SHARDS
        return {"unfinished": _serialize(str(shard)), "check_after": _number(time.time() + patience)}

    def _update(
        self,
        ref: AssetRef,
        values: Mapping[str, Any],
        *,
        version: int | None = None,
        froms: Iterable[Status] = (),
        condition: str | None = None,
        extra: Mapping[str, Any] | None = None,
        add_version: bool = False,
        close: Mapping[Branch, BranchState] | None = None,
        notes: list[str] | None = None,
        remove: tuple[str, ...] = (),
        watch: float | None = None,
    ) -> Asset | None:
        """One conditional update. Returns the asset as it is afterwards, changed or not; None if there is none."""
        names = {f"#{name}": name for name in values}
        expression_values = {f":{name}": _serialize(_plain(value)) for name, value in values.items()}
        sets = [f"#{name} = :{name}" for name in values]
        conditions = [condition] if condition else []
        if condition and "#report" in condition:
            names["#report"] = "report"
        expression_values |= {name: _serialize(_plain(value)) for name, value in (extra or {}).items()}
        if version is not None:
            conditions.append("version = :version")
            expression_values[":version"] = _number(version)
        statuses = {f":from{index}": _serialize(status.value) for index, status in enumerate(sorted(froms))}
        if statuses:
            names["#status"] = "status"
            conditions.append(f"#status IN ({', '.join(statuses)})")
            expression_values |= statuses
        if watch is not None:
            watched = self._watch(ref, watch)
            sets += [f"{name} = :{name}" for name in watched]
            expression_values |= {f":{name}": value for name, value in watched.items()}
        if add_version:
            sets.append("version = version + :one")
            expression_values[":one"] = _number(1)
        if notes:
            sets.append("notes = list_append(notes, :notes)")
            expression_values[":notes"] = _serialize(notes)
        deletes = ""
        for branch, state in (close or {}).items():
            names[f"#{branch.value}"] = branch.value
            sets.append(f"branches.#{branch.value} = :{branch.value}")
            expression_values[f":{branch.value}"] = _serialize(_plain(state))
            expression_values[f":name_{branch.value}"] = _serialize(branch.value)
            conditions.append(f"contains(open_branches, :name_{branch.value})")
        if close:
            deletes = " DELETE open_branches :closed"
            expression_values[":closed"] = _serialize({branch.value for branch in close})
        removes = f" REMOVE {', '.join(remove)}" if remove else ""
        try:
            answer = self._client.update_item(
                TableName=self._assets,
                Key=_key(ref),
                UpdateExpression=f"SET {', '.join(sets)}{removes}{deletes}",
                ConditionExpression=" AND ".join(conditions),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=expression_values,
                ReturnValues="ALL_NEW",
            )
        except ClientError as exc:
            if _is_refused(exc):
                return self.get(ref)
            raise
        return _from_item(answer["Attributes"])


def _asset_name(ref: AssetRef) -> str:
    return f"{ref.owner}/{ref.asset_id}"


def _key(ref: AssetRef) -> dict[str, Any]:
    return {"owner": _serialize(ref.owner), "asset_id": _serialize(ref.asset_id)}


def _number(value: float) -> dict[str, str]:
    return _serialize(Decimal(str(value)))


def _is_refused(exc: ClientError) -> bool:
    return exc.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value that an item may hold
    """Dataclasses and enums as plain values, floats as the decimals that DynamoDB wants."""
    dumped = TypeAdapter(type(value)).dump_python(value) if hasattr(value, "__dataclass_fields__") else value
    return _decimals(dumped)


def _decimals(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {str(key): _decimals(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_decimals(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _to_item(asset: Asset) -> dict[str, Any]:
    values = _plain(asset)
    values |= values.pop("ref")
    del values["open_branches"]  # an empty set cannot be stored; there are none before the asset has begun
    item: dict[str, Any] = _serialize(values)["M"]
    return item


def _from_item(item: Mapping[str, Any]) -> Asset:
    values = _deserialize({"M": item})
    for name in ("unfinished", "check_after"):
        values.pop(name, None)
    values["ref"] = {"owner": values.pop("owner"), "asset_id": values.pop("asset_id")}
    return _ASSET.validate_python(values)
