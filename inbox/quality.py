"""Whether a letter was read well enough to be decided by its words, and why not."""

from __future__ import annotations

from inbox.reading import UNREAD_INK, PageSource, Reading

POOR_SCAN = "poor_scan"
HANDWRITING = "handwriting"
SEVERAL_ENVELOPES = "several_envelopes"
"""Remarks of a letter's reading."""


_SAID = {
    SEVERAL_ENVELOPES: "it has more pages than an envelope has sides: several may lie in it",
    HANDWRITING: "it is written by hand",
    POOR_SCAN: "it was read too poorly",
}


def too_poor(reading: Reading) -> str:
    """Return why a person must read it, with its figures; empty when it was read well enough."""
    what = next((said for remark, said in _SAID.items() if remark in reading.remarks), "")
    if not what:
        return ""
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
