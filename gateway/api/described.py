"""What a route says of itself that its signature does not: how else it may answer, and with which headers."""

from __future__ import annotations

from typing import Any

PROBLEMS, HEADERS = "x-problems", "x-headers"


def answers(*problems: int, headers: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a route's `openapi_extra`. What every route may answer is added by gateway/api/document.py.

    `problems`: further statuses, such as 409 and 412. `headers`: of the good answer, by their names in
    gateway/api/document.py: `ETag`, `Link`, `Location`.
    """
    return {PROBLEMS: [str(status) for status in problems], HEADERS: list(headers)}
