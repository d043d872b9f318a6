"""Lines of a letter with their places: what stands beside, above and below each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.post.reading.word import PageWords, Word

_COLUMN_GAP = 35
"""Thousandths of the width: a wider gap begins another column. A space is 5 to 12, in justified lines up to 25."""
_WORDS = 40
"""Words of one line; a printed line holds below 25."""
_CHARACTERS = 120
"""Characters of one word; the longest in use (addresses on the web) stay below."""
_NEAR = 60
"""Lines that are looked at, up or down, to find a neighbour: three columns of twenty."""
_SMALLEST = 8
"""Thousandths of the height: a line of small letters only is lower than its type."""
_NEXT_LINE = 1.8
"""Heights of a line between it and the next of its block; an empty line makes it more than 2.4."""
_ALIGNED = 30
"""Thousandths of the width by which the beginnings of one column's lines differ at most."""


_PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "`": "'", "\u00b4": "'"})
_SPECKS = re.compile(r"^(?:[\"\u201c\u201d\u201e~*_|.,;:]|'(?![st][ -]|[st]$))+")
"""What dirt before a line is read as."""


@dataclass(frozen=True, eq=False)
class Line:
    """Words that stand side by side in one column."""

    page: int
    words: tuple[Word, ...]
    text: str
    """The words with one space between them."""
    starts: tuple[int, ...]
    """Where each word begins in the text."""
    left: int
    top: int
    right: int
    bottom: int
    """Thousandths of the page, 0 to 1000."""

    @property
    def height(self) -> int:
        """Thousandths of the page's height."""
        return max(_SMALLEST, self.bottom - self.top)

    def words_of(self, start: int, end: int) -> tuple[Word, ...]:
        """Return the words of which a character stands from start up to end; never none."""
        kept = tuple(
            word
            for word, begin in zip(self.words, self.starts, strict=True)
            if begin < end and begin + len(word.text) > start
        )
        return kept or self.words[:1]


class Lines:
    """All lines of a letter, in reading order."""

    def __init__(self, pages: Sequence[PageWords]) -> None:
        self.all: list[Line] = [line for page in pages for line in _lines(page)]
        self.first_page: int = self.all[0].page if self.all else 0
        self._place: dict[Line, tuple[list[Line], int]] = {}
        by_page: dict[int, list[Line]] = {}
        for line in self.all:
            by_page.setdefault(line.page, []).append(line)
        self._down = {page: place for place, page in enumerate(by_page)}
        for lines in by_page.values():
            lines.sort(key=lambda line: (line.top + line.bottom, line.left))
            self._place.update({line: (lines, place) for place, line in enumerate(lines)})

    def on_first_page(self) -> list[Line]:
        """Return the lines of the letter's first page, in reading order."""
        return [line for line in self.all if line.page == self.first_page]

    def beside(self, line: Line, *, to_left: bool = False) -> Line | None:
        """Return the nearest line on the same height, to the right (or left)."""
        middle = (line.top + line.bottom) / 2
        best: Line | None = None
        for other in (*self._near(line, -1), *self._near(line, 1)):
            if not other.top <= middle <= other.bottom:
                continue
            if to_left and other.right <= line.left and (best is None or other.right > best.right):
                best = other
            if not to_left and other.left >= line.right and (best is None or other.left < best.left):
                best = other
        return best

    def below(self, line: Line, *, next_line: float = _NEXT_LINE) -> Line | None:
        """Return the next line of the same column, at most `next_line` heights further down."""
        for other in self._near(line, 1):
            gap = other.top - line.bottom
            if gap > next_line * line.height:
                return None
            if gap > -line.height / 2 and _is_aligned(line, other):
                return other
        return None

    def above(self, line: Line, *, next_line: float = _NEXT_LINE) -> Line | None:
        """Return the previous line of the same column."""
        for other in self._near(line, -1):
            gap = line.top - other.bottom
            if gap > next_line * max(line.height, other.height):
                return None
            if gap > -line.height / 2 and _is_aligned(line, other):
                return other
        return None

    def is_between(self, line: Line, upper: Line, lower: Line) -> bool:
        """Say whether it stands lower than the one and higher than the other, whatever the order of reading."""
        place, begin, end = (self._down[each.page] * 2_000 + each.top for each in (line, upper, lower))
        return begin < place < end

    def after(self, line: Line, most: int) -> Sequence[Line]:
        """Return the lines that follow down the page, at most so many, whatever their column."""
        lines, place = self._place[line]
        return lines[place + 1 : place + 1 + most]

    def climb(self, line: Line, most: int) -> list[Line]:
        """Return the lines of its block above it, nearest first, at most so many."""
        found: list[Line] = []
        present: Line | None = line
        while len(found) < most and present and (present := self.above(present)):
            found.append(present)
        return found

    def _near(self, line: Line, step: int) -> Iterable[Line]:
        lines, place = self._place[line]
        if step > 0:
            return lines[place + 1 : place + 1 + _NEAR]
        return lines[max(0, place - _NEAR) : place][::-1]


def _is_aligned(line: Line, other: Line) -> bool:
    """Say whether both begin, end or stand centred on the same height of the column."""
    return (
        abs(line.left - other.left) <= _ALIGNED
        or (abs(line.right - other.right) <= _ALIGNED / 2 and min(line.left, other.left) > 500)
        or abs(line.left + line.right - other.left - other.right) <= _ALIGNED
    )


def _lines(page: PageWords) -> list[Line]:
    found: list[Line] = []
    present: list[Word] = []
    for word in page.words:
        text = " ".join(word.text.translate(_PLAIN).split())[:_CHARACTERS].strip()
        is_first = not present or word.line != present[-1].line
        text = _SPECKS.sub("", text) if is_first else text
        if not text:
            continue
        clean = Word(
            text,
            _within(word.left),
            _within(word.top),
            max(_within(word.left), _within(word.right)),
            max(_within(word.top), _within(word.bottom)),
            min(1.0, max(0.0, word.confidence)),
            word.line,
        )
        if present and not _goes_on(present, clean):
            found.append(_line(page.number, present))
            present = []
        present.append(clean)
    return [*found, _line(page.number, present)] if present else found


def _goes_on(present: list[Word], word: Word) -> bool:
    last = present[-1]
    gap = word.left - last.right
    return word.line == last.line and -_COLUMN_GAP < gap <= _COLUMN_GAP and len(present) < _WORDS


def _line(page: int, words: list[Word]) -> Line:
    starts: list[int] = []
    begin = 0
    for word in words:
        starts.append(begin)
        begin += len(word.text) + 1
    return Line(
        page,
        tuple(words),
        " ".join(word.text for word in words),
        tuple(starts),
        min(word.left for word in words),
        min(word.top for word in words),
        max(word.right for word in words),
        max(word.bottom for word in words),
    )


def _within(thousandths: int) -> int:
    return min(1000, max(0, thousandths))
