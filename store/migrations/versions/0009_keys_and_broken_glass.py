"""Keys that end, and broken glass.

Revision: 0009. After: 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "broken_glass",
        sa.Column("glass_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("up_to", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alert_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_broken_glass_item_id")),
        sa.PrimaryKeyConstraint("glass_id", name=op.f("pk_broken_glass")),
    )
    op.create_index("ix_broken_glass_item_id_actor", "broken_glass", ["item_id", "actor"])
    op.create_index("ix_broken_glass_made_at_glass_id", "broken_glass", ["made_at", "glass_id"])
    op.create_index(
        "ix_broken_glass_unsaid",
        "broken_glass",
        ["made_at"],
        sqlite_where=sa.text("alerted_at IS NULL"),
        postgresql_where=sa.text("alerted_at IS NULL"),
    )
