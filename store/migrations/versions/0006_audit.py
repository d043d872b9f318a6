"""The audit trail, which only grows.

Revision: 0006. After: 0005.

Triggers refuse to delete an entry and to change it, but for two things: giving it its place in the chain, once, and
erasing. A later migration that has SQLite make the table anew (batch mode) makes the triggers anew, too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FIXED = ("entry_id", "at", "kind", "from_version", "to_version", "digests", "commitment")
_ONCE = ("sequence", "chain")
_ERASABLE = ("actor", "subject", "reason", "about")
_REFUSAL = "the audit trail only grows"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit",
        sa.Column("entry_id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("from_version", sa.Integer(), nullable=True),
        sa.Column("to_version", sa.Integer(), nullable=True),
        sa.Column("about", sa.JSON(), nullable=True),
        *(sa.Column(f"{name}_salt", sa.String(length=32), nullable=True) for name in _ERASABLE),
        sa.Column("digests", sa.String(length=259), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("chain", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit")),
        sa.UniqueConstraint("sequence", name=op.f("uq_audit_sequence")),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_subject", "audit", ["subject"])
    unsealed = sa.text("sequence IS NULL")
    op.create_index("ix_audit_unsealed", "audit", ["entry_id"], sqlite_where=unsealed, postgresql_where=unsealed)
    op.create_table(
        "audit_head",
        sa.Column("head_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("head_id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_exports",
        sa.Column("receiver", sa.String(length=100), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder", sa.String(length=36), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("receiver", name=op.f("pk_audit_exports")),
    )
    for statement in _guard_of(op.get_bind().dialect.name):
        op.execute(statement)


def _guard_of(dialect: str) -> list[str]:
    if dialect == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        return [
            f"CREATE TRIGGER audit_stays BEFORE DELETE ON audit {refuse}",
            f"CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit WHEN NOT ({_allowed('IS', '')}) {refuse}",
        ]
    refuse = f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    changed = f"WHEN (NOT ({_allowed('IS NOT DISTINCT FROM', '::text')}))"
    run = "EXECUTE FUNCTION audit_only_grows()"
    return [
        f"CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS {refuse}",
        f"CREATE TRIGGER audit_stays BEFORE DELETE OR TRUNCATE ON audit FOR EACH STATEMENT {run}",
        f"CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit FOR EACH ROW {changed} {run}",
    ]


def _allowed(same: str, cast: str) -> str:
    """Return the condition under which an entry may be changed. `cast`: to what can be compared, where JSON cannot."""
    conditions = [f"NEW.{name} {same} OLD.{name}" for name in _FIXED]
    conditions += [f"(OLD.{name} IS NULL OR NEW.{name} {same} OLD.{name})" for name in _ONCE]
    for name in _ERASABLE:
        stays = f"(NEW.{name}{cast} {same} OLD.{name}{cast} AND NEW.{name}_salt {same} OLD.{name}_salt)"
        conditions.append(f"({stays} OR (NEW.{name} IS NULL AND NEW.{name}_salt IS NULL))")
    return " AND ".join(conditions)
