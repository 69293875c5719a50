"""Digests and mails: what a run of digests costs as owners and news grow, and how fast mails are made.

`python -m benchmarks.digest run` is the digest functions in a process of their own, as Lambda has them: they ask an AWS
over HTTP, so that their memory is theirs alone. `python -m benchmarks.digest first KIND` makes one mail in a new
process. Both print JSON.
"""

import copy
import json
import logging
import math
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from benchmarks.measure import Figure, begin_peak_memory, clock, own_peak_memory, quiet, run, seconds

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from chalicelib.domain.assets import Asset
    from chalicelib.letters.letter import Letter, Reader
    from chalicelib.services import Services

RUNS = ((1_000, 10), (1_000, 100), (10_000, 100), (100_000, 100), (100_000, 1_000))
"""Owners, and how many of them have news: 1 % in the first, the third and the last run, 100 in those between."""

FLAT_LIMIT = 1.01
"""How much more may be asked of DynamoDB for a hundred times the owners, if as many have news."""

LINEAR_LIMIT = 1.1
"""How much more may be asked of DynamoDB for each owner with news, if a hundred times as many have some."""

MEMORY_LIMIT = 1.3
TIME_LIMIT = 1.3
COLLECT_TIME_LIMIT = 1.5
"""Wider, since to collect is done in a tenth of a second."""

RENDER_LIMIT = 2.0
"""How much longer the words of a report's mail may take to make, if a hundred times as much is said."""

DRAINED = 100_000
RATES = (14, 50)
"""Mails a second that SES may allow."""

SHORT, LONG = 100, 10_000
"""Sentences that are said in a recording."""

_Json = dict[str, Any]
KINDS = ("digest", "report")
_ENTRIES = 5
_WARM_SECONDS = 0.6
_ROUNDS = 3
_READ_UNIT = 4096
"""Bytes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html"""

_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
_ADDRESSES = {"PAGES_URL": "https://pages.example/", "API_URL": "https://api.example/"}
_PREVIEW = "output/gif/preview.gif"
_SUMMARY = "The guests spoke about the new park and what it costs. One of them likes the idea but not the plan."


@dataclass(frozen=True, slots=True)
class Part:
    """What a function cost: calls by service and operation, DynamoDB's read units, seconds, and bytes at the peak.

    `busy` are seconds of its own processor time, in which nothing of the embedded AWS is. The memory is the whole
    process's.
    """

    calls: Mapping[str, int]
    read_units: float
    seconds: float
    busy: float
    bytes: int

    def of(self, service: str) -> int:
        """Calls to a service."""
        return sum(count for name, count in self.calls.items() if name.startswith(f"{service} "))

    @property
    def megabytes(self) -> float:
        """At the peak."""
        return self.bytes / 1e6


