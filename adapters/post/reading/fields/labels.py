"""Values behind their labels: `Ons kenmerk: …`, beside them in another column, or below them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.post.reading.fields.evidence import Spot
from adapters.post.reading.fields.lines import Line, Lines

_MARK = r"(?:(?:\.?nr|-?nummer| ?number|no)\b\.?)?"
_KENMERK = rf"(?:ken(?:m|rn)erk|ref(?:erentie|erence|\.)?|zaak{_MARK}|dossier{_MARK})"
_LABEL = re.compile(
    rf"(?:(?P<our>uw {_KENMERK}|your ref(?:erence|\.)?|ihr zeichen)"
    rf"|(?P<their>(?:ons|onze) {_KENMERK}|our ref(?:erence|\.)?|unser zeichen)"
    r"|(?P<case>zaak(?:nummer|nr\.?| ?id)|case (?:number|no\.?))"
    r"|(?P<either>ken(?:m|rn)erk|referentie(?:nummer)?|reference(?: number)?|ref\.?|dossier(?:nummer|nr\.?)?)"
    r"|(?P<date>datum|date|dagtekening|datum brief)"
    r"|(?P<subject>betreft|betr\.?|onderwerp|inzake|re|concerning|subject|betreff)"
    r"|(?P<other>uw brief(?: van)?|bijlagen?|behandeld door|contactpersoon|doorkiesnummer|telefoon|tel\.?|e-?mail"
    r"|aan|van|afzender|afz\.?|to|from|your letter(?: of)?|enclosures?|pagina|fax)"
    r")(?![^\W_])"
)
_BEHIND = re.compile(r"(?:\([a-z]+\))? ?(?P<mark>[:;])? ?")
_INNER = re.compile(r" (?=(?:uw|ons|onze|your|our|datum|date|zaaknummer|betreft|onderwerp)\b)", re.IGNORECASE)
_LOOKALIKES = str.maketrans({"0": "o", "1": "l", "|": "l"})
_NEEDS_MARK = re.compile(r"re|ref\.?|date|datum|inzake|reference|dossier|concerning|subject|case no\.?")
"""Words that also begin sentences: as a label they have their colon, or stand alone on their line."""

BEHIND, BESIDE, BELOW = 0.99, 0.98, 0.96
"""Sureness of the three places of a value."""


@dataclass(frozen=True)
class Label:
    """A label at the beginning of a text."""

    kind: str
    end: int
    """Where the value begins."""
    has_mark: bool


def label_at(text: str) -> Label | None:
    """Return the label with which the text begins."""
    plain = text[:40].lower().translate(_LOOKALIKES)
    label = _LABEL.match(plain)
    if label is None or plain[label.end() : label.end() + 1].isalnum():
        return None
    behind = _BEHIND.match(plain, label.end())
    end = behind.end() if behind else label.end()
    has_mark = bool(behind and behind["mark"])
    kind = label.lastgroup or "other"
    is_alone = end >= len(text)
    if not (has_mark or is_alone) and (kind == "other" or _NEEDS_MARK.fullmatch(label[0])):
        return None
    return Label(kind, end, has_mark)


def labelled(lines: Lines, kinds: frozenset[str]) -> Iterator[tuple[str, Line, Spot]]:
    """Yield kind, the label's line, and the value as it is written, for each label of these kinds."""
    for line in lines.all:
        for start in (0, *(inner.end() for inner in _INNER.finditer(line.text, 0, 400))):
            label = label_at(line.text[start:])
            if label is None or label.kind not in kinds or (start and not label.has_mark):
                continue
            spot = _value(lines, line, start + label.end)
            if spot and spot.value:
                yield label.kind, line, spot


def _value(lines: Lines, line: Line, start: int) -> Spot | None:
    behind = line.text[start:]
    if behind.strip():
        end = next(
            (
                inner.start()
                for inner in _INNER.finditer(behind)
                if (at := label_at(behind[inner.end() :])) and at.has_mark
            ),
            len(behind),
        )
        return Spot(behind[:end].strip(), line, start, start + end, BEHIND)
    for other, sure in ((lines.beside(line), BESIDE), (lines.below(line), BELOW)):
        if other and label_at(other.text) is None:
            return Spot(other.text, other, 0, len(other.text), sure)
    return None
