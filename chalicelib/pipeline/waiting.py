"""The queues that feed the work. What an engine has no room for just now goes back, to come again: no failure.

A postponed run is a new message with a delay, so that the receives of the old one are not held against it. There is one
such message for a run's intake, and one for each of its branches, however many events found the engine busy.
"""

import json
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
    ANALYSIS = "analysis"
    """Each message names a run, and the branch of it whose turn has come; or the edition of its transcript that was
    corrected; or the language to put its captions into; or the clip to cut of it. Or an account, and a question of
    it."""


def intake_of(asset: Asset) -> Queue:
    """The queue that an accepted upload waits in: what is urgent does not wait behind what is not."""
    return Queue.URGENT if asset.options.urgent else Queue.INTAKE


def enqueue(run: RunRef, branch: str, services: Services, delay: int = 0) -> None:
    """Tell a branch that its turn has come, or comes in `delay` seconds."""
    _send(Queue.ANALYSIS, messages.encode(run, branch=branch), services, delay)


def enqueue_corrected(run: RunRef, edition: int, services: Services, delay: int = 0) -> None:
    """Tell that what was made of a transcript is to be made anew from this edition (`remaking.py`)."""
    _send(Queue.ANALYSIS, messages.encode(run, corrected=edition), services, delay)


def enqueue_translation(run: RunRef, language: str, services: Services, delay: int = 0) -> None:
    """Tell that captions are to be put into a language (`translating.py`)."""
    _send(Queue.ANALYSIS, messages.encode(run, translated=language), services, delay)


def enqueue_clip(run: RunRef, clip: str, services: Services, delay: int = 0) -> None:
    """Tell that a clip is to be cut (`clips.py`)."""
    _send(Queue.ANALYSIS, messages.encode(run, clip=clip), services, delay)


def enqueue_question(owner: str, question_id: str, services: Services, delay: int = 0) -> None:
    """Tell that a question of an account is to be answered (`answering.py`): the one message that names no run."""
    _send(Queue.ANALYSIS, json.dumps({"owner": owner, "question": question_id}), services, delay)


def postpone_intake(asset: Asset, services: Services) -> None:
    """Have the current run of `asset` come back to its intake after a while, unless it is on its way there."""
    if delay := _claim(asset.run, Queue.INTAKE, services):
        _send(intake_of(asset), messages.encode(asset.run), services, delay)


def postpone(run: RunRef, branch: str, services: Services) -> None:
    """Have the turn of a branch come again after a while, unless it is on its way."""
    if delay := _claim(run, branch, services):
        enqueue(run, branch, services, delay)


def _send(queue: Queue, body: str, services: Services, delay: int) -> None:
    services.aws.sqs.send_message(QueueUrl=services.settings.queue_url(queue), MessageBody=body, DelaySeconds=delay)


def _claim(run: RunRef, waiter: str, services: Services) -> int:
    """The seconds to wait, for whoever may send the message; 0 for all others."""
    settings = services.settings
    own_share = zlib.crc32(f"{run.asset.asset_id}.{int(time.time())}".encode()) / 2**32
    delay = min(round(settings.busy_delay_seconds * (1 + own_share * (_SPREAD - 1))), _LONGEST_DELAY)
    if not services.store.claim_wait(run, waiter, delay):
        return 0
    count("WorkPostponed")
    return delay
