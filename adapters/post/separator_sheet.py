"""Separator sheets to print: a sheet that our reader recognises whichever way it is fed."""

from __future__ import annotations

import io
from enum import StrEnum

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from adapters.post.reading.marks import PATCH_T, SeparatorMarks
from adapters.post.reading.separator import SeparatorReader
from inbox.errors import BadRequest

DPI = 300
_WIDTH, _HEIGHT = 2480, 3508
"""A4 at 300 dpi, in pixels."""
_WORDS = "Scheidingsblad: hier begint een nieuwe brief"
_ADVICE = "Leg dit blad boven op elke brief. U kunt het steeds opnieuw gebruiken."
"""In letters that Pillow's own font holds: it knows no accents."""
MOST_SHEETS = 500
"""In one file: a tray of paper."""


class SheetKind(StrEnum):
    """With what a sheet is marked."""

    qr = "qr"
    code128 = "code128"
    patch_t = "patch_t"
    """The four bars, which many scanners know by themselves."""


def make_sheet(kind: SheetKind = SheetKind.qr, text: str = PATCH_T) -> Image.Image:
    """Return one side of a sheet, A4 at 300 dpi in black and white; both sides are alike.

    The mark stands on it four times, the same from each edge. Raises BadRequest for a text that does not fit into the
    code, or that our own reader would not recognise from a scan of 150 dpi.
    """
    page = Image.new("L", (_WIDTH, _HEIGHT), 255)
    if kind is SheetKind.patch_t:
        _put_bars(page)
    else:
        _put_codes(page, kind, text)
    _put_words(page, "" if kind is SheetKind.patch_t else text)
    marks = SeparatorMarks() if kind is SheetKind.patch_t else SeparatorMarks(texts=(text,), patch_t=False)
    if SeparatorReader(marks).mark_on(page.reduce(2)) is None:
        raise BadRequest(f"--text: {kind.value} with {text!r} is too fine to be read from a scan: use a shorter text")
    return page.point(lambda level: 255 if level > 127 else 0).convert("1")


def sheets_as_pdf(count: int, kind: SheetKind = SheetKind.qr, text: str = PATCH_T) -> bytes:
    """Return a PDF of `count` sheets, front and back: twice as many pages. Raises BadRequest as `make_sheet` does."""
    if not 1 <= count <= MOST_SHEETS:
        raise BadRequest(f"--count: from 1 to {MOST_SHEETS} sheets")
    side = make_sheet(kind, text)
    out = io.BytesIO()
    side.save(out, "PDF", resolution=DPI, save_all=True, append_images=[side] * (2 * count - 1), title=_WORDS)
    return out.getvalue()


def _put_codes(page: Image.Image, kind: SheetKind, text: str) -> None:
    is_qr = kind is SheetKind.qr
    try:
        barcode = zxingcpp.create_barcode(
            text, zxingcpp.BarcodeFormat.QRCode if is_qr else zxingcpp.BarcodeFormat.Code128
        )
        plain = Image.fromarray(zxingcpp.write_barcode_to_image(barcode, scale=1))
    except (ValueError, RuntimeError):
        raise BadRequest(f"--text: {text!r} does not fit into {kind.value}") from None
    largest = 900 if is_qr else 1050
    scale = largest // plain.width
    if scale < 3:
        raise BadRequest(f"--text: {text!r} is too long for {kind.value}")
    height = plain.height * scale if is_qr else 500
    code = plain.resize((plain.width * scale, height), Image.Resampling.NEAREST)
    right, bottom = _WIDTH - 160 - code.width, _HEIGHT - 220 - code.height
    for turned, place in (
        (False, (160, 220)),
        (False, (right, 220)),
        (True, (160, bottom)),
        (True, (right, bottom)),
    ):
        page.paste(code.rotate(180) if turned else code, place)


def _put_bars(page: Image.Image) -> None:
    """Set Patch T along each edge, read from the edge inwards; 0.8 by 3 inches, 0.35 inch from the edge."""
    unit = round(0.08 * DPI)
    wide = round(0.20 * DPI)
    length = 3 * DPI
    bars = Image.new("L", (length, 2 * wide + 5 * unit), 255)
    draw = ImageDraw.Draw(bars)
    top = 0
    for thickness in (unit, wide, unit, wide):
        draw.rectangle((0, top, length - 1, top + thickness - 1), fill=0)
        top += thickness + unit
    edge = round(0.35 * DPI)
    across, along = (_WIDTH - length) // 2, (_HEIGHT - length) // 2
    page.paste(bars, (across, edge))
    page.paste(bars.rotate(180), (across, _HEIGHT - edge - bars.height))
    page.paste(bars.rotate(90, expand=True), (edge, along))
    page.paste(bars.rotate(270, expand=True), (_WIDTH - edge - bars.height, along))


def _put_words(page: Image.Image, text: str) -> None:
    draw = ImageDraw.Draw(page)
    middle = (_WIDTH // 2, _HEIGHT // 2)
    draw.text(middle, _WORDS, fill=0, anchor="mm", font=ImageFont.load_default(76))
    draw.text((middle[0], middle[1] + 120), _ADVICE, fill=0, anchor="mm", font=ImageFont.load_default(44))
    if text.isascii():
        draw.text((middle[0], middle[1] + 210), text[:60], fill=0, anchor="mm", font=ImageFont.load_default(40))
