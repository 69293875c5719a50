"""The routes: which operation answers what. The operations, and all that they need, are imported by the first request:
every function of the app imports this file at its start, and most never answer one.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalice import Blueprint

if TYPE_CHECKING:
    from chalice import Response

ROUTES = {
    "announce_asset": ("POST", "/assets"),
    "list_assets": ("GET", "/assets"),
    "get_asset": ("GET", "/assets/{asset_id}"),
    "change_asset": ("PATCH", "/assets/{asset_id}"),
    "delete_asset": ("DELETE", "/assets/{asset_id}"),
    "retry_asset": ("POST", "/assets/{asset_id}/retry"),
    "address_parts": ("POST", "/assets/{asset_id}/upload/parts"),
    "list_parts": ("GET", "/assets/{asset_id}/upload/parts"),
    "complete_upload": ("POST", "/assets/{asset_id}/upload/complete"),
    "get_transcript": ("GET", "/assets/{asset_id}/transcript"),
    "correct_transcript": ("PUT", "/assets/{asset_id}/transcript"),
    "get_media": ("GET", "/assets/{asset_id}/media/{preset}"),
    "get_me": ("GET", "/me"),
    "get_openapi": ("GET", "/openapi.json"),
}
"""Method and path by the operation's name."""

routes = Blueprint(__name__)


def _route(name: str, method: str, path: str) -> None:
    def answer(**parameters: str) -> "Response":
        from chalicelib.api.answers import answer_to

        return answer_to(name, routes.current_request, parameters)

    register: Callable[[object], object] = routes.route(path, methods=[method], name=name)
    register(answer)


for _name, (_method, _path) in ROUTES.items():
    _route(_name, _method, _path)
