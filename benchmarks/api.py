"""The REST API and the pages: how long an announcement takes, what a page of a long list reads, what pages weigh."""

import importlib
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import SAMPLE, Figure, clock, quiet

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from mypy_boto3_dynamodb import DynamoDBClient
    from playwright.sync_api import StorageState

    from tests.api.accounts import Answer, Api

ANNOUNCED = 60
LISTED = 10_000
ANNOUNCE_LIMIT = 6.0
"""How many times as long an announcement, which writes twice and signs a form, may take as `GET /me`, which reads."""

LISTED_CALLS = 8
"""For a list of ten thousand in another order than that of time: about 300 bytes each, a megabyte a query."""

_MEGABYTE = 2**20
"""What a query reads at most (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html)."""

WEIGHT_LIMIT_KB = 150
INTERACTIVE_LIMIT = 3.0
"""How many times as long a page may take to be usable as the one to sign in, which asks for nothing."""

PAGES = {
    "library": "#/",
    "search": "#/search?q=city",
    "asset": "#/asset/{id}",
    "settings": "#/settings",
    "admin": "#/admin",
}
LONG_LINES = 2_500
FRAME_LIMIT = 2.0
"""How many times as long a frame may take while three hours of talk are scrolled as while nothing happens."""

_FRAMES = """async (step) => {
  const scroller = document.querySelector('.scroller')
  const times = []
  let before = await new Promise(requestAnimationFrame)
  for (let frame = 0; frame < 150; frame += 1) {
    scroller.scrollTop += step
    const now = await new Promise(requestAnimationFrame)
    times.push(now - before)
    before = now
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]
}"""
"""The 95th percentile of the milliseconds from frame to frame; in each, the transcript is scrolled by `step` pixels."""

