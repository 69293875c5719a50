"""Sharing: links to one asset, for whoever has them. They end by themselves, or when their owner says so."""

import math
import time
from http import HTTPStatus

from chalice import Response

from chalicelib.api import downloads, reading, tracks
from chalicelib.api.models.reading import Analysis, Files, Lines, MediaAddress, Passages, SharedTracks
from chalicelib.api.models.sharing import (
    PasswordTold,
    Proof,
    ShareChanges,
    Shared,
    ShareOfAccount,
    Shares,
    SharesOfAccount,
    ShareView,
    ShareWanted,
)
from chalicelib.api.noting import note_link
from chalicelib.api.operation import Access, operation
from chalicelib.api.views import shown
from chalicelib.clients.tokens import Account
from chalicelib.domain import files, links
from chalicelib.domain.accounts import Credential, HandedOut, Token
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.domain.links import Part
from chalicelib.domain.rights import Deed, Role
from chalicelib.errors import Conflict, NotFound, TooManyTries, Unauthorized, WrongPassword
from chalicelib.pipeline import quotas
from chalicelib.pipeline.shelves import as_shown_to_others
from chalicelib.services import Services

_DAY = 24 * 3600.0
_MOST = 50
_FOR_PROGRAMS = "application/json"
_ASKED_AGAIN = 3
"""Times, where others try the same link at the same moment."""


@operation("POST", "/assets/{asset_id}/shares", status=HTTPStatus.CREATED)
def share_asset(asset: Asset, body: ShareWanted, services: Services) -> ShareView:
    """Make a link to an asset that anybody may read along with, until it ends."""
    token = Token.new_share(asset.ref.owner, services.signing_key)
    ends = time.time() + body.days * _DAY
    known = services.users.hand_out(
        token,
        name=body.name,
        asset_id=asset.ref.asset_id,
        expires_at=ends,
        shows=_once(body.shows),
        tells_title=body.tells_title,
        password=links.hashed(body.password) if body.password is not None else None,
        most=_MOST,
    )
    if known is None:
        raise Conflict(f"There are {_MOST} links already; end some of them first.", "too-many-shares")
    return _view(asset.ref.owner, known, services)


@operation("GET", "/assets/{asset_id}/shares", is_for_withheld=True)
def list_shares(asset: Asset, services: Services) -> Shares:
    """The links to an asset that have not ended."""
    return Shares(shares=[_view(asset.ref.owner, known, services) for known in _of(asset, services)])


@operation("GET", "/me/shares", access=Access.PERSON)
def list_my_shares(account: Account, services: Services) -> SharesOfAccount:
    """The links to everything of one's own that have not ended, the newest first."""
    every = services.users.handed_out(account.owner, Credential.SHARE)
    found = [(known, AssetRef(account.owner, known.asset_id)) for known in reversed(every) if known.asset_id]
    titles = services.store.titles(list(dict.fromkeys(ref for _, ref in found)))
    return SharesOfAccount(
        shares=[
            ShareOfAccount(
                **_view(account.owner, known, services).model_dump(), asset_id=ref.asset_id, title=titles[ref]
            )
            for known, ref in found
            if ref in titles  # what it leads to has not been deleted
        ]
    )


@operation("PATCH", "/assets/{asset_id}/shares/{share_id}", is_for_withheld=True)
def change_share(asset: Asset, share_id: str, body: ShareChanges, services: Services) -> ShareView:
    """Name a link, let it end at another time or show something else, give it a password or take it away."""
    known = next((known for known in _of(asset, services) if known.id == share_id), None)
    changes = body.model_dump(include={"name", "password"} & body.model_fields_set)
    if known is not None and "password" in changes:  # what was tried is no longer it
        changes |= {"tries": 0, "closed_until": None}
        changes["password"] = links.hashed(body.password) if body.password is not None else None
    if body.shows is not None:
        changes["shows"] = _once(body.shows)
    if body.tells_title is not None:
        changes["tells_title"] = body.tells_title
    if body.days is not None:
        changes["expires_at"] = time.time() + body.days * _DAY
    if known is not None and changes:
        known = services.users.change_share(asset.ref.owner, share_id, changes)
    if known is None:
        raise _gone()
    return _view(asset.ref.owner, known, services)


