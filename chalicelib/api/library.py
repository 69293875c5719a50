"""What an owner may do with their assets. What is somebody else's is not found."""

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote

from chalicelib.api import mail, uploads, views
from chalicelib.api.language import told
from chalicelib.clients.tokens import Account
from chalicelib.domain import folding, keys, names, presets
from chalicelib.domain.assets import ASSET_ID_PATTERN, FINISHED, Asset, AssetRef, Options
from chalicelib.domain.checked import checked
from chalicelib.errors import Conflict, InvalidRequest, NotFound
from chalicelib.pipeline import accept, estimates, quotas
from chalicelib.pipeline.branches import branches
from chalicelib.pipeline.cancel import wind_up
from chalicelib.pipeline.quotas import TOO_DEAR
from chalicelib.pipeline.register import UploadRequest, register
from chalicelib.pipeline.speech import Speech
from chalicelib.seams.probing import language_told
from chalicelib.seams.transcription import TRANSCRIPTION, TellsLines
from chalicelib.services import Services

MEDIA_EXPIRES_IN = 900
_PAGE_READS = 5
"""Queries that one page may take when it is filtered: so a rare word costs no more than a frequent one."""


def find(account: Account, asset_id: str, services: Services) -> Asset:
    """The account's asset of this id. Raises NotFound if there is none, or it is somebody else's."""
    asset = services.store.get(AssetRef(account.owner, asset_id)) if ASSET_ID_PATTERN.fullmatch(asset_id) else None
    if asset is None:
        raise NotFound("There is no such asset.")
    return asset


def announce(wanted: views.NewAsset, account: Account, services: Services) -> views.AnnouncedAsset:
    """Make the asset that is announced, and say how to upload its file. Raises InvalidRequest, OverQuota."""
    asset = _announced(wanted, account, services)
    how = uploads.begin(asset, wanted.size, wanted.content_type, services)
    return views.AnnouncedAsset(asset=views.asset_view(asset), upload=how)


def older_form(
    project: str, step: str, wanted: views.FormWanted, account: Account, services: Services
) -> views.FormUpload:
    """What the older service answered: a form to send one file with, whose size nobody has said yet."""
    name = wanted.file_name or f"{project}-{step}.mp4"
    named = {"file_name": name, "title": f"{project} / {step}", "email": wanted.mail}
    new = checked(views.NewAsset, {**named, "size": uploads.SINGLE_UP_TO})  # what stands in a path has any length
    return uploads.form_for_any_size(_announced(new, account, services), services)


def _announced(wanted: views.NewAsset, account: Account, services: Services) -> Asset:
    """The asset, within its owner's quota. Its report goes to them, and beside them only to who has agreed to it."""
    copy_to = mail.confirmed(account, wanted.email, services) if wanted.email is not None else None
    rejection = accept.check(wanted.file_name, wanted.size, services.settings.max_upload_bytes)
    if rejection is not None:
        field = "size" if rejection.code == "too-large" else "file_name"
        raise InvalidRequest(told(rejection).message, rejection.code, field)
    asset_id = quotas.reserve(account.owner, wanted.size, services, urgent=wanted.urgent)
    upload = UploadRequest(
        file_name=wanted.file_name,
        language=wanted.language,
        speakers=wanted.speakers,
        track=wanted.track,
        channels=wanted.channels,
        email=account.email,
        presets=wanted.presets,
        urgent=wanted.urgent,
        accept_cost=wanted.accept_cost,
    )
    return register(account.owner, upload, services, wanted.title or None, asset_id, metered=True, copy_to=copy_to)


def announce_all(wanted: views.NewAssets, account: Account, services: Services) -> views.AnnouncedAssets:
    """Announce several; one that cannot be does not keep the others from being."""
    results = []
    for one in wanted.assets:
        try:
            announced = announce(one, account, services)
        except InvalidRequest as exc:
            results.append(views.Announced(error=views.Problem(code=exc.code, message=exc.message, field=exc.field)))
        else:
            results.append(views.Announced(asset=announced.asset, upload=announced.upload))
    return views.AnnouncedAssets(results=results)


def estimated(wanted: views.EstimateWanted, account: Account, services: Services) -> views.EstimateView:
    """What the work on such a recording is expected to cost."""
    media = estimates.media_of(wanted.duration, video=wanted.video)
    expected = estimates.estimate(media, Options(presets=wanted.presets), services.settings)
    limit = quotas.cost_limit(services.users.profile(account.owner), services.settings)
    return views.EstimateView(
        usd=float(expected.usd),
        as_of=expected.as_of,
        lines=[views.EstimateLine(item=line.item, usd=float(line.usd)) for line in expected.lines],
        limit_usd=float(limit),
        is_over_limit=expected.usd > limit,
    )


def page(account: Account, wanted: views.Listing, services: Services) -> views.AssetPage:
    """A page of the account's assets. With a filter it may hold fewer than asked for though more follow."""
    found: list[Asset] = []
    after = wanted.after
    for _ in range(_PAGE_READS if wanted.is_filtered else 1):
        assets, after = services.store.page(account.owner, wanted.limit - len(found), after)
        found += filter(wanted.takes, assets)
        if after is None or len(found) >= wanted.limit:
            break
    return views.AssetPage(assets=[shown(asset, services) for asset in found], next=after)


