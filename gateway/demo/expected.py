"""What the sample says must become of each mail, and whether it did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from inbox.item import NoticeKind
from store.ledger import Ledger
from store.tables import assignments, deliveries, items, links, notices

POST = "post"
"""Id of the source that takes scans."""


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


@dataclass(frozen=True)
class SampleMail:
    """One mail of the sample, or one scan file with its letters."""

    file: str
    mailboxes: tuple[str, ...]
    """`POST` for a scan file."""
    expected: tuple[Outcome, ...]
    after: str | None
    """File of the mail whose acknowledgement it answers."""


@dataclass(frozen=True)
class Sample:
    """The sample municipality's mails."""

    mailboxes: dict[str, str]
    """Name → address."""
    mails: tuple[SampleMail, ...]


def load_sample(example: Path) -> Sample:
    """Read expected.json below the example's folder."""
    document = json.loads((example / "expected.json").read_text(encoding="utf-8"))
    mails = tuple(
        SampleMail(
            file=entry["file"],
            mailboxes=tuple(entry["mailboxes"]),
            expected=tuple(_outcome(expected) for expected in entry["expected"]),
            after=entry.get("after"),
        )
        for entry in document["mails"]
    )
    scans = tuple(
        SampleMail(entry["file"], (POST,), tuple(_outcome(expected) for expected in entry["expected"]), None)
        for entry in document["scans"]
    )
    return Sample({name: box["address"] for name, box in document["mailboxes"].items()}, (*mails, *scans))


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


def differences(mail: SampleMail, stand: list[Stands]) -> list[str]:
    """Return what differs between the sample's word and the ledger for one mail; none means as it must be.

    A mail to several mailboxes gives several items in an order that nobody determines.
    """
    left = [one.outcome for one in stand]
    missing = []
    for expected in mail.expected:
        if expected in left:
            left.remove(expected)
        else:
            missing.append(expected)
    told = [f"expected {_said(expected)}" for expected in missing]
    return told + [f"found {_said(outcome)}" for outcome in left] if missing or left else []


def _said(outcome: Outcome) -> str:
    parts = [outcome.status, outcome.category, outcome.department, outcome.acknowledgement, outcome.link, outcome.of]
    return " / ".join(part or "-" for part in parts)
