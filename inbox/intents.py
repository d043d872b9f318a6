"""Intents: what is to leave the house, decided and rendered before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from inbox.acknowledge.limits import LimitName
from inbox.handover import Handover
from inbox.item import ForwardRole, NoticeChannel, NoticeKind, Status
from inbox.routing.decide import Matched
from inbox.task import TaskKind


@dataclass(frozen=True)
class AssignmentIntent:
    """One matter of an item that is to be handled."""

    assignment_id: str
    ordinal: int
    """1 for the first matter of the item."""
    status: Status
    matched: Matched
    chosen_by: str
    """The actor: `gateway`, or the name of a key."""
    configuration_version: int


@dataclass(frozen=True)
class ForwardIntent:
    """One handover to one destination, in one round."""

    forward_id: str
    assignment_id: str
    round: int
    role: ForwardRole
    ordinal: int
    handover: Handover


@dataclass(frozen=True)
class NoticeIntent:
    """One notice, rendered; or the reasons why there is none."""

    notice_id: str
    kind: NoticeKind
    ordinal: int
    """1 for the first of its kind on the item."""
    withheld_because: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    told_due_on: date | None = None
    mail_from: str = ""
    rcpt_to: str = ""
    message: bytes = b""
    thread_id: str = ""
    """Message-ID of the thread's first message; limits count by it."""
    channel: NoticeChannel = NoticeChannel.email
    """How it is told. By `post`, `rcpt_to` is the address in one line, and `message` a PDF; by `sms`, the number as E.164 and
    the text in UTF-8."""
    limited_by: LimitName | None = None
    """The limit that withholds it; or of which it is the last, and says so."""
    paused_by: str | None = None
    """The emergency overlay that withholds it until its end; another is rendered then."""
    overlays: tuple[str, ...] = ()
    """Ids of the emergency overlays that changed its words, or withhold it."""


@dataclass(frozen=True)
class FlagIntent:
    """One flag that is raised on an item, once."""

    flag_id: str
    flag: str
    """Its key."""
    name: str
    alerts: tuple[str, ...]
    """Whom to alert while the configuration no longer has it."""
    again_minutes: int


@dataclass(frozen=True)
class TaskIntent:
    """One thing to ask of a person."""

    kind: TaskKind
    reason: str
    """A sentence for them, without the sender's words."""
