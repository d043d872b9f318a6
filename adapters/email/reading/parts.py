"""Attachments and attached messages, as they are listed in a Reading."""

from __future__ import annotations

from adapters.email.reading.attachments import attachments
from adapters.email.reading.calendar import calendar_method
from adapters.email.reading.entity import Entity
from adapters.email.reading.media_type import is_dangerous_lie, told_by_content
from adapters.email.reading.part_name import is_unsafe, safe_name
from adapters.email.reading.remarks import Remark, Remarks
from adapters.email.reading.words import is_tnef
from inbox.reading import Part

_SEALED = frozenset(
    {
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "application/pgp-encrypted",
        "application/x-microsoft-rpmsg-message",
    }
)
_SEALED_NAMES = frozenset({"smime.p7m", "message.rpmsg"})
"""Servers on the way make a general part of it, and leave its name."""
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})


def parts(mail: Entity, remarks: Remarks) -> tuple[Part, ...]:
    """Return the parts that are no words, in order; `size_bytes` and `sha256` are of the decoded content.

    `media_type` is the declared one, or what the content shows where that is missing, general or untrue. A winmail.dat
    is followed by what is inside it. What is sealed or signed stays as it is.
    """
    if mail.media_type == "multipart/encrypted":
        remarks.add(Remark.sealed)
    return tuple(_part(leaf, number, remarks) for number, leaf in enumerate(attachments(mail, remarks), start=1))


def _part(leaf: Entity, number: int, remarks: Remarks) -> Part:
    content = leaf.digest()
    if not content.is_sound:
        remarks.add(Remark.broken_encoding)
    _remark_kind(leaf, remarks)
    if is_unsafe(leaf.file_name):
        remarks.add(Remark.unsafe_part_name)
    media_type = told_by_content(leaf.media_type, leaf.file_name, content.head)
    if is_dangerous_lie(leaf.media_type, leaf.file_name, content.head):
        remarks.add(Remark.untrue_media_type)
    return Part(
        name=safe_name(leaf.file_name, media_type, number),
        media_type=media_type,
        size_bytes=content.size_bytes,
        sha256=content.sha256,
    )


def _remark_kind(leaf: Entity, remarks: Remarks) -> None:
    if is_tnef(leaf):
        remarks.add(Remark.tnef)
    elif leaf.media_type in _SEALED or leaf.file_name.lower() in _SEALED_NAMES:
        remarks.add(Remark.sealed)
    elif leaf.media_type in _SIGNATURES:
        remarks.add(Remark.signed)
    elif leaf.media_type == "text/calendar":
        remarks.add(calendar_method(leaf))
