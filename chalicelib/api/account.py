"""What somebody may know and do of their own account."""

import secrets
import time
from decimal import Decimal
from typing import Literal

from chalicelib.accounts import queue
from chalicelib.api import account_views, library, mail, uploads
from chalicelib.clients import outbound
from chalicelib.clients.tokens import Account
from chalicelib.domain import presets
from chalicelib.domain.accounts import (
    USUAL_ATTACHMENTS,
    USUAL_LANGUAGE,
    USUAL_ZONE,
    Credential,
    Delivery,
    Export,
    Profile,
    Token,
    Usage,
    Webhook,
)
from chalicelib.domain.media import ACCEPTED_ENDINGS
from chalicelib.domain.presets import Preset
from chalicelib.errors import Conflict, NotFound
from chalicelib.pipeline import quotas
from chalicelib.services import Services

LANGUAGES = ("en-US", "en-GB", "fr-FR", "ko-KR", "ja-JP", "zh-CN", "de-DE", "es-ES", "pt-BR")
"""What a page offers as the language of a recording; any other may be asked for by its code."""

_MOST_KEYS = 20
_EXPORT_EVERY = 3600.0
"""Seconds: whoever asks more often gets the copy that there is."""


def config(services: Services) -> account_views.Config:
    """What pages need to know first. Raises Unauthorized if the deployment has no accounts."""
    pool = services.tokens.pool
    settings = services.settings
    return account_views.Config(
        sign_in_url=settings.sign_in_url or pool.endpoint,
        client_id=pool.client_id,
        sign_up="open" if settings.sign_up == "open" else "invitation",
        presets=[
            account_views.PresetView(name=preset.name, title=preset.title, kind=_kind(preset)) for preset in presets.ALL
        ],
        default_presets=[preset.name for preset in presets.DEFAULT],
        languages=list(LANGUAGES),
        delivery=list(Delivery),
        endings=sorted(ACCEPTED_ENDINGS),
        limits=account_views.Limits(),
        voices=settings.voices,
        max_upload_bytes=settings.max_upload_bytes,
        single_upload_up_to=uploads.SINGLE_UP_TO,
    )


def me(account: Account, services: Services) -> account_views.Me:
    """The account, with what it has set and used. A new address, confirmed at Cognito, is noted for the digest."""
    profile = services.users.profile(account.owner)
    if account.email is not None and profile.email != account.email:
        profile = services.users.know(account.owner, account.email)
    return _me(account, profile, services)


def change(account: Account, wanted: account_views.MeChanges, services: Services) -> account_views.Me:
    """Set what is given."""
    changes = wanted.model_dump(exclude_unset=True)
    if "delivery" in changes:
        changes["delivery"] = changes["delivery"] or Delivery.NOW
    if "attachments" in changes:
        chosen = changes["attachments"]
        changes["attachments"] = USUAL_ATTACHMENTS if chosen is None else tuple(dict.fromkeys(chosen))
    if (limit := changes.get("cost_limit_usd")) is not None:
        changes["cost_limit_usd"] = Decimal(str(limit)).quantize(Decimal("0.01"))
    if changes:
        if changes.get("delivery", Delivery.DIGEST) is not Delivery.DIGEST:
            # What waits for the digest does not wait for one that never comes.
            services.users.hasten(account.owner, time.time())
        return _me(account, services.users.know(account.owner, account.email, changes), services)
    return me(account, services)


def erase(account: Account, services: Services) -> account_views.Accepted:
    """Have the account erased, with everything in it. From now on its tokens and keys are refused."""
    # In this order: who is refused could not ask again if the message had got lost.
    queue.send(account.owner, queue.Task.ERASE, services)
    services.users.mark_gone(account.owner)
    return account_views.Accepted(status="erasing")


def ask_export(account: Account, services: Services) -> account_views.ExportView:
    """Have a copy made, unless one is being made or has just been."""
    made = services.users.profile(account.owner).export
    if made is None or made.status == "failed" or made.asked_at < time.time() - _EXPORT_EVERY:
        services.users.change(account.owner, {"export": Export("preparing", time.time())})
        queue.send(account.owner, queue.Task.EXPORT, services)
    return export(account, services)


