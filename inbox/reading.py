"""A Reading: what was understood from a delivery's raw bytes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from inbox.call import CallFacts
from inbox.channel import Channel


class AddressedAs(StrEnum):
    """Where our own address stood: a question to us, or for our information."""

    to = "to"
    cc = "cc"
    bcc = "bcc"
    unknown = "unknown"


class Sender(BaseModel):
    """Who wrote, as the message itself says; not proven."""

    model_config = ConfigDict(frozen=True)

    address: str = ""
    """Addr-spec (RFC 5322 section 3.4.1), domain in lower case; empty when there is none."""
    name: str = ""


class Part(BaseModel):
    """One attachment or attached message."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Safe file name: no path, no control characters, never empty, at most 200 characters."""
    media_type: str
    size_bytes: int
    sha256: str = ""
    """Hex digest of the decoded content; evidence for exact copies."""


class Hop(BaseModel):
    """One Received field (RFC 5321 section 4.4): a server that took the message, and when."""

    model_config = ConfigDict(frozen=True)

    by: str = ""
    """Host name behind `by`, lower case; empty when it is not said."""
    at: datetime | None = None
    """Aware UTC; None when it is not said, or nonsense."""


class ForwardBasis(StrEnum):
    """What shows that a message was passed on: evidence decides who may be told, and from when terms count."""

    attached = "attached"
    """The message itself, whole, as message/rfc822."""
    inline = "inline"
    """Words that a mail program, or anybody, typed above the text."""


class Forwarded(BaseModel):
    """A message that somebody passed on inside this one."""

    model_config = ConfigDict(frozen=True)

    basis: ForwardBasis
    sender: Sender = Sender()
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    """Its new words; bounded as `Reading.text`."""
    message_id: str = ""
    """Without brackets; empty for an inline one."""
    sent_at: datetime | None = None
    """What it says itself: aware UTC, claimed."""
    trace: tuple[Hop, ...] = ()
    """Its Received fields, topmost (latest) first; only of an attached one."""
    may_not_because: tuple[str, ...] = ()
    """What in the message itself forbids an answer, as `Reading.may_not_because`; only of an attached one."""


class ReportedRecipient(BaseModel):
    """What a delivery report says of one recipient (RFC 3464 section 2.3)."""

    model_config = ConfigDict(frozen=True)

    address: str = ""
    """Addr-spec of Final-Recipient, else of Original-Recipient."""
    action: str
    """`failed`, `delayed`, `delivered`, `relayed` or `expanded`."""
    status: str = ""
    """Enhanced status code (RFC 3463), such as `5.1.1`."""
    diagnostic: str = ""
    """The server's words, one line, at most 500 characters."""


class DeliveryReport(BaseModel):
    """A report about a message that somebody, perhaps we, sent (RFC 3464)."""

    model_config = ConfigDict(frozen=True)

    recipients: tuple[ReportedRecipient, ...] = ()
    original_message_id: str = ""
    """Message-ID of the returned message or headers, without brackets."""
    original_headers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Decoded headers of the returned message that begin with `x-inbox-gateway`, names in lower case."""


class PageSource(StrEnum):
    """Where the words of a page came from."""

    text_layer = "text_layer"
    """The file itself held them, and they are real words."""
    ocr = "ocr"
    blank = "blank"
    """There is nothing on it."""
    separator = "separator"
    """A sheet that only says: here begins another letter."""
    unreadable = "unreadable"
    """It could not be read, or not in time; its picture is kept."""


class Page(BaseModel):
    """How well one page of a scan was read. Shares are from 0 to 1."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    number: int
    """In the scan file, from 1."""
    read_from: Annotated[PageSource, Field(alias="from")]
    confidence: float = 0.0
    """Mean confidence of its words, 0 to 1; 1 for a text layer."""
    weak_share: float = 0.0
    """Share of words with a confidence below 0.6."""
    dutch_share: float = 0.0
    """Share of words that a Dutch word list knows."""
    words: int = 0
    remarks: tuple[str, ...] = ()
    """Short codes: `rotated_90`, `skewed`, `handwriting`, `unread_ink`, `out_of_time`, `envelope` (one side of one)."""


