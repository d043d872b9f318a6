"""Blocks of an address: name, street, number, postcode, city, each with the place where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapters.post.reading.fields.closing import Frame, is_name
from adapters.post.reading.fields.evidence import REPAIRED, Spot, whole
from adapters.post.reading.fields.labels import label_at
from adapters.post.reading.fields.lines import Line, Lines
from adapters.post.reading.fields.postcode import Postcode, postcodes_in
from inbox.names import is_particle

_BLOCKS = 20
"""Addresses of one letter that are looked at."""
_NAME_LINES = 3
_SEPARATOR = re.compile(r" ?[|•·;,] ?| [-–—] ")
_STREET = re.compile(
    r"(?P<street>(?:\d{1,3}e |[1-9]e )?[^\W\d_][^\d|@:,]{1,48}?)(?P<space>[ ,]{0,2})"
    r"(?P<number>[1-9]\d{0,4})(?: ?[-/]? ?(?P<addition>[A-Za-z]{1,2}(?:[ -]?\d{1,3})?|\d{1,4}|bis|hs|huis|boven|rood))?\.?"
)
_BROKEN_NUMBER = re.compile(r"(?P<street>[^\W\d_][^\d|@:,]{3,48}) (?P<number>[0-9OIlSBZ]{1,4}[A-Za-z]?)")
_PO_BOX = re.compile(r"(?:post ?bus|p\.?o\.? ?box) ?(?P<number>\d{1,5})", re.IGNORECASE)
_LABEL_BEFORE = re.compile(
    r"(?:afz(?:ender|\.)?|van|from|sender|adres|bezoekadres|postadres|aan|to)? ?:? ?", re.IGNORECASE
)
_JOINING = frozenset(["aan", "op", "den", "de", "der", "het", "van", "bij", "en", "in", "ter", "ten"])
_CITY_WORDS = 5
_SURE = 0.99
_GUESSED = 0.96
"""A name or street by its place above the postcode."""
_IN_ONE_LINE = 0.92
"""A name before a comma: half of it may stand before another."""
_HIGHEST_NUMBER = 1_500
"""Higher house numbers are rarer than a misread "Postbus"."""
_TOP_UNREAD = 0.85
"""A line of the block above the name that is none itself, or was misread: the name may have stood there."""
_UNSEPARATED = 0.85
"""A city behind which other words follow in small letters: half of it may stand there."""
_INLINE_HEAD, _INLINE_FOOT = 200, 850
"""Thousandths of the height: between them an address within a line is one that the letter speaks about."""


@dataclass
class Block:
    """One address. `postcode.value` is empty when its check failed."""

    line: Line
    postcode: Spot
    city: Spot | None = None
    street: Spot | None = None
    number: Spot | None = None
    addition: Spot | None = None
    po_box: Spot | None = None
    name: Spot | None = None
    above: tuple[Line, ...] = ()
    """All lines of the block above the postcode, nearest first."""
    is_inline: bool = False
    """It stands within one line: a foot, a letterhead in one line, a window's small sender line."""
    has_label: bool = False
    """`Afzender:` stands before it."""

    @property
    def words(self) -> str:
        """All its words."""
        return "\n".join([*(line.text for line in reversed(self.above)), self.line.text])


def blocks_of(lines: Lines, frame: Frame) -> list[Block]:
    """Return the addresses that stand as such, in reading order; not those that the letter's words mention."""
    found: list[Block] = []
    for line in lines.all:
        if frame.salutation and frame.closing and lines.is_between(line, frame.salutation, frame.closing):
            continue
        for postcode in postcodes_in(line.text):
            block = _block(lines, line, postcode)
            if block:
                found.append(block)
            if len(found) == _BLOCKS:
                return found
    return found


