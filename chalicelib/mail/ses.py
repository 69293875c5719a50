"""Hands mails to SES; and says beforehand whether one may go."""

from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.domain import addresses
from chalicelib.errors import DeliveryError
from chalicelib.letters.letter import Letter
from chalicelib.mail.message import Envelope, compose
from chalicelib.observability import count, logger
from chalicelib.services import Services

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import SendEmailRequestTypeDef

_FINAL_REFUSALS = frozenset({"MessageRejected", "BadRequestException"})
_DENIALS = frozenset({"AccessDenied", "AccessDeniedException"})

REFERENCE_TAG = "reference"
"""The tag of a mail that SES's events bring back; what a tag may hold has no dots, and a reference no underscores.
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html"""


class MailKind(StrEnum):
    """What a mail is."""

    REPORT = "report"
    COPY = "copy"
    DIGEST = "digest"
    NOTICE = "notice"
    INVITATION = "invitation"
    OPERATOR = "operator"


class Verdict(Enum):
    """Whether a mail may go: it may; not to this address; or not today, since there were too many."""

    GO = "go"
    SUPPRESSED = "suppressed"
    LATER = "later"


def verdict(recipient: str, reference: str, services: Services, owner: str | None) -> Verdict:
    """Whether the mail `reference` may go to `recipient`. It is then counted, once, against the limits of the address
    and of the `owner` for whom it is sent; without one, nothing is.
    """
    address_id = addresses.fingerprint(recipient)
    if services.mails.standing(address_id).suppressed_at is not None:
        return Verdict.SUPPRESSED
    if owner is None:
        return Verdict.GO
    most = services.settings.mails_a_day
    counted = services.mails.claim_of_owner(owner, reference, most)
    return Verdict.GO if counted and services.mails.claim_of_address(address_id, reference, most) else Verdict.LATER


def envelope(
    recipient: str, reference: str, services: Services, thread: str | None = None, unsubscribe_url: str | None = None
) -> Envelope:
    """An envelope from the deployment's own address; the rest as `Envelope` has it."""
    settings = services.settings
    return Envelope(settings.report_sender, recipient, reference, settings.report_reply_to, thread, unsubscribe_url)


def send(letter: Letter, envelope: Envelope, kind: MailKind, services: Services) -> None:
    """Send a mail. Raises DeliveryError if it can never be sent, whatever SES's client raises if it may be later.

    That this deployment may not send is for operators to mend, who are told; the mail is tried again until then.
    """
    message = compose(letter, envelope)
    asked: SendEmailRequestTypeDef = {
        "FromEmailAddress": envelope.sender,
        "Destination": {"ToAddresses": [addresses.normal(envelope.recipient)]},
        "Content": {"Raw": {"Data": message}},
        "EmailTags": [
            {"Name": "kind", "Value": kind.value},
            {"Name": REFERENCE_TAG, "Value": envelope.reference.replace(".", "_")},
        ],
    }
    if services.settings.ses_configuration_set is not None:
        asked["ConfigurationSetName"] = services.settings.ses_configuration_set
    try:
        services.aws.ses.send_email(**asked)
    except ClientError as exc:
        if exc.response["Error"]["Code"] in _FINAL_REFUSALS:
            raise DeliveryError(f"The mail service refused the {kind.value} for good.") from exc
        if is_denial(exc):
            logger.error("SES does not let this deployment send mail", extra={"kind": kind.value})
            count("MailsDenied")
        raise


def is_denial(exc: ClientError) -> bool:
    """Whether SES said that this deployment may not send."""
    return exc.response["Error"]["Code"] in _DENIALS
