"""Telephone numbers in messages, however they are written."""

from __future__ import annotations

import time

import pytest
from hypothesis import given

from inbox.calls.numbers import numbers_in
from tests.inbox.samples import letter_field, quick, reading, readings

JAN = "+31612345678"


@pytest.mark.parametrize(
    "written",
    [
        "0612345678", "06 12345678", "06-12345678", "06 - 12 34 56 78", "06.12.34.56.78", "(06) 12345678", "+31612345678",
        "+31 6 12345678", "+31 (0)6 12345678", "0031612345678", "tel:0612345678.", "06-1234 5678,",
    ],
)  # fmt: skip
def test_every_spelling_is_the_same_number(written: str) -> None:
    assert numbers_in(reading("Vraag", f"Mijn lantaarn is kapot, bel {written} na vijf uur.")) == {JAN}
    assert numbers_in(reading(written)) == {JAN}
    assert numbers_in(reading(attached_text=written)) == {JAN}


def test_the_number_of_a_form_counts() -> None:
    assert numbers_in(reading(fields=(letter_field("phone", "06-12345678"), letter_field("iban", "0612345679")))) == {
        JAN
    }


@pytest.mark.parametrize(
    "text", ["", "Zaak 2026-0001234", "op 12-10-2026 om 10:30", "NL91 ABNA 0417 1643 00", "1234 AB 12"]
)
def test_other_figures_are_no_number(text: str) -> None:
    assert numbers_in(reading("Vraag", text)) == frozenset()


def test_a_list_of_numbers_and_a_long_text_are_bounded() -> None:
    many = "\n".join(f"061{n:07}" for n in range(0, 9_000_000, 10_000))
    assert len(numbers_in(reading("", many))) <= 50
    assert numbers_in(reading("", "x" * 100_000 + " 0612345678")) == {JAN}


def test_numbers_beside_each_other_and_figures_behind_are_told_apart() -> None:
    text = "06 12345678 / 06 87654321, of 020 123 45 67 tussen 9 en 17 uur; 0612345679 10:30 uur"
    assert numbers_in(reading("", text)) == {JAN, "+31687654321", "+31201234567", "+31612345679"}


@pytest.mark.parametrize("text", ["0612345678 ", "0 6 1 2 ", "(0(0(0(0", "1", "+", "12-34 56/78.90 ", "00 00 00 "])
def test_a_text_of_figures_takes_no_longer_than_a_letter(text: str) -> None:
    began = time.process_time()
    numbers_in(reading("", text * 10_000))
    assert time.process_time() - began < 2


@quick
@given(readings)
def test_no_message_is_too_much(read) -> None:
    assert all(number.startswith("+") for number in numbers_in(read))
