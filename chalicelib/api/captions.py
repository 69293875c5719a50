"""Captions that somebody has already: taken in as the text of a recording, each word with its time."""

from chalicelib.api.models import captions as models
from chalicelib.api.models.assets import AssetView
from chalicelib.api.operation import operation
from chalicelib.api.reading import edition_of
from chalicelib.api.views import shown
from chalicelib.clients.tokens import Account
from chalicelib.domain import keys, names
from chalicelib.domain.assets import Asset
from chalicelib.errors import Conflict, InvalidRequest
from chalicelib.pipeline import sittings
from chalicelib.services import Services
from chalicelib.speech import cue_files, taking_in
from chalicelib.speech.cue_files import CueFormat, FileCue
from chalicelib.speech.taking_in import TakenIn
from chalicelib.speech.transcripts import Transcript
from chalicelib.storage import editions

_LONGEST_NAME = 100


@operation("POST", "/assets/{asset_id}/captions/preview", is_noted=False)
def preview_captions(asset: Asset, body: models.CaptionFile, services: Services) -> models.CaptionsPreview:
    """What would come of captions that are taken in: how many words agree with what was heard. Nothing is changed."""
    kind, cues = _read(body)
    before = _before(asset, services)
    taken = _taken(asset, before, cues)
    return models.CaptionsPreview(
        format=kind,
        cues=len(cues),
        words=len(taken.words),
        agree=taken.agree,
        heard=taken.agree + taken.unsaid,
        unsaid=taken.unsaid,
        shift=taken.shift,
        is_likely=taken.is_likely,
        speakers=list(dict.fromkeys(word.speaker for word in taken.words if word.speaker is not None)),
    )


@operation("POST", "/assets/{asset_id}/captions")
def take_in_captions(asset: Asset, body: models.CaptionsTaken, account: Account, services: Services) -> AssetView:
    """Take in captions as an edition of the transcript: words that were heard keep their times, others get theirs."""
    if body.version not in {None, asset.version}:
        raise Conflict(
            "This is another version of the transcript. Load it again, and go on from that.", "another-version"
        )
    _, cues = _read(body)
    title = names.one_line(body.file_name)[:_LONGEST_NAME].strip()
    job = keys.job_name(asset.run, keys.Task.TRANSCRIPT) if asset.version else ""
    asked = taking_in.name_of(body.text, title, job, body.edition)
    edited: Asset | None = asset
    if not editions.is_saved(asset, body.edition, asked):  # else it is sent again, since its answer was lost
        before = _before(asset, services)
        if body.edition > asset.edition:
            sentence = f"This transcript has no edition {body.edition}. The newest is {asset.edition}."
            raise InvalidRequest(sentence, "no-edition", "edition")
        taken = _taken(asset, before, cues)
        correction = taking_in.correction_of(before, taken, job, asked, title)
        edited = editions.add(asset, body.edition, correction, services.store, services.outputs, account.owner)
    if edited is None:
        raise Conflict(
            "This transcript has been corrected by somebody else in the meantime. Load it again, and go on from that.",
            "edited-meanwhile",
        )
    sittings.corrected(edited, services)
    return shown(edited, services)


def _read(body: models.CaptionFile) -> tuple[CueFormat, list[FileCue]]:
    """The cues of a file. Raises InvalidRequest if there are none, or too many bytes."""
    if len(body.text.encode()) > models.MOST_BYTES:
        raise InvalidRequest("The file has more than 2 MB.", "captions-too-large", "text")
    kind, cues = cue_files.read(body.text)
    if not cues:
        raise InvalidRequest(
            "No caption is found in this file: it is neither SubRip nor WebVTT.", "no-captions", "text"
        )
    return kind, cues


def _before(asset: Asset, services: Services) -> Transcript:
    """The newest text; if that was emptied, what was heard. Raises NotFound if there is neither."""
    newest = edition_of(asset, asset.edition, services)
    return edition_of(asset, 0, services) if newest.is_empty and asset.edition else newest


def _taken(asset: Asset, before: Transcript, cues: list[FileCue]) -> TakenIn:
    taken = taking_in.take_in(before, cues, asset.media.duration if asset.media else 0.0)
    if not taken.words:
        raise InvalidRequest("There is not one word in these captions.", "no-captions", "text")
    return taken
