"""Words with boxes as a reader of scans would give them: set from lines of text, and misread on purpose."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from adapters.post.reading.word import PageWords, Word

_CHARACTER = 9
"""Thousandths of the width that a character of 11 points takes on A4."""
_PITCH, _HEIGHT = 17, 10
"""Thousandths of the height from line to line, and of a line of print."""
_CONFUSIONS = [
    ("O", "0"), ("0", "O"), ("1", "l"), ("l", "1"), ("I", "l"), ("i", "l"), ("5", "S"), ("8", "B"), ("2", "Z"), ("m", "rn"),
    ("e", "c"), ("a", "o"), ("n", "u"), ("6", "8"), ("3", "8"), ("1", "7"), (".", ","), ("B", "8"), ("S", "5"), ("h", "b"),
]  # fmt: skip
"""What tesseract takes for what on bad scans."""
_SURE_AND_WRONG = 0.1
"""Share of misread words that come with a high confidence all the same."""


@dataclass(frozen=True)
class Put:
    """Lines of text at a place of a page: thousandths from its left and upper edge. A line's `||` is a tab."""

    left: int
    top: int
    text: str
    size: float = 1.0
    page: int = 1


def typeset(puts: list[Put], seed: int = 0) -> list[PageWords]:
    """Return the pages with every word as it was written, each put its own block; confidences of a clean scan."""
    rng = random.Random(seed)
    pages: dict[int, list[Word]] = {}
    for block, put in enumerate(puts, start=1):
        for row, line in enumerate(put.text.split("\n")):
            top = put.top + round(row * _PITCH * put.size)
            for tab, piece in enumerate(line.split("||")):
                left = float(put.left + tab * 220)
                for word in piece.split():
                    right = left + len(word) * _CHARACTER * put.size
                    paragraph = 1 + sum(not above.strip() for above in put.text.split("\n")[:row])
                    sure = round(min(0.97, rng.gauss(0.955, 0.012)), 3)
                    pages.setdefault(put.page, []).append(
                        Word(
                            word,
                            round(left),
                            top,
                            round(right),
                            top + round(_HEIGHT * put.size),
                            sure,
                            (block, paragraph, row + 1),
                        )
                    )
                    left = right + _CHARACTER * put.size * 0.8
    return [PageWords(number, tuple(words)) for number, words in sorted(pages.items())]


def misread(pages: list[PageWords], rate: float, seed: int) -> list[PageWords]:
    """Return the pages with this share of words damaged: characters confused, spaces lost, words split, doubts."""
    rng = random.Random(seed)
    return [replace(page, words=tuple(_damaged(list(page.words), rate, rng))) for page in pages]


def _damaged(words: list[Word], rate: float, rng: random.Random) -> list[Word]:
    found: list[Word] = []
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if rng.random() >= rate:
            found.append(word)
            continue
        kind = rng.random()
        sure = rng.uniform(0.9, 0.96) if rng.random() < _SURE_AND_WRONG else rng.uniform(0.25, 0.85)
        if kind < 0.5:
            found.append(replace(word, text=_confused(word.text, rng), confidence=sure))
        elif kind < 0.7 and place < len(words) and words[place].line == word.line:
            other = words[place]
            place += 1
            found.append(replace(word, text=word.text + other.text, right=other.right, confidence=sure))
        elif kind < 0.9 and len(word.text) > 3:
            cut = rng.randrange(1, len(word.text) - 1)
            middle = word.left + (word.right - word.left) * cut // len(word.text)
            found.append(replace(word, text=word.text[:cut], right=middle - 1, confidence=sure))
            found.append(replace(word, text=word.text[cut:], left=middle + 1, confidence=sure))
        else:
            found.append(replace(word, confidence=sure))
    return found


def _confused(text: str, rng: random.Random) -> str:
    fitting = [(wrong, right) for wrong, right in _CONFUSIONS if wrong in text]
    if not fitting:
        return text[:-1] or text
    wrong, right = rng.choice(fitting)
    return text.replace(wrong, right, 1)
