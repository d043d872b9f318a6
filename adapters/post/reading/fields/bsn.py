"""Citizen service numbers: seen, masked, and nowhere written.

Nine digits whose sum d1 x 9 + d2 x 8 + … + d8 x 2 - d9 can be divided by eleven (the elfproef).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MASK = "*********"

_GROUP = re.compile(r"\d+")
_BETWEEN = re.compile(r"[ .\u00a0-]{1,2}|\r?\n")
"""What may stand inside a number: `1234.56.782`, a word that was read as two, a line's end."""
_GROUPS = 4
_LABEL = re.compile(
    r"(?:\bb\.?s\.?n\b\.?|burger ?service ?num{1,2}er|sofi-?(?: ?nummer)?|citizen service number)"
    r"(?:-?nummer|\.?nr\.?)?(?: is| luidt)?[ :=]{0,3}\s{0,2}(?P<number>(?:[0-9OoIlSBZ|][ .-]{0,2}){6,12})",
    re.IGNORECASE,
)
_FEWEST_DIGITS = 4
"""Behind a label a number that was half misread is masked too; fewer digits are words."""


def is_bsn(digits: str) -> bool:
    """Say whether nine digits pass the test; 000000000 does not count."""
    if len(digits) != 9 or not digits.isascii() or not digits.isdigit() or not digits.strip("0"):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return total % 11 == 0


def bsns_in(text: str) -> list[tuple[int, int]]:
    """Return where numbers stand that pass the test, or that a label calls so: from start up to end, in order."""
    return list(_merged(sorted([*_passing(text), *_behind_labels(text)])))


def masked(text: str) -> str:
    """Return the text with each of those replaced by nine asterisks. Linear; masking again changes nothing."""
    pieces: list[str] = []
    done = 0
    for start, end in bsns_in(text):
        pieces += [text[done:start], MASK]
        done = end
    return "".join([*pieces, text[done:]])


def _behind_labels(text: str) -> Iterator[tuple[int, int]]:
    for match in _LABEL.finditer(text):
        number = match["number"].rstrip(" .-")
        if sum(letter.isdigit() for letter in number) >= _FEWEST_DIGITS:
            yield match.start("number"), match.start("number") + len(number)


def _passing(text: str) -> Iterator[tuple[int, int]]:
    groups = [match.span() for match in _GROUP.finditer(text)]
    for first, (start, _end) in enumerate(groups):
        last = _last_of_nine(text, groups, first)
        digits = "".join(text[begin:end] for begin, end in groups[first : last + 1]) if last >= 0 else ""
        if is_bsn(digits) and not _is_telephone(text, start):
            yield start, groups[last][1]


def _last_of_nine(text: str, groups: list[tuple[int, int]], first: int) -> int:
    """Return the group with which nine digits are full, all with the same sign between them; -1 when none is.

    A line's end parts two groups only, and one figure by itself only two: else telephone numbers and dates that stand
    in a row come to nine digits too often.
    """
    digits = 0
    sign: str | None = None
    for last in range(first, min(first + _GROUPS, len(groups))):
        size = groups[last][1] - groups[last][0]
        if last > first:
            between = text[groups[last - 1][1] : groups[last][0]]
            if not _BETWEEN.fullmatch(between) or sign not in (None, between.strip()):
                return -1
            sign = between.strip()
            is_last_of_two = last == first + 1 and digits + size == 9
            was_single = groups[last - 1][1] - groups[last - 1][0] == 1
            if ("\n" in between or size == 1 or was_single) and not is_last_of_two:
                return -1
        digits += size
        if digits >= 9:
            return last if digits == 9 else -1
    return -1


def _is_telephone(text: str, start: int) -> bool:
    """Say whether +31 stands before it: nine digits follow there by rule."""
    return text[max(0, start - 4) : start].rstrip(" ").endswith("+31")


def _merged(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    present: tuple[int, int] | None = None
    for start, end in spans:
        if present and start < present[1]:
            present = present[0], max(present[1], end)
            continue
        if present:
            yield present
        present = start, end
    if present:
        yield present
