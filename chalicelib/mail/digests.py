"""The digest: once a day, at an hour of the owner's own morning, one mail with all that has ended since the last one.

News is noted on the owner, and makes the owner's digest due; an hourly schedule finds the owners whose digest is due,
and queues them a page at a time. What that costs follows the news, not the number of owners. A digest is mailed once
for each due time, and what is in it is marked as told by what was noted with the mail, whichever call gets to it.
"""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from chalice.app import SQSEvent

from chalicelib.domain.accounts import USUAL_ZONE, Delivery, Due, News, Profile
from chalicelib.domain.assets import Asset, AssetRef, ReportState, Status
from chalicelib.domain.batched import batched
from chalicelib.domain.calendar import next_digest
from chalicelib.errors import DeliveryError, StoreError
from chalicelib.letters.digest import DigestEntry, build_digest
from chalicelib.letters.letter import Letter
from chalicelib.letters.preview import first_picture
from chalicelib.mail import links, recipients, ses
from chalicelib.mail.once import send_once
from chalicelib.mail.ses import MailKind, Verdict
from chalicelib.observability import count, logger
from chalicelib.pipeline import messages
from chalicelib.services import Services
from chalicelib.speech.tracks import SUMMARY

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_SIDE_BY_SIDE = 8
PAGE = 25
"""Owners a message: a minute's work where SES takes one mail a second, as of a new account, since one function has
two fifths of that (`pace.py`)."""

MOST_PICTURES = 30
_MESSAGES_AT_ONCE = 10
_HOUR = 3600.0
_PREVIEW_BYTES = 300_000


def note(asset: Asset, profile: Profile, services: Services) -> None:
    """Note that a run has ended, for its owner's next digest."""
    news = News(asset.ref.asset_id, asset.version, is_held=asset.status is Status.HELD)
    services.users.note_news(profile.owner, news, due_next(profile, services))


def due_next(profile: Profile, services: Services) -> float:
    """When the owner's next digest is due, in seconds since the epoch."""
    settings = services.settings
    zone = settings.digest_zone or profile.time_zone or USUAL_ZONE
    return next_digest(time.time(), zone, settings.digest_hour)


def collect(now: float, services: Services) -> None:
    """Queue the owners whose digest is due at `now` (seconds since the epoch), a page a message.

    While those of earlier hours are still worked off, they are left alone: they are queued already.
    """
    since = now - _HOUR + 1 if messages.are_in("digest", services) else 0.0
    pages = (
        json.dumps({"owners": [{"owner": due.owner, "due_at": due.due_at} for due in page]})
        for page in batched(list(services.users.due(now, since)), PAGE)
    )
    for some in batched(list(pages), _MESSAGES_AT_ONCE):
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": body} for number, body in enumerate(some)
        ]
        sent = services.aws.sqs.send_message_batch(QueueUrl=services.settings.digest_queue_url, Entries=entries)
        if sent.get("Failed"):
            raise StoreError("Some owners could not be queued for their digest; another try may succeed.")


def deliver(event: SQSEvent, services: Services, context: "LambdaContext") -> None:
    """Send the digests of the owners whom a queue hands over. One that breaks does not cost the others theirs.

    A page that is given up costs nobody their digest: whoever is still due is queued again within the hour.
    """

    def tried(named: dict[str, Any]) -> Exception | None:
        try:
            _send(str(named["owner"]), float(named["due_at"]), services, context)
        except Exception as exc:  # noqa: BLE001 - whatever breaks one digest must not cost the others; raised below
            return exc
        return None

    def send_all(owners: list[dict[str, Any]]) -> None:
        # Reading what there is to tell takes longer than SES lets pass between two mails.
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            errors = [exc for exc in pool.map(tried, owners) if exc is not None]
        if errors:
            raise ExceptionGroup("digests that could not be sent", errors)

    messages.each(event, services, _owners, send_all)


def _owners(body: str) -> list[dict[str, Any]]:
    match json.loads(body):
        case {"owners": [*owners]}:
            return owners
    raise ValueError("the message names no owners")


