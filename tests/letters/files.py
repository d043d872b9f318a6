"""Pages as the files that scanners and telephones make of them; the same bytes each time."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence

from PIL import Image

from tests.letters.sheet import HEIGHT

Pages = Sequence[Image.Image]


def as_pdf(pages: Pages) -> bytes:
    """Return a PDF of pictures without words: JPEG for grey pages, CCITT group 4 for those in black and white."""
    out = io.BytesIO()
    # Copies: saving leaves settings on a picture, also the pages that followed it, which its next file would then hold.
    first, *others = [page.copy() for page in pages]
    never = time.gmtime(0)
    first.save(
        out,
        "PDF",
        save_all=True,
        append_images=others,
        resolution=_dpi(first),
        creationDate=never,
        modDate=never,
    )
    return out.getvalue()


def as_tiff(pages: Pages) -> bytes:
    """Return one TIFF with all pages, deflated."""
    out = io.BytesIO()
    # Copies, as above: the writer of TIFF stumbles over the settings of a JPEG.
    first, *others = [page.copy() for page in pages]
    dpi = _dpi(first)
    first.save(out, "TIFF", save_all=True, append_images=others, compression="tiff_adobe_deflate", dpi=(dpi, dpi))
    return out.getvalue()


def as_jpeg(page: Image.Image) -> bytes:
    """Return one page as a JPEG of quality 85."""
    out = io.BytesIO()
    page.convert("L").save(out, "JPEG", quality=85, dpi=(_dpi(page), _dpi(page)))
    return out.getvalue()


def as_png(page: Image.Image) -> bytes:
    """Return one page as a PNG."""
    out = io.BytesIO()
    page.save(out, "PNG", dpi=(_dpi(page), _dpi(page)))
    return out.getvalue()


def as_bilevel(page: Image.Image) -> Image.Image:
    """Return the page in black and white (mode 1), as scanners are often set."""
    return page.point(lambda level: 255 if level > 150 else 0).convert("1")


def _dpi(page: Image.Image) -> int:
    """A4 pages are set at 300 dpi, and some damages halve that."""
    return round(300 * max(page.size) / HEIGHT)


WRITERS: dict[str, Callable[[Pages], bytes]] = {"pdf": as_pdf, "tiff": as_tiff}
"""By suffix: the files that hold many pages."""
