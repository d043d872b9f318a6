"""Tables of sources that are made over the API."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table

from store.tables import Moment, metadata

source_definitions = Table(
    "source_definitions",
    metadata,
    Column("source_id", String(60), primary_key=True),
    Column("settings", JSON, nullable=False),  # as in the settings file; secrets by the name of their place only
    Column("version", Integer, nullable=False),  # compare-and-set
    Column("made_at", Moment, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", String(200), nullable=False),
    Column("ended_at", Moment),  # nobody looks there any more; what it kept stays
)
