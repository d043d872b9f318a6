"""Sheets of paper for tests: set from words that are known, then spoiled, then put into files."""

from __future__ import annotations

import io
import math
import random
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LETTER = """Gemeente Voorbeeld
Postbus 12
1234 AB Voorbeeld

Betreft: bezwaar tegen het besluit van 3 september

Geachte heer, mevrouw,

Hierbij maak ik bezwaar tegen uw besluit om de
aanvraag voor een vergunning af te wijzen. Ik ben
het niet eens met de motivering, omdat de gemeente
geen rekening heeft gehouden met de belangen van
de bewoners in onze straat. Wij wonen hier al lang.

Met vriendelijke groet,
J. de Vries"""

SIZE = (1500, 1650)
DPI = 300


def sheet(text: str = LETTER, grey: int = 0, paper: int = 255, size: tuple[int, int] = SIZE) -> Image.Image:
    """Return a sheet at 300 dpi with these words in ten points of type."""
    picture = Image.new("L", size, paper)
    font = ImageFont.truetype("DejaVuSans.ttf", 42)
    ImageDraw.Draw(picture).multiline_text((150, 180), text, font=font, fill=grey, spacing=16)
    return picture


def turned(picture: Image.Image, clockwise: float) -> Image.Image:
    """Return it as it lies when somebody laid it down turned by so many degrees."""
    quarter = clockwise % 90 == 0
    return picture.rotate(
        -clockwise, Image.Resampling.NEAREST if quarter else Image.Resampling.BICUBIC, expand=quarter, fillcolor=255
    )


def speckled(picture: Image.Image, share: float = 0.02) -> Image.Image:
    """Return it with salt and pepper."""
    grey = np.asarray(picture).copy()
    chance = np.random.default_rng(5).random(grey.shape)
    grey[chance < share / 2] = 0
    grey[chance > 1 - share / 2] = 255
    return Image.fromarray(grey)


def noise(size: tuple[int, int] = SIZE) -> Image.Image:
    """Return a page of nothing but noise."""
    return Image.fromarray(np.random.default_rng(6).integers(0, 256, (size[1], size[0]), dtype=np.uint8))


def scrawl(size: tuple[int, int] = SIZE) -> Image.Image:
    """Return lines of loops and strokes, as a pen makes them."""
    picture = Image.new("L", size, 255)
    pen, chance = ImageDraw.Draw(picture), random.Random(7)
    for line in range(12):
        across, down = 150.0, 200 + 110 * line
        while across < size[0] - 250:
            points = []
            loops, height, speed = chance.randint(3, 7), chance.uniform(18, 34), chance.uniform(0.7, 1.3)
            for step in range(loops * 24):
                angle = step * math.pi / 12
                tall = height * (1.9 if (step // 24) % 3 == 1 else 1)
                points.append((across + 24 * math.cos(angle * speed), down - tall * math.sin(angle)))
                across += chance.uniform(0.6, 2.6)
            pen.line(points, fill=40, width=5, joint="curve")
            across += 60
    return picture


def packed(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return it as a file of one page."""
    out = io.BytesIO()
    picture.save(out, kind, **{"dpi": (DPI, DPI), **options})
    return out.getvalue()


def tiff(pictures: Sequence[Image.Image], **options: object) -> bytes:
    """Return a TIFF of these pages."""
    return packed(pictures[0], "TIFF", save_all=True, append_images=list(pictures[1:]), **options)


def png_bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """Return a PNG of a few bytes that says it is so large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def pdf(pages: Sequence[str | Image.Image | tuple[Image.Image, str]], encrypted: bool = False) -> bytes:
    """Return a PDF: each page set from words, or a picture, or a picture with invisible words upon it."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", _FONT]
    kids = []
    for page in pages:
        picture, words = page if isinstance(page, tuple) else (None, page) if isinstance(page, str) else (page, "")
        drawing = b""
        drawn = b""
        wide, high = 595.0, 842.0
        if picture is not None:
            wide, high = picture.width * 72 / DPI, picture.height * 72 / DPI
            packed_picture = packed(picture.convert("L"), "JPEG", quality=90)
            objects.append(
                f"<< /Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height} /ColorSpace "
                f"/DeviceGray /BitsPerComponent 8 /Filter /DCTDecode /Length {len(packed_picture)} >>\nstream\n".encode()
                + packed_picture
                + b"\nendstream"
            )
            drawn = b"/XObject << /P %d 0 R >>" % len(objects)
            drawing += b"q %.2f 0 0 %.2f 0 0 cm /P Do Q\n" % (wide, high)
        lines = [line.replace("(", r"\(").replace(")", r"\)").encode("cp1252") for line in words.split("\n")]
        mode = b"3 Tr " if picture is not None else b""
        drawing += b"BT %s/F 11 Tf 14 TL 60 %.0f Td " % (mode, high - 60)
        drawing += b" ".join(b"(%s) Tj T*" % line for line in lines) + b" ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R /Resources << /Font << /F 3 0 R >> "
            b"%s >> >>" % (wide, high, len(objects), drawn)
        )
        kids.append(len(objects))
    named = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (named, len(kids))
    return _written(objects, encrypted)


_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def _written(objects: list[bytes], encrypted: bool) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    # A lock that no password of ours opens.
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >> " % (b"ab" * 32, b"cd" * 32)
    ids = b"/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
    out += b"trailer\n<< /Size %d /Root 1 0 R %s%s >>\n" % (len(objects) + 1, lock if encrypted else b"", ids)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)
