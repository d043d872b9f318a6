"""Alembic's entry: runs inside the connection that store/migrate.py hands over."""

from alembic import context

from store import call_tables, tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=(tables.metadata, call_tables.metadata),
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
