"""Numbers come in many dresses and leave in one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.phone.reading import numbers
from adapters.phone.reading.numbers import written


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0201234567", "+31201234567"),
        ("020-123 45 67", "+31201234567"),
        ("020/1234567", "+31201234567"),
        ("0031201234567", "+31201234567"),
        ("+31 (0)20 123 45 67", "+31201234567"),
        ("0031(0)201234567", "+31201234567"),
        ("31201234567", "+31201234567"),
        ("sip:+31612345678@trunk.example.nl;user=phone", "+31612345678"),
        ('"J. Jansen" <sip:0612345678@10.0.0.1>', "+31612345678"),
        ("tel:+31-6-1234-5678;ext=4", "+31612345678"),
        ("+4930901820", "+4930901820"),
        ("14010", "14010"),
        ("140487", "140487"),
        ("+3114010", "14010"),
        ("112", "112"),
        ("201", "201"),
        ("116123", "116123"),
        ("*98", "*98"),
        ("0000000000", ""),
        ("", ""),
        ("  ", ""),
        ("Anonymous", ""),
        ("anonymous@anonymous.invalid", ""),
        ("sip:restricted@10.0.0.1", ""),
        ("<unknown>", ""),
        ("No number", ""),
        ("Withheld", ""),
        ("balie@gemeente.example", "balie@gemeente.example"),
        ("sip:balie@gemeente.example", "balie"),
        ("Receptie Oost", "Receptie Oost"),
        ("0999999999999999999", "0999999999999999999"),
    ],
)
def test_number_is_written_in_one_form(number, expected):
    assert written(number, "NL") == expected


def test_region_decides_what_a_number_without_country_means():
    assert written("030 901820", "DE") == "+4930901820"


@given(st.text(max_size=300))
def test_any_text_gives_a_number_or_itself_and_twice_the_same(number):
    once = written(number, "NL")

    assert len(once) <= 128
    assert once == "" or once in number or once.startswith("+") or once.isascii()


@given(st.integers(600000000, 699999999))
def test_writing_a_number_again_changes_nothing(subscriber):
    once = written(f"0{subscriber}", "NL")

    assert written(once, "NL") == once


def test_what_is_too_long_for_a_number_is_not_remembered() -> None:
    numbers._remembered.cache_clear()
    assert written("x" * 100_000, "NL") == "x" * 128
    assert numbers._remembered.cache_info().currsize == 0
