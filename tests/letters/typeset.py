"""Sets letters on paper in seven layouts, as people, firms and village papers do."""

from __future__ import annotations

import math
import zlib

import numpy as np
from PIL import ImageFont

from tests.letters.fonts import font
from tests.letters.letter import Letter
from tests.letters.sheet import HEIGHT, WIDTH, LetterPage, Sheet, mm

_BOTTOM = HEIGHT - mm(32)
"""Below it stand only footer and page number."""
_LEFT = mm(25)
_MEASURE = WIDTH - _LEFT - mm(22)
_SERIF, _SANS, _BOLD = "DejaVuSerif.ttf", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
_FONTS = {"classic": (_SERIF, 43), "plain": (_SANS, 41), "modern": ("DejaVuSansCondensed.ttf", 42)}
_OTHER_FONTS = {
    "mono": ("DejaVuSansMono.ttf", 40),
    "times": ("LiberationSerif-Regular.ttf", 48),
    "arial": ("LiberationSans-Regular.ttf", 44),
    "courier": ("LiberationMono-Regular.ttf", 50),
    "calibri": ("Carlito-Regular.ttf", 46),
    "cambria": ("Caladea-Regular.ttf", 46),
}
"""What a letter names instead of its layout's: a typewriter's, and fonts of the widths that offices and homes write in."""
_NARROW = "DejaVuSerifCondensed.ttf"
_LEADING = 1.42
"""Line pitch in sizes of the font."""


def typeset(letter: Letter, *, is_signed: bool = True) -> tuple[LetterPage, ...]:
    """Return the pages of the letter, the same each time; room is left for a signature where there is none."""
    if letter.layout == "columns":
        return (_columns(letter),)
    setter = _Setter(letter, is_signed=is_signed)
    heads = {
        "classic": setter.classic_head, "plain": setter.plain_head, "modern": setter.modern_head,
        "footed": setter.footed_head, "band": setter.band_head, "below": setter.bare_head,
    }  # fmt: skip
    heads[letter.layout]()
    setter.body()
    if letter.layout == "below":
        setter.lines(("", *letter.sender), _LEFT)
    return setter.pages()


