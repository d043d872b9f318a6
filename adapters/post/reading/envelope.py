"""Whether a sheet is the outside of an envelope that nobody opened. In doubt it is a letter: its words are then read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from adapters.post.reading.fields.address import Block, blocks_of
from adapters.post.reading.fields.closing import frame_of
from adapters.post.reading.fields.dates import dates_in
from adapters.post.reading.fields.lines import Line, Lines
from adapters.post.reading.known_words import dutch_words
from adapters.post.reading.word import PageWords
from inbox.letter_facts import ENVELOPE_WORDS
from inbox.reading import LetterField

_SIDES = 2
_LETTERS_ONLY = frozenset(
    ["subject", "signed_by", "our_reference", "their_reference", "reference", "case_number", "iban", "kvk", "bsn"]
)
"""Fields that stand inside an envelope, not upon it."""
_STANDS_ALONE = frozenset(["marked", "addressee", "stamped_on"])
"""Fields whose whole line says nothing else."""
_POSTED = re.compile(r"\b(?:postnl|sandd|port betaald|port payé|poststempel|postmerk|postmark)\b", re.IGNORECASE)
_PRINTED = re.compile(
    r"(?:port (?:betaald|payé)|business ?post|niet (?:vouwen|knikken|buigen)|breekbaar|aangetekend(?:e brief)?"
    r"|handtekening voor ontvangst|postzegel (?:niet nodig|plakken)|(?:indien|bij) onbestel\w+(?: retour.*)?"
    r"|return to sender|par avion|priority|internationaal|(?:the )?netherlands|nederland|pays-bas"
    r"|retour(?:adres| afzender)?|afz(?:ender)?|sorteercentrum)[ .:]*",
    re.IGNORECASE,
)
"""What carriers and senders print on envelopes, each on a line of its own."""
_NAME_WORDS = 3
"""Words of a line that no address explains: a firm's sign, the town of a postmark."""
_SHORT = 3
"""Letters of a word that says something; below, it may be waves or dirt."""
_AROUND = ".,;:!?()[]|*-–—'\""


def is_envelope(pages: Sequence[PageWords], fields: Sequence[LetterField]) -> bool:
    """Say whether these pages are the one or two sides of a closed envelope. Pure, never raises.

    It is one when somebody is addressed, it bears a mark or what a carrier prints, and every line is explained: an
    address, a mark, a stamp, a postmark, a name. One line of text, a subject, a salutation or a closing make it a letter.
    `pages`: as read, empty ones too. `fields`: what was found upon them.
    """
    written = [page for page in pages if page.words]
    if not 1 <= len(written) <= _SIDES or any(len(page.words) > ENVELOPE_WORDS for page in written):
        return False
    names = Counter(field.name for field in fields)
    if _LETTERS_ONLY & names.keys():
        return False
    lines = Lines(written)
    frame = frame_of(lines)
    if frame.salutation or frame.closing:
        return False
    blocks = blocks_of(lines, frame)
    was_posted = any(_POSTED.search(line.text) for line in lines.all)
    if not (names["addressee"] or blocks) or not (names["marked"] or was_posted):
        return False
    explained = {line for block in blocks for line in _lines_of(block)}
    return all(line in explained or _is_field(line, fields) or _says_little(line.text) for line in lines.all)


def _lines_of(block: Block) -> list[Line]:
    spots = (block.postcode, block.city, block.street, block.number, block.po_box, block.name)
    return [block.line, *block.above, *(spot.line for spot in spots if spot)]


def _is_field(line: Line, fields: Sequence[LetterField]) -> bool:
    return any(field.name in _STANDS_ALONE and field.page == line.page and _holds(line, field.box) for field in fields)


def _holds(line: Line, box: tuple[int, int, int, int]) -> bool:
    left, top, right, bottom = box
    return line.left <= left and line.top <= top and right <= line.right and bottom <= line.bottom


def _says_little(text: str) -> bool:
    """Say whether the line is a date, a carrier's or a name: capitals, and no word that a word list knows."""
    rest = " ".join(_POSTED.sub(" ", _without_dates(text)).split())
    if _PRINTED.fullmatch(rest):
        return True
    words = [word.strip(_AROUND) for word in rest.split()]
    words = [word for word in words if sum(sign.isalpha() for sign in word) >= _SHORT]
    known = dutch_words()
    return len(words) <= _NAME_WORDS and all(word[0].isupper() and word.lower() not in known for word in words)


def _without_dates(text: str) -> str:
    for written in sorted(dates_in(text), key=lambda found: -found.start):
        text = f"{text[: written.start]} {text[written.end :]}"
    return text
