"""One's own account: what one has set and used, keys, the webhook, a copy of everything, and its end."""

import secrets
import time
from decimal import Decimal
from http import HTTPStatus
from typing import Literal

from botocore.exceptions import ClientError

from chalicelib.accounts import queue
from chalicelib.api import downloads, uploads
from chalicelib.api.models import account as models
from chalicelib.api.operation import Access, operation
from chalicelib.clients import outbound
from chalicelib.clients.tokens import SCOPES, Account
from chalicelib.domain import addresses, presets
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
from chalicelib.domain.fetching import IMPORT_WORDING
from chalicelib.domain.presets import Preset
from chalicelib.errors import Conflict, NotFound, OverQuota
from chalicelib.pipeline import accept, quotas
from chalicelib.seams.answering import ANSWERING
from chalicelib.seams.embedding import EMBEDDING
from chalicelib.seams.translation import TRANSLATION
from chalicelib.services import Services

LANGUAGES = ("en-US", "en-GB", "fr-FR", "ko-KR", "ja-JP", "zh-CN", "de-DE", "es-ES", "pt-BR")
"""What a page offers as the language of a recording; any other may be asked for by its code."""

_MOST_KEYS = 20
_DAY = 24 * 3600.0
_EXPORT_EVERY = 3600.0
"""Seconds: whoever asks more often gets the copy that there is."""


@operation("GET", "/config", access=Access.ANYONE)
def get_config(services: Services) -> models.Config:
    """Where to sign in, and what can be uploaded."""
    pool = services.tokens.pool
    settings = services.settings
    return models.Config(
        sign_in_url=settings.sign_in_url or pool.endpoint,
        sign_in_pages=settings.sign_in_pages,
        scopes=list(SCOPES),
        client_id=pool.client_id,
        sign_up="open" if settings.sign_up == "open" else "invitation",
        presets=[
            models.PresetView(name=preset.name, title=preset.title, kind=_kind(preset))
            for preset in presets.OF_RECORDINGS
        ],
        default_presets=list(presets.DEFAULT_NAMES),
        languages=list(LANGUAGES),
        delivery=list(Delivery),
        endings=sorted(accept.accepted_endings(settings)),
        limits=models.Limits(),
        voices=settings.voices,
        translates=bool(settings.engines[TRANSLATION]),
        answers=bool(settings.engines[ANSWERING]),
        meaning=bool(settings.engines.get(EMBEDDING)),
        max_upload_bytes=settings.max_upload_bytes,
        single_upload_up_to=uploads.SINGLE_UP_TO,
        import_wording=IMPORT_WORDING,
    )


def _kind(preset: Preset) -> Literal["video", "audio", "image"]:
    if preset.video is None:
        return "audio"
    return "video" if preset.audio else "image"


@operation("GET", "/me")
def get_me(account: Account, services: Services) -> models.Me:
    """Who one is here, what one has set, and what one has used."""
    return me(account, services)


def me(account: Account, services: Services) -> models.Me:
    """The account. A new address, confirmed at Cognito, is noted for the digest."""
    profile = services.users.profile(account.owner)
    if account.email is not None and profile.email != account.email:
        profile = services.users.know(account.owner, account.email)
    return _me(account, profile, services)


@operation("PUT", "/me")
def change_me(body: models.MeChanges, account: Account, services: Services) -> models.Me:
    """Change what one has set."""
    changes = body.model_dump(exclude_unset=True)
    if "invitations" in changes:
        _set_invitations(account, takes=changes.pop("invitations") is not False, services=services)
    if "delivery" in changes:
        changes["delivery"] = changes["delivery"] or Delivery.NOW
    if "attachments" in changes:
        chosen = changes["attachments"]
        changes["attachments"] = USUAL_ATTACHMENTS if chosen is None else tuple(dict.fromkeys(chosen))
    if "comments" in changes:
        changes["comments"] = changes["comments"] is not False
    if (limit := changes.get("cost_limit_usd")) is not None:
        changes["cost_limit_usd"] = Decimal(str(limit)).quantize(Decimal("0.01"))
    if not changes:
        return me(account, services)
    if changes.get("delivery", Delivery.DIGEST) is not Delivery.DIGEST:
        # What waits for the digest does not wait for one that never comes.
        services.users.hasten(account.owner, time.time())
    return _me(account, services.users.know(account.owner, account.email, changes), services)


def _set_invitations(account: Account, services: Services, *, takes: bool) -> None:
    """Set whether one is told by mail what others share with one; it holds for one's address."""
    if account.email is None:
        raise Conflict("Confirm your address first: nothing is mailed to one that is not.", "address-unconfirmed")
    change = services.mails.take_invitations if takes else services.mails.decline
    change(addresses.fingerprint(account.email))


def _me(account: Account, profile: Profile, services: Services) -> models.Me:
    hook = profile.webhook
    return models.Me(
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
        comments=profile.comments,
        mail=_standing(account.email, services),
        invitations=account.email is None or not services.mails.declines(addresses.fingerprint(account.email)),
        webhook=models.WebhookView.model_validate(hook) if hook else None,
        quota=quota_view(account.owner, profile, services.users.usage(account.owner), services),
    )


def quota_view(owner: str, profile: Profile, usage: Usage, services: Services) -> models.QuotaView:
    """What an owner has used of what they may use."""
    allowed = quotas.allowance(profile, services.settings)
    return models.QuotaView(
        month=usage.month,
        minutes=models.Quota(used=float(usage.minutes), limit=allowed.minutes),
        bytes=models.Quota(used=usage.bytes, limit=allowed.bytes),
        in_flight=models.Quota(used=quotas.in_flight(owner, usage, services), limit=allowed.in_flight),
    )


