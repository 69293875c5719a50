"""What a deployment says at its end: what was made, and what is left for a person to do."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3

from chalicelib.settings import Settings
from deployment.admin import ADMINS
from deployment.target import Target

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import GetEmailIdentityResponseTypeDef

_FREE_MAIL = re.compile(
    r"(gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|aol|icloud|me|mac|gmx|mail|proton|protonmail|yandex|qq|126|163"
    r"|naver|daum|hanmail|zoho)\.(com|net|de|fr|ru|me|co\.[a-z]{2})|web\.de|pm\.me"
)
"""Domains where anybody may have an address. SES cannot sign as one of them, so what it sends in their name fails their
DMARC policy: https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dmarc.html"""


def summary(target: Target, session: boto3.Session, settings: Settings, api: str) -> list[str]:
    """What was made, and what is left for a person to do."""
    lines = [f"pages: {settings.pages_url}"] if settings.pages_url else []
    lines += [
        f"API: {api}",
        f"recordings go to s3://{settings.uploads_bucket}/input/, results to s3://{settings.output_bucket}/output/",
        "",
        "Left to do by hand:",
        f"- Confirm the subscription to alarms and failed assets, in the mail that SNS sent to {target.admin_email}.",
    ]
    place = f"STAGE={target.stage} REGION={session.region_name}"
    if settings.user_pool is not None and not _has_administrators(session, settings.user_pool):
        lines.append(
            f"- Make the first account, an administrator's: make admin EMAIL={target.admin_email} {place}\n"
            "  Whoever has signed in before that signs in again: only a new token says that they administer."
        )
    lines += _about_mail(target, session)
    lines.append(f"- See whether all of it works, from the upload to the mail: make smoke {place}")
    return lines


def _about_mail(target: Target, session: boto3.Session) -> list[str]:
    lines = []
    ses = session.client("sesv2")
    found = identity(ses, target.report_sender)
    if found is None or not found["VerifiedForSendingStatus"]:
        lines.append(f"- Confirm the sender, in the mail that SES sent to {target.report_sender}.")
    domain = target.report_sender.rpartition("@")[2].lower()
    if _FREE_MAIL.fullmatch(domain):
        lines.append(
            f"- Send from a domain of your own: mail that SES sends as {target.report_sender} fails the DMARC policy "
            f"of {domain}, so that it is refused or taken for spam. Verify your domain in SES, with DKIM, and deploy "
            "again with REPORT_SENDER=reports@your.domain. "
            "https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dmarc.html"
        )
    if not ses.get_account().get("ProductionAccessEnabled"):
        lines.append(
            "- Leave the SES sandbox: until then mails reach confirmed addresses only. "
            "https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html"
        )
    return lines


def _has_administrators(session: boto3.Session, pool: str) -> bool:
    cognito = session.client("cognito-idp")
    return bool(cognito.list_users_in_group(UserPoolId=pool, GroupName=ADMINS, Limit=1)["Users"])


def sender_identity(ses: "SESV2Client", sender: str, made: Mapping[str, str]) -> str:
    """Whether the stack is to "create" the sender's identity, or SES has an "existing" one that is not the stack's."""
    ours = (made.get("ReportSender"), made.get("SenderIdentity")) == (sender, "create")
    return "existing" if not ours and identity(ses, sender) is not None else "create"


def identity(ses: "SESV2Client", sender: str) -> "GetEmailIdentityResponseTypeDef | None":
    """What SES knows of this address, or else of its domain; None if it knows neither."""
    for name in (sender, sender.partition("@")[2]):
        try:
            return ses.get_email_identity(EmailIdentity=name)
        except ses.exceptions.NotFoundException:
            continue
    return None
