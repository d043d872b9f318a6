"""The two fonts of a letter, embedded in its PDF: DejaVu Sans (Bitstream Vera licence), which holds Latin as all of
Europe writes it, Greek and Cyrillic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from inbox.errors import SettingsInvalid

NARROWER = 0.9
"""DejaVu Sans is wide. Its own condensed cut is the same shapes at nine tenths of the width, and another package."""
ASCENT, DESCENT = 0.93, 0.24
"""Above and below the base line, in sizes of the font: capitals with accents, and tails."""


@dataclass(frozen=True)
class Font:
    """One cut of a font."""

    name: str
    """Under which reportlab knows it."""
    widths: dict[int, float]
    """By code point, in thousandths of the size."""
    missing_width: float

    def width(self, text: str, size: float) -> float:
        """Return how wide the text is in print, in points."""
        return sum(self.widths.get(ord(letter), self.missing_width) for letter in text) * size * NARROWER / 1000


@dataclass(frozen=True)
class Fonts:
    """What a letter is set in."""

    regular: Font
    bold: Font
    glyphs: frozenset[int]
    """Code points that both can print."""


@lru_cache
def load_fonts(folder: Path) -> Fonts:
    """Return the fonts in this folder. Raises SettingsInvalid, naming the setting and the package."""
    try:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFError, TTFont
    except ModuleNotFoundError as error:
        raise SettingsInvalid(f"`{error.name}` is missing: letters need the extra `letters`") from None
    loaded: list[Any] = []
    for file in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        try:
            # By its path: two houses in one process may have two folders.
            loaded.append(TTFont(str(folder / file), str(folder / file), shapable=False))
        except (OSError, TTFError) as error:
            raise SettingsInvalid(
                f"letters.house.font_folder: {folder} holds no usable {file} ({type(error).__name__}); "
                "it is in the Debian package fonts-dejavu-core"
            ) from None
        pdfmetrics.registerFont(loaded[-1])
    regular, bold = loaded
    glyphs = frozenset(regular.face.charToGlyph) & frozenset(bold.face.charToGlyph)
    return Fonts(_font(regular), _font(bold), glyphs)


def _font(loaded: Any) -> Font:
    face = loaded.face
    return Font(loaded.fontName, dict(face.charWidths), float(face.defaultWidth))
