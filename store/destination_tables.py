"""The table of destinations that are paused."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from store.tables import Moment, Words, metadata

paused_destinations = Table(
    "paused_destinations",
    metadata,
    Column("department", String(60), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),  # 0 for acting, then the informed ones in order
    Column("paused_at", Moment, nullable=False),
    Column("paused_by", String(200), nullable=False),
    Column("reason", Words, nullable=False),
)
