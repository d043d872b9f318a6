"""`gateway reconcile`: everything seen is kept, waiting, or named. Reads only, beside a running gateway or without."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from gateway.bootstrap import observed, remembered
from gateway.settings import Settings, SourceSettings, find_settings
from gateway.sources import moves_what_is_kept
from inbox.errors import GatewayError, NotFound
from inbox.ports import GoesOn, Sighting
from inbox.reconciliation import Difference, Weight
from store.going_on import latest_positions
from store.ledger import Ledger
from store.reconciling import Reconciliation
from store.seen_and_kept import Look
from store.sources import list_sources

_INTERRUPTED = 130
"""As shells count: 128 and the number of SIGINT."""

_SHOWN = 20
"""Differences of one kind at one source that people are shown; `--json` gives them all."""


def reconcile(settings_path: Path | None, *, as_json: bool, source_id: str | None, quick: bool, looks: bool) -> int:
    """Print what is found; return 0 when nothing is lost, 1 with losses, 2 when a source could not be looked at, 130
    when interrupted.

    Raises SettingsInvalid, StoreUnavailable, NotFound (no such source).
    """
    settings = find_settings(settings_path)
    out = _Lines() if as_json else _Words()
    try:
        return asyncio.run(_reconcile(settings, out, source_id, quick=quick, looks=looks))
    except KeyboardInterrupt:
        return _INTERRUPTED


async def _reconcile(
    settings: Settings, out: _Lines | _Words, source_id: str | None, *, quick: bool, looks: bool
) -> int:
    async with remembered(settings) as (ledger, store):
        looker = _Looker(settings, ledger)
        if source_id is not None:
            await _require_source(ledger, source_id)
        with _progress() as progress:
            work = Reconciliation(
                ledger,
                store,
                source_id=source_id,
                quick=quick,
                look_at=looker.look if looks else None,
                on_progress=_Shown(progress).show,
            )
            lost = 0
            async for difference in work.differences():
                lost += difference.weight is Weight.loss
                out.difference(difference)
    out.counts({name: asdict(counts) for name, counts in sorted(work.counts.items())})
    if lost:
        return 1
    return 2 if looker.has_failed else 0


async def _require_source(ledger: Ledger, source_id: str) -> None:
    known = [row.source_id for row in await list_sources(ledger)]
    if source_id not in known:
        raise NotFound(f"the ledger knows no source `{source_id}`; it knows {', '.join(known) or 'none'}")


class _Looker:
    """Opens configured sources read-only."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._sources = {source.id: source for source in settings.sources if source.is_fetched}
        self._ledger = ledger
        self.has_failed = False

    async def look(self, source_id: str) -> Look | None:
        """Look at a source; None when it is no longer configured, or when that fails, which is said."""
        source = self._sources.get(source_id)
        if source is None:
            return None
        try:
            sighting = await self._sighting(source)
        except GatewayError as error:
            sys.stderr.write(f"{error.code}: {error.detail}\n")
            self.has_failed = True
            return None
        return Look(sighting, moves=moves_what_is_kept(source))

    async def _sighting(self, source: SourceSettings) -> Sighting:
        connection = await asyncio.to_thread(observed(source).open)
        try:
            if isinstance(connection, GoesOn):
                reached = await latest_positions(self._ledger, source.id, connection.key_space, connection.hears)
                connection.goes_on(*reached)
            return await asyncio.to_thread(connection.look)
        finally:
            await asyncio.to_thread(connection.close)


class _Lines:
    """One JSON document per line, as it is found."""

    def difference(self, found: Difference) -> None:
        """Write a difference."""
        facts = {name: value for name, value in asdict(found).items() if value and name != "kind"}
        said = {"weight": found.weight, "happened": found.happened, "to_do": found.to_do}
        self._write({"difference": found.kind, **facts, **said})

    def counts(self, counted: dict[str, dict[str, int]]) -> None:
        """Write a line for each source."""
        for source_id, counts in counted.items():
            self._write({"source": source_id, **counts})

    def _write(self, document: dict[str, object]) -> None:
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
        sys.stdout.flush()


@dataclass
class _Words:
    """For people: differences as they are found, then a table per source."""

    _said: Counter[tuple[str, str]] = field(default_factory=Counter)
    _weights: Counter[Weight] = field(default_factory=Counter)

    def difference(self, found: Difference) -> None:
        """Write a difference; of many alike only the first ones."""
        self._weights[found.weight] += 1
        alike = (found.kind, found.source_id)
        self._said[alike] += 1
        if self._said[alike] > _SHOWN:
            return
        where = [f"source {found.source_id}"] if found.source_id else []
        names = (
            ("position", found.position),
            ("reference", found.reference),
            ("item", found.item_id),
            ("delivery", found.delivery_id),
            ("in", found.key_space),
            ("", found.name),
        )
        where += [f"{word} {value}".strip() for word, value in names if value]
        if self._said[alike] == 1:
            sys.stdout.write(f"{found.weight.upper()} {found.kind}: {found.happened}\n    to do: {found.to_do}\n")
        sys.stdout.write(f"  {', '.join(where)}{f' ({found.detail})' if found.detail else ''}\n")

    def counts(self, counted: dict[str, dict[str, int]]) -> None:
        """Write how many more there are, the table, and the outcome in one line."""
        for (kind, source_id), count in self._said.items():
            if count > _SHOWN:
                at = f" at source {source_id}" if source_id else ""
                sys.stdout.write(f"{kind}{at}: {count} in all; `--json` lists each\n")
        names = list(next(iter(counted.values()), {}))
        table = Table("source", *names)
        for source_id, counts in counted.items():
            table.add_row(source_id, *(str(counts[name]) for name in names))
        Console(soft_wrap=True).print(table)
        sys.stdout.write(f"{self._weights[Weight.loss] or 'no'} losses\n")


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class _Shown:
    """A bar for each part of the work, on standard error."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def show(self, part: str, done: int, total: int) -> None:
        """Move the bar of this part."""
        if part not in self._tasks:
            self._tasks[part] = self._progress.add_task(part, total=total or None)
        self._progress.update(self._tasks[part], completed=done, total=total or None)
