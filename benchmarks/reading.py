"""The transcript of three hours on its page, over a short one: what the browser's main thread has to do for it."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import SAMPLE, Figure

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page, Route, StorageState

LONG, SHORT = 3_000, 100
"""Lines of nine words: three hours of talk, and some minutes."""

PLAYED_LIMIT = 2.5
"""How many times the work of a frame may grow from minutes to hours, while words are lit."""

TYPED_LIMIT = 4.0
"""The same for a letter that is typed: who wrote what is compared line by line, and all lines are looked through."""

_SECONDS = 3.6
_FRAMES = 150
_LETTERS = 30

_OPENED = """async (hash) => {
  const begun = performance.now()
  location.hash = hash
  const shown = async (count) => {
    while (document.querySelectorAll('.line .w').length < count) await new Promise((go) => setTimeout(go, 4))
    return performance.now() - begun
  }
  const first = await shown(1)
  return first
}"""
_RUN = """async ([frames, step]) => {
  const scroller = document.querySelector('.scroller')
  for (let frame = 0; frame < frames; frame += 1) {
    scroller.scrollTop += step
    await new Promise(requestAnimationFrame)
  }
}"""
_TYPED = """async (letters) => {
  for (let letter = 0; letter < letters; letter += 1) {
    document.execCommand('insertText', false, 'a')
    await new Promise(requestAnimationFrame)
  }
}"""
_EDITED = """() => {
  document.querySelector('.transcript-tools button:last-child').click()
  const texts = [...document.querySelectorAll('.line-text')]
  const text = texts.at(40) ?? texts.at(-1)
  text.scrollIntoView()
  text.focus()
}"""


@dataclass(frozen=True)
class Work:
    """What a page has to do: milliseconds of the main thread's own time, and what it takes."""

    first: float
    """ms of a clock until the first words are shown."""
    opened: float
    scrolled: float
    """a frame; 120 pixels in each"""
    played: float
    """a frame"""
    typed: float
    """a letter"""
    nodes: float
    heap: float
    """MB"""


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    from tests.local.serving import CANNED, EMAIL, PASSWORD, serving
    from tests.pages import chromium

    with (
        chromium.launched() as browser,
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "data", *CANNED) as server,
    ):
        assert server.sign_in().status_code == 200
        asset = server.completed(server.upload(SAMPLE), 240)
        kept = chromium.signed_in(server, EMAIL, PASSWORD)
        address = f"{server.base}/", f"#/asset/{asset['id']}"
        some, many = (_work(browser, kept, address, lines // (10 if quick else 1)) for lines in (SHORT, LONG))
    note = f"{many.first:.0f} and {some.first:.0f} ms by the clock"
    yield Figure("first words are shown: three hours, over minutes", many.first / some.first, "", note=note)
    note = f"{many.opened:.0f} and {some.opened:.0f} ms of the main thread, until all lines are there"
    yield Figure("opening it: three hours, over minutes", many.opened / some.opened, "", note=note)
    note = f"{many.scrolled:.1f} and {some.scrolled:.1f} ms of the main thread"
    yield Figure("a frame that is scrolled: three hours, over minutes", many.scrolled / some.scrolled, "", note=note)
    note = f"{many.played:.1f} and {some.played:.1f} ms of the main thread"
    yield Figure("a frame while it plays: three hours, over minutes", many.played / some.played, "", PLAYED_LIMIT, note)
    note = f"{many.typed:.1f} and {some.typed:.1f} ms of the main thread"
    yield Figure("a typed letter: three hours, over minutes", many.typed / some.typed, "", TYPED_LIMIT, note)
    yield Figure("nodes of the document with three hours", many.nodes, "", note=f"{some.nodes:.0f} with minutes")
    yield Figure("heap of the page with three hours", many.heap, "MB", note=f"{some.heap:.1f} MB with minutes")


def _work(browser: "Browser", kept: "StorageState", address: tuple[str, str], lines: int) -> Work:
    base, place = address
    with browser.new_context(storage_state=kept, viewport={"width": 1280, "height": 800}, locale="en-US") as context:
        page = context.new_page()
        page.route(re.compile(r"/api/assets/[^/]+/lines"), lambda route: _answer(route, lines))
        page.route("**/transcript", lambda route: route.abort() if route.request.method == "PUT" else route.fallback())
        devtools = context.new_cdp_session(page)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(base)
        page.get_by_role("heading", name="Library").wait_for()
        page.wait_for_load_state("networkidle")
        begun = _spent(devtools)
        first = float(page.evaluate(_OPENED, place))
        page.locator(".line").nth(lines - 1).locator(".w").first.wait_for(state="attached")
        page.wait_for_load_state("networkidle")
        opened = _spent(devtools) - begun
        devtools.send("HeapProfiler.enable")
        devtools.send("HeapProfiler.collectGarbage")
        found = _metrics(devtools)
        scrolled = _of(page, devtools, _RUN, [_FRAMES, 120]) / _FRAMES
        page.evaluate("() => { document.querySelector('.scroller').scrollTop = 0 }")
        media = "document.querySelector('.player :is(video, audio)')"
        page.evaluate(f"() => {{ {media}.muted = true; return {media}.play() }}")
        page.wait_for_timeout(500)
        played = _of(page, devtools, _RUN, [_FRAMES, 0]) / _FRAMES
        page.evaluate(f"() => {media}.pause()")
        page.evaluate(_EDITED)
        page.wait_for_timeout(2000)
        typed = _of(page, devtools, _TYPED, _LETTERS) / _LETTERS
        assert "aaa" in page.locator(".line-text").nth(min(40, lines - 1)).inner_text()
        page.unroute_all(behavior="ignoreErrors")
    return Work(first, opened, scrolled, played, typed, found["Nodes"], found["JSHeapUsedSize"] / 1e6)


def _of(page: "Page", devtools: "CDPSession", script: str, given: object) -> float:
    """Milliseconds of the main thread's own time that a script takes, with all that it makes the browser do."""
    begun = _spent(devtools)
    page.evaluate(script, given)
    return _spent(devtools) - begun


def _metrics(devtools: "CDPSession") -> dict[str, float]:
    return {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}


def _spent(devtools: "CDPSession") -> float:
    return _metrics(devtools)["TaskDuration"] * 1000


def _answer(route: "Route", lines: int) -> None:
    """So many lines in the place of what was heard."""
    told: dict[str, Any] = route.fetch().json()
    text = "In line {} somebody talks of buses and goes on."
    told["lines"] = []
    for number in range(lines):
        start = number * _SECONDS
        pieces = text.format(number).split()
        words = [[start + i * 0.4, start + i * 0.4 + 0.3, one, 0.9, " " if i else ""] for i, one in enumerate(pieces)]
        line = {"start": start, "end": start + _SECONDS, "speaker": f"spk_{number // 4 % 3}", "words": words}
        told["lines"].append(line)
    route.fulfill(json=told)
