"""Fixtures that several test modules share."""

import gc
from collections import Counter
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace

import botocore.session
import moto.cognitoidp.models as cognito
import pytest
from hypothesis import settings
from joserfc.jwk import RSAKey
from moto.utilities.utils import load_resource

from tests.service import Service, running_service

# Each service that starts has sessions of its own, and each session would read AWS's models anew: half of a start.
botocore.session.create_loader = cache(botocore.session.create_loader)

# All user pools sign with the one key that moto ships, and to read it takes a third of a start.
_KEY = RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))
cognito.jwk = SimpleNamespace(RSAKey=SimpleNamespace(import_key=lambda file: _KEY))

# The embedded AWS makes many small objects that live on. Looking for dead ones among them as often as Python does by
# default took a fifth of the time.
gc.set_threshold(50_000, 20, 50)

settings.register_profile("rapporteur", deadline=None)  # no timing in tests: that a machine is busy is no fault
settings.load_profile("rapporteur")

HEAVY_FIRST = (
    "tests/rehearsal/",
    "tests/pages/",
    "tests/test_package.py",
    "tests/local/test_pocketsphinx.py",
    "tests/local/test_cli.py",
    "tests/local/test_serve.py",
    "tests/local/",
    "tests/test_policies.py",
    "tests/test_any_order.py",
    "tests/api/",
)
"""What runs first, so that no worker is left with the longest tests when the others have ended."""

NEEDS = {
    "browser": ("tests/pages/",),
    "deployment": ("tests/rehearsal/", "tests/test_package.py"),
    "engine": (
        "tests/local/test_bad_input.py",
        "tests/local/test_cli.py",
        "tests/local/test_faster_whisper.py",
        "tests/local/test_ffmpeg.py",
        "tests/local/test_pocketsphinx.py",
        "tests/local/test_pyav.py",
        "tests/local/test_serve.py",
        "tests/local/test_smtp.py",
    ),
}
"""What the tests of a folder or file need beside Python, as markers: `make test-fast` runs those that need nothing."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests by what they need, and begin with the longest."""
    for item in items:
        for marker, places in NEEDS.items():
            if item.nodeid.startswith(places):
                item.add_marker(marker)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("at_the_end"):
        return len(HEAVY_FIRST) + 1
    return next((turn for turn, place in enumerate(HEAVY_FIRST) if item.nodeid.startswith(place)), len(HEAVY_FIRST))


@pytest.fixture
def service() -> Iterator[Service]:
    """The whole service over fake engines, in virtual time."""
    with running_service() as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was skipped because something that the tests need is not at hand."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, times in reasons.items():
        if reason.startswith("THERE IS NO"):
            terminalreporter.write_line(f"!!! {times} TESTS WERE SKIPPED: {reason}", red=True, bold=True)
