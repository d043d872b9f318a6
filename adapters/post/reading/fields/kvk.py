"""Numbers of the trade register (KvK): eight digits behind their label. They have no check digit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.post.reading.fields.evidence import Spot, found, unreadable
from adapters.post.reading.fields.lines import Lines
from inbox.reading import LetterField

_LABEL = re.compile(
    r"(?<![^\W_])(?:k\.?v\.?k\b\.?|kamer van koophandel|handelsregister|chamber of commerce|coc\b)"
    r"(?:[ -]?(?:nummer|number|nr\.?|no\.?))?(?: te| in)?(?: [^\W\d_](?:[^\W\d_]|['-]){1,20}){0,2}[ :.]{0,3}"
    r"(?:(?:nummer|number|nr\.?|no\.?)[ :]{0,2})?(?P<number>[0-9OIlSBZ](?:[ .]?[0-9OIlSBZ]){4,14})?",
    re.IGNORECASE,
)
_SURE = 0.98


def kvks_of(lines: Lines) -> Iterator[LetterField]:
    """Yield `kvk` for each label behind which something like a number stands; unreadable unless of eight digits."""
    for line in lines.all:
        for match in _LABEL.finditer(line.text):
            spot_line, start, end = line, match.start("number"), match.end("number")
            number = match["number"] or ""
            if not number and not line.text[match.end() :].strip(" :.") and (other := lines.beside(line)):
                number = other.text if re.fullmatch(r"[0-9OIlSBZ .]{6,12}", other.text) else ""
                spot_line, start, end = other, 0, len(other.text)
            if sum(sign.isdigit() for sign in number) < 5:
                continue
            digits = number.replace(" ", "").replace(".", "")
            if len(digits) == 8 and digits.isascii() and digits.isdigit():
                yield found("kvk", Spot(digits, spot_line, start, end, _SURE))
            else:
                yield unreadable("kvk", spot_line, start, end)
