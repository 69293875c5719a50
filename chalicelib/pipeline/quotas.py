"""What an account may use: asked before an upload is announced, again once its length is known, and before something is
made anew from a corrected transcript.

Files in work are not counted down when they end, which would be one more write for each: whoever finds no room looks
which of those that are counted have ended in the meantime.
"""

import time
from decimal import Decimal

from chalicelib.domain.accounts import Allowance, Profile, Usage
from chalicelib.domain.assets import ENDED, Asset, AssetRef, Status, announced_at, new_asset_id
from chalicelib.domain.costs import Cost
from chalicelib.domain.media import MediaInfo, in_units
from chalicelib.errors import Conflict, Forbidden, OverQuota
from chalicelib.message import Message
from chalicelib.pipeline.estimates import estimate, minutes_of
from chalicelib.services import Services
from chalicelib.settings import Settings
from chalicelib.speech.transcripts import Transcript

_JUST_NOW = 60.0  # seconds
TOO_DEAR = Message(
    "cost-limit",
    "The work on this recording is expected to cost about %(expected_usd)s, which is above your limit of %(limit_usd)s "
    "for one recording. Nothing has been done yet. If that is all right, start it again and accept the cost.",
)
"""The failure that only its owner's consent mends."""

_TOO_LONG = Message(
    "quota-minutes",
    "This recording is %(minutes)s minutes long, but of your %(allowed)s minutes for this month only %(left)s are "
    "left. Start it again next month, or ask the operator of this service for more.",
)

_TOO_DEAR_ANEW = Message(
    "anew-cost-limit",
    "It was not made anew from what was corrected: the work on this recording would then have cost about "
    "%(expected_usd)s, which is above your limit of %(limit_usd)s for one recording. Once the limit is higher, it is "
    "made anew after the next correction.",
)
_NO_ROOM_ANEW = Message(
    "anew-quota-minutes",
    "It was not made anew from what was corrected: the %(allowed)s minutes of text that may be read anew in a month "
    "are used up. Next month it is made anew after the next correction.",
)

_NO_ROOM_TO_TRANSLATE = Message(
    "translation-quota",
    "The %(allowed)s minutes of text that may be translated or read anew in a month are used up. Ask for the captions "
    "again next month.",
)


def allowance(profile: Profile, settings: Settings) -> Allowance:
    """What an account may use."""
    return profile.allowance.over(settings.allowance)


def cost_limit(profile: Profile, settings: Settings) -> Decimal:
    """US dollars above which the work on a recording waits for its owner's consent."""
    return settings.cost_limit_usd if profile.cost_limit_usd is None else profile.cost_limit_usd


def require_accepted(asset: Asset, usd: Decimal, services: Services, *, accepts: bool) -> None:
    """Raises Conflict if so many US dollars are above the limit of a recording's owner, unless they accept that."""
    if asset.options.metered and not accepts:
        require_below_limit(asset.ref.owner, usd, services)


def require_below_limit(owner: str, usd: Decimal, services: Services, too_dear: Message = TOO_DEAR) -> None:
    """Raises Conflict, which says `too_dear`, if so many US dollars are above an owner's limit."""
    limit = cost_limit(services.users.profile(owner), services.settings)
    if usd > limit:
        raise Conflict(too_dear.of(expected_usd=round(float(usd), 2), limit_usd=float(limit)))


def reserve(owner: str, size: int, services: Services, *, urgent: bool, asset_id: str | None = None) -> str:
    """Make room for a file of `size` bytes. Returns the id under which it is counted, for its asset: a new one if none
    is given.

    Raises OverQuota that says what is left, Forbidden if it must not be urgent.
    """
    profile = services.users.profile(owner)
    if urgent and not profile.may_be_urgent:
        raise Forbidden("This account has no urgent recordings; leave the field out.", "not-urgent", "urgent")
    allowed = allowance(profile, services.settings)
    asset_id = asset_id or new_asset_id()
    if services.users.reserve(owner, asset_id, size, allowed):
        return asset_id
    if _room_was_made(owner, services) and services.users.reserve(owner, asset_id, size, allowed):
        return asset_id
    raise _what_is_left(services.users.usage(owner), size, allowed)


def fly_again(ref: AssetRef, services: Services) -> None:
    """Count an asset as in work once more. Raises OverQuota if it is one too many."""
    allowed = allowance(services.users.profile(ref.owner), services.settings)
    if services.users.fly_again(ref.owner, ref.asset_id, allowed):
        return
    if _room_was_made(ref.owner, services) and services.users.fly_again(ref.owner, ref.asset_id, allowed):
        return
    raise _what_is_left(services.users.usage(ref.owner), 0, allowed)


def count_clip(asset: Asset, clip: str, seconds: float, services: Services) -> bool:
    """Count the length of a clip like a recording's, once until it has ended; False, and nothing counted, if it is more
    than is left.
    """
    if not asset.options.metered:
        return True
    owner, minutes = asset.ref.owner, (Decimal(str(seconds)) / 60).quantize(Decimal("0.01"))
    allowed = allowance(services.users.profile(owner), services.settings)
    return services.users.count_clip(owner, _clip(asset.ref, clip), minutes, allowed)


def clip_ended(ref: AssetRef, clip: str, services: Services) -> None:
    """What was counted has come to its end, or nobody wants it any more."""
    services.users.clip_ended(ref.owner, _clip(ref, clip))


def _clip(ref: AssetRef, clip: str) -> str:
    return f"{ref.asset_id}/{clip}"


