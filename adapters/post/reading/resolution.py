"""How many dots per inch a picture has, and the same picture at the resolution for reading."""

from __future__ import annotations

from PIL import Image

from adapters.post.reading.scan import DPI

_BELIEVED = (90.0, 1300.0)
"""Dots per inch that scanners write. 72 and less is what cameras and programs put where they know nothing."""
_A4_LONG_INCHES = 11.69
_NEAR = 0.03
"""A picture within 3 % of the wanted size is read as it is: scaling costs more than it brings."""
_LONGEST_SIDE = 6000
"""Pixels; A3 at 300 dpi has 4961."""


def dots_per_inch(picture: Image.Image) -> tuple[float, float]:
    """Return how many there are across and down: as the file says, else as if it showed a sheet of A4."""
    said = picture.info.get("dpi")
    try:
        across, down = (float(said[0]), float(said[1])) if said else (0.0, 0.0)
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        across = down = 0.0
    low, high = _BELIEVED
    if low <= across <= high and low <= down <= high:
        return across, down
    guessed = max(picture.size) / _A4_LONG_INCHES
    return guessed, guessed


def at_reading_size(picture: Image.Image, pixels_limit: int) -> Image.Image:
    """Return it grey (mode L) and at DPI with square pixels, at most so many; a fax has oblong ones."""
    across, down = dots_per_inch(picture)
    grey = _grey(picture)
    width, height = grey.width * DPI / across, grey.height * DPI / down
    shrink = min(1.0, _LONGEST_SIDE / max(width, height), (pixels_limit / (width * height)) ** 0.5)
    wanted = max(1, round(width * shrink)), max(1, round(height * shrink))
    if all(abs(have - want) <= _NEAR * want for have, want in zip(grey.size, wanted, strict=True)):
        return grey
    return grey.resize(wanted, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _grey(picture: Image.Image) -> Image.Image:
    if picture.mode == "L":
        return picture
    if picture.mode.startswith("I"):
        # 16 bits of grey: the upper eight are what a page needs.
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        opaque = picture.convert("RGBA")
        sheet = Image.new("RGBA", opaque.size, "white")
        sheet.alpha_composite(opaque)
        return sheet.convert("L")
    return picture.convert("L")
