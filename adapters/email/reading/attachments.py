"""Everything that came with a mail's words: its files, and the files inside those."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from adapters.email.reading.charset import guessed
from adapters.email.reading.entity import Entity
from adapters.email.reading.fields import Fields
from adapters.email.reading.limits import ENTITY_LIMIT
from adapters.email.reading.parameters import Parameterised
from adapters.email.reading.remarks import Remark, Remarks
from adapters.email.reading.tnef import read_tnef
from adapters.email.reading.uuencode import embedded_files, has_yenc
from adapters.email.reading.words import files, is_tnef, is_words


def attachments(mail: Entity, remarks: Remarks) -> list[Entity]:
    """Return what `files` finds, each winmail.dat followed by its attachments, then what stood uuencoded in the words.

    At most ENTITY_LIMIT.
    """
    found = list(islice(_unpacked(mail, remarks), ENTITY_LIMIT + 1))
    if len(found) > ENTITY_LIMIT:
        remarks.add(Remark.too_many_parts)
    return found[:ENTITY_LIMIT]


def _unpacked(mail: Entity, remarks: Remarks) -> Iterator[Entity]:
    for leaf in files(mail):
        yield leaf
        if is_tnef(leaf):
            for file in read_tnef(leaf.content()[0]).files:
                yield _file(file.name, file.content, remarks)
    for leaf in mail.leaves():
        if leaf.media_type == "text/plain" and is_words(leaf):
            yield from _written_into(leaf, remarks)


def _written_into(leaf: Entity, remarks: Remarks) -> Iterator[Entity]:
    """Yield the uuencoded files in a text. Most texts hold none, which their encoded form shows at once."""
    if leaf.find(b"begin") < 0 and leaf.find(b"ybegin") < 0 and not leaf.is_encoded:
        return
    content, _ = leaf.content()
    for file in embedded_files(content, ENTITY_LIMIT):
        remarks.add(Remark.uuencoded)
        yield _file(guessed(file.name), file.content, remarks)
    if has_yenc(content):
        remarks.add(Remark.yenc)


def _file(name: str, content: bytes, remarks: Remarks) -> Entity:
    return Entity(
        raw=content,
        fields=Fields(remarks),
        media_type="application/octet-stream",
        parameters={},
        disposition=Parameterised("attachment", {"filename": name}),
        start=0,
        end=len(content),
    )
