"""Marks on words: quotes, highlights and comments; links that play exactly these words, and clips of them."""

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from chalicelib.api import downloads
from chalicelib.api.language import message_view
from chalicelib.api.models import marks as models
from chalicelib.api.operation import operation
from chalicelib.clients.tokens import Account
from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Asset, RunRef
from chalicelib.domain.marks import (
    ID_PATTERN,
    LONGEST_SECONDS,
    LONGEST_TEXT,
    MOST,
    MOST_OF_A_GUEST,
    Clip,
    ClipFormat,
    ClipRef,
    ClipState,
    Kind,
    Mark,
)
from chalicelib.domain.rights import Deed, Role, may
from chalicelib.domain.tracks import clock
from chalicelib.errors import Conflict, Forbidden, InvalidRequest, NotFound
from chalicelib.mail import news
from chalicelib.pipeline import clips as cutting
from chalicelib.services import Services
from chalicelib.speech.quotes import Quote, Quotes, fingerprint, is_same
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage import editions
from chalicelib.storage.marks import Full


@operation("GET", "/assets/{asset_id}/marks", deed=Deed.READ)
def list_marks(asset: Asset, role: Role, account: Account, services: Services) -> models.Marks:
    """The marks on a recording, each with its words as they now are."""
    quotes, found = _quotes(asset, services), services.marks.of(asset.ref)
    can_be = [name for name, preset in cutting.PRESETS.items() if asset.media and presets.plan(preset, asset.media)]
    reader = _Reader(role, account.owner, _addresses(found, asset, role, services))
    views = [_view(mark, asset, quotes, reader, services) for mark in found]
    return models.Marks(marks=views, formats=can_be)


@operation("POST", "/assets/{asset_id}/marks", status=HTTPStatus.CREATED, deed=Deed.COMMENT)
def make_mark(
    asset: Asset, role: Role, body: models.MarkWanted, account: Account, services: Services
) -> models.MarkView:
    """Mark words: quote them, highlight them, or say something to them."""
    said = transcript_of(asset, services)
    if said is None:
        raise NotFound("There is no transcript of this asset, or not yet.", "no-transcript")
    quotes = Quotes(said)
    quote = quotes.between(body.start, body.end)
    if quote is None:
        raise InvalidRequest("Nothing is said between these moments.", "no-words", "start")
    if quote.end - quote.start > LONGEST_SECONDS or len(quote.text) > LONGEST_TEXT:
        sentence = f"Mark ten minutes at most, and {LONGEST_TEXT} characters."
        raise InvalidRequest(sentence, "too-many-words", "end")
    now = time.time()
    mark = Mark(
        id=secrets.token_hex(8),
        asset_id=asset.ref.asset_id,
        kind=body.kind,
        start=quote.start,
        end=quote.end,
        exact=quote.text,
        by=account.owner,
        made_at=now,
        changed_at=now,
        speaker=quote.speakers[0] if len(quote.speakers) == 1 else None,
        colour=body.colour,
        body=body.body,
        expires=services.store.expiry(),
    )
    news.note_comment(asset, mark, services)
    full = services.marks.make(asset.ref, mark, MOST, MOST_OF_A_GUEST)
    if full is not None:
        there = f"{MOST_OF_A_GUEST} of your marks" if full is Full.OF_A_GUEST else f"{MOST} marks"
        raise Conflict(f"There are {there} on this recording; delete one first.", "too-many-marks")
    if services.store.get(asset.ref) is None:  # erased meanwhile
        services.marks.delete(asset.ref, mark.id)
        services.marks.forget_room(asset.ref)
        raise NotFound("There is no such asset.")
    return _view(mark, asset, quotes, _Reader(role, account.owner), services)


