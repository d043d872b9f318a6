"""One page from the scan to its words, with figures that say how far they can be trusted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from PIL import Image

from adapters.post.reading.blank import is_blank
from adapters.post.reading.clean import cleaned
from adapters.post.reading.columns import has_columns
from adapters.post.reading.deskew import LEAST, straightened
from adapters.post.reading.ink import Ink, ink_of
from adapters.post.reading.known_words import dutch_share, known_share, telling
from adapters.post.reading.lone_strokes import with_pronouns
from adapters.post.reading.ocr import Recognised, check_languages, quarters_by_script, recognise
from adapters.post.reading.scan import ScanPage
from adapters.post.reading.scrawls import without_scrawls
from adapters.post.reading.settings import PageReaderSettings
from adapters.post.reading.unread import unread
from adapters.post.reading.upright import lie_of, turned
from adapters.post.reading.word import PageWords, Word
from inbox.errors import OutOfTime, SettingsInvalid, UnreadableError
from inbox.reading import UNREAD_INK, Page, PageSource

WEAK = 0.6
"""A word with a lower confidence is weak."""
_POOR = 0.65
"""Mean confidence below which it is asked whether the page lies another way. Upside down gives 0.3 to 0.5."""
_STRANGE = 0.3
"""Share of known words below which the same is asked, whatever the confidence: tesseract can be sure and wrong."""
_HAND_WEAK, _HAND_KNOWN = 0.5, 0.35
"""Handwriting: more weak words, fewer known ones, and strokes. Print that reads so poorly is not guessed at either."""
_STROKES = 0.7
"""Share of ink that hangs together."""
_SOLID, _DRAWN_LEAST, _DRAWN_MOST = 0.4, 0.003, 0.2
"""Where not one word was found: thin strokes over part of the page, and no picture, hole or black bar."""
_DUTCH, _ENGLISH = "nld", "eng"
_SURELY, _MOSTLY, _HOPELESS = 0.85, 0.6, 0.35
"""A page read in Dutch with such a mean confidence and such a share of Dutch words needs no other language; one below
the last is not read better in any."""
_ENVELOPE_WORDS, _NEARLY = 80, 0.85
"""A soiled page with so few words may be an envelope. It is looked at as one, unless that loses more than this."""
_SHEET_WORDS = 80
"""A page with more words in its text layer is no separator sheet, and is not drawn to look for one."""

SeparatorCode = Callable[[Image.Image], str]
"""Returns what the code of a separator sheet says, or nothing when the picture (grey, 300 dpi) is none."""


@dataclass(frozen=True)
class Placed:
    """How the picture that was read lies upon the page of the scan."""

    quarters: int = 0
    """Quarter turns counter-clockwise that made the page stand upright."""
    lean_degrees: float = 0.0
    """How far its lines leaned counter-clockwise, once upright; boxes are those of the page made level."""


@dataclass(frozen=True)
class PageReading:
    """What was made of one page."""

    page: Page
    words: PageWords
    text_pdf: bytes = field(default=b"", repr=False)
    """A PDF of one page with invisible text, for the searchable PDF; empty unless the page went through OCR."""
    placed: Placed = Placed()
    separator: str = ""
    """What the code of a separator sheet says."""


def read_page(
    page: ScanPage, settings: PageReaderSettings | None = None, separator_code: SeparatorCode | None = None
) -> PageReading:
    """Return what stands on the page; whatever is wrong with the page itself makes it `unreadable`, with a remark.

    Raises SettingsInvalid when tesseract or the data of a language is not there.
    """
    settings = settings or PageReaderSettings()
    try:
        return _read(page, settings, separator_code)
    except SettingsInvalid:
        raise
    except UnreadableError as error:
        return _without_words(page.number, PageSource.unreadable, error.code)
    except Exception:  # noqa: BLE001 - one page never costs the others; its picture is kept and a person looks
        return _without_words(page.number, PageSource.unreadable, UnreadableError.code)


def _read(page: ScanPage, settings: PageReaderSettings, separator_code: SeparatorCode | None) -> PageReading:
    until = time.monotonic() + settings.seconds_per_page
    layer = page.layer()
    if layer and (separator_code is None or len(layer) > _SHEET_WORDS):
        return _from_layer(page.number, layer)
    picture = page.picture()
    said = separator_code(picture) if separator_code is not None else ""
    if said:
        without = _without_words(page.number, PageSource.separator)
        return PageReading(without.page, without.words, separator=said)
    if layer:
        return _from_layer(page.number, layer)
    ink = ink_of(picture)
    if is_blank(ink):
        return _without_words(page.number, PageSource.blank)
    return _through_ocr(page.number, picture, ink, settings.languages, until)


def _through_ocr(number: int, picture: Image.Image, ink: Ink, languages: Sequence[str], until: float) -> PageReading:
    check_languages(tuple(languages))
    lie = lie_of(picture, ink)
    picture, remarks = cleaned(picture, ink)
    placed = Placed(lie.quarters, lie.lean_degrees if abs(lie.lean_degrees) >= LEAST else 0.0)
    # Most letters are in one language: each further one costs a quarter more.
    first = languages[:1] if languages[0] == _DUTCH else languages
    look, found = _first_look(picture, ink, placed, first, until)
    if _is_poor(found.words):
        # Only now is the dear question worth its time.
        other = _other_lie(picture, placed, lie.is_sure, until)
        again = look.again_at(other, first) if other is not None else None
        if other is not None and again is not None and _worth(again.words) > _worth(found.words):
            found, placed = again, other
    if len(first) < len(languages) and _may_be_foreign(found.words):
        # The first language is the one that wins where both would do, and it is not Dutch.
        foreign = (*languages[1:], _DUTCH)
        again = look.again_at(placed, foreign)
        if again is not None and _worth(again.words) >= _worth(found.words):
            found, first = again, foreign
    found, is_skipped = _with_skipped(look, placed, found, first)
    if _ENGLISH in first:
        found = replace(found, words=with_pronouns(found.words))
    if _mean(found.words) >= _POOR:
        found = replace(found, words=without_scrawls(found.words))
    if is_skipped:
        remarks = (*remarks, UNREAD_INK)
    if placed.quarters:
        remarks = (f"rotated_{placed.quarters * 90}", *remarks)
    if placed.lean_degrees:
        remarks = ("skewed", *remarks)
    said = [word.text for word in found.words]
    figures = Page(
        number=number,
        read_from=PageSource.ocr,
        confidence=_mean(found.words),
        weak_share=_weak_share(found.words),
        dutch_share=round(dutch_share(said), 3),
        words=len(found.words),
        remarks=(*remarks, *_what_it_is(found.words, ink)),
    )
    return PageReading(figures, PageWords(number, found.words), found.text_pdf, placed)


@dataclass(frozen=True)
class _Look:
    """Looks at one picture, as often as there is time."""

    picture: Image.Image
    until: float
    is_one_block: bool

    def at(self, placed: Placed, languages: Sequence[str]) -> Recognised:
        """Return what is read when the page lies so. Raises OutOfTime."""
        seconds = self.until - time.monotonic()
        return recognise(_upright(self.picture, placed), languages, seconds, is_one_block=self.is_one_block)

    def again_at(self, placed: Placed, languages: Sequence[str]) -> Recognised | None:
        """Return what another look gives; None when there is no time for it: what was read before stays."""
        try:
            return self.at(placed, languages)
        except OutOfTime:
            return None


def _first_look(
    picture: Image.Image, ink: Ink, placed: Placed, languages: Sequence[str], until: float
) -> tuple[_Look, Recognised]:
    """Return what is read first, and how it was looked at.

    Under stains, stamps and shadows tesseract takes lines for a picture, unless it is told that all is text. An envelope
    is told otherwise: its postmark would be text too.
    """
    look = _Look(picture, until, ink.is_soiled and not has_columns(ink_of(_upright(picture, placed))))
    found = look.at(placed, languages)
    if look.is_one_block and len(found.words) <= _ENVELOPE_WORDS:
        other_look = replace(look, is_one_block=False)
        other = other_look.again_at(placed, languages)
        if other is not None and _worth(other.words) >= _NEARLY * _worth(found.words):
            return other_look, other
    return look, found


def _upright(picture: Image.Image, placed: Placed) -> Image.Image:
    upright = turned(picture, placed.quarters)
    return straightened(upright, placed.lean_degrees) if placed.lean_degrees else upright


def _with_skipped(look: _Look, placed: Placed, found: Recognised, languages: Sequence[str]) -> tuple[Recognised, bool]:
    """Return the page with what was skipped, and whether much still is."""
    upright = _upright(look.picture, placed)
    left = unread(upright, found.words)
    # In handwriting and noise another look only guesses more.
    if left.deserves_another_look and not look.is_one_block and _mean(found.words) >= _POOR:
        again = replace(look, is_one_block=True).again_at(placed, languages)
        if again is not None and _worth(again.words) > _worth(found.words):
            found, left = again, unread(upright, again.words)
    return found, left.is_much


def _other_lie(picture: Image.Image, placed: Placed, is_sure: bool, until: float) -> Placed | None:
    """Return how else the page may lie: as tesseract's own look at the script says, else upside down."""
    asked = quarters_by_script(picture, until - time.monotonic())
    if asked is None:
        asked = placed.quarters if is_sure else (placed.quarters + 2) % 4
    if asked == placed.quarters:
        return None
    # Half a turn keeps the lean; after a quarter turn it is not known.
    return Placed(asked, placed.lean_degrees if (asked - placed.quarters) % 2 == 0 else 0.0)


