"""What rehearsing costs beside deciding twice, and how long ten thousand items against five hundred rules take."""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import insert

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.load import load_configuration
from inbox.configuration.model import Configuration
from inbox.reading import Reading, Sender
from inbox.routing.conclude import DecidingFacts
from inbox.routing.decide import decide
from inbox.routing.simulate import Comparison, Rehearsed, Side
from store.ledger import Ledger
from store.migrate import migrate
from store.past_items import Selection, count_past
from store.tables import deliveries, items
from tests.bench.row import Row, in_turn
from tests.configuration import SMALL_TOWN
from workflows.rehearsing import Tally, candidates, rehearse

_RULES = 500
_READINGS = 400
_ITEMS = 10_000
_FILLING = "Wij hebben een vraag over de nieuwe bestrating in onze straat en over het onderwerp parkeren. " * 8


def rows() -> Iterator[Row]:
    """Yield the rows."""
    before, after = (
        _configuration(""),
        _configuration("  - {id: nieuw, when: {words: [onderwerp7, onderwerp40]}, category: vergunning}\n"),
    )
    comparison = Comparison(Side.of(before, 1), Side.of(after, 0), frozenset())
    present = datetime.now(UTC)
    rehearsals = [Rehearsed(_facts(n, present), present) for n in range(_READINGS)]
    sides = [comparison.before.compiled() if comparison.before else None, comparison.after.compiled()]

    def plain() -> None:
        for one in rehearsals:
            for compiled in sides:
                assert compiled is not None
                facts = one.facts
                decide(facts.reading, facts.source_id, facts.source_confidentiality, facts.received_at, compiled)

    mine, yardstick = in_turn(lambda: comparison.of(rehearsals), plain)
    yield Row(
        "simulate against the plain loop",
        _READINGS / mine,
        _READINGS / yardstick,
        "items/s",
        ">= 0.8",
        f"{_RULES} rules on each side, the same readings; yardstick: `decide` twice, and nothing compared",
    )
    whole, memory = asyncio.run(_whole(comparison))
    yield Row(
        "simulate 10,000 items from the ledger",
        _ITEMS / whole,
        _READINGS / yardstick,
        "items/s",
        "",
        f"{whole:.0f} s in all, from SQLite, in a process of its own; our own grew by {memory} MiB meanwhile",
    )


def _configuration(more: str) -> Configuration:
    rules = "".join(f"  - {{id: r{n}, when: {{words: [onderwerp{n}*]}}, category: lantaarn}}\n" for n in range(_RULES))
    return load_configuration(SMALL_TOWN.partition("rules:\n")[0] + "rules:\n" + more + rules)


def _facts(number: int, present: datetime) -> DecidingFacts:
    return DecidingFacts(_reading(number), "bench", Confidentiality.intern, present)


def _reading(number: int) -> Reading:
    # One in five is about something that a rule names, as far down as it likes; one in a hundred moves.
    about = f" onderwerp{number % _RULES}" if number % 5 == 0 else ""
    return Reading(
        channel=Channel.email,
        sender=Sender(address=f"jan{number}@inwoner.test"),
        subject="Een vraag",
        text=_FILLING + about,
        message_id=f"{number}@inwoner.test",
    )


async def _whole(comparison: Comparison) -> tuple[float, int]:
    """Return the seconds for all items of a ledger, and by how much this process grew, in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(f"sqlite+aiosqlite:///{Path(folder) / 'ledger.sqlite'}")
        try:
            await migrate(ledger)
            await _fill(ledger)
            selection = Selection(until=datetime.now(UTC), last=_ITEMS)
            assert await count_past(ledger, selection) == _ITEMS
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started, tally = time.perf_counter(), Tally()
            async for found in rehearse(candidates(ledger, selection, with_then=False), comparison, _ITEMS * _RULES):
                for one in found:
                    tally.add(one)
            took = time.perf_counter() - started
            assert tally.examined == _ITEMS
            assert tally.changed
            return took, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - grown) >> 10
        finally:
            await ledger.close()


async def _fill(ledger: Ledger) -> None:
    """Put items into the ledger that were read and not yet decided."""
    begin = datetime.now(UTC) - timedelta(days=30)
    async with ledger.begin() as connection:
        for start in range(0, _ITEMS, 1000):
            made = [(n, str(uuid4()), begin + timedelta(minutes=n)) for n in range(start, start + 1000)]
            await connection.execute(
                insert(deliveries),
                [
                    {
                        "delivery_id": key,
                        "source_id": "bench",
                        "channel": "email",
                        "key_space": "bench",
                        "position": str(n),
                        "sha256": "ab" * 32,
                        "size_bytes": 1000,
                        "media_type": "message/rfc822",
                        "received_at": at,
                        "received_basis": "source",
                        "kept_at": at,
                    }
                    for n, key, at in made
                ],
            )
            await connection.execute(
                insert(items),
                [
                    {
                        "item_id": key,
                        "delivery_id": key,
                        "index_in_delivery": 0,
                        "reference": f"{n:016d}",
                        "source_id": "bench",
                        "channel": "email",
                        "status": "received",
                        "version": 1,
                        "confidentiality": 3,
                        "source_confidentiality": 3,
                        "received_at": at,
                        "made_at": at,
                        "changed_at": at,
                        "is_observed": False,
                        "readings_begun": 1,
                        "reading": _reading(n).model_dump(mode="json"),
                        "is_link_settled": True,
                    }
                    for n, key, at in made
                ],
            )
