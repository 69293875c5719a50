"""Fixtures that several test modules share."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.harness.begun import pytest_runtest_protocol, pytest_runtest_setup
from tests.harness.quicker import quicken
from tests.harness.service import Service, running_service

quicken()

os.environ.setdefault("RAPPORTEUR_AI_OPTIONS", "")  # nobody looks at what is there only to be heard: that takes as long

settings.register_profile("rapporteur", deadline=None)  # no timing in tests: that a machine is busy is no fault
settings.load_profile("rapporteur")

__all__ = ["pytest_runtest_protocol", "pytest_runtest_setup"]

HEAVY_FIRST = (
    "tests/rehearsal/test_rehearsal.py::test_the_real_deployment_",
    "tests/rehearsal/test_smoke.py",
    "tests/pages/",
    "tests/rehearsal/",
    "tests/house/test_package.py",
    "tests/pipeline/test_nights_faults.py",
    "tests/pipeline/test_faults.py",
    "tests/pipeline/test_again_faults.py",
    "tests/pipeline/test_material_faults.py",
    "tests/pipeline/test_remaking.py",
    "tests/pipeline/test_clips.py",
    "tests/pipeline/test_translating.py",
    "tests/pipeline/test_gpu_job.py",
    "tests/house/test_policies",
    "tests/pipeline/test_any_order.py",
    "tests/local/test_pocketsphinx.py",
    "tests/local/test_cli.py",
    "tests/local/test_serve.py",
    "tests/local/",
    "tests/api/",
)
"""What runs first, so that no worker is left with the longest tests when the others have ended.

A stage is deployed and waited for beside the pages: one rests while the other works. What tries each case on a copy of
the process comes before the models are loaded: each copy of a gigabyte takes 40 ms of CPU, of little next to none.
"""

NEEDS = {
    "browser": ("tests/pages/",),
    "deployment": ("tests/rehearsal/", "tests/house/test_package.py"),
    "engine": (
        "tests/local/test_bad_input.py",
        "tests/local/test_cli.py",
        "tests/local/test_faster_whisper.py",
        "tests/local/test_ffmpeg.py",
        "tests/local/test_generated_client.py",
        "tests/local/test_gpu_job.py",
        "tests/local/test_hearing_again.py",
        "tests/local/test_odd_media.py",
        "tests/local/test_outside.py",
        "tests/local/test_pocketsphinx.py",
        "tests/local/test_pyav.py",
        "tests/local/test_serve.py",
        "tests/local/test_smtp.py",
        "tests/local/test_sherpa_onnx.py",
        "tests/local/test_understanding.py",
        "tests/local/test_vision.py",
        "tests/local/test_weights.py",
    ),
}
"""What the tests of a folder or file need beside Python, as markers: `make test-fast` runs those that need nothing."""

EXHAUSTIVE = (
    "tests/pipeline/test_again_faults.py",
    "tests/pipeline/test_any_order.py",
    "tests/pipeline/test_back_pressure.py",
    "tests/pipeline/test_faults.py",
    "tests/house/test_policies.py",
    "tests/api/test_schema.py",
)
"""What goes through all cases that there are, of which one that fails is seldom alone: not in `make test-fast`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests by what they need, and begin with the longest."""
    for item in items:
        for marker, places in {**NEEDS, "exhaustive": EXHAUSTIVE}.items():
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
        if reason.startswith(("THERE IS NO", "THERE ARE NO")):
            terminalreporter.write_line(f"!!! {times} TESTS WERE SKIPPED: {reason}", red=True, bold=True)


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """A file is called by its parameter: what is in it may be another each time, and is nothing to read."""
    return argname if isinstance(val, bytes) else None
