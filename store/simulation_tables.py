"""Tables of simulations."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table

from store.tables import Moment, Words, metadata

simulations = Table(
    "simulations",
    metadata,
    Column("simulation_id", String(36), primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("beat_at", Moment, nullable=False),  # last sign of life of the process that runs it
    Column("run", Integer, nullable=False),  # begun so many times: a run that was given up writes nothing more
    Column("of", JSON, nullable=False),  # which configuration, against what, on which items
    Column("document", Words, nullable=False),  # what is rehearsed, as it was when it was asked for
    Column("before_version", Integer),
    Column("done", Integer, nullable=False),
    Column("total", Integer),
    Column("counts", JSON, nullable=False),
    Column("failure_code", String(60)),
    Column("ended_at", Moment),
    Index(None, "made_at"),
)

simulated_items = Table(
    "simulated_items",
    metadata,
    Column("simulation_id", ForeignKey("simulations.simulation_id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("item_id", String(36)),  # of an item of the ledger
    Column("file", Words),  # of an uploaded one
    Column("changes", JSON, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("trace", JSON, nullable=False),  # its reasons may quote the item
    Index(None, "item_id"),
)
