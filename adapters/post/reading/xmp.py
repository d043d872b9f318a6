"""The XMP packet of a file: what programs write beside the older tags (ISO 16684-1)."""

from __future__ import annotations

import re
from html import unescape

_BEGIN, _END = b"<?xpacket begin", b"<?xpacket end"
"""Packets stand unpacked in a file, so that they are found without knowing its kind (XMP part 3, packet scanning)."""
_LONGEST_BYTES = 64 << 10
_ELEMENT = re.compile(
    r"<([A-Za-z]{1,20}:[A-Za-z]{1,40})>\s{0,200}(?:<rdf:(?:Seq|Bag|Alt)>\s{0,200}<rdf:li[^<>]{0,60}>)?([^<>]{1,500})<"
)
"""A property as an element, or the first of its values."""
_ATTRIBUTE = re.compile(r"\s([A-Za-z]{1,20}:[A-Za-z]{1,40})=(?:\"([^\"<>]{1,500})\"|'([^'<>]{1,500})')")


def xmp_of(content: bytes) -> dict[str, str]:
    """Return property → value of the file's last packet, by its usual prefix: `tiff:Make`, `dc:creator`, `xmp:CreatorTool`.

    Of several values the first. It is not taken apart as XML, which could unfold to any size. Never raises.
    """
    start = content.rfind(_BEGIN)
    if start < 0:
        return {}
    end = content.find(_END, start, start + _LONGEST_BYTES)
    packet = content[start : end if end >= 0 else start + _LONGEST_BYTES].decode("utf-8", "replace")
    said = [(found[1], found[2] or found[3]) for found in _ATTRIBUTE.finditer(packet)]
    said += [(found[1], found[2]) for found in _ELEMENT.finditer(packet)]
    return {name: unescape(value).strip() for name, value in reversed(said) if value.strip()}
