"""A notice as a letter: A4, for an envelope with its window at the left (`window.py`), in Dutch."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence

from adapters.post.letters.fonts import ASCENT, Font, Fonts, load_fonts
from adapters.post.letters.line_breaking import Paragraph, Room, broken, into_pages, paragraph
from adapters.post.letters.printable import LEFT_OUT, printable_line, printable_lines
from adapters.post.letters.settings import HouseSettings
from adapters.post.letters.sheet import HEIGHT, WIDTH, Sheets
from adapters.post.letters.window import (
    ADDRESS,
    LEADING,
    MM,
    RETURN_ADDRESS_BASELINE,
    RETURN_ADDRESS_SIZE,
    fitted,
)
from inbox.norms.promise import date_words
from inbox.ports import NoticeLetter

MOST_PAGES = 10
"""NotifyNL prints no more: five sheets on both sides. No notice of ours has more than two."""
MOST_CHARACTERS = 60_000
"""Of a body that are looked at: ten full pages hold about 45,000."""
_MOST_ADDRESS_LINES = 40
_LONGEST_LINE = 300
"""Characters of a line of the address, of the subject and the like. Three full lines of a subject hold 230."""
_LONGEST_REFERENCE = 40
_MOST_SUBJECT_LINES = 3
_CUT_SHORT = (
    "Deze brief is hier afgebroken, omdat de tekst te lang is om te printen. "
    "Wilt u de hele tekst ontvangen? Neem dan contact met ons op en noem ons kenmerk {reference}."
)

# Millimetres from the left and upper edges.
_LEFT, _RIGHT = 25.0, WIDTH - 25.0
_NAME_BASELINE = 26.0
_DATE_BASELINE = 108.0
"""Below what NotifyNL keeps free around the address, wherever its service has the address."""
_LABEL_WIDTH = 27.0
_BODY_BELOW_SUBJECT = 12.0
_BODY_TOP_OTHER_PAGES = 40.0
_BODY_BOTTOM = 268.0
_FOOT_RULE = 275.0
_FOOT_BASELINE = 279.5
_FOLDS = (99.0, 198.0)
_FOLD_MARK = (WIDTH - 9.0, WIDTH - 5.5)
"""At the right edge: NotifyNL refuses ink left of the address, and any within 5 mm of an edge."""

# Points.
_SIZE = 10.0
_LINE = 14.0
_NAME_SIZE = 17.0
_SMALL = 8.0
_GREY = 0.35

_DAY_AND_MONTH = re.compile(r"(?<=\d) (?=(?:jan|febr|mrt|maart|apr|mei|jun|jul|aug|sep|okt|nov|dec))")
"""The space between them: a date that is promised stands on one line."""
_ONE_AT_A_TIME = threading.Lock()
"""reportlab reads the font's file at a place that all users of the font share."""


class WindowLetters:
    """Renders notices as letters of one municipality. A LetterRenderer: pure, and it never fails."""

    def __init__(self, house: HouseSettings) -> None:
        """Load the fonts. Raises SettingsInvalid when they are not there."""
        self._house = house
        self._fonts = load_fonts(house.font_folder)

    def __call__(self, letter: NoticeLetter) -> bytes:
        """Return the PDF. Whatever is written is printed as text: there is no markup.

        Empty lines of the address are left out. A body that is longer than MOST_PAGES or MOST_CHARACTERS ends with a
        sentence that says so.
        """
        with _ONE_AT_A_TIME:
            return _Setting(self._house, self._fonts, letter).done()


