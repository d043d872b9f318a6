"""Tables of drafts, and of what is to become of them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from store.tables import Moment, Words, metadata

drafts = Table(
    "drafts",
    metadata,
    Column("draft_id", String(36), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("version", Integer, nullable=False),  # counts its changes: its ETag
    Column("from_version", Integer),  # of the configuration that it changes; None: it began as an upload before any
    Column("content", Words, nullable=False),  # JSON, as it was written: it need not be valid
    Column("state", String(20), nullable=False),  # open, requested, scheduled, published
    Column("made_at", Moment, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", String(200), nullable=False),
)

publications = Table(
    "publications",
    metadata,
    Column("publication_id", String(36), primary_key=True),
    # No link to `drafts`: a draft may be deleted, who published what may not be forgotten.
    Column("draft_id", String(36), nullable=False),
    Column("draft_version", Integer, nullable=False),
    Column("document", Words, nullable=False),  # what goes into force, whatever becomes of the draft
    Column("from_version", Integer),
    Column("state", String(20), nullable=False),  # requested, scheduled, published, withdrawn, void
    Column("reason", Words, nullable=False),
    Column("at", Moment),  # when it goes into force; None: as soon as it may
    Column("requested_at", Moment, nullable=False),
    Column("requested_by", String(200), nullable=False),
    Column("approved_at", Moment),
    Column("approved_by", String(200)),
    Column("version", Integer, ForeignKey("configurations.version")),
    Index(None, "draft_id"),
    Index(None, "state", "at"),
)
