"""Words of a page, each with the place where it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a page that stands upright."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    """Box in thousandths of the page's width and height, from its upper left corner."""
    confidence: float
    """0 to 1; 1 for a text layer."""
    line: tuple[int, int, int] = (0, 0, 0)
    """Block, paragraph and line in reading order: words of one line share it."""


@dataclass(frozen=True)
class PageWords:
    """The words of one page, in reading order."""

    number: int
    """In the scan file, from 1."""
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words with their line ends; an empty line between blocks and paragraphs."""
        lines: list[str] = []
        present: tuple[int, int, int] | None = None
        for word in self.words:
            if present is None or word.line != present:
                if present is not None and word.line[:2] != present[:2]:
                    lines.append("")
                lines.append(word.text)
            else:
                lines[-1] += f" {word.text}"
            present = word.line
        return "\n".join(lines)
