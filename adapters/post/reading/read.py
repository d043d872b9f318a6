"""From a scanner's file to its letters: pages read, split at the separator sheets, each letter with its Reading."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date

from PIL import Image

from adapters.post.reading.device import device_of
from adapters.post.reading.letter import reading_of
from adapters.post.reading.page_reading import PageReading, SeparatorCode
from adapters.post.reading.page_spool import PageSpool
from adapters.post.reading.pages import Progress, read_pages
from adapters.post.reading.plan import ScanPlan
from adapters.post.reading.scan import Scan, open_scan
from adapters.post.reading.separator import SeparatorReader
from adapters.post.splitting import PageKind, Split, split
from inbox.reading import PageSource, Reading


@dataclass(frozen=True)
class ReadScan:
    """What a scan file holds."""

    split: Split
    """Where every page went."""
    letters: tuple[Reading, ...]
    """One for each letter of the split, in order."""
    scanner: tuple[tuple[str, str], ...] = ()
    """What the file says of the device that made it."""


_KINDS = {PageSource.blank: PageKind.blank, PageSource.separator: PageKind.separator}


def read_scan(
    content: bytes, received_on: date, plan: ScanPlan | None = None, progress: Progress | None = None
) -> ReadScan:
    """Return the letters of a scan file. No page is lost: each is in one letter, or a named remainder.

    `received_on`: when the letters came in, for the dates that they bear. A page that cannot be read stays in its letter,
    `unreadable`. Raises UnreadableError when nothing can be made of the file (encrypted, damaged, empty, too many pages),
    and SettingsInvalid when tesseract or the data of a language is not there.
    """
    plan = plan or ScanPlan()
    with closing(open_scan(content, plan.pages)) as scan, PageSpool() as spool:
        parted = read_into(spool, scan, plan, progress)
        letters = tuple(letter_reading(spool.pages(numbers), received_on, plan) for numbers in parted.letters)
        scanner = device_of(scan)
    return ReadScan(parted, letters, scanner)


def read_into(spool: PageSpool, scan: Scan, plan: ScanPlan, progress: Progress | None = None) -> Split:
    """Read every page once, keep each in the spool, and return which letter it belongs to.

    Raises SettingsInvalid and PatternInvalid before any page.
    """
    kinds: list[PageKind] = []
    for page in read_pages(scan, plan.pages, _separator_code(plan), progress):
        kinds.append(_KINDS.get(page.page.read_from, PageKind.words))
        spool.add(page)
    return split(kinds, plan.split_at, is_duplex=plan.is_duplex)


def letter_reading(pages: Sequence[PageReading], received_on: date, plan: ScanPlan) -> Reading:
    """Return what was understood of the letter that these pages make."""
    words, qualities = [page.words for page in pages], [page.page for page in pages]
    return reading_of(words, qualities, received_on, plan.ours, plan.bar, holds_envelopes=plan.holds_envelopes)


def _separator_code(plan: ScanPlan) -> SeparatorCode | None:
    if plan.marks.are_none:
        return None
    reader = SeparatorReader(plan.marks)

    def code(picture: Image.Image) -> str:
        return reader.mark_on(picture) or ""

    return code
