"""Assets: announced, described, done again, deleted."""

from http import HTTPStatus

from chalicelib.api import choices, mail, uploads
from chalicelib.api.checked import checked
from chalicelib.api.language import sentence_of
from chalicelib.api.models import assets as models
from chalicelib.api.models.versions import VersionWanted
from chalicelib.api.operation import operation
from chalicelib.api.views import asset_view, shown
from chalicelib.clients.tokens import Account
from chalicelib.domain import folding, keys
from chalicelib.domain.assets import Asset, MediaKind, Options
from chalicelib.domain.media import MediaInfo
from chalicelib.errors import InvalidRequest
from chalicelib.pipeline import accept, estimates, indexing, lessons, quotas, sittings
from chalicelib.pipeline.cancel import cancel
from chalicelib.pipeline.erase import erase
from chalicelib.pipeline.register import register
from chalicelib.pipeline.retry import retry
from chalicelib.pipeline.speech import Speech
from chalicelib.seams.transcription import TRANSCRIPTION, TellsLines
from chalicelib.services import Services


@operation("POST", "/assets", status=HTTPStatus.CREATED)
def announce_asset(body: models.NewAsset, account: Account, services: Services) -> models.AnnouncedAsset:
    """Announce an upload: get an asset, and how to upload its file."""
    return _announce(body, account, services)


@operation("POST", "/assets/batch")
def announce_assets(body: models.NewAssets, account: Account, services: Services) -> models.AnnouncedAssets:
    """Announce several uploads; each is answered for itself."""
    results = []
    for wanted in body.assets:
        try:
            announced = _announce(wanted, account, services)
        except InvalidRequest as exc:
            refusal = models.Refusal(code=exc.code, message=sentence_of(exc), field=exc.field)
            results.append(models.Announced(error=refusal))
        else:
            results.append(models.Announced(asset=announced.asset, upload=announced.upload))
    return models.AnnouncedAssets(results=results)


@operation("GET", "/presignedurl/{project}/{step}")
def presign_upload(
    project: str, step: str, query: models.FormWanted, account: Account, services: Services
) -> models.FormUpload:
    """Announce an upload as clients of the older service do: get the form to send, for a file of up to 100 MB."""
    name = query.file_name or f"{project}-{step}.mp4"
    named = {"file_name": name, "title": f"{project} / {step}", "email": query.mail}
    new = checked(models.NewAsset, {**named, "size": uploads.SINGLE_UP_TO})  # what stands in a path has any length
    return uploads.form_for_any_size(_registered(new, account, services), services)


def _announce(wanted: models.NewAsset, account: Account, services: Services) -> models.AnnouncedAsset:
    asset = _registered(wanted, account, services)
    how = uploads.begin(asset.input_key, wanted.size, wanted.content_type, services)
    return models.AnnouncedAsset(asset=asset_view(asset), upload=how)


def _registered(wanted: models.NewAsset, account: Account, services: Services) -> Asset:
    """The asset, within its owner's quota. Its report goes to them, and beside them only to who has agreed to it."""
    copy_to = mail.confirmed(account, wanted.email, services) if wanted.email is not None else None
    ai = choices.asked(wanted.ai_options, account.owner, services)
    settings = services.settings
    accepted = accept.accepted_endings(settings)
    rejection = accept.rejection_of(wanted.file_name, wanted.size, settings.max_upload_bytes, accepted)
    if rejection is not None:
        field = "size" if rejection.code == "too-large" else "file_name"
        raise InvalidRequest(rejection, field=field)
    _check_folder(account.owner, wanted.folder, services)
    asset_id = quotas.reserve(account.owner, wanted.size, services, urgent=wanted.urgent)
    options = wanted.options(account.email, copy_to, metered=True, ai=ai)
    return register(
        account.owner, wanted.file_name, options, services, wanted.title or None, asset_id, folder=wanted.folder
    )


