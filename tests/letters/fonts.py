"""The fonts of the letters, from the Debian packages fonts-dejavu-core and fonts-dejavu-extra; those of the held-out ones
also from fonts-liberation2, fonts-crosextra-carlito and fonts-crosextra-caladea."""

from __future__ import annotations

from functools import lru_cache

from PIL import ImageFont


@lru_cache
def font_file(name: str) -> str:
    """Return where the font lies, such as `DejaVuSerif.ttf`. Raises OSError when its package is not installed."""
    return str(ImageFont.truetype(name, 10).path)


@lru_cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Return the font at a size in pixels."""
    return ImageFont.truetype(name, size)
