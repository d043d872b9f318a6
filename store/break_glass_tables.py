"""Broken glass: who saw an item above their confidentiality, and how long."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table

from store.tables import Moment, Words, metadata

broken_glass = Table(
    "broken_glass",
    metadata,
    Column("glass_id", String(36), primary_key=True),
    Column("item_id", ForeignKey("items.item_id"), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("reason", Words, nullable=False),
    Column("up_to", Integer, nullable=False),  # the item's confidentiality at that moment: it reaches no further
    Column("made_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("alert_tried_at", Moment),  # an attempt that has not ended; or the one that failed
    Column("told", JSON, nullable=False),  # addresses that took the mail
    Column("alerted_at", Moment),  # when nobody was left to be told
    Index(None, "item_id", "actor"),
    Index(None, "made_at", "glass_id"),
)

_unsaid = broken_glass.c.alerted_at.is_(None)
Index("ix_broken_glass_unsaid", broken_glass.c.made_at, sqlite_where=_unsaid, postgresql_where=_unsaid)
