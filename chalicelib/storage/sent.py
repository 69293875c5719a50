"""The notes of which mails were sent: Powertools' idempotency, in the table of that name."""

from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TRIES = 3


class SentMails(DynamoDBPersistenceLayer):
    """Tries harder to note that a mail was sent, since a note that is not written means a second mail.

    To be made once a process: each one made adds a handler to the client, which slows all its calls. A call needs a
    copy of its own, since it writes into it what it is about.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        super().__init__(table_name=table, boto3_client=client)

    def _update_record(self, data_record: DataRecord) -> None:
        for left in reversed(range(_TRIES)):
            try:
                super()._update_record(data_record)
            except (BotoCoreError, ClientError):
                if not left:
                    raise
            else:
                return
