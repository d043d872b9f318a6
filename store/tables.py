"""The ledger's tables. One row per fact; each status change is also an event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from store.storable import storable


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime on both engines; refuses a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return aware UTC: SQLite forgets the zone."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text of any length, from anybody: what no engine can hold is replaced (store/storable.py)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Store what can be stored."""
        return None if value is None else storable(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID = String(36)
SERIAL = BigInteger().with_variant(Integer, "sqlite")

installation = Table(
    "installation",
    metadata,
    Column("installation_id", String(36), primary_key=True),  # one row: names the byte folder that belongs to us
)

sources = Table(
    "sources",
    metadata,
    Column("source_id", String(60), primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("mode", String(10), nullable=False),
    Column("live_from", Moment, nullable=False),
    Column("place", Words),  # where it is read; empty where others hand in
    Column("read_at", Moment),  # last sign of life of a reader
    Column("swept_at", Moment),  # end of the last successful sweep: its age is the health figure
    Column("trouble_code", String(60)),
    Column("trouble_detail", Words),
    Column("trouble_since", Moment),
    Column("sent_key_space", String(600)),  # the folder of sent mail, and how far it was looked through
    Column("sent_position", String(100)),
    Column("kept_count", Integer, nullable=False),  # deliveries: counted as they are kept, for they become many
    Column("paused_at", Moment),  # nobody looks there until a person lets it go on
    Column("paused_by", String(200)),
    Column("pause_reason", Words),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("sweep_id", SERIAL, primary_key=True, autoincrement=True),
    Column("source_id", ForeignKey("sources.source_id"), nullable=False),
    Column("key_space", String(600), nullable=False),
    Column("saw", Words, nullable=False),  # positions, as an IMAP sequence-set where they are numbers
    Column("saw_count", Integer, nullable=False),
    Column("next_position", String(100), nullable=False),
    Column("looked_at", Moment, nullable=False),
    Column("seen_again_at", Moment, nullable=False),  # later sweeps that saw exactly the same
    Column("finished_at", Moment),
    Column("vanished", Words, nullable=False, default=""),  # seen, gone before keep
    Index(None, "source_id", "sweep_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", _ID, primary_key=True),
    Column("source_id", String(60), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("key_space", String(600), nullable=False),
    Column("position", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("received_basis", String(30), nullable=False),
    Column("kept_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Column("again_of", _ID),  # the delivery of the same message that the source showed before, elsewhere
    Column("part_of", ForeignKey("deliveries.delivery_id")),  # of a letter: the scan file that it came in
    Column("unfolded", JSON),  # of a scan file: pages in, pages out
    Column("letter_count", Integer),  # of a scan file: so many letters came out of it
    UniqueConstraint("key_space", "position"),
    Index(None, "sha256"),
)

# Few are on their way at any moment, and every sweep asks for those of its mailbox.
_awaits_word = deliveries.c.confirmed_at.is_(None)
Index("ix_deliveries_unconfirmed", deliveries.c.key_space, sqlite_where=_awaits_word, postgresql_where=_awaits_word)

_is_part = deliveries.c.part_of.is_not(None)
Index("ix_deliveries_part_of", deliveries.c.part_of, sqlite_where=_is_part, postgresql_where=_is_part)

# One to one: of a message that was there twice, two may come again.
_is_again = deliveries.c.again_of.is_not(None)
Index("ix_deliveries_again_of", deliveries.c.again_of, unique=True, sqlite_where=_is_again, postgresql_where=_is_again)

items = Table(
    "items",
    metadata,
    Column("item_id", _ID, primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.delivery_id"), nullable=False),
    Column("index_in_delivery", Integer, nullable=False),
    Column("reference", String(16), nullable=False, unique=True),
    Column("source_id", String(60), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("confidentiality", Integer, nullable=False),
    Column("source_confidentiality", Integer, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("is_observed", Boolean, nullable=False),  # kept while the source only observed
    Column("held_because", String(30)),
    Column("released_at", Moment),
    Column("readings_begun", Integer, nullable=False),
    Column("reading", JSON),
    Column("subject", Words, nullable=False, default=""),
    Column("sender_address", Words, nullable=False, default=""),
    Column("message_id_digest", String(64)),  # sha256: a sender may write a longer id than an index holds
    Column("fingerprint", String(64)),
    Column("is_link_settled", Boolean, nullable=False),
    Column("original_item_id", ForeignKey("items.item_id")),  # of a copy
    Column("adds_to_item_id", ForeignKey("items.item_id")),  # of a follow-up that joined
    Column("decided_version", Integer),
    Column("trace", JSON),
    Column("filed_because", Words),
    Column("flags", JSON),  # keys of the flags that rules raised
    Column("labels", JSON),  # of the rule that decided: short facts for the department
    Column("hold_reason", Words),  # in the words of the rule that holds it
    Column("quarantine_code", String(60)),
    Column("quarantine_detail", Words),
    Column("correspondent_basis", String(20)),  # what shows who is to hear from us
    Column("vouched_address", Words),  # a person's word: this is who wrote it, and may be told
    Column("vouched_at", Moment),
    Column("drive_wanted", String(40)),
    Column("pages_done", Integer),  # while its scan file is read
    Column("pages_of", Integer),
    UniqueConstraint("delivery_id", "index_in_delivery"),
    Index(None, "status", "made_at", "item_id"),
    Index(None, "original_item_id"),
    Index(None, "message_id_digest"),
    Index(None, "fingerprint"),
    Index(None, "made_at", "item_id"),
)

# Few want something at any moment: the index holds only those, in the order in which they are driven.
_wants_drive = items.c.drive_wanted.is_not(None)
Index("ix_items_wanted", items.c.made_at, sqlite_where=_wants_drive, postgresql_where=_wants_drive)

claims = Table(
    "claims",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("item_id", ForeignKey("items.item_id"), nullable=False),
    Index(None, "item_id"),
)

links = Table(
    "links",
    metadata,
    Column("link_id", SERIAL, primary_key=True, autoincrement=True),
    Column("item_id", ForeignKey("items.item_id"), nullable=False),
    Column("other_item_id", ForeignKey("items.item_id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("reason", Words, nullable=False),
    Column("score", Float, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("undone_at", Moment),
    Index(None, "item_id"),
    Index(None, "other_item_id"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("assignment_id", _ID, primary_key=True),
    Column("item_id", ForeignKey("items.item_id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("category", String(60), nullable=False),
    Column("department", String(60), nullable=False),
    Column("priority", String(10), nullable=False),
    Column("answer", String(20), nullable=False),
    Column("is_statutory", Boolean, nullable=False),
    Column("rule", String(60)),
    Column("confidence", Float, nullable=False),
    Column("promise", JSON),
    Column("due_on", Date),
    Column("round", Integer, nullable=False),
    Column("chosen_by", String(100), nullable=False),
    Column("configuration_version", Integer, nullable=False),
    Column("decided_at", Moment, nullable=False),
    UniqueConstraint("item_id", "ordinal"),
    Index(None, "department", "status"),
)

forwards = Table(
    "forwards",
    metadata,
    Column("forward_id", _ID, primary_key=True),
    Column("assignment_id", ForeignKey("assignments.assignment_id"), nullable=False),
    Column("item_id", ForeignKey("items.item_id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("role", String(10), nullable=False),
    Column("ordinal", Integer, nullable=False),  # 0 for acting, then the informed ones in order
    Column("department", String(60), nullable=False),
    Column("destination_kind", String(20), nullable=False),
    Column("handover", JSON, nullable=False),
    Column("withdrawal", JSON),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("doubts", Integer, nullable=False),
    Column("remote_id", Words, nullable=False, default=""),
    Column("remote_reply", Words, nullable=False, default=""),
    Column("trouble_code", String(60)),
    Column("trouble_detail", Words),
    Column("made_at", Moment, nullable=False),
    Column("tried_from", Moment),  # how long it is tried counts from here, where its destination was paused meanwhile
    Column("claimed_at", Moment),
    Column("claim_id", String(36)),
    Column("settled_at", Moment),
    UniqueConstraint("assignment_id", "round", "role", "ordinal"),
    Index(None, "item_id"),
    Index(None, "state"),
    Index(None, "department", "ordinal", "state", "settled_at"),  # when did each place last take one
)

forward_steps = Table(
    "forward_steps",
    metadata,
    Column("step_id", SERIAL, primary_key=True, autoincrement=True),
    Column("forward_id", ForeignKey("forwards.forward_id"), nullable=False),
    Column("step", String(30), nullable=False),
    Column("at", Moment, nullable=False),
    Column("code", String(60)),
    Column("detail", Words, nullable=False, default=""),
    Index(None, "forward_id"),
)

notices = Table(
    "notices",
    metadata,
    Column("notice_id", _ID, primary_key=True),
    Column("item_id", ForeignKey("items.item_id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("withheld_because", JSON),
    Column("subject", Words, nullable=False, default=""),
    Column("body", Words, nullable=False, default=""),
    Column("told_due_on", Date),
    Column("mail_from", Words, nullable=False, default=""),
    Column("rcpt_to", Words, nullable=False, default=""),
    Column("message", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("doubts", Integer, nullable=False),
    Column("claimed_at", Moment),
    Column("claim_id", String(36)),
    Column("settled_at", Moment),
    Column("remote_reply", Words, nullable=False, default=""),
    Column("remote_id", Words, nullable=False, default=""),  # under which can be asked what became of it
    Column("ask_at", Moment),  # when that is asked next; none: never
    Column("trouble_code", String(60)),
    Column("trouble_detail", Words),
    Column("made_at", Moment, nullable=False),
    Column("recipient_digest", String(64)),  # sha256 of the address, lower case: limits count by it
    Column("thread_digest", String(64)),  # sha256 of the first Message-ID of the thread
    Column("limited_by", String(20)),  # the limit that withheld it; or of which it was the last, and says so
    Column("waited_at", Moment),  # when the overall limit last made it wait: trying counts from then
    Column("paused_by", String(36)),  # the emergency overlay that withheld it until its end
    Column("resumed_at", Moment),  # when that was over: another is rendered in its place
    UniqueConstraint("item_id", "kind", "ordinal"),
    Index(None, "state", "kind"),
    Index(None, "recipient_digest", "state", "made_at"),
    Index(None, "thread_digest", "state", "made_at"),
    Index(None, "claimed_at"),
)

_is_paused = notices.c.paused_by.is_not(None) & notices.c.resumed_at.is_(None)
Index("ix_notices_paused", notices.c.paused_by, sqlite_where=_is_paused, postgresql_where=_is_paused)

_is_followed = notices.c.ask_at.is_not(None)
Index("ix_notices_followed", notices.c.ask_at, sqlite_where=_is_followed, postgresql_where=_is_followed)

tasks = Table(
    "tasks",
    metadata,
    Column("task_id", _ID, primary_key=True),
    Column("item_id", ForeignKey("items.item_id"), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("reason", Words, nullable=False, default=""),
    Column("made_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("done_by", String(100)),
    Column("outcome", Words, nullable=False, default=""),
    Index(None, "item_id"),
    Index(None, "made_at", "task_id"),
)

# One of a kind at a time: the same trouble again is the same task.
_is_open = tasks.c.done_at.is_(None)
Index("ix_tasks_open", tasks.c.item_id, tasks.c.kind, unique=True, sqlite_where=_is_open, postgresql_where=_is_open)

answered = Table(
    "answered",
    metadata,
    Column("message_id_digest", String(64), primary_key=True),
    Column("recipient_digest", String(64), primary_key=True),  # sha256 of the address, lower case
    Column("source_id", String(60), nullable=False),
    Column("answered_at", Moment, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("event_id", SERIAL, primary_key=True, autoincrement=True),
    Column("item_id", ForeignKey("items.item_id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("from_status", String(20)),
    Column("to_status", String(20)),
    Column("reason", Words, nullable=False, default=""),
    Column("action_id", String(36)),
    Column("about", JSON),  # ids and codes of what it touched
    Index(None, "item_id", "event_id"),
)

configurations = Table(
    "configurations",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Words, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("published_at", Moment, nullable=False),
    Column("published_by", String(200), nullable=False),
    Column("approved_by", String(200)),
    Column("origin", String(20), nullable=False),  # file, draft, command, roll_back
    Column("reason", Words, nullable=False),
    Column("from_version", Integer),  # in force before it
    Column("rolled_back_to", Integer),  # the version whose words it brought back
)

keys = Table(
    "keys",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False),
    Column("role", String(20), nullable=False),
    Column("departments", JSON),  # None: all
    Column("sources", JSON),  # of the role `intake`: where it may hand in
    Column("up_to", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("expires_at", Moment),  # None: until it is revoked
)

failures = Table(
    "failures",
    metadata,
    Column("failure_id", _ID, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("code", String(60), nullable=False),
    Column("subject_id", String(80), nullable=False),  # item, delivery, forward, notice or source
    Column("detail", Words, nullable=False),
    Index(None, "subject_id"),
)
