"""The call register's tables: call logs, their rows that could not be used, legs, calls, and call-backs."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    literal_column,
)

from store.tables import Moment, Words, metadata

_ID = String(36)

call_logs = Table(
    "call_logs",
    metadata,
    Column("delivery_id", ForeignKey("deliveries.delivery_id"), primary_key=True),
    Column("source_id", String(60), nullable=False),
    Column("state", String(20), nullable=False),  # CallLogState
    Column("format", String(40)),  # in which it is read
    Column("imports_begun", Integer, nullable=False),  # since it last got on
    Column("begun_at", Moment),  # the latest of them
    Column("rows_done", Integer, nullable=False),  # rows of it, good and bad, that are in the register: it resumes here
    Column("legs_new", Integer, nullable=False),
    Column("legs_before", Integer),  # that the register had of it when a person let it be read again; none: nobody did
    Column("legs_again", Integer, nullable=False),  # that the register had already
    Column("bad_rows", Integer, nullable=False),
    Column("code", String(60)),  # why it was set aside, or what is to be said about it
    Column("detail", Words),
    Column("kept_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("again_by", String(120)),  # who let it be read again, the last time
    Column("is_observed", Boolean, nullable=False),  # kept while the source only observed: nothing comes of its calls
    Column("confidentiality", Integer, nullable=False),  # of its source, when it was kept
    Column("version", Integer, nullable=False),
    Index(None, "source_id", "kept_at"),
    Index(None, "kept_at", "delivery_id"),
)

_is_open = call_logs.c.finished_at.is_(None)
Index("ix_call_logs_open", call_logs.c.source_id, sqlite_where=_is_open, postgresql_where=_is_open)

_has_code = call_logs.c.code.is_not(None)
Index("ix_call_logs_code", call_logs.c.source_id, call_logs.c.code, sqlite_where=_has_code, postgresql_where=_has_code)

call_bad_rows = Table(
    "call_bad_rows",
    metadata,
    Column("delivery_id", ForeignKey("call_logs.delivery_id"), primary_key=True),
    Column("row", Integer, primary_key=True),  # of the log, from 1, counting good and bad ones
    Column("line", Integer, nullable=False),
    Column("code", String(60), nullable=False),
    Column("detail", Words, nullable=False),
    Column("raw", LargeBinary, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("call_id", _ID, primary_key=True),  # of source and call key
    Column("source_id", String(60), nullable=False),
    Column("call_key", Words, nullable=False),
    Column("caller", String(60), nullable=False),
    Column("dialled", String(60), nullable=False),
    Column("queue", String(200), nullable=False),
    Column("choice", String(200), nullable=False),
    Column("direction", String(10), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("ended_at", Moment),
    Column("waited_s", Float, nullable=False),
    Column("talked_s", Float, nullable=False),
    Column("recording", Words, nullable=False),
    Column("legs_count", Integer, nullable=False),
    Column("is_observed", Boolean, nullable=False),
    Column("confidentiality", Integer, nullable=False),  # the strictest of its logs
    Column("version", Integer, nullable=False),  # grows with each change of its legs, and when it is judged
    Column("quiet_from", Moment),  # when it may be judged; none: it was, and nothing changed since
    Column("verdict", String(20)),  # CallVerdict, once judged
    Column("because", Words, nullable=False, default=""),
    Column("item_id", ForeignKey("items.item_id")),  # the call-back that it asked for, or that it settled
    Column("changed_at", Moment, nullable=False),
    Index(None, "source_id", "started_at"),
    Index(None, "started_at", "call_id"),
    Index(None, "caller", "started_at"),
)

_waits = calls.c.quiet_from.is_not(None)
Index("ix_calls_waiting", calls.c.source_id, calls.c.quiet_from, sqlite_where=_waits, postgresql_where=_waits)

Index("ix_calls_in_turn", calls.c.source_id, calls.c.started_at, sqlite_where=_waits, postgresql_where=_waits)

# Whom we rang: calls to us all dial the same few numbers.
_by_us = calls.c.direction != literal_column("'in'")
Index("ix_calls_dialled", calls.c.dialled, sqlite_where=_by_us, postgresql_where=_by_us)

_has_item = calls.c.item_id.is_not(None)
Index("ix_calls_item_id", calls.c.item_id, sqlite_where=_has_item, postgresql_where=_has_item)

call_legs = Table(
    "call_legs",
    metadata,
    Column("call_id", _ID, primary_key=True),
    Column("leg_digest", String(32), primary_key=True),  # of its key: a repeated row has the same
    Column("delivery_id", ForeignKey("call_logs.delivery_id"), nullable=False),  # the log that brought it first
    Column("line", Integer, nullable=False),
    Column("leg", JSON, nullable=False),
    Index(None, "delivery_id"),
)

call_backs = Table(
    "call_backs",
    metadata,
    Column("item_id", ForeignKey("items.item_id"), primary_key=True),
    Column("number", String(60), nullable=False),  # of the caller; empty when withheld
    Column("open_number", String(60)),  # while further calls of the number join it, and an answered one settles it
    Column("first_at", Moment, nullable=False),
    Column("latest_at", Moment, nullable=False),
    Column("calls_count", Integer, nullable=False),
    Column("settled_by", _ID),  # the call in which somebody was spoken
    Column("settled_at", Moment),  # when that was
    Index(None, "number"),
)

_takes_more = call_backs.c.open_number.is_not(None)
Index(
    "ix_call_backs_open", call_backs.c.open_number, unique=True, sqlite_where=_takes_more, postgresql_where=_takes_more
)

shared_lines = Table(
    "shared_lines",
    metadata,
    Column("number", String(60), primary_key=True),
    Column("learned_at", Moment, nullable=False),
    Column("because", Words, nullable=False),
)
