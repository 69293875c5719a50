"""What an asset asks of AWS: calls by service, and items written, for a video's whole way over the managed engines."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks.measure import Figure, quiet, run, seconds

if TYPE_CHECKING:
    from tests.harness.aws_calls import Call

WRITES_LIMIT = 18
"""DynamoDB calls that write, of which a video may make 17: 12 of its own, one that enters its run in the books, and one
for each message that it goes through, which counts how often work on that began."""

_WRITING = ("PutItem", "UpdateItem", "BatchWriteItem", "DeleteItem")
_ROUNDS = 8


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    by_service, operations, items = calls_of_a_video()
    writes = sum(operations[f"dynamodb {operation}"] for operation in _WRITING)
    yield Figure("DynamoDB calls that write, for a video", writes, "", WRITES_LIMIT, f"{items} items written")
    for service, count in sorted(by_service.items()):
        listed = ", ".join(
            f"{operation.split()[1]} {times}"
            for operation, times in sorted(operations.items())
            if operation.startswith(f"{service} ")
        )
        yield Figure(f"calls to {service}, for a video", count, "", note=listed)
    cold, bare = cold_imports(2 if quick else _ROUNDS)
    note = f"best of {cold * 1000:.0f} ms and {bare * 1000:.0f} ms, whole processes"
    yield Figure("import app and load all AWS engines, over import boto3 and chalice", cold / bare, "", note=note)


def calls_of_a_video() -> tuple[Counter[str], Counter[str], int]:
    """Calls by service, calls by service and operation, and items written to DynamoDB; the announcement included.

    Not those of the index that is searched, which many recordings share: what these cost stands apart in docs/costs.md.
    """
    from tests.harness.aws_calls import recorded
    from tests.harness.managed import managed_service

    with quiet(), managed_service() as (service, _):
        service.without_index()
        service.settle()  # of what SES sends by itself
        with recorded(service) as calls:
            service.upload()
            service.settle()
    by_service = Counter(call.service for call in calls)
    operations = Counter(f"{call.service} {call.operation}" for call in calls)
    items = sum(_written(call) for call in calls if call.service == "dynamodb" and call.operation in _WRITING)
    return by_service, operations, items


def _written(call: "Call") -> int:
    """The items that a call writes."""
    if call.operation == "BatchWriteItem":
        return sum(map(len, call.asked["RequestItems"].values()))
    return 1


def cold_imports(rounds: int) -> tuple[float, float]:
    """Best whole-process seconds: of the app with every AWS engine loaded, and of boto3 and chalice alone."""
    from tests.harness.managed import ENGINES
    from tests.house.test_settings import GOOD

    chosen = {f"RAPPORTEUR_{name}": value for name, value in ENGINES.items()}
    environment = GOOD | chosen | {"AWS_DEFAULT_REGION": "us-east-1"}

    def running(code: str) -> float:
        return seconds(lambda: run([sys.executable, "-c", code], environment))

    everything = "import app; from chalicelib.services import services; services().load_engines()"
    running(everything)  # so that everything is compiled
    pairs = [(running(everything), running("import boto3, chalice")) for _ in range(rounds)]
    return min(ours for ours, _ in pairs), min(bare for _, bare in pairs)
