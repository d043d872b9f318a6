"""What the inside needs from outside, as promises that an adapter keeps.

All errors that leave a port are GatewayErrors (inbox/errors.py); nothing foreign leaks. Sources are blocking and are
called in a thread of their own; everything else is async.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, NamedTuple, Protocol, runtime_checkable

from inbox.audited import AuditedEntry
from inbox.call import BadRow, Leg
from inbox.handover import Handover
from inbox.item import ForwardState
from inbox.reading import Reading
from inbox.submission import Submission
from inbox.unfolding import Unfolded


@dataclass(frozen=True)
class Sighting:
    """What a source shows at one moment, before anything is fetched. Reconciliation counts from it."""

    key_space: str
    """Where positions count: `imap://user@host:port/FOLDER;UIDVALIDITY=17` (RFC 5092), or the source id for files."""
    positions: tuple[str, ...]
    """Every delivery that is there now, oldest first; unique inside the key space for ever."""
    next_position: str = ""
    """UIDNEXT, where the source has one."""


@dataclass(frozen=True)
class Fetched:
    """One delivery's bytes on their way in."""

    position: str
    source_received_at: datetime | None
    """When the source itself received it (IMAP INTERNALDATE), aware UTC; None when it does not say."""
    chunks: Iterator[bytes]
    """The raw bytes in pieces of at most 1 MiB; read to the end exactly once."""


@dataclass(frozen=True)
class Answer:
    """A mail that a colleague sent by hand, in answer to another."""

    message_id: str
    """Of the mail that it answers, without brackets."""
    recipients: frozenset[str]
    """To whom it went, lower case."""
    answered_at: datetime
    """Aware UTC."""


@dataclass(frozen=True)
class Answers:
    """What a folder of sent mail shows since the last look."""

    key_space: str
    position: str
    """Where the next look begins, in this key space."""
    answers: tuple[Answer, ...]


@runtime_checkable
class FetchesTogether(Protocol):
    """A connection that is faster when it knows what comes next."""

    def fetches(self, positions: Sequence[str]) -> None:
        """Hear what is about to be fetched, in this order, with nothing else in between. Raises SourceUnreachable."""


@runtime_checkable
class ShowsNoKept(Protocol):
    """A connection on which a position can come again: the same content, in another file."""

    @property
    def shows_no_kept(self) -> bool:
        """It shows nothing of what it was told: what it shows all the same came again, and is to be told again."""


@runtime_checkable
class GoesOn(Protocol):
    """A connection to files that stay and grow: it shows what comes after what is kept, and so must be told of that."""

    @property
    def key_space(self) -> str:
        """Where its positions count."""

    @property
    def hears(self) -> int:
        """So many of the latest positions it wants to hear of."""

    def goes_on(self, kept: Sequence[str], seen: Sequence[str]) -> None:
        """Hear, before each look, which positions it was told of last, and which are open: those are shown again as they
        were. `kept`: told of; `seen`: shown, and not kept or told of yet, for all that is known.
        """


@runtime_checkable
class WatchesAnswers(Protocol):
    """A connection that can also see what colleagues answered by themselves."""

    def answers(self, key_space: str, position: str) -> Answers | None:
        """Return what was answered since; None when the source is not to be watched. Look anew afterwards.

        `key_space`, `position`: of the last look, empty before the first. Raises FolderMissing.
        """


