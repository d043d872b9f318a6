"""What is told to whoever watches over the gateway, in Prometheus' words: the ledger's figures and our own work's.

Labels are sources, departments, statuses, states, kinds and codes: few, known beforehand, and never about a person.
"""

from __future__ import annotations

import asyncio
import platform
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from math import inf
from typing import Any

import structlog
from prometheus_client import exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from inbox.errors import StoreUnavailable
from inbox.item import ForwardState, Status
from inbox.task import TaskKind
from store.audit_chain import chain_figures
from store.audit_exports import ExportFigures, export_figures
from store.call_listing import logs_in_trouble, waiting_log_counts
from store.destinations import all_pauses
from store.figures import Counts, Figures, ended_figures, source_figures, watched_figures
from store.flags import FlagFigures, flag_figures
from store.ledger import now
from store.tasks import open_tasks
from workflows.parts import Parts, call_sources

log = structlog.get_logger()

_GOOD_FOR_SECONDS = 5.0
"""However often somebody asks, the ledger is asked once in so long."""

_ENDED_EVERY = 50.0
"""What has ended is counted again after so many times as long as counting took: it costs two hundredths at most."""

_ENDED_AT_LEAST_SECONDS = 15.0

_ANSWERS_WITHIN_SECONDS = 5.0
"""A scrape gives up after ten seconds by default."""


