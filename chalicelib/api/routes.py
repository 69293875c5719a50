"""The routes: which operation answers what. The operations, and all that they need, are imported by the first request:
every function of the app imports this file at its start, and most never answer one.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalice import Blueprint, CORSConfig

if TYPE_CHECKING:
    from chalice import Response

ROUTES = {
    # assets
    "announce_asset": ("POST", "/assets"),
    "announce_assets": ("POST", "/assets/batch"),
    "presign_upload": ("GET", "/presignedurl/{project}/{step}"),
    "estimate_cost": ("POST", "/estimate"),
    "list_assets": ("GET", "/assets"),
    "get_asset": ("GET", "/assets/{asset_id}"),
    "change_asset": ("PATCH", "/assets/{asset_id}"),
    "delete_asset": ("DELETE", "/assets/{asset_id}"),
    "retry_asset": ("POST", "/assets/{asset_id}/retry"),
    "cancel_asset": ("POST", "/assets/{asset_id}/cancel"),
    "address_parts": ("POST", "/assets/{asset_id}/upload/parts"),
    "list_parts": ("GET", "/assets/{asset_id}/upload/parts"),
    "complete_upload": ("POST", "/assets/{asset_id}/upload/complete"),
    # reading
    "get_transcript": ("GET", "/assets/{asset_id}/transcript"),
    "get_transcript_json": ("GET", "/assets/{asset_id}/transcript.json"),
    "get_transcript_txt": ("GET", "/assets/{asset_id}/transcript.txt"),
    "get_transcript_srt": ("GET", "/assets/{asset_id}/transcript.srt"),
    "get_transcript_vtt": ("GET", "/assets/{asset_id}/transcript.vtt"),
    "get_transcript_docx": ("GET", "/assets/{asset_id}/transcript.docx"),
    "correct_transcript": ("PUT", "/assets/{asset_id}/transcript"),
    "get_lines": ("GET", "/assets/{asset_id}/lines"),
    "get_analysis": ("GET", "/assets/{asset_id}/analysis"),
    "get_media": ("GET", "/assets/{asset_id}/media/{preset}"),
    "list_tracks": ("GET", "/assets/{asset_id}/tracks"),
    "get_track": ("GET", "/assets/{asset_id}/tracks/{track}"),
    "list_files": ("GET", "/assets/{asset_id}/files"),
    "search_transcripts": ("GET", "/search"),
    "get_voices": ("GET", "/assets/{asset_id}/voices"),
    "remember_voice": ("POST", "/assets/{asset_id}/voices"),
    # sharing
    "share_asset": ("POST", "/assets/{asset_id}/shares"),
    "list_shares": ("GET", "/assets/{asset_id}/shares"),
    "revoke_share": ("DELETE", "/assets/{asset_id}/shares/{share_id}"),
    "get_shared": ("GET", "/shared/{token}"),
    "get_shared_lines": ("GET", "/shared/{token}/lines"),
    "get_shared_analysis": ("GET", "/shared/{token}/analysis"),
    "list_shared_tracks": ("GET", "/shared/{token}/tracks"),
    "get_shared_track": ("GET", "/shared/{token}/tracks/{track}"),
    "get_shared_captions": ("GET", "/shared/{token}/transcript.vtt"),
    "get_shared_media": ("GET", "/shared/{token}/media/{preset}"),
    # one's own account
    "get_config": ("GET", "/config"),
    "get_me": ("GET", "/me"),
    "change_me": ("PUT", "/me"),
    "erase_me": ("DELETE", "/me"),
    "get_export": ("GET", "/me/export"),
    "ask_export": ("POST", "/me/export"),
    "set_webhook": ("PUT", "/me/webhook"),
    "remove_webhook": ("DELETE", "/me/webhook"),
    "list_keys": ("GET", "/me/keys"),
    "create_key": ("POST", "/me/keys"),
    "revoke_key": ("DELETE", "/me/keys/{key_id}"),
    "list_voices": ("GET", "/me/voices"),
    "forget_voice": ("DELETE", "/me/voices/{voice_id}"),
    # who gets mail
    "list_addresses": ("GET", "/me/addresses"),
    "ask_address": ("POST", "/me/addresses"),
    "remove_address": ("DELETE", "/me/addresses/{address_id}"),
    "resume_mail": ("POST", "/me/mail/resume"),
    "get_mail_link": ("GET", "/mail/link"),
    "confirm_address": ("POST", "/mail/confirm"),
    "find_unsubscribing": ("GET", "/mail/unsubscribe"),
    "unsubscribe": ("POST", "/mail/unsubscribe"),
    # administrators
    "list_users": ("GET", "/admin/users"),
    "change_user": ("PUT", "/admin/users/{owner}"),
    "list_troubled_assets": ("GET", "/admin/assets"),
    "retry_anyones_asset": ("POST", "/admin/assets/{owner}/{asset_id}/retry"),
    "list_dead_letters": ("GET", "/admin/dead-letters"),
    "redrive_dead_letters": ("POST", "/admin/dead-letters/{queue}/redrive"),
    "get_costs": ("GET", "/admin/costs"),
    "get_mail_state": ("GET", "/admin/mail"),
    "get_openapi": ("GET", "/openapi.json"),
}
"""Method and path by the operation's name."""

_CORS = CORSConfig(allow_origin="*", max_age=3600)
"""Pages of any site may ask: they can only do so with a token that somebody has given them, never with a cookie."""

routes = Blueprint(__name__)


_JSON = ["application/json"]
_FORMS = {"unsubscribe": [*_JSON, "application/x-www-form-urlencoded", "multipart/form-data"]}
"""Operations that are also sent forms, with the types of body that they take."""


def _route(name: str, method: str, path: str) -> None:
    def answer(**parameters: str) -> "Response":
        from chalicelib.api.answers import answer_to

        return answer_to(name, routes.current_request, parameters)

    taken = _FORMS.get(name, _JSON)
    register: Callable[[object], object] = routes.route(
        path, methods=[method], name=name, cors=_CORS, content_types=taken
    )
    register(answer)


for _name, (_method, _path) in ROUTES.items():
    _route(_name, _method, _path)
