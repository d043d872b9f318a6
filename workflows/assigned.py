"""An assignment's row as planning reads it."""

from __future__ import annotations

from typing import Any

from inbox.configuration.model import Answer
from inbox.configuration.rule import Priority
from inbox.norms.promise import Promise
from inbox.plan import AssignmentFacts


def assignment_facts(row: Any) -> AssignmentFacts:
    """Return what planning needs of an assignment's row."""
    return AssignmentFacts(
        assignment_id=row.assignment_id,
        category=row.category,
        department=row.department,
        priority=Priority(row.priority),
        answer=Answer(row.answer),
        round=row.round,
        promise=Promise.model_validate(row.promise) if row.promise else None,
    )
