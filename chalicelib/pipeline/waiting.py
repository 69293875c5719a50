"""Work that an engine has no room for just now goes back to its queue, to come again later. Waiting is no failure.

A postponed run is a new message with a delay, so that the receives of the old one are not held against it. Each queue
holds one such message a run, however many events found the engine busy.
"""

import time
import zlib
from enum import StrEnum

from chalicelib.domain.assets import Asset, RunRef
from chalicelib.observability import count
from chalicelib.pipeline import messages
from chalicelib.services import Services

_SPREAD = 2
"""Runs come back after one to two times the delay, each at a moment of its own: a thousand that came back at once would
find the engine as busy as before."""

_LONGEST_DELAY = 900
"""Seconds: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""


class Queue(StrEnum):
    """The queues that feed engines."""

    INTAKE = "intake"
    URGENT = "urgent"
    LANGUAGE = "language"


def intake_of(asset: Asset) -> Queue:
    """The queue that an accepted upload waits in: what is urgent does not wait behind what is not."""
    return Queue.URGENT if asset.options.urgent else Queue.INTAKE


def postpone(run: RunRef, queue: Queue, services: Services) -> None:
    """Have `run` come back to `queue` after a while, unless it is already on its way there."""
    settings = services.settings
    own_share = zlib.crc32(f"{run.asset.asset_id}.{int(time.time())}".encode()) / 2**32
    delay = min(round(settings.busy_delay_seconds * (1 + own_share * (_SPREAD - 1))), _LONGEST_DELAY)
    if services.store.claim_wait(run, queue, delay):
        message = messages.encode(run)
        services.aws.sqs.send_message(QueueUrl=settings.queue_url(queue), MessageBody=message, DelaySeconds=delay)
        count("WorkPostponed")
