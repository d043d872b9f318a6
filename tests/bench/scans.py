"""Pages per second of the post reader, against bare tesseract and bare pdfplumber on the same pages and processors."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import pdfplumber
from PIL import Image, ImageFilter

from adapters.post.reading.pages import read_pages
from adapters.post.reading.plan import ScanPlan
from adapters.post.reading.scan import open_scan
from adapters.post.reading.settings import PageReaderSettings
from adapters.post.reading.unfold import unfold_scan
from adapters.post.separator_sheet import make_sheet
from tests.adapters.post.reading.sheets import LETTER, packed, pdf, sheet, speckled, tiff, turned
from tests.bench import addressed, batches, misread
from tests.bench.row import Row, in_turn

_A4 = (2480, 3508)
_TEXT = "\n\n".join([LETTER] * 3)
_SETTINGS = PageReaderSettings()
_ROUNDS = 3


def rows() -> Iterator[Row]:
    """Yield rows for clean pages, spoiled ones, text layers, and the memory that 500 pages take."""
    clean = [sheet(_TEXT, size=_A4) for _ in range(4)]
    yield _against_tesseract("read scanned pages, clean and upright", clean, ">= 0.95")
    yield _against_tesseract("read scanned pages, spoiled", _spoiled(clean[0]), ">= 0.6")
    yield _against_pdfplumber()
    yield _memory("memory of reading 500 pages", "read_all")
    yield _memory("memory of unfolding 500 pages into letters", "unfold_all")
    yield from misread.rows()
    yield from addressed.rows()
    yield from batches.rows()


def _spoiled(page: Image.Image) -> list[Image.Image]:
    half = page.resize((page.width // 2, page.height // 2), Image.Resampling.BICUBIC)
    return [
        turned(page, 90),
        turned(page, 180),
        turned(page, 270),
        turned(page, 3),
        turned(page, -3),
        speckled(page),
        sheet(_TEXT, grey=190, paper=225, size=_A4),
        half.resize(page.size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1)),
    ]


def _against_tesseract(name: str, pages: list[Image.Image], aim: str) -> Row:
    processors = len(os.sched_getaffinity(0))
    content = tiff(pages, compression="tiff_lzw")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{number}.tif") for number in range(len(pages))]
        for file, page in zip(files, pages, strict=True):
            file.write_bytes(packed(page, "TIFF", compression="tiff_lzw"))

        def bare(file: Path) -> None:
            subprocess.run(
                ["tesseract", file, file.with_suffix(""), "-l", "+".join(_SETTINGS.languages)],
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
                check=True,
                capture_output=True,
            )

        def all_bare() -> None:
            with ThreadPoolExecutor(processors) as runners:
                list(runners.map(bare, files))

        mine, yardstick = in_turn(lambda: _read(content), all_bare, _ROUNDS)
    how = (
        f"{len(pages)} pages, {processors} processors; yardstick: `tesseract page.tif out -l nld+eng`, as many at once, "
        "plain text only; ours gives words, figures and the PDF's text layer, and asks for English only where Dutch fails"
    )
    return Row(name, len(pages) / mine, len(pages) / yardstick, "pages/s", aim, how)


def _against_pdfplumber() -> Row:
    count = 40
    content = pdf([_TEXT] * count)

    def bare() -> None:
        with pdfplumber.open(io.BytesIO(content)) as document:
            for page in document.pages:
                page.extract_words(use_text_flow=True)
                page.close()

    mine, yardstick = in_turn(lambda: _read(content), bare, _ROUNDS)
    how = f"{count} pages; yardstick: pdfplumber's extract_words"
    return Row("read pages with a text layer", count / mine, count / yardstick, "pages/s", ">= 0.9", how)


def _read(content: bytes) -> None:
    with closing(open_scan(content, _SETTINGS)) as scan:
        for _ in read_pages(scan, _SETTINGS):
            pass


_CHILD = """
import re, sys
from pathlib import Path
from tests.bench import scans
getattr(scans, sys.argv[1])(Path(sys.argv[2]).read_bytes())
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
"""Its own high-water mark: that of `getrusage` counts what the parent held when it was forked."""


def read_all(content: bytes) -> None:
    """Read every page, and keep none."""
    _read(content)


def unfold_all(content: bytes) -> None:
    """Take it apart, with the letters' PDFs written to a file, as the reading process does."""
    with tempfile.TemporaryFile() as pdfs:
        unfold_scan(content, date(2026, 11, 26), ScanPlan(), pdfs)


def many(count: int) -> bytes:
    """Return a TIFF of so many pages of A4: of each ten one is a separator and one has words, the others are blank."""
    separator = make_sheet()
    written = sheet("Geachte heer, mevrouw", size=_A4).convert("1")
    blank = Image.new("1", _A4, 1)
    ten = [separator, written, *[blank] * 8]
    return tiff([ten[number % 10] for number in range(count)], compression="group4")


def _memory(name: str, work: str) -> Row:
    def peak_mib(count: int) -> float:
        with tempfile.NamedTemporaryFile(suffix=".tif") as file:
            file.write(many(count))
            file.flush()
            command = [sys.executable, "-c", _CHILD, work, file.name]
            ran = subprocess.run(command, check=True, capture_output=True, text=True)
        return int(ran.stdout) / 1024

    how = "largest memory of the reading process; yardstick: 10 pages; tesseract's own processes are not counted"
    return Row(name, peak_mib(500), peak_mib(10), "MiB", "<= 1.2", how)
