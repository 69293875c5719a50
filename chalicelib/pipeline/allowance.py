"""Before the work begins, once the real length is known: is there room in its owner's quota, and in their purse?"""

from decimal import Decimal

from chalicelib.domain.assets import Asset, Failure
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message
from chalicelib.services import Services

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


def refusal(asset: Asset, media: MediaInfo, services: Services) -> Failure | None:
    """Why the work on `asset` does not begin; None if nothing speaks against it, and its minutes are then counted."""
    if not asset.options.metered:
        return None
    from chalicelib.pipeline import quotas  # these two would be loaded by every function at its start
    from chalicelib.pipeline.estimates import estimate

    profile = services.users.profile(asset.ref.owner)
    limit = quotas.cost_limit(profile, services.settings)
    expected = estimate(media, asset.options, services.settings).usd
    if expected > limit and not asset.options.accept_cost:
        return TOO_DEAR.of(expected_usd=round(float(expected), 2), limit_usd=float(limit))
    allowed = quotas.allowance(profile, services.settings)
    minutes = (Decimal(str(media.duration)) / 60).quantize(Decimal("0.01"))
    ref = asset.ref
    if services.users.count_minutes(ref.owner, ref.asset_id, asset.version, minutes, allowed):
        return None
    left = max(Decimal(0), allowed.minutes - services.users.usage(ref.owner).minutes)
    return _TOO_LONG.of(minutes=round(minutes), allowed=allowed.minutes, left=round(left))
