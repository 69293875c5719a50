"""Assets as items of their table, and back; and as documents. Those of tracks too."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.clients.aws import serialize
from chalicelib.domain.assets import Asset, AssetRef, MediaKind, RunRef, Status
from chalicelib.domain.listing import ListedAsset
from chalicelib.observability import logger
from chalicelib.storage.updates import attributes_of, natural, storable

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_EXCERPT_BYTES = 4096
"""How much of a text is kept in its metadata item; the whole text is in S3, since an item holds 400 KB at most."""


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """What is noted of a track: `key` is its JSON's S3 key; `started_at` and `ended_at` are seconds since the epoch.

    `job` is the name of the job that it comes from, where that has one of its own.
    """

    name: str
    key: str
    engine: str
    started_at: float
    ended_at: float
    text: str = ""
    job: str = ""


OF_A_RUN = (
    "status",
    "failure",
    "report",
    "finished_at",
    "cost",
    "started_at",
    "kind",
    "media",
    "options",
    "done",
    "branches",
    "renditions",
    "notes",
    "edition",
    "editions",
    "heard_text",
    "analysis_from",
    "summary_from",
    "remade",
    "not_remade",
    "language",
    "mood",
    "clarity",
    "moderation",
    "again",
    "expires",
)
"""The attributes of an asset that belong to its current run: an earlier one has its own."""


def track_item(run: RunRef, track: TrackRecord, expires: int) -> dict[str, Any]:
    """What is noted of a track, as its item."""
    values = {
        "JsonFile": track.key,
        "asset": asset_name(run.asset),
        "version": run.version,
        "track": track.name,
        "engine": track.engine,
        "started_at": track.started_at,
        "ended_at": track.ended_at,
        "text": track.text.encode()[:_EXCERPT_BYTES].decode(errors="ignore"),
        "expires": expires,
        **({"job": track.job} if track.job else {}),
    }
    item: dict[str, Any] = serialize(storable(values))["M"]
    return item


def asset_name(ref: AssetRef) -> str:
    """What an asset is called in the items of its tracks."""
    return f"{ref.owner}/{ref.asset_id}"


def key_of(ref: AssetRef) -> dict[str, Any]:
    """The key of an asset's item."""
    return {"owner": serialize(ref.owner), "asset_id": serialize(ref.asset_id)}


def shelf_of(folder: str | None, asset_id: str) -> str:
    """Where an asset stands in the index `shelf`: those of a folder side by side, by the time of their making."""
    return f"{folder or ''}/{asset_id}"


def listed(item: Mapping[str, Any]) -> ListedAsset:
    """A line of the index, as DynamoDB has it: of ten thousand, the general way would take seconds."""

    def text(name: str) -> str | None:
        found: str | None = item.get(name, {}).get("S")
        return found

    def number(name: str) -> float:
        return float(item.get(name, {}).get("N", 0))

    kind = text("kind")
    is_withheld = item["version"]["N"] in item.get("withheld", {}).get("SS", ())
    return ListedAsset(
        item["asset_id"]["S"],
        text("title") or "",
        item["file_name"]["S"],
        tuple(tag["S"] for tag in item.get("tags", {}).get("L", ())),
        Status(item["status"]["S"]),
        None if kind is None else MediaKind(kind),
        None if is_withheld else text("language"),
        number("seconds"),
        number("changed_at"),
        item["shelf"]["S"].partition("/")[0] or None,
        is_withheld,
    )


def to_item(asset: Asset) -> dict[str, Any]:
    """A new asset as its item."""
    values = attributes_of(asset)
    values |= values.pop("ref")
    values["shelf"] = shelf_of(values.pop("folder"), asset.ref.asset_id)
    for name in ("open_branches", "withheld", "doubted"):  # an empty set cannot be stored; before it has begun all are
        del values[name]
    item: dict[str, Any] = serialize(values)["M"]
    return item


def readable(items: Iterable[dict[str, Any]]) -> Iterator[Asset]:
    """The assets of those items that hold one: what cannot be read must not cost the sight of all others."""
    for item in items:
        try:
            yield from_item(item)
        except (LookupError, TypeError, ValueError) as exc:
            logger.error("asset cannot be read", extra={"asset": item.get("asset_id"), "error": type(exc).__name__})


_TOLD = ("branches", "failure", "notes", "moderation", "not_remade")
"""The attributes with messages in them, whose numbers are to be as they were."""


def from_item(values: dict[str, Any]) -> Asset:
    """The asset in an item with these plain values. Raises LookupError, TypeError or ValueError if there is none."""
    for name in ("unfinished", "check_after", "waits", "seconds"):
        values.pop(name, None)
    values["folder"] = values.pop("shelf").partition("/")[0] or None
    values["ref"] = {"owner": values.pop("owner"), "asset_id": values.pop("asset_id")}
    told = {name: natural(values[name]) for name in _TOLD if name in values}
    asset = _asset_adapter().validate_python(values | told)
    return replace(asset, notes=tuple(dict.fromkeys(asset.notes)))  # two jobs of a run may have the same to say


def to_document(asset: Asset) -> bytes:
    """An asset as a JSON document, for `from_document`."""
    return _asset_adapter().dump_json(asset)


def from_document(document: bytes) -> Asset:
    """The asset in a document that `to_document` made. Raises ValueError if there is none."""
    return _asset_adapter().validate_json(document)


@cache
def _asset_adapter() -> "TypeAdapter[Asset]":
    from pydantic import TypeAdapter  # slow to import: not before the first asset is read

    return TypeAdapter(Asset)
