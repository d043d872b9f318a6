"""`python -m tests.letters.demo_scans EXAMPLE`: make the sample municipality's scans again, the same pictures each time."""

from __future__ import annotations

import base64
import io
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image

from adapters.post.separator_sheet import SheetKind, make_sheet
from tests.letters.degrade import degraded
from tests.letters.envelopes import Envelope, envelope
from tests.letters.files import as_bilevel
from tests.letters.letter import Letter, letters
from tests.letters.pdf import TextLayer, pdf_with_text
from tests.letters.typeset import typeset

_DPI = 200
_QUALITY = 22
_BATCH: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("objection", ()),
    ("complaint", ("rotated_180",)),
    ("notice_of_default", ("skewed",)),
    ("tax_objection", ("stamp",)),
    ("pavement", ("rotated_90",)),
    ("tree", ("coffee",)),
    ("woo_request", ("low_contrast",)),
    ("subsidy", ("gaussian",)),
    ("noise_english", ()),
    ("newsletter", ()),
    ("viewpoint", ("fax",)),
)
"""Letters of the batch, in order, and what happened to each on its way."""

_MOVED = (
    ("Gemeente Havendam", "Gemeente Moerdijk"),
    ("gemeente Havendam", "gemeente Moerdijk"),
    ("Gemeenteraad van Havendam", "Gemeenteraad van Moerdijk"),
    ("Municipality of Havendam", "Municipality of Moerdijk"),
    ("Postbus 40", "Postbus 4"),
    ("P.O. Box 40", "P.O. Box 4"),
    ("4790 AA Havendam", "4760 AA Zevenbergen"),
    ("Havendam", "Zevenbergen"),
)


def _moved(value: Any) -> Any:
    """Return the letter as somebody in the sample municipality would have written it."""
    if isinstance(value, str):
        for before, after in _MOVED:
            value = value.replace(before, after)
        return value
    if isinstance(value, tuple):
        return tuple(_moved(one) for one in value)
    if isinstance(value, dict):
        return {key: _moved(one) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _moved(getattr(value, one.name)) for one in fields(value)})
    return value


def _letter(name: str) -> Letter:
    moved: Letter = _moved(letters()[name])
    return moved


def _pages() -> Iterator[Image.Image]:
    for number, (name, damages) in enumerate(_BATCH, start=1):
        if number > 1:
            yield as_bilevel(_small(make_sheet(SheetKind.patch_t, "PATCHT").convert("L")))
        for page in typeset(_letter(name)):
            picture = _small(degraded(page.image, *damages, seed=number))
            yield picture if damages else as_bilevel(picture)


def _small(page: Image.Image) -> Image.Image:
    scale = _DPI / 300
    if page.width < 1800 and page.height < 1800:
        return page
    return page.resize((round(page.width * scale), round(page.height * scale)), Image.Resampling.LANCZOS)


def _as_pdf(pages: list[Image.Image]) -> bytes:
    batch = pypdfium2.PdfDocument.new()
    for page in pages:
        one = pypdfium2.PdfDocument(_page_pdf(page))
        batch.import_pages(one)
        one.close()
    out = io.BytesIO()
    batch.save(out)
    return out.getvalue()


def _page_pdf(page: Image.Image) -> bytes:
    out, never = io.BytesIO(), time.gmtime(0)
    quality = {} if page.mode == "1" else {"quality": _QUALITY}
    page.save(out, "PDF", resolution=_DPI, creationDate=never, modDate=never, **quality)
    return out.getvalue()


_MAIL = """Return-Path: <brandsma@bkadvocaten.example>
Received: from mail.bkadvocaten.example (mail.bkadvocaten.example [192.0.2.77])
\tby mx.moerdijk.example (Postfix) with ESMTPS id 6C1D2F30A44
\tfor <gemeente@moerdijk.example>; Mon, 16 Nov 2026 11:02:41 +0100
From: Mieke Brandsma <brandsma@bkadvocaten.example>
To: gemeente@moerdijk.example
Subject: Zie bijlage
Date: Mon, 16 Nov 2026 11:02:39 +0100
Message-ID: <f31c9e7a20b84d15@bkadvocaten.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_foto"

--=_foto
Content-Type: text/plain; charset=utf-8

Verzonden vanaf mijn telefoon

--=_foto
Content-Type: image/jpeg; name="IMG_2204.jpg"
Content-Disposition: attachment; filename="IMG_2204.jpg"
Content-Transfer-Encoding: base64

"""


def _photographed(name: str) -> bytes:
    """Return a mail without words of its own: what it says stands in a photograph, taken aslant."""
    out = io.BytesIO()
    page = _small(degraded(typeset(_letter(name))[0].image, "skewed_left", "folded", seed=42))
    page.save(out, "JPEG", quality=_QUALITY, dpi=(_DPI, _DPI))
    return _MAIL.encode() + base64.encodebytes(out.getvalue()) + b"\n--=_foto--\n"


_ENVELOPE = Envelope(
    addressee=("De gemeenteraad van Moerdijk", "t.a.v. de griffie", "Postbus 4", "4760 AA Zevenbergen"),
    sender=("Henk Bakker", "Molenweg 3", "4761 CD Zevenbergen"),
    mark="VERTROUWELIJK",
    posted_on=date(2026, 11, 20),
    stamped_on=date(2026, 11, 23),
)
"""The council opens its own post: of this one only the front is seen."""


def main(example: Path) -> None:
    """Write the batch, the closed envelope, the two files with a text layer, and the mail with a photograph."""
    (example / "mails" / "42-foto-van-een-brief.eml").write_bytes(_photographed("lawyer"))
    folder = example / "post"
    (folder / "batch.pdf").write_bytes(_as_pdf(list(_pages())))
    (folder / "closed-envelope.pdf").write_bytes(_page_pdf(_small(envelope(_ENVELOPE).image)))
    (folder / "word-processor.pdf").write_bytes(
        pdf_with_text(typeset(_letter("application")), TextLayer.real, is_scan=False)
    )
    (folder / "broken-text-layer.pdf").write_bytes(
        pdf_with_text(typeset(_letter("benefit_with_bsn")), TextLayer.spaced)
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