def export(account: Account, services: Services) -> account_views.ExportView:
    """How the copy stands. One that has expired since is none."""
    made = services.users.profile(account.owner).export
    if made is None:
        return account_views.ExportView(status="none")
    if made.key is None:
        return account_views.ExportView(status="failed" if made.status == "failed" else "preparing")
    if services.outputs.info(made.key) is None:
        return account_views.ExportView(status="none")
    url = library.address(made.key, services, "rapporteur-export.zip")
    return account_views.ExportView(status="ready", made_at=made.made_at, url=url)


def set_webhook(account: Account, url: str, services: Services) -> account_views.NewWebhook:
    """Have `url` told from now on. Raises InvalidRequest if it is no address of the public internet."""
    outbound.check(url)
    hook = Webhook(url, secrets.token_hex(32))
    services.users.know(account.owner, account.email, {"webhook": hook})
    return account_views.NewWebhook(url=url, secret=hook.secret, is_active=True)


def keys(account: Account, services: Services) -> account_views.Keys:
    """The account's API keys, oldest first."""
    found = services.users.handed_out(account.owner, Credential.KEY)
    return account_views.Keys(keys=[account_views.KeyView.model_validate(known) for known in found])


def create_key(account: Account, name: str, services: Services) -> account_views.NewKey:
    """A new API key. Only a hash of it is kept."""
    if len(services.users.handed_out(account.owner, Credential.KEY)) >= _MOST_KEYS:
        raise Conflict(f"There are {_MOST_KEYS} keys already; take some of them back first.", "too-many-keys")
    # Who has a key has no token that says the address, so it is noted now.
    services.users.know(account.owner, account.email)
    token = Token.new(Credential.KEY, account.owner)
    known = services.users.hand_out(token, name=name)
    return account_views.NewKey(key=str(token), id=known.id, name=name, created_at=known.created_at)


def revoke_key(account: Account, key_id: str, services: Services) -> None:
    """Take a key back. Raises NotFound if there is none of that id."""
    if not services.users.take_back(account.owner, Credential.KEY, key_id):
        raise NotFound("There is no such key.", "no-key")


def quota_view(owner: str, profile: Profile, usage: Usage, services: Services) -> account_views.QuotaView:
    """What an owner has used of what they may use."""
    allowed = quotas.allowance(profile, services.settings)
    return account_views.QuotaView(
        month=usage.month,
        minutes=account_views.Quota(used=float(usage.minutes), limit=allowed.minutes),
        bytes=account_views.Quota(used=usage.bytes, limit=allowed.bytes),
        in_flight=account_views.Quota(used=quotas.in_flight(owner, usage, services), limit=allowed.in_flight),
    )


def _me(account: Account, profile: Profile, services: Services) -> account_views.Me:
    hook = profile.webhook
    return account_views.Me(
        owner=account.owner,
        email=account.email or account.unconfirmed,
        email_verified=account.email is not None,
        is_admin=account.is_admin,
        delivery=profile.delivery,
        language=profile.language or USUAL_LANGUAGE,
        time_zone=profile.time_zone or USUAL_ZONE,
        is_localized=bool(profile.language or profile.time_zone),
        cost_limit_usd=None if profile.cost_limit_usd is None else float(profile.cost_limit_usd),
        may_be_urgent=profile.may_be_urgent,
        attachments=list(profile.attachments),
        mail=mail.standing(account.email, services),
        webhook=account_views.WebhookView(url=hook.url, is_active=hook.is_active, failures=hook.failures)
        if hook
        else None,
        quota=quota_view(account.owner, profile, services.users.usage(account.owner), services),
    )


def _kind(preset: Preset) -> Literal["video", "audio", "image"]:
    if preset.video is None:
        return "audio"
    return "video" if preset.audio else "image"