class Connection(Protocol):
    """An open source. Blocking; used by one thread at a time; any call may raise SourceUnreachable, after which
    only `close` may be called.
    """

    @property
    def moved_bytes(self) -> int:
        """Grows while a call is getting on; any thread may look. What stands still for long is closed by others."""

    def look(self) -> Sighting:
        """Return everything that is there now. Raises FolderMissing, CredentialsRefused."""

    def fetch(self, position: str) -> Fetched | None:
        """Return the delivery without marking it in any way, or None when it is no longer there."""

    def confirm(self, position: str) -> None:
        """Tell the source that we have it: moved, flagged or left, as the setting says. Safe to call twice, also
        when it is gone.
        """

    def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after so many seconds. Only wakes: promises nothing."""

    def close(self) -> None:
        """Let go of the connection. Never raises; may be called from another thread to break off a stalled call."""


class Source(Protocol):
    """One place messages come from. It shows each message at least once: callers deduplicate."""

    source_id: str

    def open(self) -> Connection:
        """Connect and sign in. Raises SourceUnreachable, CredentialsRefused, FolderMissing; the detail names the
        setting to mend.
        """


class WantsChild(Exception):
    """A Reader leaves these bytes to the ChildReader: what takes them apart could hurt its own process."""


class Reader(Protocol):
    """Makes a Reading from raw bytes, for one channel."""

    def __call__(self, raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        """Read. Any bytes give a Reading or an UnreadableError. `own_addresses`: ours, lower case.

        One that works in our own process may raise WantsChild; in the child it never does.
        """


class ChildReader(Protocol):
    """A Reader whose reading happens in a process of its own, with limits on time and memory."""

    async def __call__(self, raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        """Read. Raises UnreadableError; ReaderDied when the process was killed or its time was up."""


class SubmissionWriter(Protocol):
    """Makes the bytes of what is handed in at the intake API: they are its original."""

    def __call__(self, submission: Submission) -> bytes:
        """Return them. Pure: the same submission gives the same bytes."""


class Recordings(Protocol):
    """What callers said to a telephone system's voicemail."""

    async def fetch(self, source_id: str, recording: str) -> bytes | None:
        """Return the recording's bytes; None when they are not at hand, or too many. `recording`: as the call's row names
        it. Raises nothing for what a row says.
        """


class ScanFiles(Protocol):
    """Takes out of a mail the attached files that may show a letter. In a process of its own, bounded."""

    async def __call__(self, raw: bytes) -> Sequence[bytes]:
        """Return their contents, in order. Raises UnreadableError; ReaderDied when the process was killed or its time was
        up.
        """


Claim = Callable[[], Awaitable[None]]
"""Called right before the first irreversible byte: it makes the intent `sending` in the ledger, or raises Conflict,
upon which nothing may be sent."""

PagesDone = Callable[[int, int], None]
"""Told from any thread how many pages are done, and of how many."""


class Unfolder(Protocol):
    """Takes a delivery apart that holds many: a scan file and its letters. In a process of its own, bounded."""

    async def __call__(
        self,
        raw: bytes,
        *,
        received_on: date,
        is_one: bool,
        on_progress: PagesDone,
        holds_envelopes: bool = False,
    ) -> Unfolded:
        """Unfold, and read each. `received_on`: the day it came in, where terms are counted.

        `is_one`: it is known to hold one letter, so that nothing separates. `holds_envelopes`: nobody opened what it
        shows. Raises UnreadableError when nothing can be
        made of the file; ReaderDied when the process was killed or its time was up; SettingsInvalid when a program or a
        language that it needs is not there.
        """


