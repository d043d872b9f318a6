"""Alembic's entry: runs inside the connection that store/migrate.py hands over."""

from alembic import context

from store import (
    audit_tables,
    break_glass_tables,
    call_tables,
    destination_tables,
    draft_tables,
    flag_tables,
    simulation_tables,
    source_definition_tables,
    tables,
)

_DEFINED = (
    audit_tables,
    break_glass_tables,
    call_tables,
    destination_tables,
    draft_tables,
    flag_tables,
    simulation_tables,
    source_definition_tables,
)
"""Modules that add their tables to one and the same metadata."""

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
