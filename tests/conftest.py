"""Fixtures that several test modules share."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.service import Service, running_service


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
