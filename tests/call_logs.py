"""Call logs of a format of the tests' own, one leg as JSON on each line, and parts that can import them."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import select

from adapters.intake.document import as_message
from inbox.call import BadRow, Direction, Leg
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from store.byte_folder import ByteFolder
from store.call_tables import call_bad_rows, call_legs, call_logs, calls
from store.configurations import Configurations
from store.keeping import NewDelivery, delivery_id, keep_all
from store.ledger import Ledger
from store.sources import register_source
from workflows.parts import CallRegister, ConfiguredCalls, Identity, Parts

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
QUIET = timedelta(minutes=15)
FORMAT = "legs"
_numbers = itertools.count(1)


class LegLines:
    """A reader of such logs. It may be told to do harm at some row."""

    def __init__(self, on_row: Callable[[int], None] = lambda _: None) -> None:
        """`on_row` is called with the line before each row is given; it may raise."""
        self.on_row = on_row
        self.begun = 0
        """How often somebody began to read."""

    def format_of(self, source_id: str, beginning: bytes) -> str | None:
        """Know a log by its first character; each source has the same format."""
        return FORMAT if beginning.lstrip()[:1] in (b"{", b"?") else None

    def rows(self, format_name: str, content: IO[bytes]) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield a leg for each line, or a bad row."""
        assert format_name == FORMAT
        self.begun += 1
        for line, written in enumerate(content, start=1):
            self.on_row(line)
            try:
                yield line, Leg.from_json(json.loads(written))
            except ValueError:
                yield line, BadRow(line, "row_json", "write JSON", written[:65_536])


def leg(call: str = "c1", number: int = 1, seconds: int = 20, **changes: Any) -> Leg:
    """Return a leg of a call to us, `number` minutes after `AT`."""
    facts: dict[str, Any] = {
        "call_key": call,
        "leg_key": str(number),
        "started_at": AT + timedelta(minutes=number),
        "ended_at": AT + timedelta(minutes=number, seconds=seconds),
        "direction": Direction.inbound,
        "caller": "+31612345678",
        "dialled": "14076",
    }
    return Leg(**{**facts, **changes})


def written(rows: Iterable[Leg | bytes]) -> bytes:
    """Return a log of these rows; bytes stand as they are."""
    return b"".join((row if isinstance(row, bytes) else json.dumps(row.as_json()).encode()) + b"\n" for row in rows)


def call_parts(ledger: Ledger, folder: Path, reader: Any = None, sources: Iterable[str] = ("phone",)) -> Parts:
    """Return parts with sources of call records; they can import and nothing else."""
    configured = {name: ConfiguredCalls("live", Confidentiality.zaakvertrouwelijk) for name in sources}
    return Parts(
        ledger=ledger,
        bytes=ByteFolder(folder),
        configurations=Configurations(ledger),
        readers={},
        child_readers={},
        notices=cast("Any", None),
        sender=cast("Any", None),
        systems={},
        identity=Identity(b"k" * 32, "gemeente.test", frozenset()),
        calls=CallRegister(reader=reader or LegLines(), write=as_message, sources=configured, quiet=QUIET),
    )


async def keep_log(parts: Parts, content: bytes, source_id: str = "phone", **changes: Any) -> str:
    """Keep a call log, bytes first; return its id."""
    key_space, position = f"calls://{source_id}", str(next(_numbers))
    log_id = delivery_id(key_space, position)

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    sha256, size_bytes = await parts.bytes.put(log_id, chunks())
    await register_source(parts.ledger, source_id, Channel.phone, "live", datetime(2000, 1, 1, tzinfo=UTC))
    new = NewDelivery(
        **{
            "source_id": source_id,
            "channel": Channel.phone,
            "key_space": key_space,
            "position": position,
            "sha256": sha256,
            "size_bytes": size_bytes,
            "media_type": "text/csv",
            "received_at": AT,
            "received_basis": "source",
            "confidentiality": Confidentiality.zaakvertrouwelijk,
            "held_because": None,
            "is_observed": False,
            "is_call_log": True,
            **changes,
        }
    )
    assert await keep_all(parts.ledger, [new]) == {position: log_id}
    return log_id


async def rows_of(ledger: Ledger, table: Any, *where: Any) -> list[Any]:
    """Return the table's rows."""
    async with ledger.read() as connection:
        return list((await connection.execute(select(table).where(*where))).all())


async def registered(ledger: Ledger) -> Mapping[str, Any]:
    """Return what the register holds, without the moments at which it was written and what brought it."""
    passing = {"version", "changed_at", "quiet_from"}
    found = [
        {name: value for name, value in row._asdict().items() if name not in passing}
        for row in await rows_of(ledger, calls)
    ]
    legs = [(row.call_id, row.leg_digest, row.leg) for row in await rows_of(ledger, call_legs)]
    return {
        "calls": sorted(found, key=lambda row: str(row["call_id"])),
        "legs": sorted(legs, key=lambda row: row[:2]),
    }


async def require_proven(ledger: Ledger) -> None:
    """Hold the counts of each log against the rows that it brought."""
    legs = [row.delivery_id for row in await rows_of(ledger, call_legs)]
    bad = [row.delivery_id for row in await rows_of(ledger, call_bad_rows)]
    for log in await rows_of(ledger, call_logs):
        assert log.legs_new + (log.legs_before or 0) == legs.count(log.delivery_id)
        assert log.bad_rows == bad.count(log.delivery_id)
        assert log.rows_done == log.legs_new + log.legs_again + log.bad_rows


async def settled(work: Any) -> Any:
    """Return what the task came to: its outcome, or what it raised."""
    [outcome] = await asyncio.gather(work, return_exceptions=True)
    return outcome