@operation("PATCH", "/assets/{asset_id}/marks/{mark_id}", deed=Deed.COMMENT)
def change_mark(
    asset: Asset, role: Role, mark_id: str, body: models.MarkChanges, account: Account, services: Services
) -> models.MarkView:
    """Change what a comment says, or a mark's colour; resolve it, or take that back."""
    wanted = body.model_fields_set

    def change(mark: Mark) -> Mark:
        now = time.time()
        if "body" in wanted:
            if mark.kind is not Kind.COMMENT or body.body is None:
                raise InvalidRequest("A comment has a body, and nothing else has.", "no-body", "body")
            if mark.by != account.owner:
                raise Forbidden("What somebody else has said is changed by them alone.", "not-yours", "body")
            mark = replace(mark, body=body.body, changed_at=now)
        if "colour" in wanted:
            if account.owner not in {mark.by, asset.ref.owner}:
                raise Forbidden(
                    "This is changed by whoever made it, or by the recording's owner.", "not-yours", "colour"
                )
            mark = replace(mark, colour=body.colour, changed_at=now)
        if body.resolved is not None and body.resolved != (mark.resolved_at is not None):
            done = (now, account.owner) if body.resolved else (None, None)
            mark = replace(mark, resolved_at=done[0], resolved_by=done[1])
        return mark

    found = services.marks.change(asset.ref, mark_id, change) if ID_PATTERN.fullmatch(mark_id) else None
    if found is None:
        raise _missing()
    if body.resolved:
        news.note_resolved(asset, found, services)
    reader = _Reader(role, account.owner, _addresses([found], asset, role, services))
    return _view(found, asset, _quotes(asset, services), reader, services)


@operation("DELETE", "/assets/{asset_id}/marks/{mark_id}", deed=Deed.COMMENT)
def delete_mark(asset: Asset, mark_id: str, account: Account, services: Services) -> None:
    """Delete a mark, with the clips that were cut of it."""
    mark = _find(asset, mark_id, services)
    if account.owner not in {mark.by, asset.ref.owner}:
        raise Forbidden("This is deleted by whoever made it, or by the recording's owner.", "not-yours")
    if not cutting.delete(asset, mark_id, services):
        raise _missing()


@operation("POST", "/assets/{asset_id}/marks/{mark_id}/clips", status=HTTPStatus.ACCEPTED)
def make_clip(
    asset: Asset, role: Role, mark_id: str, body: models.ClipWanted, account: Account, services: Services
) -> models.MarkView:
    """Have a clip of the marked words cut: a film, with captions in its picture, or sound."""
    mark, said = _find(asset, mark_id, services), transcript_of(asset, services)
    quotes = Quotes(said) if said is not None else None
    quote = _now(mark, quotes)
    if quote is None or said is None:
        raise Conflict("None of the words is left that were marked.", "words-gone")
    asked = cutting.ask(asset, mark, body.format, quote, said.language, services, accept_cost=body.accept_cost)
    reader = _Reader(role, account.owner, _addresses([asked], asset, role, services))
    return _view(asked, asset, quotes, reader, services)


@operation("GET", "/assets/{asset_id}/marks/{mark_id}/clips/{clip_format}", deed=Deed.READ)
def get_clip(asset: Asset, role: Role, mark_id: str, clip_format: str, services: Services) -> models.ClipAddress:
    """Where a clip can be had, and its captions, for a short while."""
    mark = _find(asset, mark_id, services)
    clip = mark.clips.get(clip_format)
    if clip is None or clip.state is not ClipState.READY or not _is_given_out(asset, clip.version):
        raise _no_clip()
    if not may(role, Deed.EDIT) and _is_outdated(clip, _now(mark, _quotes(asset, services))):
        raise _no_clip()  # what it says may have been taken out since
    places = cutting.files_of(RunRef(asset.ref, clip.version), ClipRef(mark.id, clip_format, clip.number))
    if services.outputs.info(places[clip_format]) is None:
        raise _no_clip()
    moment = clock(clip.start, with_hours=True).replace(":", ".")  # no file's name has a colon everywhere
    stem = keys.download_name(asset, f" {moment}")

    def address(ending: str) -> str:
        return downloads.address(places[ending], services, f"{stem}.{ending}")

    return models.ClipAddress(
        url=address(clip_format), srt=address("srt"), vtt=address("vtt"), expires_in=downloads.EXPIRES_IN
    )


def _is_given_out(asset: Asset, version: int) -> bool:
    """Whether what was made in a version is: of earlier ones nothing, where any content of the asset is doubted."""
    return str(version) not in asset.withheld and (version == asset.version or not asset.doubted)


def transcript_of(asset: Asset, services: Services) -> Transcript | None:
    """What is said in a recording, as it now stands; None while there is no transcript."""
    document = editions.read(asset, asset.edition, services.outputs) if asset.version else None
    if document is None and asset.edition:  # it may have been saved anew since the asset was read
        now = services.store.get(asset.ref)
        is_same = now is not None and now.version == asset.version
        document = editions.read(now, now.edition, services.outputs) if now is not None and is_same else None
    return load_transcript(document) if document is not None else None