def _send(owner: str, due_at: float, services: Services, context: "LambdaContext") -> None:
    due = services.users.digest(owner)
    if due is None or due.due_at != due_at:
        return  # it was sent already, or put off
    profile = services.users.profile(owner)
    news = services.users.open_news(owner)
    reference = f"{owner}.digest.{int(due_at)}"
    told: list[str] = []
    names = [one.name for one in news]
    assets = _still_there(owner, news, services)
    state = ReportState.DELIVERED
    if profile.delivery is Delivery.NONE:
        told = names
    elif profile.email is None:  # nobody has confirmed an address yet: the news waits until somebody does
        count("DigestsPutOff")
        told = [name for name in names if name not in assets]
    else:
        match ses.verdict(profile.email, reference, services, owner):
            case Verdict.GO:
                try:
                    told = _mail(profile.email, reference, profile, names, assets, services, context)
                except DeliveryError as exc:
                    logger.error("digest cannot be delivered", extra={"code": exc.code})
                    count("DigestsUndeliverable")
                    told, state = names, ReportState.UNDELIVERABLE
            case Verdict.SUPPRESSED:
                count("DigestsUndeliverable")
                told, state = names, ReportState.UNDELIVERABLE
            case Verdict.LATER:  # there was too much mail today: the news waits for the next digest
                count("DigestsPutOff")
    for name in told:
        if name in assets and assets[name].report is ReportState.UNADDRESSED:
            services.store.note_told(assets[name].run, state)
    services.users.mark_told(owner, told, reference)
    _settle(due, profile, services)


def _mail(
    recipient: str,
    reference: str,
    profile: Profile,
    names: list[str],
    assets: Mapping[str, Asset],
    services: Services,
    context: "LambdaContext",
) -> list[str]:
    """Mail the digest. Returns what was in the mail of this due time, which may have been sent by an earlier call.

    Raises DeliveryError.
    """
    entries = [_entry(asset, number, services) for number, asset in enumerate(assets.values())]
    if not entries:
        return names
    unsubscribe = recipients.unsubscribe_url(profile, links.OWN, services)
    envelope = ses.envelope(recipient, reference, services, unsubscribe_url=unsubscribe)

    def letter() -> Letter:
        built = build_digest(entries, recipients.owner(profile, services))
        services.pace.wait()
        return built

    return send_once(letter, envelope, MailKind.DIGEST, services, context, names)


def _settle(due: Due, profile: Profile, services: Services) -> None:
    """Nothing is due any more, or there has been news in the meantime, which waits for the next one."""
    if services.users.open_news(due.owner):
        services.users.settle_digest(due, due_next(profile, services))
    elif not services.users.settle_digest(due, None):
        newer = services.users.digest(due.owner)
        if newer is not None and newer.due_at == due.due_at:
            services.users.settle_digest(newer, due_next(profile, services))


def _still_there(owner: str, news: list[News], services: Services) -> dict[str, Asset]:
    """The assets of the news, by its name: the latest version of each, none that is gone, or held no more."""
    found = ((one, services.store.get(AssetRef(owner, one.asset_id))) for one in news)
    return {
        one.name: asset.as_given_out
        for one, asset in found
        if asset is not None and asset.version == one.version and one.is_held == (asset.status is Status.HELD)
    }


def _entry(asset: Asset, number: int, services: Services) -> DigestEntry:
    """What there is to tell of an asset, the one of this number in the digest."""
    summary = None if asset.is_withheld else services.outputs.read_text(SUMMARY.key(asset, "txt"))
    preview = _preview(asset, services) if number < MOST_PICTURES else None
    return DigestEntry(asset, summary, preview, recipients.asset_page(asset.ref, services))


def _preview(asset: Asset, services: Services) -> bytes | None:
    """A picture of the recording: the first of its moving preview, of which only the beginning is read."""
    moving = next((rendition for rendition in asset.renditions if rendition.preset == "gif"), None)
    if moving is None:
        return None
    return first_picture(services.outputs.read_range(moving.key, 0, _PREVIEW_BYTES))
