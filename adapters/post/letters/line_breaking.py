"""Words broken into lines of one width, and lines into pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate, takewhile
from typing import NamedTuple

WidthOf = Callable[[str], float]
"""Of words in print, in points. The widths of parts add up."""
_BREAK_AFTER = frozenset("-/@.?&=_")
"""Where a long address of the web is broken rather than anywhere."""
_BULLETS = ("- ", "* ", "• ", "– ")


class Line(NamedTuple):
    """One printed line."""

    text: str
    indent: float = 0.0
    """Points from the left."""


Paragraph = list[Line]


class Room(NamedTuple):
    """How many lines pages hold, and what stands between paragraphs, in lines."""

    first_page: float
    other_pages: float
    gap: float


def broken(text: str, width: float, width_of: WidthOf) -> list[str]:
    """Return the lines of a text without line ends. A word wider than a line is broken too; nothing is left out."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, width, width_of)
        lines += full
    return [*lines, line]


def paragraph(lines: list[str], width: float, width_of: WidthOf) -> Paragraph:
    """Return a paragraph as it is printed. Where a line begins with a bullet, what follows stands behind it."""
    printed: Paragraph = []
    for line in lines:
        bullet = next((mark for mark in _BULLETS if line.startswith(mark)), "")
        indent = width_of(bullet)
        first, *others = broken(line.removeprefix(bullet), width - indent, width_of)
        printed.append(Line(bullet + first))
        printed += [Line(other, indent) for other in others]
    return printed


def into_pages(paragraphs: list[Paragraph], room: Room) -> list[list[Paragraph]]:
    """Return the pages, at least one. No page begins or ends with a single line of a longer paragraph.

    A last page that would hold a greeting only gets the paragraph before it too.
    """
    pages: list[list[Paragraph]] = [[]]
    for whole in paragraphs:
        rest = whole
        while rest:
            taken = _fitting(rest, pages[-1], room.first_page if len(pages) == 1 else room.other_pages, room.gap)
            if taken:
                pages[-1].append(rest[:taken])
                rest = rest[taken:]
            if rest:
                pages.append([])
    if len(pages) > 1 and _height(pages[-1], room.gap) <= 4 and len(pages[-2]) > 1:
        moved = pages[-2][-1]
        if _height([moved, *pages[-1]], room.gap) <= room.other_pages:
            pages[-1].insert(0, pages[-2].pop())
    return pages


def _fitting(rest: Paragraph, page: list[Paragraph], height: float, gap: float) -> int:
    """Return how many lines go on this page."""
    left = height - _height(page, gap) - (gap if page else 0)
    room = max(0, int(left + 1e-6))
    if len(rest) <= room:
        return len(rest)
    taken = room - 1 if len(rest) - room == 1 else room
    return taken if taken >= 2 else (0 if page else max(1, room))


def _height(page: list[Paragraph], gap: float) -> float:
    return sum(len(part) for part in page) + gap * max(0, len(page) - 1)


def _pieces(word: str, width: float, width_of: WidthOf) -> Iterator[str]:
    """Give the parts of a word, each at most a line wide."""
    rest = word
    while True:
        ends = accumulate(width_of(character) for character in rest)
        fitting = max(1, sum(1 for _ in takewhile(lambda end: end <= width, ends)))
        if fitting >= len(rest):
            yield rest
            return
        marked = [place for place in range(fitting // 2, fitting) if rest[place] in _BREAK_AFTER]
        end = marked[-1] + 1 if marked else fitting
        yield rest[:end]
        rest = rest[end:]