class Run(NamedTuple):
    """One run of digests: to find the owners whose digest is due, and to send them theirs."""

    stock: int
    news: int
    collect: Part
    deliver: Part

    def of(self, service: str) -> int:
        """Calls to a service."""
        return self.collect.of(service) + self.deliver.of(service)

    @property
    def calls(self) -> int:
        """Calls to DynamoDB."""
        return self.of("dynamodb")

    @property
    def read_units(self) -> float:
        """Of DynamoDB."""
        return self.collect.read_units + self.deliver.read_units

    @property
    def seconds(self) -> float:
        """The embedded AWS included."""
        return self.collect.seconds + self.deliver.seconds


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    with quiet():
        runs = list(_runs([(stock // 10, news // 5) for stock, news in RUNS] if quick else RUNS))
    yield from _growth(runs)
    yield from _drains()
    yield from _mails(0.05 if quick else _WARM_SECONDS)
    yield from _lengths(SHORT, LONG // 10 if quick else LONG)


# ---- runs of digests


def _growth(runs: list[Run]) -> Iterator[Figure]:
    """What runs cost, and how that grows with the owners and with the news."""
    for one in runs:
        writes = sum(count for name, count in one.deliver.calls.items() if name.removeprefix("dynamodb ") in _WRITES)
        others = ", ".join(f"{one.of(service):,} of {service.upper()}" for service in ("sqs", "s3", "ses"))
        note = f"{one.read_units:,.1f} read units, {writes:,} writes; {others}; "
        note += f"{one.deliver.megabytes:.1f} MB, {one.seconds:.1f} s with the embedded AWS"
        yield Figure(f"{one.stock:,} owners, {one.news:,} with news: DynamoDB calls", one.calls, "", note=note)
    first, small, _, large, last = runs
    more = f"{large.stock // small.stock} times the owners, {small.news} with news"
    yield _times(f"{more}: DynamoDB calls", [one.calls for one in (large, small)], FLAT_LIMIT, ",.0f")
    yield _times(f"{more}: read units", [one.read_units for one in (large, small)], FLAT_LIMIT, ",.1f")
    memory, note = [one.collect.megabytes for one in (large, small)], "MB, whole processes"
    yield _times(f"{more}: memory to collect", memory, MEMORY_LIMIT, ".1f", note)
    busy, note = [one.collect.busy * 1000 for one in (large, small)], "ms; the embedded AWS's is not in it"
    yield _times(f"{more}: processor time to collect", busy, COLLECT_TIME_LIMIT, ".0f", note)
    news = f"{last.news // first.news} times the owners with news"
    calls = [one.deliver.of("dynamodb") / one.news for one in (last, first)]
    note = f"to deliver one; to collect takes {first.collect.of('dynamodb')} for all"
    yield _times(f"{news}: DynamoDB calls for each", calls, LINEAR_LIMIT, ".2f", note)
    units = [one.deliver.read_units / one.news for one in (last, first)]
    yield _times(f"{news}: read units for each", units, LINEAR_LIMIT, ".2f")
    memory, note = [one.deliver.megabytes for one in (last, first)], "MB, whole processes"
    yield _times(f"{news}: memory to deliver", memory, MEMORY_LIMIT, ".1f", note)
    each = [one.deliver.busy / one.news * 1000 for one in (last, large)]
    whole = [one.deliver.seconds / one.news * 1000 for one in (last, large)]
    note = f"ms; the embedded AWS's is not in it: with that, over HTTP, {whole[0]:.0f} and {whole[1]:.0f} ms"
    name = f"{last.news // large.news} times the owners with news: processor time for each"
    yield _times(name, each, TIME_LIMIT, ".0f", note)


def _times(name: str, values: Sequence[float], limit: float | None, form: str, note: str = "") -> Figure:
    """How many times as much the first of two is as the second; the note begins with both, in `form`."""
    large, small = values
    return Figure(name, large / small, "×", limit, f"{large:{form}} and {small:{form}} {note}".rstrip())


def _runs(sizes: tuple[tuple[int, int], ...] | list[tuple[int, int]]) -> Iterator[Run]:
    """Raises AssertionError if not everybody with news got one digest, or anybody else got one."""
    from local.aws import ses
    from local.runtime import REGION, Runtime
    from tests.harness.service import FAKE_ENGINES

    with _quicker_queries(), Runtime(FAKE_ENGINES | _ADDRESSES) as runtime, _over_http() as address:
        services, there = runtime.services, 0
        finished = _finished(services)
        without_news = iter(range(sizes[-1][0]))
        for stock, news in sizes:
            _put_profiles(range(there, stock), services)
            there = stock
            owners = [f"owner-{number}" for number in islice(without_news, news)]
            for owner in owners:
                _put_news(owner, finished, services)
            ses.forget(REGION)
            told = json.loads(run([sys.executable, "-m", "benchmarks.digest", "run"], {"AWS_ENDPOINT_URL": address}))
            mailed = Counter(recipient for mail in ses.sent(REGION) for recipient in mail.recipients)
            assert mailed == Counter(map(_address, owners)), (stock, news)
            yield Run(stock, news, Part(**told["collect"]), Part(**told["deliver"]))


def _address(owner: str) -> str:
    return f"{owner}@rapporteur.example"


def _table(name: str) -> Any:  # noqa: ANN401 - one of moto's classes
    """Where moto keeps a table's items: to put a hundred thousand by its API would take minutes."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.dynamodb import dynamodb_backends

    from local.runtime import REGION

    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].get_table(name)


def _put_profiles(numbers: range, services: "Services") -> None:
    from chalicelib.domain.accounts import LANGUAGES

    table = _table(services.settings.users_table)
    for number in numbers:
        owner = f"owner-{number}"
        profile = {
            "owner": owner,
            "item": "profile",
            "email": _address(owner),
            "delivery": "digest",
            "language": LANGUAGES[number % len(LANGUAGES)],
            "time_zone": "Asia/Seoul",
        }
        table.put_item({name: {"S": value} for name, value in profile.items()})


def _finished(services: "Services") -> "Asset":
    """A recording that is finished, with a preview."""
    from chalicelib.domain.assets import BranchState, BranchStatus, MediaKind, Options, Rendition, Status
    from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
    from chalicelib.pipeline.register import register
    from tests.letters.reports import preview

    services.outputs.write(_PREVIEW, preview(), "image/gif")
    store = services.store
    registered = register("benchmark", "debate.mp4", Options(email=_address("benchmark")), services)
    accepted = store.accept(registered.ref, 0, "etag", 24_300_000)
    assert accepted is not None
    media = MediaInfo("mp4", 754.2, VideoStream(1920, 1080, 25.0), AudioStream("aac", 48_000, 2))
    store.begin(accepted.run, MediaKind.VIDEO, media, {"renditions": BranchState(BranchStatus.OPEN)}, [])
    made = [Rendition("gif", _PREVIEW, 5_000, 5.0, 120, 68)]
    store.close(accepted.run, {"renditions": BranchState(BranchStatus.DONE)}, made, about={"mood": "MIXED"})
    finished = store.finish(accepted.run, Status.COMPLETED)
    assert finished is not None
    return finished


def _put_news(owner: str, finished: "Asset", services: "Services") -> None:
    """Let an owner have a recording like `finished`, with a summary, and a digest that is due."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    from chalicelib.domain.accounts import News
    from chalicelib.domain.assets import AssetRef
    from chalicelib.speech.tracks import SUMMARY

    asset = replace(finished, ref=AssetRef(owner, finished.ref.asset_id))
    table = _table(services.settings.assets_table)
    key = (DynamoType({"S": name}) for name in (finished.ref.owner, finished.ref.asset_id))
    table.put_item(table.get_item(*key).to_json()["Attributes"] | {"owner": {"S": owner}})
    services.outputs.write(SUMMARY.key(asset, "txt"), _SUMMARY, "text/plain")
    services.users.note_news(owner, News(asset.ref.asset_id, asset.version), time.time() - 60)


def _quicker_queries() -> AbstractContextManager[object]:
    """For each query moto sorts the whole table; here it is shown the partition or the index that is asked, no more."""
    from moto.dynamodb.models.table import Table

    query = Table.query

    def looking(table: Any, partition: Any, *conditions: Any, **named: Any) -> Any:  # noqa: ANN401 - as moto has it
        shown, index = copy.copy(table), conditions[6]
        if index is None:
            shown.items = {partition: table.items.get(partition, {})}
        else:
            keys = {key["AttributeName"] for one in table.all_indexes() if one.name == index for key in one.schema}
            shown.items = {
                of: {name: item for name, item in items.items() if keys <= item.attrs.keys()}
                for of, items in table.items.items()
            }
        return query(shown, partition, *conditions, **named)

    return patch.object(Table, "query", looking)


@contextmanager
def _over_http() -> Iterator[str]:
    """The embedded AWS of this process, at an address where other processes can ask it too."""
    from moto import backends
    from moto.server import ThreadedMotoServer

    modules = list(backends.list_of_moto_modules())  # else looked for in the file system at each request
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell of each request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        with patch.object(backends, "list_of_moto_modules", lambda: modules):
            yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


# ---- the functions, in a process of their own


def run_digests() -> dict[str, Part]:
    """Let the app's own functions send what is due, as the schedule and the queue call them."""
    import boto3

    import app
    from chalicelib.clients.pace import Pace
    from chalicelib.services import services
    from local.aws.pump import LambdaContext, scheduled_event, sqs_event

    sqs: Any = boto3.client("sqs")
    queue = services().settings.digest_queue_url

    calls, units = _counted(services())
    services().pace = Pace(lambda: math.inf)  # over HTTP moto does not say what SES takes in a second

    def collect() -> None:
        app.on_digest_hour(scheduled_event(time.time()), LambdaContext("digest-hour", 300))

    def deliver() -> None:
        asked: Any = {"QueueUrl": queue, "MaxNumberOfMessages": 1, "AttributeNames": ["All"]}
        while messages := sqs.receive_message(**asked).get("Messages"):
            (message,) = messages
            app.on_digest(sqs_event(queue, message), LambdaContext("digest", 900))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def part(work: Callable[[], None]) -> Part:
        calls.clear()
        units.clear()
        begin_peak_memory()
        began = time.process_time()
        with clock() as watch:
            work()
        busy = time.process_time() - began
        return Part(dict(Counter(calls)), sum(units), watch.seconds, busy, own_peak_memory())

    return {"collect": part(collect), "deliver": part(deliver)}


def _counted(services: "Services") -> tuple[list[str], list[float]]:
    """The calls of the app's own clients from now on, and DynamoDB's read units for each that reads."""
    calls: list[str] = []  # not counted at once: the app has threads, and to append is safe
    units: list[float] = []

    def asking(
        name: str, params: dict[str, Any], model: "OperationModel", context: dict[str, Any], **_: object
    ) -> None:
        calls.append(f"{name} {model.name}")
        context["is_consistent"] = params.get("ConsistentRead", False)

    def answered(parsed: _Json, model: "OperationModel", context: _Json, **_: object) -> None:
        if model.name in {"GetItem", "Query"}:
            items = parsed["Items"] if model.name == "Query" else [parsed.get("Item", {})]
            blocks = max(1, math.ceil(sum(map(_size, items)) / _READ_UNIT))
            units.append(blocks if context["is_consistent"] else blocks / 2)

    for name in ("dynamodb", "sqs", "s3", "ses"):
        getattr(services.aws, name).meta.events.register_first("before-parameter-build", partial(asking, name))
    services.aws.dynamodb.meta.events.register("after-call", answered)
    return calls, units


def _size(item: Mapping[str, Any]) -> int:
    """About how many bytes DynamoDB counts for an item: its names and its values."""
    return sum(len(name) + len(json.dumps(next(iter(value.values())))) for name, value in item.items())


# ---- mails


def _drains() -> Iterator[Figure]:
    """How long it takes until the last of many owners has a digest."""
    from chalicelib.clients.pace import DIGESTS_AT_ONCE, SHARE

    for rate in RATES:
        pace = 1 / (rate * SHARE * DIGESTS_AT_ONCE)
        note = f"reckoned: one each {pace * 1000:.0f} ms; {DIGESTS_AT_ONCE} functions, if their processors keep up"
        yield Figure(f"{DRAINED:,} digests where SES takes {rate} a second", DRAINED * pace / 3600, "h", note=note)


def _mails(patience: float) -> Iterator[Figure]:
    """Mails that one core makes in a second, by kind and language; and the first of a process."""
    from chalicelib.domain.accounts import LANGUAGES

    for kind in KINDS:
        for language in LANGUAGES:
            make = _maker(kind, _reader(language))
            make()
            times: list[float] = []
            while sum(times) < patience:
                times.append(seconds(make))
            note = {"digest": f"{_ENTRIES} recordings", "report": "with its page"}[kind]
            yield Figure(f"{kind}s made a second, {language}", 1 / statistics.median(times), "", note=note)
    for kind in KINDS:
        answers = [json.loads(run([sys.executable, "-m", "benchmarks.digest", "first", kind])) for _ in range(_ROUNDS)]
        best = min(answers, key=lambda answer: float(answer["seconds"]))
        note = f"best of {_ROUNDS} processes; after {best['import'] * 1000:.0f} ms to import what makes it"
        yield Figure(f"the first {kind} of a process", best["seconds"] * 1000, "ms", note=note)


def _reader(language: str) -> "Reader":
    from chalicelib.letters.letter import Reader

    pages = _ADDRESSES["PAGES_URL"]
    return Reader(language, "Asia/Seoul", f"{pages}#/settings", f"{pages}#/unsubscribe/token")


def _maker(kind: str, reader: "Reader") -> Callable[[], bytes]:
    """What makes a mail, from values to the message that SES gets."""
    from chalicelib.letters.digest import build_digest
    from chalicelib.letters.report import build
    from tests.letters import reports

    if kind == "digest":
        entries = [*reports.digest_entries(), reports.entry(_ENTRIES)]
        assert len(entries) == _ENTRIES
        return lambda: _composed(build_digest(entries, reader))
    data = reports.completed()
    return lambda: _composed(build(data, reader).letter)


def _composed(letter: "Letter") -> bytes:
    from chalicelib.mail.message import Envelope, compose

    envelope = Envelope("reports@rapporteur.example", "ada@example.org", "owner.digest.1790000000")
    return compose(letter, envelope)


def first_mail(kind: str) -> dict[str, float]:
    """Seconds to import what makes a mail, and to make the first."""
    with clock() as importing:
        import chalicelib.mail.message  # noqa: F401
    make = _maker(kind, _reader("en"))
    return {"import": importing.seconds, "seconds": seconds(make)}


def _lengths(short: int, long: int) -> Iterator[Figure]:
    """What becomes of a report as more is said: its mail stays as it is, its page has everything."""
    from chalicelib.letters import report
    from tests.letters import reports

    best: list[list[float]] = []
    for length in (long, short):
        said = [reports.SENTENCES[number % len(reports.SENTENCES)] for number in range(length)]
        data = reports.completed(said)
        tries: list[tuple[float, float, float]] = []
        for _ in range(_ROUNDS):
            with _timed_words() as spent, clock() as whole:
                message = _composed(report.build(data, _reader("en")).letter)
            tries.append((sum(spent) * 1000, len(message) / 1000, whole.seconds * 1000))
        best.append([min(values) for values in zip(*tries, strict=True)])
    words, sizes, wholes = zip(*best, strict=True)
    more = f"{long // short} times the transcript"
    note = "ms: templates and message, without the page"
    yield _times(f"{more}: time to write a report's mail", words, RENDER_LIMIT, ".1f", note)
    note = "kB, with attachments of a line each"
    yield _times(f"{more}: size of a report's mail", sizes, RENDER_LIMIT, ".1f", note)
    note = "ms: the page, the picture and the talk time read it all"
    yield _times(f"{more}: time of the whole report", wholes, None, ".0f", note)


@contextmanager
def _timed_words() -> Iterator[list[float]]:
    """The seconds that the parts of a report's mail take which write it, and nothing of its page."""
    from chalicelib.letters import report
    from chalicelib.mail import message

    spent: list[float] = []

    def timed(work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
            with clock() as watch:
                made = work(*arguments)
            values = arguments[-1]
            if not (isinstance(values, Mapping) and values["is_page"]):
                spent.append(watch.seconds)
            return made

        return wrapper

    with ExitStack() as patched:
        for module, name in ((report, "render"), (report, "as_text"), (message, "compose")):
            patched.enter_context(patch.object(module, name, timed(getattr(module, name))))
        yield spent


def main(task: str, *about: str) -> None:
    """Do what a process of its own is for."""
    if task == "run":
        with quiet():
            parts = run_digests()
        print(json.dumps({name: asdict(part) for name, part in parts.items()}))
    else:
        print(json.dumps(first_mail(*about)))


if __name__ == "__main__":
    main(*sys.argv[1:])
