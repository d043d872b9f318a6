"""Pages in are pages out, whatever kinds of pages come in, and no letter is lost for its PDF."""

from __future__ import annotations

import io
from datetime import date
from functools import lru_cache

import pdfplumber
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from adapters.post.reading import letter_pdf as making
from adapters.post.reading.plan import ScanPlan
from adapters.post.reading.unfold import ScanMade, unfold_scan
from adapters.post.separator_sheet import make_sheet
from adapters.post.splitting import PageKind, SplitAt, split
from inbox.errors import ScanDamaged
from tests.adapters.post.reading.sheets import LETTER, pdf, sheet
from tests.letters.envelopes import Envelope, envelope
from tests.letters.files import as_pdf
from tests.letters.letter import letters
from tests.letters.typeset import typeset

RECEIVED_ON = date(2026, 11, 26)
_FILLING = " ".join(["woord"] * 90)
"""So many words that no page is drawn to look for a separator on it."""


@lru_cache
def _separator() -> Image.Image:
    return make_sheet().convert("L").reduce(2)


def page_of(kind: PageKind, number: int) -> str | Image.Image:
    """Return a page that is told from all others by its own word."""
    if kind is PageKind.words:
        return f"Geachte heer, mevrouw,\nik maak bezwaar nummer{number}nummer\n" + _FILLING
    return _separator() if kind is PageKind.separator else ""


def unfolded(content: bytes, plan: ScanPlan) -> tuple[ScanMade, list[bytes]]:
    pdfs = io.BytesIO()
    made = unfold_scan(content, RECEIVED_ON, plan, pdfs)
    pdfs.seek(0)
    contents = [pdfs.read(letter.size_bytes) for letter in made.letters]
    assert pdfs.read() == b""
    return made, contents


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(PageKind), min_size=1, max_size=9), st.sampled_from(SplitAt), st.booleans(), st.booleans()
)
def test_pages_in_are_pages_out(kinds: list[PageKind], split_at: SplitAt, is_duplex: bool, is_one: bool) -> None:
    plan = ScanPlan(split_at=split_at, is_duplex=is_duplex)
    content = pdf([page_of(kind, number) for number, kind in enumerate(kinds, start=1)])
    made, contents = unfolded(content, plan.as_one() if is_one else plan)
    if is_one:
        # A sheet that nobody looks for is a page like any other.
        kinds = [PageKind.words if kind is PageKind.separator else kind for kind in kinds]
        split_at = SplitAt.nothing
    assert made.split == split(kinds, split_at, is_duplex=is_duplex)
    for letter, pages, own in zip(made.letters, made.split.letters, contents, strict=True):
        assert letter.pages == pages == tuple(page.number for page in letter.reading.pages)
        with pdfplumber.open(io.BytesIO(own)) as document:
            assert len(document.pages) == len(pages)
            said = " ".join(page.extract_text() for page in document.pages)
        for number in range(1, len(kinds) + 1):
            stands = number in pages and isinstance(page_of(kinds[number - 1], number), str)
            assert (f"nummer{number}nummer" in said) == stands or is_one


@pytest.mark.parametrize("at", [0, 1])
def test_an_envelope_that_was_scanned_with_its_letter_stays_in_the_letters_pdf(at: int) -> None:
    """And tells when it was posted, and who may open it: the department needs both."""
    posted = date(2026, 11, 20)
    to = ("Gemeente Havendam", "Postbus 40", "4790 AA Havendam")
    outside = envelope(Envelope(to, mark="VERTROUWELIJK", posted_on=posted)).image
    images = [typeset(letters()["objection"])[0].image]
    images.insert(at, outside)
    made, (content,) = unfolded(as_pdf(images), ScanPlan())
    [letter] = made.letters
    assert letter.pages == (1, 2)
    assert not letter.reading.is_envelope
    assert ["envelope" in page.remarks for page in letter.reading.pages] == [at == 0, at == 1]
    found = {(field.name, field.value, field.page) for field in letter.reading.fields}
    assert {("posted_on", "2026-11-20", at + 1), ("marked", "vertrouwelijk", at + 1)} <= found
    assert "bezwaar" in letter.reading.subject
    with pdfplumber.open(io.BytesIO(content)) as document:
        words = [page.extract_text() for page in document.pages]
    assert "PostNL" in words[at]
    assert "dakopbouw" in words[1 - at]


@pytest.mark.parametrize("tries", [1, 2])
def test_a_letter_whose_searchable_pdf_cannot_be_made_comes_all_the_same(
    tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = making.searchable_pdf, []

    def refuses(scan: object, pages: object) -> bytes:
        asked.append(pages)
        if len(asked) <= tries:
            raise ScanDamaged("PDFium does not like it")
        return real(scan, pages)  # type: ignore[arg-type]

    monkeypatch.setattr(making, "searchable_pdf", refuses)
    made, (content,) = unfolded(pdf([sheet(), LETTER]), ScanPlan())
    assert made.letters[0].reading.remarks == ("not_searchable",)
    assert "bezwaar" in made.letters[0].reading.text
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 2
    assert min(document[0].render(scale=1, grayscale=True).to_numpy().min(), 255) < 100
