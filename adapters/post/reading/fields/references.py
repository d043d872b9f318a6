"""By which references a letter is known: ours, theirs, and the codes that we gave out ourselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.post.reading.fields.evidence import REPAIRED, Spot, found
from adapters.post.reading.fields.labels import labelled
from adapters.post.reading.fields.lines import Lines
from inbox.reading import LetterField
from inbox.reference import parse_reference

_NAMES = {"our": "our_reference", "their": "their_reference", "either": "reference", "case": "case_number"}
"""Seen from us, who receive: what the sender calls "uw kenmerk" is our reference, "ons kenmerk" is theirs."""
_OURS = re.compile(r"(?<![\w-])[0-9A-Za-z]{4} ?- ?[0-9A-Za-z]{4} ?- ?[0-9A-Za-z](?![\w-])")
_TOKENS = 4
_DOUBTFUL = re.compile(r"(?<=[0-9])[OIlSBZo](?=[0-9]|$|[^A-Za-z])|(?<![A-Za-z])[OIlo](?=[0-9])")
"""A letter among figures that may be a misread figure; a reference has no check that could tell."""
_KNOWN = 0.99
_EITHER = 0.85
"""Bare "kenmerk": somebody's reference, we cannot tell whose."""


def references_of(lines: Lines) -> Iterator[LetterField]:
    """Yield `our_reference`, `their_reference`, `reference` (whose is not said) and `case_number`, as written.

    `known_reference` is a code with our own check character, wherever it stands; it takes the place of the others.
    """
    for line in lines.all:
        for match in _OURS.finditer(line.text):
            if written := parse_reference(match[0]):
                sure = _KNOWN * (1.0 if match[0].replace(" ", "").upper() == written else REPAIRED)
                yield found("known_reference", Spot(written, line, match.start(), match.end(), sure), is_checked=True)
    for kind, _line, spot in labelled(lines, frozenset(_NAMES)):
        value = _value(spot.value)
        if not value or (_OURS.search(value) and parse_reference(value)):
            continue
        sure = spot.sure * (_EITHER if kind == "either" else 1.0) * (REPAIRED if _DOUBTFUL.search(value) else 1.0)
        start = spot.line.text.find(value, spot.start)
        yield found(_NAMES[kind], Spot(value, spot.line, start, start + len(value), sure))


def _value(written: str) -> str:
    """Return the words up to the first that is plain language; a reference has a figure in it, or no sense."""
    kept: list[str] = []
    for token in written.split()[:_TOKENS]:
        if token.islower() and token.isalpha():
            break
        kept.append(token)
        if token.endswith((",", ";")):
            break
    value = " ".join(kept).strip(" ,;.:")
    return value if any(sign.isdigit() for sign in value) and len(value) <= 60 else ""
