"""The owner wants all the work done again: a new version of an asset whose last run has come to an end."""

from dataclasses import replace

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import FINISHED, Asset, Options, Status
from chalicelib.errors import Conflict, InvalidRequest
from chalicelib.pipeline import accept, quotas
from chalicelib.pipeline.cancel import wind_up
from chalicelib.pipeline.quotas import TOO_DEAR
from chalicelib.seams.probing import stated_language
from chalicelib.services import Services


def retry(
    asset: Asset,
    services: Services,
    *,
    accept_cost: bool = False,
    track: int | None = None,
    ai: AiOptions | None = None,
    by_administrator: bool = False,
) -> Asset:
    """Begin a new version, if the asset has come to an end and its upload is still there.

    It hears the `track` of sound that is named, and does what `ai` asks for, else the same as before. Raises
    InvalidRequest if there is no such track, Conflict if the upload is gone or something else is being done, OverQuota
    if it is one too many in work. What is held waits for a decision, and what was rejected for what was seen in it
    would be again: only an administrator may begin that anew.
    """
    if asset.status is Status.HELD:
        raise Conflict("This is held until an administrator has decided.", "held")
    if asset.is_stopped and not by_administrator:
        raise Conflict(
            "This was rejected for what was seen in it, and would be again. Another file can be uploaded in its place.",
            "rejected-for-content",
        )
    wanted = _with_track(asset, track)
    if ai is not None:
        wanted = replace(wanted, ai=ai)
    if asset.status not in FINISHED:
        if wanted.track != asset.options.track:
            raise Conflict("Another track can be heard once the work on this recording has ended.", "at-work")
        if wanted.ai != asset.options.ai:
            raise Conflict("Something else can be done with it once the work on it has ended.", "at-work")
        return asset
    if services.uploads.info(asset.input_key) is None:
        raise Conflict("The recording is no longer there. Please upload it again.", "no-recording")
    if asset.failure is not None and asset.failure.code == TOO_DEAR.code and not accept_cost:
        raise Conflict(asset.failure)
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
    is_other = tracks[number].language not in {None, stated_language(before.language)}
    return replace(before, track=number, language=None if is_other else before.language)
