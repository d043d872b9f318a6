"""Envelopes that nobody opened, as a scanner sees their front; and the post room's date stamp."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from PIL import Image, ImageDraw

from tests.letters.fonts import font
from tests.letters.sheet import PAPER, LetterPage, Sheet, mm

_SANS, _BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
_WIDTH, _HEIGHT = mm(229), mm(162)
"""C5, lying."""
_MONTHS = ("JAN", "FEB", "MRT", "APR", "MEI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEC")


@dataclass(frozen=True)
class Envelope:
    """What stands on its front."""

    addressee: tuple[str, ...]
    sender: tuple[str, ...] = ()
    """Small, at the upper left."""
    mark: str = ""
    posted_on: date | None = None
    stamped_on: date | None = None


def envelope(written: Envelope) -> LetterPage:
    """Return its front, the same each time."""
    sheet = Sheet(Image.new("L", (_WIDTH, _HEIGHT), PAPER))
    _lines(sheet, mm(12), mm(12), written.sender, 36)
    _lines(sheet, mm(95), mm(82), written.addressee, 50)
    if written.mark:
        sheet.put(mm(95), mm(68), written.mark, font(_BOLD, 56))
    if written.posted_on:
        _postmark(sheet, written.posted_on)
    if written.stamped_on:
        stamp(sheet.image, written.stamped_on, mm(14), mm(118))
    return sheet.done()


def stamp(image: Image.Image, day: date, left: int = mm(120), top: int = mm(20)) -> Image.Image:
    """Set the post room's date stamp upon the picture, in a frame; return the picture."""
    text = f"INGEKOMEN {day.day} {_MONTHS[day.month - 1]} {day.year}"
    draw, of = ImageDraw.Draw(image), font(_BOLD, 50)
    draw.text((left, top), text, fill=70, font=of)
    box = draw.textbbox((left, top), text, font=of)
    draw.rectangle((box[0] - 34, box[1] - 34, box[2] + 34, box[3] + 34), outline=80, width=6)
    return image


def _lines(sheet: Sheet, left: int, top: int, texts: tuple[str, ...], size: int) -> None:
    for row, text in enumerate(texts):
        sheet.put(left, top + row * round(size * 1.42), text, font(_SANS, size))


def _postmark(sheet: Sheet, day: date) -> None:
    """Set what a sorting machine prints: the carrier, the date, and waves beside them."""
    sheet.put(mm(150), mm(14), "PostNL", font(_BOLD, 54), 60)
    sheet.put(mm(150), mm(22), f"{day:%d-%m-%Y}", font(_SANS, 44), 60)
    for row in range(5):
        top = mm(13) + row * mm(4)
        points = [(mm(185) + step * 24, top + (14 if step % 2 else -14)) for step in range(18)]
        sheet.draw.line(points, fill=110, width=5, joint="curve")