def _is_poor(words: Sequence[Word]) -> bool:
    if not words:
        return True
    said = [word.text for word in words]
    return _mean(words) < _POOR or (len(telling(said)) > 5 and known_share(said) < _STRANGE)


def _may_be_foreign(words: Sequence[Word]) -> bool:
    mean = _mean(words)
    return mean >= _HOPELESS and (mean < _SURELY or dutch_share(word.text for word in words) < _MOSTLY)


def _worth(words: Sequence[Word]) -> float:
    """Return how much was read: confident words, those known twice over."""
    said = [word.text for word in words]
    return sum(word.confidence for word in words if word.confidence >= WEAK) * (1 + known_share(said))


def _what_it_is(words: Sequence[Word], ink: Ink) -> tuple[str, ...]:
    """Return `handwriting`, `noise` or `no_words` where the figures say so."""
    has_strokes = ink.stroke_share >= _STROKES
    if not words:
        is_drawn = has_strokes and ink.solid_share < _SOLID and _DRAWN_LEAST <= ink.share <= _DRAWN_MOST
        return ("no_words", "handwriting") if is_drawn else ("no_words",) if has_strokes else ("no_words", "noise")
    if _weak_share(words) < _HAND_WEAK or known_share([word.text for word in words]) > _HAND_KNOWN:
        return ()
    return ("handwriting",) if has_strokes else ("noise",)


def _from_layer(number: int, words: tuple[Word, ...]) -> PageReading:
    figures = Page(
        number=number,
        read_from=PageSource.text_layer,
        confidence=1.0,
        dutch_share=round(dutch_share(word.text for word in words), 3),
        words=len(words),
    )
    return PageReading(figures, PageWords(number, words))


def _without_words(number: int, read_from: PageSource, *remarks: str) -> PageReading:
    return PageReading(Page(number=number, read_from=read_from, remarks=remarks), PageWords(number, ()))


def _mean(words: Sequence[Word]) -> float:
    return round(sum(word.confidence for word in words) / len(words), 3) if words else 0.0


def _weak_share(words: Sequence[Word]) -> float:
    return round(sum(word.confidence < WEAK for word in words) / len(words), 3) if words else 0.0
