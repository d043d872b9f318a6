"""Text that a database, a terminal and a file system can hold."""

from __future__ import annotations

import re

# C0 without tab and newline, DEL, C1, byte order marks and lone surrogates: PostgreSQL refuses NUL and surrogates,
# terminals obey the rest.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_LINE_ENDS = re.compile("\r\n?|\u2028|\u2029")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Bidirectional embeddings, overrides and isolates (UAX 9); the plain marks of Arabic and Hebrew are not among them."""


def printable(text: str) -> str:
    """Return the text with newlines as its only line ends, without control characters and lone surrogates."""
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))


def one_line(text: str, limit: int) -> str:
    """Return the text as one line: white space is one space each, no changes of writing direction, cut at `limit`."""
    # str.split also splits at the C0 and C1 separators, so that words do not run together.
    return _DIRECTION.sub("", _UNWANTED.sub("", " ".join(text.split())))[:limit].strip()


def turns_direction(text: str) -> bool:
    """Say whether the text changes its writing direction by force, as in `fdp.exe` shown as `exe.pdf`."""
    return _DIRECTION.search(text) is not None
