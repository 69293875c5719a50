"""The digest: once a day, at an hour of the owner's own morning, one mail with all that has ended since the last one.

News is noted on the owner, and makes the owner's digest due; an hourly schedule finds the owners whose digest is due,
and queues them a page at a time. What that costs follows the news, not the number of owners. A digest is mailed once
for each due time, and what is in it is marked as told by what was noted with the mail, whichever call gets to it.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

from chalice.app import SQSEvent

from chalicelib import keys
from chalicelib.assets import Asset, AssetRef
from chalicelib.batched import batched
from chalicelib.delivery import mail
from chalicelib.delivery.once import send_once
from chalicelib.delivery.report import DigestEntry, build_digest
from chalicelib.due import next_digest
from chalicelib.errors import DeliveryError
from chalicelib.keys import Folder
from chalicelib.observability import count, logger
from chalicelib.pipeline import messages
from chalicelib.services import Services
from chalicelib.users import Delivery, Due, News, Profile

PAGE = 25
"""Owners a message: at one mail a second, which is what a new account may send, half a minute's work."""

_USUAL_ZONE = "UTC"


def note(asset: Asset, services: Services) -> None:
    """Note that a run has ended, for its owner's next digest."""
    profile = services.users.profile(asset.ref.owner)
    news = News(asset.ref.asset_id, asset.version)
    services.users.note_news(asset.ref.owner, news, due_next(profile, services))


def due_next(profile: Profile, services: Services) -> float:
    """When the owner's next digest is due, in seconds since the epoch."""
    settings = services.settings
    zone = settings.digest_zone or profile.time_zone or _USUAL_ZONE
    return next_digest(time.time(), zone, settings.digest_hour)


def collect(now: float, services: Services) -> None:
    """Queue the owners whose digest is due at `now` (seconds since the epoch), a page a message."""
    for page in batched(list(services.users.due(now)), PAGE):
        body = json.dumps({"owners": [{"owner": due.owner, "due_at": due.due_at} for due in page]})
        services.aws.sqs.send_message(QueueUrl=services.settings.digest_queue_url, MessageBody=body)


def deliver(event: SQSEvent, services: Services, lambda_context: Any) -> None:  # noqa: ANN401
    """Send the digests of the owners whom a queue hands over. One that breaks does not cost the others theirs."""
    for body, receives in messages.records(event):
        if receives > services.settings.max_attempts:
            count("MessagesGivenUp")
            raise messages.GivenUp("Digests could not be sent however often it was tried.")
        errors: list[Exception] = []
        for named in json.loads(body)["owners"]:
            try:
                _send(str(named["owner"]), float(named["due_at"]), services, lambda_context)
            except Exception as exc:  # noqa: BLE001 - whatever breaks one digest must not cost the others; raised below
                errors.append(exc)
        if errors:
            raise ExceptionGroup("digests that could not be sent", errors)


def _send(owner: str, due_at: float, services: Services, lambda_context: Any) -> None:  # noqa: ANN401
    due = services.users.digest(owner)
    if due is None or due.due_at != due_at:
        return  # it was sent already, or put off
    profile = services.users.profile(owner)
    news = services.users.open_news(owner)
    told = [one.name for one in news]
    entries = list(_entries(owner, news, services)) if profile.delivery is not Delivery.NONE else []
    recipient = profile.email
    if entries and recipient is not None:
        try:
            told = _mail(due, told, entries, recipient, services, lambda_context)
        except DeliveryError as exc:
            logger.error("digest cannot be delivered", extra={"code": exc.code})
            count("DigestsUndeliverable")
    services.users.told(owner, told)
    _settle(due, profile, services)


def _mail(
    due: Due,
    names: list[str],
    entries: list[DigestEntry],
    recipient: str,
    services: Services,
    lambda_context: Any,  # noqa: ANN401
) -> list[str]:
    """Mail the digest. Returns what was in the mail of this due time, which may have been sent by an earlier call."""
    settings = services.settings
    reference = f"{due.owner}.digest.{int(due.due_at)}"
    digest = build_digest(entries, settings.pages_url)
    message = mail.compose(digest, settings.report_sender, recipient, reference, settings.report_reply_to)
    told = send_once(message, recipient, reference, "digest", services, lambda_context, names)
    if (pause := services.seconds_a_mail) > 0:
        time.sleep(pause)
    return told


def _settle(due: Due, profile: Profile, services: Services) -> None:
    """Nothing is due any more, or there has been news in the meantime, which waits for the next one."""
    if services.users.open_news(due.owner):
        services.users.settle_digest(due, due_next(profile, services))
    elif not services.users.settle_digest(due, None):
        newer = services.users.digest(due.owner)
        if newer is not None and newer.due_at == due.due_at:
            services.users.settle_digest(newer, due_next(profile, services))


def _entries(owner: str, news: list[News], services: Services) -> Iterator[DigestEntry]:
    """What there is to tell of each asset: its latest version once, nothing of one that is gone."""
    seen = set()
    for one in news:
        asset = services.store.get(AssetRef(owner, one.asset_id))
        if asset is None or asset.version != one.version or asset.ref in seen:
            continue
        seen.add(asset.ref)
        summary = services.outputs.read_text(keys.output_key(asset, Folder.SUMMARY, ".txt"))
        yield DigestEntry(asset, summary)
