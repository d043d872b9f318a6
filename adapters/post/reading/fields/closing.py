"""Where a letter's own words begin and end: salutation, closing, and who signs below it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapters.post.reading.fields.evidence import Spot, whole
from adapters.post.reading.fields.labels import label_at
from adapters.post.reading.fields.lines import Line, Lines
from inbox.names import INITIALS, is_particle, is_title

_SALUTATION = re.compile(
    r"(?:(?:zeer |hoog)?ge?achte?|beste|dear|lieve|edelachtbare|weledel\w*|sehr geehrte[rs]?|aan wie dit|to whom it"
    r"|m(?:ijne|evrouw)? ?(?:heer|heren|dames)|geachte|l\.? ?s\.?[,.]?$)(?![\w-])",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:hoogachtend|met (?:de meeste |zeer |heel )?(?:vriendelijke|hartelijke|beleefde|groene|collegiale)?,? ?"
    r"(?:groet|hoogachting|groeten)|(?:met )?vriendelijke groet|m\.?v\.?g\b|groet(?:en|jes)?[,.]?$"
    r"|(?:hartelijke|beleefde) groet|yours (?:sincerely|faithfully|truly)|(?:with )?(?:kind|best) regards"
    r"|sincerely|mit freundlichen gr)",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"(?:persoonlijk|vertrouwelijk|aangetekend|per (?:post|mail|e-mail)|afzender|bijlage|namens|directeur|advocaat|adviseur"
    r"|handtekening|w\.?g\.?|postbus|telefoon|www|tel|kvk|iban|port betaald|postnl|ontvangen|ingekomen|aan|uw |onze "
    r"|pagina|www\.|voorzitter$|secretaris$|eigenaar$|manager|fax|bankrekening|bezoekadres|postadres)",
    re.IGNORECASE,
)
_TOKENS = 8
_LINES_BELOW = 5
_SPACE_FOR_SIGNING = 9
"""Heights of a line that a signature takes below the closing."""
_SIGNED = 0.97


@dataclass(frozen=True)
class Frame:
    """The lines of a letter between which its own words stand."""

    salutation: Line | None
    closing: Line | None


def is_salutation(text: str) -> bool:
    """Say whether the line addresses its reader."""
    return len(text) <= 90 and _SALUTATION.match(text) is not None


def is_closing(text: str) -> bool:
    """Say whether the line is how letters end."""
    return len(text) <= 60 and _CLOSING.match(text) is not None


def frame_of(lines: Lines) -> Frame:
    """Return the first salutation on the first page, and the last closing behind it; None for what is not there."""
    salutation: Line | None = None
    closing: Line | None = None
    for line in lines.all:
        if salutation is None and line.page == lines.first_page and is_salutation(line.text):
            salutation = line
        elif is_closing(line.text):
            closing = line
    return Frame(salutation, closing)


def signed_by(lines: Lines, frame: Frame) -> Spot | None:
    """Return the name under the closing."""
    if frame.closing is None:
        return None
    present = frame.closing
    for step in range(_LINES_BELOW):
        below = lines.below(present, next_line=_SPACE_FOR_SIGNING if step < 3 else 3)
        if below is None:
            return None
        if is_name(below.text):
            return whole(below, _SIGNED)
        present = below
    return None


def is_name(text: str) -> bool:
    """Say whether a line of its own may be the name of a person or company."""
    tokens = text.split()
    if not 1 <= len(tokens) <= _TOKENS or len(text) > 70 or len(text) < 3:
        return False
    if any(sign.isdigit() or sign in "@:;?!*_=|" for sign in text) or text.endswith((",", "...")):
        return False
    if _NO_NAME.match(text) or label_at(text) or is_salutation(text) or is_closing(text):
        return False
    if not (tokens[0][0].isupper() or is_particle(tokens[0]) or is_title(tokens[0])):
        return False
    plain = [token for token in tokens if not (is_particle(token) or is_title(token) or token.lower() in _JOINING)]
    has_name = any(len(token.strip(".&")) > 1 and not INITIALS.fullmatch(token) for token in plain)
    return has_name and all(token[0].isupper() or token[0] in "&('’" or token in _LEGAL for token in plain)


_JOINING = frozenset(["en", "and", "&", "-", "e/o", "voor", "of", "h/o", "tot"])
_LEGAL = frozenset(["b.v.", "bv", "n.v.", "v.o.f.", "vof", "u.a.", "i.o."])
