"""A leg as it stands in the ledger."""

from __future__ import annotations

from typing import Any

from inbox.call import Leg


def leg_document(leg: Leg) -> dict[str, Any]:
    """Return what it says as JSON holds it; what it does not say is left out."""
    return leg.model_dump(mode="json", exclude_defaults=True)


def leg_of(document: Any) -> Leg:
    """Return the leg of such a document. Raises ValueError when it is none."""
    return Leg.model_validate(document)
