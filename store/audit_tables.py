"""The audit trail's tables: its entries, the head of their chain, and how far each receiver has it."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, text

from store.tables import SERIAL, Moment, Words, metadata

_DIGEST = String(64)
_SALT = String(32)

audit = Table(
    "audit",
    metadata,
    Column("entry_id", SERIAL, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    # What may be erased is null once it is, with its salt: the digest alone tells nothing of it.
    Column("actor", String(200)),  # a key's name, or who signed in
    Column("kind", String(60), nullable=False),
    Column("subject", String(200)),
    Column("reason", Words),
    Column("from_version", Integer),
    Column("to_version", Integer),
    Column("about", JSON(none_as_null=True)),  # ids, codes and counts; no words of anybody
    Column("actor_salt", _SALT),
    Column("subject_salt", _SALT),
    Column("reason_salt", _SALT),
    Column("about_salt", _SALT),
    Column("digests", String(259), nullable=False),  # of the four, in this order, with spaces between
    Column("commitment", _DIGEST, nullable=False),
    Column("sequence", BigInteger, unique=True),  # its place in the chain; null until it is sealed
    Column("chain", _DIGEST),
    Index("ix_audit_at", "at"),
    Index("ix_audit_subject", "subject"),
    Index(
        "ix_audit_unsealed",
        "entry_id",
        sqlite_where=text("sequence IS NULL"),
        postgresql_where=text("sequence IS NULL"),
    ),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("head_id", Integer, primary_key=True, autoincrement=False),  # one row: 1
    Column("sequence", BigInteger, nullable=False),  # how many entries the chain has
    Column("chain", _DIGEST, nullable=False),
)

audit_exports = Table(
    "audit_exports",
    metadata,
    Column("receiver", String(100), primary_key=True),
    Column("sequence", BigInteger, nullable=False),  # what it was sent last
    Column("chain", _DIGEST, nullable=False),
    Column("sent_at", Moment),
    Column("holder", String(36)),  # which process sends
    Column("held_until", Moment),
)
