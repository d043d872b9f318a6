"""Drafts of the configuration, and publishing at a time.

Revision: 0004. After: 0003.
"""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
