"""The routes, each a line or two: who may ask, what they send, what they get."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from chalice import BadRequestError, Blueprint, Response
from pydantic import BaseModel

from chalicelib.accounts import Account
from chalicelib.api import library, openapi, uploads, views
from chalicelib.api.answers import answering, json_answer
from chalicelib.checked import checked
from chalicelib.errors import InvalidRequest
from chalicelib.pipeline.register import register
from chalicelib.services import Services, services

routes = Blueprint(__name__)


@dataclass(frozen=True, slots=True)
class Asking:
    """A checked question: who asks, and what they sent."""

    account: Account
    services: Services
    body: Any = None
    query: Any = None
    accept: str = ""


View = Callable[..., object]


def _route(
    method: str,
    path: str,
    answer: type[BaseModel] | None,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] = views.NoQuery,
    status: HTTPStatus = HTTPStatus.OK,
) -> Callable[[View], View]:
    """A route for those who have signed in; what it takes and gives goes into the API's documentation."""

    def registered(view: View) -> View:
        summary = (view.__doc__ or "").splitlines()[0]
        openapi.note(openapi.Operation(method, path, view.__name__, summary, body, query, answer, status))

        @routes.route(path, methods=[method], name=view.__name__)
        @answering
        @wraps(view)
        def route(**parameters: str) -> object:
            request = routes.current_request
            asking = Asking(
                account=services().tokens.account(request.headers.get("authorization")),
                services=services(),
                body=checked(body, _json(request)) if body else None,
                query=checked(query, dict(request.query_params or {})),
                accept=request.headers.get("accept", ""),
            )
            found = view(asking, **parameters)
            return found if isinstance(found, Response) else json_answer(found, status)

        return view

    return registered


def _json(request: Any) -> object:  # noqa: ANN401 - Chalice's request
    try:
        return request.json_body
    except BadRequestError as exc:
        raise InvalidRequest("The body is no JSON.", "not-json") from exc


@_route("POST", "/assets", views.AnnouncedAsset, body=views.NewAsset, status=HTTPStatus.CREATED)
def announce_asset(asking: Asking) -> object:
    """Announce an upload: get an asset, and how to upload its file."""
    wanted: views.NewAsset = asking.body
    upload = library.upload_of(wanted, asking.account, asking.services)
    asset = register(asking.account.owner, upload, asking.services, wanted.title)
    how = uploads.begin(asset, wanted.size, wanted.content_type, asking.services)
    return views.AnnouncedAsset(asset=views.asset_view(asset), upload=how)


@_route("GET", "/assets", views.AssetPage, query=views.Listing)
def list_assets(asking: Asking) -> object:
    """One's assets, newest first, a page at a time."""
    return library.page(asking.account, asking.query, asking.services)


@_route("GET", "/assets/{asset_id}", views.AssetView)
def get_asset(asking: Asking, asset_id: str) -> object:
    """How an asset stands, and what was made of it."""
    return views.asset_view(library.find(asking.account, asset_id, asking.services))


@_route("PATCH", "/assets/{asset_id}", views.AssetView, body=views.Changes)
def change_asset(asking: Asking, asset_id: str) -> object:
    """Change an asset's title or tags."""
    return views.asset_view(library.change(asking.account, asset_id, asking.body, asking.services))


@_route("POST", "/assets/{asset_id}/retry", views.AssetView)
def retry_asset(asking: Asking, asset_id: str) -> object:
    """Do all the work on a finished asset again, as a new version."""
    return views.asset_view(library.retry(asking.account, asset_id, asking.services))


@_route("POST", "/assets/{asset_id}/upload/parts", views.PartAddresses, body=views.PartsWanted)
def address_parts(asking: Asking, asset_id: str) -> object:
    """Where to PUT parts of a large file."""
    asset = library.find(asking.account, asset_id, asking.services)
    return uploads.part_addresses(asset, asking.body, asking.services)


@_route("GET", "/assets/{asset_id}/upload/parts", views.PartsThere, query=views.UploadNamed)
def list_parts(asking: Asking, asset_id: str) -> object:
    """Which parts of a large file have arrived, to go on after a lost connection."""
    asset = library.find(asking.account, asset_id, asking.services)
    return uploads.parts_there(asset, asking.query.upload_id, asking.services)


@_route("POST", "/assets/{asset_id}/upload/complete", views.AssetView, body=views.PartsDone)
def complete_upload(asking: Asking, asset_id: str) -> object:
    """Put the parts of a large file together; the work then begins."""
    asset = library.find(asking.account, asset_id, asking.services)
    uploads.complete(asset, asking.body, asking.services)
    return views.asset_view(asset)


@_route("GET", "/assets/{asset_id}/transcript", None, query=views.TranscriptWanted)
def get_transcript(asking: Asking, asset_id: str) -> object:
    """The transcript: as JSON, text, SRT or WebVTT, by `format` or the Accept header."""
    asset = library.find(asking.account, asset_id, asking.services)
    return library.transcript(asset, asking.query.format or library.format_of(asking.accept), asking.services)


@_route("GET", "/assets/{asset_id}/media/{preset}", views.MediaAddress)
def get_media(asking: Asking, asset_id: str, preset: str) -> object:
    """Where a rendition can be had, for a short while."""
    asset = library.find(asking.account, asset_id, asking.services)
    return library.media(asset, preset, asking.services)


@_route("GET", "/me", views.Me)
def get_me(asking: Asking) -> object:
    """Who one is here."""
    account = asking.account
    return views.Me(owner=account.owner, email=account.email, is_admin=account.is_admin)


@routes.route("/openapi.json", methods=["GET"], name="get_openapi")
@answering
def get_openapi() -> object:
    """Describe the API for programs."""
    return openapi.document()
