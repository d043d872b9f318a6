"""Tables of flags, their alerts, and emergency overlays."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from store.tables import SERIAL, Moment, Words, metadata

raised_flags = Table(
    "raised_flags",
    metadata,
    Column("flag_id", String(36), primary_key=True),
    Column("item_id", ForeignKey("items.item_id"), nullable=False),
    Column("flag", String(60), nullable=False),
    Column("name", Words, nullable=False),  # as those who are alerted read it
    Column("alerts", JSON, nullable=False),  # whom to alert, when the configuration no longer has this flag
    Column("again_minutes", Integer, nullable=False),  # likewise
    Column("version", Integer, nullable=False),  # of the configuration that raised it
    Column("raised_at", Moment, nullable=False),
    Column("rounds", Integer, nullable=False),  # so often all were alerted
    Column("alert_at", Moment),  # when all are alerted next; none once somebody has accepted
    Column("accepted_at", Moment),
    Column("accepted_by", String(100)),
    Column("accept_reason", Words, nullable=False, default=""),
    UniqueConstraint("item_id", "flag"),
    Index(None, "raised_at", "flag_id"),
)

# Few are open at any moment, and every worker asks for those every few seconds.
_is_open = raised_flags.c.accepted_at.is_(None)
Index("ix_raised_flags_open", raised_flags.c.alert_at, sqlite_where=_is_open, postgresql_where=_is_open)

flag_alerts = Table(
    "flag_alerts",
    metadata,
    Column("alert_id", String(36), primary_key=True),
    Column("flag_id", ForeignKey("raised_flags.flag_id"), nullable=False),
    Column("round", Integer, nullable=False),  # 1 for the first time
    Column("mail_from", Words, nullable=False),
    Column("rcpt_to", Words, nullable=False),
    Column("message", LargeBinary, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("doubts", Integer, nullable=False),
    Column("try_at", Moment, nullable=False),  # not before
    Column("claim_id", String(36)),
    Column("claimed_at", Moment),
    Column("made_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("trouble_code", String(60)),
    Column("trouble_detail", Words),
    UniqueConstraint("flag_id", "round", "rcpt_to"),
)

_is_unsettled = flag_alerts.c.settled_at.is_(None)
Index("ix_flag_alerts_open", flag_alerts.c.try_at, sqlite_where=_is_unsettled, postgresql_where=_is_unsettled)

overlays = Table(
    "overlays",
    metadata,
    Column("overlay_no", SERIAL, primary_key=True, autoincrement=True),
    Column("overlay_id", String(36), nullable=False, unique=True),
    Column("document", JSON, nullable=False),
    Column("reason", Words, nullable=False),
    Column("version", Integer, nullable=False),  # of the configuration that it was checked against
    Column("begun_at", Moment, nullable=False),
    Column("begun_by", String(100), nullable=False),
    Column("ends_at", Moment, nullable=False),  # from then on it counts no more, whoever runs or does not
    Column("ended_at", Moment),  # ended early by a person
    Column("ended_by", String(100)),
    Column("cleared_at", Moment),  # what it held up goes on since
    Index(None, "ends_at"),
)
