"""What `.ci/run` tells, with a `make` in its place that says and ends what it is told; and how tests are shared out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployment.target import ROOT

MAKE = """#!/bin/sh
case "$1" in
  lint-security) echo "NOT CHECKED for known weaknesses" >&2; exit $LINT ;;
  test) echo "1 failed"; echo "=== 2 passed in 1s ==="; exit $TESTS ;;
esac
"""


@pytest.mark.parametrize("tests", [0, 2])
@pytest.mark.parametrize("lint", [0, 2])
def test_what_lint_says_is_shown_and_either_failure_fails(tmp_path: Path, tests: int, lint: int) -> None:
    make = tmp_path / "make"
    make.write_text(MAKE)
    make.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "TESTS": str(tests),
        "LINT": str(lint),
    }
    done = subprocess.run([ROOT / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False)
    assert "NOT CHECKED for known weaknesses" in done.stdout
    assert (done.returncode == 0) == (tests == lint == 0)
    if not lint:
        assert done.stdout.splitlines()[-1] == "=== 2 passed in 1s ===", "the tests' closing line comes last"


ENDLESS = """
import time
import pytest
from tests.harness.begun import pytest_runtest_protocol, pytest_runtest_setup

pytestmark = pytest.mark.xdist_group("one worker")

def test_it_never_ends():
    while True:
        time.sleep(0.1)

def test_another():
    pass
"""


def test_a_test_that_never_ends_costs_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "test_endless.py").write_text(ENDLESS)
    (tmp_path / "conftest.py").write_text(ENDLESS.splitlines()[3])
    soon = ["-o", "faulthandler_timeout=3", "-o", "faulthandler_exit_on_timeout=true"]
    told = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *soon, "-p", "no:cacheprovider"]
    told += ["--rootdir", str(tmp_path), str(tmp_path)]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(told, cwd=ROOT, env=plain, capture_output=True, text=True, check=False, timeout=300)
    assert " 1 failed, 1 passed, 1 error in " in done.stdout.rstrip().splitlines()[-1]
    assert "not begun again" in done.stdout
    assert "in test_it_never_ends" in done.stderr, "where it stands is told"


@pytest.mark.xdist_group("together")
def test_tests_that_share_something_go_to_one_worker(request: pytest.FixtureRequest) -> None:
    """pytest-xdist 3.8 marks them in a way that pytest 9.2 passes over without a word."""
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("tests are not shared out by groups")
    assert request.node.nodeid.endswith("@together")
