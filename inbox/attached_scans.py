"""Attachments that are pictures or scans: when they are read like post, and what their words add to the mail's."""

from __future__ import annotations

from collections.abc import Sequence

from inbox.quality import too_poor
from inbox.reading import ATTACHED_TEXT_LIMIT, Part, Reading

FILES_LIMIT = 10
"""Pictures of one mail that are read. Who photographs a letter sends its pages."""

PICTURE_TYPES = frozenset({"image/jpeg", "image/png", "image/tiff"})

UNOPENED_PICTURE_TYPES = frozenset({"image/heic", "image/heif"})
"""How some telephones photograph, and what nobody here opens: whoever gets the mail is told that it was not read."""

SCAN_READ = "attached_scan_read"
"""Words of an attached picture or scan stand among the attached words."""
SCAN_POOR = "attached_scan_poor"
"""An attached picture holds no words, or they were read too poorly to go by."""
SCAN_UNREAD = "attached_scan_unread"
"""An attached picture or scan could not be read, or not in time: its words may say more than the mail's."""

_OUTSIDE = ("marked", "addressee_kind")
"""Fields that say who may read it."""

_WITHOUT_TEXT = "attachment_without_text"
_CUT = "attached_text_cut"
PICTURE_BYTES = 20_000
"""Of a picture that may show a page. Logos and icons have less; a photograph has hundreds of thousands."""


def may_hold_scans(reading: Reading) -> bool:
    """Say whether a mail has attachments that may show a letter, as far as its reading tells. Cheap.

    What a machine wrote (a newsletter with its banners) shows none.
    """
    return not reading.is_automatic and any(_may_be_scan(part, reading) for part in reading.parts)


def _may_be_scan(part: Part, reading: Reading) -> bool:
    if part.media_type == "application/pdf":
        return _WITHOUT_TEXT in reading.remarks
    if part.media_type == "image/tiff":
        return True
    return part.media_type in PICTURE_TYPES | UNOPENED_PICTURE_TYPES and part.size_bytes >= PICTURE_BYTES


def with_scans(reading: Reading, scans: Sequence[Reading | None]) -> Reading:
    """Return the mail's reading with the words of its scans behind its attached words.

    `scans`: one reading for each letter that was found; None is a file that could not be read. What was read too poorly
    adds no words: it is not guessed at.
    """
    words, remarks = reading.attached_text, dict.fromkeys(reading.remarks)
    language, outside = reading.language, list(reading.fields)
    for scan in scans:
        # A mark counts even where the rest was badly read: whoever set it expects that few read it.
        outside += [field for field in scan.fields if field.name in _OUTSIDE] if scan else []
        if scan is None:
            remarks[SCAN_UNREAD] = None
        elif too_poor(scan) or not scan.text:
            remarks[SCAN_POOR] = None
        else:
            remarks[SCAN_READ] = None
            words = f"{words}\n\n{scan.text}" if words else scan.text
            language = language or scan.language
    if len(words) > ATTACHED_TEXT_LIMIT:
        words = words[:ATTACHED_TEXT_LIMIT]
        remarks[_CUT] = None
    return reading.model_copy(
        update={
            "attached_text": words,
            "language": language,
            "remarks": tuple(remarks),
            "fields": tuple(outside),
        }
    )
