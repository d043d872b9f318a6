"""Content transfer encodings (RFC 2045 section 6)."""

from __future__ import annotations

import binascii
import re
import string

_BASE64 = (string.ascii_letters + string.digits + "+/").encode("ascii")
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_PADDING = re.compile(rb"=+")
_SEGMENT_LIMIT = 10_000
_IDENTITY = frozenset({"", "7bit", "8bit", "binary"})


def from_transfer(raw: bytes, encoding: str) -> tuple[bytes, bool]:
    """Return the content, and whether it was encoded as it should be. Never raises.

    `encoding`: the Content-Transfer-Encoding value, any case. An unknown one gives the bytes as they stand.
    """
    name = encoding.strip().partition(" ")[0].rstrip(";").lower()
    if name == "base64":
        return from_base64(raw)
    if name == "quoted-printable":
        return binascii.a2b_qp(raw), True
    return raw, name in _IDENTITY


def from_base64(raw: bytes) -> tuple[bytes, bool]:
    """Return the decoded bytes and whether they were sound. Missing padding and foreign characters are forgiven.

    Some mailers pad in the middle, where the standard library silently stops; there, each piece is decoded.
    """
    padding = raw.find(b"=")
    if padding < 0 or not raw[padding:].strip(b"= \t\r\n"):
        try:
            return binascii.a2b_base64(raw), True
        except binascii.Error:
            pass
    pieces = _PADDING.split(raw, maxsplit=_SEGMENT_LIMIT)
    return b"".join(_piece(piece) for piece in pieces), False


def _piece(raw: bytes) -> bytes:
    letters = raw.translate(None, _NOT_BASE64)
    # One letter alone carries six bits, which is no byte.
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