def _find(asset: Asset, mark_id: str, services: Services) -> Mark:
    mark = services.marks.get(asset.ref, mark_id) if ID_PATTERN.fullmatch(mark_id) else None
    if mark is None:
        raise _missing()
    return mark


def _missing() -> NotFound:
    return NotFound("There is no such mark, or no longer.", "no-mark")


def _no_clip() -> NotFound:
    return NotFound("There is no such clip, or not yet. It can be asked for.", "no-clip")


@dataclass(frozen=True, slots=True)
class _Reader:
    """What whoever reads is to the recording, who it is (an account's id), and the addresses of others that they know
    by their accounts' ids.
    """

    role: Role
    owner: str
    addresses: Mapping[str, str | None] = field(default_factory=dict)


def _addresses(marks: Iterable[Mark], asset: Asset, role: Role, services: Services) -> dict[str, str | None]:
    """Those of whoever else made marks, for the owner alone, who has shared the recording with them."""
    others = sorted({mark.by for mark in marks} - {asset.ref.owner}) if role is Role.OWNER else []
    return {by: profile.email for by, profile in services.users.profiles(others).items()}


def _now(mark: Mark, quotes: Quotes | None) -> Quote | None:
    """The words that a mark hangs on, as they now are; None if none is left."""
    return quotes.between(mark.start, mark.end, mark.speaker) if quotes is not None else None


def _quotes(asset: Asset, services: Services) -> Quotes | None:
    said = transcript_of(asset, services)
    return Quotes(said) if said is not None else None


def _view(mark: Mark, asset: Asset, quotes: Quotes | None, reader: _Reader, services: Services) -> models.MarkView:
    """A mark as it is shown. What was said before may have been taken out since: it is for whoever works on it, and for
    whoever has marked it.
    """
    role, is_yours = reader.role, mark.by == reader.owner
    quote = _now(mark, quotes)
    is_as_it_was = quote is not None and is_same(quote.text, mark.exact)
    is_told = is_as_it_was or may(role, Deed.EDIT) or is_yours
    clips = [_clip(ClipFormat(name), mark, quote, asset, services) for name in sorted(mark.clips)]
    if not may(role, Deed.EDIT):
        clips = [one for one in clips if one.state is ClipState.READY and not one.is_outdated]
    if role is not Role.OWNER:  # what is spent, and what there is to spend
        clips = [one.model_copy(update={"usd": None, "failure": None}) for one in clips]
    return models.MarkView(
        id=mark.id,
        kind=mark.kind,
        start=quote.start if quote else mark.start,
        end=quote.end if quote else mark.end,
        exact=mark.exact if is_told else None,
        text=quote.text if quote else None,
        speakers=list(quote.speakers) if quote else [],
        is_confirmed=quote is not None and quote.is_confirmed,
        is_corrected=quote is not None and not is_as_it_was,
        is_gone=quotes is not None and quote is None,
        colour=mark.colour,
        body=mark.body,
        author="you" if is_yours else "owner" if mark.by == asset.ref.owner else "person",
        author_name=reader.addresses.get(mark.by),
        is_yours=is_yours,
        made_at=mark.made_at,
        changed_at=mark.changed_at,
        resolved_at=mark.resolved_at,
        clips=clips,
    )


def _is_outdated(clip: Clip, quote: Quote | None) -> bool:
    return quote is None or clip.text != fingerprint(quote.text)


def _clip(name: ClipFormat, mark: Mark, quote: Quote | None, asset: Asset, services: Services) -> models.ClipView:
    clip = mark.clips[name]
    return models.ClipView(
        format=name,
        state=clip.state,
        start=clip.start,
        end=clip.end,
        asked_at=clip.asked_at,
        usd=float(cutting.expected_cost(asset, name, clip.end - clip.start, services).usd),
        seconds=clip.seconds,
        size=clip.size,
        captions_in_picture=clip.state is ClipState.READY and clip.captions and clip.note is None,
        is_outdated=_is_outdated(clip, quote),
        failure=message_view(clip.failure) if clip.failure else None,
        note=message_view(clip.note) if clip.note else None,
    )
