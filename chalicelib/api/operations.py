"""What the API can do, each a line or two: who may ask, what they send, what they get."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from chalice import Response
from pydantic import BaseModel

from chalicelib.accounts import Account
from chalicelib.api import editions, library, uploads, views
from chalicelib.pipeline.register import register
from chalicelib.services import Services


@dataclass(frozen=True, slots=True)
class Asking:
    """A checked question: who asks, and what they sent."""

    account: Account
    services: Services
    body: Any
    query: Any
    accept: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: what it does, takes and gives. `answer` is None for what is no JSON."""

    do: Callable[..., object]
    answer: type[BaseModel] | None
    body: type[BaseModel] | None
    query: type[BaseModel]
    status: HTTPStatus

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return (self.do.__doc__ or "").splitlines()[0]


_OPERATIONS: dict[str, Operation] = {}
OPERATIONS: Mapping[str, Operation] = _OPERATIONS
"""All of them, by name."""

_Do = Callable[..., object]


def _operation(
    answer: type[BaseModel] | None,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] = views.NoQuery,
    status: HTTPStatus = HTTPStatus.OK,
) -> Callable[[_Do], _Do]:
    def registered(do: _Do) -> _Do:
        _OPERATIONS[do.__name__] = Operation(do, answer, body, query, status)
        return do

    return registered


@_operation(views.AnnouncedAsset, body=views.NewAsset, status=HTTPStatus.CREATED)
def announce_asset(asking: Asking) -> object:
    """Announce an upload: get an asset, and how to upload its file."""
    wanted: views.NewAsset = asking.body
    upload = library.upload_of(wanted, asking.account, asking.services)
    asset = register(asking.account.owner, upload, asking.services, wanted.title)
    how = uploads.begin(asset, wanted.size, wanted.content_type, asking.services)
    return views.AnnouncedAsset(asset=views.asset_view(asset), upload=how)


@_operation(views.AssetPage, query=views.Listing)
def list_assets(asking: Asking) -> object:
    """One's assets, newest first, a page at a time."""
    return library.page(asking.account, asking.query, asking.services)


@_operation(views.AssetView)
def get_asset(asking: Asking, asset_id: str) -> object:
    """How an asset stands, and what was made of it."""
    return views.asset_view(library.find(asking.account, asset_id, asking.services))


@_operation(views.AssetView, body=views.Changes)
def change_asset(asking: Asking, asset_id: str) -> object:
    """Change an asset's title or tags."""
    return views.asset_view(library.change(asking.account, asset_id, asking.body, asking.services))


@_operation(None, status=HTTPStatus.NO_CONTENT)
def delete_asset(asking: Asking, asset_id: str) -> object:
    """Delete an asset and all that was made of it."""
    library.erase(library.find(asking.account, asset_id, asking.services), asking.services)
    return Response(body="", status_code=HTTPStatus.NO_CONTENT)


@_operation(views.AssetView)
def retry_asset(asking: Asking, asset_id: str) -> object:
    """Do all the work on a finished asset again, as a new version."""
    return views.asset_view(library.retry(asking.account, asset_id, asking.services))


@_operation(views.PartAddresses, body=views.PartsWanted)
def address_parts(asking: Asking, asset_id: str) -> object:
    """Where to PUT parts of a large file."""
    asset = library.find(asking.account, asset_id, asking.services)
    return uploads.part_addresses(asset, asking.body, asking.services)


@_operation(views.PartsThere, query=views.UploadNamed)
def list_parts(asking: Asking, asset_id: str) -> object:
    """Which parts of a large file have arrived, to go on after a lost connection."""
    asset = library.find(asking.account, asset_id, asking.services)
    return uploads.parts_there(asset, asking.query.upload_id, asking.services)


@_operation(views.AssetView, body=views.PartsDone)
def complete_upload(asking: Asking, asset_id: str) -> object:
    """Put the parts of a large file together; the work then begins."""
    asset = library.find(asking.account, asset_id, asking.services)
    uploads.complete(asset, asking.body, asking.services)
    return views.asset_view(asset)


@_operation(None, query=views.TranscriptWanted)
def get_transcript(asking: Asking, asset_id: str) -> object:
    """The transcript: as JSON, text, SRT or WebVTT, by `format` or the Accept header."""
    asset = library.find(asking.account, asset_id, asking.services)
    name = asking.query.format or editions.format_of(asking.accept)
    return editions.read(asset, name, asking.query.edition, asking.services)


@_operation(views.AssetView, body=views.Correction)
def correct_transcript(asking: Asking, asset_id: str) -> object:
    """Correct the transcript: words that stand keep their times, captions are made anew, every edition is kept."""
    asset = library.find(asking.account, asset_id, asking.services)
    return views.asset_view(editions.correct_transcript(asset, asking.body, asking.services))


@_operation(views.MediaAddress)
def get_media(asking: Asking, asset_id: str, preset: str) -> object:
    """Where a rendition can be had, for a short while."""
    asset = library.find(asking.account, asset_id, asking.services)
    return library.media(asset, preset, asking.services)


@_operation(views.Me)
def get_me(asking: Asking) -> object:
    """Who one is here."""
    account = asking.account
    return views.Me(owner=account.owner, email=account.email, is_admin=account.is_admin)
