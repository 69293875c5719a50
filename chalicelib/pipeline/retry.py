"""The owner wants work done again: a new version of an asset whose last run has come to an end. Or an earlier one back.

The version before is put by as it is, and can be read, and used, again.
"""

from dataclasses import replace

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import FINISHED, Again, Asset, Channels, MediaKind, Options, ReportState, Status
from chalicelib.domain.costs import Cost
from chalicelib.engines.registry import short, transcribers
from chalicelib.errors import Conflict, InvalidRequest, NotFound
from chalicelib.pipeline import accept, again, estimates, finish, indexing, leftovers, plan, quotas, sittings
from chalicelib.pipeline.cancel import wind_up
from chalicelib.pipeline.quotas import TOO_DEAR
from chalicelib.seams.probing import stated_language
from chalicelib.seams.transcription import TRANSCRIPTION, can_hear_channels
from chalicelib.services import Services
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.storage import editions, versions

_HEARD = frozenset({MediaKind.VIDEO, MediaKind.AUDIO})


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
    _refuse_what_was_seen(asset, by_administrator=by_administrator)
    wanted = with_track(asset, asset.options, track)
    if ai is not None:
        wanted = replace(wanted, ai=ai)
    if asset.status not in FINISHED:
        if wanted.track != asset.options.track:
            raise Conflict("Another track can be heard once the work on this recording has ended.", "at-work")
        if wanted.ai != asset.options.ai:
            raise Conflict("Something else can be done with it once the work on it has ended.", "at-work")
        return _asked_again(asset, services)
    if asset.failure is not None and asset.failure.code == TOO_DEAR.code and not accept_cost:
        raise Conflict(asset.failure)
    return _begin(asset, wanted, again.following(asset), services, accept_cost=accept_cost)


def hear(asset: Asset, wanted: Options, services: Services, *, accept_cost: bool = False) -> Asset:
    """Begin a new version that hears the recording as `wanted`; what does not follow of hearing is taken over.

    Raises InvalidRequest if it cannot be heard so here, Conflict and OverQuota as `retry` does; Conflict also where it
    is expected to cost more than its owner's limit, unless they accept that.
    """
    _refuse_what_was_seen(asset)
    if asset.status not in FINISHED:
        if wanted != replace(asset.options, accept_cost=wanted.accept_cost):
            raise Conflict("It can be heard in another way once the work on this recording has ended.", "at-work")
        return _asked_again(asset, services)
    check(asset, wanted, services)
    quotas.require_accepted(asset, expected(asset, wanted, services).usd, services, accepts=accept_cost)
    return _begin(asset, wanted, again.following(asset, is_hearing=True), services, accept_cost=accept_cost)


def check(asset: Asset, wanted: Options, services: Services) -> None:
    """Raises InvalidRequest that says why a recording cannot be heard as `wanted`, Conflict if nobody knows it yet."""
    if asset.media is None:
        raise Conflict(
            "Nobody has been able to look into this recording yet. Start all the work again.", "not-looked-into"
        )
    if asset.kind not in _HEARD or asset.media.audio is None:
        raise InvalidRequest("There is no sound in it that could be heard.", "no-sound")
    offered = [short(name) for name in transcribers(services.settings)]
    if wanted.transcriber not in {None, *offered}:
        raise InvalidRequest(
            f"Nothing of that name hears here. There is: {', '.join(offered)}.", "no-engine", "transcriber"
        )
    if wanted.channels is Channels.SEPARATE:
        track = next(one for one in asset.media.tracks if one.number == (wanted.track or asset.media.audio.number))
        hindrance = plan.hindrance(track, hears_channels=hears_channels(wanted.transcriber, services))
        if hindrance is not None:
            raise InvalidRequest(plan.HEARD_TOGETHER.of(reason=hindrance), field="channels")


def hears_channels(transcriber: str | None, services: Services) -> bool:
    """Whether this transcriber, by its short name, hears each of two channels by itself."""
    return can_hear_channels(services.hearing_with(transcriber).engine(TRANSCRIPTION))


def expected(asset: Asset, wanted: Options, services: Services) -> Cost:
    """What it is expected to cost to hear a recording as `wanted`, whose last run has ended."""
    assert asset.media is not None, "who calls has checked"
    services = services.hearing_with(wanted.transcriber)
    media, _ = plan.chosen(asset.media, wanted, hears_channels=hears_channels(wanted.transcriber, services))
    planned = replace(asset, options=wanted, media=media, again=again.following(asset, is_hearing=True))
    follows = again.expected(planned, asset, services)
    return estimates.estimate(media, wanted, services.settings, follows)


