"""Which end of a call is ours, and so its direction, where the telephone system does not say."""

from __future__ import annotations

from inbox.call import Direction

_LONGEST_EXTENSION = 6
_MUNICIPAL = "140"
"""How the 14-numbers begin, with two or three digits behind it."""


def is_extension(number: str) -> bool:
    """Say whether a number in our form is one of a telephone of the house: a few digits, no country, no 14-number."""
    if len(number) > _LONGEST_EXTENSION or not (number.isascii() and number.isdigit()):
        return False
    return not (number.startswith(_MUNICIPAL) and len(number) > _LONGEST_EXTENSION - 2)


def direction_between(caller: str, dialled: str) -> Direction:
    """Tell the direction from both numbers. A caller without a number, or with one of outside, rings us."""
    if not is_extension(caller):
        return Direction.inbound
    return Direction.internal if is_extension(dialled) or not dialled else Direction.outbound