UPLOAD = ("upload", "#/upload")


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    yield from list(_requests(10 if quick else ANNOUNCED, LISTED // 100 if quick else LISTED))
    yield from _pages(2 if quick else 5, LONG_LINES // 10 if quick else LONG_LINES)


def _requests(announced: int, listed: int) -> Iterator[Figure]:
    from chalice.test import Client

    from tests.api.accounts import Api, Pool
    from tests.harness.service import running_service

    with quiet(), running_service(QUOTA_IN_FLIGHT="5000") as service:
        app: Any = importlib.import_module("app").app
        with Client(app) as client:
            api = Api(client, Pool.make(service).tokens("ada@rapporteur.example")["IdToken"])
            new = {"file_name": "debate.mp4", "size": 1000}
            plain = _median(lambda: api.get("/me"), announced)
            took = _median(lambda: api.post("/assets", new), announced)
            note = f"{took * 1000:.1f} and {plain * 1000:.1f} ms in process, the embedded AWS included"
            yield Figure("POST /assets, over GET /me", took / plain, "", ANNOUNCE_LIMIT, note)
            owner = api.get("/me").json["owner"]
            reads = _Reads(service.services.aws.dynamodb)
            times, calls = [], []
            for total in (100, listed):
                have = sum(1 for _ in service.services.store.of_owner(owner))
                for _ in range(total - have):
                    service.announce(owner=owner)
                times.append(_median(lambda: api.get("/assets?limit=25"), 20))
                calls.append(reads.of(lambda: api.get("/assets?limit=25")))
            note = f"{times[1] * 1000:.1f} and {times[0] * 1000:.1f} ms; moto sorts all of them for each query"
            yield Figure(f"a page of {listed:,} assets, over one of 100", times[1] / times[0], "", note=note)
            note = "and one for any request: whether the account is still there"
            yield Figure(f"DynamoDB calls for a page of {listed:,} (of 100: {calls[0]})", calls[1], "", 2, note)
            yield from _chosen(api, listed, times[1], reads)


def _chosen(api: "Api", listed: int, plain: float, reads: "_Reads") -> Iterator[Figure]:
    """What lists cost that are not in the order of time: short lines of all are read, a megabyte a query."""
    for what, path in (
        ("by title", "/assets?sort=title"),
        ("of a word", "/assets?text=1234"),
        ("overview", "/library"),
    ):
        took = _median(lambda path=path: api.get(path), 1)  # type: ignore[misc]
        note = f"{took * 1000:.0f} ms in process; moto copies each item"
        yield Figure(f"a list of {listed:,} {what}, over a page by time", took / plain, "", note=note)
        calls = reads.of(lambda path=path: api.get(path))  # type: ignore[misc]
        yield Figure(f"DynamoDB calls for a list of {listed:,} {what}", calls, "", LISTED_CALLS)


class _Reads:
    """Counts what is asked of DynamoDB, as AWS would be: a query ends after a megabyte of what the index has of items.

    moto ends one after a megabyte of the items themselves. Each request asks once whether its account is still there,
    which is not counted.
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._others = self._read = 0
        client.meta.events.register("before-call", self._asked)
        client.meta.events.register("after-call.dynamodb.Query", self._answered)

    def of(self, ask: Callable[[], object]) -> int:
        """How many calls it takes."""
        self._others, self._read = -1, 0
        ask()
        return self._others + max(1, -(-self._read // _MEGABYTE))

    def _asked(self, model: "OperationModel", **_: object) -> None:
        self._others += model.name != "Query"

    def _answered(self, parsed: dict[str, Any], **_: object) -> None:
        found = (pair for item in parsed["Items"] for pair in item.items())
        self._read += sum(len(name) + len(str(*value.values())) for name, value in found)


def _median(ask: Callable[[], "Answer"], times: int) -> float:
    found = []
    for _ in range(times):
        with clock() as watch:
            assert ask().status < 300
        found.append(watch.seconds)
    return statistics.median(found)


def _pages(rounds: int, lines: int) -> Iterator[Figure]:
    from tests.local.serving import EMAIL, PASSWORD, serving
    from tests.pages import chromium

    with (
        chromium.launched() as browser,
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "data") as server,
    ):
        assert server.sign_in().status_code == 200
        asset = server.completed(server.upload(SAMPLE), 240)
        kept = chromium.signed_in(server, EMAIL, PASSWORD)

        def load(address: str, signed_in: "StorageState | None") -> tuple[float, float]:
            """Kilobytes over the wire with nothing cached, and seconds until the page can be used."""
            weights, seconds = [], []
            for _ in range(rounds):
                context = browser.new_context(storage_state=signed_in)
                page = context.new_page()
                session = context.new_cdp_session(page)
                session.send("Network.enable")
                sizes: dict[str, float] = {}
                media: set[str] = set()
                session.on(
                    "Network.responseReceived",
                    lambda got: media.add(got["requestId"]) if "/s3/" in got["response"]["url"] else None,  # noqa: B023
                )
                session.on(
                    "Network.loadingFinished",
                    lambda end: sizes.update({end["requestId"]: end["encodedDataLength"]}),  # noqa: B023
                )
                with clock() as watch:
                    page.goto(f"{server.base}/{address}", wait_until="commit")
                    page.locator("main h1").wait_for()
                    page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
                seconds.append(watch.seconds)
                page.wait_for_load_state("networkidle")
                weights.append(sum(size for key, size in sizes.items() if key not in media) / 1000)
                context.close()
            return statistics.median(weights), statistics.median(seconds)

        first_weight, first = load("#/sign-in", None)
        note = f"usable after {first * 1000:.0f} ms"
        yield Figure("weight of the page to sign in", first_weight, "kB", WEIGHT_LIMIT_KB, note)
        for name, address in PAGES.items():
            weight, took = load(address.format(**asset), kept)
            yield Figure(f"weight of the page {name}, without media", weight, "kB", WEIGHT_LIMIT_KB)
            note = f"{took * 1000:.0f} ms"
            yield Figure(f"usable: {name}, over signing in", took / first, "", INTERACTIVE_LIMIT, note)
        weight, took = load(UPLOAD[1], kept)
        note = f"with Uppy, which only this page loads; usable after {took * 1000:.0f} ms"
        yield Figure(f"weight of the page {UPLOAD[0]}", weight, "kB", note=note)
        text = "In line {} somebody says some twelve words about buses, and goes on."
        said = [{"text": text.format(number)} for number in range(lines)]
        assert server.api("PUT", f"/assets/{asset['id']}/transcript", json={"edition": 0, "lines": said}).ok
        context = browser.new_context(storage_state=kept)
        page = context.new_page()
        page.goto(f"{server.base}/#/asset/{asset['id']}")
        page.locator(".line-text").first.wait_for()
        page.wait_for_timeout(3000)
        idle, scrolled = (float(page.evaluate(_FRAMES, step)) for step in (0, 120))
        note = f"{scrolled:.1f} and {idle:.1f} ms, 95 % of the frames; {lines:,} lines of 12 words"
        name = "a frame while three hours of talk are scrolled, over an idle one"
        yield Figure(name, scrolled / idle, "", FRAME_LIMIT, note)
        context.close()
