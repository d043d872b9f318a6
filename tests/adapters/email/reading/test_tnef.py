"""An object inside a winmail.dat: a document that Outlook embedded."""

from __future__ import annotations

import struct

from adapters.email.reading.tnef import read_tnef


def attribute(name: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", 2, name, 6, len(data)) + data + b"\x00\x00"


def test_embedded_object_is_its_bytes_without_its_interface() -> None:
    document = b"\xd0\xcf\x11\xe0 document\x00\x00"
    value = b"\x0b" * 16 + document
    properties = struct.pack("<IHHII", 1, 0x0D, 0x3701, 1, len(value)) + value + b"\x00" * (-len(value) % 4)

    (file,) = read_tnef(
        b"\x78\x9f\x3e\x22\x01\x00"
        + attribute(0x9002, b"")
        + attribute(0x8010, b"a.doc\x00")
        + attribute(0x9005, properties)
    ).files

    assert (file.name, file.content) == ("a.doc", document)
