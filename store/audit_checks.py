"""Whether the audit trail is what was written: each entry is held to its digests, and all of them to the chain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from store.audit_digests import BEGINNING, ERASABLE, commitment_of, field_digest, link_of
from store.audit_erasing import ERASED
from store.audit_tables import audit, audit_exports, audit_head
from store.ledger import Ledger

_AT_ONCE = 1000


@dataclass(frozen=True)
class Broken:
    """The first entry that is not as it was written."""

    sequence: int | None
    """Its place in the chain; None: it had none yet."""
    entry_id: int | None
    """None: it is not there."""
    what: str
    """What is the matter, in a sentence; no word of the entry."""


@dataclass(frozen=True)
class Verdict:
    """What was found of the trail."""

    sealed: int
    """Entries in the chain that are as they were written."""
    waiting: int
    """Entries that have no place in it yet: that one of them is removed does not show."""
    erased: int
    """Entries of which something was erased."""
    broken: Broken | None
    chain: str
    """The digest at the end: who keeps it elsewhere can tell later that nothing before it was written anew."""


async def verify_audit(ledger: Ledger, known: Mapping[int, str] | None = None) -> Verdict:
    """Check the whole trail, in the state of one moment, and stop at the first entry that is not as it was written.

    `known`: place in the chain → its digest there, as it was kept elsewhere; positions of exports are added.
    """
    async with ledger.read() as connection:
        if not ledger.is_sqlite:
            # By default each statement of PostgreSQL sees a moment of its own: an erasure between two would look like harm.
            await connection.execution_options(isolation_level="REPEATABLE READ")
        exported = (await connection.execute(select(audit_exports.c.sequence, audit_exports.c.chain))).all()
        kept_elsewhere = [*(known or {}).items(), *((row.sequence, row.chain) for row in exported)]
        # What is sealed meanwhile lies behind this end, and is not asked for.
        head = (await connection.execute(select(audit_head))).one_or_none()
        checks = _Checks(await _erasures(connection), kept_elsewhere)
        checks.head = int(head.sequence) if head is not None else 0
        async for row in _sealed(connection):
            if head is not None and row.sequence > checks.head and checks.is_within(head.chain):
                break
            checks.take(row)
            if checks.broken is not None:
                break
        if checks.broken is None:
            checks.end(head.chain if head is not None else BEGINNING)
        waiting = await _waiting(connection, checks) if checks.broken is None else 0
    return Verdict(checks.sequence, waiting, checks.erased, checks.broken, checks.chain)


async def _sealed(connection: AsyncConnection) -> AsyncIterator[Any]:
    last = 0
    while True:
        query = select(audit).where(audit.c.sequence > last).order_by(audit.c.sequence).limit(_AT_ONCE)
        rows = (await connection.execute(query)).all()
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1].sequence


async def _waiting(connection: AsyncConnection, checks: _Checks) -> int:
    query = select(audit).where(audit.c.sequence.is_(None)).order_by(audit.c.entry_id)
    count = 0
    for row in await connection.execute(query):
        what = checks.fault_of(row)
        if what is not None:
            checks.broken = Broken(None, row.entry_id, what)
            return count
        count += 1
    return count


async def _erasures(connection: AsyncConnection) -> set[tuple[int, str]]:
    """Return which fields of which entries were erased, as it was written down."""
    rows = await connection.execute(select(audit.c.about).where(audit.c.kind == ERASED))
    told = [about for (about,) in rows if isinstance(about, dict)]
    return {(entry, name) for about in told for entry in about.get("entries", ()) for name in about.get("fields", ())}


@dataclass
class _Checks:
    """Walks along the chain."""

    erasures: set[tuple[int, str]]
    kept_elsewhere: Sequence[tuple[int, str]]
    head: int = 0
    sequence: int = 0
    chain: str = BEGINNING
    erased: int = 0
    broken: Broken | None = None
    _known: dict[int, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for sequence, chain in self.kept_elsewhere:
            self._known.setdefault(sequence, set()).add(chain)

    def is_within(self, head_chain: str) -> bool:
        """Say whether the walk has come to the head, and agrees with it."""
        return self.sequence == self.head and self.chain == head_chain

    def take(self, row: Any) -> None:
        """Check the next entry."""
        place = self.sequence + 1
        if row.sequence != place:
            self.broken = Broken(place, None, f"entry {place} is missing: {row.sequence} follows {self.sequence}")
            return
        what = self.fault_of(row)
        link = link_of(self.chain, place, row.entry_id, row.commitment)
        if what is None and link != row.chain:
            what = "it does not follow from the entry before it: one of them was moved, swapped or written anew"
        if what is None and self._known.get(place, {link}) != {link}:
            what = "it is not what was exported under this number: the chain was written anew"
        if what is not None:
            self.broken = Broken(place, row.entry_id, what)
            return
        self.sequence, self.chain = place, link

    def fault_of(self, row: Any) -> str | None:
        """Return what is the matter with the entry by itself, or None."""
        entry = row._mapping
        lacks = [name for name in ERASABLE if entry[f"{name}_salt"] is None]
        for name, digest in zip(ERASABLE, str(row.digests).split(" "), strict=False):
            if name not in lacks and field_digest(name, entry[name], entry[f"{name}_salt"]) != digest:
                return f"its `{name}` is not what was written"
            if name in lacks and entry[name] is not None:
                return f"its `{name}` was erased, and something stands there"
            if name in lacks and (row.entry_id, name) not in self.erasures:
                return f"its `{name}` is gone, and no entry tells of an erasure"
        if commitment_of(entry) != row.commitment:
            return "its moment, kind, versions or digests are not what was written"
        self.erased += bool(lacks)
        return None

    def end(self, head_chain: str) -> None:
        """Check that the chain ends where it was said to end, and reaches as far as it was exported."""
        reached = max([self.head, *self._known], default=0)
        if self.sequence < reached:
            place = self.sequence + 1
            self.broken = Broken(place, None, f"entry {place} is missing: the chain had {reached} entries")
        elif self.sequence > self.head or self.chain != head_chain:
            self.broken = Broken(self.sequence, None, "the head of the chain is not that of the last entry")
