"""Comments in header fields (RFC 5322 section 3.2.2)."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[()]|[^()]+")


def without_comments(value: str) -> str:
    """Return the value with each comment, also a nested one, as one space. One that is not closed runs to the end."""
    pieces: list[str] = []
    depth = 0
    for piece in _TOKEN.findall(value):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
            pieces.append(" ")
        elif not depth:
            pieces.append(piece)
    return "".join(pieces)
