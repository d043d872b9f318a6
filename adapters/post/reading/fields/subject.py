"""What a letter says it is about: the line behind `Betreft`."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.post.reading.fields.closing import is_salutation
from adapters.post.reading.fields.evidence import VALUE_LIMIT, Spot, found
from adapters.post.reading.fields.labels import label_at, labelled
from adapters.post.reading.fields.lines import Line, Lines
from inbox.reading import LetterField

_MORE_LINES = 2
"""A subject may go on for so many lines."""
_HEAD = 600
"""Thousandths of the height above which a subject line stands."""
_NEXT_LINE = 1.3
"""Heights of a line: the next line of the same sentence, and no paragraph."""
_PER_WORD = 0.01
"""A subject is right when all its words are, and each may be one that was misread with high confidence."""
_PER_MORE_LINE = 0.93
"""Each more line may be the first of the letter itself."""


def subject_of(lines: Lines) -> Iterator[LetterField]:
    """Yield `subject` at most once: the first labelled one of the first page, with the lines it goes on for."""
    for _kind, line, spot in labelled(lines, frozenset(["subject"])):
        if line.page != lines.first_page or line.top > _HEAD:
            continue
        values, sure, last = [spot.value], spot.sure, spot.line
        while len(values) <= _MORE_LINES and (more := _more(lines, line, spot, last)):
            values.append(more.text)
            sure *= _PER_MORE_LINE
            last = more
        value = " ".join(values).strip(" .:;")
        sure *= 1 - min(20, len(value.split())) * _PER_WORD
        if any(sign.isalnum() for sign in value):
            yield found("subject", Spot(value[:VALUE_LIMIT], spot.line, spot.start, spot.end, sure))
            return


def _more(lines: Lines, label: Line, spot: Spot, last: Line) -> Line | None:
    """Return the line with which the value goes on: right below it, beginning where the value began."""
    other = lines.below(last, next_line=_NEXT_LINE) or _indented(lines, spot, last)
    if other is None or label_at(other.text) or is_salutation(other.text):
        return None
    begins_at = spot.line.words_of(spot.start, spot.end)[0].left
    is_hanging = abs(other.left - begins_at) <= 15
    is_flush = abs(other.left - label.left) <= 15 and other.words[0].line[:2] == label.words[0].line[:2]
    return other if is_hanging or (is_flush and label is spot.line and other.text[:1].islower()) else None


def _indented(lines: Lines, spot: Spot, last: Line) -> Line | None:
    """Return the line right below the value when it stands under the value and not under the label."""
    begins_at = spot.line.words_of(spot.start, spot.end)[0].left
    for other in lines.after(last, 4):
        gap = other.top - last.bottom
        if abs(other.left - begins_at) <= 15 and -last.height / 2 < gap <= _NEXT_LINE * last.height:
            return other
    return None
