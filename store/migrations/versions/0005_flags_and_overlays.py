"""Flags with their alerts, and emergency overlays.

Revision: 0005. After: 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    _raised_flags()
    _flag_alerts()
    _overlays()
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paused_by", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True))
        is_paused = sa.text("paused_by IS NOT NULL AND resumed_at IS NULL")
        batch_op.create_index(
            "ix_notices_paused", ["paused_by"], unique=False, sqlite_where=is_paused, postgresql_where=is_paused
        )


def _raised_flags() -> None:
    op.create_table(
        "raised_flags",
        sa.Column("flag_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("flag", sa.String(length=60), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alerts", sa.JSON(), nullable=False),
        sa.Column("again_minutes", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("alert_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.String(length=100), nullable=True),
        sa.Column("accept_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_raised_flags_item_id")),
        sa.PrimaryKeyConstraint("flag_id", name=op.f("pk_raised_flags")),
        sa.UniqueConstraint("item_id", "flag", name=op.f("uq_raised_flags_item_id_flag")),
    )
    with op.batch_alter_table("raised_flags", schema=None) as batch_op:
        is_open = sa.text("accepted_at IS NULL")
        batch_op.create_index(
            "ix_raised_flags_open", ["alert_at"], unique=False, sqlite_where=is_open, postgresql_where=is_open
        )
        batch_op.create_index(batch_op.f("ix_raised_flags_raised_at_flag_id"), ["raised_at", "flag_id"], unique=False)


def _flag_alerts() -> None:
    op.create_table(
        "flag_alerts",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("flag_id", sa.String(length=36), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("rcpt_to", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim_id", sa.String(length=36), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble_code", sa.String(length=60), nullable=True),
        sa.Column("trouble_detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["flag_id"], ["raised_flags.flag_id"], name=op.f("fk_flag_alerts_flag_id")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_flag_alerts")),
        sa.UniqueConstraint("flag_id", "round", "rcpt_to", name=op.f("uq_flag_alerts_flag_id_round_rcpt_to")),
    )
    with op.batch_alter_table("flag_alerts", schema=None) as batch_op:
        is_unsettled = sa.text("settled_at IS NULL")
        batch_op.create_index(
            "ix_flag_alerts_open", ["try_at"], unique=False, sqlite_where=is_unsettled, postgresql_where=is_unsettled
        )


def _overlays() -> None:
    op.create_table(
        "overlays",
        sa.Column("overlay_no", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("overlay_id", sa.String(length=36), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(length=100), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=100), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("overlay_no", name=op.f("pk_overlays")),
        sa.UniqueConstraint("overlay_id", name=op.f("uq_overlays_overlay_id")),
    )
    with op.batch_alter_table("overlays", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_overlays_ends_at"), ["ends_at"], unique=False)
