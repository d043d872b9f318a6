"""Content transfer encodings (RFC 2045 section 6)."""

from __future__ import annotations

import binascii
import hashlib
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.email.reading.limits import HEAD_LIMIT

_BASE64 = (string.ascii_letters + string.digits + "+/").encode("ascii")
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_PADDING = re.compile(rb"=+")
_SEGMENT_LIMIT = 10_000
_IDENTITY = frozenset({"", "7bit", "8bit", "binary"})


_CHUNK_BYTES = 1024 * 1024
_WHOLE_BYTES = 4 * _CHUNK_BYTES
"""Encoded bytes up to which a content is decoded at once, which is faster."""

_NO_ESCAPE = re.compile(rb"[^=]{4}")


@dataclass(frozen=True)
class Digest:
    """What is told of a decoded content; `head` is its beginning."""

    size_bytes: int
    sha256: str
    head: bytes
    is_sound: bool


def is_encoding(encoding: str) -> bool:
    """Say whether a Content-Transfer-Encoding changes the bytes."""
    return _name(encoding) in ("base64", "quoted-printable")


def digest(
    raw: bytes, start: int, end: int, encoding: str, *, chunk: int = _CHUNK_BYTES, whole: int = _WHOLE_BYTES
) -> Digest:
    """Measure what `from_transfer` gives for `raw[start:end]`, with a few `chunk`s of it in memory. Never raises."""
    name = _name(encoding)
    if not is_encoding(encoding):
        view = memoryview(raw)[start:end]
        return Digest(len(view), hashlib.sha256(view).hexdigest(), bytes(view[:HEAD_LIMIT]), name in _IDENTITY)
    if end - start <= whole:
        content, is_sound = from_transfer(raw[start:end], encoding)
        return Digest(len(content), hashlib.sha256(content).hexdigest(), content[:HEAD_LIMIT], is_sound)
    base64 = _Base64()
    is_base64 = name == "base64"
    pieces = base64.decoded(raw, start, end, chunk) if is_base64 else _printable(raw, start, end, chunk)
    size_bytes, head, hashed = 0, b"", hashlib.sha256()
    for piece in pieces:
        size_bytes += len(piece)
        hashed.update(piece)
        head += piece[: HEAD_LIMIT - len(head)]
    return Digest(size_bytes, hashed.hexdigest(), head, not is_base64 or base64.is_sound)


def _name(encoding: str) -> str:
    return encoding.strip().partition(" ")[0].rstrip(";").lower()


def _printable(raw: bytes, start: int, end: int, chunk: int) -> Iterator[bytes]:
    """Yield quoted-printable in pieces: cut behind a line, else where no escape is near."""
    at = start
    while at < end:
        cut = end
        if end - at > chunk:
            cut = raw.rfind(b"\n", at, at + chunk) + 1
            if not cut:
                free = _NO_ESCAPE.search(raw, at + chunk, end)
                cut = free.start() + 3 if free else end
        yield binascii.a2b_qp(raw[at:cut])
        at = cut


class _Base64:
    """Base64 a chunk at a time, forgiving what `from_base64` forgives."""

    def __init__(self) -> None:
        self._carried = b""
        self._paddings = 0
        self._left = _SEGMENT_LIMIT
        self._letters_at_padding: int | None = None
        self._goes_on_behind_padding = False

    @property
    def is_sound(self) -> bool:
        """Whether it was padded at the end, rightly, and nowhere else; asked when everything is decoded."""
        letters = len(self._carried) if self._letters_at_padding is None else self._letters_at_padding
        needed = {0: 0, 2: 2, 3: 1}.get(letters)
        return needed is not None and self._paddings >= needed and not self._goes_on_behind_padding

    def decoded(self, raw: bytes, start: int, end: int, chunk: int) -> Iterator[bytes]:
        """Yield the content in pieces of three quarters of `chunk`."""
        for at in range(start, end, chunk):
            encoded = raw[at : min(at + chunk, end)]
            first, *others = _PADDING.split(encoded, maxsplit=self._left) if self._left else [encoded]
            yield self._fed(first)
            self._look_at_padding(encoded)
            for other in others:
                yield _piece(self._carried)
                self._carried = b""
                yield self._fed(other)
            self._left -= len(others)
        yield _piece(self._carried)

    def _fed(self, encoded: bytes) -> bytes:
        letters = self._carried + encoded.translate(None, _NOT_BASE64)
        cut = len(letters) - len(letters) % 4
        self._carried = letters[cut:]
        return binascii.a2b_base64(letters[:cut])

    def _look_at_padding(self, encoded: bytes) -> None:
        """Called when what stands before the chunk's first padding was taken in."""
        begin = 0
        if self._letters_at_padding is None:
            begin = encoded.find(b"=")
            if begin < 0:
                return
            self._letters_at_padding = len(self._carried)
        self._paddings += encoded.count(b"=", begin)
        self._goes_on_behind_padding |= bool(encoded[begin:].strip(b"= \t\r\n"))


def from_transfer(raw: bytes, encoding: str) -> tuple[bytes, bool]:
    """Return the content, and whether it was encoded as it should be. Never raises.

    `encoding`: the Content-Transfer-Encoding value, any case. An unknown one gives the bytes as they stand.
    """
    name = _name(encoding)
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
