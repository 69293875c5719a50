"""Keeps the last figures of every topic, and writes them down for readers."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Figure

KEPT = ROOT / "benchmarks" / "results.json"
WRITTEN = ROOT / "benchmarks" / "RESULTS.md"

_HEADLINE = """# Benchmarks

Written by `python -m benchmarks`. Each topic shows when, where and how it was last measured. Ratios come from
one run on one machine; what takes seconds here takes other seconds elsewhere.
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One topic's figures, with what was measured, when and where."""

    title: str
    date: str
    commit: str
    machine: str
    command: str
    figures: tuple[Figure, ...]


def keep(topic: str, measured: Measurement, order: Sequence[str]) -> None:
    """Put `measured` in place of the topic's last one, and write all topics, in `order`, anew."""
    kept: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    kept[topic] = asdict(measured)
    KEPT.write_text(json.dumps({name: kept[name] for name in order if name in kept}, indent=1) + "\n")
    WRITTEN.write_text("\n".join([_HEADLINE, *(_section(_read(kept[name])) for name in order if name in kept)]))


def _read(stored: dict[str, Any]) -> Measurement:
    return Measurement(**{**stored, "figures": tuple(Figure(**figure) for figure in stored["figures"])})


def _section(measured: Measurement) -> str:
    lines = [
        f"## {measured.title}",
        f"{measured.date}, commit {measured.commit}, on {measured.machine}: `{measured.command}`",
        "",
        "| what | measured | limit | holds | note |",
        "|---|---|---|---|---|",
        *(f"| {' | '.join(cells(figure))} |" for figure in measured.figures),
    ]
    return "\n".join(lines) + "\n"


def cells(figure: Figure) -> tuple[str, str, str, str, str]:
    """A figure as a row of a table."""
    limit = "" if figure.limit is None else f"under {number(figure.limit, figure.unit)}"
    holds = {None: "", True: "yes", False: "**no**"}[figure.holds]
    return figure.name, number(figure.value, figure.unit), limit, holds, figure.note


def number(value: float, unit: str) -> str:
    """A number as people write it, to three digits: `0.713`, `12.3 s`, `4.1 %`; a share of 1 is told in per cent."""
    if unit == "%":
        value *= 100
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f} {unit}".strip()


def path_of_results() -> Path:
    """Where readers find the figures, from the project's root."""
    return WRITTEN.relative_to(ROOT)
