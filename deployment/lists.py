"""What the templates name by a word, and write out once for each: queues, functions, renditions. Pure.

A template says `ForEach: queues`; each entry of that list has the words that stand there as `<queue>`. The lists come
from where the app itself has them, so that a new queue or function gets its dead letters, log group and alarms by being
one.
"""

import ast
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from chalicelib.domain import keys, presets
from chalicelib.engines.batch import TASKS
from chalicelib.settings import QUEUES
from deployment.policies import API
from deployment.target import CONFIG, ROOT

Entry: TypeAlias = Mapping[str, str | int]
"""The words of one entry."""

_VISIBILITY = 6
"""Times a function's time-out: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""

_TOPICS = {
    "jobs": "JobEnds",
    "report": "Finished",
    "webhook": "Finished",
    "learning": "Finished",
    "feedback": "MailEvents",
}
"""Queues that a topic sends to, and that topic's name in the template; to the others only we send."""

_GIVEN_UP = {
    "jobs": "What a service told of a job could not be taken in, however often it was tried.",
    "digest": "Digests could not be sent, however often it was tried.",
    "webhook": "A finished asset could not be looked up for its owner's program, however often it was tried.",
    "learning": "What was corrected could not be taken in, or a training or an index broke down, however often it was"
    " tried.",
    "account": "An account could not be copied or erased, however often it was tried.",
    "feedback": "What became of a mail could not be noted, however often it was tried.",
}
_ASSET_GIVEN_UP = "A message was worked on too often and given up. Its asset is failed, its owner told."

MOST_ZONES = 6
"""No region has more availability zones."""

JOB_RESULTS = (
    *(f"jobs/{task}" for task in TASKS.values()),
    keys.Folder.RUN_JOB,
)
"""The folders of results that the job on a GPU may write to, and look into."""

_FOR_REQUESTS = frozenset(
    {
        API,
        "on_urgent_intake",
        "on_digest_hour",
        "on_digest",
        "on_webhook",
        "on_feedback",
        "on_operators_day",
        "on_account",
    }
)
"""Functions whose errors are counted by an alarm of their own: one alarm takes ten metrics."""


@cache
def lists() -> Mapping[str, Sequence[Entry]]:
    """All lists, by the name that templates call them by."""
    queues = list(_queues())
    functions = [API, *handlers()]
    zones = list(_zones())
    return {
        "queues": queues,
        "queues-of-topics": [one for one in queues if one["queue"] in _TOPICS],
        "queues-of-our-own": [one for one in queues if one["queue"] not in _TOPICS],
        "functions": _functions(functions),
        "functions-for-requests": _functions(one for one in functions if one in _FOR_REQUESTS),
        "functions-for-recordings": _functions(one for one in functions if one not in _FOR_REQUESTS),
        "zones": zones,
        "zones-at-least": zones[:2],
        "zones-if-any": zones[2:],
        "job-results": [{"folder": folder} for folder in JOB_RESULTS],
        # Not the preview, which every list of recordings shows, nor the sound for engines, which is of use for a day.
        "renditions": [{"rendition": preset.name} for preset in (presets.WEB, presets.PHONE, presets.AUDIO)],
    }


def handlers() -> dict[str, str | None]:
    """The functions of `app.py`, in its order, each with the queue that it works off, if it does.

    Read from the source: to import the app is to need its settings, which the stacks are made for in the first place.
    """
    tree = ast.parse((ROOT / "app.py").read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    return {function.name: _queue_of(function) for function in functions}


def _queue_of(function: ast.FunctionDef) -> str | None:
    for node in (node for decorator in function.decorator_list for node in ast.walk(decorator)):
        match node:
            case ast.Call(func=ast.Attribute(attr="queue"), args=[ast.Constant(value=str(queue))]):
                return queue
    return None


def _queues() -> Iterator[Entry]:
    config = json.loads(CONFIG.read_text())
    worker = {queue: function for function, queue in handlers().items()}
    for queue in QUEUES:
        timeout = config["lambda_functions"].get(worker[queue], {}).get("lambda_timeout", config["lambda_timeout"])
        visibility = _VISIBILITY * timeout
        yield {
            "queue": queue,
            "Queue": queue.capitalize(),
            "visibility": visibility,
            # Three tries that all failed, and one in work, are no reason to be told that nothing is worked on.
            "oldest": (oldest := max(3600, 4 * visibility)),
            "hours": oldest // 3600,
            "given-up": _GIVEN_UP.get(queue, _ASSET_GIVEN_UP),
            "Topic": _TOPICS.get(queue, ""),
        }


def _zones() -> Iterator[Entry]:
    """Places for a subnet of machines with a GPU, each with the third number of its addresses."""
    for index in range(MOST_ZONES):
        yield {"number": index + 1, "index": index, "Subnet": f"Subnet{index + 1}", "third": 16 * index}


def _functions(names: Iterable[str]) -> list[Entry]:
    return [
        {
            "id": "api" if name == API else name,
            "Function": "Api" if name == API else "".join(part.capitalize() for part in name.split("_")),
            # Chalice's name of the function that answers the REST API ends with the stage.
            "function": "" if name == API else f"-{name}",
        }
        for name in names
    ]