def _check_folder(owner: str, folder_id: str | None, services: Services) -> None:
    """Raises InvalidRequest if something is to go into a folder that there is not."""
    if folder_id is not None and not services.library.of(owner).has(folder_id):
        raise InvalidRequest("There is no such folder, or no longer.", "no-folder", "folder")


@operation("POST", "/estimate")
def estimate_cost(body: models.EstimateWanted, account: Account, services: Services) -> models.EstimateView:
    """What the work on a recording, a picture or a document is expected to cost."""
    ai = choices.asked(body.ai_options, account.owner, services)
    expected = estimates.estimate(_media(body), Options(presets=body.presets, ai=ai), services.settings)
    limit = quotas.cost_limit(services.users.profile(account.owner), services.settings)
    return models.EstimateView(
        usd=float(expected.usd),
        as_of=expected.as_of,
        lines=[models.EstimateLine(item=line.item, usd=float(line.usd)) for line in expected.lines],
        limit_usd=float(limit),
        is_over_limit=expected.usd > limit,
    )


def _media(wanted: models.EstimateWanted) -> MediaInfo:
    match wanted.kind:
        case MediaKind.IMAGE:
            return estimates.A_PICTURE
        case MediaKind.DOCUMENT:
            return estimates.document_of(wanted.pages)
    is_video = wanted.video if wanted.kind is None else wanted.kind is MediaKind.VIDEO
    return estimates.media_of(wanted.duration, video=is_video)


@operation("GET", "/assets/{asset_id}", is_for_withheld=True)
def get_asset(asset: Asset, query: VersionWanted, services: Services) -> models.WholeAsset:
    """How an asset stands, and what was heard so far."""
    del query  # the asset is as it was then
    whole = models.WholeAsset(**dict(shown(asset, services)))
    engine = services.hearing_with(asset.options.transcriber).engine(TRANSCRIPTION)
    if Speech.name in asset.open_branches and not asset.is_withheld and isinstance(engine, TellsLines):
        whole.heard = engine.heard(keys.job_name(asset.run, keys.Task.TRANSCRIPT))
    return whole


@operation("PATCH", "/assets/{asset_id}", is_for_withheld=True)
def change_asset(asset: Asset, body: models.Changes, services: Services) -> models.AssetView:
    """Change an asset's title, tags or folder, or whether anything may be learnt from it."""
    given: dict[str, object] = {}
    if "title" in body.model_fields_set:
        given["title"] = body.title or None  # an empty one makes room for the file's name again
    if "tags" in body.model_fields_set:
        given["tags"] = folding.distinct(body.tags or ())
    if body.no_training is not None:
        given["no_training"] = body.no_training
    if "title" in given or "tags" in given:
        indexing.changed(asset.ref.owner, services)
    changed = services.store.describe(asset.ref, given) if given else None
    if "folder" in body.model_fields_set:
        _check_folder(asset.ref.owner, body.folder, services)
        changed = services.store.move(asset.ref, body.folder)
    if body.no_training:  # whoever is just taking in what it teaches looks again after that
        lessons.forget(asset.ref, services)
    elif changed is not None and asset.no_training and not changed.no_training:
        sittings.left(changed, services)
    return shown(changed or asset, services)


@operation("DELETE", "/assets/{asset_id}", is_for_withheld=True)
def delete_asset(asset: Asset, services: Services) -> None:
    """Delete an asset and all that was made of it; work on it is cancelled first."""
    erase(asset, services)


@operation("POST", "/assets/{asset_id}/retry", is_for_withheld=True)
def retry_asset(asset: Asset, body: models.Again, services: Services) -> models.AssetView:
    """Do all the work on a finished asset again, as a new version, which may hear or look for something else."""
    ai = choices.asked(body.ai_options, asset.ref.owner, services) if body.ai_options is not None else None
    return shown(retry(asset, services, accept_cost=body.accept_cost, track=body.track, ai=ai), services)


@operation("POST", "/assets/{asset_id}/cancel", is_for_withheld=True)
def cancel_asset(asset: Asset, services: Services) -> models.AssetView:
    """Stop the work on an asset."""
    return shown(cancel(asset, services), services)
