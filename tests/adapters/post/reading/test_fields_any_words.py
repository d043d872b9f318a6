"""Any words at any place give fields within bounds, in work that grows with the words, and never a service number."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.post.reading.fields.letter_fields import letter_fields
from adapters.post.reading.letter import reading_of
from adapters.post.reading.word import PageWords, Word
from inbox.reading import TEXT_LIMIT, LetterField, Page, PageSource
from tests.adapters.post.reading.letters import LETTERS, OURS, RECEIVED_ON
from tests.adapters.post.reading.typesetting import Put, typeset

NUMBERS = ("123456782", "999990342", "111222333")
PIECES = st.sampled_from([
    "Betreft:", "4761 AB", "4761", "AB", "Zevenbergen,", "3", "november", "2026", "NL91", "ABNA", "0417", "1643", "00", "KvK",
    "20123456", "Tel.", "0168-123456", "+31", "a@b.nl", "@", "Uw", "kenmerk", "Ons", "kenmerk:", "Datum", "Geachte", "heer,",
    "Hoogachtend,", "Dorpsstraat", "12", "t.a.v.", "Gemeente", "PERSOONLIJK", "INGEKOMEN", "|", "IBAN", "BSN:", "(", "-", ".",
    *NUMBERS,
])  # fmt: skip
COORDINATE = st.integers(-50, 1_100)
WORD = st.builds(
    Word,
    text=st.one_of(PIECES, PIECES, st.text(max_size=12)),
    left=COORDINATE,
    top=COORDINATE,
    right=COORDINATE,
    bottom=COORDINATE,
    confidence=st.floats(-1, 2),
    line=st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 4)),
)
PAGES = st.lists(
    st.builds(PageWords, number=st.integers(1, 9), words=st.lists(WORD, max_size=60).map(tuple)), max_size=3
)


def is_within_bounds(field: LetterField) -> bool:
    left, top, right, bottom = field.box
    return (
        0 <= left <= right <= 1_000
        and 0 <= top <= bottom <= 1_000
        and 0 <= field.confidence <= 1
        and len(field.value) <= 200
        and bool(re.fullmatch(r"[a-z_]+", field.name))
    )


@given(PAGES, st.dates())
@settings(max_examples=200, deadline=None)
def test_any_words_give_fields_within_bounds(pages: list[PageWords], received_on: date) -> None:
    fields = letter_fields(pages, received_on, OURS)
    assert len(fields) <= 60
    assert all(is_within_bounds(field) for field in fields)
    assert all(field.confidence < 0.9 or field.value or field.name == "bsn" for field in fields)


@given(PAGES, st.sampled_from(NUMBERS), st.sampled_from(["{}", "BSN {}", "bsn:{}", "nr. {}.", "({})"]))
@settings(max_examples=150, deadline=None)
def test_a_service_number_never_comes_out(pages: list[PageWords], number: str, wrapped: str) -> None:
    words = tuple(
        Word(word, 100 + place * 60, 500, 150 + place * 60, 510, 0.95, (9, 1, 1))
        for place, word in enumerate(wrapped.format(number).split())
    )
    reading = reading_of([*pages, PageWords(10, words)], [], RECEIVED_ON, OURS)
    assert "bsn" in {field.name for field in letter_fields([PageWords(10, words)], RECEIVED_ON, OURS)}
    shown = re.sub(r"\+31 ?\d{9}", "", reading.model_dump_json())
    assert not any(one in shown for one in NUMBERS)


@pytest.mark.parametrize(
    "written", ["123456782", "1234 56 782", "123.456.782", "12345 6782", "BSN 12345678Z", "BSN123456782"]
)
def test_a_service_number_is_noted_and_masked_however_it_is_written(written: str) -> None:
    pages = typeset(
        [Put(110, 200, f"Betreft: aanvraag {written}\nUw kenmerk: {written}"), Put(110, 400, f"Mijn nummer: {written}")]
    )
    reading = reading_of(pages, [], RECEIVED_ON)
    noted = [field for field in reading.fields if field.name == "bsn"]
    assert noted
    assert {field.value for field in noted} == {""}
    shown = reading.model_dump_json()
    assert re.sub(r"\D", "", written)[:8] not in re.sub(r"[ .]", "", shown)


def steps_of(work: Callable[[], object]) -> int:
    """Count lines of ours that ran: the same on every machine."""
    steps = 0

    def trace(frame: object, event: str, _argument: object) -> object:
        nonlocal steps
        steps += event == "line"
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        work()
    finally:
        sys.settrace(None)
    return steps


@pytest.mark.parametrize("kind", ["letters", "postcodes", "one_line", "one_column", "digits", "labels"])
def test_work_grows_with_the_words(kind: str) -> None:
    def pages(words: int) -> list[PageWords]:
        rng = random.Random(words)
        texts = {
            "letters": [word.text for letter in LETTERS for page in letter.pages for word in page.words],
            "postcodes": ["Dorpsstraat", "12", "4761", "AB", "Zevenbergen"],
            "one_line": ["woord"],
            "one_column": ["J.", "4761 AB Zevenbergen", "Straat 1"],
            "digits": ["1", "12", "123"],
            "labels": ["Datum:", "Uw kenmerk:", "Betreft:"],
        }[kind]
        made = []
        for place in range(words):
            left, top = (100, place % 990) if kind == "one_column" else (place % 10 * 80, place // 10 % 990)
            line = (1, 1, 1) if kind == "one_line" else (place // 10, 1, 1)
            made.append(Word(rng.choice(texts), left, top, left + 60, top + 8, 0.95, line))
        return [PageWords(1, tuple(made))]

    small, large = (steps_of(lambda of=of: letter_fields(pages(of), RECEIVED_ON, OURS)) for of in (1_000, 4_000))
    assert large < small * 5


def test_long_words_and_long_texts_are_cut() -> None:
    words = tuple(Word("4" * 5_000, 0, 0, 10, 10, 0.9, (place, 1, 1)) for place in range(60))
    reading = reading_of([PageWords(1, words)], [Page(number=1, read_from=PageSource.ocr, words=60)], RECEIVED_ON)
    assert len(reading.text) == TEXT_LIMIT
    assert "text_cut" in reading.remarks
