"""Scanners' programs share things between pages: what belongs to another letter does not come along."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from adapters.post.reading.letter_pdf import letter_pdf
from adapters.post.reading.pages import read_pages
from adapters.post.reading.scan import open_scan
from tests.adapters.post.reading.sheets import LETTER, packed, pdf, sheet

ONE, OTHER = sheet("Dit is de brief van de een"), sheet("En dit is die van een ander")
SECOND = sheet("Tweede bladzijde van de een")


def jpeg(picture: Image.Image) -> bytes:
    return packed(picture.convert("L"), "JPEG")


def shared(pictures: Sequence[Image.Image], way: str) -> bytes:
    """Return a PDF whose pages have one dictionary of resources together: `inherited` from their parent, or `referred`."""
    packed_pictures = [jpeg(picture) for picture in pictures]
    first = 3
    names = b" ".join(b"/P%d %d 0 R" % (place, first + place) for place in range(len(pictures)))
    images = [
        f"<< /Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height} /ColorSpace /DeviceGray "
        f"/BitsPerComponent 8 /Filter /DCTDecode /Length {len(content)} >>\nstream\n".encode()
        + content
        + b"\nendstream"
        for picture, content in zip(pictures, packed_pictures, strict=True)
    ]
    resources = first + len(images)
    pages, contents = [], []
    for place, picture in enumerate(pictures):
        wide, high = picture.width * 72 / 300, picture.height * 72 / 300
        drawing = b"q %.2f 0 0 %.2f 0 0 cm /P%d Do Q" % (wide, high, place)
        contents.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing))
        own = b"" if way == "inherited" else b"/Resources %d 0 R" % resources
        number = resources + 1 + len(pictures) + place
        pages.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R %s >>" % (wide, high, number, own)
        )
    kids = b" ".join(b"%d 0 R" % (resources + 1 + place) for place in range(len(pages)))
    inherited = b"/Resources %d 0 R" % resources if way == "inherited" else b""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d %s >>" % (kids, len(pages), inherited),
        *images,
        b"<< /XObject << %s >> >>" % names,
        *pages,
        *contents,
    ]
    return written(objects)


def written(objects: Sequence[bytes]) -> bytes:
    """Return the PDF file of these objects, the first of which is the catalogue."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))


@pytest.mark.parametrize("way", ["inherited", "referred"])
def test_a_letter_holds_no_picture_of_another(way: str) -> None:
    content = shared([ONE, OTHER, SECOND], way)
    with closing(open_scan(content)) as scan:
        pages = list(read_pages(scan))
        made, is_searchable = letter_pdf(scan, [pages[0], pages[2]])
    assert all(jpeg(picture) in content for picture in (ONE, OTHER, SECOND))
    assert [jpeg(picture) in made for picture in (ONE, OTHER, SECOND)] == [True, False, True]
    assert is_searchable
    document = pypdfium2.PdfDocument(made)
    said = [document[place].get_textpage().get_text_range() for place in range(2)]
    assert "brief van de een" in said[0]
    assert "Tweede bladzijde" in said[1]
    for place, picture in enumerate((ONE, SECOND)):
        drawn = document[place].render(scale=300 / 72, grayscale=True).to_numpy().squeeze()
        assert np.abs(drawn[:1650, :1500].astype(int) - np.asarray(picture).astype(int)).mean() < 2


def test_pages_with_a_text_layer_look_as_they_did() -> None:
    content = pdf([LETTER, "Een ander", LETTER])
    with closing(open_scan(content)) as scan:
        pages = list(read_pages(scan))
        made, is_searchable = letter_pdf(scan, [pages[0], pages[2]])
    assert is_searchable
    assert b"Een ander" not in made
    before, after = pypdfium2.PdfDocument(content), pypdfium2.PdfDocument(made)
    for there, here in ((0, 0), (2, 1)):
        drawn = [document[place].render(scale=1).to_numpy() for document, place in ((before, there), (after, here))]
        assert np.array_equal(*drawn)
        assert after[here].get_textpage().get_text_range().split() == LETTER.split()


def test_a_page_that_would_look_otherwise_goes_out_as_its_picture() -> None:
    content = _old_form(b"/Courier")
    with closing(open_scan(content)) as scan:
        pages = list(read_pages(scan))
        made, is_searchable = letter_pdf(scan, pages[:1])
    assert not is_searchable
    before, after = pypdfium2.PdfDocument(content), pypdfium2.PdfDocument(made)
    looks = [document[0].render(scale=0.5, grayscale=True).to_numpy().squeeze()[:421] for document in (before, after)]
    assert abs(looks[0].mean() - looks[1].mean()) < 0.7


def _old_form(font: bytes) -> bytes:
    """Return a PDF of two pages that show a form which names no resources: it takes the page's (ISO 32000-1, 7.8.3)."""
    lines = b" ".join(b"(%s) Tj T*" % line.encode() for line in LETTER.split("\n"))
    words = b"BT /F 11 Tf 14 TL 60 780 Td %s ET" % lines
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 7 0 R >>"
    return written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [5 0 R 6 0 R] /Count 2 /Resources << /Font << /F 3 0 R >> /XObject << /X 4 0 R >> >> >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont %s /Encoding /WinAnsiEncoding >>" % font,
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Length %d >>\nstream\n%s\nendstream"
            % (len(words), words),
            page,
            page,
            b"<< /Length 5 >>\nstream\n/X Do\nendstream",
        ]
    )
