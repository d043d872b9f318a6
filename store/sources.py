"""Sources: their mode, their health, and what each sweep saw."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.channel import Channel
from inbox.errors import GatewayError
from inbox.ports import Sighting
from store.ledger import Ledger, now
from store.tables import sources, sweeps

_NUMBER = re.compile("0|[1-9][0-9]{0,18}")
"""Numbers as servers write them; anything that looks like one in another way is a name."""

REGISTER = "register"
"""What one transaction at a time does with sources' rows (`Ledger.alone`)."""


async def register_source(
    ledger: Ledger, source_id: str, channel: Channel, mode: str, live_from: datetime | None, place: str = ""
) -> None:
    """Make the source's row, or bring its mode up to date. `live_from`: None means since it was made.

    A source that goes from observe to live, or is read at another place, without a `live_from` of its own is live from
    that moment. `place`: where it is read; empty where others hand in.
    """
    async with ledger.begin() as connection:
        await ledger.alone(connection, REGISTER)
        await register_in(connection, source_id, channel, mode, live_from, place)


async def register_in(
    connection: AsyncConnection,
    source_id: str,
    channel: Channel,
    mode: str,
    live_from: datetime | None,
    place: str = "",
    *,
    is_anew: bool = False,
) -> None:
    """Do the same in the transaction of a caller who is alone at REGISTER. `is_anew`: it was ended before, and what came
    meanwhile is of before it went live.
    """
    moment = now()
    row = (await connection.execute(select(sources).where(sources.c.source_id == source_id))).one_or_none()
    if row is None:
        await connection.execute(
            insert(sources).values(
                source_id=source_id,
                channel=str(channel),
                made_at=moment,
                mode=mode,
                live_from=live_from or moment,
                place=place,
                kept_count=0,
            )
        )
        return
    changes: dict[str, Any] = {"mode": mode, "place": place}
    is_elsewhere = bool(row.place) and row.place != place
    if live_from is not None:
        changes["live_from"] = live_from
    elif mode == "live" and (row.mode != "live" or is_anew or is_elsewhere):
        changes["live_from"] = moment
    await connection.execute(update(sources).where(sources.c.source_id == source_id).values(**changes))


async def list_sources(ledger: Ledger) -> Sequence[Any]:
    """Return all sources' rows, by name."""
    async with ledger.read() as connection:
        return (await connection.execute(select(sources).order_by(sources.c.source_id))).all()


async def source_row(ledger: Ledger, source_id: str) -> Any:
    """Return one source's row, or None."""
    async with ledger.read() as connection:
        return (await connection.execute(select(sources).where(sources.c.source_id == source_id))).one_or_none()


async def sign_of_life(ledger: Ledger, source_id: str) -> None:
    """Note that a reader is alive and connected to the source."""
    async with ledger.begin() as connection:
        await connection.execute(update(sources).where(sources.c.source_id == source_id).values(read_at=now()))


async def note_trouble(ledger: Ledger, source_id: str, error: GatewayError | None) -> bool:
    """Store what is wrong with the source, or None when nothing is; return whether that is news."""
    async with ledger.begin() as connection:
        row = (await connection.execute(select(sources).where(sources.c.source_id == source_id))).one_or_none()
        code = error.code if error else None
        if row is None or (row.trouble_code == code and (error is None or row.trouble_detail == error.detail)):
            return False
        since = row.trouble_since if row.trouble_code and error else (now() if error else None)
        await connection.execute(
            update(sources)
            .where(sources.c.source_id == source_id)
            .values(trouble_code=code, trouble_detail=error.detail if error else None, trouble_since=since)
        )
        return bool(row.trouble_code != code)


async def record_look(ledger: Ledger, source_id: str, sighting: Sighting) -> int:
    """Write down what a sweep saw, before anything is fetched; return the sweep's id.

    A sweep that saw exactly what the one before it saw is the same row, seen again.
    """
    moment = now()
    saw = compact(sighting.positions)
    async with ledger.begin() as connection:
        last = (
            await connection.execute(
                select(sweeps).where(sweeps.c.source_id == source_id).order_by(sweeps.c.sweep_id.desc()).limit(1)
            )
        ).one_or_none()
        if (
            last is not None
            and last.finished_at is not None
            and (last.key_space, last.saw, last.next_position) == (sighting.key_space, saw, sighting.next_position)
        ):
            await connection.execute(
                update(sweeps).where(sweeps.c.sweep_id == last.sweep_id).values(seen_again_at=moment)
            )
            return int(last.sweep_id)
        made = await connection.execute(
            insert(sweeps)
            .values(
                source_id=source_id,
                key_space=sighting.key_space,
                saw=saw,
                saw_count=len(sighting.positions),
                next_position=sighting.next_position,
                looked_at=moment,
                seen_again_at=moment,
                vanished="",
            )
            .returning(sweeps.c.sweep_id)
        )
        return int(made.scalar_one())


async def seen_last(ledger: Ledger, source_id: str) -> tuple[str, list[str]] | None:
    """Return the key space and the positions that the last sweep saw; None before the first."""
    query = select(sweeps.c.key_space, sweeps.c.saw).where(sweeps.c.source_id == source_id)
    async with ledger.read() as connection:
        row = (await connection.execute(query.order_by(sweeps.c.sweep_id.desc()).limit(1))).one_or_none()
    return None if row is None else (row.key_space, expand(row.saw))


async def finish_sweep(
    ledger: Ledger, source_id: str, sweep_id: int, vanished: Sequence[str], *, is_whole: bool
) -> None:
    """Write down what was seen and gone before it could be kept. `is_whole`: everything else that was seen is kept."""
    moment = now()
    async with ledger.begin() as connection:
        changes: dict[str, Any] = {"vanished": compact(vanished)}
        if is_whole:
            changes["finished_at"] = moment
            await connection.execute(
                update(sources).where(sources.c.source_id == source_id).values(swept_at=moment, read_at=moment)
            )
        await connection.execute(update(sweeps).where(sweeps.c.sweep_id == sweep_id).values(**changes))


def compact(positions: Iterable[str]) -> str:
    """Write positions down shortly: numbers as an IMAP sequence-set (RFC 3501 section 9), names as a JSON list."""
    names = list(positions)
    if not all(_NUMBER.fullmatch(name) for name in names):
        return json.dumps(sorted(names))
    ranges: list[list[int]] = []
    for number in sorted(int(name) for name in names):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in ranges)


def expand(saw: str) -> list[str]:
    """Return the positions that `compact` wrote down."""
    if not saw:
        return []
    if saw.startswith("["):
        names: list[str] = json.loads(saw)
        return names
    positions: list[str] = []
    for piece in saw.split(","):
        low, _, high = piece.partition(":")
        positions.extend(str(number) for number in range(int(low), int(high or low) + 1))
    return positions
