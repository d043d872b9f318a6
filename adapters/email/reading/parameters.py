"""Content-Type and Content-Disposition: a value with parameters (RFC 2045 section 5.1, RFC 2183, RFC 2231)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from adapters.email.reading.charset import codec_of, decoded
from adapters.email.reading.encoded_words import decode_words
from adapters.email.reading.limits import PARAMETERS_LIMIT
from adapters.email.reading.remarks import Remark, Remarks

_PARAMETER = re.compile(
    r';\s*+(?P<name>[^\s=;"]{1,60})\s*+=\s*+(?:"(?P<quoted>(?:[^"\\]++|\\.)*+)"?|(?P<bare>[^;]*+))', re.DOTALL
)
_SEGMENT = re.compile(r"(?P<name>[^*]+)(?:\*(?P<number>\d{1,3}))?(?P<extended>\*)?")


@dataclass(frozen=True)
class Parameterised:
    """A value in lower case without comments, and its parameters by name in lower case, decoded."""

    value: str
    parameters: dict[str, str]


def parameterised(text: str, remarks: Remarks) -> Parameterised:
    """Take a field's raw value apart. Never raises; what follows no grammar is left out."""
    text = text[:PARAMETERS_LIMIT]
    value = text.partition(";")[0].partition("(")[0].strip().lower()
    plain: dict[str, str] = {}
    segments: dict[str, dict[int, tuple[bool, str]]] = {}
    for found in _PARAMETER.finditer(text):
        written = found["bare"].strip() if found["quoted"] is None else re.sub(r'\\(["\\])', r"\1", found["quoted"])
        segment = _SEGMENT.fullmatch(found["name"].lower())
        if segment is None:
            remarks.add(Remark.broken_header)
        elif segment["number"] or segment["extended"]:
            numbered = segments.setdefault(segment["name"], {})
            numbered.setdefault(int(segment["number"] or 0), (segment["extended"] is not None, written))
        else:
            plain.setdefault(segment["name"], decode_words(written, remarks))
    # The extended form is the better one where both are given (RFC 6266 section 4.3, and every mail client).
    return Parameterised(value, plain | {name: _joined(parts, remarks) for name, parts in segments.items()})


def _joined(segments: dict[int, tuple[bool, str]], remarks: Remarks) -> str:
    """Join the segments of one parameter: `charset'language'percent-encoded`, then its continuations."""
    label = ""
    raw = b""
    for position, (_, (is_extended, written)) in enumerate(sorted(segments.items())):
        rest = written
        if is_extended and position == 0:
            label, quote, rest = written.partition("'")
            label, rest = (label, rest.partition("'")[2]) if quote else ("", written)
        raw += unquote_to_bytes(rest) if is_extended else rest.encode(codec_of(label) or "utf-8", "replace")
    text, is_true = decoded(raw, label or "utf-8")
    if not is_true:
        remarks.add(Remark.wrong_charset)
    return text
