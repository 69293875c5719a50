"""Assets: announced, described, done again, deleted."""

import time
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
from chalicelib.domain.assets import Asset, MediaKind, Options, new_asset_id
from chalicelib.domain.fetching import IMPORT_WORDING, Fetch
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.rights import Deed, Role, may
from chalicelib.errors import Forbidden, InvalidRequest, RapporteurError
from chalicelib.pipeline import accept, estimates, fetch, indexing, lessons, quotas, sittings
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


@operation("POST", "/imports", status=HTTPStatus.CREATED)
def import_asset(body: models.NewImport, account: Account, services: Services) -> models.AssetView:
    """Have a file fetched from its address on the web, which one affirms to have the right to."""
    if body.wording != IMPORT_WORDING:
        sentence = f"The wording that is affirmed must be named: it is {IMPORT_WORDING} now."
        raise InvalidRequest(sentence, "other-wording", "wording")
    asset_id = new_asset_id()
    fetch.begin(account.owner, asset_id, services)
    try:
        found = fetch.look(body.url, services)
        affirmed = Fetch(body.url, body.wording, time.time(), found.size, found.mark, found.has_ranges)
        name = body.file_name or found.name
        asset = _registered(body, name, affirmed.most, account, services, affirmed, asset_id)
    except RapporteurError:
        services.users.no_fetch(account.owner, asset_id)
        raise
    fetch.go_on(asset, services)
    return asset_view(asset)


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
    asset = _registered(new, new.file_name, new.size, account, services)
    return uploads.form_for_any_size(asset, services)


def _announce(wanted: models.NewAsset, account: Account, services: Services) -> models.AnnouncedAsset:
    asset = _registered(wanted, wanted.file_name, wanted.size, account, services)
    how = uploads.begin(asset.input_key, wanted.size, wanted.content_type, services)
    return models.AnnouncedAsset(asset=asset_view(asset), upload=how)


def _registered(
    wanted: models.NewAsset | models.NewImport,
    name: str,
    size: int,
    account: Account,
    services: Services,
    from_web: Fetch | None = None,
    asset_id: str | None = None,
) -> Asset:
    """The asset, within its owner's quota; it is fetched `from_web`, or uploaded. Its report goes to them, and beside
    them only to who has agreed to it.
    """
    copy_to = mail.confirmed(account, wanted.email, services) if wanted.email is not None else None
    ai = choices.asked(wanted.ai_options, account.owner, services)
    settings = services.settings
    accepted = accept.accepted_endings(settings)
    rejection = accept.rejection_of(name, size, settings.max_upload_bytes, accepted)
    if rejection is not None:
        field = "size" if rejection.code == "too-large" else "file_name"
        raise InvalidRequest(rejection, field=field)
    _check_folder(account.owner, wanted.folder, services)
    asset_id = quotas.reserve(account.owner, size, services, urgent=wanted.urgent, asset_id=asset_id)
    options = wanted.options(account.email, copy_to, metered=True, ai=ai)
    title = wanted.title or None
    return register(account.owner, name, options, services, title, asset_id, folder=wanted.folder, fetch=from_web)


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


@operation("GET", "/assets/{asset_id}", is_for_withheld=True, deed=Deed.READ)
def get_asset(asset: Asset, role: Role, query: VersionWanted, services: Services) -> models.WholeAsset:
    """How an asset stands, and what was heard so far."""
    del query  # the asset is as it was then
    whole = models.WholeAsset(**dict(shown(asset, services, role)))
    engine = services.hearing_with(asset.options.transcriber).engine(TRANSCRIPTION)
    if Speech.name in asset.open_branches and not asset.is_withheld and isinstance(engine, TellsLines):
        whole.heard = engine.heard(keys.job_name(asset.run, keys.Task.TRANSCRIPT))
    return whole


@operation("PATCH", "/assets/{asset_id}", is_for_withheld=True, deed=Deed.EDIT)
def change_asset(asset: Asset, role: Role, body: models.Changes, services: Services) -> models.AssetView:
    """Change an asset's title, tags or folder, or whether anything may be learnt from it."""
    if body.model_fields_set - {"title"} and not may(role, Deed.MANAGE):
        raise Forbidden("Only its owner keeps a recording in order: you can change its title.", "no-right")
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
    return shown(changed or asset, services, role)


@operation("DELETE", "/assets/{asset_id}", is_for_withheld=True, is_noted=False)
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
