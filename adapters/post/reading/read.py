"""From a scanner's file to its letters: pages read, split at the separator sheets, each letter with its Reading."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date

from PIL import Image

from adapters.post.reading.bar import DEFAULT_BAR, QualityBar
from adapters.post.reading.fields.ours import NOBODY, Ours
from adapters.post.reading.letter import reading_of
from adapters.post.reading.page_reading import PageReading
from adapters.post.reading.pages import Progress, read_pages
from adapters.post.reading.scan import open_scan
from adapters.post.reading.separator import SeparatorMarks, SeparatorReader
from adapters.post.reading.settings import PageReaderSettings
from adapters.post.splitting import PageKind, Split, SplitAt, split
from inbox.reading import PageSource, Reading


@dataclass(frozen=True)
class ScanPlan:
    """How scans are taken apart, and what is known of the house that they come to."""

    pages: PageReaderSettings = field(default_factory=PageReaderSettings)
    marks: SeparatorMarks = field(default_factory=SeparatorMarks)
    split_at: SplitAt = SplitAt.separators
    is_duplex: bool = False
    ours: Ours = NOBODY
    bar: QualityBar = DEFAULT_BAR


@dataclass(frozen=True)
class ReadScan:
    """What a scan file holds."""

    split: Split
    """Where every page went."""
    letters: tuple[Reading, ...]
    """One for each letter of the split, in order."""


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
    reader = SeparatorReader(plan.marks)

    def code(picture: Image.Image) -> str:
        return reader.mark_on(picture) or ""

    with closing(open_scan(content, plan.pages)) as scan:
        read = [_without_pdf(page) for page in read_pages(scan, plan.pages, code, progress)]
    parted = split([_kind(page) for page in read], plan.split_at, is_duplex=plan.is_duplex)
    letters = tuple(_letter([read[number - 1] for number in pages], received_on, plan) for pages in parted.letters)
    return ReadScan(parted, letters)


def _without_pdf(page: PageReading) -> PageReading:
    """Let go of the page's PDF, so that memory does not grow with the pages: it is made again for what is forwarded."""
    return PageReading(page.page, page.words, placed=page.placed, separator=page.separator)


def _kind(page: PageReading) -> PageKind:
    return _KINDS.get(page.page.read_from, PageKind.words)


def _letter(pages: Sequence[PageReading], received_on: date, plan: ScanPlan) -> Reading:
    return reading_of([page.words for page in pages], [page.page for page in pages], received_on, plan.ours, plan.bar)
