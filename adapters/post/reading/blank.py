"""Whether there is anything on a page."""

from __future__ import annotations

from adapters.post.reading.ink import FAINTEST, Ink

_FEWEST_PIXELS = 25
"""Of the small picture: two or three letters. A page with one word on it is not blank."""
_PALE_LETTER = 0.02
"""Share of ink that a letter in the palest grey has at least; grain of the paper has less."""


def is_blank(ink: Ink) -> bool:
    """Return whether nothing stands on the page that anybody could read."""
    is_faint = ink.paper - ink.darkest < FAINTEST and ink.share < _PALE_LETTER
    return is_faint or ink.pixels < _FEWEST_PIXELS
