"""Hearing a recording again in another way, and the versions that come of that."""

from dataclasses import replace
from typing import Any

from chalice import Response

from chalicelib.api import downloads
from chalicelib.api.checked import number_in
from chalicelib.api.language import message_view
from chalicelib.api.models.assets import AssetView, CostView, EstimateLine, EstimateView
from chalicelib.api.models.versions import (
    AsHeardView,
    CarriedView,
    DifferenceView,
    HearAgain,
    HearingView,
    HowToHear,
    TranscriberView,
    Versions,
    VersionView,
)
from chalicelib.api.operation import operation
from chalicelib.api.views import shown
from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, Options, Status
from chalicelib.engines.registry import short, transcribers
from chalicelib.errors import NotFound
from chalicelib.pipeline import again, known_words, quotas, retry
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.services import Services
from chalicelib.speech.clarity import Clarity
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.storage import versions

_MOST_DIGITS = 7


@operation("GET", "/assets/{asset_id}/hear", is_for_withheld=True)
def get_hearing(asset: Asset, services: Services) -> HearingView:
    """What can be chosen to hear a recording again, and how it was heard."""
    usual = transcribers(services.settings)[0]
    return HearingView(
        transcribers=[
            TranscriberView(
                name=short(name),
                is_usual=name == usual,
                hears_channels=retry.hears_channels(short(name), services),
                uses_lexicon=known_words.are_used(services.hearing_with(short(name))),
            )
            for name in transcribers(services.settings)
        ],
        heard=_as_heard(asset, services),
        words=len(known_words.of_account(asset.ref.owner, services)),
    )


@operation("POST", "/assets/{asset_id}/hear", is_for_withheld=True)
def hear_again(asset: Asset, body: HearAgain, services: Services) -> AssetView:
    """Hear a finished recording again, as a new version beside the old: what people confirmed is carried over."""
    return shown(retry.hear(asset, _wanted(asset, body), services, accept_cost=body.accept_cost), services)


@operation("POST", "/assets/{asset_id}/hear/estimate", is_for_withheld=True, is_noted=False)
def estimate_hearing(asset: Asset, body: HowToHear, services: Services) -> EstimateView:
    """What it is expected to cost to hear a recording again."""
    wanted = _wanted(asset, body)
    retry.check(asset, wanted, services)
    found = retry.expected(asset, wanted, services)
    limit = quotas.cost_limit(services.users.profile(asset.ref.owner), services.settings)
    return EstimateView(
        usd=float(found.usd),
        as_of=found.as_of,
        lines=[EstimateLine(item=line.item, usd=float(line.usd)) for line in found.lines],
        limit_usd=float(limit),
        is_over_limit=found.usd > limit,
    )


def _wanted(asset: Asset, body: HowToHear) -> Options:
    """What is asked for, over how it was heard. Raises InvalidRequest if there is no such track of sound."""
    before = asset.options
    said: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set - {"track", "accept_cost"}}
    for name in ("channels", "lexicon"):  # which are one or the other
        if said.get(name, True) is None:
            del said[name]
    wanted = retry.with_track(asset, before, body.track)
    ai = replace(before.ai, transcribe=True)
    if "language" in said or wanted.language != before.language:
        ai = replace(ai, language_code=None)
    return replace(wanted, ai=ai, **said)


@operation("GET", "/assets/{asset_id}/versions", is_for_withheld=True)
def list_versions(asset: Asset, services: Services) -> Versions:
    """The versions of an asset: when and how each was heard, how much of it is confirmed, which one is the current."""
    if not asset.version:
        return Versions(versions=[], current=0)
    views = (_view(asset, number, services) for number in versions.numbers(asset, services.outputs))
    return Versions(versions=[view for view in views if view is not None], current=asset.version)


def _view(current: Asset, number: int, services: Services) -> VersionView | None:
    is_current = number == current.version
    if is_current:
        asset, confirmed = current, None if current.is_withheld else retry.confirmed_share(current, services)
    else:
        found = versions.put_by_before(current, number, services.outputs)
        if found is None or found.asset.is_withheld:
            return None
        asset, confirmed = found.asset, found.confirmed
    given, carried = asset.as_given_out, None if asset.is_withheld else again.carried_over(asset, services)
    return VersionView(
        version=number,
        is_current=is_current,
        status=asset.status,
        started_at=asset.started_at,
        finished_at=asset.finished_at,
        heard=_as_heard(asset, services),
        language=given.language,
        clarity=Clarity(given.clarity) if given.clarity else None,
        editions=asset.edition,
        confirmed=confirmed,
        after=asset.again.after if asset.again is not None else None,
        stand=carried.stand if carried is not None else None,
        differ=carried.differ if carried is not None else None,
        cost=CostView(usd=float(asset.cost.usd), as_of=asset.cost.as_of) if asset.cost and asset.cost.usd else None,
        error=message_view(asset.failure) if asset.failure else None,
        kept_until=asset.expires,
        can_be_used=not is_current and asset.status is Status.COMPLETED,
    )


def _as_heard(asset: Asset, services: Services) -> AsHeardView:
    options, media = asset.options, asset.media
    by = ", ".join(services.store.heard_by(TRANSCRIPT.key(asset))) if again.is_transcribed(asset) else None
    return AsHeardView(
        language=asset.options.ai.language_code or options.language,
        speakers=options.speakers,
        channels=options.channels,
        track=media.audio.number if media is not None and media.audio is not None else options.track,
        transcriber=short(services.hearing_with(options.transcriber).settings.engines[TRANSCRIPTION]),
        lexicon=options.lexicon,
        by=by,
    )


@operation("POST", "/assets/{asset_id}/versions/{version}/use", is_for_withheld=True)
def use_version(asset: Asset, version: str, services: Services) -> AssetView:
    """Make an earlier version the current one again; the one that was stays beside it."""
    return shown(retry.use(asset, _number(version), services), services)


@operation("GET", "/assets/{asset_id}/versions/{version}/carried", is_for_withheld=True)
def get_carried(asset: Asset, version: str, services: Services) -> CarriedView | Response:
    """What became of the confirmed words of the version before: how many stand, and where the others were."""
    found = retry.version_of(asset, _number(version), services)
    carried = again.carried_over(found, services)
    if carried is None or found.again is None:
        raise NotFound("Nothing was carried over to this version, or not yet.", "nothing-carried")
    answer = CarriedView(
        after=found.again.after,
        stand=carried.stand,
        differ=carried.differ,
        places=[DifferenceView.model_validate(place) for place in carried.places],
    )
    return downloads.whole_or_elsewhere(answer, keys.file_key(found.run, keys.Folder.EDITS, "carried.json"), services)


def _number(text: str) -> int:
    """The number of a version, as it stands in a path. Raises NotFound if it is none."""
    number = number_in(text, _MOST_DIGITS)
    if number is None:
        raise NotFound("There is no such version of this asset, or no longer.", "no-version")
    return number
