"""Send a mail once, whoever asks again.

What is promised: it is sent once, with one exception that no sender can close. If SES took the mail but its answer was
lost, or the process died before it could note the answer, it is sent again, under the same reference.
"""

from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.delivery import mail
from chalicelib.errors import DeliveryError
from chalicelib.observability import count
from chalicelib.services import Services

_REMEMBERED_SECONDS = 30 * 24 * 3600
_FINAL_REFUSALS = frozenset({"MessageRejected", "BadRequestException"})
_NOTE_TRIES = 3


class _StubbornNotes(DynamoDBPersistenceLayer):
    """Tries harder to note that a mail was sent, since a note that is not written means a second mail."""

    def _update_record(self, data_record: DataRecord) -> None:
        for left in reversed(range(_NOTE_TRIES)):
            try:
                super()._update_record(data_record)
            except (BotoCoreError, ClientError):
                if not left:
                    raise
            else:
                return


def send_once(
    message: bytes,
    recipient: str,
    reference: str,
    kind: str,
    services: Services,
    lambda_context: Any,  # noqa: ANN401
    about: list[str] | None = None,
) -> list[str]:
    """Send `message`, unless one with this `reference` and `kind` ("report", "digest") was sent already.

    Returns what the mail that was sent, now or then, was `about`. Raises DeliveryError if SES refuses it for good.
    """
    settings = services.settings
    config = IdempotencyConfig(expires_after_seconds=_REMEMBERED_SECONDS, lambda_context=lambda_context)
    notes = _StubbornNotes(table_name=settings.idempotency_table, boto3_client=services.aws.dynamodb)

    @idempotent_function(data_keyword_argument="once", persistence_store=notes, config=config, key_prefix=kind)  # type: ignore[untyped-decorator]
    def send(once: str) -> list[str]:
        try:
            services.aws.ses.send_email(
                FromEmailAddress=settings.report_sender,
                Destination={"ToAddresses": [recipient]},
                Content={"Raw": {"Data": message}},
                **mail.sending(settings),
            )
        except ClientError as exc:
            if exc.response["Error"]["Code"] in _FINAL_REFUSALS:
                raise DeliveryError(f"The mail service refused the {kind} for good.") from exc
            raise
        if kind == "report":
            count("ReportsMailed")
        else:
            count("DigestsMailed")
        return about or []

    told: list[str] = send(once=reference)
    return told
