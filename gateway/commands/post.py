"""`gateway post separator`: sheets to lay between letters before they are scanned."""

from __future__ import annotations

import sys
from pathlib import Path

from inbox.errors import BadRequest, SettingsInvalid


def separator(file: Path, *, kind: str, text: str, count: int) -> int:
    """Write `count` separator sheets as a PDF, front and back; return 0.

    Raises BadRequest for an unknown kind, a text that does not fit, or a file that cannot be written, SettingsInvalid
    where the extra `ocr` is not installed.
    """
    try:
        from adapters.post.reading.marks import SeparatorMarks
        from adapters.post.separator_sheet import SheetKind, sheets_as_pdf
    except ModuleNotFoundError as error:
        raise SettingsInvalid(f"{error.name} is not installed: install inbox-gateway[ocr]") from None
    if kind not in list(SheetKind):
        raise BadRequest(f"--kind: one of {', '.join(SheetKind)}")
    content = sheets_as_pdf(count, SheetKind(kind), text)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise BadRequest(f"{file}: {error.strerror}") from None
    sys.stdout.write(
        f"{file}: {count} {'sheet' if count == 1 else 'sheets'}, front and back. Print them on both sides, at 100 %.\n"
    )
    if text not in SeparatorMarks().texts and kind != SheetKind.patch_t:
        sys.stdout.write(f"Name the text in the settings, else it separates nothing: post.separators.texts: [{text}]\n")
    return 0