def _block(lines: Lines, line: Line, postcode: Postcode) -> Block | None:
    before = line.text[: postcode.start].removesuffix("NL-").rstrip(" ,;|•·-–—")
    spot = Spot(postcode.value, line, postcode.start, postcode.end, _SURE * postcode.sure)
    block = Block(line, spot, city=_city(line, postcode))
    if _LABEL_BEFORE.fullmatch(before):
        _standing(lines, block, begins_at=postcode.start)
        has_shape = (block.street and block.street.value) or block.po_box or block.name
        return block if has_shape and (postcode.value or block.city) else None
    label = label_at(line.text)
    if label and label.kind != "other":
        return None
    block.is_inline = True
    _inline(lines, block, before)
    is_signature = block.name and block.city and block.name.start == 0 and block.city.end >= len(line.text.rstrip(" ."))
    is_in_place = line.top < _INLINE_HEAD or line.bottom > _INLINE_FOOT or block.has_label or is_signature
    return block if block.city and (block.street or block.po_box) and is_in_place and postcode.value else None


def _standing(lines: Lines, block: Block, *, begins_at: int) -> None:
    """Fill the block from the lines above the postcode, or the one before it on the same height."""
    block.above = tuple(lines.climb(block.line, 6))
    street_line = block.above[0] if block.above else None
    if street_line and not (_take_street(block, street_line, 0, len(street_line.text))):
        street_line = None
    beside = None if street_line else lines.beside(block.line, to_left=True)
    if beside and _take_street(block, beside, 0, len(beside.text)):
        block.is_inline = True
        name = lines.beside(beside, to_left=True)
        block.name = whole(name, _GUESSED) if name and is_name(name.text) else None
        return
    names: list[Line] = []
    doubt = 1.0
    first = 1 if street_line else 0
    if not street_line and len(block.above) > 1 and _is_misread_street(block.above[0].text):
        block.street = whole(block.above[0], 0.0, "")
        first = 1
    for line in block.above[first:]:
        text = _without_label(line.text)
        if len(names) == _NAME_LINES or not is_name(text):
            block.has_label = bool(_is_sender_label(line.text))
            doubt = 1.0 if block.has_label else _TOP_UNREAD
            if not names and _KIND_OF_ADDRESS.fullmatch(line.text):
                names = [
                    above for above in (lines.above(line, next_line=_LETTERHEAD_GAP),) if above and is_name(above.text)
                ]
            break
        names.append(line)
        if _is_sender_label(line.text):
            block.has_label = True
            break
    if names:
        top = names[-1]
        value = _without_label(top.text)
        sure = doubt * (_GUESSED if len(names) == 1 else _GUESSED * 0.97)
        block.name = Spot(value, top, len(top.text) - len(value), len(top.text), sure)


def _is_misread_street(text: str) -> bool:
    return len(text) <= 60 and not (is_name(text) or label_at(text) or _is_sender_label(text))


def _inline(lines: Lines, block: Block, before: str) -> None:
    """Fill the block from what stands before the postcode in its line."""
    line = block.line
    block.has_label = _is_sender_label(before)
    begin = len(before) - len(_without_label(before))
    pieces: list[tuple[int, int]] = []
    for separator in _SEPARATOR.finditer(before, begin):
        pieces.append((begin, separator.start()))
        begin = separator.end()
    pieces.append((begin, len(before)))
    pieces = [(start, end) for start, end in pieces if before[start:end].strip()]
    if not pieces or not _take_street(block, line, *pieces[-1]):
        return
    if len(pieces) > 1:
        start, end = pieces[-2]
        value = before[start:end].strip()
        block.name = Spot(value, line, start, end, _IN_ONE_LINE) if is_name(value) else None
    elif (above := lines.above(line)) and is_name(_without_label(above.text)):
        value = _without_label(above.text)
        block.name = Spot(value, above, len(above.text) - len(value), len(above.text), _GUESSED)
        block.has_label = block.has_label or _is_sender_label(above.text)
        block.above = (above,)


