"""Sources that are made over the API: made, changed, ended; and any source paused, and let go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.channel import Channel
from inbox.errors import Conflict, NotFound
from inbox.item import Status
from store.audit import AuditEntry, write_audit
from store.call_tables import call_logs, calls
from store.ledger import Ledger, now
from store.source_definition_tables import source_definitions
from store.sources import REGISTER, register_in
from store.tables import deliveries, items, sources


@dataclass(frozen=True)
class Wished:
    """A source as somebody wants it."""

    source_id: str
    channel: Channel
    mode: str
    """`observe` or `live`."""
    live_from: datetime | None
    """None: since it was made, went live, or is read where it is now."""
    settings: Mapping[str, Any]
    """As in the settings file, as JSON. It holds no secret."""
    place: str = ""
    """Where it is read; no other one is made that reads there. Empty where others hand in."""


@dataclass(frozen=True)
class Standing:
    """What the ledger says of sources at one moment, for whoever reads them."""

    definitions: Sequence[Any]
    """Rows of those that were made over the API and not ended."""
    paused: frozenset[str]


async def standing_sources(ledger: Ledger) -> Standing:
    """Return what there is to read, and what is paused. A few rows: it may be asked every second."""
    async with ledger.read() as connection:
        made = select(source_definitions).where(source_definitions.c.ended_at.is_(None))
        definitions = (await connection.execute(made.order_by(source_definitions.c.source_id))).all()
        paused = await connection.execute(select(sources.c.source_id).where(sources.c.paused_at.is_not(None)))
        return Standing(definitions, frozenset(paused.scalars()))


async def definition_row(ledger: Ledger, source_id: str) -> Any:
    """Return the row of a source that was made over the API, also of an ended one; else None."""
    async with ledger.read() as connection:
        return await _definition(connection, source_id)


async def definition_rows(ledger: Ledger) -> dict[str, Any]:
    """Return the rows of all sources that were ever made over the API, by id."""
    async with ledger.read() as connection:
        return {row.source_id: row for row in (await connection.execute(select(source_definitions))).all()}


async def define_source(ledger: Ledger, wished: Wished, actor: str) -> int:
    """Make a source; return its version. One that was ended may come back, by its own kind.

    Raises Conflict when there is a source of this id, or was one in a settings file, or another one at its place.
    """
    moment = now()
    async with ledger.begin() as connection:
        await ledger.alone(connection, REGISTER)
        earlier = await _definition(connection, wished.source_id)
        if earlier is None and await _row(connection, wished.source_id) is not None:
            raise Conflict(f"there is, or was, a source `{wished.source_id}` in a settings file: take another id")
        if earlier is not None and earlier.ended_at is None:
            raise Conflict(f"there is a source `{wished.source_id}` already: change that one, or take another id")
        await _require_own_place(connection, wished)
        if earlier is None:
            version = 1
            values = {"source_id": wished.source_id, "made_at": moment, "made_by": actor}
            await connection.execute(insert(source_definitions).values(**values, **_values(wished, 1, actor)))
        else:
            await _require_same_channel(connection, wished)
            version = earlier.version + 1
            await _write(connection, wished, version, actor)
        await _register(connection, wished, is_anew=earlier is not None)
        await _let_go_on(connection, wished.source_id)
        about = {"mode": wished.mode, "settings": dict(wished.settings)}
        await _audit(connection, actor, "source.made", wished.source_id, about=about, to_version=version)
    return version


async def change_source(ledger: Ledger, wished: Wished, version: int, actor: str) -> int:
    """Change a source that stands at this version; return its new version.

    Raises NotFound, Conflict when it has changed meanwhile, would become another kind of source, or there is another one
    at its place.
    """
    async with ledger.begin() as connection:
        await ledger.alone(connection, REGISTER)
        before = await _require_version(connection, wished.source_id, version)
        await _require_same_channel(connection, wished)
        await _require_own_place(connection, wished)
        row = await _row(connection, wished.source_id)
        await _write(connection, wished, version + 1, actor)
        await _register(connection, wished)
        about = {
            "version": version + 1,
            "fromMode": row.mode,
            "mode": wished.mode,
            # The definition itself keeps no former version.
            "changed": _changed(before.settings, wished.settings),
        }
        await _audit(
            *(connection, actor, "source.changed", wished.source_id),
            about=about,
            from_version=version,
            to_version=version + 1,
        )
    return version + 1


async def end_source(ledger: Ledger, source_id: str, version: int, actor: str) -> None:
    """End a source that was made over the API: nobody looks there any more. What it kept stays, and so does its row.

    Raises NotFound, Conflict when it has changed meanwhile, kept something and is not paused, or when call logs, calls
    or scan files of it wait: nobody would go on with them.
    """
    async with ledger.begin() as connection:
        await ledger.alone(connection, REGISTER)
        await _require_version(connection, source_id, version)
        row = await _row(connection, source_id)
        if row.kept_count and row.paused_at is None:
            raise Conflict(f"source `{source_id}` has kept {row.kept_count} deliveries: pause it first, then end it")
        waits = await _waiting(connection, source_id)
        if waits:
            raise Conflict(f"of source `{source_id}` {waits} wait: leave it paused until they are done, then end it")
        await connection.execute(
            update(source_definitions)
            .where(source_definitions.c.source_id == source_id)
            .values(ended_at=now(), version=version + 1, changed_by=actor, changed_at=now())
        )
        # What is no longer read is neither in trouble nor paused.
        await connection.execute(
            update(sources)
            .where(sources.c.source_id == source_id)
            .values(trouble_code=None, trouble_detail=None, trouble_since=None)
        )
        await _let_go_on(connection, source_id)
        about = {"kept": row.kept_count}
        await _audit(connection, actor, "source.ended", source_id, about=about, from_version=version)


async def pause_source(ledger: Ledger, source_id: str, actor: str, reason: str) -> None:
    """Let nobody look at the source until `resume_source`. Raises NotFound, Conflict when it is paused already."""
    async with ledger.begin() as connection:
        await ledger.alone(connection, REGISTER)
        row = await _living(connection, source_id)
        if row.paused_at is not None:
            raise Conflict(f"source `{source_id}` is paused already, by {row.paused_by}")
        await connection.execute(
            update(sources)
            .where(sources.c.source_id == source_id)
            .values(paused_at=now(), paused_by=actor, pause_reason=reason)
        )
        await _audit(connection, actor, "source.paused", source_id, reason)


async def resume_source(ledger: Ledger, source_id: str, actor: str, reason: str = "") -> None:
    """Let the source go on. Raises NotFound, Conflict when it is not paused."""
    async with ledger.begin() as connection:
        await ledger.alone(connection, REGISTER)
        row = await _living(connection, source_id)
        if row.paused_at is None:
            raise Conflict(f"source `{source_id}` is not paused")
        await _let_go_on(connection, source_id)
        about = {"pausedAt": row.paused_at.isoformat()}
        await _audit(connection, actor, "source.resumed", source_id, reason, about)


async def _waiting(connection: AsyncConnection, source_id: str) -> str:
    """Return in words what was kept of the source and cannot go on without it; empty when nothing was."""
    counted = select(func.count())
    scans = counted.select_from(items.join(deliveries, deliveries.c.delivery_id == items.c.delivery_id)).where(
        items.c.source_id == source_id,
        items.c.channel == str(Channel.post),
        items.c.status == str(Status.received),
        deliveries.c.part_of.is_(None),
        deliveries.c.letter_count.is_(None),
    )
    asked = {
        "call logs": counted.where(call_logs.c.source_id == source_id, call_logs.c.finished_at.is_(None)),
        "calls": counted.where(calls.c.source_id == source_id, calls.c.quiet_from.is_not(None)),
        "scan files": scans,
    }
    counts = {name: (await connection.execute(query)).scalar_one() for name, query in asked.items()}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


async def _definition(connection: AsyncConnection, source_id: str) -> Any:
    query = select(source_definitions).where(source_definitions.c.source_id == source_id)
    return (await connection.execute(query)).one_or_none()


async def _row(connection: AsyncConnection, source_id: str) -> Any:
    return (await connection.execute(select(sources).where(sources.c.source_id == source_id))).one_or_none()


async def _living(connection: AsyncConnection, source_id: str) -> Any:
    row, definition = await _row(connection, source_id), await _definition(connection, source_id)
    if row is None or (definition is not None and definition.ended_at is not None):
        raise NotFound("there is no such source")
    return row


async def _require_version(connection: AsyncConnection, source_id: str, version: int) -> Any:
    """Return the definition's row. Raises NotFound, Conflict when it has changed meanwhile."""
    row = await _definition(connection, source_id)
    if row is None or row.ended_at is not None:
        raise NotFound("there is no such source that was made over the API")
    if row.version != version:
        raise Conflict(f"source `{source_id}` has changed: it is at version {row.version}")
    return row