def in_flight(owner: str, usage: Usage, services: Services) -> int:
    """How many files of the owner are in work."""
    return len(usage.in_flight) - len(_landed(owner, usage, services))


def _room_was_made(owner: str, services: Services) -> bool:
    landed = _landed(owner, services.users.usage(owner), services)
    services.users.landed(owner, landed)
    return bool(landed)


def _landed(owner: str, usage: Usage, services: Services) -> list[str]:
    """Those counted as in work that have come to their end, or are gone."""
    refs = [AssetRef(owner, asset_id) for asset_id in usage.in_flight]
    statuses = services.store.statuses(refs)
    # What was counted just now may not be stored yet.
    old = time.time() - _JUST_NOW
    known = [ref for ref in refs if ref in statuses or announced_at(ref.asset_id) < old]
    return [ref.asset_id for ref in known if statuses.get(ref, Status.EXPIRED) in ENDED]


def _what_is_left(usage: Usage, size: int, allowed: Allowance) -> OverQuota:
    if len(usage.in_flight) >= allowed.in_flight:
        return OverQuota(
            f"{len(usage.in_flight)} of your recordings are in work, and {allowed.in_flight} may be at a time. "
            "Wait until one of them has come to its end.",
            "quota-in-flight",
        )
    if usage.bytes + size > allowed.bytes:
        whole, left = (
            "{:g} {}s".format(*in_units(count)) for count in (allowed.bytes, max(0, allowed.bytes - usage.bytes))
        )
        return OverQuota(f"Of the {whole} that you may upload this month {left} are left.", "quota-bytes", "size")
    return OverQuota(f"Your {allowed.minutes} minutes of recordings for this month are used up.", "quota-minutes")


def refusal(asset: Asset, media: MediaInfo, services: Services) -> Message | None:
    """Why the work on `asset` does not begin; None if nothing speaks against it, and its minutes are then counted."""
    if not asset.options.metered:
        return None
    profile = services.users.profile(asset.ref.owner)
    limit = cost_limit(profile, services.settings)
    expected = estimate(media, asset.options, services.settings, asset.again).usd
    if expected > limit and not asset.options.accept_cost:
        return TOO_DEAR.of(expected_usd=round(float(expected), 2), limit_usd=float(limit))
    allowed = allowance(profile, services.settings)
    minutes = (Decimal(str(media.duration)) / 60).quantize(Decimal("0.01"))
    ref = asset.ref
    if services.users.count_minutes(ref.owner, ref.asset_id, asset.version, minutes, allowed):
        return None
    left = max(Decimal(0), allowed.minutes - services.users.usage(ref.owner).minutes)
    return _TOO_LONG.of(minutes=round(minutes), allowed=allowed.minutes, left=round(left))


def refusal_anew(asset: Asset, transcript: Transcript, expected: Cost, services: Services) -> Message | None:
    """Why nothing is made anew from a corrected `transcript`; None if nothing speaks against it, which is then counted.

    With what is `expected` of it, the recording is to cost no more than its owner's limit, unless they have accepted
    that it does. Letters are counted by the month: by correcting, nobody spends without end.
    """
    if not asset.options.metered:
        return None
    profile = services.users.profile(asset.ref.owner)
    limit = cost_limit(profile, services.settings)
    all_in_all = expected.usd + (asset.cost.usd if asset.cost is not None else 0)
    if all_in_all > limit and not asset.options.accept_cost:
        return _TOO_DEAR_ANEW.of(expected_usd=round(float(all_in_all), 2), limit_usd=float(limit))
    allowed, ref = allowance(profile, services.settings), asset.ref
    if services.users.count_anew(ref.owner, ref.asset_id, _anew(asset), minutes_of(transcript), allowed):
        return None
    return _NO_ROOM_ANEW.of(allowed=allowed.minutes)


def is_refused_anew(asset: Asset) -> bool:
    """Whether that has kept something from being made anew the last time."""
    return asset.not_remade is not None and asset.not_remade.code in {_TOO_DEAR_ANEW.code, _NO_ROOM_ANEW.code}


def made_anew(asset: Asset, services: Services) -> None:
    """What was counted has been done with."""
    if asset.options.metered:
        services.users.made_anew(asset.ref.owner, asset.ref.asset_id, _anew(asset))


def _anew(asset: Asset) -> str:
    return f"{asset.version}/{asset.edition}"


def count_translation(asset: Asset, language: str, transcript: Transcript, services: Services) -> None:
    """Count that the text is put into a language, with what is read anew in the month: once until it is done. Raises
    OverQuota, and nothing is counted, if it is more than is left.
    """
    if not asset.options.metered:
        return
    ref, allowed = asset.ref, allowance(services.users.profile(asset.ref.owner), services.settings)
    of, what = _translation(asset, language)
    if not services.users.count_anew(ref.owner, of, what, minutes_of(transcript), allowed):
        raise OverQuota(_NO_ROOM_TO_TRANSLATE.of(allowed=allowed.minutes))


def translated(asset: Asset, language: str, services: Services) -> None:
    """What was counted has been done with, or nobody wants it any more. `asset` is as it was before."""
    if asset.options.metered:
        services.users.made_anew(asset.ref.owner, *_translation(asset, language))


def _translation(asset: Asset, language: str) -> tuple[str, str]:
    """What is counted: the next translation after the one that there is."""
    known = asset.translations.get(language)
    return f"{asset.ref.asset_id}/{language}", f"{asset.version}/{known.at if known is not None else None}"
