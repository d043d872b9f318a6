"""From the kinds of a file's pages to its letters: where each begins and ends, and what belongs to none. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from inbox.errors import PagesLost


class PageKind(StrEnum):
    """What a page is, as far as splitting cares."""

    words = "words"
    """Anything that a letter may hold, also what cannot be read."""
    blank = "blank"
    separator = "separator"


class SplitAt(StrEnum):
    """What ends a letter."""

    separators = "separators"
    """Separator sheets."""
    blank_sheets = "blank_sheets"
    """Separator sheets, and sheets with nothing on either side."""
    nothing = "nothing"
    """The whole file is one letter."""


class RemainderKind(StrEnum):
    """Why a page belongs to no letter."""

    separator = "separator"
    blank = "blank"
    """An empty page that separates nothing, such as the back of a sheet."""
    blank_sheet = "blank_sheet"
    """A side of an empty sheet that separates."""


@dataclass(frozen=True)
class Remainder:
    """A page that belongs to no letter."""

    page: int
    """In the file, from 1."""
    kind: RemainderKind


@dataclass(frozen=True)
class Split:
    """Which page went where. Every page of the file stands in exactly one letter or is exactly one remainder."""

    pages: int
    """Of the file."""
    letters: tuple[tuple[int, ...], ...]
    """Page numbers from 1, in the file's order; no letter is empty."""
    remainders: tuple[Remainder, ...]
    """In the file's order."""

    def __post_init__(self) -> None:
        """Count pages in and pages out. Raises PagesLost when one is lost, doubled or out of order."""
        in_letters = [page for letter in self.letters for page in letter]
        left_over = [remainder.page for remainder in self.remainders]
        ordered = in_letters == sorted(in_letters) and left_over == sorted(left_over)
        if sorted(in_letters + left_over) != list(range(1, self.pages + 1)) or not ordered or not all(self.letters):
            raise PagesLost(
                f"of {self.pages} pages {len(in_letters)} went into {len(self.letters)} letters and "
                f"{len(left_over)} into none, and they are not the same pages in the same order"
            )

    def letter_of(self, page: int) -> int | None:
        """Return the letter that holds the page, counted from 1; None for a remainder."""
        return next((index for index, letter in enumerate(self.letters, start=1) if page in letter), None)


def split(kinds: Sequence[PageKind], split_at: SplitAt = SplitAt.separators, *, is_duplex: bool = False) -> Split:
    """Return the letters of a file whose pages are of these kinds, in order.

    `is_duplex`: the scanner gave both sides of every sheet, so that pages 1 and 2 are one sheet. Without it each page
    is a sheet. Separators and empty pages are never in a letter. Many separators in a row separate once; a file of
    nothing but separators and empty pages has no letter.
    """
    separating = _separating_sheets(kinds, is_duplex=is_duplex) if split_at is SplitAt.blank_sheets else set()
    letters: list[tuple[int, ...]] = []
    remainders: list[Remainder] = []
    present: list[int] = []
    for page, kind in enumerate(kinds, start=1):
        if kind is PageKind.words:
            present.append(page)
            continue
        remainder = _remainder(page, kind, separating)
        remainders.append(remainder)
        ends = remainder.kind is not RemainderKind.blank and split_at is not SplitAt.nothing
        if ends and present:
            letters.append(tuple(present))
            present = []
    if present:
        letters.append(tuple(present))
    return Split(len(kinds), tuple(letters), tuple(remainders))


def _remainder(page: int, kind: PageKind, separating: set[int]) -> Remainder:
    if kind is PageKind.separator:
        return Remainder(page, RemainderKind.separator)
    return Remainder(page, RemainderKind.blank_sheet if page in separating else RemainderKind.blank)


def _separating_sheets(kinds: Sequence[PageKind], *, is_duplex: bool) -> set[int]:
    sides = 2 if is_duplex else 1
    found: set[int] = set()
    for first in range(0, len(kinds), sides):
        sheet = kinds[first : first + sides]
        if all(kind is PageKind.blank for kind in sheet):
            found |= set(range(first + 1, first + len(sheet) + 1))
    return found
