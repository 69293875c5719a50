"""Files that are made to be fetched at once, and are nowhere a quarter of an hour later.

What they quote may be erased, corrected away or shared no more at any moment, and nothing leads from there to them. So
none of them is kept: the message that deletes a file is sent before the file is written, and whoever dies in between
leaves a message that deletes nothing. Each has a key of its own, so that a late message takes no other's place.
"""

import secrets

from chalicelib.domain import keys
from chalicelib.pipeline import messages
from chalicelib.services import Services

SECONDS = 900
"""How long such a file is there: as long as its address can be used, and as long as SQS delays a message at most.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html"""


def leave(folder: str, name: str, content: str | bytes, content_type: str, services: Services) -> str:
    """Store a file under `folder`, which ends with a slash, for a short while. Returns its key."""
    key = f"{folder}{secrets.token_hex(8)}/{name}"
    messages.to_learning({"passing": key}, services, SECONDS)
    services.outputs.write(key, content, content_type)
    return key


def forget(key: str, services: Services) -> None:
    """Delete such a file. Raises ValueError if it is none."""
    if not keys.is_board_file(key):
        raise ValueError("the message names no file that goes by itself")
    services.outputs.delete_each([key])
