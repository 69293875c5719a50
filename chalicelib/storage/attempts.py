"""How often work on a queue's message has begun.

That is not how often it was received: what Lambda received and then had no room for was received too, and nobody worked
on it (https://docs.aws.amazon.com/lambda/latest/operatorguide/sqs-retries.html).
"""

import hashlib
import time
from typing import TYPE_CHECKING

from chalicelib.clients.aws import serialize
from chalicelib.storage.updates import Update, apply

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_REMEMBERED = 15 * 24 * 3600
"""Seconds; a message lives for at most 14 days:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""


class Attempts:
    """An item a message in `table`, whose key is `id`: the receipts with which work on it began."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def begin(self, message_id: str, receipt: str) -> int:
        """Note that work begins on a message, received as `receipt`. Returns how often it has begun, this one counted.

        A set, not a number: a call that is made again by itself, since its answer was lost, counts once.
        """
        short = hashlib.sha256(receipt.encode()).hexdigest()[:16]
        update = Update().add_to("begun", {short}).set(expiration=int(time.time()) + _REMEMBERED)
        item = apply(self._client, self._table, {"id": serialize(f"attempt#{message_id}")}, update)
        assert item is not None, "nothing was required"
        return len(item["begun"])
