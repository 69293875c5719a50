"""Previews: the address of a link that people send each other. It tells programs that show what a link leads to as much
as its owner allows, and leads people on to the page. Looking at it changes nothing.
"""

from html import escape
from http import HTTPStatus
from urllib.parse import quote

from chalice import Response

from chalicelib.api import downloads
from chalicelib.api.operation import Access, operation
from chalicelib.api.sharing import asset_of, known_by
from chalicelib.api.views import SMALL
from chalicelib.domain.assets import Asset
from chalicelib.domain.links import Part
from chalicelib.domain.rights import Deed
from chalicelib.errors import NotFound
from chalicelib.pipeline import tracks
from chalicelib.services import Services
from chalicelib.vision.detections import Detection
from chalicelib.vision.tracks import OF_DETECTION

_SERVICE = "Rapporteur"
_PICTURE_SECONDS = 60
"""How long the address of a picture holds: whoever shows a preview fetches it at once, and keeps a copy."""

_HTML = "text/html"
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""What the page may load and do: nothing. CloudFront says so too (`cloudformation/pages.yaml`)."""

_HEADERS: dict[str, str | list[str]] = {
    "Content-Type": f"{_HTML}; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow, noarchive">
<meta http-equiv="refresh" content="0; url={page}">
<meta property="og:title" content="{title}">
<meta property="og:type" content="website">
<meta property="og:site_name" content="{service}">{picture}
</head>
<body><main><h1 dir="auto"><a href="{page}">{title}</a></h1></main></body>
</html>
"""
"""Without a word in any language: whoever sees it is on their way to the page, which has all of them."""

_WITH_PICTURE = '\n<meta property="og:image" content="{address}">\n<meta name="twitter:card" content="summary">'


@operation("GET", "/s/{token}", access=Access.ANYONE, deed=Deed.READ, gives=(_HTML,))
def get_preview(token: str, services: Services) -> Response:
    """The address of a link, for people and for programs that show what it leads to: a small page that leads on."""
    return _preview(token, services)


@operation("HEAD", "/s/{token}", access=Access.ANYONE, deed=Deed.READ, gives=(_HTML,))
def head_preview(token: str, services: Services) -> Response:
    """The same without its body."""
    found = _preview(token, services)
    found.body = ""
    return found


@operation("GET", "/s/{token}/picture", access=Access.ANYONE, deed=Deed.READ, status=HTTPStatus.SEE_OTHER)
def get_preview_picture(token: str, services: Services) -> Response:
    """The small picture of what a link leads to, where its preview has one: where it can be had, for a moment."""
    told = _told(token, services)
    key = _picture(told, services) if told else None
    if key is None:
        raise NotFound("This link has no picture to be seen here.", "no-preview")
    address = downloads.address(key, services, expires_in=_PICTURE_SECONDS)
    return Response("", headers={"Location": address, "Cache-Control": "no-store"}, status_code=HTTPStatus.SEE_OTHER)


def _preview(token: str, services: Services) -> Response:
    status = HTTPStatus.OK
    told = None
    try:
        told = _told(token, services)
    except NotFound:
        status = HTTPStatus.NOT_FOUND  # in the same words: the page knows how to say so
    title = _SERVICE
    picture = ""
    pages = (services.settings.pages_url or "").rstrip("/")
    if told is not None:
        asset, _ = told
        title = asset.title or asset.file_name
        if pages and _picture(told, services):
            picture = _WITH_PICTURE.format(address=escape(f"{pages}/s/{quote(token, safe='')}/picture"))
    page = f"{pages}/#/shared/{quote(token, safe='')}"
    body = _PAGE.format(title=escape(title), page=escape(page), service=_SERVICE, picture=picture)
    return Response(body, headers=dict(_HEADERS), status_code=status)


def _told(token: str, services: Services) -> tuple[Asset, tuple[Part, ...]] | None:
    """What a preview may tell of, and what the link shows of it; None if it may tell nothing.

    Raises NotFound if there is no such link, or it leads to nothing that is given out.
    """
    owner, known = known_by(token, services)
    asset = asset_of(owner, known, services)
    return (asset, known.shows) if known.tells_title and known.password is None else None


def _picture(told: tuple[Asset, tuple[Part, ...]], services: Services) -> str | None:
    """Where the small picture lies that a preview may show: none of what the page covers, or may have to."""
    asset, shown = told
    small = next((made.key for made in asset.renditions if made.preset in SMALL), None)
    if small is None or Part.MEDIA not in shown or (asset.moderation is not None and asset.moderation.found):
        return None
    if asset.done is not None and asset.done.moderation:
        seen = tracks.read(asset, OF_DETECTION[Detection.MODERATION], services)
        return small if seen == [] else None  # where nobody knows, it may be
    return small
