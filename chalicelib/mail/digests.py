"""The digest: once a day, at an hour of the owner's own morning, one mail with all that has ended since the last one.

News is noted on the owner, and makes the owner's digest due; an hourly schedule finds the owners whose digest is due,
and queues them a page at a time. What that costs follows the news, not the number of owners. A digest is mailed once
for each due time, and what is in it is marked as told by what was noted with the mail, whichever call gets to it.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from chalice.app import SQSEvent

from chalicelib.domain import addresses
from chalicelib.domain.accounts import Delivery, Due, News, Profile, Remark
from chalicelib.domain.assets import Asset, AssetRef, ReportState, Status
from chalicelib.domain.batched import batched
from chalicelib.errors import DeliveryError, StoreError
from chalicelib.letters.digest import DigestEntry, Remarks, build_digest
from chalicelib.letters.letter import Letter
from chalicelib.letters.preview import first_picture
from chalicelib.letters.rendering import shown_name
from chalicelib.mail import links, recipients, ses
from chalicelib.mail.news import due_next
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
    assets = _still_there(owner, [one for one in news if one.remark is None], services)
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
                    remarks = _remarks(profile, news, services) if profile.comments else []
                    told = _mail(profile.email, reference, profile, names, assets, remarks, services, context)
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
    remarks: Sequence[Remarks],
    services: Services,
    context: "LambdaContext",
) -> list[str]:
    """Mail the digest. Returns what was in the mail of this due time, which may have been sent by an earlier call.

    Raises DeliveryError.
    """
    entries = [_entry(asset, number, services) for number, asset in enumerate(assets.values())]
    if not entries and not remarks:
        return names
    unsubscribe = recipients.unsubscribe_url(profile, links.OWN, services)
    envelope = ses.envelope(recipient, reference, services, unsubscribe_url=unsubscribe)

    def letter() -> Letter:
        built = build_digest(entries, recipients.owner(profile, services), remarks)
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


def _remarks(profile: Profile, news: list[News], services: Services) -> list[Remarks]:
    """What others have done with comments, a recording each: of those comments that are still there, where the owner of
    the news may still read it. Of what is said in them, nothing.
    """
    told: dict[AssetRef, list[News]] = {}
    for one in news:
        if one.remark is not None and one.of is not None:
            told.setdefault(AssetRef(one.of, one.asset_id), []).append(one)
    found = []
    for ref, about in told.items():
        asset = services.store.get(ref)
        if asset is None or not _may_read(profile, asset, services):
            continue
        marks = {mark.id: mark for mark in services.marks.of(ref)}
        there = [(one.remark, marks[one.mark]) for one in about if one.mark in marks]
        comments = sum(remark is Remark.COMMENT and mark.resolved_at is None for remark, mark in there)
        resolved = sum(remark is Remark.RESOLVED and mark.resolved_at is not None for remark, mark in there)
        if comments or resolved:
            found.append(Remarks(shown_name(asset), comments, resolved, recipients.asset_page(ref, services)))
    return found


def _may_read(profile: Profile, asset: Asset, services: Services) -> bool:
    if asset.ref.owner == profile.owner:
        return True
    if profile.email is None or not asset.is_for_others:
        return False
    right = services.grants.right(addresses.fingerprint(profile.email), asset.ref.asset_id)
    return right is not None and right.owner == asset.ref.owner


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
