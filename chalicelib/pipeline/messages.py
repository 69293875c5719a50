"""The one message that queues and topics carry: which run to work on. And how messages are worked off."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from chalice.app import SQSEvent

from chalicelib.domain.assets import Asset, AssetRef, RunRef
from chalicelib.observability import about, count, logger
from chalicelib.services import Services
from chalicelib.settings import QUEUES

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_Read = TypeVar("_Read")

ATTEMPTS = "attempts"
"""The attribute of a dead letter that says how often it was worked on."""


class Stage(Protocol):
    """A stage that a queue feeds."""

    def __call__(self, run: RunRef, services: Services) -> object:
        """Work on `run`."""


def encode(run: RunRef, **more: str | int) -> str:
    """`run` as a message's body, with what `more` its reader wants: which branch, or how many tries there were."""
    return json.dumps(naming(run, **more))


def naming(run: RunRef, **more: str | int) -> dict[str, str | int]:
    """The same, before it is written."""
    return {"owner": run.asset.owner, "asset": run.asset.asset_id, "version": run.version, **more}


def to_learning(values: Mapping[str, Any], services: Services, delay: int = 0) -> None:
    """Put a message into the queue `learning`, to come in `delay` seconds; `pipeline/sittings.py` reads it."""
    url = services.settings.queue_url("learning")
    services.aws.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(values), DelaySeconds=delay)


def attributes(asset: Asset) -> dict[str, "MessageAttributeValueTypeDef"]:
    """What subscribers of a topic can filter by: the asset's `status`, `kind` and `owner`."""
    values = {"status": asset.status.value, "owner": asset.ref.owner} | (
        {"kind": asset.kind.value} if asset.kind else {}
    )
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


def attempt(body: str) -> int:
    """How many tries there were before this one."""
    return int(json.loads(body).get("attempt", 0))


def branch_of(body: str) -> tuple[RunRef, str]:
    """The run that a body names, and the branch of it. Raises ValueError if it does not name both."""
    return decode(body), str(json.loads(body).get("branch", ""))


def named_in(body: str, name: str, kind: type[_Read]) -> _Read | None:
    """What a body has under this name, beside its run; None if there is nothing of this kind."""
    value = json.loads(body).get(name)
    return value if isinstance(value, kind) else None


def decode(body: str) -> RunRef:
    """The run that a body names, bare or in the envelope that SNS puts around it. Raises ValueError on all else."""
    values = json.loads(body)
    match values:
        case {"Type": "Notification", "Message": str(message)}:
            values = json.loads(message)
    match values:
        case {"owner": str(owner), "asset": str(asset), "version": int(version)}:
            return RunRef(AssetRef(owner, asset), version)
    raise ValueError("the message names no run")


def work_off(event: SQSEvent, services: Services, work: Stage, give_up: Stage | None = None) -> None:
    """Do `work` on each run that a queue hands over, as `each` has it; `give_up` tells its owner that it failed.

    Without `give_up` the sweep is left to decide.
    """

    def on(stage: Stage) -> Callable[[RunRef], None]:
        def worked(run: RunRef) -> None:
            with about(run.asset):
                stage(run, services)

        return worked

    each(event, services, decode, on(work), on(give_up) if give_up else None)


def each(
    event: SQSEvent,
    services: Services,
    read: Callable[[str], _Read],
    work: Callable[[_Read], object],
    give_up: Callable[[_Read], object] | None = None,
) -> None:
    """Do `work` with what `read` makes of the body of each message that a queue hands over.

    A message on which work has begun as often as the settings allow is given up instead: by `give_up`, and by putting
    it with the dead letters, where operators find it. That also holds if the work killed its process each time. One
    that `read` cannot read (ValueError) never will be, and is put there at once. Whoever dies before SQS hears that
    the message is done has the last step done again: it may be there twice.
    """
    for record in event.to_dict()["Records"]:
        begun = services.attempts.begin(record["messageId"], record["receiptHandle"])
        try:
            values = read(record["body"])
        except (ValueError, RecursionError) as exc:
            logger.error("message cannot be read", extra={"error": type(exc).__name__})
            _bury(record, begun, services)
            continue
        if begun <= services.settings.max_attempts:
            work(values)
            continue
        if give_up is not None:
            give_up(values)
        logger.error("message given up", extra={"attempts": services.settings.max_attempts})
        _bury(record, services.settings.max_attempts, services)


def are_in(queue: str, services: Services) -> bool:
    """Whether anything is in one of the `QUEUES`: to be received, in work, or delayed. SQS counts about right."""
    names: list[QueueAttributeNameType] = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    url = services.settings.queue_url(queue)
    found = services.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return any(int(found.get(name, 0)) for name in names)


def _bury(record: Mapping[str, Any], attempts: int, services: Services) -> None:
    """Put a message with the dead letters of its queue. SQS would, but only after many more rounds."""
    settings, queue = services.settings, record["eventSourceARN"].rpartition(":")[2]
    (name,) = (name for name in QUEUES if settings.queue(name) == queue)
    count("MessagesGivenUp")
    services.aws.sqs.send_message(
        QueueUrl=settings.dead_letters_url(name),
        MessageBody=record["body"],
        MessageAttributes={ATTEMPTS: {"DataType": "Number", "StringValue": str(attempts)}},
    )