class CallLogReader(Protocol):
    """Reads the rows of call logs, in every format that is known."""

    def format_of(self, source_id: str, beginning: bytes) -> str | None:
        """Return in which format a log of this source is, that begins so (64 KiB, or all of it); None: in none."""

    def rows(self, format_name: str, content: IO[bytes]) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield (line, leg) or (line, bad row) for each row, in order: always the same for the same bytes. Blocking.

        Never raises for what a row holds, nor holds more than one at a time.
        """


@dataclass(frozen=True)
class NoticeLetter:
    """A notice that is to be rendered as a letter on paper."""

    address_lines: tuple[str, ...]
    """Name, street and house number, postcode and place: two to five lines, as they stand in the window."""
    subject: str
    body: str
    """Paragraphs, with an empty line between."""
    reference: str
    """Ours: `7K3M-9QXA-D`."""
    written_on: date


class LetterRenderer(Protocol):
    """Makes the bytes of an outgoing letter, once."""

    def __call__(self, letter: NoticeLetter) -> bytes:
        """Return a PDF (A4, window-envelope layout). Pure."""


@dataclass(frozen=True)
class Taken:
    """Somebody took a notice to bring it to its recipient."""

    reply: str
    """What shows that it was taken, for the operator."""
    remote_id: str = ""
    """Under which a Follower can be asked what became of it; empty where nobody can be asked."""


@dataclass(frozen=True)
class Whereabouts:
    """What became of a notice that somebody took."""

    status: str
    """In their own words: `delivered`, `permanent-failure`."""
    has_failed: bool
    """It will not arrive."""
    is_final: bool
    """No other status follows."""


class Follower(Protocol):
    """Knows what became of what was taken."""

    async def whereabouts(self, remote_id: str) -> Whereabouts | None:
        """Return it; None when it is known no longer. Raises DestinationUnavailable, DestinationRefused,
        SettingsInvalid.
        """


class SmsSender(Protocol):
    """Sends text messages to mobile numbers."""

    async def send(self, name: str, number: str, text: str, claim: Claim) -> Taken:
        """Send. `name`: as LetterSender. `number`: E.164. Raises as LetterSender; DestinationRefused for what is no
        mobile number.
        """

    async def look_up(self, name: str) -> Taken | None:
        """Return what was taken under this name; None: nothing. Raises as `send`, never AnswerLost."""

    async def check(self) -> None:
        """Prove that it can be reached, without a trace. Raises as `send`."""


class LetterSender(Protocol):
    """Brings a stored letter to where it is printed and posted."""

    async def send(self, name: str, letter: bytes, claim: Claim) -> Taken:
        """Hand it over. `name`: ours, always the same for the
        same letter and safe as a file name; the place recognises a repeat by it.

        Calls `claim` right before the first irreversible byte. Raises DestinationUnavailable (nothing was taken; try
        later), DestinationRefused (final), AnswerLost (it may have been taken), SettingsInvalid.
        """

    async def check(self) -> None:
        """Prove that it can be reached, without a trace. Raises as `send`."""


class Stored(NamedTuple):
    """What stands under a name."""

    sha256: str
    """Hexadecimal."""
    size_bytes: int


@dataclass(frozen=True)
class Listed:
    """One thing that stands in a byte store."""

    name: str
    """The id under which it was put; its whole path when it does not stand where an id would."""
    size_bytes: int
    changed_at: datetime
    """Aware UTC, by the store's clock."""
    is_temporary: bool
    """On its way to its name, or left behind on the way."""


class ByteStore(Protocol):
    """Raw bytes of deliveries: written once, never changed, named by the delivery's id.

    Two who put different bytes under one id at the same moment are both told the same: what stands there from then on.
    Some servers give one message in other words each time it is fetched.
    """

    async def put(self, delivery_id: str, chunks: AsyncIterator[bytes]) -> Stored:
        """Store durably, unless something stands there already; return what stands there now. On return it survives a
        power cut. Raises StoreUnavailable.
        """

    async def put_all(self, contents: Mapping[str, bytes]) -> dict[str, Stored]:
        """Do the same for several at once, each whole in memory; all are durable on return. Raises StoreUnavailable:
        then some may stand there, each whole.
        """

    async def repair(self, delivery_id: str, chunks: AsyncIterator[bytes], sha256: str) -> bool:
        """Put back bytes that are gone or damaged, in place of what stands there, durably. Only the very bytes of this
        digest are taken: False when these are others, and nothing has changed. Raises StoreUnavailable.
        """

    async def size(self, delivery_id: str) -> int | None:
        """Return the stored size in bytes, or None when there is nothing. Raises StoreUnavailable."""

    async def sizes(self, delivery_ids: Sequence[str]) -> dict[str, int | None]:
        """Return the same for several at once."""

    async def get(self, delivery_id: str) -> bytes:
        """Return the bytes. Raises BytesMissing, StoreUnavailable."""

    def chunks(self, delivery_id: str) -> AsyncIterator[bytes]:
        """Give the bytes in pieces of at most 1 MiB. Raises BytesMissing, StoreUnavailable."""

    async def digest(self, delivery_id: str) -> Stored | None:
        """Return digest and size of what stands there now, read in pieces; None when there is nothing. Raises
        StoreUnavailable.
        """

    def listed(self) -> AsyncIterator[Sequence[Listed]]:
        """Give everything that stands there, in pages; what comes or goes meanwhile may be missing. Raises
        StoreUnavailable.
        """

    async def check(self) -> None:
        """Prove that it can be written. Raises StoreUnavailable or SettingsInvalid, naming the setting."""


@dataclass(frozen=True)
class Envelope:
    """SMTP envelope (RFC 5321 section 2.3.1)."""

    mail_from: str
    """Empty for the null path."""
    rcpt_to: tuple[str, ...]
    is_urgent: bool = False
    """Its turn comes before those that wait for theirs, within the same limits."""


