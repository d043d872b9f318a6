"""What makes a page a separator sheet, as an administrator says it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import re2

from inbox.errors import PatternInvalid

PATCH_T = "PATCHT"
"""What Patch T is called as a text: scanners and archives print it as a barcode too."""

_RE2_MEMORY_BYTES = 1 << 20


@dataclass(frozen=True)
class SeparatorMarks:
    """What makes a page a separator sheet. A code with any other text is part of a letter."""

    texts: tuple[str, ...] = (PATCH_T,)
    """A code's whole text, exactly."""
    patterns: tuple[str, ...] = ()
    """RE2 patterns that a code's whole text matches."""
    patch_t: bool = True
    """The four bars of Patch T."""

    @property
    def are_none(self) -> bool:
        """Nothing is a separator sheet: nobody need look for one."""
        return not (self.texts or self.patterns or self.patch_t)


NO_MARKS = SeparatorMarks(texts=(), patterns=(), patch_t=False)


def compiled(pattern: str) -> Callable[[bytes], Any]:
    """Return what matches a whole text in UTF-8. Raises PatternInvalid for a pattern that RE2 refuses."""
    options = re2.Options()
    options.max_mem = _RE2_MEMORY_BYTES
    options.log_errors = False
    try:
        fullmatch = re2.compile(pattern, options).fullmatch
    except re2.error as error:
        raise PatternInvalid(f"the separator pattern `{pattern}` cannot be used: {error}") from None
    return cast("Callable[[bytes], Any]", fullmatch)
