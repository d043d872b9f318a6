"""A letter's own words, without letterhead, addresses and what stands below the closing."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.post.reading.fields.closing import frame_of
from adapters.post.reading.fields.lines import Line, Lines
from adapters.post.reading.word import PageWords

_FOOT = 930
"""Thousandths of the height below which a page's foot stands: numbers, addresses, page numbers."""
_FEWEST_WORDS = 5


def own_words(pages: Sequence[PageWords]) -> str:
    """Return the words from the salutation up to the closing, with their line ends; empty where either is missing.

    A closing that leaves fewer than five words is no closing: somebody wrote in another order.
    """
    lines = Lines(pages)
    frame = frame_of(lines)
    if frame.salutation is None or frame.closing is None:
        return ""
    begin, end = frame.salutation, frame.closing
    inside = [line for line in lines.all if line.top < _FOOT and (line is begin or lines.is_between(line, begin, end))]
    if sum(len(line.words) for line in inside) < _FEWEST_WORDS:
        return ""
    return _joined(inside)


def _joined(lines: Sequence[Line]) -> str:
    text: list[str] = []
    previous: Line | None = None
    for line in lines:
        block = line.words[0].line
        if previous:
            before = previous.words[0].line
            text.append(" " if block == before else "\n" if block[:2] == before[:2] else "\n\n")
        text.append(line.text)
        previous = line
    return "".join(text)