class MailSender(Protocol):
    """Sends a stored message as it stands."""

    async def send(self, envelope: Envelope, message: bytes, claim: Claim) -> str:
        """Send; return the server's reply to the last dot. Connects, signs in and names the recipients first, then
        calls `claim`, then sends the data.

        Raises MailRelayUnavailable (nothing was taken; try later), RecipientRefused (5xx, final), AnswerLost (the
        data may have been taken). Whatever goes wrong before `claim` returned is never AnswerLost.
        """

    async def check(self) -> None:
        """Connect and sign in, send nothing. Raises MailRelayUnavailable, CredentialsRefused, SettingsInvalid."""


@dataclass(frozen=True)
class Delivered:
    """A destination holds the handover."""

    remote_id: str
    """The target's own id for it, or ours where it gives none."""
    remote_reply: str = ""
    """What it answered, at most 500 characters, for the operator."""


@dataclass(frozen=True)
class NoticeMail:
    """A notice that is to be rendered as a mail."""

    to_address: str
    subject: str
    body: str
    message_id: str
    """Ours, without brackets; holds the thread token."""
    reference: str
    loop_mark: str
    """By which we know it when it comes back: `REFERENCE.TOKEN`."""
    in_reply_to: str
    """Message-ID of the sender's mail without brackets, or empty."""
    references: tuple[str, ...]
    """The thread so far, oldest first, without brackets."""
    answers_message: bool = True
    """True: `auto-replied`; False: `auto-generated` (RFC 3834 section 5)."""


class Scanner(Protocol):
    """Says whether bytes are infected."""

    async def scan(self, raw: bytes) -> str | None:
        """Return the name of what was found, or None. Raises ScannerUnavailable, and TooLargeToScan when it was not
        looked at as a whole.
        """

    async def check(self) -> str:
        """Return who answers, with the version of its signatures. Raises ScannerUnavailable."""


class AuditReceiver(Protocol):
    """Takes the audit trail outside. It may get an entry more than once: their numbers tell."""

    name: str
    """Under which the ledger remembers how far it is."""

    async def send(self, entries: Sequence[AuditedEntry]) -> None:
        """Send the entries in order; once it returns, the receiver's machine has them, where that can be known.

        Raises SiemUnavailable, SettingsInvalid; then any number of them may have arrived.
        """

    async def check(self) -> str:
        """Return who is reached, and how. Raises as `send`."""

    async def close(self) -> None:
        """Let go of the connection. Safe to call twice."""


class NoticeRenderer(Protocol):
    """Makes the bytes of an outgoing notice, once."""

    def __call__(self, notice: NoticeMail) -> tuple[Envelope, bytes]:
        """Return envelope and message (RFC 5322, CRLF). Pure but for the Date field."""


class DepartmentSystem(Protocol):
    """Where a department works. One implementation per kind of destination."""

    kind: str
    repeats_safely: bool
    """The target itself recognises the forward id, so that a repeat in doubt does no harm."""
    encloses: bool
    """It hands over the bytes themselves; else it says where they are fetched, and needs no scan file."""

    async def deliver(
        self, handover: Handover, original: bytes, prepared: bytes, claim: Claim, scan: bytes = b""
    ) -> Delivered:
        """Make the department's system hold it. `prepared` is what `prepare` returned, stored meanwhile.

        `scan`: the bytes of `handover.scan`, where there is one and the system encloses.

        Calls `claim` right before the first irreversible byte. Raises DestinationUnavailable or MailRelayUnavailable
        (try later), DestinationRefused or RecipientRefused (final), AnswerLost (it may hold it now).
        """

    async def look_up(self, handover: Handover) -> Delivered | None:
        """Return what the target holds under this forward id, or None when it holds nothing or cannot be asked."""

    def prepare(self, handover: Handover, original: bytes, scan: bytes = b"") -> bytes:
        """Render the outward message once, to be stored with the intent. Empty where there is nothing to render.

        `scan`: as in `deliver`.
        """

    async def check(self, destination: object) -> None:
        """Try the connection without leaving a trace. Raises as `deliver`, or SettingsInvalid."""


@dataclass(frozen=True)
class ForwardOutcome:
    """What an attempt at a forward came to."""

    state: ForwardState
    remote_id: str = ""


Systems = Sequence[DepartmentSystem]
