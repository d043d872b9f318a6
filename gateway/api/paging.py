"""Pages of a list that grows while it is read: a cursor names what was shown last."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from inbox.errors import BadRequest
from store.listing import Position


def written(position: Position) -> str:
    """Return the position as an opaque cursor, fit for an address."""
    plain = f"{position.made_at.isoformat()}|{position.row_id}"
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def parsed(cursor: str) -> Position:
    """Return the position that `written` wrote. Raises BadRequest for anything else."""
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        made_at, _, row_id = plain.partition("|")
        moment = datetime.fromisoformat(made_at)
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return Position(moment.astimezone(UTC), str(UUID(row_id)))
    except (ValueError, OverflowError):
        raise BadRequest("`cursor` is none of ours: take `nextCursor` of the page before") from None


def next_link(path: str, query: list[tuple[str, str]], cursor: str) -> str:
    """Return the header Link (RFC 8288) to the next page. `query`: the request's own parameters."""
    parameters = [(name, value) for name, value in query if name != "cursor"] + [("cursor", cursor)]
    return f'<{path}?{urlencode(parameters)}>; rel="next"'
