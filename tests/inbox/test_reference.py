"""References: what people mistype, mishear and misread."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.reference import new_reference, parse_reference
from tests.inbox.samples import quick

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE = "7K3M-9QXA-D"


def written(letters: str) -> str:
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def a_reference() -> str:
    return new_reference().replace("-", "")


def test_a_new_reference_is_read_back_as_it_was_written() -> None:
    made = [new_reference() for _ in range(2000)]
    assert [parse_reference(reference) for reference in made] == made
    assert len(set(made)) == len(made)
    assert all(letter in f"{ALPHABET}-" for letter in "".join(made))


def test_each_single_wrong_letter_is_caught() -> None:
    right = a_reference()
    wrong = [
        right[:at] + letter + right[at + 1 :]
        for at, letter in itertools.product(range(9), ALPHABET)
        if letter != right[at]
    ]
    assert len(wrong) == 9 * 31
    assert [typed for typed in wrong if parse_reference(typed)] == []


@given(st.integers(0, 2**40 - 1).filter(lambda number: number % 37 < 32))
@quick
def test_each_swap_of_two_letters_is_caught_near_or_far(number: int) -> None:
    right = "".join(ALPHABET[(number >> shift) & 31] for shift in range(35, -1, -5)) + ALPHABET[number % 37]
    assert parse_reference(right) == written(right)
    for first, second in itertools.combinations(range(9), 2):
        swapped = list(right)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        if right[first] != right[second]:
            assert parse_reference("".join(swapped)) is None


def test_a_lost_or_doubled_letter_is_caught() -> None:
    right = a_reference()
    assert [at for at in range(9) if parse_reference(right[:at] + right[at + 1 :])] == []
    assert [at for at in range(9) if parse_reference(right[:at] + right[at] + right[at:])] == []


@given(st.integers(0, 2**40 - 1).filter(lambda number: number % 37 < 32))
@quick
def test_look_alikes_case_spaces_and_dashes_do_not_matter(number: int) -> None:
    plain = "".join(ALPHABET[(number >> shift) & 31] for shift in range(35, -1, -5)) + ALPHABET[number % 37]
    for zero, one in itertools.product("0Oo", "1IiLl"):
        said = plain.replace("0", zero).replace("1", one)
        assert parse_reference(said) == written(plain)
        assert parse_reference(f"  {said[:3].lower()} - {said[3:]} ") == written(plain)


@pytest.mark.parametrize(
    "quoted",
    [
        "",
        "-",
        "7K3M-9QXA",
        "7K3M-9QXA-DD",
        "7K3M-9QXA-U",
        "UUUU-UUUU-U",
        "7K3M_9QXA_D",
        "７Ｋ３Ｍ-９ＱＸＡ-Ｄ",
        "\x00" * 9,
        "ß" * 9,
    ],
)
def test_what_is_no_reference_is_none(quoted: str) -> None:
    assert parse_reference(quoted) is None


@given(st.text(max_size=40))
@quick
def test_any_words_are_a_reference_in_its_written_form_or_none(quoted: str) -> None:
    found = parse_reference(quoted)
    assert found is None or parse_reference(found) == found


def test_a_megabyte_of_letters_is_refused_at_once() -> None:
    assert parse_reference("7" * 1_000_000) is None
