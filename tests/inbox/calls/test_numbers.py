"""Telephone numbers in messages, however they are written."""

from __future__ import annotations

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


@quick
@given(readings)
def test_no_message_is_too_much(read) -> None:
    assert all(number.startswith("+") for number in numbers_in(read))
