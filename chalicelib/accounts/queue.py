"""What is done to a whole account, and takes too long for a request: a copy of all its data, or its end.

Both can be done again from the start, whatever they died of.
"""

import json
from enum import StrEnum

from chalice.app import SQSEvent

from chalicelib.accounts import erasure, export
from chalicelib.observability import logger
from chalicelib.pipeline import messages
from chalicelib.services import Services


class AccountTask(StrEnum):
    """What can be done to an account."""

    EXPORT = "export"
    ERASE = "erase"


REQUESTS_END = 60
"""Seconds after which every request has ended that was let in: twice what the API's function may take
(`.chalice/config.json`)."""


def send(owner: str, task: AccountTask, services: Services) -> None:
    """Have `task` done. An erasure begins when all requests have ended that came before it: they may still store."""
    body = json.dumps({"owner": owner, "task": task})
    url, delay = services.settings.account_queue_url, REQUESTS_END if task is AccountTask.ERASE else 0
    services.aws.sqs.send_message(QueueUrl=url, MessageBody=body, DelaySeconds=delay)


def work(event: SQSEvent, services: Services) -> None:
    """Do what a queue hands over. What breaks down too often goes to the dead-letter queue, for operators to see."""

    def do(asked: tuple[str, AccountTask]) -> None:
        owner, task = asked
        if task is AccountTask.EXPORT:
            export.export(owner, services)
        else:
            erasure.erase_account(owner, services)
        logger.info("account work done", extra={"task": task.value})

    def give_up(asked: tuple[str, AccountTask]) -> None:
        owner, task = asked
        if task is AccountTask.EXPORT:
            export.fail_export(owner, services)

    messages.each(event, services, _read, do, give_up)


def _read(body: str) -> tuple[str, AccountTask]:
    match json.loads(body):
        case {"owner": str(owner), "task": str(task)}:
            return owner, AccountTask(task)
    raise ValueError("the message names no work on an account")
