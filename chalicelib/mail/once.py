"""Send a mail once, whoever asks again.

What is promised: it is sent once, with one exception that no sender can close. If SES took the mail but its answer was
lost, or the process died before it could note the answer, it is sent again, under the same reference.
"""

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function

from chalicelib.letters.letter import Letter
from chalicelib.mail import ses
from chalicelib.mail.message import Envelope
from chalicelib.mail.ses import MailKind
from chalicelib.observability import count
from chalicelib.services import Services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_REMEMBERED_SECONDS = 30 * 24 * 3600
_METRICS = {
    MailKind.REPORT: "ReportsMailed",
    MailKind.COPY: "CopiesMailed",
    MailKind.DIGEST: "DigestsMailed",
    MailKind.OPERATOR: "OperatorsMailed",
    MailKind.NOTICE: "NoticesMailed",
    MailKind.INVITATION: "InvitationsMailed",
}


def send_once(
    letter: Callable[[], Letter],
    envelope: Envelope,
    kind: MailKind,
    services: Services,
    context: "LambdaContext",
    about: list[str] | None = None,
) -> list[str]:
    """Send what `letter` makes, unless a mail of this `kind` with the envelope's reference was sent already.

    Returns what the mail that was sent, now or then, was `about`. Raises DeliveryError if it can never be sent.
    """
    config = IdempotencyConfig(expires_after_seconds=_REMEMBERED_SECONDS, lambda_context=context)
    notes = copy.copy(services.sent_mails)

    @idempotent_function(data_keyword_argument="once", persistence_store=notes, config=config, key_prefix=kind.value)  # type: ignore[untyped-decorator]
    def send(once: str) -> list[str]:
        ses.send(letter(), envelope, kind, services)
        count(_METRICS[kind])
        return about or []

    sent: list[str] = send(once=envelope.reference)
    return sent