def _changed(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return what differs, by its path in the settings file: what stood there, and what stands there now; null: nothing."""
    found: dict[str, Any] = {}
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found |= _changed(old, new, f"{path}{name}.")
        elif old != new:
            found[f"{path}{name}"] = {"from": old, "to": new}
    return found


async def _require_same_channel(connection: AsyncConnection, wished: Wished) -> None:
    row = await _row(connection, wished.source_id)
    if row.channel != str(wished.channel):
        raise Conflict(f"source `{wished.source_id}` gives messages of the channel {row.channel}: make a new one")


async def _require_own_place(connection: AsyncConnection, wished: Wished) -> None:
    if not wished.place:
        return
    same = (sources.c.place == wished.place) & (sources.c.source_id != wished.source_id)
    query = (
        select(sources.c.source_id)
        .join(source_definitions, source_definitions.c.source_id == sources.c.source_id)
        .where(same, source_definitions.c.ended_at.is_(None))
    )
    other = (await connection.execute(query.limit(1))).scalar_one_or_none()
    if other is not None:
        raise Conflict(f"source `{other}` is read there already: everything would be taken in twice")


async def _register(connection: AsyncConnection, wished: Wished, *, is_anew: bool = False) -> None:
    await register_in(
        connection, wished.source_id, wished.channel, wished.mode, wished.live_from, wished.place, is_anew=is_anew
    )


async def _write(connection: AsyncConnection, wished: Wished, version: int, actor: str) -> None:
    await connection.execute(
        update(source_definitions)
        .where(source_definitions.c.source_id == wished.source_id)
        .values(ended_at=None, **_values(wished, version, actor))
    )


def _values(wished: Wished, version: int, actor: str) -> dict[str, Any]:
    return {"settings": dict(wished.settings), "version": version, "changed_at": now(), "changed_by": actor}


async def _let_go_on(connection: AsyncConnection, source_id: str) -> None:
    await connection.execute(
        update(sources)
        .where(sources.c.source_id == source_id)
        .values(paused_at=None, paused_by=None, pause_reason=None)
    )


async def _audit(
    connection: AsyncConnection,
    actor: str,
    kind: str,
    source_id: str,
    reason: str = "",
    about: Mapping[str, Any] | None = None,
    from_version: int | None = None,
    to_version: int | None = None,
) -> None:
    subject = f"source/{source_id}"
    entry = AuditEntry(actor, kind, subject, reason, from_version, to_version, dict(about or {}))
    await write_audit(connection, entry)
