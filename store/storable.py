"""Words that every engine can hold. Strangers write some of them: senders, servers, departments' systems.

PostgreSQL holds no NUL, and no encoding holds half a character (a lone surrogate). One of them in one row would make
the ledger refuse a whole message, or every list that the row stands in; so they become U+FFFD on their way in.
"""

from __future__ import annotations

import json
import re
from typing import Any

_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u0000|.)")
_REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """Return the text with U+FFFD in place of each character that cannot be stored."""
    return _NOT_STORABLE.sub(_REPLACEMENT, text)


def storable_json(value: Any) -> str:
    """Return the value as JSON (RFC 8259) with U+FFFD in place of each character that cannot be stored."""
    written = storable(json.dumps(value, ensure_ascii=False))
    if "\\u0000" not in written:
        return written
    # The pattern takes each escape whole, so that a written backslash before `u0000` is not taken for one.
    return _ESCAPE.sub(lambda escape: _REPLACEMENT if escape[0] == "\\u0000" else escape[0], written)
