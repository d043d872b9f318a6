"""The attached files that may show a letter: photographs, scans, and PDFs without words."""

from __future__ import annotations

import io
import warnings

from adapters.email.reading.attachments import attachments
from adapters.email.reading.documents import Unread, pdf_words
from adapters.email.reading.entity import Entity
from adapters.email.reading.media_type import told_by_content
from adapters.email.reading.read import opened
from adapters.email.reading.remarks import Remarks
from inbox.attached_scans import FILES_LIMIT, PICTURE_BYTES, PICTURE_TYPES, UNOPENED_PICTURE_TYPES

FILES_LIMIT_BYTES = 60 << 20
"""Of all files together: a mail server takes 25 to 50 MB."""
_SIDE_PIXELS = 600
"""A page has more on each side, also as a screenshot. Logos, signatures and icons have less."""
_WORDS_ASKED = 1


def scan_files(raw: bytes) -> list[bytes]:
    """Return their contents, in order, each once; at most FILES_LIMIT and FILES_LIMIT_BYTES.

    To be called where a crash of a C library hurts nobody else. Raises MalformedMail.
    """
    remarks = Remarks()
    found: dict[str, bytes] = {}
    left = FILES_LIMIT_BYTES
    for leaf in attachments(opened(raw, remarks), remarks):
        digest = leaf.digest()
        media_type = told_by_content(leaf.media_type, leaf.file_name, digest.head)
        if digest.sha256 in found or digest.size_bytes > left or not _may_show_pages(leaf, media_type):
            continue
        found[digest.sha256] = leaf.content()[0]
        left -= digest.size_bytes
        if len(found) == FILES_LIMIT:
            break
    return list(found.values())


def _may_show_pages(leaf: Entity, media_type: str) -> bool:
    if media_type == "application/pdf":
        return pdf_words(leaf.content()[0], _WORDS_ASKED) is Unread.without_text
    if media_type in UNOPENED_PICTURE_TYPES:
        # Whoever opens it says that it is no scan.
        return len(leaf.content()[0]) >= PICTURE_BYTES
    return media_type in PICTURE_TYPES and _is_large(leaf.content()[0])


def _is_large(content: bytes) -> bool:
    """Say whether a picture has the size of a page, by its header."""
    # Heavy, and only where scans are read.
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # A bomb is refused by who unpacks it.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content)) as picture:
                return min(picture.size) >= _SIDE_PIXELS
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
