"""What the work needs: every port with its implementation, chosen in gateway/bootstrap.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.item import NoticeChannel
from inbox.ports import (
    AuditReceiver,
    ByteStore,
    CallLogReader,
    ChildReader,
    DepartmentSystem,
    Follower,
    LetterRenderer,
    LetterSender,
    MailSender,
    NoticeRenderer,
    Reader,
    Recordings,
    ScanFiles,
    SmsSender,
    Source,
    SubmissionWriter,
    Unfolder,
)
from inbox.reading import Reading
from inbox.submission import SubmissionLimits
from store.configurations import Configurations
from store.ledger import Ledger
from workflows.measuring import Measures
from workflows.outage import Outage
from workflows.scanning import Scanning
from workflows.waiting import Waiting


@dataclass(frozen=True)
class ConfiguredSource:
    """A source with what the installation decided about it."""

    source: Source
    channel: Channel
    mode: str
    """`observe` or `live`."""
    live_from: datetime | None
    confidentiality: Confidentiality
    media_type: str
    """Of the deliveries' bytes: `message/rfc822` for a mailbox."""
    sweep_seconds: float = 240.0
    """A full sweep at least this often, whatever happens; at most 300."""
    patience_seconds: float = 60.0
    """A connection on which nothing moves for so long is closed and opened again."""
    holds_envelopes: bool = False
    """Its scans show envelopes that nobody opened."""
    holds_calls: bool = False
    """Its files are call logs: their rows go into the call register."""
    is_paused: bool = False
    """Nobody looks there until a person lets it go on."""


@dataclass(frozen=True)
class Identity:
    """Who we are in outgoing mail."""

    thread_key: bytes
    """Secret behind our thread tokens; at least 32 bytes."""
    message_id_domain: str
    own_addresses: frozenset[str]
    """Lower case: our sources' addresses and the address that we send from."""
    trusted_authserv_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AttachedScans:
    """What reads the pictures and scans that hang on mails."""

    files: ScanFiles
    unfolder: Unfolder
    """With limits for one attachment."""


@dataclass(frozen=True)
class IntakeSource:
    """One writer at the intake API, with what the installation decided about it."""

    channel: Channel
    mode: str
    """`observe` or `live`."""
    confidentiality: Confidentiality
    is_paused: bool = False
    """Nothing is taken in until a person lets it go on."""


@dataclass(frozen=True)
class CallRegister:
    """What puts call logs into the register."""

    reader: CallLogReader
    write: SubmissionWriter
    """Makes the original of an item that is made of calls."""
    sources: Mapping[str, ConfiguredCalls] = field(default_factory=dict)
    quiet: timedelta = timedelta(minutes=15)
    """So long after its last leg a call is complete."""
    recordings: Recordings | None = None
    """None: only the name of a recording is told."""
    named_numbers: dict[str, frozenset[str]] = field(default_factory=dict)
    """Item → the telephone numbers that it names, of those that were lately looked through: it takes a while."""


@dataclass(frozen=True)
class ConfiguredCalls:
    """One source of call records, however they come in."""

    mode: str
    """`observe` or `live`."""
    confidentiality: Confidentiality
    recordings_folder: Path | None = None
    """Where recordings stand that its records name."""
    push_bytes: int = 0
    """So much it may send in one request; 0: it sends nothing, we look there ourselves."""
    is_paused: bool = False
    """Nothing is taken in until a person lets it go on. What was taken in before still goes into the register."""


@dataclass(frozen=True)
class Intake:
    """What the intake API is made of."""

    write: SubmissionWriter
    media_type: str
    """Of the bytes that it makes."""
    sources: Mapping[str, IntakeSource] = field(default_factory=dict)
    limits: SubmissionLimits = field(default_factory=SubmissionLimits)


async def _nothing_to_take_up() -> None:
    """Sources are as they were handed over."""


@dataclass
class Parts:
    """Everything that activities, the API and the commands are built from."""

    ledger: Ledger
    bytes: ByteStore
    configurations: Configurations
    readers: Mapping[Channel, Reader]
    child_readers: Mapping[Channel, ChildReader]
    """The same in a bounded child process, for what is large or has killed a reader before."""
    notices: NoticeRenderer
    sender: MailSender
    systems: Mapping[str, DepartmentSystem]
    identity: Identity
    sources: dict[str, ConfiguredSource] = field(default_factory=dict)
    """What is looked at, also what is paused. Replaced whenever a source is made, changed, paused or ended: a reader
    whose source is another one by then ends by itself."""
    speaks: bool = True
    """False while no relay is configured: then nothing is rendered, and nothing may be released."""
    claim_lasts: timedelta = timedelta(seconds=90)
    """How long an attempt that claimed a notice or forward is taken for alive. It must exceed the deadlines of the
    adapters (SMTP `timeout_seconds`, at most 80 s; HTTP 20 s): an attempt that has not ended by then is cut off, and
    counts as a doubt. It must stay below the activity's 2 minutes (`workflows/item.py`)."""
    unwritten: dict[str, Reading] = field(default_factory=dict)
    """By item: readings that could not be written down yet, because the ledger was away. Else each would be made again
    and count as one that never ended."""
    outage: Outage = field(default_factory=Outage)
    """What this process knows of an outage of ledger or bytes."""
    waiting: Waiting = field(default_factory=Waiting)
    """What this process knows of notices that wait because of the overall limit."""
    unfolders: Mapping[Channel, Unfolder] = field(default_factory=dict)
    """Of the channels whose deliveries hold many."""
    attached_scans: AttachedScans | None = None
    """None: nobody looks at attached pictures."""
    letters: LetterRenderer | None = None
    """None: nobody is told on paper."""
    letter_sender: LetterSender | None = None
    sms: SmsSender | None = None
    """None: nobody is told in a text message."""
    followers: Mapping[NoticeChannel, Follower] = field(default_factory=dict)
    """Who knows what became of notices that were taken; of other channels nobody does."""
    scanning: Scanning | None = None
    """None: nothing is scanned."""
    intake: Intake | None = None
    """None: nothing is handed in."""
    calls: CallRegister | None = None
    """None: no source gives call records."""
    uses_file: bool = True
    """False when the configuration that the settings name is not used: another one was published since."""
    second_person: bool = False
    """Whether a draft of the configuration is published only once another person approved."""
    glass_alerts: tuple[str, ...] = ()
    """Addresses that are told when somebody looks at an item above their confidentiality."""
    audit_receiver: AuditReceiver | None = None
    """None: the audit trail goes nowhere by itself."""
    measures: Measures = field(default_factory=Measures)
    """What this process measures of its own work."""
    take_up_sources: Callable[[], Awaitable[None]] = _nothing_to_take_up
    """Bring the sources of this process up to date with the ledger now, rather than within seconds."""


def call_sources(parts: Parts) -> Mapping[str, ConfiguredCalls]:
    """Return the sources of call records, by id."""
    return parts.calls.sources if parts.calls is not None else {}


def sources_to_read(parts: Parts) -> list[str]:
    """Return the ids of the sources at which somebody looks now."""
    return [source_id for source_id, configured in parts.sources.items() if not configured.is_paused]