@operation("DELETE", "/assets/{asset_id}/shares/{share_id}", is_for_withheld=True)
def revoke_share(asset: Asset, share_id: str, services: Services) -> None:
    """End a link now."""
    if share_id not in {known.id for known in _of(asset, services)}:
        raise _gone()
    services.users.take_back(asset.ref.owner, Credential.SHARE, share_id)


def _view(owner: str, known: HandedOut, services: Services) -> ShareView:
    """A link with its token: worked out anew, and told only if it is the one that was handed out."""
    token = Token.of_share(owner, known.id, services.signing_key)
    view = ShareView.model_validate(known).model_copy(update={"has_password": known.password is not None})
    return view.model_copy(update={"token": str(token)}) if token.matches(known.hash) else view


def _once(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(part for part in Part if part in parts)


def _of(asset: Asset, services: Services) -> list[HandedOut]:
    every = services.users.handed_out(asset.ref.owner, Credential.SHARE)
    return [known for known in every if known.asset_id == asset.ref.asset_id]


@operation("POST", "/shared/{token}/proof", access=Access.ANYONE, deed=Deed.READ)
def prove_password(token: str, body: PasswordTold, services: Services) -> Proof:
    """Give the password of a link, for a proof of it that is sent with all that is asked by this link."""
    for _ in range(_ASKED_AGAIN):
        owner, known = known_by(token, services)
        now = time.time()
        until = int(now) + links.PROOF_SECONDS
        if known.password is None:
            raise Conflict("This link has no password: it opens without.", "no-password")
        if known.closed_until is not None and known.closed_until > now:
            raise TooManyTries(math.ceil(known.closed_until - now))
        wait = links.pause(known.tries + 1)
        # Counted before it is looked at: however many try at once, each of them counts.
        if not services.users.begin_try(owner, known, now, wait):
            continue
        if not links.is_password(body.password, known.password):
            raise WrongPassword(wait)
        services.users.forget_tries(owner, known)
        return Proof(
            proof=links.proof(owner, known.id, known.password, until, services.signing_key), expires_at=float(until)
        )
    raise TooManyTries(1)


@operation("GET", "/shared/{token}", access=Access.ANYONE, deed=Deed.READ)
def get_shared(token: str, authorization: str, services: Services) -> Shared:
    """What is shared by a link, and which parts of it."""
    asset, known = _opened(token, authorization, services)
    public = shown(asset, services, Role.LINK)
    # Nothing of a part that the link does not show.
    if Part.TRANSCRIPT not in known.shows:
        public.clarity, public.edition, public.editions = None, 0, 0
    if Part.MEDIA not in known.shows:
        public.renditions = []
    if Part.ANALYSIS not in known.shows:
        public.mood = None
    if not links.shows(known.shows, (Part.TRANSCRIPT, Part.ANALYSIS)):
        public.language = None
    return Shared(asset=public, expires_at=known.expires_at or 0.0, shows=known.shows)


@operation("GET", "/shared/{token}/lines", access=Access.ANYONE, deed=Deed.READ)
def get_shared_lines(token: str, authorization: str, services: Services) -> Lines | Response:
    """The shared transcript for reading along."""
    asset, _ = _opened(token, authorization, services, Part.TRANSCRIPT)
    return reading.lines(asset, None, services, is_shared=True)


@operation("GET", "/shared/{token}/analysis", access=Access.ANYONE, deed=Deed.READ)
def get_shared_analysis(token: str, authorization: str, services: Services) -> Analysis:
    """What was found in what is said there."""
    asset, _ = _opened(token, authorization, services, Part.ANALYSIS)
    found = reading.analysis(asset, services)[0]
    if quotas.is_refused_anew(asset):  # what may be spent is its owner's business
        found.not_remade = None
    return found


@operation("GET", "/shared/{token}/tracks", access=Access.ANYONE, deed=Deed.READ)
def list_shared_tracks(token: str, authorization: str, services: Services) -> SharedTracks:
    """The results of analysis of the shared recording."""
    asset, known = _opened(token, authorization, services)
    return tracks.shared(asset, known.shows, services)


@operation("GET", "/shared/{token}/tracks/{track}", access=Access.ANYONE, deed=Deed.READ)
def get_shared_track(token: str, authorization: str, track: str, services: Services) -> Passages | Response:
    """What a track of the shared recording says."""
    asset, known = _opened(token, authorization, services)
    return tracks.passages(asset, track, services, shown_by=known.shows)


@operation(
    "GET", "/shared/{token}/transcript.vtt", access=Access.ANYONE, deed=Deed.READ, gives=[reading.FORMATS["vtt"]]
)
def get_shared_captions(token: str, authorization: str, services: Services) -> Response:
    """The shared recording's captions in WebVTT."""
    asset, _ = _opened(token, authorization, services, Part.TRANSCRIPT)
    return reading.transcript(asset, "vtt", None, services)


@operation("GET", "/shared/{token}/media/{preset}", access=Access.ANYONE, deed=Deed.READ)
def get_shared_media(token: str, authorization: str, preset: str, services: Services) -> MediaAddress:
    """Where a shared rendition can be had, for a short while; what was uploaded only where there is nothing else."""
    asset, _ = _opened(token, authorization, services, Part.MEDIA)
    return reading.media(asset, preset, services, with_upload=not reading.has_picture(asset))


@operation("GET", "/shared/{token}/files", access=Access.ANYONE, deed=Deed.READ)
def list_shared_files(token: str, authorization: str, services: Services) -> Files:
    """Files to download of what is shared: its renditions, and the texts of what the link shows."""
    asset, known = _opened(token, authorization, services, Part.DOWNLOADS)
    told = [track for track in services.tracks if track.is_shown_by(known.shows) and track.made_of(asset)]
    wanted = files.renditions(asset) if Part.MEDIA in known.shows else []
    # Forms for programs hold more than people read: who confirmed words, and when.
    wanted += [file for track in told for file in files.files_of(track, asset) if file.content_type != _FOR_PROGRAMS]
    return Files(files=reading.there(wanted, asset, services), expires_in=downloads.EXPIRES_IN)


def _opened(token: str, authorization: str, services: Services, *wanted: Part) -> tuple[Asset, HandedOut]:
    """The asset that a link leads to, and the link, for whoever has the proof of its password if it has one.

    Raises Unauthorized without; NotFound for an asset that is withheld, and if the link shows no part that is `wanted`.
    """
    owner, known = known_by(token, services)
    if known.password is not None:
        text = authorization.partition(" ")[2]
        if not links.is_proof(text, owner, known.id, known.password, time.time(), services.signing_key):
            raise Unauthorized("This link has a password: ask whoever gave it to you.", "password")
    if wanted and not links.shows(known.shows, wanted):
        raise NotFound("This link does not show that.", "not-shown")
    asset = asset_of(owner, known, services)
    note_link(asset, known, services)
    return asset, known


def known_by(text: str, services: Services) -> tuple[str, HandedOut]:
    """Whose link has this token, and what is known of it. Raises NotFound if there is none, or no longer."""
    token = Token.parse(text)
    known = services.users.verified(token) if token is not None and token.kind is Credential.SHARE else None
    if token is None or known is None or known.asset_id is None:
        raise _gone()
    return token.owner, known


def asset_of(owner: str, known: HandedOut, services: Services) -> Asset:
    """What a link leads to. Raises NotFound if there is nothing any more, also where it is withheld."""
    asset = services.store.get(AssetRef(owner, known.asset_id)) if known.asset_id else None
    if asset is None:
        raise _gone()
    found = as_shown_to_others(asset, services)
    if found is None:
        raise NotFound("What this link leads to is not shown, or not yet.", "withheld")
    return found


def _gone() -> NotFound:
    return NotFound("This link has ended, or there never was one.", "no-share")
