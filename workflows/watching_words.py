"""Which words of rules no recent item has: held against the ledger, without standing in anybody's way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from inbox.configuration.finding import Finding
from inbox.configuration.model import Configuration
from inbox.configuration.watched_words import WordWatch
from inbox.reading import Reading
from store.ledger import Ledger
from store.recent_readings import recent_readings

_SECONDS = 20.0
"""So long somebody waits for an answer."""


@dataclass(frozen=True)
class WatchedWords:
    """What came of it."""

    items: int
    """How many items the words were held against."""
    unmatched: Sequence[Finding]


async def watched_words(
    ledger: Ledger, configuration: Configuration, days: int, *, seconds: float = _SECONDS
) -> WatchedWords | None:
    """Return the words that no item of the last so many days has; None when `seconds` were not enough: half a look
    would call words unused that are not. The configuration has no faults.
    """
    until = time.monotonic() + seconds
    watch, count = await asyncio.to_thread(WordWatch, configuration), 0
    async for readings in recent_readings(ledger, datetime.now(UTC) - timedelta(days=days)):
        await asyncio.to_thread(_see, watch, readings)
        count += len(readings)
        if time.monotonic() > until:
            return None
    return WatchedWords(count, watch.findings()) if count else WatchedWords(0, ())


def _see(watch: WordWatch, readings: Sequence[Reading]) -> None:
    for reading in readings:
        watch.see(reading)
