"""The one message that queues and topics carry: which run to work on."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from chalice.app import SQSEvent

from chalicelib.assets import Asset, AssetRef, RunRef
from chalicelib.errors import RapporteurError
from chalicelib.observability import about, count, logger
from chalicelib.services import Services

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef


class GivenUp(RapporteurError):
    """A message was worked on too often; raised on purpose, so that SQS moves it to the dead-letter queue."""

    code = "given-up"


class Stage(Protocol):
    """A stage that a queue feeds."""

    def __call__(self, run: RunRef, services: Services) -> object:
        """Work on `run`."""


def encode(run: RunRef, attempt: int = 0) -> str:
    """`run` as a message's body; `attempt` counts the tries before it, where a stage counts them itself."""
    values = {"owner": run.asset.owner, "asset": run.asset.asset_id, "version": run.version}
    return json.dumps(values | ({"attempt": attempt} if attempt else {}))


def attributes(asset: Asset) -> dict[str, "MessageAttributeValueTypeDef"]:
    """What subscribers of a topic can filter by: the asset's `status`, `kind` and `owner`."""
    values = {"status": asset.status.value, "owner": asset.ref.owner} | (
        {"kind": asset.kind.value} if asset.kind else {}
    )
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


def attempt(body: str) -> int:
    """How many tries there were before this one."""
    return int(json.loads(body).get("attempt", 0))


def decode(body: str) -> RunRef:
    """The run that a body names, bare or in the envelope that SNS puts around it. Raises ValueError on all else."""
    values = json.loads(body)
    if isinstance(values, dict) and values.get("Type") == "Notification":
        values = json.loads(values["Message"])
    match values:
        case {"owner": str(owner), "asset": str(asset), "version": int(version)}:
            return RunRef(AssetRef(owner, asset), version)
    raise ValueError("the message names no run")


def work_off(event: SQSEvent, services: Services, work: Stage, give_up: Stage | None = None) -> None:
    """Do `work` on each run that a queue hands over.

    A run that has been received more often than the settings allow is given up instead: its owner is told by `give_up`,
    and the message goes on to the dead-letter queue, where operators find it. That also holds if the work killed its
    process each time. Without `give_up` the sweep is left to decide.
    """
    for body, receives in records(event):
        run = decode(body)
        with about(run.asset):
            if receives <= services.settings.max_attempts:
                work(run, services)
                continue
            if give_up is not None:
                give_up(run, services)
            count("MessagesGivenUp")
            logger.error("message given up", extra={"receives": receives})
            raise GivenUp(f"The message was worked on {services.settings.max_attempts} times without success.")


def records(event: SQSEvent) -> Iterable[tuple[str, int]]:
    """The messages of an event: the body, and how often it was received."""
    found: list[dict[str, Any]] = event.to_dict()["Records"]
    for record in found:
        yield record["body"], int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
