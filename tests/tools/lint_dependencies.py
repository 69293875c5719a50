"""Ask pip-audit for known weaknesses of each library that is pinned; run by `make lint`, in an environment of its own.

A weakness that `known-vulnerabilities.txt` does not list fails. What could not be asked about is said loudly and does
not fail: the service that knows may not be reached from where this runs, an inner network with a mirror of PyPI, say.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KNOWN = ROOT / "known-vulnerabilities.txt"
PINNED = tuple(sorted(ROOT.glob("requirements*.txt")))


def main() -> int:
    pins = {pin for file in (*PINNED, ROOT / "constraints.txt") for pin in pins_of(file.read_text())}
    reviewed = known(KNOWN.read_text())
    found, unasked = [], []
    for listed in lists_of(pins):
        report = asked(listed)
        if isinstance(report, str):
            unasked += [report] * len(listed)
            continue
        weak, silent = judged(report, reviewed)
        found += weak
        unasked += silent
    for line in found:
        print(line, file=sys.stderr)
    if unasked:
        print(loudly(len(unasked), len(pins), unasked[0]), file=sys.stderr)
    else:
        print(f"{len(pins)} libraries have no weakness that is known and not in {KNOWN.name}")
    return 1 if found else 0


def lists_of(pins: Iterable[str]) -> list[list[str]]:
    """`pins` in as few lists as can be: pip-audit refuses one that names a library twice, and a language pack may pin
    another version of it than what the tests bring along."""
    lists: list[dict[str, str]] = []
    for pin in sorted(pins):
        name = pin.partition("==")[0]
        free = next((listed for listed in lists if name not in listed), None)
        if free is None:
            lists.append(free := {})
        free[name] = pin
    return [list(listed.values()) for listed in lists]


def asked(pins: Sequence[str]) -> Mapping[str, Any] | str:
    """What pip-audit reports of `pins`; or why it does not."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("\n".join(pins))
        listed.flush()
        # All is pinned, so pip need not work out anything.
        command = [sys.executable, "-m", "pip_audit", "--requirement", listed.name, "--no-deps", "--disable-pip"]
        command += ["--format", "json", "--aliases", "on", "--progress-spinner", "off"]
        done = subprocess.run(command, capture_output=True, text=True)
    try:
        report: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        return done.stderr.strip().rpartition("\n")[2]
    return report


def pins_of(text: str) -> set[str]:
    """The lines `name==version` of a requirements or constraints file, without extras, in one spelling."""
    found = re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)", text, re.M)
    return {f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}" for name, version in found}


def known(text: str) -> dict[str, str]:
    """The listed weaknesses, each with its library. Raises ValueError for one without a reason."""
    lines = [line.split(maxsplit=2) for line in text.splitlines() if line and not line.startswith("#")]
    if any(len(line) != 3 for line in lines):
        raise ValueError(f"each line of {KNOWN.name} has a number, a library and a reason")
    return {number: library for number, library, _ in lines}


def judged(report: Mapping[str, Any], known: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """What fails, in words; and why each library was not asked about for which that is so."""
    found, unasked = [], []
    for library in report["dependencies"]:
        if "skip_reason" in library:
            unasked.append(library["skip_reason"])
        for weakness in library.get("vulns", ()):
            numbers = [weakness["id"], *weakness.get("aliases", ())]
            if library["name"] not in {known.get(number) for number in numbers}:
                mended = ", ".join(weakness["fix_versions"]) or "no release"
                found.append(f"{library['name']} {library['version']}: {', '.join(numbers)}; mended in {mended}")
    return found, unasked


def loudly(unasked: int, pins: int, reason: str) -> str:
    return f"""
{"!" * 100}
NOT CHECKED for known weaknesses: {unasked} of {pins} libraries. {reason}
The service that pip-audit asks (https://pypi.org/pypi/NAME/VERSION/json) knows nothing of them or was not reached.
Run `make lint-dependencies` again where it can be.
{"!" * 100}"""


if __name__ == "__main__":
    sys.exit(main())