def _standing(email: str | None, services: Services) -> models.MailStanding:
    """Whether mail reaches the address; nothing is sent where none was confirmed."""
    if email is None:
        return models.MailStanding(status="unconfirmed")
    known = services.mails.standing(addresses.fingerprint(email))
    if known.suppressed_at is not None:
        return models.MailStanding(
            status="suppressed", reason=known.trouble, since=known.suppressed_at, detail=known.detail
        )
    if known.troubled_at is not None and known.troubled_at > time.time() - _DAY:
        return models.MailStanding(status="delayed", reason=known.trouble, since=known.troubled_at, detail=known.detail)
    return models.MailStanding(status="ok")


@operation("POST", "/me/mail/resume", access=Access.PERSON)
def resume_mail(account: Account, services: Services) -> models.Me:
    """Have mail sent to one's own address again, after it had come back."""
    # SES's own list of those it spares is told too. Once a day.
    if account.email is None:
        raise Conflict("Confirm your address first: nothing is mailed to one that is not.", "address-unconfirmed")
    address_id = addresses.fingerprint(account.email)
    before = services.mails.standing(address_id).resumed_at
    if before is not None and before >= time.time() - _DAY:
        raise OverQuota("Mail was switched on again less than a day ago; please wait until tomorrow.", "mail-limit")
    try:
        services.aws.ses.delete_suppressed_destination(EmailAddress=addresses.normal(account.email))
    except ClientError as exc:
        if exc.response["Error"]["Code"] != "NotFoundException":
            raise
    except NotImplementedError:  # the embedded SES has no such list
        pass
    # The day's turn is used up only now: whoever was told to try again can.
    services.mails.resume(address_id, _DAY)
    return me(account, services)


@operation("DELETE", "/me", access=Access.PERSON, status=HTTPStatus.ACCEPTED)
def erase_me(account: Account, services: Services) -> models.Accepted:
    """Erase the account and everything in it. Nothing brings it back."""
    if account.email is not None:  # by which is found what others share with them
        services.users.know(account.owner, account.email)
    # In this order: who is refused could not ask again if the message had got lost.
    queue.send(account.owner, queue.AccountTask.ERASE, services)
    services.users.mark_gone(account.owner)
    return models.Accepted(status="erasing")


@operation("GET", "/me/export")
def get_export(account: Account, services: Services) -> models.ExportView:
    """Where a copy of all of one's data can be had, once it was asked for and is ready."""
    return _export(account, services)


@operation("POST", "/me/export", status=HTTPStatus.ACCEPTED)
def ask_export(account: Account, services: Services) -> models.ExportView:
    """Have a copy made of all of one's data, as a zip."""
    made = services.users.profile(account.owner).export
    # Unless one is being made, or has just been.
    if made is None or made.status == "failed" or made.asked_at < time.time() - _EXPORT_EVERY:
        services.users.change(account.owner, {"export": Export("preparing", time.time())})
        queue.send(account.owner, queue.AccountTask.EXPORT, services)
    return _export(account, services)


def _export(account: Account, services: Services) -> models.ExportView:
    """How the copy stands. One that has expired since is none."""
    made = services.users.profile(account.owner).export
    if made is None:
        return models.ExportView(status="none")
    if made.key is None:
        return models.ExportView(status="failed" if made.status == "failed" else "preparing")
    if services.outputs.info(made.key) is None:
        return models.ExportView(status="none")
    url = downloads.address(made.key, services, "rapporteur-export.zip")
    return models.ExportView(status="ready", made_at=made.made_at, url=url)


@operation("PUT", "/me/webhook")
def set_webhook(body: models.WebhookWanted, account: Account, services: Services) -> models.NewWebhook:
    """Have a program told, by a signed POST, whenever a recording has come to its end."""
    outbound.check(body.url)
    hook = Webhook(body.url, secrets.token_hex(32))
    services.users.know(account.owner, account.email, {"webhook": hook})
    return models.NewWebhook(url=hook.url, secret=hook.secret, is_active=True)


@operation("DELETE", "/me/webhook")
def remove_webhook(account: Account, services: Services) -> None:
    """Have no program told any more."""
    services.users.change(account.owner, {"webhook": None})


@operation("GET", "/me/keys", access=Access.PERSON)
def list_keys(account: Account, services: Services) -> models.Keys:
    """One's API keys."""
    found = services.users.handed_out(account.owner, Credential.KEY)
    return models.Keys(keys=[models.KeyView.model_validate(known) for known in found])


@operation("POST", "/me/keys", access=Access.PERSON, status=HTTPStatus.CREATED)
def create_key(body: models.KeyWanted, account: Account, services: Services) -> models.NewKey:
    """Make an API key for a program."""
    # Who has a key has no token that says the address, so it is noted now.
    services.users.know(account.owner, account.email)
    token = Token.new(Credential.KEY, account.owner)
    known = services.users.hand_out(token, name=body.name, most=_MOST_KEYS)
    if known is None:
        raise Conflict(f"There are {_MOST_KEYS} keys already; take some of them back first.", "too-many-keys")
    return models.NewKey(key=str(token), id=known.id, name=body.name, created_at=known.created_at)


@operation("DELETE", "/me/keys/{key_id}", access=Access.PERSON)
def revoke_key(key_id: str, account: Account, services: Services) -> None:
    """Take an API key back; it is refused from now on."""
    if not services.users.take_back(account.owner, Credential.KEY, key_id):
        raise NotFound("There is no such key.", "no-key")
