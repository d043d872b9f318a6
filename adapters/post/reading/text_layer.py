"""The words of a PDF's own text, and whether they are words at all."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from adapters.post.reading.known_words import known_share, telling
from adapters.post.reading.word import Word

if TYPE_CHECKING:
    from pdfplumber.page import Page

_FEWEST = 3
"""Words of a page that is nothing but text."""
_ENOUGH = 20
"""Words of a page that is a picture: fewer are a scanner's stamp, and the letter itself is in the picture."""
_KNOWN = 0.4
"""Share of known words in real text. Letters in Dutch or English have 0.7 and more, names and tables less; broken
fonts have below 0.1."""
_SINGLE = 0.5
"""Share of single letters from which text is spaced out: `G e a c h t e`."""
_NONSENSE = 0.05
"""Share of characters that no font should give: squares, private use, replacement, control."""
_BROKEN_KINDS = frozenset({"Co", "Cn", "Cs", "Cc"})
_SQUARES = frozenset("\ufffd\u25a1\u25a0\u25af\u2610")


def is_real(words: Sequence[str]) -> bool:
    """Return whether these are the words of a text layer that can be trusted.

    Not the presence of a layer says so: scanners leave spaced-out letters and squares behind, and empty layers.
    """
    if len(words) < _FEWEST:
        return False
    letters = [character for word in words for character in word]
    nonsense = sum(unicodedata.category(sign) in _BROKEN_KINDS or sign in _SQUARES for sign in letters)
    if nonsense > _NONSENSE * len(letters):
        return False
    if sum(len(word) == 1 and word.isalpha() for word in words) > _SINGLE * len(words):
        return False
    asked = telling(words)
    # A page of figures alone has no words that a list could know.
    if len(asked) < _FEWEST:
        return sum(any(sign.isdigit() for sign in word) for word in words) > len(words) / 2
    return known_share(words) >= _KNOWN


def has_enough(words: Sequence[str]) -> bool:
    """Return whether there are so many words that they are the letter, and no stamp upon its picture."""
    return len(words) >= _ENOUGH


def layer_words(page: Page) -> tuple[Word, ...]:
    """Return the words of a PDF page with their boxes, in the order of the text itself.

    None when most of it does not stand upright: boxes would not fit the page as people see it.
    """
    taken = page.extract_words(use_text_flow=True, keep_blank_chars=False, extra_attrs=["upright"])
    upright = [word for word in taken if word["upright"]]
    if 2 * len(upright) < len(taken):
        return ()
    left, top, right, bottom = page.bbox
    return tuple(_placed(upright, float(left), float(top), float(right - left), float(bottom - top)))


def _placed(taken: list[dict[str, Any]], left: float, top: float, width: float, height: float) -> list[Word]:
    """Return them with boxes in thousandths, and the block, paragraph and line that the gaps between them say."""
    words: list[Word] = []
    block, paragraph, line = 1, 1, 1
    before: dict[str, Any] | None = None
    for word in taken:
        text = _without_controls(str(word["text"]))
        if not text:
            continue
        if before is not None:
            tall = max(1.0, float(before["bottom"] - before["top"]))
            down = float(word["top"] - before["top"])
            if abs(down) > tall / 2 or float(word["x0"]) < float(before["x0"]) - tall:
                line += 1
                if down > 1.9 * tall:
                    paragraph, line = paragraph + 1, 1
                elif down < -tall:
                    # Back up: another column.
                    block, paragraph, line = block + 1, 1, 1
        before = word
        words.append(
            Word(
                text=text,
                left=_thousandths(word["x0"] - left, width),
                top=_thousandths(word["top"] - top, height),
                right=_thousandths(word["x1"] - left, width),
                bottom=_thousandths(word["bottom"] - top, height),
                confidence=1.0,
                line=(block, paragraph, line),
            )
        )
    return words


def _without_controls(text: str) -> str:
    """Take away what broken fonts leave behind and no text may hold: controls, and halves of UTF-16 pairs."""
    return "".join(sign for sign in text if unicodedata.category(sign) not in ("Cc", "Cs"))


def _thousandths(place: float, whole: float) -> int:
    return max(0, min(1000, round(1000 * float(place) / whole))) if whole else 0
