"""What Outlook packs into winmail.dat (MS-OXTNEF, MS-OXCDATA).

Taken apart here and not by `tnefparse`: that one counts on the sender's numbers (four bytes that say four thousand
million properties keep it busy for an hour), copies the rest of the file at each step, and takes the zero bytes off
the end of attachments.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.email.reading.limits import TNEF_ATTRIBUTE_LIMIT

_SIGNATURE = b"\x78\x9f\x3e\x22"
_ATTRIBUTE = struct.Struct("<BHHI")
_BODY, _PROPERTIES, _CODE_PAGE = 0x800C, 0x9003, 0x9007
_NEW_ATTACHMENT, _TITLE, _DATA, _ATTACHMENT_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_TEXT, _HTML, _FILE_NAME, _LONG_FILE_NAME, _OBJECT = 0x1000, 0x1013, 0x3704, 0x3707, 0x3701

_FIXED = {1: 0, 2: 4, 3: 4, 4: 4, 0xA: 4, 0xB: 4, 5: 8, 6: 8, 7: 8, 0x14: 8, 0x40: 8, 0x48: 16}
"""Bytes that each property type takes, padded to four."""
_STRING, _UNICODE, _OBJECT_TYPE, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MULTIPLE = 0x1000
_NAMED = 0x8000
_INTERFACE_BYTES = 16
"""An object's interface, which stands before its bytes."""


@dataclass
class TnefFile:
    """One attachment: name as written, unsafe, and its bytes."""

    name: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass
class Tnef:
    """What was found; `text` and `html` are empty where there is none (a body in RTF is not read)."""

    files: list[TnefFile] = field(default_factory=list)
    text: str = ""
    html: bytes = b""


def read_tnef(content: bytes) -> Tnef:
    """Return the attachments and the body. Never raises: reading ends where the bytes make no sense. Linear in them."""
    found = Tnef()
    codec = "cp1252"
    for level, name, data in _attributes(content):
        if name == _CODE_PAGE and len(data) >= 4:
            codec = _codec(struct.unpack_from("<I", data)[0])
        elif level == 1 and name == _BODY:
            found.text = found.text or _string(data, codec)
        elif level == 1 and name == _PROPERTIES:
            _take_body(found, data, codec)
        elif level == 2:
            _take_attachment(found, name, data, codec)
    found.files = [file for file in found.files if file.content or file.name]
    return found


def _attributes(content: bytes) -> Iterator[tuple[int, int, memoryview]]:
    if not content.startswith(_SIGNATURE):
        return
    view, at = memoryview(content), 6
    for _ in range(TNEF_ATTRIBUTE_LIMIT):
        if at + _ATTRIBUTE.size > len(view):
            return
        level, name, _kind, length = _ATTRIBUTE.unpack_from(view, at)
        at += _ATTRIBUTE.size
        yield level, name, view[at : at + length]
        # The check sum is not looked at: what it would refuse, a person would still like to see.
        at += length + 2


def _take_body(found: Tnef, data: memoryview, codec: str) -> None:
    for name, kind, value in _properties(data):
        if name == _TEXT:
            found.text = _string(value, "utf-16-le" if kind == _UNICODE else codec) or found.text
        elif name == _HTML and kind == _BINARY:
            found.html = bytes(value)


def _take_attachment(found: Tnef, name: int, data: memoryview, codec: str) -> None:
    if name == _NEW_ATTACHMENT or not found.files:
        found.files.append(TnefFile())
    file = found.files[-1]
    if name == _TITLE:
        file.name = file.name or _string(data, codec)
    elif name == _DATA:
        file.content = bytes(data)
    elif name == _ATTACHMENT_PROPERTIES:
        for identity, kind, value in _properties(data):
            if identity == _LONG_FILE_NAME or (identity == _FILE_NAME and not file.name):
                file.name = _string(value, "utf-16-le" if kind == _UNICODE else codec) or file.name
            elif identity == _OBJECT and not file.content:
                file.content = bytes(value[_INTERFACE_BYTES:] if kind == _OBJECT_TYPE else value)


def _properties(data: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Yield identity, type and first value of each property (MS-OXTNEF section 2.1.3.4)."""
    try:
        (count,) = struct.unpack_from("<I", data)
        at = 4
        for _ in range(min(count, len(data) // 4)):
            kind, name = struct.unpack_from("<HH", data, at)
            at += 4
            if name >= _NAMED:
                at = _after_name(data, at)
            single = kind & ~_MULTIPLE
            is_variable = single in (_STRING, _UNICODE, _OBJECT_TYPE, _BINARY)
            values = 1
            if is_variable or kind & _MULTIPLE:
                (values,) = struct.unpack_from("<I", data, at)
                at += 4
            for number in range(values):
                length = _FIXED[single] if not is_variable else struct.unpack_from("<I", data, at)[0]
                at += 4 if is_variable else 0
                if at + length > len(data):
                    return
                if number == 0:
                    yield name, single, data[at : at + length]
                if not length and not is_variable:
                    break
                at += length + -length % 4
    except (KeyError, struct.error):
        return


def _after_name(data: memoryview, at: int) -> int:
    """Return where a named property's value begins: behind a GUID and a number or a name."""
    (kind,) = struct.unpack_from("<I", data, at + 16)
    if not kind:
        return at + 24
    (length,) = struct.unpack_from("<I", data, at + 20)
    return int(at + 24 + length + -length % 4)


def _string(data: memoryview, codec: str) -> str:
    return bytes(data).decode(codec, "replace").rstrip("\x00")


def _codec(code_page: int) -> str:
    known = {65001: "utf-8", 20127: "ascii", 28591: "latin-1", 20866: "koi8-r", 932: "cp932", 936: "gbk", 949: "cp949"}
    return known.get(code_page) or (f"cp{code_page}" if 1250 <= code_page <= 1258 else "cp1252")
