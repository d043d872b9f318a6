"""The English "I" that was read as a bar."""

from __future__ import annotations

from adapters.post.reading.lone_strokes import with_pronouns
from adapters.post.reading.word import Word


def words(text: str, line: int = 1) -> list[Word]:
    return [Word(said, 0, 0, 10, 10, 0.9, (1, 1, line)) for said in text.split()]


def said(found: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in found)


def test_a_stroke_before_a_word_in_small_letters_is_the_pronoun() -> None:
    assert said(with_pronouns(words("and | called ! would"))) == "and I called I would"


def test_a_bar_between_parts_of_a_foot_stays() -> None:
    foot = "Edisonstraat 5 | 4765 AT | Zevenbergen | KvK |"
    assert said(with_pronouns(words(foot))) == foot


def test_a_stroke_at_the_end_of_a_line_stays() -> None:
    assert said(with_pronouns([*words("until |"), *words("called", line=2)])) == "until | called"


def test_nothing_is_nothing() -> None:
    assert with_pronouns([]) == ()