class _Setting:
    """One letter on its way into sheets."""

    def __init__(self, house: HouseSettings, fonts: Fonts, letter: NoticeLetter) -> None:
        self._house = house
        self._fonts = fonts
        self._letter = letter
        self._reference = printable_line(letter.reference, fonts.glyphs, at_most=_LONGEST_REFERENCE)
        self._sheets = Sheets(f"{self._plain(house.name)}, {self._reference}", fonts.regular)

    def done(self) -> bytes:
        self._head()
        self._window()
        top = self._about()
        pages = self._pages(top)
        self._foot()
        for number, page in enumerate(pages, start=1):
            if number > 1:
                self._sheets.next()
                self._head_of_other_page(number, len(pages))
            self._body(page, top if number == 1 else _BODY_TOP_OTHER_PAGES)
        return self._sheets.done()

    def _head(self) -> None:
        self._put_fitting(_NAME_BASELINE, self._house.name, self._fonts.bold, _NAME_SIZE)
        for height in _FOLDS:
            self._sheets.rule(*_FOLD_MARK, height, grey=_GREY)

    def _window(self) -> None:
        width = ADDRESS.right - ADDRESS.left
        back = "Retouradres: " + ", ".join(self._house.return_address)
        self._put_fitting(RETURN_ADDRESS_BASELINE, back, self._fonts.regular, RETURN_ADDRESS_SIZE, width=width)
        lines = [self._plain(line) for line in _some_of(self._letter.address_lines)]
        address = fitted([line for line in lines if line], self._fonts.regular)
        for number, line in enumerate(address.lines):
            baseline = ADDRESS.top + (ASCENT + number * LEADING) * address.size / MM
            self._sheets.put(ADDRESS.left, baseline, line, self._fonts.regular, address.size)

    def _about(self) -> float:
        """Set date, reference and subject; return where the body begins."""
        date = f"{self._house.place}, {date_words(self._letter.written_on).partition(' ')[2]}"
        self._put_fitting(_DATE_BASELINE, date, self._fonts.regular, _SIZE)
        baseline = self._labelled(
            _DATE_BASELINE + 2 * _LINE / MM, "Ons kenmerk", self._reference, self._fonts.regular, 1
        )
        subject = self._plain(self._letter.subject)
        baseline = self._labelled(baseline, "Onderwerp", subject, self._fonts.bold, _MOST_SUBJECT_LINES)
        return baseline - _LINE / MM + _BODY_BELOW_SUBJECT

    def _labelled(self, baseline: float, label: str, text: str, font: Font, most_lines: int) -> float:
        """Set a label and what belongs to it; return the base line below."""
        self._sheets.put(_LEFT, baseline, label, self._fonts.regular, _SIZE, grey=_GREY)
        width = (_RIGHT - _LEFT - _LABEL_WIDTH) * MM
        lines = broken(text, width, lambda words: font.width(words, _SIZE))
        if len(lines) > most_lines:
            lines = [*lines[: most_lines - 1], lines[most_lines - 1][:-2] + LEFT_OUT]
        for line in lines:
            self._sheets.put(_LEFT + _LABEL_WIDTH, baseline, line, font, _SIZE)
            baseline += _LINE / MM
        return baseline

    def _pages(self, top: float) -> list[list[Paragraph]]:
        room = Room(_lines_below(top), _lines_below(_BODY_TOP_OTHER_PAGES), gap=0.7)
        pages = into_pages(self._paragraphs(self._letter.body), room)
        if len(pages) <= MOST_PAGES and len(self._letter.body) <= MOST_CHARACTERS:
            return pages
        ending = self._paragraphs(_CUT_SHORT.format(reference=self._reference))
        kept = [part for page in pages[:MOST_PAGES] for part in page]
        while len(pages := into_pages([*kept, *ending], room)) > MOST_PAGES:
            kept = [*kept[:-1], kept[-1][:-1]] if len(kept[-1]) > 1 else kept[:-1]
        return pages

    def _paragraphs(self, body: str) -> list[Paragraph]:
        paragraphs: list[Paragraph] = []
        together: list[str] = []
        for line in [*printable_lines(body, self._fonts.glyphs, at_most=MOST_CHARACTERS), ""]:
            if line:
                together.append(_DAY_AND_MONTH.sub("\u00a0", line))
            elif together:
                paragraphs.append(paragraph(together, (_RIGHT - _LEFT) * MM, self._width))
                together = []
        return paragraphs

    def _body(self, page: list[Paragraph], top: float) -> None:
        baseline = top + ASCENT * _SIZE / MM
        for part in page:
            for line in part:
                self._sheets.put(_LEFT + line.indent / MM, baseline, line.text, self._fonts.regular, _SIZE)
                baseline += _LINE / MM
            baseline += 0.7 * _LINE / MM

    def _head_of_other_page(self, number: int, count: int) -> None:
        baseline = _NAME_BASELINE
        half = (_RIGHT - _LEFT) * 0.6
        self._put_fitting(baseline, self._house.name, self._fonts.bold, _SIZE, width=half)
        self._put_fitting(baseline + 5, f"Ons kenmerk {self._reference}", self._fonts.regular, _SMALL, width=half)
        page = f"Pagina {number} van {count}"
        self._sheets.put_right(_RIGHT, baseline, page, self._fonts.regular, _SMALL, grey=_GREY)

    def _foot(self) -> None:
        if not self._house.contact_lines:
            return
        self._sheets.rule(_LEFT, _RIGHT, _FOOT_RULE, grey=0.7)
        for number, line in enumerate(self._house.contact_lines):
            baseline = _FOOT_BASELINE + number * _SMALL * LEADING / MM
            self._put_fitting(baseline, line, self._fonts.regular, _SMALL, grey=_GREY)

    def _put_fitting(
        self, baseline: float, text: str, font: Font, size: float, *, width: float = _RIGHT - _LEFT, grey: float = 0.0
    ) -> None:
        """Set one line at the left margin, smaller when it is too wide."""
        words = self._plain(text)
        shrunk = size * min(1.0, width * MM / (font.width(words, size) or 1.0))
        self._sheets.put(_LEFT, baseline, words, font, shrunk, grey=grey)

    def _plain(self, text: str) -> str:
        return printable_line(text, self._fonts.glyphs, at_most=_LONGEST_LINE)

    def _width(self, text: str) -> float:
        return self._fonts.regular.width(text, _SIZE)


def _some_of(lines: Sequence[str]) -> list[str]:
    """Return the first and last lines of an address, bounded: more would not fit anyhow, and `fitted` says so."""
    written = [line for line in lines if line and not line.isspace()]
    half = _MOST_ADDRESS_LINES // 2
    return written if len(written) <= 2 * half else [*written[:half], *written[-half:]]


def _lines_below(top: float) -> float:
    return (min(_BODY_BOTTOM, HEIGHT) - top) * MM / _LINE
