"""What happens to letters on their way through post, coffee and scanner. Each damage is the same for the same seed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.letters.fonts import font_file

Random = np.random.Generator
Damage = Callable[[Image.Image, Random], Image.Image]


def degraded(page: Image.Image, *names: str, seed: int = 0) -> Image.Image:
    """Return the page (mode L, 300 dpi) with these damages, one after the other. `fax` halves its size."""
    random = np.random.default_rng(seed)
    for name in names:
        page = DAMAGES[name](page, random)
    return page


def _turned(degrees: int) -> Damage:
    """Turn clockwise, as a sheet that was laid the wrong way."""
    return lambda page, random: page.rotate(-degrees, expand=True)


def _skewed(degrees: float) -> Damage:
    return lambda page, random: page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=250)


def _salt_and_pepper(page: Image.Image, random: Random) -> Image.Image:
    """One pixel in a hundred is black or white."""
    levels = np.array(page)
    chance = random.random(levels.shape, dtype=np.float32)
    levels[chance < 0.006] = 0
    levels[chance > 0.994] = 255
    return Image.fromarray(levels)


def _gaussian(page: Image.Image, random: Random) -> Image.Image:
    """Each pixel is off by 22 grey levels or so, and the lens is a little soft."""
    soft = np.asarray(page.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float32)
    return _picture(soft + random.standard_normal(soft.shape, dtype=np.float32) * 22)


def _low_contrast(page: Image.Image, random: Random) -> Image.Image:
    """A weak ribbon on grey paper: ink at 130, paper at 205."""
    return page.point(lambda level: 130 + level * 75 // 255)


def _fax(page: Image.Image, random: Random) -> Image.Image:
    """150 dpi, black or white, with the crumbs of a worn roller."""
    small = page.resize((page.width // 2, page.height // 2), Image.Resampling.BILINEAR)
    levels = np.asarray(small, dtype=np.float32) + random.standard_normal((small.height, small.width)) * 12
    return Image.fromarray(np.where(levels > 150, 255, 0).astype(np.uint8))


def _coffee(page: Image.Image, random: Random) -> Image.Image:
    """The ring of a mug and what was spilt, over the text."""
    layer = Image.new("L", page.size, 0)
    draw = ImageDraw.Draw(layer)
    x = int(page.width * random.uniform(0.35, 0.65))
    y = int(page.height * random.uniform(0.35, 0.65))
    radius = page.width // 6
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=38, outline=115, width=22)
    for _ in range(9):
        angle, size, away = random.uniform(0, 6.28), int(random.uniform(4, 22)), radius * random.uniform(1.15, 1.9)
        at_x, at_y = x + int(np.cos(angle) * away), y + int(np.sin(angle) * away)
        draw.ellipse((at_x - size, at_y - size, at_x + size, at_y + size), fill=70)
    return _darker(page, np.asarray(layer.filter(ImageFilter.GaussianBlur(6)), dtype=np.float32))


def _stamp(page: Image.Image, random: Random) -> Image.Image:
    """The mail room's date stamp, aslant over the upper text."""
    layer = Image.new("L", (1000, 420), 0)
    draw = ImageDraw.Draw(layer)
    draw.rounded_rectangle((8, 8, 991, 411), 30, outline=150, width=10)
    for words, size, height in (("INGEKOMEN", 96, 95), ("23 NOV 2026", 84, 215), ("GEMEENTE HAVENDAM", 60, 325)):
        font = ImageFont.truetype(font_file("DejaVuSans-Bold.ttf"), size)
        draw.text((500, height), words, fill=150, anchor="mm", font=font)
    worn = np.asarray(layer, dtype=np.float32) * (random.random((420, 1000), dtype=np.float32) > 0.12)
    layer = _picture(worn).rotate(float(random.uniform(4, 11)), expand=True).filter(ImageFilter.GaussianBlur(1.2))
    whole = Image.new("L", page.size, 0)
    scale = page.width / 2480
    layer = layer.resize((int(layer.width * scale), int(layer.height * scale)))
    whole.paste(layer, (int(page.width * random.uniform(0.4, 0.5)), int(page.height * random.uniform(0.3, 0.4))))
    return _darker(page, np.asarray(whole, dtype=np.float32))


def _jpeg(page: Image.Image, random: Random) -> Image.Image:
    """Saved at quality 18: blocks and ringing around each letter."""
    out = io.BytesIO()
    page.save(out, "JPEG", quality=18)
    return Image.open(io.BytesIO(out.getvalue())).convert("L")


def _folded(page: Image.Image, random: Random) -> Image.Image:
    """Folded twice for an envelope: a shadow below each fold, and a lighter line in it."""
    rows = np.arange(page.height, dtype=np.float32)
    shade = np.zeros(page.height, dtype=np.float32)
    for third in (1, 2):
        fold = page.height * third / 3 + random.uniform(-40, 40)
        below = rows - fold
        shade += np.where(below >= 0, 80 * np.exp(-below / 130), 0) + 55 * np.exp(-((below / 3) ** 2))
    return _darker(page, np.repeat(shade[:, None], page.width, axis=1))


def _darker(page: Image.Image, by: NDArray[np.float32]) -> Image.Image:
    """Take light away in proportion: ink stays ink."""
    levels = np.asarray(page, dtype=np.float32)
    return _picture(levels * (1 - by / 255))


def _picture(levels: NDArray[np.floating[Any]]) -> Image.Image:
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


DAMAGES: dict[str, Damage] = {
    "rotated_90": _turned(90),
    "rotated_180": _turned(180),
    "rotated_270": _turned(270),
    "skewed": _skewed(3.0),
    "skewed_left": _skewed(-3.0),
    "salt_and_pepper": _salt_and_pepper,
    "gaussian": _gaussian,
    "low_contrast": _low_contrast,
    "fax": _fax,
    "coffee": _coffee,
    "stamp": _stamp,
    "jpeg": _jpeg,
    "folded": _folded,
}
"""By name; they take a page in mode L at 300 dpi, and combine in any order (`fax` last)."""
