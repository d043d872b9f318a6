"""A scan file becomes its letters: each with its Reading, its page numbers and a PDF in which nobody else stands."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import pdfplumber
import pypdfium2
import pytest
from PIL import Image

from adapters.post.reading.plan import ScanPlan
from adapters.post.reading.read import read_scan
from adapters.post.reading.settings import PageReaderSettings
from adapters.post.separator_sheet import make_sheet
from adapters.post.splitting import SplitAt
from adapters.post.unfolder import ScanUnfolder
from inbox.errors import (
    EmptyFile,
    NotAScan,
    PictureTooLarge,
    ScanDamaged,
    ScanLocked,
    SettingsInvalid,
    TooLarge,
    TooManyPages,
    UnreadableError,
)
from inbox.reading import PageSource
from inbox.unfolding import LeftPage, Unfolded
from tests.adapters.post.reading.sheets import LETTER, noise, packed, pdf, png_bomb, sheet, tiff
from tests.letters.batches import Batch, batches
from tests.letters.files import as_pdf, as_tiff
from tests.letters.letter import letters

RECEIVED_ON = date(2026, 11, 26)
BATCHES = {batch.name: batch for batch in batches()}
BLANK = Image.new("L", (1500, 1650), 255)


async def unfold(
    raw: bytes, plan: ScanPlan | None = None, *, is_one: bool = False, told: list[tuple[int, int]] | None = None
) -> Unfolded:
    def tell(done: int, of: int) -> None:
        if told is not None:
            told.append((done, of))

    return await ScanUnfolder(plan or ScanPlan())(raw, received_on=RECEIVED_ON, is_one=is_one, on_progress=tell)


def plan_for(batch: Batch) -> ScanPlan:
    return ScanPlan(marks=batch.marks, split_at=batch.split_at, is_duplex=batch.is_duplex)


def words_of(content: bytes) -> str:
    with pdfplumber.open(io.BytesIO(content)) as document:
        return "\n".join(page.extract_text() for page in document.pages)


def assert_is_whole(unfolded: Unfolded) -> None:
    """Every page stands in one letter or is left, and each PDF has the pages of its letter."""
    pages = [page for letter in unfolded.letters for page in letter.pages]
    assert sorted(pages + [left.page for left in unfolded.remainders]) == list(range(1, unfolded.pages + 1))
    for letter in unfolded.letters:
        assert letter.media_type == "application/pdf"
        assert len(pypdfium2.PdfDocument(letter.content)) == len(letter.pages)
        assert tuple(page.number for page in letter.reading.pages) == letter.pages


@pytest.mark.parametrize(("name", "write"), [("patch_t_sheets", as_pdf), ("both_sides", as_tiff)])
async def test_a_batch_becomes_its_letters_and_nothing_of_another_stands_in_any(name: str, write: object) -> None:
    batch = BATCHES[name]
    pages = list(batch.images())
    told: list[tuple[int, int]] = []
    unfolded = await unfold(write(pages), plan_for(batch), told=told)  # type: ignore[operator]
    assert tuple(letter.pages for letter in unfolded.letters) == batch.letters
    assert_is_whole(unfolded)
    assert told == [(done, len(pages)) for done in range(len(pages) + 1)]
    said = [set(words_of(letter.content).split()) for letter in unfolded.letters]
    own = [set(letter.reading.text.split()) for letter in unfolded.letters]
    for place, (letter, name_) in enumerate(zip(unfolded.letters, batch.names, strict=True)):
        assert letter.reading.remarks == ()
        assert letters()[name_].truth.sender_name.split()[-1] in said[place]
        # Signature and printed name lie over each other, and pdfplumber mixes their letters.
        assert len(said[place] & own[place]) > 0.9 * len(own[place])
        for other in own[:place] + own[place + 1 :]:
            assert not said[place] & (other - own[place])


async def test_the_readings_are_those_that_the_command_shows() -> None:
    content = pdf([LETTER, make_sheet().convert("L"), LETTER, LETTER])
    unfolded = await unfold(content)
    assert tuple(letter.reading for letter in unfolded.letters) == read_scan(content, RECEIVED_ON).letters
    assert unfolded.remainders == (LeftPage(page=2, kind="separator"),)


async def test_in_a_file_that_is_one_letter_nothing_separates() -> None:
    content = pdf([LETTER, make_sheet().convert("L"), LETTER, BLANK])
    unfolded = await unfold(content, ScanPlan(split_at=SplitAt.blank_sheets), is_one=True)
    (letter,) = unfolded.letters
    assert letter.pages == (1, 2, 3)
    assert letter.reading.pages[1].read_from is PageSource.ocr
    assert unfolded.remainders == (LeftPage(page=4, kind="blank"),)


async def test_a_file_without_a_letter_names_every_page() -> None:
    sheet_page = make_sheet().convert("L")
    unfolded = await unfold(pdf([sheet_page, BLANK, sheet_page]))
    assert unfolded.letters == ()
    assert [(left.page, left.kind) for left in unfolded.remainders] == [
        (1, "separator"),
        (2, "blank"),
        (3, "separator"),
    ]


BROKEN: Sequence[tuple[bytes, type[UnreadableError]]] = [
    (b"", EmptyFile),
    (b"PK\x03\x04 a letter.docx", NotAScan),
    (pdf([LETTER], encrypted=True), ScanLocked),
    (pdf([BLANK])[:100], ScanDamaged),
    (png_bomb(), PictureTooLarge),
    (pdf(["x"] * 2000), TooManyPages),
]


async def test_each_file_that_is_none_is_named_and_the_next_goes_on() -> None:
    for content, error in BROKEN:
        with pytest.raises(error) as raised:
            await unfold(content)
        assert type(raised.value) is error
        assert raised.value.detail
    (letter,) = (await unfold(pdf([LETTER]))).letters
    assert "bezwaar" in letter.reading.text


async def test_a_file_that_is_too_large_is_not_even_given_to_a_process() -> None:
    with pytest.raises(TooLarge):
        await unfold(pdf([LETTER]), ScanPlan(pages=PageReaderSettings(size_bytes=100)))


async def test_a_language_without_data_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsInvalid, match="xyz"):
        await unfold(packed(BLANK), ScanPlan(pages=PageReaderSettings(languages=("nld", "xyz"))))


async def test_a_page_of_noise_is_a_letter_for_a_person() -> None:
    unfolded = await unfold(packed(noise((800, 900)), "JPEG"))
    assert_is_whole(unfolded)
    assert "poor_scan" in unfolded.letters[0].reading.remarks


async def test_a_page_that_cannot_be_unpacked_stays_in_its_letter() -> None:
    whole = tiff([sheet(), sheet()], compression="raw")
    unfolded = await unfold(whole[: len(whole) - 400_000])
    assert_is_whole(unfolded)
    assert unfolded.letters[0].reading.pages[-1].read_from is PageSource.unreadable


async def test_a_code_of_the_senders_own_separates_nothing() -> None:
    pages = BATCHES["foreign_barcodes"].pages
    coded = Batch("coded", tuple(page for page in pages if page.code)[:2], ((1, 2),))
    unfolded = await unfold(as_pdf(list(coded.images())))
    assert tuple(letter.pages for letter in unfolded.letters) == coded.letters
