"""Whether there is anything on a page."""

from __future__ import annotations

from adapters.post.reading.ink import Ink

_FEWEST_PIXELS = 25
"""Of the small picture: two or three letters. A page with one word on it is not blank."""
_FAINTEST = 25
"""Grey steps between paper and ink: below that it is the paper's own grain, or the back shining through."""


def is_blank(ink: Ink) -> bool:
    """Return whether nothing stands on the page that anybody could read."""
    return ink.pixels < _FEWEST_PIXELS or (ink.paper - ink.darkest < _FAINTEST and ink.share < 0.02)
