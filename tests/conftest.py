"""Fixtures that several test modules share."""

import gc
from collections import Counter
from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from hypothesis import settings

from tests.service import Service, running_service

# Each service that starts has sessions of its own, and each session would read AWS's models anew: half of a start.
botocore.session.create_loader = cache(botocore.session.create_loader)

# The embedded AWS makes many small objects that live on. Looking for dead ones among them as often as Python does by
# default took a fifth of the time.
gc.set_threshold(50_000, 20, 50)

settings.register_profile("rapporteur", deadline=None)  # no timing in tests: that a machine is busy is no fault
settings.load_profile("rapporteur")


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
