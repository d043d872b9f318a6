"""Limits of reading scans, each with its default and the reason for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class PageReaderSettings(BaseModel):
    """What is read, in which languages, and how much work one scan file may cause."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    languages: tuple[Annotated[str, Field(pattern=r"^[A-Za-z_]{2,32}$")], ...] = ("nld", "eng")
    """Tesseract's names, most frequent first; each needs its Debian package `tesseract-ocr-…`."""
    pages: Annotated[int, Field(ge=1)] = 500
    """Of one scan file. A scanner's tray holds 50 to 300 sheets."""
    size_bytes: Annotated[int, Field(ge=1)] = 200 << 20
    """Of one scan file: 500 colour pages at 300 dpi take about 150 MiB."""
    pixels_per_page: Annotated[int, Field(ge=1)] = 80_000_000
    """As the file says in its header, before anything is unpacked. A3 at 600 dpi has 70 million."""
    seconds_per_page: Annotated[float, Field(gt=0)] = 60.0
    """For all passes of the OCR together. A dense page takes about 3 s."""
    at_once: Annotated[int, Field(ge=0)] = 0
    """Pages read side by side; 0 is one for each processor."""
