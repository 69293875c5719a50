"""Tell an owner's program that a recording has come to its end: a signed POST, tried again with growing pauses.

    POST {url}
    X-Rapporteur-Signature: t=1763720000,v1={HMAC-SHA256 in hex of "{t}.{body}", with the webhook's secret}
    X-Rapporteur-Delivery: {the same for every try, so that a program can tell that it knows it already}

    {"type": "asset.completed", "asset": {"id": …, "status": …, …}}

A message may come twice. What no try could deliver is given up; after some of those in a row the webhook is switched
off, and its owner told by mail.
"""

import hashlib
import hmac
import http.client
import json
import time
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.accounts import USUAL_LANGUAGE, Profile, Webhook
from chalicelib.domain.assets import FINISHED, Asset, RunRef
from chalicelib.errors import DeliveryError, InvalidRequest
from chalicelib.letters import notices
from chalicelib.letters.letter import Reader
from chalicelib.letters.wording import Wording
from chalicelib.mail import recipients, ses
from chalicelib.mail.ses import MailKind, Verdict
from chalicelib.observability import count, logger
from chalicelib.pipeline import messages
from chalicelib.services import Services

PAUSES = (60, 240, 900, 900, 900, 900)
"""Seconds before each further try; at most what SQS delays a message by."""

MOST_FAILURES = 5
_OK = range(200, 300)


def deliver(run: RunRef, attempt: int, services: Services) -> None:
    """Tell the program of the owner whose recording has come to its end, after so many attempts."""
    profile = services.users.profile(run.asset.owner)
    hook = profile.webhook
    if hook is None or not hook.is_active:
        return
    asset = services.store.get(run.asset)
    if asset is not None and asset.version == run.version and asset.status in FINISHED:
        _try(asset, hook, Wording.of(Reader(profile.language or USUAL_LANGUAGE)), attempt, services)


def signature(secret: str, at: int, body: bytes) -> str:
    """The header that proves who sent `body`, and when (seconds since the epoch)."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _try(asset: Asset, hook: Webhook, words: Wording, attempt: int, services: Services) -> None:
    body = json.dumps({"type": f"asset.{asset.status}", "asset": _shown(asset, words)}, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Rapporteur",
        "X-Rapporteur-Delivery": keys.report_name(asset),
        "X-Rapporteur-Signature": signature(hook.secret, int(time.time()), body),
    }
    try:
        is_taken = services.post(hook.url, body, headers) in _OK
    except (InvalidRequest, OSError, http.client.HTTPException):
        is_taken = False
    if is_taken:
        services.users.webhook_worked(asset.ref.owner)
        count("WebhooksDelivered")
    elif attempt < len(PAUSES):
        services.aws.sqs.send_message(
            QueueUrl=services.settings.webhook_queue_url,
            MessageBody=messages.encode(asset.run, attempt=attempt + 1),
            DelaySeconds=PAUSES[attempt],
        )
    else:
        _given_up(asset, hook, services)


def _given_up(asset: Asset, hook: Webhook, services: Services) -> None:
    count("WebhooksGivenUp")
    switched_off = services.users.count_webhook_failure(asset.ref.owner, hook.url, MOST_FAILURES)
    if switched_off is not None:
        _tell(switched_off, hook, services)


def _tell(profile: Profile, hook: Webhook, services: Services) -> None:
    """Tell the owner, once, that their program is no longer told."""
    if profile.email is None:  # their page says it too
        logger.info("owner has no confirmed address to be told of the webhook at")
        return
    reference = f"{profile.owner}.webhook.{int(time.time())}"
    if ses.verdict(profile.email, reference, services, profile.owner) is not Verdict.GO:
        return
    letter = notices.webhook_switched_off(hook.url, MOST_FAILURES, len(PAUSES) + 1, recipients.owner(profile, services))
    try:
        ses.send(letter, ses.envelope(profile.email, reference, services), MailKind.NOTICE, services)
    except DeliveryError:
        logger.error("owner cannot be told of the webhook")


def _shown(asset: Asset, words: Wording) -> dict[str, Any]:
    return {
        "id": asset.ref.asset_id,
        "file_name": asset.file_name,
        "title": asset.title or asset.file_name,
        "status": asset.status.value,
        "version": asset.version,
        "finished_at": asset.finished_at,
        "error": words.document(why) if (why := asset.why) else None,
    }
