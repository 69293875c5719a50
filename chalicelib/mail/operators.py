"""The operators' daily digest: what the day before brought, and what waits for somebody to look at it.

What it costs follows what was done in the month and what is unfinished, not what is stored: the books of a month are
read whole, a few thousand runs a call.
"""

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from chalicelib.domain.accounts import Trouble
from chalicelib.letters.letter import Letter, Reader
from chalicelib.letters.notices import OperatorDay, operators
from chalicelib.mail import recipients, ses
from chalicelib.mail.once import send_once
from chalicelib.mail.ses import MailKind, Verdict
from chalicelib.services import Services
from chalicelib.settings import QUEUES
from chalicelib.storage.ledger import Totals

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_WHENEVER = 365 * 24 * 3600.0
"""Whatever is looked after again within so many seconds: all that is unfinished."""


def tell(now: float, services: Services, context: "LambdaContext") -> None:
    """Tell the operators of the day (in UTC) before `now` (seconds since the epoch), once."""
    recipient = services.settings.admin_email
    if recipient is None:
        return
    day = datetime.fromtimestamp(now, UTC).date() - timedelta(days=1)
    month = list(services.ledger.of_month(day, until=day))
    totals = services.ledger.totals(day, month)
    month_usd = sum((entry.usd for entry in month), Decimal(0))
    reference = f"operators.{day.isoformat()}"
    if ses.verdict(recipient, reference, services, owner=None) is not Verdict.GO:
        return

    def letter() -> Letter:
        return operators(_day(day, totals, month_usd, services), Reader())

    send_once(letter, ses.envelope(recipient, reference, services), MailKind.OPERATOR, services, context)


def _day(day: date, totals: Totals, month_usd: Decimal, services: Services) -> OperatorDay:
    unfinished = list(services.store.overdue(time.time() + _WHENEVER))
    held = list(services.store.held())
    until = services.store.first_expiry(held)
    return OperatorDay(
        day=day,
        ended=totals.ended,
        minutes=float(totals.minutes),
        usd=totals.usd,
        month_usd=month_usd,
        failures=list(totals.failures.items()),
        stuck=services.store.count_stuck(unfinished),
        in_work=len(unfinished),
        dead_letters={name: _dead_letters(name, services) for name in QUEUES},
        mail={
            "bounced": totals.mail.get(Trouble.BOUNCE, 0) + totals.mail.get(Trouble.BOUNCES, 0),
            "complained": totals.mail.get(Trouble.COMPLAINT, 0),
        },
        link=recipients.page("admin", services),
        models={outcome.value: count for outcome, count in services.learning.of_day(day).items()},
        held=len(held),
        held_until=None if until is None else datetime.fromtimestamp(until, UTC).date(),
    )


def _dead_letters(name: str, services: Services) -> int:
    url = services.settings.dead_letters_url(name)
    found = services.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])
