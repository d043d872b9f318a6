"""Whatever is written, a letter comes of it: as text, inside its places, of bounded length."""

from __future__ import annotations

import time
from bisect import bisect_left
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.post.letters.printable import MISSING
from adapters.post.letters.window import SEEN
from adapters.post.letters.window_letter import MOST_PAGES, WindowLetters
from tests.adapters.post.letters.conftest import HOUSE, LETTER, in_window, last_page, texts_of, words_of

if TYPE_CHECKING:
    from tests.adapters.post.letters.conftest import MakeLetter

CUT_SHORT = "Deze brief is hier afgebroken"


def _all_inside(pdf: bytes, pages: int = 1) -> bool:
    return all(
        word.left >= 20 and word.right <= 190 and word.top >= 5 and word.bottom <= 292
        for page in range(pages)
        for word in words_of(pdf, page)
    )


def _address_is_seen(pdf: bytes) -> bool:
    return all(
        SEEN.left <= word.left
        and word.right <= SEEN.right
        and SEEN.top <= word.top
        and word.bottom <= SEEN.bottom + 0.01
        for word in in_window(pdf)
    )


def _squeezed(pdf: bytes) -> str:
    return "".join(word.text for word in in_window(pdf))


def test_markup_is_text(render: WindowLetters, make_letter: MakeLetter) -> None:
    hostile = "<b>vet</b> <img src=x> &amp; %PDF (haak) \\ ] >> endstream"

    pdf = render(make_letter(body=hostile, subject=hostile, address_lines=(hostile[:30], "Laan 1", "1234 AB Stad")))

    assert texts_of(pdf)[0].count("<img src=x> &amp; %PDF (haak) \\ ] >> endstream") == 2


def test_controls_and_unseen_characters_are_left_out(render: WindowLetters, make_letter: MakeLetter) -> None:
    pdf = render(make_letter(body="een\x00twee\tdrie \u202eomgedraaid\u202c zacht\u00adkoppel\u200bteken \ufeffeinde"))

    assert "een twee drie omgedraaid zachtkoppelteken einde" in texts_of(pdf)[0]


def test_characters_without_a_shape_become_squares(render: WindowLetters, make_letter: MakeLetter) -> None:
    pdf = render(
        make_letter(body="naam 李明 \ud800 \U0001f9d1 שלום ⒜ ﬁn", address_lines=("李明", "Laan 1", "1234 AB S"))
    )

    text = texts_of(pdf)[0]
    assert f"naam {MISSING * 2} {MISSING} {MISSING} {MISSING * 4}" in text
    assert "\ufffd" not in text


def test_a_letter_with_its_accent_apart_is_one_letter(render: WindowLetters, make_letter: MakeLetter) -> None:
    assert "één café" in texts_of(render(make_letter(body="e\u0301e\u0301n cafe\u0301")))[0]


def test_towers_of_accents_are_cut(render: WindowLetters, make_letter: MakeLetter) -> None:
    text = texts_of(render(make_letter(body="toren x" + "\u0323" * 500 + " daarna")))[0]

    assert text.count("\u0323") <= 3
    assert "daarna" in text


def test_a_long_line_of_the_address_is_shrunk_and_whole(render: WindowLetters, make_letter: MakeLetter) -> None:
    long = "Stichting tot Behoud van de Monumentale Molens"

    pdf = render(make_letter(address_lines=(long, "Laan 1", "1234 AB Proefstad")))

    assert len({round(word.top, 1) for word in in_window(pdf) if word.text in long.split()}) == 1
    assert _address_is_seen(pdf)


@pytest.mark.parametrize("long", ["W" * 120, "Vereniging van Eigenaren " * 5, "a-b/" * 30])
def test_a_very_long_line_goes_on_in_the_next(long: str, render: WindowLetters, make_letter: MakeLetter) -> None:
    pdf = render(make_letter(address_lines=(long, "Laan 1", "1234 AB Proefstad")))

    assert _squeezed(pdf) == (long + "Laan1" + "1234ABProefstad").replace(" ", "")
    assert _address_is_seen(pdf)


def test_thousands_of_lines_keep_the_first_and_the_last(render: WindowLetters, make_letter: MakeLetter) -> None:
    pdf = render(make_letter(address_lines=("Mevrouw De Vries", *["W" * 3000] * 5000, "1234 AB Proefstad")))

    squeezed = _squeezed(pdf)
    assert squeezed.startswith("MevrouwDeVries")
    assert squeezed.endswith("1234ABProefstad")
    assert "…" in squeezed
    assert _address_is_seen(pdf)


def test_no_address_at_all_is_still_a_letter(render: WindowLetters, make_letter: MakeLetter) -> None:
    assert in_window(render(make_letter(address_lines=()))) == []


def test_a_long_subject_ends_with_an_ellipsis(render: WindowLetters, make_letter: MakeLetter) -> None:
    pdf = render(make_letter(subject="onderwerp " * 5000))

    assert "… Geachte" in texts_of(pdf)[0]
    assert _all_inside(pdf)


@pytest.mark.parametrize(
    "body",
    ["regel\n" * 100_000, "alinea\n\n" * 100_000, "x" * 2_000_000, "woord " * 500_000, "zin. " * 20_000 + "\n\nGroet"],
)
def test_a_body_without_end_is_cut_and_says_so(body: str, render: WindowLetters, make_letter: MakeLetter) -> None:
    began = time.process_time()
    pdf = render(make_letter(body=body))

    assert time.process_time() - began < 10
    pages, last = last_page(pdf)
    assert 2 <= pages <= MOST_PAGES
    assert CUT_SHORT in last
    assert "noem ons kenmerk 7K3M-9QXA-D." in last


def test_a_body_that_just_fits_is_whole(render: WindowLetters, make_letter: MakeLetter) -> None:
    def ending(count: int) -> tuple[int, str]:
        return last_page(render(make_letter(body="\n".join(f"regel{number}" for number in range(count)))))

    most = bisect_left(range(300, 600), True, key=lambda count: CUT_SHORT in ending(count)[1]) + 299

    assert ending(most)[0] == MOST_PAGES
    assert ending(most)[1].endswith(f"regel{most - 1}")
    assert CUT_SHORT in ending(most + 1)[1]


def test_a_word_wider_than_the_page_is_broken_and_whole(render: WindowLetters, make_letter: MakeLetter) -> None:
    address = "https://www.proefstad.example/" + "zoeken/" * 40 + "einde"

    pdf = render(make_letter(body=address))

    assert address in "".join(word.text for word in words_of(pdf))
    assert _all_inside(pdf)


def test_a_reference_without_end_stays_inside(render: WindowLetters, make_letter: MakeLetter) -> None:
    pdf = render(make_letter(reference="R" * 5000))

    assert _all_inside(pdf)
    assert f"Ons kenmerk {'R' * 40}… Onderwerp" in texts_of(pdf)[0]


@given(
    lines=st.lists(st.text(max_size=60), max_size=8),
    subject=st.text(max_size=80),
    body=st.text(max_size=400),
    reference=st.text(max_size=20),
)
@settings(max_examples=25, deadline=None)
def test_any_words_make_a_letter_inside_its_places(lines: list[str], subject: str, body: str, reference: str) -> None:
    render = WindowLetters(HOUSE)
    letter = LETTER.__class__(
        address_lines=tuple(lines), subject=subject, body=body, reference=reference, written_on=LETTER.written_on
    )

    pdf = render(letter)

    assert _address_is_seen(pdf)
    assert _all_inside(pdf)
    assert render(letter) == pdf
