"""What was odd about a mail but did not stop the reading."""

from __future__ import annotations

from enum import StrEnum


class Remark(StrEnum):
    """Short codes for `Reading.remarks`; the value is part of the API."""

    broken_header = "broken_header"
    """A header field does not follow its grammar; what could be understood was."""
    header_cut = "header_cut"
    """More or longer header fields than we look at."""
    missing_separator = "missing_separator"
    """No empty line between header and body (RFC 5322 section 2.1)."""
    no_from = "no_from"
    """No From field, or none with an address."""
    several_senders = "several_senders"
    """More than one mailbox in From; the first is the sender."""
    recipients_cut = "recipients_cut"
    bad_date = "bad_date"
    """A Date that is no date, or one before 1970 or after 2200."""
    wrong_charset = "wrong_charset"
    """The bytes are not in the character set that was declared, or none that we know was declared."""
    broken_encoding = "broken_encoding"
    """Base64 or another transfer encoding (RFC 2045 section 6) that does not decode as it stands."""
    broken_mime = "broken_mime"
    """A multipart whose boundary is missing, wrong or not closed (RFC 2046 section 5.1)."""
    nested_too_deep = "nested_too_deep"
    """Parts inside parts beyond our limit; the rest is one opaque part."""
    too_many_parts = "too_many_parts"
    broken_html = "broken_html"
    """HTML that could not be laid out; only its tags were taken out."""
    text_cut = "text_cut"
    """More words than a Reading holds."""
    no_text = "no_text"
    """No words at all."""
    text_of_attached_message = "text_of_attached_message"
    """The mail itself says nothing; the words are those of the message attached to it."""
    sealed = "sealed"
    """Encrypted, or signed in a sealed form (S/MIME, PGP): the words cannot be read."""
    signed = "signed"
    """Signed, with the words to be read; nobody checked the signature."""
    tnef = "tnef"
    """A winmail.dat of Outlook; its attachments stand among the parts, behind it."""
    uuencoded = "uuencoded"
    """A file stood in the text itself; it is a part, and no longer among the words."""
    yenc = "yenc"
    """A file stands in the text as yEnc, which is not taken out."""
    untrue_media_type = "untrue_media_type"
    """A program that calls itself something harmless, by type or by name."""
    calendar = "calendar"
    """An invitation, or something else of a calendar."""
    calendar_request = "calendar_request"
    calendar_reply = "calendar_reply"
    calendar_cancel = "calendar_cancel"
    attachment_without_text = "attachment_without_text"
    """A document without words in it: a scan, or pictures."""
    attachment_locked = "attachment_locked"
    """A document that asks for a password."""
    attachment_broken = "attachment_broken"
    """A document that is not what it says, or unpacks to more than we read."""
    attached_text_cut = "attached_text_cut"
    """More documents, or more words in them, than a Reading holds."""
    unsafe_part_name = "unsafe_part_name"
    """An attachment's name held a path, control characters or a change of writing direction."""


class Remarks:
    """Remarks as they are made: in order, each once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._made: dict[Remark, None] = {}

    def add(self, remark: Remark) -> None:
        """Make a remark, unless it was made already."""
        self._made[remark] = None

    def __contains__(self, remark: Remark) -> bool:
        """Say whether a remark was made."""
        return remark in self._made

    def codes(self) -> tuple[str, ...]:
        """Return the codes in the order in which they were made."""
        return tuple(remark.value for remark in self._made)
