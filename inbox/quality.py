"""Whether a letter was read well enough to be decided by its words, and why not."""

from __future__ import annotations

from inbox.reading import UNREAD_INK, PageSource, Reading

POOR_SCAN = "poor_scan"
HANDWRITING = "handwriting"
"""Remarks of a letter's reading."""


def too_poor(reading: Reading) -> str:
    """Return why a person must read it, with its figures; empty when it was read well enough."""
    if POOR_SCAN not in reading.remarks and HANDWRITING not in reading.remarks:
        return ""
    what = "it is written by hand" if HANDWRITING in reading.remarks else "it was read too poorly"
    pages = [page for page in reading.pages if page.read_from not in (PageSource.blank, PageSource.separator)]
    figures = [
        f"page {page.number}: "
        + (
            "unreadable"
            if page.read_from is PageSource.unreadable
            else f"{page.words} words, confidence {page.confidence:.2f}, {page.weak_share:.0%} weak,"
            f" {page.dutch_share:.0%} known{', much of its writing was skipped' if UNREAD_INK in page.remarks else ''}"
        )
        for page in pages[:5]
    ]
    return "; ".join([what, *figures])
