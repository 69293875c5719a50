"""What comes back of mails: SES tells of bounces, complaints, rejections and delays.

An address that is no address, or whose owner calls our mail spam, gets nothing more until that owner says so on their
page. A bounce that may pass is tried again, in a digest an hour later; after `MOST_SOFT_BOUNCES` of them within
`SOFT_WINDOW` seconds the address is suppressed too. Events may come twice, late and out of order.

The shapes are those of https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from email.utils import parseaddr

from chalice.app import SQSEvent
from pydantic import BaseModel, Field

from chalicelib.domain import addresses, keys
from chalicelib.domain.accounts import News, Trouble
from chalicelib.mail.ses import REFERENCE_TAG
from chalicelib.observability import count, logger
from chalicelib.pipeline import messages
from chalicelib.services import Services

MOST_SOFT_BOUNCES = 3
SOFT_WINDOW = 14 * 24 * 3600.0
AGAIN_AFTER = 3600.0
_LONGEST_DETAIL = 300
_ANY_ADDRESS = re.compile(r"\S+@\S+")
_DIGEST = re.compile(r"(?P<owner>[^.]+)\.digest\.[0-9]+")
_METRICS = {
    Trouble.BOUNCE: "MailsBounced",
    Trouble.BOUNCES: "MailsBouncedSoftly",
    Trouble.COMPLAINT: "MailsComplainedAbout",
    Trouble.REJECT: "MailsRejected",
    Trouble.DELAY: "MailsDelayed",
}


class _Person(BaseModel):
    emailAddress: str  # noqa: N815 - SES's own names here and below
    diagnosticCode: str | None = None  # noqa: N815


class _Bounce(BaseModel):
    bounceType: str  # noqa: N815
    bouncedRecipients: list[_Person]  # noqa: N815
    timestamp: datetime
    feedbackId: str  # noqa: N815


class _Complaint(BaseModel):
    complainedRecipients: list[_Person]  # noqa: N815
    timestamp: datetime
    feedbackId: str  # noqa: N815


class _Delay(BaseModel):
    delayedRecipients: list[_Person]  # noqa: N815
    timestamp: datetime


class _Reject(BaseModel):
    reason: str


class _Mail(BaseModel):
    messageId: str  # noqa: N815
    timestamp: datetime
    destination: list[str]
    tags: dict[str, list[str]] = Field(default_factory=dict)


class _Event(BaseModel):
    """One of those that our configuration set asks for; of any other kind all four are None."""

    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    deliveryDelay: _Delay | None = None  # noqa: N815
    reject: _Reject | None = None


class _Return(BaseModel):
    """What came back from one address: at the moment `at` (seconds since the epoch), as the event `id`."""

    address: str
    trouble: Trouble
    at: float
    id: str
    detail: str | None


def take(event: SQSEvent, services: Services) -> None:
    """Take in what SES tells."""

    def note_all(event: _Event | None) -> None:
        if event is None:
            logger.info("message that tells of no mail passed over")
            return
        for came_back in _returns(event):
            _note(came_back, event.mail, services)

    messages.each(event, services, _read, note_all)


def _read(body: str) -> _Event | None:
    """What SES tells in a message; None if that is not about a mail, as the test that it sends when its events are led
    to the topic: "Successfully validated SNS topic for Amazon SES event publishing."

    Raises ValueError (pydantic's ValidationError is one) for what SES cannot have said.
    """
    envelope = json.loads(body)
    if not isinstance(envelope, dict) or not isinstance(envelope.get("Message"), str):
        raise ValueError("the message is none of a topic's")
    if envelope.get("Type") != "Notification":
        return None  # SNS's own, of subscriptions
    try:
        told = json.loads(envelope["Message"])
    except ValueError:
        return None
    if not isinstance(told, dict) or "eventType" not in told:
        return None
    return _Event.model_validate(told)


def _returns(event: _Event) -> Iterator[_Return]:
    if event.bounce is not None:
        bounce = event.bounce
        trouble = Trouble.BOUNCE if bounce.bounceType == "Permanent" else Trouble.BOUNCES
        yield from _each(bounce.bouncedRecipients, trouble, bounce.timestamp, bounce.feedbackId)
    elif event.complaint is not None:
        complaint = event.complaint
        yield from _each(complaint.complainedRecipients, Trouble.COMPLAINT, complaint.timestamp, complaint.feedbackId)
    elif event.deliveryDelay is not None:
        delay = event.deliveryDelay
        name = f"{event.mail.messageId}.{delay.timestamp.isoformat()}"
        yield from _each(delay.delayedRecipients, Trouble.DELAY, delay.timestamp, name)
    elif event.reject is not None:
        # SES found what it takes for a virus in it. Its event names nobody but those whom the mail was for.
        people = [
            _Person(emailAddress=address, diagnosticCode=event.reject.reason) for address in event.mail.destination
        ]
        yield from _each(people, Trouble.REJECT, event.mail.timestamp, event.mail.messageId)


def _each(people: list[_Person], trouble: Trouble, at: datetime, event_id: str) -> Iterator[_Return]:
    for person in people:
        address = parseaddr(person.emailAddress)[1] or person.emailAddress
        # The other server's words often have the address in them, which is not kept here.
        said = _ANY_ADDRESS.sub("…", person.diagnosticCode)[:_LONGEST_DETAIL] if person.diagnosticCode else None
        yield _Return(address=address, trouble=trouble, at=at.timestamp(), id=event_id, detail=said)


def _note(came_back: _Return, mail: _Mail, services: Services) -> None:
    address_id = addresses.fingerprint(came_back.address)
    suppress = came_back.trouble in {Trouble.BOUNCE, Trouble.COMPLAINT}
    if came_back.trouble is Trouble.BOUNCES:
        bounces = services.mails.count_soft_bounce(address_id, came_back.id, came_back.at, SOFT_WINDOW)
        suppress = bounces >= MOST_SOFT_BOUNCES
        if not suppress:
            _tell_again(mail, services)
    services.mails.note_trouble(address_id, came_back.trouble, came_back.at, came_back.detail, suppress=suppress)
    services.ledger.note_mail(f"{came_back.id}.{address_id}", came_back.trouble)
    count(_METRICS[came_back.trouble])
    logger.info("mail came back", extra={"trouble": came_back.trouble.value, "suppressed": suppress})


def _tell_again(mail: _Mail, services: Services) -> None:
    """What was in a mail that bounced is told again in a digest, unless it was a copy for somebody else."""
    reference = next(iter(mail.tags.get(REFERENCE_TAG, [])), "").replace("_", ".")
    due_at = time.time() + AGAIN_AFTER
    is_held = reference.endswith(keys.HELD)
    job = keys.parse_job_name(reference.removesuffix(keys.HELD))
    if job is not None:
        owner, run = job.run.asset.owner, job.run
        services.users.note_news(owner, News(run.asset.asset_id, run.version, is_held=is_held), due_at)
    elif digest := _DIGEST.fullmatch(reference):
        owner = digest["owner"]
        services.users.tell_again(owner, reference, due_at)
    else:
        return
    services.users.take_back_late(owner)
