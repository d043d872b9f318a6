"""One measured figure beside its yardstick."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """`ratio` = ours / yardstick. `aim` is a bound on the ratio: `<= 3` or `>= 0.7`, or empty where there is none."""

    name: str
    ours: float
    yardstick: float
    unit: str
    aim: str
    how: str

    @property
    def ratio(self) -> float:
        """Ours against the yardstick, in the same run on the same machine."""
        if not self.yardstick:
            return float("inf") if self.ours else 1.0
        return self.ours / self.yardstick

    @property
    def holds(self) -> bool | None:
        """Whether the aim is met; None where there is none."""
        if not self.aim:
            return None
        sign, bound = self.aim.split()
        # Multiplied, so that nothing wrong beside nothing wrong is equal.
        limit = float(bound) * self.yardstick
        return self.ours <= limit if sign == "<=" else self.ours >= limit

    def document(self) -> dict[str, Any]:
        """Return the row as it stands in var/bench.json."""
        return {**asdict(self), "ratio": round(self.ratio, 3), "holds": self.holds}


def seconds(work: Callable[[], object]) -> float:
    """Return how long one run takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turn(ours: Callable[[], object], yardstick: Callable[[], object], rounds: int = 5) -> tuple[float, float]:
    """Run both in turn after one warm-up; return the medians in seconds. In turn, since these machines drift."""
    ours(), yardstick()
    pairs = [(seconds(ours), seconds(yardstick)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)