def use(asset: Asset, number: int, services: Services) -> Asset:
    """Make an earlier version the current one. Done twice, it is done once.

    Raises NotFound if there is no such version, Conflict if it came to nothing, or while something is being done.
    """
    if asset.version == number:
        sittings.left(asset, services)  # whoever asked before may have died before that
        return asset
    _refuse_what_was_seen(asset)
    earlier = version_of(asset, number, services)
    if earlier.status is not Status.COMPLETED:
        raise Conflict("Nothing came of that version that could be used.", "version-failed")
    if asset.status not in FINISHED:
        raise Conflict("An earlier version can be used once the work on this recording has ended.", "at-work")
    asset = _put_by(asset, services)
    indexing.changed(asset.ref.owner, services)
    used = _still_there(services.store.use(asset, earlier), asset, services)
    if used.version != number:
        raise _changed(used)
    sittings.left(used, services)  # what was told of its last sitting while it was not the current one is lost
    return used


def version_of(asset: Asset, number: int, services: Services) -> Asset:
    """The asset as it was in a version. Raises NotFound if there is none, or nothing of it is given out."""
    earlier = versions.read(asset, number, services.outputs)
    if earlier is None or earlier.is_withheld:
        raise NotFound("There is no such version of this asset, or no longer.", "no-version")
    return earlier


def _asked_again(asset: Asset, services: Services) -> Asset:
    """It is begun already. Whoever did so may have died before it was in the queue, where it may be twice."""
    if asset.status is Status.QUEUED:
        accept.enqueue(asset, services)
    finish.keep_marks(asset, services)
    return asset


def confirmed_share(asset: Asset, services: Services) -> float | None:
    """Which share of the words of the current transcript is confirmed, from 0 to 1; None where there are none."""
    if not again.is_transcribed(asset):
        return None
    stored = editions.read(asset, asset.edition, services.outputs)
    found = None if stored is None else load_transcript(stored)
    return None if found is None or found.is_empty else found.confirmed


def _refuse_what_was_seen(asset: Asset, *, by_administrator: bool = False) -> None:
    if asset.status is Status.HELD:
        raise Conflict("This is held until an administrator has decided.", "held")
    if asset.is_stopped and not by_administrator:
        raise Conflict(
            "This was rejected for what was seen in it, and would be again. Another file can be uploaded in its place.",
            "rejected-for-content",
        )


def _begin(asset: Asset, wanted: Options, follows: Again | None, services: Services, *, accept_cost: bool) -> Asset:
    if services.uploads.info(asset.input_key) is None:
        raise Conflict("The recording is no longer there. Please upload it again.", "no-recording")
    if asset.options.metered:
        quotas.fly_again(asset.ref, services)
    options = replace(wanted, accept_cost=wanted.accept_cost or accept_cost)
    asset = _put_by(asset, services)
    begun = _still_there(services.store.retry(asset, options, follows), asset, services)
    if begun.status in FINISHED:
        raise _changed(begun)
    accept.enqueue(begun, services)
    finish.keep_marks(begun, services)
    return begun


def _put_by(asset: Asset, services: Services) -> Asset:
    """The asset with its run wound up, and kept as it is: another version is to take its place."""
    if asset.is_cancelled:
        asset = wind_up(asset, services)
    versions.put_by(asset, confirmed_share(asset, services), services.outputs)
    return asset


def _still_there(found: Asset | None, before: Asset, services: Services) -> Asset:
    """What was `found`. Raises NotFound if nothing was: it was erased meanwhile, and what was just put by goes too."""
    if found is None:
        leftovers.delete_outputs(before.ref, services)
        raise NotFound("There is no such asset.")
    return found


def _changed(asset: Asset) -> Conflict:
    """Why a finished run could not be put by."""
    if asset.report is ReportState.DUE:
        return Conflict("The report on this asset is still on its way. Please try again in a minute.", "report-due")
    return Conflict("This was changed by somebody in the meantime. Please try again.", "changed-meanwhile")


def with_track(asset: Asset, before: Options, number: int | None) -> Options:
    """What to do with an asset whose track of this number is to be heard: the same as `before` if none is named.

    The language that was named then is forgotten where the file says that the track has another.
    """
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
