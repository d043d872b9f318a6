"""What one process measures of its own work, for whoever watches over it (Prometheus). Labels are codes of ours."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from inbox.acknowledge.limits import LimitName
from inbox.calls.register import CallVerdict

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
"""Upper bounds: from a small reading to the longest that an activity may take."""


class Measures:
    """Counters and durations of one process, in a registry of their own."""

    def __init__(self) -> None:
        """Nothing was measured yet."""
        self.registry = CollectorRegistry()
        self.reading = Histogram(
            "gateway_reading_seconds",
            "How long readings took, by where: here, or in a child process.",
            ["where"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.scanning = Histogram(
            "gateway_scanning_seconds", "How long virus scans took.", buckets=_SECONDS, registry=self.registry
        )
        self.step = Histogram(
            "gateway_step_seconds",
            "How long steps took: advance, read_large, acknowledge, forward, withdraw.",
            ["step"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.failures = Counter(
            "gateway_failures",
            "Attempts that failed and come back, by step and error code.",
            ["step", "code"],
            registry=self.registry,
        )
        self.withheld = Counter(
            "gateway_notices_withheld",
            "Notices withheld because a limit was reached: per_address or per_thread.",
            ["limit"],
            registry=self.registry,
        )
        self.judged = Counter(
            "gateway_calls_judged",
            "Calls that were judged once they were quiet, by verdict.",
            ["verdict"],
            registry=self.registry,
        )
        for verdict in CallVerdict:
            self.judged.labels(str(verdict))
        self.shared_lines = Counter(
            "gateway_shared_lines_learned", "Numbers that turned out to be shared by many.", registry=self.registry
        )
        for limit in LimitName:
            self.withheld.labels(str(limit))
