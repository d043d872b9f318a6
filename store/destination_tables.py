"""The table of destinations that are paused."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table

from store.tables import Moment, Words, metadata

paused_destinations = Table(
    "paused_destinations",
    metadata,
    Column("department", String(60), primary_key=True),
    Column(
        "place_key", String(64), primary_key=True
    ),  # digest of where it is: another one at its ordinal is not paused
    Column("ordinal", Integer, nullable=False),  # where it stood: 0 for acting, then the informed ones in order
    Column("destination", JSON, nullable=False),  # as in the configuration of that moment, which may name it no more
    Column("paused_at", Moment, nullable=False),
    Column("paused_by", String(200), nullable=False),
    Column("reason", Words, nullable=False),
)
