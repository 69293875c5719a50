"""What lies in the embedded SQS, without a call for each queue.

Lambda pays nothing for polling a queue that is empty; here each such call costs as much as any other, and most queues
are empty most of the time. The attributes used are moto's own; tests/local/test_queues.py fails if a new version moves
them.
"""

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs import sqs_backends
from moto.sqs.models import Message, Queue


def is_ready(region: str, url: str) -> bool:
    """Whether the queue at `url` holds a message that can be received now."""
    return any(message.visible and not message.delayed for message in _messages(region, url))


def holds(region: str, url: str) -> bool:
    """Whether the queue at `url` holds any message: one that can be received, is being worked on, or is delayed."""
    return bool(_messages(region, url))


def _messages(region: str, url: str) -> list[Message]:
    queue: Queue = sqs_backends[DEFAULT_ACCOUNT_ID][region].queues[url.rsplit("/", 1)[-1]]
    return queue._messages
