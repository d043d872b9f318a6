"""The address in the window of an envelope: where it stands on the sheet, and how it is made to fit.

Dutch business post goes out in envelopes of 110 by 220 mm (EA5/6, sold as DL too) with the window at the left
(`venster links`), the sheet of A4 folded in three (99 mm). Windows are 90 to 110 mm wide and 35 to 45 mm high; their
left edge is 20 mm from the envelope's, their lower edge 15 to 20 mm. NEN 1025 (envelopes) and NEN 1026 (letter paper)
are the norms; they are sold and not published, so these figures are those of DIN 680, which the trade keeps to, with
room for shops' envelopes that differ by some millimetres. The folded sheet has 10 mm of play sideways and 11 mm up and
down. What shows however it lies, in each of these windows, is from 20 to 100 mm from the sheet's left edge and from 55
to 79 mm from its upper edge: SEEN. Everything of ours stays inside it. Try it once with your own envelopes.

NotifyNL reads the address of a PDF out of a like rectangle: 24.6 to 120 mm from the left, and 50 to 90 or, where the
service says so, 60 to 100 mm from the top (its `template-preview`). A first line `Retouradres:` it knows and leaves
out; the last line must be postcode and place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from adapters.post.letters.fonts import DESCENT, Font
from adapters.post.letters.line_breaking import broken
from adapters.post.letters.printable import LEFT_OUT

MM = 72 / 25.4
"""Points."""


class Box(NamedTuple):
    """A rectangle on the sheet, in millimetres from its left and upper edges."""

    left: float
    top: float
    right: float
    bottom: float


SEEN = Box(20, 55, 100, 79)
RETURN_ADDRESS_BASELINE = 57.2
"""In millimetres from the upper edge; its letters stay below the window's."""
RETURN_ADDRESS_SIZE = 6.5
ADDRESS = Box(25, 59.4, 99, 79)
"""Inside SEEN, below the return address. 25 mm is the letter's own margin, and NotifyNL reads nothing left of 24.6."""

LEADING = 1.18
"""From line to line, in sizes: five lines of 9 points fit."""
_USUAL_SIZES = (10.5, 10.0, 9.5, 9.0, 8.5, 8.0)
"""Points. Post is sorted by machines that read: below 8 only what would not fit otherwise."""
_SMALL_SIZES = (7.5, 7.0, 6.5, 6.0)


class Address(NamedTuple):
    """The address as it is printed."""

    size: float
    """Points."""
    lines: list[str]


def fitted(lines: Sequence[str], font: Font) -> Address:
    """Return the address in the largest size that fits into ADDRESS, its lines whole where that can be.

    A line that is too wide even at 8 points goes on in the next line. Where nothing fits, lines in the middle give way
    to one `…`: the name and the place stay.
    """
    width = (ADDRESS.right - ADDRESS.left) * MM
    for size in _USUAL_SIZES:
        if all(font.width(line, size) <= width for line in lines) and len(lines) <= _most_lines(size):
            return Address(size, list(lines))
    for size in (*_USUAL_SIZES, *_SMALL_SIZES):
        printed = list(_broken(lines, font, size, width))
        if len(printed) <= _most_lines(size):
            return Address(size, printed)
    smallest = _SMALL_SIZES[-1]
    most = _most_lines(smallest)
    printed = list(_broken(lines, font, smallest, width))
    first = most // 2
    return Address(smallest, [*printed[:first], LEFT_OUT, *printed[first + 1 - most :]])


def _broken(lines: Sequence[str], font: Font, size: float, width: float) -> Iterator[str]:
    for line in lines:
        yield from broken(line, width, lambda text: font.width(text, size))


def _most_lines(size: float) -> int:
    height = (ADDRESS.bottom - ADDRESS.top) * MM
    return int((height - DESCENT * size) / (LEADING * size))
