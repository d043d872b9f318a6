"""The first ledger.

Revision: 0001. After: nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "configurations",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_configurations")),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("key_space", sa.String(length=600), nullable=False),
        sa.Column("position", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_basis", sa.String(length=30), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("again_of", sa.String(length=36), nullable=True),
        sa.Column("part_of", sa.String(length=36), nullable=True),
        sa.Column("unfolded", sa.JSON(), nullable=True),
        sa.Column("letter_count", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["part_of"], ["deliveries.delivery_id"], name=op.f("fk_deliveries_part_of")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("key_space", "position", name=op.f("uq_deliveries_key_space_position")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        awaits_word = sa.text("confirmed_at IS NULL")
        batch_op.create_index(
            "ix_deliveries_unconfirmed",
            ["key_space"],
            unique=False,
            sqlite_where=awaits_word,
            postgresql_where=awaits_word,
        )
        is_again = sa.text("again_of IS NOT NULL")
        batch_op.create_index(
            "ix_deliveries_again_of", ["again_of"], unique=True, sqlite_where=is_again, postgresql_where=is_again
        )
        batch_op.create_index(batch_op.f("ix_deliveries_sha256"), ["sha256"], unique=False)
        is_part = sa.text("part_of IS NOT NULL")
        batch_op.create_index(
            "ix_deliveries_part_of", ["part_of"], unique=False, sqlite_where=is_part, postgresql_where=is_part
        )

    op.create_table(
        "failures",
        sa.Column("failure_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("failure_id", name=op.f("pk_failures")),
    )
    with op.batch_alter_table("failures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_failures_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "answered",
        sa.Column("message_id_digest", sa.String(length=64), nullable=False),
        sa.Column("recipient_digest", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id_digest", "recipient_digest", name=op.f("pk_answered")),
    )
    op.create_table(
        "installation",
        sa.Column("installation_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("installation_id", name=op.f("pk_installation")),
    )
    op.create_table(
        "keys",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("departments", sa.JSON(), nullable=True),
        sa.Column("sources", sa.JSON(), nullable=True),
        sa.Column("up_to", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_keys")),
        sa.UniqueConstraint("name", name=op.f("uq_keys_name")),
    )
    op.create_table(
        "sources",
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("live_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("swept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble_code", sa.String(length=60), nullable=True),
        sa.Column("trouble_detail", sa.Text(), nullable=True),
        sa.Column("trouble_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_key_space", sa.String(length=600), nullable=True),
        sa.Column("sent_position", sa.String(length=100), nullable=True),
        sa.Column("kept_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_sources")),
    )
    op.create_table(
        "items",
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("index_in_delivery", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("confidentiality", sa.Integer(), nullable=False),
        sa.Column("source_confidentiality", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_observed", sa.Boolean(), nullable=False),
        sa.Column("held_because", sa.String(length=30), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("readings_begun", sa.Integer(), nullable=False),
        sa.Column("reading", sa.JSON(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sender_address", sa.Text(), nullable=False),
        sa.Column("message_id_digest", sa.String(length=64), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("is_link_settled", sa.Boolean(), nullable=False),
        sa.Column("original_item_id", sa.String(length=36), nullable=True),
        sa.Column("adds_to_item_id", sa.String(length=36), nullable=True),
        sa.Column("decided_version", sa.Integer(), nullable=True),
        sa.Column("trace", sa.JSON(), nullable=True),
        sa.Column("filed_because", sa.Text(), nullable=True),
        sa.Column("quarantine_code", sa.String(length=60), nullable=True),
        sa.Column("quarantine_detail", sa.Text(), nullable=True),
        sa.Column("correspondent_basis", sa.String(length=20), nullable=True),
        sa.Column("vouched_address", sa.Text(), nullable=True),
        sa.Column("vouched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drive_wanted", sa.String(length=40), nullable=True),
        sa.Column("pages_done", sa.Integer(), nullable=True),
        sa.Column("pages_of", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["adds_to_item_id"], ["items.item_id"], name=op.f("fk_items_adds_to_item_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.delivery_id"], name=op.f("fk_items_delivery_id")),
        sa.ForeignKeyConstraint(["original_item_id"], ["items.item_id"], name=op.f("fk_items_original_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_items")),
        sa.UniqueConstraint("delivery_id", "index_in_delivery", name=op.f("uq_items_delivery_id_index_in_delivery")),
        sa.UniqueConstraint("reference", name=op.f("uq_items_reference")),
    )
    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_items_fingerprint"), ["fingerprint"], unique=False)
        batch_op.create_index(batch_op.f("ix_items_made_at_item_id"), ["made_at", "item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_items_message_id_digest"), ["message_id_digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_items_original_item_id"), ["original_item_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_items_status_made_at_item_id"), ["status", "made_at", "item_id"], unique=False
        )
        wants_drive = sa.text("drive_wanted IS NOT NULL")
        batch_op.create_index(
            "ix_items_wanted", ["made_at"], unique=False, sqlite_where=wants_drive, postgresql_where=wants_drive
        )

    op.create_table(
        "sweeps",
        sa.Column("sweep_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("key_space", sa.String(length=600), nullable=False),
        sa.Column("saw", sa.Text(), nullable=False),
        sa.Column("saw_count", sa.Integer(), nullable=False),
        sa.Column("next_position", sa.String(length=100), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_again_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vanished", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.source_id"], name=op.f("fk_sweeps_source_id")),
        sa.PrimaryKeyConstraint("sweep_id", name=op.f("pk_sweeps")),
    )
    with op.batch_alter_table("sweeps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sweeps_source_id_sweep_id"), ["source_id", "sweep_id"], unique=False)

    op.create_table(
        "assignments",
        sa.Column("assignment_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("is_statutory", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("promise", sa.JSON(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("chosen_by", sa.String(length=100), nullable=False),
        sa.Column("configuration_version", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_assignments_item_id")),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_assignments")),
        sa.UniqueConstraint("item_id", "ordinal", name=op.f("uq_assignments_item_id_ordinal")),
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignments_department_status"), ["department", "status"], unique=False)

    op.create_table(
        "claims",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_claims_item_id")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_claims")),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claims_item_id"), ["item_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("from_status", sa.String(length=20), nullable=True),
        sa.Column("to_status", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("action_id", sa.String(length=36), nullable=True),
        sa.Column("about", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_events_item_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_item_id_event_id"), ["item_id", "event_id"], unique=False)

    op.create_table(
        "links",
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("other_item_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_links_item_id")),
        sa.ForeignKeyConstraint(["other_item_id"], ["items.item_id"], name=op.f("fk_links_other_item_id")),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_links")),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_links_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_links_other_item_id"), ["other_item_id"], unique=False)

    op.create_table(
        "notices",
        sa.Column("notice_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("withheld_because", sa.JSON(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("told_due_on", sa.Date(), nullable=True),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("rcpt_to", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_id", sa.String(length=36), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remote_reply", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble_code", sa.String(length=60), nullable=True),
        sa.Column("trouble_detail", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient_digest", sa.String(length=64), nullable=True),
        sa.Column("thread_digest", sa.String(length=64), nullable=True),
        sa.Column("limited_by", sa.String(length=20), nullable=True),
        sa.Column("waited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_notices_item_id")),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notices")),
        sa.UniqueConstraint("item_id", "kind", "ordinal", name=op.f("uq_notices_item_id_kind_ordinal")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_state_kind"), ["state", "kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_claimed_at"), ["claimed_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_notices_recipient_digest_state_made_at"),
            ["recipient_digest", "state", "made_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_notices_thread_digest_state_made_at"), ["thread_digest", "state", "made_at"], unique=False
        )
        is_followed = sa.text("ask_at IS NOT NULL")
        batch_op.create_index(
            "ix_notices_followed", ["ask_at"], unique=False, sqlite_where=is_followed, postgresql_where=is_followed
        )

    op.create_table(
        "tasks",
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=100), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_tasks_item_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tasks_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tasks_made_at_task_id"), ["made_at", "task_id"], unique=False)
        batch_op.create_index(
            "ix_tasks_open",
            ["item_id", "kind"],
            unique=True,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "forwards",
        sa.Column("forward_id", sa.String(length=36), nullable=False),
        sa.Column("assignment_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("destination_kind", sa.String(length=20), nullable=False),
        sa.Column("handover", sa.JSON(), nullable=False),
        sa.Column("withdrawal", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("remote_reply", sa.Text(), nullable=False),
        sa.Column("trouble_code", sa.String(length=60), nullable=True),
        sa.Column("trouble_detail", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_id", sa.String(length=36), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.assignment_id"], name=op.f("fk_forwards_assignment_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_forwards_item_id")),
        sa.PrimaryKeyConstraint("forward_id", name=op.f("pk_forwards")),
        sa.UniqueConstraint(
            "assignment_id", "round", "role", "ordinal", name=op.f("uq_forwards_assignment_id_round_role_ordinal")
        ),
    )
    with op.batch_alter_table("forwards", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_forwards_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_forwards_state"), ["state"], unique=False)

    op.create_table(
        "forward_steps",
        sa.Column("step_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("forward_id", sa.String(length=36), nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["forward_id"], ["forwards.forward_id"], name=op.f("fk_forward_steps_forward_id")),
        sa.PrimaryKeyConstraint("step_id", name=op.f("pk_forward_steps")),
    )
    with op.batch_alter_table("forward_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_forward_steps_forward_id"), ["forward_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("forward_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_forward_steps_forward_id"))

    op.drop_table("forward_steps")
    with op.batch_alter_table("forwards", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_forwards_state"))
        batch_op.drop_index(batch_op.f("ix_forwards_item_id"))

    op.drop_table("forwards")
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index("ix_tasks_open")
        batch_op.drop_index(batch_op.f("ix_tasks_made_at_task_id"))
        batch_op.drop_index(batch_op.f("ix_tasks_item_id"))

    op.drop_table("tasks")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index("ix_notices_followed")
        batch_op.drop_index(batch_op.f("ix_notices_thread_digest_state_made_at"))
        batch_op.drop_index(batch_op.f("ix_notices_recipient_digest_state_made_at"))
        batch_op.drop_index(batch_op.f("ix_notices_claimed_at"))
        batch_op.drop_index(batch_op.f("ix_notices_state_kind"))

    op.drop_table("notices")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_links_other_item_id"))
        batch_op.drop_index(batch_op.f("ix_links_item_id"))

    op.drop_table("links")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_item_id_event_id"))

    op.drop_table("events")
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claims_item_id"))

    op.drop_table("claims")
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignments_department_status"))

    op.drop_table("assignments")
    with op.batch_alter_table("sweeps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sweeps_source_id_sweep_id"))

    op.drop_table("sweeps")
    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.drop_index("ix_items_wanted")
        batch_op.drop_index(batch_op.f("ix_items_status_made_at_item_id"))
        batch_op.drop_index(batch_op.f("ix_items_original_item_id"))
        batch_op.drop_index(batch_op.f("ix_items_message_id_digest"))
        batch_op.drop_index(batch_op.f("ix_items_made_at_item_id"))
        batch_op.drop_index(batch_op.f("ix_items_fingerprint"))

    op.drop_table("items")
    op.drop_table("sources")
    op.drop_table("keys")
    op.drop_table("installation")
    with op.batch_alter_table("failures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_failures_subject_id"))

    op.drop_table("failures")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_unconfirmed")

    op.drop_table("deliveries")
    op.drop_table("configurations")
