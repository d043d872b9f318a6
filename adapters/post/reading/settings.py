"""Settings of reading scans, each with its default and the reason for it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.post.reading.bar import QualityBar
from adapters.post.reading.marks import PATCH_T, SeparatorMarks, compiled
from adapters.post.splitting import SplitAt
from inbox.errors import PatternInvalid


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


def _usable(pattern: str) -> str:
    try:
        compiled(pattern)
    except PatternInvalid as error:
        raise ValueError(error.detail) from None
    return pattern


class SeparatorSettings(BaseModel):
    """What makes a page a separator sheet. A code with any other text is part of a letter: senders print codes too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = (PATCH_T,)
    """What a QR code, Code 128, Code 39 or Data Matrix says, exactly. The default is what most scanners' sheets say."""
    patterns: tuple[Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_usable)], ...] = ()
    """RE2 patterns that the whole text of a code matches: for sheets that carry a number, such as `BAK-\\d+`."""
    patch_t: bool = True
    """The four bars of Patch T: the sheets that come with a scanner bear them, and no letter does."""

    @property
    def marks(self) -> SeparatorMarks:
        """The same, for who looks for them."""
        return SeparatorMarks(self.texts, self.patterns, self.patch_t)


class PostReadingSettings(BaseModel):
    """How scan files are taken apart and read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pages: PageReaderSettings = PageReaderSettings()
    separators: SeparatorSettings = SeparatorSettings()
    split_at: SplitAt = SplitAt.separators
    """`separators`: at separator sheets. `blank_sheets`: at empty sheets too; a letter with an empty page in it would
    be cut there, so it is not the default. `nothing`: each file is one letter."""
    is_duplex: bool = False
    """The scanner gives both sides of every sheet. Matters to `blank_sheets` only: an empty back is no empty sheet."""
    bar: QualityBar = QualityBar()
    """How well a letter must have been read before its words are believed."""
    reads_attached: bool | None = None
    """Read the pictures and scans that hang on mails too, before the mail is decided. Left out: where a source gives
    scans."""
    seconds_at_most: Annotated[float, Field(gt=0, le=24 * 3600)] = 3600.0
    """For a whole file, however many pages it has: 500 pages at 7 s each, where a usual one takes about 1 s."""
    memory_bytes: Annotated[int, Field(ge=1 << 30)] = 4 << 30
    """Address space of the process that reads, and of each tesseract: more than is in use. 450 MiB were needed for two
    pages of A4 at once; pages of A3 or 600 dpi take several times as much. Half a GiB is set aside for each page at once:
    with less memory fewer are read side by side."""

    @model_validator(mode="after")
    def _something_separates(self) -> Self:
        if self.split_at is SplitAt.separators and self.separators.marks.are_none:
            raise ValueError("separators: name a text, a pattern or patch_t, or choose another split_at")
        return self
