"""A sheet of paper under the typesetter: draws lines and remembers each word with its place."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFont

DPI = 300
WIDTH, HEIGHT = 2480, 3508
"""A4 at 300 dpi, in pixels."""
PAPER, INK = 252, 22
"""Grey levels."""


def mm(length: float) -> int:
    """Return millimetres as pixels."""
    return round(length / 25.4 * DPI)


@dataclass(frozen=True)
class TrueWord:
    """A word that was set, and where: left, top, right, bottom in pixels of the undamaged page."""

    text: str
    box: tuple[int, int, int, int]
    baseline: int
    """From the top, in pixels."""
    size: int
    """Of its font, in pixels."""


@dataclass(frozen=True)
class LetterPage:
    """One typeset page and everything that stands on it."""

    image: Image.Image
    """Mode L, A4 at 300 dpi."""
    lines: tuple[tuple[TrueWord, ...], ...]
    """In reading order."""

    @property
    def text(self) -> str:
        """The words, one space between them, each line on its own."""
        return "\n".join(" ".join(word.text for word in line) for line in self.lines)

    @property
    def words(self) -> tuple[TrueWord, ...]:
        """Every word, in reading order."""
        return tuple(word for line in self.lines for word in line)


@dataclass
class Sheet:
    """A page that is being set."""

    image: Image.Image = field(default_factory=lambda: Image.new("L", (WIDTH, HEIGHT), PAPER))
    lines: list[tuple[TrueWord, ...]] = field(default_factory=list)

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        """Draws on it without being remembered: rules, logos, signatures."""
        return ImageDraw.Draw(self.image)

    def put(self, left: int, top: int, text: str, font: ImageFont.FreeTypeFont, ink: int = INK) -> None:
        """Set one line; `top` is that of the font, not of its letters."""
        self.put_row(((left, text),), top, font, ink)

    def put_row(
        self, cells: tuple[tuple[int, str], ...], top: int, font: ImageFont.FreeTypeFont, ink: int = INK
    ) -> None:
        """Set texts beside each other as one line, each from its left edge in pixels."""
        words: list[TrueWord] = []
        ascent, _ = font.getmetrics()
        for left, text in cells:
            self.draw.text((left, top), text, fill=ink, font=font)
            at = 0
            for word in text.split():
                at = text.index(word, at)
                box = font.getbbox(word)
                begins = left + font.getlength(text[:at])
                edges = (begins + box[0], top + box[1], begins + box[2], top + box[3])
                left_edge, top_edge, right_edge, bottom_edge = (round(edge) for edge in edges)
                words.append(
                    TrueWord(word, (left_edge, top_edge, right_edge, bottom_edge), top + ascent, round(font.size))
                )
                at += len(word)
        if words:
            self.lines.append(tuple(words))

    def done(self) -> LetterPage:
        """Return the page as it is now."""
        return LetterPage(self.image, tuple(self.lines))
