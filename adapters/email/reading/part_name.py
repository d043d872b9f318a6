"""A file name that is safe to show, to send and to save."""

from __future__ import annotations

import re
import unicodedata

from adapters.email.reading.clean import one_line, turns_direction
from adapters.email.reading.limits import EXTENSION_LIMIT, NAME_LIMIT

_EXTENSIONS = {
    "application/pdf": "pdf",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/html": "html",
    "text/plain": "txt",
}
# Windows refuses these in names; a department may well save there.
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
# A tab may come from folding (RFC 5322 section 2.2.3), the others from nobody honest.
_UNSAFE = re.compile(r"[/\\\x00-\x08\x0a-\x1f\x7f]")
_WRITTEN_LIMIT = 1_000


def safe_name(written: str, media_type: str, number: int) -> str:
    """Return the name without path, control characters and changes of direction; never empty, at most NAME_LIMIT.

    A long name is cut before its extension. Without a usable name it is `attachment-<number>.<extension>`, `.bin` where
    the media type tells nothing. `number` counts from 1.
    """
    # Macintoshes decompose their letters; everybody else composes them. The end counts: it has the extension.
    text = unicodedata.normalize("NFC", written[-_WRITTEN_LIMIT:])
    name = one_line(re.split(r"[/\\]", text)[-1], _WRITTEN_LIMIT)
    name = _FORBIDDEN.sub("_", name).strip(" .")
    if not name.strip("_"):
        return f"attachment-{number}.{_EXTENSIONS.get(media_type, 'bin')}"
    if _DEVICE.match(name):
        name = f"_{name}"
    return _shortened(name)


def is_unsafe(written: str) -> bool:
    """Say whether somebody may have meant harm with this name: a path, controls, or letters shown in another order."""
    return _UNSAFE.search(written) is not None or turns_direction(written)


def _shortened(name: str) -> str:
    if len(name) <= NAME_LIMIT:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > EXTENSION_LIMIT:
        return name[:NAME_LIMIT].rstrip(" .")
    return f"{stem[: NAME_LIMIT - len(extension) - 1].rstrip(' .')}.{extension}"
