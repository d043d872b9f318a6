"""The call register.

Revision: 0002. After: 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "shared_lines",
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_shared_lines")),
    )
    op.create_table(
        "call_logs",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=True),
        sa.Column("imports_begun", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("legs_new", sa.Integer(), nullable=False),
        sa.Column("legs_before", sa.Integer(), nullable=True),
        sa.Column("legs_again", sa.Integer(), nullable=False),
        sa.Column("bad_rows", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("again_by", sa.String(length=120), nullable=True),
        sa.Column("is_observed", sa.Boolean(), nullable=False),
        sa.Column("confidentiality", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.delivery_id"], name=op.f("fk_call_logs_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_call_logs")),
    )
    with op.batch_alter_table("call_logs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_call_logs_open",
            ["source_id"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.create_index(
            "ix_call_logs_code",
            ["source_id", "code"],
            unique=False,
            sqlite_where=sa.text("code IS NOT NULL"),
            postgresql_where=sa.text("code IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_call_logs_kept_at_delivery_id"), ["kept_at", "delivery_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_logs_source_id_kept_at"), ["source_id", "kept_at"], unique=False)

    op.create_table(
        "call_backs",
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("open_number", sa.String(length=60), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls_count", sa.Integer(), nullable=False),
        sa.Column("settled_by", sa.String(length=36), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_call_backs_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_call_backs")),
    )
    with op.batch_alter_table("call_backs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_backs_number"), ["number"], unique=False)
        batch_op.create_index(
            "ix_call_backs_open",
            ["open_number"],
            unique=True,
            sqlite_where=sa.text("open_number IS NOT NULL"),
            postgresql_where=sa.text("open_number IS NOT NULL"),
        )

    op.create_table(
        "call_bad_rows",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["call_logs.delivery_id"], name=op.f("fk_call_bad_rows_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", "row", name=op.f("pk_call_bad_rows")),
    )
    op.create_table(
        "call_legs",
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("leg_digest", sa.String(length=32), nullable=False),
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("leg", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["call_logs.delivery_id"], name=op.f("fk_call_legs_delivery_id")),
        sa.PrimaryKeyConstraint("call_id", "leg_digest", name=op.f("pk_call_legs")),
    )
    with op.batch_alter_table("call_legs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_legs_delivery_id"), ["delivery_id"], unique=False)

    op.create_table(
        "calls",
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("call_key", sa.Text(), nullable=False),
        sa.Column("caller", sa.String(length=60), nullable=False),
        sa.Column("dialled", sa.String(length=60), nullable=False),
        sa.Column("queue", sa.String(length=200), nullable=False),
        sa.Column("choice", sa.String(length=200), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waited_s", sa.Float(), nullable=False),
        sa.Column("talked_s", sa.Float(), nullable=False),
        sa.Column("recording", sa.Text(), nullable=False),
        sa.Column("legs_count", sa.Integer(), nullable=False),
        sa.Column("is_observed", sa.Boolean(), nullable=False),
        sa.Column("confidentiality", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_calls_item_id")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_calls")),
    )
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calls_caller_started_at"), ["caller", "started_at"], unique=False)
        batch_op.create_index(
            "ix_calls_dialled",
            ["dialled"],
            unique=False,
            sqlite_where=sa.text("direction != 'in'"),
            postgresql_where=sa.text("direction != 'in'"),
        )
        batch_op.create_index(
            "ix_calls_in_turn",
            ["source_id", "started_at"],
            unique=False,
            sqlite_where=sa.text("quiet_from IS NOT NULL"),
            postgresql_where=sa.text("quiet_from IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_calls_item_id",
            ["item_id"],
            unique=False,
            sqlite_where=sa.text("item_id IS NOT NULL"),
            postgresql_where=sa.text("item_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_calls_source_id_started_at"), ["source_id", "started_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_calls_started_at_call_id"), ["started_at", "call_id"], unique=False)
        batch_op.create_index(
            "ix_calls_waiting",
            ["source_id", "quiet_from"],
            unique=False,
            sqlite_where=sa.text("quiet_from IS NOT NULL"),
            postgresql_where=sa.text("quiet_from IS NOT NULL"),
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_calls_waiting",
            sqlite_where=sa.text("quiet_from IS NOT NULL"),
            postgresql_where=sa.text("quiet_from IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_calls_started_at_call_id"))
        batch_op.drop_index(batch_op.f("ix_calls_source_id_started_at"))
        batch_op.drop_index(
            "ix_calls_item_id",
            sqlite_where=sa.text("item_id IS NOT NULL"),
            postgresql_where=sa.text("item_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_calls_in_turn",
            sqlite_where=sa.text("quiet_from IS NOT NULL"),
            postgresql_where=sa.text("quiet_from IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_calls_dialled",
            sqlite_where=sa.text("direction != 'in'"),
            postgresql_where=sa.text("direction != 'in'"),
        )
        batch_op.drop_index(batch_op.f("ix_calls_caller_started_at"))

    op.drop_table("calls")
    with op.batch_alter_table("call_legs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_legs_delivery_id"))

    op.drop_table("call_legs")
    op.drop_table("call_bad_rows")
    with op.batch_alter_table("call_backs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_backs_number"))
        batch_op.drop_index(
            "ix_call_backs_open",
            sqlite_where=sa.text("open_number IS NOT NULL"),
            postgresql_where=sa.text("open_number IS NOT NULL"),
        )

    op.drop_table("call_backs")
    with op.batch_alter_table("call_logs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_logs_source_id_kept_at"))
        batch_op.drop_index(batch_op.f("ix_call_logs_kept_at_delivery_id"))
        batch_op.drop_index(
            "ix_call_logs_code",
            sqlite_where=sa.text("code IS NOT NULL"),
            postgresql_where=sa.text("code IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_call_logs_open",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.drop_table("call_logs")
    op.drop_table("shared_lines")
