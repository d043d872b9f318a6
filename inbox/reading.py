"""A Reading: what was understood from a delivery's raw bytes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

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


TEXT_LIMIT = 200_000
"""Characters of text kept in a Reading. Longer is cut with the remark `text_cut`: attacker-controlled."""
