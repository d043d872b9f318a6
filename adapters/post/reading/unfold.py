"""Takes a scan file apart: each letter with its Reading and a PDF of its own, in one pass over the pages."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from adapters.post.reading.device import device_of
from adapters.post.reading.letter_pdf import letter_pdf
from adapters.post.reading.page_spool import PageSpool
from adapters.post.reading.pages import Progress
from adapters.post.reading.plan import ScanPlan
from adapters.post.reading.read import letter_reading, read_into
from adapters.post.reading.scan import Scan, open_scan
from adapters.post.splitting import Split
from inbox.reading import Reading

NOT_SEARCHABLE = "not_searchable"
"""Remark of a letter whose PDF shows its pages but does not hold their words."""


@dataclass(frozen=True)
class LetterMade:
    """One letter, and how long its PDF is."""

    reading: Reading
    pages: tuple[int, ...]
    """Their numbers in the scan file, from 1."""
    size_bytes: int


@dataclass(frozen=True)
class ScanMade:
    """What a scan file was taken apart into."""

    split: Split
    letters: tuple[LetterMade, ...]
    scanner: tuple[tuple[str, str], ...]


def unfold_scan(
    content: bytes, received_on: date, plan: ScanPlan, pdfs: BinaryIO, progress: Progress | None = None
) -> ScanMade:
    """Take it apart, and write the letters' PDFs into `pdfs`, one behind the other, in order.

    `progress` hears 0 as soon as the pages are counted. Raises UnreadableError, SettingsInvalid and PatternInvalid, as
    `read_scan` does; a letter whose searchable PDF cannot be made has another one, and the remark `not_searchable`.
    """
    with closing(open_scan(content, plan.pages)) as scan, PageSpool() as spool:
        if progress is not None:
            progress(0, len(scan))
        parted = read_into(spool, scan, plan, progress)
        letters = tuple(_letter(scan, spool, numbers, received_on, plan, pdfs) for numbers in parted.letters)
        return ScanMade(parted, letters, device_of(scan))


def _letter(
    scan: Scan, spool: PageSpool, numbers: tuple[int, ...], received_on: date, plan: ScanPlan, pdfs: BinaryIO
) -> LetterMade:
    pages = spool.pages(numbers)
    reading = letter_reading(pages, received_on, plan)
    made, is_searchable = letter_pdf(scan, pages)
    if not is_searchable:
        reading = reading.model_copy(update={"remarks": (*reading.remarks, NOT_SEARCHABLE)})
    pdfs.write(made)
    return LetterMade(reading, numbers, len(made))