class _Setter:
    """Runs down the pages of one letter, from top to bottom."""

    def __init__(self, letter: Letter, *, is_signed: bool) -> None:
        name, size = _OTHER_FONTS[letter.font] if letter.font else _FONTS[letter.layout]
        self.letter = letter
        self.is_signed = is_signed
        self.font = font(name, size)
        self.pitch = round(size * _LEADING)
        self.sheets = [Sheet()]
        self.y = mm(20)

    @property
    def sheet(self) -> Sheet:
        return self.sheets[-1]

    def classic_head(self) -> None:
        """Sender at the top left, addressee behind the window of an envelope, 50 mm from the top."""
        self.lines(self.letter.sender, _LEFT)
        self.y = mm(52)
        self.lines(self.letter.addressee, _LEFT)
        self.y = mm(95)
        self.lines((self.letter.date,), _LEFT)
        self.y += self.pitch
        self.labels(0)

    def plain_head(self) -> None:
        """Sender at the right, as it is taught at school."""
        self.lines(self.letter.sender, mm(118))
        self.y = max(mm(54), self.y + self.pitch)
        self.lines(self.letter.addressee, _LEFT)
        self.y += self.pitch
        self.lines((self.letter.date,), _LEFT)
        self.y += self.pitch
        self.labels(0)

    def modern_head(self) -> None:
        """A sign and a name at the top, small print at the right, labels in a column of their own."""
        draw = self.sheet.draw
        sides = 5 + zlib.crc32(self.letter.name.encode()) % 4
        draw.regular_polygon((_LEFT + 60, mm(19), 70), sides, fill=95)
        draw.regular_polygon((_LEFT + 60, mm(19), 34), sides, rotation=20, fill=252)
        self.sheet.put(_LEFT + 170, mm(15), self.letter.head, font(_BOLD, 64), 60)
        draw.line((_LEFT, mm(27), WIDTH - mm(22), mm(27)), fill=120, width=4)
        self.y = mm(29)
        for line in self.letter.sender:
            self.sheet.put(mm(138), self.y, line, font("DejaVuSansCondensed.ttf", 30), 70)
            self.y += 42
        self.y = mm(54)
        self.lines(self.letter.addressee, _LEFT)
        self.y = mm(88)
        column = mm(34)
        self.sheet.put_row(((_LEFT, "Datum"), (_LEFT + column, self.letter.date)), self.y, self.font)
        self.y += self.pitch
        self.labels(column)

    @property
    def foot(self) -> tuple[str, ...]:
        """The small print at the bottom of the last page."""
        address = (" · ".join(self.letter.sender),) if self.letter.layout == "footed" else ()
        return (*address, *self.letter.footer)

    def footed_head(self) -> None:
        """A firm's name at the top; its address stands in the foot alone."""
        self.sheet.put(_LEFT, mm(16), self.letter.head, font("LiberationSans-Bold.ttf", 58), 40)
        self.bare_head()

    def band_head(self) -> None:
        """A club's name across the top, and its address in one small line below it."""
        for text, top, of_font in (
            (self.letter.head, mm(15), font("Caladea-Bold.ttf", 72)),
            ("  •  ".join(self.letter.sender), mm(25), font("Caladea-Regular.ttf", 36)),
        ):
            self.sheet.put(round((WIDTH - of_font.getlength(text)) / 2), top, text, of_font, 50)
        self.sheet.draw.line((_LEFT, mm(31), WIDTH - _LEFT, mm(31)), fill=110, width=5)
        self.bare_head()

    def bare_head(self) -> None:
        """Addressee, date and labels, nothing about the sender."""
        self.y = mm(48)
        self.lines(self.letter.addressee, _LEFT)
        self.y = mm(86)
        self.lines((self.letter.date, ""), _LEFT)
        self.labels(0)

    def labels(self, column: int) -> None:
        """Set "Betreft" and its like: with a colon, or with what they say in a column."""
        for label, said in self.letter.labels.items():
            if column:
                self.sheet.put_row(((_LEFT, label), (_LEFT + column, said)), self.y, self.font)
            else:
                self.sheet.put(_LEFT, self.y, f"{label}: {said}", self.font)
            self.y += self.pitch
        self.y += self.pitch

    def body(self) -> None:
        """Set everything from the salutation to the signature."""
        letter = self.letter
        self.lines((letter.salutation, ""), _LEFT)
        self.paragraphs(letter.paragraphs)
        self.table()
        self.paragraphs(letter.after)
        self.room(8)
        self.lines((letter.closing,), _LEFT)
        if self.is_signed:
            _sign(self.sheet, _LEFT + 20, self.y + 20, letter.signed)
        self.y += 4 * self.pitch
        self.lines(tuple(line for line in (letter.signed, letter.role) if line), _LEFT)

    def paragraphs(self, texts: tuple[str, ...]) -> None:
        for text in texts:
            wrapped = _wrapped(text, self.font, _MEASURE)
            if len(wrapped) < 4:
                self.room(len(wrapped))
            self.lines((*wrapped, ""), _LEFT)

    def table(self) -> None:
        if not self.letter.table:
            return
        edges = (_LEFT, _LEFT + mm(78), _LEFT + mm(104), _LEFT + mm(134))
        for number, row in enumerate(self.letter.table):
            cells = tuple((edge, cell) for edge, cell in zip(edges, row, strict=True) if cell)
            self.sheet.put_row(cells, self.y, font(_BOLD, 38) if number == 0 else self.font)
            self.y += round(self.pitch * 1.15)
            if number == 0:
                self.sheet.draw.line((_LEFT, self.y - 12, WIDTH - mm(22), self.y - 12), fill=90, width=3)
        self.y += self.pitch

    def lines(self, texts: tuple[str, ...], left: int) -> None:
        for text in texts:
            self.room(1)
            if text:
                self.sheet.put(left, self.y, text, self.font)
            self.y += self.pitch

    def room(self, lines: int) -> None:
        """Begin another page when so many lines no longer fit."""
        if self.y + lines * self.pitch > _BOTTOM:
            self.sheets.append(Sheet())
            self.y = mm(25)

    def pages(self) -> tuple[LetterPage, ...]:
        """Put footer and page numbers in their places and return the pages."""
        small = font("DejaVuSansCondensed.ttf", 31)
        for number, sheet in enumerate(self.sheets, start=1):
            top = HEIGHT - mm(24)
            for line in self.foot if number == len(self.sheets) else ():
                sheet.put(_LEFT, top, line, small, 60)
                top += 46
            if len(self.sheets) > 1:
                sheet.put(WIDTH // 2 - 140, HEIGHT - mm(15), f"Pagina {number} van {len(self.sheets)}", small, 60)
        return tuple(sheet.done() for sheet in self.sheets)


def _columns(letter: Letter) -> LetterPage:
    """Set a paper in two columns below a large name; the second begins at the same height."""
    sheet = Sheet()
    sheet.put(_LEFT, mm(18), letter.head, font("DejaVuSerif-Bold.ttf", 120))
    sheet.draw.line((_LEFT, mm(33), WIDTH - _LEFT, mm(33)), fill=40, width=8)
    small = font(_NARROW, 34)
    sheet.put(_LEFT, mm(35), f"{', '.join(letter.sender[:3])}", small)
    sheet.put_row(((_LEFT, letter.date), (mm(120), letter.sender[-1])), mm(39), small)
    sheet.draw.line((_LEFT, mm(45), WIDTH - _LEFT, mm(45)), fill=40, width=3)
    words = font(_NARROW, 45)
    pitch, gap = 64, mm(10)
    measure = (WIDTH - 2 * _LEFT - gap) // 2
    lines = [line for text in letter.paragraphs for line in (*_wrapped(text, words, measure), "")]
    lines += [letter.closing, letter.signed]
    half = math.ceil(len(lines) / 2)
    for column, part in enumerate((lines[:half], lines[half:])):
        y = mm(52)
        for line in part:
            if line:
                sheet.put(_LEFT + column * (measure + gap), y, line, words)
            y += pitch
    return sheet.done()


def _wrapped(text: str, of_font: ImageFont.FreeTypeFont, measure: int) -> list[str]:
    """Return the text in lines of at most `measure` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if of_font.getlength(longer) > measure and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _sign(sheet: Sheet, left: int, top: int, name: str) -> None:
    """Scrawl a signature, the same for the same name."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    steps = np.linspace(0, 1, 160)
    x = left + steps * 480 + 60 * np.sin(steps * random.uniform(18, 30))
    y = top + 90 + 60 * np.sin(steps * random.uniform(22, 40) + 1) * np.exp(-steps * 1.5) - steps * 50
    sheet.draw.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=70, width=7, joint="curve")
