"""Sheets of A4 in a PDF, measured in millimetres from the left and upper edges."""

from __future__ import annotations

import io
from typing import Any

from adapters.post.letters.fonts import NARROWER, Font
from adapters.post.letters.window import MM

WIDTH, HEIGHT = 210.0, 297.0
"""A4 (ISO 216)."""


class Sheets:
    """Puts words on sheets. The same calls give the same bytes: no clock, and fonts as far as they are used."""

    def __init__(self, title: str, first_font: Font) -> None:
        """`title`: what a program shows of the file; `first_font`: any, so that none is named that is not embedded."""
        from reportlab.pdfgen.canvas import Canvas

        self._file = io.BytesIO()
        self._canvas: Any = Canvas(
            self._file,
            pagesize=(WIDTH * MM, HEIGHT * MM),
            invariant=1,
            initialFontName=first_font.name,
            lang="nl-NL",
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor("")
        self._canvas.setSubject("")
        self._canvas.setCreator("inbox-gateway")

    def put(self, left: float, baseline: float, text: str, font: Font, size: float, *, grey: float = 0.0) -> None:
        """Set one line. `size`: points; `grey`: from 0, black, to 1."""
        line = self._canvas.beginText(left * MM, (HEIGHT - baseline) * MM)
        line.setFont(font.name, size)
        line.setHorizScale(100 * NARROWER)
        line.setFillGray(grey)
        line.textOut(text)
        self._canvas.drawText(line)

    def put_right(
        self, right: float, baseline: float, text: str, font: Font, size: float, *, grey: float = 0.0
    ) -> None:
        """Set one line that ends here."""
        self.put(right - font.width(text, size) / MM, baseline, text, font, size, grey=grey)

    def rule(self, left: float, right: float, height: float, *, grey: float = 0.0) -> None:
        """Draw a fine line across."""
        self._canvas.setLineWidth(0.4)
        self._canvas.setStrokeGray(grey)
        self._canvas.line(left * MM, (HEIGHT - height) * MM, right * MM, (HEIGHT - height) * MM)

    def next(self) -> None:
        """Begin another sheet."""
        self._canvas.showPage()

    def done(self) -> bytes:
        """Return the file."""
        self._canvas.showPage()
        self._canvas.save()
        return self._file.getvalue()
