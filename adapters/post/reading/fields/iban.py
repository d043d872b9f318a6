"""Account numbers (IBAN, ISO 13616) whose check digits hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.post.reading.fields.evidence import REPAIRED, Spot, found, unreadable
from adapters.post.reading.fields.lines import Line, Lines
from inbox.reading import LetterField

_LENGTHS = {
    "NL": 18, "BE": 16, "DE": 22, "FR": 27, "GB": 22, "LU": 20, "ES": 24, "IT": 27, "PL": 28, "AT": 20, "IE": 22,
    "LT": 20, "PT": 25, "DK": 18, "SE": 24, "CH": 21, "NO": 15, "FI": 18,
}  # fmt: skip
"""Characters of an account number in the countries from which letters come."""
_CANDIDATE = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Z1l0O] ?[0-9OIlBSZ]{2}(?:[ .]?[0-9A-Za-z]){10,36}")
_SHAPE = re.compile(r"NL\d\d[A-Z]{4}[0-9]{10}|(?!NL)[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_LETTERS = str.maketrans({"0": "O", "1": "I", "l": "I"})
_DIGITS = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1"})
_FEWEST_DIGITS = 8
_SURE = 0.99


def is_iban(number: str) -> bool:
    """Say whether its length fits its country and the remainder modulo 97 is one (ISO 7064)."""
    if _LENGTHS.get(number[:2]) != len(number) or not _SHAPE.fullmatch(number):
        return False
    turned = number[4:] + number[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def accounts_in(text: str) -> list[tuple[int, int]]:
    """Return where account numbers stand, right or wrong: their figures are nothing else."""
    return [match.span() for match in _CANDIDATE.finditer(text) if _country(match) in _LENGTHS]


def ibans_of(lines: Lines) -> Iterator[LetterField]:
    """Yield `iban` for each, without spaces. A number whose check fails is unreadable.

    A Dutch one knows where letters and digits stand: an O among digits is put right, and the check must hold then.
    """
    for line in lines.all:
        for match in _CANDIDATE.finditer(line.text):
            yield from _field(line, match)


def _field(line: Line, match: re.Match[str]) -> Iterator[LetterField]:
    country = _country(match)
    if country not in _LENGTHS:
        return
    places = [place for place, sign in enumerate(match[0]) if sign not in " ."][: _LENGTHS[country]]
    written = "".join(match[0][place] for place in places)
    end = match.start() + places[-1] + 1
    if is_iban(written):
        yield found("iban", Spot(written, line, match.start(), end, _SURE), is_checked=True)
        return
    mended = _mended(written) if country == "NL" else written.upper()
    if is_iban(mended):
        yield found("iban", Spot(mended, line, match.start(), end, _SURE * REPAIRED), is_checked=True)
    elif sum(sign.isdigit() for sign in written) >= _FEWEST_DIGITS:
        yield unreadable("iban", line, match.start(), end)


def _country(match: re.Match[str]) -> str:
    country = match[0][:2].translate(_LETTERS)
    return "NL" if country == "NI" else country


def _mended(written: str) -> str:
    bank = written[4:8].upper().translate(_LETTERS)
    return f"NL{written[2:4].translate(_DIGITS)}{bank}{written[8:].translate(_DIGITS)}"
