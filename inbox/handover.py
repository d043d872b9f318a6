"""What a department receives with an item: enough to act, without asking us."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from inbox.channel import Channel
from inbox.confidentiality import ConfidentialityName
from inbox.configuration.model import Destination
from inbox.configuration.rule import Priority
from inbox.item import ForwardRole
from inbox.norms.promise import Promise
from inbox.reading import LetterField, Part, Sender

ENVELOPE_ONLY = "envelope_only"
"""Label: a closed envelope. The paper itself, with its content, lies in the post room."""


IS_ANOTHERS = "belongs to another department"
IS_A_COPY = "it is a copy of another message"
IS_NOT_HANDLED = "it is not to be handled"
WAS_SPOKEN_TO = "the caller was spoken to: nobody needs to call back"
"""Why a forward is withdrawn. A webhook gets it so; who reads a mail gets it in Dutch."""


class HandoverKind(StrEnum):
    """What the handover says to the department."""

    item = "item"
    """A new matter to act on."""
    addition = "addition"
    """More to an earlier item, no new clock."""
    withdrawal = "withdrawal"
    """An earlier forward is no longer theirs."""


class ScanFile(BaseModel):
    """The scan file that a letter came in, when it holds this one letter alone."""

    model_config = ConfigDict(frozen=True)

    delivery_id: str
    """Under which its bytes stand."""
    name: str
    """File name for them: `7K3M-9QXA-D-scan.tif`."""
    media_type: str
    size_bytes: int
    sha256: str


class Handover(BaseModel):
    """One matter for one destination. Stored with the intent; each retry sends the same."""

    model_config = ConfigDict(frozen=True)

    forward_id: str
    """UUID; the idempotency key. A withdrawal has the id of the forward that it withdraws."""
    kind: HandoverKind
    role: ForwardRole
    round: int
    """1 for the first time that the assignment is forwarded."""
    item_id: str
    reference: str
    channel: Channel
    category: str
    category_name: str
    department: str
    department_name: str
    priority: Priority
    confidentiality: ConfidentialityName
    received_at: datetime
    """Aware UTC; terms count from here."""
    received_basis: str = ""
    """What shows it: `source`, `kept`, or of a letter `date_stamp`: then the day is known and not the hour."""
    promise: Promise | None
    """What the sender was told, or None when no date was told."""
    sender: Sender
    recipients: tuple[str, ...] = ()
    """Everybody in To and Cc, ours and others, in order, at most a hundred: who else may act on it."""
    subject: str
    excerpt: str
    """The first words of the message, at most 1,000 characters."""
    language: str
    parts: tuple[Part, ...]
    fields: tuple[LetterField, ...] = ()
    """Of a letter: what it says of itself. An objection that comes late is in time when its `posted_on` is (Awb 6:9)."""
    labels: tuple[str, ...] = ()
    """Short facts for the department, such as `automatic`, `sealed`, `stamp_unsure`, `envelope_only`, `addressed_to karin-de-vries` or
    `may_belong_to 7K3M-9QXA-D`."""
    loop_mark: str = ""
    """By which we know a mail with it when it comes back: `REFERENCE.TOKEN`."""
    adds_to: str | None = None
    """Reference of the item that this one adds to."""
    reason: str = ""
    """Why it is withdrawn; empty otherwise."""
    destination: Destination
    original_name: str
    """File name for the original bytes: `7K3M-9QXA-D.eml`."""
    original_media_type: str
    """`message/rfc822` for e-mail."""
    scan: ScanFile | None = None
    """What goes along beside the original: a letter's scan file as it came, unless it holds other people's letters too."""
