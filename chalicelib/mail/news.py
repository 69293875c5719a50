"""What is noted for an owner's next digest, which is due from then on: the mail itself is `digests.py`."""

import time

from chalicelib.domain.accounts import USUAL_ZONE, News, Profile, Remark
from chalicelib.domain.assets import Asset, AssetRef, Status
from chalicelib.domain.calendar import next_digest
from chalicelib.domain.marks import Kind, Mark
from chalicelib.services import Services


def note(asset: Asset, profile: Profile, services: Services) -> None:
    """Note that a run has ended, for its owner's next digest."""
    news = News(asset.ref.asset_id, asset.version, is_held=asset.status is Status.HELD)
    services.users.note_news(profile.owner, news, due_next(profile, services))


def note_comment(asset: Asset, mark: Mark, services: Services) -> None:
    """Note for a recording's owner that somebody else says something to it. To be called before the comment is there:
    of one that never comes, nothing is told.
    """
    if mark.kind is Kind.COMMENT and mark.by != asset.ref.owner:
        _note_remark(asset.ref.owner, Remark.COMMENT, asset.ref, mark.id, services)


def note_resolved(asset: Asset, mark: Mark, services: Services) -> None:
    """Note for whoever made a comment that somebody else has resolved it. Safe to call again."""
    if mark.kind is Kind.COMMENT and mark.resolved_by not in {None, mark.by}:
        _note_remark(mark.by, Remark.RESOLVED, asset.ref, mark.id, services)


def _note_remark(owner: str, remark: Remark, ref: AssetRef, mark_id: str, services: Services) -> None:
    profile = services.users.profile(owner)
    if profile.comments:
        news = News(ref.asset_id, 0, remark=remark, mark=mark_id, of=ref.owner)
        services.users.note_news(owner, news, due_next(profile, services))
        services.users.take_back_late(owner)


def due_next(profile: Profile, services: Services) -> float:
    """When the owner's next digest is due, in seconds since the epoch."""
    settings = services.settings
    zone = settings.digest_zone or profile.time_zone or USUAL_ZONE
    return next_digest(time.time(), zone, settings.digest_hour)
