"""JSON Pointers (RFC 6901)."""

from __future__ import annotations

from inbox.errors import Path


def pointer(path: Path) -> str:
    """Return the path as a pointer; empty for the whole document."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