UNREAD_INK = "unread_ink"
"""Remark of a page much of whose writing was not read: its words do not stand for it, however sure they are."""


class LetterField(BaseModel):
    """Something that a letter says of itself, with its evidence."""

    model_config = ConfigDict(frozen=True)

    name: str
    """`sender_name`, `postcode`, `house_number`, `written_on`, `our_reference`, `iban`, …"""
    value: str
    """Empty when its check fails: unreadable, and no value."""
    page: int
    box: tuple[int, int, int, int]
    """Left, top, right, bottom on the page, in thousandths of its width and height."""
    confidence: float
    """0 to 1."""


class Reading(BaseModel):
    """What was understood. Made once per item, never from anything but its bytes and the source."""

    model_config = ConfigDict(frozen=True)

    channel: Channel
    sender: Sender = Sender()
    recipients: tuple[str, ...] = ()
    """Addr-specs of To and Cc together, in order, each once."""
    addressed_as: AddressedAs = AddressedAs.unknown
    subject: str = ""
    text: str = ""
    """The words, plain. At most `TEXT_LIMIT` characters; the bytes keep the rest."""
    new_text: str = ""
    """The words without quoted replies, signatures and disclaimers; empty when nothing but those was found."""
    attached_text: str = ""
    """Words of attached documents that hold text (PDF, DOCX, ODT, plain); at most `ATTACHED_TEXT_LIMIT` characters."""
    forwarded: Forwarded | None = None
    """The message that was passed on inside this one."""
    report: DeliveryReport | None = None
    """What it reports, when it is a delivery report."""
    addressed_to: tuple[str, ...] = ()
    """Names of persons whom the sender addresses ("t.a.v. mevrouw Jansen", "Beste Karin,"), as written, without
    titles; each once, at most ten."""
    reply_to: tuple[str, ...] = ()
    """Addr-specs of Reply-To, in order, each once."""
    trace: tuple[Hop, ...] = ()
    """Received fields, topmost (latest) first, at most 30; below the border they may be forged."""
    language: str = ""
    """ISO 639-1 code, or empty when there are too few words to tell."""
    parts: tuple[Part, ...] = ()
    message_id: str = ""
    """Message-ID without angle brackets; set by the sender, so evidence and never a key."""
    sent_at: datetime | None = None
    """Aware UTC moment of the Date field, or None when absent or nonsense."""
    is_automatic: bool = False
    """A machine wrote it. It is kept and routed all the same."""
    automatic_evidence: tuple[str, ...] = ()
    may_acknowledge: bool = True
    """Nothing in the message itself forbids an answer (RFC 3834 section 2)."""
    may_not_because: tuple[str, ...] = ()
    reply_to_ids: tuple[str, ...] = ()
    """Message-IDs of In-Reply-To and References, without brackets, nearest last (RFC 5322 3.6.4)."""
    return_path: str | None = None
    """Envelope sender that the delivering server wrote down: "" is the null path, None is not written."""
    headers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Decoded header fields for rules, names in lower case, values in order; bounded in count and length."""
    remarks: tuple[str, ...] = ()
    """What was odd but did not stop the reading, as short codes such as `wrong_charset`."""
    pages: tuple[Page, ...] = ()
    """Of a scan: each page of the letter, in order."""
    fields: tuple[LetterField, ...] = ()
    """Of a letter: what it says of itself, in reading order."""
    is_envelope: bool = False
    """Only the outside of a closed envelope: whatever it is about is unread, and its words are addresses."""
    call: CallFacts | None = None
    """Of an item that was made of a call."""

    @property
    def said(self) -> str:
        """What its sender says to us: the new words, the whole text where there are none, and the words passed on."""
        passed_on = self.forwarded.text if self.forwarded else ""
        own = self.new_text or ("" if passed_on else self.text)
        return f"{own}\n\n{passed_on}" if own and passed_on else own or passed_on


TEXT_LIMIT = 200_000
"""Characters of text kept in a Reading. Longer is cut with the remark `text_cut`: attacker-controlled."""

ATTACHED_TEXT_LIMIT = 100_000
"""Characters of attached documents kept in a Reading."""
