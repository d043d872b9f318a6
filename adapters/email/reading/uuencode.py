"""Files written into the text itself: uuencode (POSIX, as mailers did before MIME); yEnc is only noticed."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

# Every line of data is in one class of bytes, which `end` is not: linear whatever the input.
_BLOCK = re.compile(
    rb"^begin [0-7]{3,4} (?P<name>[^\r\n]{1,200}?)[ \t]*\r?\n(?P<lines>(?:[\x20-\x60]{1,90}\r?\n)++)"
    rb"(?:[\x20-\x60]{1,90}\Z|(?:\r?\n)?(?:end[ \t]*(?:\r?\n|\Z))?)",
    re.MULTILINE,
)
_LINE = re.compile(rb"[^\r\n]+")
_YENC = re.compile(rb"^=ybegin [^\r\n]{1,500}", re.MULTILINE)


@dataclass(frozen=True)
class EmbeddedFile:
    """One file: the name as written, unsafe, and its decoded bytes."""

    name: bytes
    content: bytes


def without_files(text: bytes) -> bytes:
    """Return the text without the uuencoded files in it; one that was cut off counts too. Never raises."""
    if b"begin " not in text:
        return text
    return _BLOCK.sub(lambda found: b"" if _is_data(text, found.start("lines")) else found[0], text)


def embedded_files(text: bytes, limit: int) -> list[EmbeddedFile]:
    """Return at most `limit` uuencoded files in a text, in order. Never raises."""
    found: list[EmbeddedFile] = []
    for block in _BLOCK.finditer(text) if b"begin " in text else ():
        if len(found) == limit:
            break
        if _is_data(text, block.start("lines")):
            content = bytearray()
            for line in _LINE.finditer(text, *block.span("lines")):
                content += _decoded(line[0])
            found.append(EmbeddedFile(block["name"], bytes(content)))
    return found


def has_yenc(text: bytes) -> bool:
    """Say whether a text holds a yEnc file."""
    return b"=ybegin " in text and _YENC.search(text) is not None


def _is_data(text: bytes, at: int) -> bool:
    """Whether the line that begins at `at` is as long as it says: a sentence behind the word `begin` is not."""
    first = text[at : text.index(b"\n", at)].rstrip(b"\r")
    said = (first[0] - 32) & 63
    groups = -(-said // 3) * 4
    # Some writers add a check character, some mailers take spaces from the end.
    return said > 0 and groups - 3 <= len(first) - 1 <= groups + 1


def _decoded(line: bytes) -> bytes:
    said = ((line[0] - 32) & 63) * 4
    try:
        return binascii.a2b_uu(line[: (said + 5) // 3 + 1])
    except binascii.Error:
        return b""
