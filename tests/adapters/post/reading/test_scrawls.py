"""A signature is no word; what stamps, headings and hands write stays."""

from __future__ import annotations

import pytest

from adapters.post.reading.page_reading import read_page
from adapters.post.reading.scan import open_scan
from adapters.post.reading.scrawls import without_scrawls
from adapters.post.reading.word import Word
from tests.letters.files import as_png
from tests.letters.letter import letters
from tests.letters.typeset import typeset


def word(text: str, *, line: int, tall: int = 10, confidence: float = 0.95) -> Word:
    return Word(text, 100, 100, 200, 100 + tall, confidence, (1, 1, line))


BODY = tuple(word(f"woord{number}", line=number) for number in range(20))


def test_a_tall_doubtful_line_of_a_few_letters_is_a_scrawl() -> None:
    scrawl = (word("Q", line=30, tall=35, confidence=0.5), word("oS", line=30, tall=35, confidence=0.2))
    assert without_scrawls((*BODY, *scrawl)) == BODY
    assert without_scrawls(()) == ()


@pytest.mark.parametrize(
    "other",
    [
        (word("QoS", line=30, tall=35, confidence=0.85),),
        (word("QoS", line=30, tall=20, confidence=0.2),),
        (word("12", line=30, tall=35, confidence=0.2),),
        (word("NOV", line=30, tall=35, confidence=0.2), word("2026", line=30, tall=35, confidence=0.2)),
        (word("persoonlijk", line=30, tall=35, confidence=0.2),),
        (word("QoS", line=30, tall=35, confidence=0.2), word("dhr.", line=30)),
    ],
)
def test_what_may_be_a_word_stays(other: tuple[Word, ...]) -> None:
    assert without_scrawls((*BODY, *other)) == (*BODY, *other)


def test_a_signed_letter_reads_as_the_same_letter_unsigned() -> None:
    letter = letters()["pavement"]
    said = []
    for is_signed in (True, False):
        [page] = typeset(letter, is_signed=is_signed)
        scan = open_scan(as_png(page.image))
        said.append([one.text for one in read_page(scan.page(1)).words.words])
        scan.close()
    assert said[0] == said[1]