def _take_street(block: Block, line: Line, start: int, end: int) -> bool:
    """Fill street, number and addition from this piece of a line; say whether it is a street or box."""
    written = line.text[start:end].strip(" ,")
    start = line.text.find(written, start)
    written = _without_label(written)
    start = line.text.find(written, start)
    if box := _PO_BOX.fullmatch(written):
        block.po_box = Spot(box["number"], line, start + box.start("number"), start + box.end("number"), _SURE)
        return True
    match = _STREET.fullmatch(written)
    if match and len(match["street"].strip()) > 2:
        is_likely = match["space"] and int(match["number"]) <= _HIGHEST_NUMBER
        sure = _GUESSED * (1.0 if is_likely else REPAIRED)
        street = match["street"].strip()
        street = street if street.endswith(("str.", "wg.", "ln.")) else street.rstrip(" .")
        block.street = Spot(street, line, start, start + match.end("street"), sure)
        block.number = Spot(match["number"], line, start + match.start("number"), start + match.end("number"), sure)
        if match["addition"]:
            place = start + match.start("addition"), start + match.end("addition")
            block.addition = Spot(match["addition"].strip(), line, *place, sure * 0.98)
        return True
    broken = _BROKEN_NUMBER.fullmatch(written)
    if broken and any(sign in "0123456789OIl" for sign in broken["number"]) and not broken["number"].isalpha():
        block.street = Spot(broken["street"], line, start, start + broken.end("street"), _GUESSED * REPAIRED)
        block.number = Spot("", line, start + broken.start("number"), start + broken.end("number"), 0.0)
        return True
    return False


def _city(line: Line, postcode: Postcode) -> Spot | None:
    rest = line.text[postcode.end :]
    start = postcode.end + len(rest) - len(rest.lstrip(" ,"))
    end = start
    for words, token in enumerate(re.finditer(r"[^ |•·,;]+", line.text[start : start + 80])):
        gap = line.text[end : start + token.start()]
        if (words and gap.strip()) or words == _CITY_WORDS or not _is_city_word(token[0], is_first=words == 0):
            break
        if words and label_at(line.text[start + token.start() :]):
            break
        end = start + token.end()
    value = line.text[start:end].strip(" .-")
    while value.rpartition(" ")[2].lower() in _JOINING:
        value = value.rpartition(" ")[0]
    if len(value) < 2:
        return None
    sure = _SURE * (_UNSEPARATED if line.text[start + len(value) :].lstrip()[:1].islower() else 1.0)
    has_room = line.text[postcode.end : postcode.end + 1] in (" ", ",")
    return Spot(value, line, start, start + len(value), sure * (1.0 if has_room else REPAIRED))


def _is_city_word(token: str, *, is_first: bool) -> bool:
    letters = token.strip(".").replace("'", "").replace("’", "").replace("-", "").replace("(", "").replace(")", "")
    if not letters.isalpha() or letters.lower() in ("tel", "t", "e", "telefoon", "kvk", "email", "fax", "mail", "www"):
        return False
    return (
        letters[0].isupper()
        or token.startswith(("'s", "'t"))
        or (not is_first and is_particle(token))
        or (not is_first and token in _JOINING)
    )


_KIND_OF_ADDRESS = re.compile(r"(?:post|bezoek)adres ?:?", re.IGNORECASE)
_LETTERHEAD_GAP = 5
"""Heights of a line between the name of a company and its kinds of address."""
_SENDER_LABEL = re.compile(r"(?:afz(?:ender|\.)|van|from|sender)(?: ?[:.]| ?$) ?", re.IGNORECASE)
_ANY_LABEL = re.compile(
    r"(?:afz(?:ender|\.)|van|from|sender|aan|to|(?:bezoek|post)?adres)(?: ?:| ?$)\.? ?|afz\. ?", re.IGNORECASE
)


def _is_sender_label(text: str) -> bool:
    return _SENDER_LABEL.match(text) is not None


def _without_label(text: str) -> str:
    label = _ANY_LABEL.match(text)
    return text[label.end() :] if label else text
