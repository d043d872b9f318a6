"""Where letters begin and end, from the kinds of pages alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.post.splitting import PageKind, Remainder, RemainderKind, Split, SplitAt, split
from inbox.errors import PagesLost

KINDS = {"w": PageKind.words, "b": PageKind.blank, "s": PageKind.separator}


def kinds(short: str) -> list[PageKind]:
    return [KINDS[letter] for letter in short]


@pytest.mark.parametrize(
    ("pages", "split_at", "is_duplex", "letters"),
    [
        ("wwsw", SplitAt.separators, False, ((1, 2), (4,))),
        ("sswssw", SplitAt.separators, True, ((3,), (6,))),
        ("wwss", SplitAt.separators, False, ((1, 2),)),
        ("wbwwsbwb", SplitAt.separators, True, ((1, 3, 4), (7,))),
        ("wbw", SplitAt.separators, False, ((1, 3),)),
        ("wbw", SplitAt.blank_sheets, False, ((1,), (3,))),
        ("wbwwbbwb", SplitAt.blank_sheets, True, ((1, 3, 4), (7,))),
        ("wbbw", SplitAt.blank_sheets, True, ((1, 4),)),
        ("wwbbw", SplitAt.blank_sheets, True, ((1, 2), (5,))),
        ("wsw", SplitAt.blank_sheets, False, ((1,), (3,))),
        ("wwsbw", SplitAt.nothing, False, ((1, 2, 5),)),
        ("sb", SplitAt.separators, True, ()),
        ("", SplitAt.separators, False, ()),
    ],
)
def test_letters_end_where_the_mode_says(
    pages: str, split_at: SplitAt, is_duplex: bool, letters: tuple[tuple[int, ...], ...]
) -> None:
    assert split(kinds(pages), split_at, is_duplex=is_duplex).letters == letters


def test_each_page_outside_letters_says_why() -> None:
    done = split(kinds("wbswbb"), SplitAt.blank_sheets, is_duplex=True)
    assert [(one.page, one.kind.value) for one in done.remainders] == [
        (2, "blank"),
        (3, "separator"),
        (5, "blank_sheet"),
        (6, "blank_sheet"),
    ]
    assert [done.letter_of(page) for page in range(1, 7)] == [1, None, None, 2, None, None]


@given(st.lists(st.sampled_from(PageKind), max_size=60), st.sampled_from(SplitAt), st.booleans())
def test_every_page_is_in_one_letter_or_one_remainder(
    pages: list[PageKind], split_at: SplitAt, is_duplex: bool
) -> None:
    done = split(pages, split_at, is_duplex=is_duplex)
    in_letters = [page for letter in done.letters for page in letter]
    assert in_letters == [page for page, kind in enumerate(pages, start=1) if kind is PageKind.words]
    assert [one.page for one in done.remainders] == [
        page for page, kind in enumerate(pages, start=1) if kind is not PageKind.words
    ]
    assert all(done.letters)


@given(st.lists(st.sampled_from(PageKind), max_size=60), st.booleans())
def test_letters_are_the_runs_between_separators(pages: list[PageKind], is_duplex: bool) -> None:
    done = split(pages, SplitAt.separators, is_duplex=is_duplex)
    separators = [page for page, kind in enumerate(pages, start=1) if kind is PageKind.separator]
    for letter in done.letters:
        assert not any(letter[0] < page < letter[-1] for page in separators)
    for one, next_one in zip(done.letters, done.letters[1:], strict=False):
        assert any(one[-1] < page < next_one[0] for page in separators)


@pytest.mark.parametrize(
    ("letters", "remainders"),
    [
        (((1, 2),), ()),
        (((1, 2, 3), (3,)), ()),
        (((2, 1, 3),), ()),
        (((1, 2, 3), ()), ()),
        (((1, 2),), (Remainder(2, RemainderKind.blank),)),
        (((1, 2, 3, 4),), ()),
    ],
)
def test_a_lost_doubled_or_moved_page_is_an_error(
    letters: tuple[tuple[int, ...], ...], remainders: tuple[Remainder, ...]
) -> None:
    with pytest.raises(PagesLost):
        Split(3, letters, remainders)
