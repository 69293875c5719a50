"""Which job does the work of a run, for services that would start a second one if they were asked again.

An item a run's job, in the table that remembers what was done once. Whoever is to start the job claims it first, by a
conditional write, and notes what the service calls it. In between it can die: then the next one takes the claim over.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.clients.aws import serialize
from chalicelib.storage.updates import Update, apply, plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_REMEMBERED = 30 * 24 * 3600
"""Seconds: longer than any run is looked after."""


@dataclass(frozen=True, slots=True)
class RunJobRecord:
    """What is known of a run's job.

    `turn` counts the claims, and `claimed_at` is when the last one was made (seconds since the epoch); 0 if it was
    never claimed. The job was put into `queue` to leave `parts`: the key of each by the part's name; `asked` is what
    was asked for, in case it has to be tried again. The service calls it `job_id`, unless nobody has noted that yet;
    `gone` are those of before, of which nothing is wanted any more.
    """

    turn: int = 0
    claimed_at: float = 0.0
    queue: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    asked: str = ""
    job_id: str | None = None
    gone: tuple[str, ...] = ()
    was_lost: bool = False
    is_stopped: bool = False


class RunJobs:
    """The items in `table`, whose key is `id`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, name: str) -> RunJobRecord | None:
        """What is known of the job `name`; None if nobody has claimed it."""
        answer = self._client.get_item(TableName=self._table, Key=_key(name), ConsistentRead=True)
        return _record(plain_item(answer["Item"])) if "Item" in answer else None

    def claim(self, name: str, queue: str, parts: Iterable[tuple[str, str]], asked: str) -> RunJobRecord | None:
        """Claim a job that nobody has claimed. Returns None to all but the first, and for one that was stopped."""
        update = Update().set(turn=1, queue=queue, parts=dict(parts), asked=asked, claimed_at=time.time())
        update.require("attribute_not_exists({})", "turn").require("attribute_not_exists({})", "stopped")
        return self._apply(name, update)

    def claim_again(
        self, name: str, known: RunJobRecord, queue: str, *, lost: bool = False, asked: str | None = None
    ) -> RunJobRecord | None:
        """Claim a job for another try, in `queue`. Returns None if somebody else has, or it was stopped.

        The one that is `known` is gone. What is `asked` stays as it was, unless it is told.
        """
        update = Update().set(turn=known.turn + 1, queue=queue, claimed_at=time.time())
        if asked is not None:
            update.set(asked=asked)
        update.require("{} = {}", "turn", known.turn).require("attribute_not_exists({})", "stopped")
        if known.job_id is None:
            update.require("attribute_not_exists({})", "job_id")
        else:
            update.remove("job_id").add_to("gone", {known.job_id})
        return self._apply(name, update.set(lost=True) if lost else update)

    def note(self, name: str, turn: int, job_id: str, queue: str) -> RunJobRecord | None:
        """Note what the service calls the job of this claim. Returns None if there is a later claim."""
        update = Update().set(job_id=job_id, queue=queue).require("{} = {}", "turn", turn)
        return self._apply(name, update)

    def release(self, name: str, turn: int) -> None:
        """Nothing came of this claim: whoever comes next need not wait to see."""
        self._apply(name, Update().set(claimed_at=0).require("{} = {}", "turn", turn))

    def stop(self, name: str) -> RunJobRecord:
        """Have the job never be claimed again. Returns what is known of it."""
        stopped = self._apply(name, Update().set(stopped=True))
        assert stopped is not None, "nothing was required"
        return stopped

    def _apply(self, name: str, update: Update) -> RunJobRecord | None:
        item = apply(self._client, self._table, _key(name), update.set(expiration=int(time.time()) + _REMEMBERED))
        return None if item is None else _record(item)


def _key(name: str) -> dict[str, Any]:
    return {"id": serialize(f"gpu#{name}")}


def _record(item: Mapping[str, Any]) -> RunJobRecord:
    return RunJobRecord(
        int(item.get("turn", 0)),
        float(item.get("claimed_at", 0)),
        item.get("queue", ""),
        item.get("parts", {}),
        item.get("asked", ""),
        item.get("job_id"),
        tuple(sorted(item.get("gone", ()))),
        item.get("lost", False),
        item.get("stopped", False),
    )
