"""A ledger as it stands after years: nearly every item is completed, a few hundred are on their way."""

from __future__ import annotations

import hashlib
import sqlite3

SOURCES = tuple(f"bron-{number}" for number in range(8))
KEY_SPACE = "imap://info@mail.test/INBOX;UIDVALIDITY=17"
_OPEN = 200
"""So many are with a department, so many are on their way, whatever the ledger holds."""

_ID = "printf('%08x-0000-4000-8000-%012x', (i * 2654435761) % 4294967296, i)"
"""Scattered as random ids are, and known from the number."""

_MOMENT = "strftime('%Y-%m-%d %H:%M:%f000', 'now', printf('-%d seconds', {count} - i))"
_STATUS = "CASE WHEN i % {every} = 0 THEN 'forwarded' WHEN i % {every} = 1 THEN 'quarantined' ELSE 'completed' END"
_READING = '\'{"channel": "email", "language": "nl"}\''

_ROWS = {
    "deliveries": {
        "delivery_id": _ID, "source_id": "'bron-' || (i % 8)", "channel": "'email'", "key_space": f"'{KEY_SPACE}'",
        "position": "CAST(i AS TEXT)", "sha256": "printf('%064x', i)", "size_bytes": "1000",
        "media_type": "'message/rfc822'", "received_at": _MOMENT, "received_basis": "'source'", "kept_at": _MOMENT,
        "confirmed_at": _MOMENT,
    },
    "items": {
        "item_id": _ID, "delivery_id": _ID, "index_in_delivery": "0", "reference": "printf('R%09d', i)",
        "source_id": "'bron-' || (i % 8)", "channel": "'email'", "status": _STATUS, "version": "5",
        "confidentiality": "3", "source_confidentiality": "3", "received_at": _MOMENT, "made_at": _MOMENT,
        "changed_at": _MOMENT, "is_observed": "0", "readings_begun": "1", "reading": _READING,
        "subject": "'Vraag ' || i", "sender_address": "'jan@inwoner.test'",
        "message_id_digest": "{digest}", "fingerprint": "printf('%064x', i)", "is_link_settled": "1",
        "decided_version": "1", "trace": "'[]'",
    },
    "claims": {"fingerprint": "printf('%064x', i)", "item_id": _ID},
    "assignments": {
        "assignment_id": _ID, "item_id": _ID, "ordinal": "1", "status": _STATUS, "category": "'lantaarn'",
        "department": "'kcc'", "priority": "'normal'", "answer": "'dated'", "confidence": "1.0", "round": "1",
        "chosen_by": "'gateway'", "configuration_version": "1", "decided_at": _MOMENT,
    },
    "forwards": {
        "forward_id": _ID, "assignment_id": _ID, "item_id": _ID, "round": "1", "role": "'acting'", "ordinal": "0",
        "department": "'kcc'", "destination_kind": "'mailbox'", "handover": "'{}'", "state": "'delivered'",
        "attempts": "1", "doubts": "0", "remote_id": "'x'", "remote_reply": "''", "made_at": _MOMENT,
        "settled_at": _MOMENT,
    },
    "forward_steps": {"forward_id": _ID, "step": "'delivered'", "at": _MOMENT, "detail": "''"},
    "notices": {
        "notice_id": _ID, "item_id": _ID, "kind": "'acknowledgement'", "ordinal": "1", "channel": "'email'",
        "state": "'sent'", "subject": "''", "body": "''", "mail_from": "''", "rcpt_to": "'jan@inwoner.test'",
        "remote_reply": "''", "attempts": "1", "doubts": "0", "made_at": _MOMENT, "settled_at": _MOMENT,
    },
    "events": {"item_id": _ID, "at": _MOMENT, "actor": "'gateway'", "kind": "'kept'", "reason": "''", "about": "'{}'"},
}  # fmt: skip
"""Table → column → what stands there, in SQL, for item `i`."""


_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"


def fill(connection: sqlite3.Connection, count: int) -> None:
    """Put so many items in an empty ledger, with everything that belongs to them."""
    connection.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-400000; PRAGMA temp_store=MEMORY;")
    connection.create_function("digest_of", 1, lambda number: hashlib.sha256(digest_of(number).encode()).hexdigest())
    moment = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    for source in SOURCES:
        connection.execute(
            "INSERT INTO sources (source_id, channel, made_at, mode, live_from, kept_count)"
            f" VALUES ('{source}', 'email', {moment}, 'live', {moment}, {count // len(SOURCES)})"
        )
    indexes = connection.execute(_INDEXES).fetchall()
    for name, _ in indexes:  # made anew afterwards, which is several times faster
        connection.execute(f"DROP INDEX {name}")
    for table, columns in _ROWS.items():
        values = ", ".join(columns.values())
        values = values.replace("{count}", str(count)).replace("{every}", str(max(2, count // _OPEN)))
        values = values.replace("{digest}", "digest_of(i)")
        connection.execute(
            f"WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {count - 1})"
            f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM numbers"
        )
        connection.commit()
    for _, index in indexes:
        connection.execute(index)
    connection.commit()


def item_of(number: int) -> str:
    """Return the item's id."""
    return f"{number * 2654435761 % 4294967296:08x}-0000-4000-8000-{number:012x}"


delivery_of = notice_of = forward_of = item_of
"""Each has one of each, by the same name."""


def reference_of(number: int) -> str:
    """Return the item's reference."""
    return f"R{number:09d}"


def digest_of(number: int) -> str:
    """Return the item's Message-ID."""
    return f"<{number}@inwoner.test>"
