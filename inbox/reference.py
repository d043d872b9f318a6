"""The short opaque code that people quote: `7K3M-9QXA-D`.

Crockford base32 (no I, L, O, U) with Crockford's check symbol, modulo 37. Only numbers whose check symbol is one
of the 32 letters are used, so that no `*~$=U` has to be read out over the telephone. 40 random bits: it cannot
be guessed, and quoting it opens nothing anyway.
"""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})
_BITS = 40
_LENGTH = 8


def new_reference() -> str:
    """Return a random reference in its written form."""
    while True:
        number = secrets.randbits(_BITS)
        if number % 37 < len(_ALPHABET):
            return _written(number)


def parse_reference(quoted: str) -> str | None:
    """Return the written form of what somebody typed or said, or None when it is no reference."""
    plain = quoted.strip().upper().translate(_LOOKS_LIKE)
    if len(plain) != _LENGTH + 1 or any(letter not in _ALPHABET for letter in plain):
        return None
    number = 0
    for letter in plain[:_LENGTH]:
        number = number * 32 + _ALPHABET.index(letter)
    written = _written(number) if number % 37 < len(_ALPHABET) else ""
    return written if written.replace("-", "") == plain else None


def _written(number: int) -> str:
    check = _ALPHABET[number % 37]
    letters = "".join(_ALPHABET[(number >> shift) & 31] for shift in range(_BITS - 5, -1, -5))
    return f"{letters[:4]}-{letters[4:]}-{check}"
