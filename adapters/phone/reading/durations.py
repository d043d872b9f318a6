"""Durations as telephone systems write them."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"-?\d{1,9}(?:[.,]\d{1,9})?")
_CLOCK = re.compile(r"(-)?(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d{1,9})?)")


def seconds(text: str) -> float | None:
    """Return the seconds of `75`, `75.5`, `75,5`, `1:15` (minutes first) or `0:01:15`; None when it is none of these.

    Negative ones are returned as they stand: the caller refuses them.
    """
    if text.isdecimal() and len(text) < 10:
        return float(text)
    bare = text.strip()
    if _PLAIN.fullmatch(bare):
        return float(bare.replace(",", "."))
    clock = _CLOCK.fullmatch(bare)
    if clock is None:
        return None
    value = int(clock[2] or 0) * 3600 + int(clock[3]) * 60 + float(clock[4].replace(",", "."))
    return -value if clock[1] else value
