"""How fast the command line answers, against the interpreter alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from tests.bench.row import Row, in_turn


def rows() -> Iterator[Row]:
    """Yield the row for `gateway --help`."""
    mine, yardstick = in_turn(
        lambda: subprocess.run([sys.executable, "-m", "gateway", "--help"], capture_output=True, check=True),
        lambda: subprocess.run([sys.executable, "-c", "import typer, rich.console"], capture_output=True, check=True),
    )
    yield Row(
        "gateway --help",
        1000 * mine,
        1000 * yardstick,
        "ms",
        "<= 2",
        "whole process; yardstick: the interpreter importing the command-line library alone",
    )