class Metrics:
    """Answers scrapes. One per process: it remembers the last counts."""

    def __init__(self, parts: Parts) -> None:
        """`parts`: whose ledger and work are told of."""
        self._parts = parts
        self._asking = asyncio.Lock()
        self._asked_at = -inf
        self._watched: Figures | None = None
        self._ended: Figures | None = None
        self._ended_at = -inf
        self._ended_took = 0.0
        self._counting: asyncio.Task[None] | None = None
        self._sources: list[Any] = []
        self._paused_destinations: Counts = Counter()
        self._tasks: Counts = Counter()
        self._waiting_logs: Counts = Counter()
        self._logs_in_trouble: Counts = Counter()
        self._flags: FlagFigures | None = None
        self._chained = self._unchained = 0
        self._export: ExportFigures | None = None
        self._is_up = False

    async def answer(self, accept: str = "") -> tuple[bytes, str]:
        """Return the page and its media type. `accept`: the scraper's header. Never fails: a ledger that does not
        answer is `gateway_ledger_up 0`, and its figures are left out.
        """
        async with self._asking:
            if time.monotonic() - self._asked_at >= _GOOD_FOR_SECONDS:
                await self._ask()
                self._asked_at = time.monotonic()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Fixed(list(self._families())))
        encode, media_type = exposition.choose_encoder(accept)
        parts = self._parts.measures.registry
        page = encode(_Both(registry, parts))
        return page, media_type

    async def _ask(self) -> None:
        ledger = self._parts.ledger
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_SECONDS):
                self._sources = list(await source_figures(ledger))
                self._paused_destinations = Counter(
                    (pause.department, str(pause.ordinal)) for pause in await all_pauses(ledger)
                )
                self._watched = await watched_figures(ledger)
                self._waiting_logs = Counter(
                    {(key,): count for key, count in (await waiting_log_counts(ledger)).items()}
                )
                self._logs_in_trouble = Counter(await logs_in_trouble(ledger))
                self._flags = await flag_figures(ledger)
                self._chained, self._unchained = await chain_figures(ledger)
                if self._parts.audit_receiver is not None:
                    self._export = await export_figures(ledger, self._parts.audit_receiver.name)
                self._tasks = Counter({(kind,): count for kind, count in (await open_tasks(ledger)).items()})
        except (StoreUnavailable, TimeoutError):
            self._is_up = False
            return
        self._is_up = True
        is_due = time.monotonic() - self._ended_at >= max(_ENDED_AT_LEAST_SECONDS, _ENDED_EVERY * self._ended_took)
        if is_due and (self._counting is None or self._counting.done()):
            self._counting = asyncio.create_task(self._count_ended())
            # A small ledger is counted at once; a scrape of a large one does not wait for it.
            await asyncio.wait([self._counting], timeout=1.0)

    async def _count_ended(self) -> None:
        started = time.monotonic()
        try:
            self._ended = await ended_figures(self._parts.ledger)
        except StoreUnavailable:
            return
        self._ended_at = time.monotonic()
        self._ended_took = self._ended_at - started

    def _families(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("gateway_build", "Which gateway this is; always 1.", labels=["version", "python"])
        build.add_metric([_own_version(), platform.python_version()], 1)
        yield build
        yield GaugeMetricFamily("gateway_ledger_up", "1 when the ledger answers.", value=int(self._is_up))
        if not self._is_up:
            return
        yield from self._source_families()
        yield _gauge(
            "gateway_destination_paused",
            "Destinations that a person has paused: what is meant for them waits.",
            ["department", "ordinal"],
            self._paused_destinations,
        )
        yield from self._audit_families()
        watched, ended = self._watched, self._ended
        if watched is None:
            return
        yield _gauge("gateway_quarantined_items", "Quarantined items by code.", ["code"], watched.quarantined)
        yield GaugeMetricFamily(
            "gateway_notices_waiting", "Notices that wait because of the overall limit.", value=watched.waiting
        )
        kinds = [(str(kind),) for kind in TaskKind]
        yield _gauge("gateway_tasks", "Tasks that wait for a person, by kind.", ["kind"], self._tasks, zeros=kinds)
        yield from self._flag_families()
        yield from self._call_families()
        # What is not known yet is left out, so that nobody takes it for none.
        open_statuses = [(status,) for status in Status if not status.is_ended]
        open_forwards = [(state,) for state in ForwardState if state.is_open]
        yield _gauge(
            "gateway_items", "Items by status.", ["status"], _sum(watched, ended, "items"), zeros=open_statuses
        )
        yield _gauge(
            "gateway_forwards", "Forwards by state.", ["state"], _sum(watched, ended, "forwards"), zeros=open_forwards
        )
        yield _gauge(
            "gateway_notices",
            "Notices to senders by state and kind.",
            ["state", "kind"],
            _sum(watched, ended, "notices"),
        )

    def _flag_families(self) -> Iterator[Metric]:
        flags = self._flags
        if flags is None:
            return
        yield GaugeMetricFamily("gateway_flags_open", "Raised flags that nobody has accepted.", value=flags.open)
        yield GaugeMetricFamily(
            "gateway_flags_oldest_seconds",
            "Since the flag that waits longest was raised; 0 when none waits. Those of items that are held do not count.",
            value=0.0 if flags.oldest_at is None else _age_seconds(flags.oldest_at),
        )
        yield _gauge(
            "gateway_flag_alerts",
            "Alerts about open flags that are not sent, by state.",
            ["state"],
            Counter({(state,): count for state, count in flags.alerts.items()}),
            zeros=[("intended",), ("failed",)],
        )

    def _audit_families(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "gateway_audit_entries", "Entries in the chain of the audit trail.", value=self._chained
        )
        yield GaugeMetricFamily(
            "gateway_audit_unchained", "Entries that have no place in the chain yet.", value=self._unchained
        )
        if self._export is None:
            return
        yield GaugeMetricFamily(
            "gateway_audit_export_waiting", "Entries that the SIEM was not sent.", value=self._export.waiting
        )
        age = _age_seconds(self._export.oldest_at) if self._export.oldest_at is not None else 0.0
        yield GaugeMetricFamily("gateway_audit_export_lag_seconds", "Age of the oldest of them; 0: none.", value=age)

    def _call_families(self) -> Iterator[Metric]:
        of_calls = [(source,) for source in call_sources(self._parts)]
        yield _gauge(
            "gateway_call_logs_waiting",
            "Call logs that are not wholly in the register.",
            ["source"],
            self._waiting_logs,
            zeros=of_calls,
        )
        yield _gauge(
            "gateway_call_logs_in_trouble",
            "Call logs that were set aside, or most of whose rows cannot be used, by code.",
            ["source", "code"],
            self._logs_in_trouble,
        )

    def _source_families(self) -> Iterator[Metric]:
        swept = GaugeMetricFamily(
            "gateway_source_sweep_age_seconds",
            "Since the end of the last successful sweep: the health figure. +Inf before the first.",
            labels=["source"],
        )
        read = GaugeMetricFamily(
            "gateway_source_reader_age_seconds",
            "Since a reader's last sign of life. +Inf before the first.",
            labels=["source"],
        )
        trouble = GaugeMetricFamily(
            "gateway_source_trouble", "1 while the source is in this trouble.", labels=["source", "code"]
        )
        paused = GaugeMetricFamily(
            "gateway_source_paused", "1 while a person has paused the source: what is there waits.", labels=["source"]
        )
        kept = CounterMetricFamily("gateway_kept", "Deliveries kept.", labels=["source"])
        for row in self._sources:
            kept.add_metric([row.source_id], row.kept_count)
            if row.paused_at is not None:
                paused.add_metric([row.source_id], 1)
            if row.source_id not in self._parts.sources:
                continue  # no longer in the settings: nobody is to be woken for its age
            swept.add_metric([row.source_id], _age_seconds(row.swept_at))
            read.add_metric([row.source_id], _age_seconds(row.read_at))
            if row.trouble_code:
                trouble.add_metric([row.source_id, row.trouble_code], 1)
        yield from (swept, read, trouble, paused, kept)


class _Fixed(Collector):
    """Families that were made already."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        """Return them."""
        return self._families


class _Both:
    """Two registries as one."""

    def __init__(self, *registries: CollectorRegistry) -> None:
        self._registries = registries

    def collect(self) -> Iterator[Metric]:
        """Yield the families of each."""
        for registry in self._registries:
            yield from registry.collect()


def _gauge(name: str, words: str, labels: list[str], counts: Counts, zeros: Sequence[tuple[str, ...]] = ()) -> Metric:
    """Return the counts. `zeros`: told also when there are none, so that a graph does not break off."""
    family = GaugeMetricFamily(name, words, labels=labels)
    for values in sorted({tuple(map(str, key)) for key in zeros} | set(counts)):
        family.add_metric(list(values), counts[values])
    return family


def _sum(watched: Figures, ended: Figures | None, name: str) -> Counts:
    counts: Counts = getattr(watched, name) + getattr(ended, name) if ended else getattr(watched, name)
    return counts


def _age_seconds(moment: datetime | None) -> float:
    return inf if moment is None else max(0.0, (now() - moment).total_seconds())


def _own_version() -> str:
    try:
        return version("inbox-gateway")
    except PackageNotFoundError:
        return "unknown"
