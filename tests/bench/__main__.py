"""Measure everything, or what is named (`python -m tests.bench growth`); print a table, write var/bench.json."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import (
    calls,
    decisions,
    first_connection,
    growth,
    keeping,
    latency,
    line,
    reaching,
    reading,
    scans,
    simulating,
    starting,
)

CAPABILITIES = (
    starting,
    reading,
    scans,
    calls,
    reaching,
    decisions,
    simulating,
    first_connection,
    keeping,
    line,
    latency,
    growth,
)
"""Every capability's measures, in the order of the line."""

_OUT = Path("var/bench.json")
_VERDICTS = {True: "holds", False: "MISSED", None: ""}


def main(only: Sequence[str]) -> None:
    """Run all measures, or those of the capabilities named; each is written as soon as it is there."""
    console = Console()
    measured = []
    table = Table("measure", "ours", "yardstick", "unit", "ratio", "aim", "")
    for capability in CAPABILITIES:
        name = capability.__name__.rpartition(".")[2]
        if only and name not in only:
            continue
        console.print(f"measuring {name} …", style="dim")
        started = time.perf_counter()
        for row in capability.rows():
            measured.append(row.document())
            table.add_row(
                row.name, f"{row.ours:.2f}", f"{row.yardstick:.2f}", row.unit, f"{row.ratio:.2f}", row.aim,
                _VERDICTS[row.holds],
            )  # fmt: skip
            _OUT.parent.mkdir(exist_ok=True)
            _OUT.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
        console.print(f"  {time.perf_counter() - started:.0f} s", style="dim")
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