def change(account: Account, asset_id: str, changes: views.Changes, services: Services) -> Asset:
    """Change what is given of title and tags."""
    asset = find(account, asset_id, services)
    given = changes.model_dump(exclude_unset=True)
    if "title" in given:
        given["title"] = given["title"] or None  # an empty one makes room for the file's name again
    if "tags" in given:
        given["tags"] = _distinct(given["tags"] or ())
    changed = services.store.describe(asset.ref, given) if given else asset
    return changed if changed is not None else asset


def _distinct(tags: Iterable[str]) -> list[str]:
    """`tags` without those that only differ in how they were typed: of these the first stays."""
    known: dict[str, str] = {}
    for tag in tags:
        known.setdefault(folding.same(tag), tag)
    return list(known.values())


def retry(asset: Asset, services: Services, *, accept_cost: bool = False, track: int | None = None) -> Asset:
    """Begin a new version, if the asset has come to an end and its upload is still there.

    It hears the `track` of sound that is named, else the same one as before. Raises InvalidRequest if there is no such
    track, Conflict if the upload is gone or another track is being heard, OverQuota if it is one too many in work.
    """
    wanted = _with_track(asset, track)
    if asset.status not in FINISHED:
        if wanted.track != asset.options.track:
            raise Conflict("Another track can be heard once the work on this recording has ended.", "at-work")
        return asset
    if services.uploads.info(asset.input_key) is None:
        raise Conflict("The recording is no longer there. Please upload it again.", "no-recording")
    if asset.failure is not None and asset.failure.code == TOO_DEAR.code and not accept_cost:
        raise Conflict(told(asset.failure).message, TOO_DEAR.code)
    if asset.options.metered:
        quotas.fly_again(asset.ref, services)
    options = replace(wanted, accept_cost=wanted.accept_cost or accept_cost)
    if asset.is_cancelled:
        asset = wind_up(asset, services)
    asset = services.store.retry(asset.run, options) or asset
    if asset.status in FINISHED:
        raise Conflict("The report on this asset is still on its way. Please try again in a minute.", "report-due")
    accept.enqueue(asset, services)
    return asset


def _with_track(asset: Asset, number: int | None) -> Options:
    """What to do with an asset whose track of this number is to be heard: the same as before if none is named.

    The language that was named at the upload is forgotten where the file says that the track has another.
    """
    before = asset.options
    if number in {None, before.track}:
        return before
    if asset.media is None:  # nobody has looked into the file yet
        return replace(before, track=number)
    tracks = {track.number: track for track in asset.media.tracks}
    if number not in tracks:
        known = ", ".join(map(str, tracks)) or "none"
        raise InvalidRequest(f"This recording has no such track of sound. It has: {known}.", "no-track", "track")
    is_other = tracks[number].language not in {None, language_told(before.language)}
    return replace(before, track=number, language=None if is_other else before.language)


def shown(asset: Asset, services: Services) -> views.AssetView:
    """An asset as its owner sees it, with what is not stored in it: its moving picture, and how far the work is."""
    gif = next((made for made in asset.renditions if made.preset == presets.GIF.name), None)
    known = branches(services.settings)
    progress = {name: known[name].progress(asset, services) for name in asset.open_branches if name in known}
    return views.asset_view(asset, address(gif.key, services) if gif else None, progress)


def whole(asset: Asset, services: Services) -> views.WholeAsset:
    """The same, with what was heard so far."""
    heard = _heard(asset, services) if Speech.name in asset.open_branches else []
    return views.WholeAsset(**shown(asset, services).model_dump(), heard=heard)


def _heard(asset: Asset, services: Services) -> list[views.HeardLineView]:
    engine = services.engine(TRANSCRIPTION)
    lines = engine.heard(keys.job_name(asset.run, keys.Task.TRANSCRIPT)) if isinstance(engine, TellsLines) else ()
    return [views.HeardLineView(start=line.start, text=line.text) for line in lines]


def media(asset: Asset, preset: str, services: Services) -> views.MediaAddress:
    """Where a rendition can be had, to play it, or to keep it under its title. Raises NotFound if there is none."""
    for rendition in asset.renditions:
        if rendition.preset == preset:
            name = keys.download_name(asset, f".{presets.find(preset).extension}")
            url = address(rendition.key, services, name, "inline")
            return views.MediaAddress(url=url, expires_in=MEDIA_EXPIRES_IN)
    made = ", ".join(rendition.preset for rendition in asset.renditions) or "none"
    raise NotFound(f"This asset has no such rendition. It has: {made}.", "no-rendition")


def disposition(name: str, how: str = "attachment") -> str:
    """A Content-Disposition that calls a file `name`: in any script, and in ASCII for what reads no more than that.

    Of the ASCII name all is left out that some program takes for more than a letter (RFC 6266, appendix D).
    """
    spelt = re.sub(r"[^A-Za-z0-9 ._()-]", "_", folding.in_ascii(name))
    plain = re.sub(r" +(?=\.|$)", "", " ".join(spelt.split()))
    if not plain or plain.startswith("."):
        plain = names.NAMELESS + plain
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def address(key: str, services: Services, download_as: str | None = None, how: str = "attachment") -> str:
    """Where an object of the output bucket can be had, for MEDIA_EXPIRES_IN seconds, and under what name to keep it.

    `how` is a disposition type of RFC 6266: whether to keep it at once, or to show it first ("inline").
    """
    wanted = {"Bucket": services.outputs.bucket, "Key": key}
    if download_as is not None:
        wanted["ResponseContentDisposition"] = disposition(download_as, how)
    return services.outputs.client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=MEDIA_EXPIRES_IN)
