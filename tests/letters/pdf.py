"""Writes PDF files with pictures and text layers, whole and broken ones (ISO 32000-1, as little of it as that needs)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from enum import StrEnum

from PIL import Image

from tests.letters.sheet import DPI, LetterPage, TrueWord

_POINTS = 72 / DPI
"""Per pixel of a typeset page."""
_COURIER = 0.6
"""Width of every character, in sizes of the font: so a word can be stretched to its place without a table of widths."""


class TextLayer(StrEnum):
    """What a program gets that asks the file for its words."""

    real = "real"
    spaced = "spaced"
    """Every letter is a word by itself, as some scanners' programs write them."""
    garbled = "garbled"
    """Wrong characters, as from a font without a map to Unicode."""
    empty = "empty"
    """There is a layer, and nothing but spaces in it."""


def pdf_with_text(pages: Sequence[LetterPage], layer: TextLayer = TextLayer.real, *, is_scan: bool = True) -> bytes:
    """Return a PDF of typeset pages with a text layer, the same bytes each time.

    `is_scan`: the page's picture is seen and the text lies unseen behind it; otherwise the text itself is seen, as in
    a file that a word processor wrote.
    """
    file = _File()
    font = file.add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>")
    kids: list[int] = []
    for page in pages:
        width, height = page.image.width * _POINTS, page.image.height * _POINTS
        content = _text(page, layer, height, is_seen=not is_scan)
        pictures = b""
        if is_scan:
            picture = file.add_stream(_picture_head(page.image), _jpeg(page.image))
            pictures = b"/XObject << /P %d 0 R >>" % picture
            content = b"q %.2f 0 0 %.2f 0 0 cm /P Do Q\n" % (width, height) + content
        stream = file.add_stream(b"", content)
        kids.append(
            file.add(
                b"<< /Type /Page /Parent 1 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R "
                b"/Resources << /Font << /F %d 0 R >> %s >> >>" % (width, height, stream, font, pictures)
            )
        )
    return file.done(kids)


def _text(page: LetterPage, layer: TextLayer, height: float, *, is_seen: bool) -> bytes:
    shown = [b"BT", b"0 Tr" if is_seen else b"3 Tr"]
    for line in page.lines:
        for word, following in zip(line, (*line[1:], None), strict=True):
            shown += _word(word, following, layer, height)
    return b"\n".join([*shown, b"ET"])


def _word(word: TrueWord, following: TrueWord | None, layer: TextLayer, height: float) -> list[bytes]:
    """Show a word in its box, and the space up to the one that follows."""
    said = _said(word.text, layer)
    size = word.size * _POINTS
    left, right = word.box[0] * _POINTS, word.box[2] * _POINTS
    stretch = (right - left) / (_COURIER * size * len(said)) * 100
    shown = [
        b"/F %.2f Tf %.2f Tz" % (size, stretch),
        b"1 0 0 1 %.2f %.2f Tm (%s) Tj" % (left, height - word.baseline * _POINTS, _escaped(said)),
    ]
    if following:
        gap = following.box[0] * _POINTS - right
        shown.append(b"%.2f Tz ( ) Tj" % (gap / (_COURIER * size) * 100))
    return shown


def _said(text: str, layer: TextLayer) -> str:
    match layer:
        case TextLayer.real:
            return text
        case TextLayer.spaced:
            return " ".join(text)
        case TextLayer.garbled:
            return "".join(chr(33 + (ord(letter) * 7 + 11) % 90) for letter in text)
        case TextLayer.empty:
            return " "


def _escaped(text: str) -> bytes:
    encoded = text.encode("cp1252", "replace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _picture_head(image: Image.Image) -> bytes:
    return (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Filter /DCTDecode" % image.size
    )


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.convert("L").save(out, "JPEG", quality=85)
    return out.getvalue()


class _File:
    """Objects of a PDF, numbered from 3: 1 is the list of pages, 2 the catalogue."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def add(self, content: bytes) -> int:
        """Keep an object and return its number."""
        self._objects.append(content)
        return len(self._objects) + 2

    def add_stream(self, head: bytes, content: bytes) -> int:
        """Keep a stream and return its number."""
        return self.add(b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(content), content))

    def done(self, kids: list[int]) -> bytes:
        """Return the file, with these pages in order."""
        listed = b" ".join(b"%d 0 R" % kid for kid in kids)
        objects = [
            b"<< /Type /Pages /Kids [%s] /Count %d >>" % (listed, len(kids)),
            b"<< /Type /Catalog /Pages 1 0 R >>",
            *self._objects,
        ]
        out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
        places: list[int] = []
        for number, content in enumerate(objects, start=1):
            places.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
        table = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        out += b"trailer\n<< /Size %d /Root 2 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
        return bytes(out)
