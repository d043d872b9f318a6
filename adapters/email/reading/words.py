"""The words of a mail: which of its parts are text, and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from adapters.email.reading.calendar import calendar_words
from adapters.email.reading.charset import decoded
from adapters.email.reading.clean import printable
from adapters.email.reading.entity import Entity, read_entity
from adapters.email.reading.flowed import unflowed
from adapters.email.reading.html_text import html_text, without_embedded_files
from adapters.email.reading.limits import HTML_LIMIT, WORDS_BYTES_LIMIT
from adapters.email.reading.remarks import Remark, Remarks
from adapters.email.reading.tnef import read_tnef
from adapters.email.reading.uuencode import without_files
from inbox.reading import TEXT_LIMIT

_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_ARMOUR = re.compile(r"^-----BEGIN PGP (SIGNED )?MESSAGE-----$", re.MULTILINE)
_META_CHARSET = re.compile(rb"<meta[^<>]{1,200}?charset=[\"']?([a-z0-9_-]{1,40})", re.IGNORECASE)


def mail_words(mail: Entity, remarks: Remarks) -> str:
    """Return the words of a mail, at most TEXT_LIMIT characters; plain text where there is any, else those of the HTML.

    They hold the marks of quote_marks, which `unmarked` takes out.
    Without any, those of a winmail.dat or of an invitation. A mail that says nothing itself and has a message attached (forwarded as attachment) speaks with that one's words.
    """
    text = _Words(remarks).of(mail) or _packed_words(mail, remarks) or _attached_words(mail, remarks)
    if not text:
        remarks.add(Remark.no_text)
    for armour in _ARMOUR.finditer(text):
        remarks.add(Remark.signed if armour[1] else Remark.sealed)
    if len(text) > TEXT_LIMIT:
        remarks.add(Remark.text_cut)
    return text[:TEXT_LIMIT].rstrip()


def is_tnef(leaf: Entity) -> bool:
    """Say whether a part is Outlook's winmail.dat."""
    return leaf.media_type in _TNEF or leaf.file_name.lower() == "winmail.dat"


def is_words(leaf: Entity) -> bool:
    """Say whether a part is shown as text, and not offered as a file."""
    is_file = leaf.is_attachment or (leaf.file_name and leaf.disposition.value != "inline")
    return leaf.media_type in ("text/plain", "text/html") and not is_file


def files(entity: Entity) -> list[Entity]:
    """Return the parts that are no words, in order: attachments, pictures, attached messages."""
    if not entity.children:
        return [] if is_words(entity) else [entity]
    found = [leaf for child in entity.children for leaf in files(child)]
    if entity.media_type != "multipart/alternative":
        return found
    # Another rendering of the same words (AMP, rich text) is no attachment; an invitation is.
    return [leaf for leaf in found if not _is_other_rendering(leaf)]


def _is_other_rendering(leaf: Entity) -> bool:
    is_text = leaf.media_type.startswith("text/") and leaf.media_type != "text/calendar"
    return is_text and not leaf.is_attachment and not leaf.file_name


@dataclass
class _Words:
    """Reads words until a Reading is full. HTML is laid out within one budget for the whole mail."""

    remarks: Remarks
    characters_left: int = TEXT_LIMIT + 1
    html_left: int = HTML_LIMIT

    def of(self, entity: Entity) -> str:
        if not entity.children:
            return self._leaf(entity) if is_words(entity) else ""
        if entity.media_type == "multipart/alternative":
            # Sorting is stable: among equals the sender's order, plainest first, holds (RFC 2046 section 5.1.4).
            choices = (self.of(child) for child in sorted(entity.children, key=_plainness))
            return next((text for text in choices if text), "")
        return "\n\n".join(text for text in (self.of(child) for child in entity.children) if text)

    def _leaf(self, leaf: Entity) -> str:
        if self.characters_left <= 0:
            self.remarks.add(Remark.text_cut)
            return ""
        text = self._html(leaf) if leaf.media_type == "text/html" else self._plain(leaf)
        self.characters_left -= len(text)
        return text

    def _plain(self, leaf: Entity) -> str:
        text = printable(self._decoded(leaf, leaf.parameters.get("charset", ""), without_files))
        if leaf.parameters.get("format", "").lower() == "flowed":
            text = unflowed(text, deletes_space=leaf.parameters.get("delsp", "").lower() == "yes")
        return "\n".join(line.rstrip() for line in text.split("\n")).strip()

    def _html(self, leaf: Entity) -> str:
        if self.html_left <= 0:
            return ""
        label = leaf.parameters.get("charset", "")
        if not label:
            content, _ = leaf.content(2 * 1024)
            found = _META_CHARSET.search(content)
            label = found[1].decode("ascii") if found else ""
        markup = without_embedded_files(self._decoded(leaf, label))
        if len(markup) > self.html_left:
            self.remarks.add(Remark.text_cut)
        markup = markup[: self.html_left]
        self.html_left -= len(markup)
        return html_text(markup, self.remarks)

    def _decoded(self, leaf: Entity, label: str, clean: Callable[[bytes], bytes] = bytes) -> str:
        if leaf.end - leaf.start > WORDS_BYTES_LIMIT:
            self.remarks.add(Remark.text_cut)
        content, is_sound = leaf.content(WORDS_BYTES_LIMIT)
        if not is_sound:
            self.remarks.add(Remark.broken_encoding)
        text, is_true = decoded(clean(content), label.strip().partition(" ")[0])
        if not is_true:
            self.remarks.add(Remark.wrong_charset)
        return text


def _plainness(entity: Entity) -> int:
    kinds = {leaf.media_type for leaf in entity.leaves() if is_words(leaf)}
    return 0 if "text/plain" in kinds else 1 if kinds else 2


def _packed_words(mail: Entity, remarks: Remarks) -> str:
    """Return the words of the first winmail.dat, else of the first invitation."""
    for leaf in mail.leaves():
        if is_tnef(leaf):
            packed = read_tnef(leaf.content(WORDS_BYTES_LIMIT)[0])
            markup = decoded(packed.html[:HTML_LIMIT], "utf-8")[0] if not packed.text.strip() else ""
            text = html_text(markup, remarks) if markup else printable(packed.text).strip()
            if text:
                return text
    calendars = (calendar_words(leaf) for leaf in mail.leaves() if leaf.media_type == "text/calendar")
    return next((text for text in calendars if text), "")


def _attached_words(mail: Entity, remarks: Remarks) -> str:
    """Return the words of the first attached message, one level down."""
    for leaf in mail.leaves():
        if leaf.media_type == "message/rfc822":
            content, _ = leaf.content()
            text = _Words(remarks).of(read_entity(content.lstrip(b"\r\n"), remarks))
            if text:
                remarks.add(Remark.text_of_attached_message)
            return text
    return ""
