"""Lines and pages: nothing is left out, nothing is too wide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.post.letters.line_breaking import Line, Room, broken, into_pages, paragraph

_TEXTS = st.lists(st.text("abc-/.", min_size=1, max_size=25), min_size=1, max_size=12).map(" ".join)


def _width(text: str) -> float:
    return float(len(text))


@given(_TEXTS, st.integers(3, 20))
def test_every_character_stands_on_a_line_that_is_not_too_wide(text: str, width: int) -> None:
    lines = broken(text, width, _width)

    assert max(len(line) for line in lines) <= width
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(lines)


def test_words_stay_whole_where_they_fit() -> None:
    assert broken("een twee drie vier", 8, _width) == ["een twee", "drie", "vier"]


def test_a_long_address_is_broken_behind_its_marks() -> None:
    assert broken("www.proefstad.example/a", 15, _width) == ["www.proefstad.", "example/a"]


def test_lines_behind_a_bullet_are_indented() -> None:
    assert paragraph(["- een twee drie", "vier"], 9, _width) == [
        Line("- een"),
        Line("twee", 2),
        Line("drie", 2),
        Line("vier"),
    ]


@given(st.lists(st.integers(1, 12), max_size=12))
def test_pages_hold_every_line_once_and_no_more_than_fits(sizes: list[int]) -> None:
    paragraphs = [[Line(f"{part}.{line}") for line in range(size)] for part, size in enumerate(sizes)]
    room = Room(5, 8, 0.5)

    pages = into_pages(paragraphs, room)

    assert [line for page in pages for part in page for line in part] == [line for part in paragraphs for line in part]
    for number, page in enumerate(pages):
        height = sum(map(len, page)) + 0.5 * max(0, len(page) - 1)
        assert height <= (room.first_page if number == 0 else room.other_pages)
    assert all(pages) or pages == [[]]


def test_no_single_line_is_parted_from_its_paragraph() -> None:
    pages = into_pages([[Line("a")] * 3, [Line("b")] * 3], Room(4.5, 10, 0.5))

    assert [[len(part) for part in page] for page in pages] == [[3], [3]]
