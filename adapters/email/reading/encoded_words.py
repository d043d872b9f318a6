"""Encoded words in header fields (RFC 2047), also the broken ones that real mailers send."""

from __future__ import annotations

import binascii
import re

from adapters.email.reading.charset import decoded
from adapters.email.reading.remarks import Remark, Remarks
from adapters.email.reading.transfer import from_base64

ENCODED_WORD = r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,2000}\?="
"""One encoded word. Spaces inside are forbidden (RFC 2047 section 2) and common."""

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,2000})\?=")


def decode_words(value: str, remarks: Remarks) -> str:
    """Return the value with its encoded words decoded. Never raises; what is no encoded word stays as it is.

    White space between two encoded words is dropped (section 6.2). Neighbours in one character set are decoded
    together, because many mailers split a letter over two of them.
    """
    if "=?" not in value:
        return value
    pieces: list[str] = []
    label, pending = "", b""
    end = 0
    for found in _WORD.finditer(value):
        gap = value[end : found.start()]
        end = found.end()
        word_label = found[1].partition("*")[0].lower()  # RFC 2231 section 5: charset*language
        if pending and (word_label != label or gap.strip()):
            pieces.append(_words(pending, label, remarks))
            pending = b""
        if gap.strip() or (not pieces and not pending):
            pieces.append(gap)
        label = word_label
        pending += _bytes(found[2], found[3], remarks)
    if pending:
        pieces.append(_words(pending, label, remarks))
    rest = value[end:]
    if "=?" in rest:
        remarks.add(Remark.broken_header)
    return "".join([*pieces, rest])


def _bytes(encoding: str, content: str, remarks: Remarks) -> bytes:
    raw = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    content_bytes, is_sound = from_base64(raw)
    if not is_sound:
        remarks.add(Remark.broken_header)
    return content_bytes


def _words(raw: bytes, label: str, remarks: Remarks) -> str:
    text, is_true = decoded(raw, label)
    if not is_true:
        remarks.add(Remark.wrong_charset)
    return text
