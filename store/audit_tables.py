"""The audit trail's table."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table

from store.tables import SERIAL, Moment, Words, metadata

audit = Table(
    "audit",
    metadata,
    Column("entry_id", SERIAL, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(200), nullable=False),  # a key's name, or who signed in
    Column("kind", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("reason", Words, nullable=False, default=""),
    Column("from_version", Integer),
    Column("to_version", Integer),
    Column("about", JSON, nullable=False),  # ids, codes and counts; no words of anybody
)
