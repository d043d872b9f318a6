"""`gateway post separator`, as a mail room uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from adapters.post.reading.marks import SeparatorMarks
from adapters.post.reading.separator import SeparatorReader
from gateway.commands.post import separator
from inbox.errors import BadRequest
from tests.letters.degrade import degraded

ROOT = Path(__file__).parents[2]


def pages(file: Path, dpi: int = 200) -> list[Image.Image]:
    return [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in pypdfium2.PdfDocument(file)]


@pytest.mark.parametrize(
    ("kind", "text", "mark"),
    [("qr", "PATCHT", "PATCHT"), ("code128", "HAVENDAM NIEUW", "HAVENDAM NIEUW"), ("patch_t", "PATCHT", "PATCHT")],
)
def test_what_is_printed_is_recognised_when_it_is_scanned(
    kind: str, text: str, mark: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sheets.pdf"
    assert separator(file, kind=kind, text=text, count=2) == 0
    # A text of one's own separates only where the settings name it.
    assert ("post.separators.texts: [HAVENDAM NIEUW]" in capsys.readouterr().out) is (text != "PATCHT")
    reader = SeparatorReader(SeparatorMarks(texts=(text,)))
    printed = pages(file)
    assert len(printed) == 4  # two sheets, front and back
    assert {page.size for page in printed} == {(1654, 2339)}  # A4 at 200 dpi
    assert [reader.mark_on(page) for page in printed] == [mark] * 4
    assert reader.mark_on(degraded(printed[0], "skewed", "gaussian", "rotated_180", "jpeg", seed=1)) == mark


def test_a_text_that_no_code_can_hold_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "sheets.pdf"
    for kind, text, count in (
        ("code128", "x" * 40, 1),
        ("code128", "€", 1),
        ("qr", "x" * 5000, 1),
        ("qr", "", 1),
        ("aztec", "PATCHT", 1),
        ("qr", "PATCHT", 0),
        ("qr", "PATCHT", 501),
    ):
        with pytest.raises(BadRequest):
            separator(file, kind=kind, text=text, count=count)
    assert not file.exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="No such file"):
        separator(tmp_path / "no" / "sheets.pdf", kind="qr", text="PATCHT", count=1)


def test_without_the_command_nothing_that_opens_pictures_is_loaded() -> None:
    code = (
        "import sys, gateway.__main__, gateway.commands.post, gateway.bootstrap\n"
        "print([m for m in ('numpy', 'PIL', 'zxingcpp', 'pytesseract', 'pdfplumber') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
