"""A text layer is taken for what it says, not for being there."""

from __future__ import annotations

from contextlib import closing

import pytest

from adapters.post.reading import known_words
from adapters.post.reading.scan import open_scan
from adapters.post.reading.text_layer import is_real
from tests.adapters.post.reading.sheets import LETTER, pdf, sheet

SPACED = "\n".join(" ".join(line.replace(" ", "")) for line in LETTER.split("\n"))
SQUARES = "".join("\u25a1" if sign.isalpha() else sign for sign in LETTER)
PRIVATE = "".join(chr(0xE000 + ord(sign)) if sign.isalpha() else sign for sign in LETTER)
WRONG = "".join(chr((ord(sign) - 97 + 7) % 26 + 97) if sign.isalpha() else sign for sign in LETTER.lower())
ENGLISH = "Dear Sir or Madam, I am writing to you about the noise in our street. Please let me know what you will do."


@pytest.mark.parametrize(("text", "real"), [
    (LETTER, True), (ENGLISH, True), (SPACED, False), (SQUARES, False), (PRIVATE, False), (WRONG, False), ("", False),
])  # fmt: skip
def test_text_is_real_when_it_holds_words(text: str, real: bool) -> None:
    assert is_real(text.split()) is real


def test_without_an_installed_list_the_frequent_words_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_words, "dutch_words", lambda: known_words.DUTCH)
    assert is_real(LETTER.split())
    assert is_real(ENGLISH.split())
    assert not is_real(WRONG.split())


def test_words_have_boxes_and_lines() -> None:
    with closing(open_scan(pdf([LETTER]))) as scan:
        words = scan.page(1).layer()
    assert words[0].text == "Gemeente"
    assert words[0].confidence == 1
    assert words[0].line == words[1].line != words[2].line
    assert 95 < words[0].left < 110
    assert 50 < words[0].top < words[0].bottom < 80


def test_a_spaced_out_layer_over_a_picture_is_not_taken() -> None:
    with closing(open_scan(pdf([(sheet(), SPACED)]))) as scan:
        assert scan.page(1).layer() == ()


def test_a_stamp_upon_a_scanned_picture_is_not_the_letter() -> None:
    with closing(open_scan(pdf([(sheet(), "Gescand door de gemeente"), "Dit is de hele brief"]))) as scan:
        assert scan.page(1).layer() == ()
        assert [word.text for word in scan.page(2).layer()] == ["Dit", "is", "de", "hele", "brief"]
