"""An ordinary letter: what stands on it, and where."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pdfplumber
import pytest

from adapters.post.letters.settings import HouseSettings
from adapters.post.letters.window import SEEN
from adapters.post.letters.window_letter import WindowLetters
from inbox.errors import SettingsInvalid
from inbox.ports import LetterRenderer
from tests.adapters.post.letters.conftest import HOUSE, LETTER, MM, in_window, texts_of, words_of

if TYPE_CHECKING:
    from tests.adapters.post.letters.conftest import MakeLetter, Word


ROOT = Path(__file__).parents[4]


def _is_seen(word: Word) -> bool:
    return SEEN.left <= word.left < word.right <= SEEN.right and SEEN.top <= word.top < word.bottom <= SEEN.bottom


def test_it_is_a_renderer(render: WindowLetters) -> None:
    renderer: LetterRenderer = render
    assert renderer(LETTER).startswith(b"%PDF-")


def test_everything_stands_on_the_first_page_in_order(render: WindowLetters) -> None:
    (text,) = texts_of(render(LETTER))

    assert re.sub(r"\s+", " ", text) == (
        "Gemeente Proefstad "
        "Retouradres: Postbus 12, 1234 AB Proefstad "
        "Mevrouw A. de Vries Lindelaan 12 1234 CD Proefstad "
        "Proefstad, 26 november 2026 "
        "Ons kenmerk 7K3M-9QXA-D "
        "Onderwerp Wij hebben uw brief ontvangen "
        "Geachte mevrouw De Vries, "
        "Wij hebben uw brief op 23 november 2026 ontvangen. U schrijft over een losse stoeptegel. "
        "U hoort uiterlijk op maandag 30 november 2026 van ons. "
        "Met vriendelijke groet, Gemeente Proefstad "
        "Stadhuisplein 1, 1234 AB Proefstad Telefoon 14 0123, www.proefstad.example"
    )


def test_the_sheet_is_a4_and_every_font_is_embedded(render: WindowLetters) -> None:
    with pdfplumber.open(io.BytesIO(render(LETTER))) as opened:
        (page,) = opened.pages
        assert (round(page.width / MM), round(page.height / MM)) == (210, 297)
        assert {character["fontname"].partition("+")[2] for character in page.chars} == {
            "DejaVuSans",
            "DejaVuSans-Bold",
        }
    assert b"Helvetica" not in render(LETTER)


def test_address_and_return_address_stand_in_the_window(render: WindowLetters) -> None:
    window = [word for word in words_of(render(LETTER)) if 50 < word.top < 100]

    assert " ".join(word.text for word in window).startswith("Retouradres: Postbus 12,")
    assert [word for word in window if not _is_seen(word)] == []


def test_notify_nl_finds_the_address_where_it_looks_for_it(render: WindowLetters) -> None:
    """Left of 24.6 mm nothing, and nothing but the address down to the body, wherever the service has it."""
    block = [word for word in words_of(render(LETTER)) if word.bottom > 57 and word.top < 103]

    assert all(word.left >= 24.6 and word.right <= 120 for word in block)
    assert " ".join(word.text for word in block if word.top > 58.5) == (
        "Mevrouw A. de Vries Lindelaan 12 1234 CD Proefstad"
    )


def test_nothing_is_printed_near_an_edge(render: WindowLetters) -> None:
    with pdfplumber.open(io.BytesIO(render(LETTER))) as opened:
        marks = [*opened.pages[0].lines, *opened.pages[0].chars]
    assert min(mark["x0"] for mark in marks) >= 5 * MM
    assert max(mark["x1"] for mark in marks) <= 205 * MM
    assert min(mark["top"] for mark in marks) >= 5 * MM
    assert max(mark["bottom"] for mark in marks) <= 292 * MM


def test_marks_show_where_to_fold(render: WindowLetters) -> None:
    with pdfplumber.open(io.BytesIO(render(LETTER))) as opened:
        marks = [line for line in opened.pages[0].lines if line["x0"] > 200 * MM]
    assert [round(mark["top"] / MM) for mark in marks] == [99, 198]


def test_five_lines_of_address_fit(render: WindowLetters, make_letter: MakeLetter) -> None:
    lines = ("Stichting De Linde", "t.a.v. mevrouw A. de Vries", "Kamer 2.14", "Lindelaan 12", "1234 CD  PROEFSTAD")

    pdf = render(make_letter(address_lines=lines))

    assert " ".join(word.text for word in in_window(pdf)) == " ".join(" ".join(lines).split())
    assert all(_is_seen(word) for word in in_window(pdf))


def test_empty_lines_of_the_address_are_left_out(render: WindowLetters, make_letter: MakeLetter) -> None:
    lines = LETTER.address_lines

    pdf = render(make_letter(address_lines=(lines[0], "", "  ", *lines[1:], "\n")))

    assert pdf == render(LETTER)


def test_the_same_letter_gives_the_same_bytes(render: WindowLetters, make_letter: MakeLetter) -> None:
    others = [make_letter(body="Łódź ☺ ĳs", reference="OTHER"), make_letter(body="a\n\n" * 300)]
    first = render(LETTER)
    for other in others:
        assert render(other) != first

    assert render(LETTER) == first
    assert WindowLetters(HOUSE)(LETTER) == first


@pytest.mark.parametrize(
    ("day", "words"), [(date(2026, 3, 1), "1 maart 2026"), (date(2027, 12, 31), "31 december 2027")]
)
def test_the_date_is_dutch(day: date, words: str, render: WindowLetters, make_letter: MakeLetter) -> None:
    assert f"Proefstad, {words} Ons kenmerk" in texts_of(render(make_letter(written_on=day)))[0]


def test_a_long_body_goes_on_over_numbered_pages(render: WindowLetters, make_letter: MakeLetter) -> None:
    sentences = [f"Dit is zin nummer {number} van deze lange brief aan u." for number in range(400)]
    body = "\n\n".join(" ".join(sentences[start : start + 8]) for start in range(0, 400, 8))

    pages = texts_of(render(make_letter(body=body)))

    count = len(pages)
    assert count > 2
    assert "Pagina" not in pages[0]
    for number, page in enumerate(pages[1:], start=2):
        assert page.startswith(f"Gemeente Proefstad Pagina {number} van {count} Ons kenmerk 7K3M-9QXA-D")
        assert "Retouradres" not in page
    everything = " ".join(pages)
    assert [sentence for sentence in sentences if everything.count(sentence) > 1] == []
    assert sum(everything.count(f"zin nummer {number} ") for number in range(400)) >= 390  # the others are broken


def test_a_greeting_does_not_stand_alone_on_the_last_page(render: WindowLetters, make_letter: MakeLetter) -> None:
    paragraph = "Deze alinea staat er een paar keer in, zodat de bladzijde vol raakt. " * 3
    for count in range(9, 13):
        body = "\n\n".join([paragraph] * count + ["Met vriendelijke groet,", "Gemeente Proefstad"])
        pages = texts_of(render(make_letter(body=body)))
        assert len(pages) == 1 or "Deze alinea" in pages[-1]


def test_a_date_is_not_broken_over_two_lines(render: WindowLetters, make_letter: MakeLetter) -> None:
    for filling in range(60, 90, 2):
        words = words_of(render(make_letter(body="a" * filling + " 30 oktober 2026 van ons")))
        day, month = (next(word for word in words if word.text == text) for text in ("30", "oktober"))
        assert day.top == month.top


def test_letters_of_all_latin_are_printed(render: WindowLetters, make_letter: MakeLetter) -> None:
    words = "ĳs ĲSSEL één Şükrü Łukasz Żółć Dvořák Þór Đặng Nguyễn Ÿ œuvre ß Ελλάδα Київ €5 “ja” – …"

    assert words in texts_of(render(make_letter(body=words)))[0]


def test_a_bullet_stands_before_its_lines(render: WindowLetters, make_letter: MakeLetter) -> None:
    body = "U stuurt mee:\n- " + "een kopie van het bewijs " * 8 + "\n- een foto"

    words = words_of(render(make_letter(body=body)))

    bullets = [word for word in words if word.text == "-"]
    assert len(bullets) == 2
    assert all(abs(word.left - 25) < 0.5 for word in bullets)
    behind = [word for word in words if bullets[0].bottom < word.top and word.bottom < bullets[1].top + 1]
    assert behind
    assert min(word.left for word in behind) > 26


def test_a_house_without_contact_lines_has_no_foot(make_letter: MakeLetter) -> None:
    house = HouseSettings(name="Gemeente Proefstad", return_address=("Postbus 12",), place="Proefstad")

    words = words_of(WindowLetters(house)(LETTER))

    assert max(word.bottom for word in words) < 270


def test_missing_fonts_are_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"font_folder.*DejaVuSans\.ttf.*fonts-dejavu-core"):
        WindowLetters(HOUSE.model_copy(update={"font_folder": tmp_path}))


def test_a_file_that_is_no_font_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "DejaVuSans.ttf").write_bytes(b"no font")
    with pytest.raises(SettingsInvalid, match="font_folder"):
        WindowLetters(HOUSE.model_copy(update={"font_folder": tmp_path}))


def test_without_the_extra_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reportlab.pdfbase", None)
    with pytest.raises(SettingsInvalid, match="the extra `letters`"):
        WindowLetters(HOUSE.model_copy(update={"font_folder": tmp_path}))


def test_another_process_gives_the_same_bytes(render: WindowLetters) -> None:
    code = (
        "import sys\n"
        "from tests.adapters.post.letters.conftest import HOUSE, LETTER, WindowLetters\n"
        "sys.stdout.buffer.write(WindowLetters(HOUSE)(LETTER))"
    )
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT, env={"PYTHONHASHSEED": seed}
        )
        assert ran.stdout == render(LETTER)


def test_threads_do_not_disturb_each_other(render: WindowLetters, make_letter: MakeLetter) -> None:
    letters = [make_letter(body=f"Brief {number}: " + "ąéĳ" * number) for number in range(8)]
    alone = [render(letter) for letter in letters]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(render, letters * 4))

    assert together == alone * 4


def test_a_letter_is_small(render: WindowLetters) -> None:
    assert len(render(LETTER)) < 60_000
