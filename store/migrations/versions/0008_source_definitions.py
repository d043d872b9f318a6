"""Sources that are made over the API, and sources and destinations that are paused.

Revision: 0008. After: 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "source_definitions",
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_definitions")),
    )
    op.create_table(
        "paused_destinations",
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("place_key", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("destination", sa.JSON(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("department", "place_key", name=op.f("pk_paused_destinations")),
    )
    op.add_column("sources", sa.Column("place", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("paused_by", sa.String(length=200), nullable=True))
    op.add_column("sources", sa.Column("pause_reason", sa.Text(), nullable=True))
    op.add_column("forwards", sa.Column("tried_from", sa.DateTime(timezone=True), nullable=True))
    # When a department's destination last took an item is asked often, of a table with every forward there ever was.
    columns = ["department", "ordinal", "state", "settled_at"]
    op.create_index(op.f("ix_forwards_department_ordinal_state_settled_at"), "forwards", columns)
