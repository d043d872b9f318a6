"""Telephone numbers in their written form of ITU-T E.164: `+31168123456`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.post.reading.fields.evidence import Spot, found, unreadable
from adapters.post.reading.fields.iban import accounts_in
from adapters.post.reading.fields.lines import Line, Lines
from inbox.reading import LetterField

_LABEL = r"(?:tel(?:efoon|\.|ephone)?(?:nummer|nr\.?)?|mob(?:iel|\.|ile)?|phone|gsm|doorkiesnummer|t|m)"
_LABELLED = re.compile(
    rf"(?<![^\W_])(?P<label>{_LABEL}|fax) ?[:.|]? ?(?P<number>[+(0-9OIl][0-9OIl ()/.-]{{5,22}}[0-9OIl])(?![\w@])",
    re.IGNORECASE,
)
_LABEL_ALONE = re.compile(rf"(?P<label>{_LABEL}) ?[:.|]?", re.IGNORECASE)
_ALONE = re.compile(r"(?<![\w+.,/-])(?<![A-Z\d] )(?:\+|00)?[0-9(][0-9 ()/.-]{7,22}[0-9](?![\w@/-])")
_DUTCH = re.compile(r"(?:\+31|0031|0)(?P<number>[1-9]\d{8})")
_FOREIGN = re.compile(r"(?:\+|00)(?P<number>(?!31)[1-9]\d{7,13})")
_WRITTEN_DUTCH = re.compile(
    r"(?:\+31|0031) ?(?:\(0\))?[ -]?[1-9][\d -]{8,12}|\(?0\d{1,3}(?:[ /-]{1,3}|\) ?)[\d -]{6,11}|06\d{8}"
)
"""Without a label only what is written as telephone numbers are: ten figures in one may be anything."""
_NOT_REACHABLE = re.compile(r"(?:0[89]0\d|14 ?0\d|112)")
"""0800, 0900, the 14 + area code of municipalities: no E.164 numbers, so no fields."""
_SURE, _SURE_ALONE, _SURE_FOREIGN = 0.98, 0.95, 0.85
_IN_A_SENTENCE = 0.85
"""Of a number among other words: a neighbour's, as often as the sender's. Nobody is told of a letter at such a number."""
_FEW_WORDS = 2
"""Beside the number, on a line that is no sentence: `06-12345678 (mobiel)`."""


def phones_of(lines: Lines) -> Iterator[LetterField]:
    """Yield `phone` for each. A number behind its label that is none is unreadable; fax numbers are passed over."""
    for line in lines.all:
        taken = accounts_in(line.text)
        for match in _LABELLED.finditer(line.text):
            taken.append(match.span())
            if match["label"].lower() != "fax":
                is_said = _is_in_a_sentence(line, *match.span())
                sure = _IN_A_SENTENCE if is_said else _SURE
                yield from _field(line, match.start("number"), match["number"], sure, is_labelled=True)
        for match in _ALONE.finditer(line.text):
            if not any(match.start() < end and match.end() > start for start, end in taken):
                beside = lines.beside(line, to_left=True) if match.start() == 0 else None
                is_labelled = bool(beside and _LABEL_ALONE.fullmatch(beside.text))
                if is_labelled or _WRITTEN_DUTCH.fullmatch(match[0].strip()):
                    sure = _SURE if is_labelled else _SURE_ALONE
                    if _is_in_a_sentence(line, match.start(), match.end()):
                        sure = _IN_A_SENTENCE
                    yield from _field(line, match.start(), match[0], sure, is_labelled=is_labelled)


def _is_in_a_sentence(line: Line, start: int, end: int) -> bool:
    """Say whether other words than addresses, names of places and the like stand beside it: small letters do."""
    beside = f"{line.text[:start]} {line.text[end:]}".split()
    return sum(word[:1].islower() and "@" not in word and "." not in word[:-1] for word in beside) > _FEW_WORDS


def e164(written: str) -> str:
    """Return the number as E.164, of the Netherlands where no country is named; empty when it is none.

    Dutch ones have nine digits behind +31 (0800, 0900 and 14 + area code are not reached that way).
    """
    plain = "".join(sign for sign in written.replace("(0)", "") if sign not in " ()/.-")
    if dutch := _DUTCH.fullmatch(plain):
        number = dutch["number"]
        return "" if number.startswith(("800", "90")) else f"+31{number}"
    foreign = _FOREIGN.fullmatch(plain)
    return f"+{foreign['number']}" if foreign else ""


def _field(line: Line, start: int, written: str, sure: float, *, is_labelled: bool) -> Iterator[LetterField]:
    if _NOT_REACHABLE.match(written):
        return
    number = e164(written)
    end = start + len(written)
    if number:
        sure = sure if number.startswith("+31") else min(sure, _SURE_FOREIGN)
        yield found("phone", Spot(number, line, start, end, sure))
    elif is_labelled and sum(sign.isdigit() for sign in written) >= 6:
        yield unreadable("phone", line, start, end)
