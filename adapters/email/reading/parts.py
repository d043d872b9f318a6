"""Attachments and attached messages, as they are listed in a Reading."""

from __future__ import annotations

import hashlib

from adapters.email.reading.entity import Entity
from adapters.email.reading.part_name import is_unsafe, safe_name
from adapters.email.reading.remarks import Remark, Remarks
from adapters.email.reading.words import files
from inbox.reading import Part

_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})


def parts(mail: Entity, remarks: Remarks) -> tuple[Part, ...]:
    """Return the parts that are no words, in order; `size_bytes` and `sha256` are of the decoded content."""
    if mail.media_type == "multipart/encrypted":
        remarks.add(Remark.sealed)
    return tuple(_part(leaf, number, remarks) for number, leaf in enumerate(files(mail), start=1))


def _part(leaf: Entity, number: int, remarks: Remarks) -> Part:
    content, is_sound = leaf.content()
    if not is_sound:
        remarks.add(Remark.broken_encoding)
    if leaf.media_type in _TNEF or leaf.file_name.lower() == "winmail.dat":
        remarks.add(Remark.tnef)
    if leaf.media_type in _SEALED:
        remarks.add(Remark.sealed)
    if is_unsafe(leaf.file_name):
        remarks.add(Remark.unsafe_part_name)
    return Part(
        name=safe_name(leaf.file_name, leaf.media_type, number),
        media_type=leaf.media_type,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
