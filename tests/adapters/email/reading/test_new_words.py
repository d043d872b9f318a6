"""The words that somebody wrote now, told from what they quote and sign. Whole mails: corpus, `quoted-*`."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.reading.new_words import new_words
from adapters.email.reading.quote_marks import MARKS, QUOTE_CLOSES, QUOTE_OPENS, QUOTED_ON, unmarked

_PIECES = (
    "Van: Jan <jan@postbus.example>", "Verzonden: 3 maart 2026 10:12", "Aan: wij", "Onderwerp: tegel", "> woord",
    "Op 3 maart 2026 om 10:12 schreef Jan:", "-----Oorspronkelijk bericht-----", "-- ", "Met vriendelijke groet,",
    "Verzonden vanaf mijn iPhone", "Dit bericht is vertrouwelijk en uitsluitend bestemd voor u.", "", "eigen woorden.",
    "---------- Forwarded message ---------", "P.S. nog iets", *MARKS,
)  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "Graag antwoord.",
        "Groeten uit het dorp kreeg ik niet.",
        "Beste wethouder, de lamp is stuk.",
        "Verstuurd heb ik het al twee keer.",
        "Van: harte gefeliciteerd",
        "Deze mail is vertrouwelijk, zeg het niet tegen mijn buurman.",
        "On Monday I wrote: please come.",
        "-> zie de foto",
        "Cheers! The lamp works again.",
    ],
)
def test_words_of_a_person_stay(line: str) -> None:
    assert new_words(f"Goedemorgen.\n\n{line}\nEn nog een regel.") == f"Goedemorgen.\n\n{line}\nEn nog een regel."


@pytest.mark.parametrize("line", ["Groet,", "Groetjes Sanne", "MVG Sanne", "gr. Sanne", "Best regards", "VG,\nMfG"])
def test_name_and_firm_below_a_closing_line_are_left_out(line: str) -> None:
    assert "Bezwaar" not in new_words(f"De lamp is stuk.\n\n{line}\nSanne Vermeer\nBezwaar & Beroep Advies")


def test_words_behind_a_quotation_without_an_end_are_quoted() -> None:
    assert new_words(f"Nieuw.\n{QUOTED_ON}Oud.\n\nOok oud.") == "Nieuw."


def test_words_between_quotations_are_kept() -> None:
    marked = f"{QUOTE_OPENS}Waar?{QUOTE_CLOSES}\nHier.\n{QUOTE_OPENS}Wie {QUOTE_OPENS}toen?{QUOTE_CLOSES} ik{QUOTE_CLOSES}\nIk."

    assert new_words(marked) == "Hier.\n\nIk."


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=40), max_size=40).map("\n".join))
def test_any_words_give_some_of_their_own_lines(text: str) -> None:
    written = {line.strip() for line in unmarked(text).split("\n")}

    found = new_words(text)

    assert not any(mark in found for mark in MARKS)
    if not any(mark in text for mark in MARKS):
        assert {line.strip() for line in found.split("\n")} <= written | {""}


@pytest.mark.parametrize(
    "piece",
    [
        "Op ma schreef ", "Van: a\n", "Van: a\nx\n", "Aan: a\nVan: b\nDatum: c\nCc: d\n", "> ", ">\n", "-" * 29, "Op 3 maart\n",
        "jan@x.example schreef\n", "Met vriendelijke groet\n\n", "vertrouwelijk e-mail ", "Verzonden vanaf mijn ", "\n \n",
        "Groet a ", QUOTE_OPENS, QUOTE_CLOSES + "a\n", "_ ", "Le a écrit ", "Op x\ny@x.example\nschreef\nz\n",
        "---- Forwarded message from ", "Van: a@b.example, \n  ",
    ],
)  # fmt: skip
def test_two_hundred_thousand_characters_take_less_than_two_seconds(piece: str) -> None:
    text = (piece * (200_000 // len(piece)))[:200_000]
    began = time.process_time()

    new_words(text)
    new_words("a\n" + text.replace("\n", " "))

    assert time.process_time() - began < 2.0
