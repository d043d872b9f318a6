"""How look-ups in the ledger grow with what it holds: the same questions to a thousand items and to a million."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.item import Status
from inbox.ports import Sighting
from inbox.reading import Reading
from store.deciding import standing
from store.driving import open_items, unsettled_items, wanted
from store.figures import watched_figures
from store.forwarding import forward_row
from store.keeping import NewDelivery, keep, known_positions, unconfirmed_positions
from store.ledger import Ledger, now
from store.linking import ThreadEvidence, settle_links
from store.listing import Filter, Position, Scope, item_account, list_items, source_counts
from store.migrate import migrate
from store.noticing import notice_row
from store.reading import begin_reading, commit_reading, delivery_row, item_row
from store.sources import list_sources, record_look, source_row
from tests.bench.filling import (
    KEY_SPACE,
    SOURCES,
    delivery_of,
    digest_of,
    fill,
    forward_of,
    item_of,
    notice_of,
    reference_of,
)
from tests.bench.row import Row

_FEW, _MANY = 1_000, 1_000_000
_TIMES = 40
_LASTS_SECONDS = 5.0
"""What takes so long in all is measured fewer times."""

_PAGE = 50
_SEEN = 50
_ALL = Scope(None, Confidentiality.zeer_geheim)

Ask = Callable[[int], Awaitable[object]]
"""One look-up; the number says which item it is about."""


def rows() -> Iterator[Row]:
    """Yield the row for the look-up that grows most."""
    with tempfile.TemporaryDirectory() as root:
        files = {count: Path(root) / f"{count}.sqlite" for count in (_FEW, _MANY)}
        medians = asyncio.run(_medians(files))
    ratios = sorted(((many / few, name) for name, (few, many) in medians.items()), reverse=True)
    worst = ratios[0][1]
    listed = ", ".join(f"{name} {ratio:.1f}" for ratio, name in ratios)
    few, many = medians[worst]
    yield Row(
        "a look-up in a million items",
        1000 * many,
        1000 * few,
        "ms",
        "<= 2",
        f"the worst is `{worst}`; SQLite, in turn, median of {_TIMES}; yardstick: the same in {_FEW} items: {listed}",
    )


async def _medians(files: dict[int, Path]) -> dict[str, tuple[float, float]]:
    """Return name → the seconds of a look-up among few and among many."""
    ledgers = {count: await _filled(file, count) for count, file in files.items()}
    asks = {count: _asks(ledger, count) for count, ledger in ledgers.items()}
    try:
        return {name: await _median({count: asks[count][name] for count in asks}) for name in asks[_FEW]}
    finally:
        for ledger in ledgers.values():
            await ledger.close()


async def _filled(file: Path, count: int) -> Ledger:
    ledger = Ledger(f"sqlite+aiosqlite:///{file}")
    await migrate(ledger)
    await ledger.close()
    connection = sqlite3.connect(file)
    fill(connection, count)
    connection.close()
    return ledger


async def _median(asks: dict[int, Ask]) -> tuple[float, float]:
    chosen = random.Random(_TIMES)
    taken: dict[int, list[float]] = {count: [] for count in asks}
    for turn in range(_TIMES + 1):
        if sum(map(sum, taken.values())) > _LASTS_SECONDS:
            break
        for count, ask in asks.items():
            number = chosen.randrange(count)
            started = time.perf_counter()
            await ask(number)
            if turn:  # the first one prepares its statements
                taken[count].append(time.perf_counter() - started)
    return statistics.median(taken[_FEW]), statistics.median(taken[_MANY])


def _asks(ledger: Ledger, count: int) -> dict[str, Ask]:
    middle = Position(now() - timedelta(seconds=count / 2), "")
    return {
        "wanted": lambda _: wanted(ledger, 200),
        "unsettled": lambda _: unsettled_items(ledger, timedelta(minutes=1), "", 1000),
        "open": lambda _: open_items(ledger, "", 1000),
        "item": lambda number: item_row(ledger, item_of(number)),
        "standing": lambda number: standing(ledger, item_of(number)),
        "delivery": lambda number: delivery_row(ledger, delivery_of(number)),
        "notice": lambda number: notice_row(ledger, notice_of(number)),
        "forward": lambda number: forward_row(ledger, forward_of(number)),
        "seen positions": lambda number: known_positions(
            ledger, KEY_SPACE, [str(position) for position in range(max(0, number - _SEEN), number)]
        ),
        "unconfirmed": lambda _: unconfirmed_positions(ledger, KEY_SPACE),
        "keep, read, link": lambda number: _linked(ledger, number),
        "source": lambda number: source_row(ledger, SOURCES[number % len(SOURCES)]),
        "sources": lambda _: list_sources(ledger),
        "look": lambda number: record_look(ledger, SOURCES[0], Sighting(KEY_SPACE, (str(number),), str(number))),
        "counts": lambda _: source_counts(ledger),
        "figures": lambda _: watched_figures(ledger),
        "page": lambda _: list_items(ledger, _ALL, Filter(), _PAGE, None),
        "middle page": lambda _: list_items(ledger, _ALL, Filter(), _PAGE, middle),
        "page of the common status": lambda _: list_items(ledger, _ALL, Filter([Status.completed]), _PAGE, None),
        "page of a rare status": lambda _: list_items(ledger, _ALL, Filter([Status.quarantined]), _PAGE, None),
        "by reference": lambda number: list_items(ledger, _ALL, Filter(reference=reference_of(number)), _PAGE, None),
        "account": lambda number: item_account(ledger, item_of(number), _ALL),
    }


async def _linked(ledger: Ledger, number: int) -> None:
    """Keep, read and link one that answers a message and quotes a proven reference."""
    position = f"new-{number}-{time.perf_counter_ns()}"
    new = NewDelivery(
        SOURCES[0], Channel.email, "new", position, "ab" * 32, 1000, "message/rfc822", now(), "source",
        Confidentiality.intern, None, is_observed=False,
    )  # fmt: skip
    item_id = await keep(ledger, new)
    assert item_id is not None
    await begin_reading(ledger, item_id)
    await commit_reading(ledger, item_id, Reading(channel=Channel.email, subject=position, message_id=position))
    await settle_links(ledger, item_id, ThreadEvidence(None, (digest_of(number),), "", is_authenticated=False))
