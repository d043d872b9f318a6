"""What the sample says must become of each delivery, and whether it did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from inbox.item import NoticeKind
from store.call_tables import calls
from store.ledger import Ledger
from store.tables import assignments, deliveries, items, links, notices

POST, PHONE = "post", "telefoon"
"""Ids of the sources that take scans and call logs."""


@dataclass(frozen=True)
class Outcome:
    """Where an item stands, in the words of expected.json."""

    status: str
    category: str | None
    department: str | None
    acknowledgement: str | None
    link: str | None
    of: str | None
    """File of the mail that it is linked to."""


class Kind(StrEnum):
    """How a delivery of the sample comes in."""

    mail = "mail"
    scan = "scan"
    call_log = "call_log"
    notes = "notes"
    """A file that a desk or an area table hands in."""


@dataclass(frozen=True)
class SampleDelivery:
    """One delivery of the sample: a mail, a scan file with its letters, a call log with its call-backs, or notes."""

    file: str
    kind: Kind
    sources: tuple[str, ...]
    expected: tuple[Outcome, ...]
    after: str | None = None
    """File of the mail whose acknowledgement it answers."""
    verdicts: tuple[tuple[str, int], ...] = ()
    """Of a call log: so many of its calls come to each."""


@dataclass(frozen=True)
class Sample:
    """What comes in at the sample municipality."""

    mailboxes: dict[str, str]
    """Name → address."""
    deliveries: tuple[SampleDelivery, ...]


def load_sample(example: Path) -> Sample:
    """Read expected.json below the example's folder."""
    document = json.loads((example / "expected.json").read_text(encoding="utf-8"))
    mailboxes = {name: box["address"] for name, box in document["mailboxes"].items()}
    return Sample(mailboxes, tuple(_delivery(kind, entry) for kind, entry in _entries(document)))


def _entries(document: dict[str, Any]) -> Iterator[tuple[Kind, dict[str, Any]]]:
    for kind, name in ((Kind.mail, "mails"), (Kind.scan, "scans"), (Kind.call_log, "calls"), (Kind.notes, "notes")):
        for entry in document[name]:
            yield kind, entry


def _delivery(kind: Kind, entry: dict[str, Any]) -> SampleDelivery:
    sources = {Kind.mail: "mailboxes", Kind.notes: "sources"}.get(kind)
    return SampleDelivery(
        file=entry["file"],
        kind=kind,
        sources=tuple(entry[sources]) if sources else ({Kind.scan: POST, Kind.call_log: PHONE}[kind],),
        expected=tuple(_outcome(expected) for expected in entry["expected"]),
        after=entry.get("after"),
        verdicts=tuple(sorted(entry.get("verdicts", {}).items())),
    )


def _outcome(entry: dict[str, Any]) -> Outcome:
    names = ("category", "department", "acknowledgement", "link", "of")
    return Outcome(status=entry["status"], **{name: entry.get(name) for name in names})


@dataclass(frozen=True)
class Stands:
    """One item as the ledger has it now."""

    item_id: str
    reference: str
    source_id: str
    position: str
    subject: str
    outcome: Outcome
    due_on: str
    notice_body: str


_scans = deliveries.alias("scans")


async def where_all_stand(ledger: Ledger, file_at: dict[tuple[str, str], str]) -> list[Stands]:
    """Return all items, oldest first. `file_at`: (source, position) of a delivery → file of the sample."""
    async with ledger.read() as connection:
        rows = (
            await connection.execute(
                # A letter came in with its scan file.
                select(items, func.coalesce(_scans.c.position, deliveries.c.position).label("position"))
                .join(deliveries, deliveries.c.delivery_id == items.c.delivery_id)
                .outerjoin(_scans, _scans.c.delivery_id == deliveries.c.part_of)
                .order_by(items.c.made_at)
            )
        ).all()
        decided = {row.item_id: row for row in (await connection.execute(select(assignments))).all()}
        linked = {
            row.item_id: row
            for row in (await connection.execute(select(links).where(links.c.undone_at.is_(None)))).all()
        }
        to_sender = select(notices).where(notices.c.kind != str(NoticeKind.colleague)).order_by(notices.c.made_at)
        told = {row.item_id: row for row in (await connection.execute(to_sender)).all()}
    file_of = {row.item_id: file_at.get((row.source_id, row.position)) for row in rows}
    return [
        _stands(row, decided.get(row.item_id), linked.get(row.item_id), told.get(row.item_id), file_of) for row in rows
    ]


def _stands(row: Any, decided: Any, link: Any, notice: Any, file_of: dict[str, str | None]) -> Stands:
    outcome = Outcome(
        status=row.status,
        category=decided.category if decided else None,
        department=decided.department if decided else None,
        acknowledgement=notice.state if notice else None,
        link=link.kind if link else None,
        of=file_of.get(link.other_item_id) if link else None,
    )
    return Stands(
        item_id=row.item_id,
        reference=row.reference,
        source_id=row.source_id,
        position=row.position,
        subject=row.subject,
        outcome=outcome,
        due_on=f"{decided.due_on:%d-%m-%Y}" if decided is not None and decided.due_on else "",
        notice_body=notice.body if notice else "",
    )


def differences(delivery: SampleDelivery, stand: list[Stands]) -> list[str]:
    """Return what differs between the sample's word and the ledger for one delivery; none means as it must be.

    A mail to several mailboxes gives several items in an order that nobody determines.
    """
    left = [one.outcome for one in stand]
    missing = []
    for expected in delivery.expected:
        if expected in left:
            left.remove(expected)
        else:
            missing.append(expected)
    told = [f"expected {_said(expected)}" for expected in missing]
    return told + [f"found {_said(outcome)}" for outcome in left] if missing or left else []


async def wrong_calls(ledger: Ledger, sample: Sample) -> dict[str, list[str]]:
    """Return what differs in the call register between the sample's word and the ledger."""
    wanted = {one.file: dict(one.verdicts) for one in sample.deliveries if one.verdicts}
    async with ledger.read() as connection:
        counted = await connection.execute(select(calls.c.verdict, func.count()).group_by(calls.c.verdict))
        found = {verdict or "open": number for verdict, number in counted}
    return {file: [f"calls: expected {want}, found {found}"] for file, want in wanted.items() if want != found}


def _said(outcome: Outcome) -> str:
    parts = [outcome.status, outcome.category, outcome.department, outcome.acknowledgement, outcome.link, outcome.of]
    return " / ".join(part or "-" for part in parts)
