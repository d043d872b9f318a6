"""The figures of reachability out of the ledger, by the configuration in force: for the API and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from inbox.calls.counted import Counted, Counting
from inbox.calls.period import Period
from inbox.calls.reachability import EVERYTHING, Dimension, Only, Reachability
from inbox.routing.compiled import CompiledConfiguration
from store.ledger import Ledger
from store.listing import Position
from store.reachability import calls_between


@dataclass(frozen=True)
class CountedCall:
    """A call of the register, and as what it counts."""

    row: Any
    counted: Counted


async def reachability(
    ledger: Ledger,
    configuration: CompiledConfiguration,
    period: Period,
    by: Sequence[Dimension],
    only: Only = EVERYTHING,
) -> Reachability:
    """Return the figures of all calls of the period that the register holds by now.

    Raises BadRequest when there would be too many figures, StoreUnavailable.
    """
    figures = Reachability(_counting(configuration), by, only)
    since, until = period.moments(configuration.zone)
    async with aclosing(calls_between(ledger, since, until)) as pages:
        async for page in pages:
            for row in page:
                figures.add(row)
    return figures


async def counted_calls(
    ledger: Ledger,
    configuration: CompiledConfiguration,
    period: Period,
    only: Only,
    limit: int,
    after: Position | None = None,
) -> list[CountedCall]:
    """Return at most `limit` calls behind the figures, by their start, beginning after the position."""
    counting = _counting(configuration)
    since, until = period.moments(configuration.zone)
    found: list[CountedCall] = []
    async with aclosing(calls_between(ledger, since, until, after)) as pages:
        async for page in pages:
            for row in page:
                counted = counting.count(row)
                if counted is not None and only.holds(counted):
                    found.append(CountedCall(row, counted))
                    if len(found) == limit:
                        return found
    return found


def _counting(configuration: CompiledConfiguration) -> Counting:
    return Counting(configuration.document.calls, configuration.zone, configuration.days)
