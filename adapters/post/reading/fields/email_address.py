"""E-mail addresses that stand in a letter exactly as they work; one that does not is not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.post.reading.fields.evidence import Spot, found, unreadable
from adapters.post.reading.fields.lines import Line, Lines
from inbox.reading import LetterField

_ADDRESS = re.compile(
    r"(?<![\w.%+@-])[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9])?@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![\w@-])"
)
_ENDINGS = frozenset([
    "nl", "com", "net", "org", "eu", "be", "de", "info", "fr", "uk", "nu", "frl", "amsterdam", "email", "online",
    "gov", "edu", "io", "me", "pl", "lu", "it", "es", "at", "ch", "dk", "se", "example", "test",
])  # fmt: skip
"""Endings that Dutch letters hold (`example` and `test` as in RFC 2606); another may be a misread one: .ni, .con, .n1."""
_LABEL = re.compile(r"(?:e-?mail(?:adres)?|mail|e|m)(?: ?[:.|])?|[|•·,;:(<]|of|naar|via|op|or|at|to|is", re.IGNORECASE)
_SURE, _UNKNOWN_ENDING, _AFTER_A_WORD = 0.98, 0.6, 0.85


def email_addresses_of(lines: Lines) -> Iterator[LetterField]:
    """Yield `email` for each, in lower case. One with a space inside, or a dubious ending, is unreadable."""
    for line in lines.all:
        if "@" not in line.text:
            continue
        seen = 0
        for match in _ADDRESS.finditer(line.text):
            seen += match[0].count("@")
            yield _field(line, match)
        if line.text.count("@") > seen:
            place = line.text.find("@")
            yield unreadable("email", line, max(0, place - 1), place + 2)


def _field(line: Line, match: re.Match[str]) -> LetterField:
    ending = match[0].rpartition(".")[2]
    before = line.text[: match.start()].rstrip()
    # "jan. devries@…", "…@dewit.nl .be": a word that was read as two.
    is_cut = before.endswith((".", "-", "_", "+")) and not re.search(r"(?:mail|tel|e)\.$", before, re.IGNORECASE)
    is_cut = is_cut or line.text[match.end() : match.end() + 2].startswith((" .", ".-"))
    if is_cut or not (ending.islower() or match[0].isupper()):
        return unreadable("email", line, match.start(), match.end())
    sure = _SURE if ending.lower() in _ENDINGS else _UNKNOWN_ENDING
    last = before.rpartition(" ")[2]
    if last and not _LABEL.fullmatch(last) and last[-1] not in ":|•·,;(<":
        sure = min(sure, _AFTER_A_WORD)
    return found("email", Spot(match[0].lower(), line, match.start(), match.end(), sure))
