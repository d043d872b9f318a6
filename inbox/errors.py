"""Every error that the gateway raises, in one tree.

    GatewayError
    ├── TransientError            the same call may succeed later
    │   ├── SourceUnreachable     a mailbox or folder does not answer
    │   ├── SourcePaused          a person let nothing be taken in there for a while
    │   ├── DestinationPaused     a person paused a destination: what is meant for it waits
    │   ├── DestinationUnavailable a department's system does not answer, or asks us to wait
    │   ├── MailRelayUnavailable  the SMTP relay does not answer, or says 4xx
    │   ├── AnswerLost            it may have been sent: the answer to the last byte is missing
    │   ├── ScannerUnavailable    the virus scanner does not answer
    │   ├── SiemUnavailable       the receiver of the audit trail does not answer
    │   ├── StoreUnavailable      ledger or byte store does not answer
    │   ├── Unexpected            a fault without a name of ours, at a border
    │   ├── UnderWay              another attempt is speaking at this moment
    │   ├── NoticesWait           as many notices as the overall limit allows have gone out
    │   └── SmsWaits              no text message leaves at this hour
    └── PermanentError            the same call fails again until somebody changes something
        ├── UnreadableError       a delivery that cannot be read; becomes a quarantined item
        │   ├── MalformedMail
        │   ├── TooLarge
        │   ├── Infected              the virus scanner found something
        │   ├── TooLargeToScan
        │   ├── PagesLost             a scan file was split, and its pages do not add up
        │   ├── NoLetter          a scan file of nothing but separators and empty pages
        │   ├── EmptyFile         a file of no bytes
        │   ├── NotAScan          no PDF, TIFF, JPEG or PNG
        │   ├── ScanLocked        a PDF that asks for a password
        │   ├── ScanDamaged       a scan file, or a page of one, that is broken
        │   ├── TooManyPages
        │   ├── PictureTooLarge   more pixels than are unpacked
        │   ├── OutOfTime         a page that took too long
    │   ├── CallLogUnknown    a call log in no format that we know
    │   ├── CallLogMostlyBad  more than half of its rows cannot be used
        │   └── ReaderDied
        ├── CredentialsRefused
        ├── FolderMissing
        ├── DestinationRefused
        ├── ConfidentialityForbids
        ├── RecipientRefused
        │   └── MessageTooLarge   larger than the mail server takes
        ├── BytesMissing
        ├── ConfigurationInvalid
        │   ├── NotRead           the text is neither YAML nor JSON
        │   └── NotPlain          keys that stand twice, values that no document holds
        ├── PreconditionFailed    it has changed since the caller read it
        ├── OverlayInvalid        an emergency overlay no longer fits the configuration
        ├── PatternInvalid        a word or pattern of a rule
        ├── SettingsInvalid
        ├── NotFound
        ├── Conflict              the action makes no sense in this status, or somebody was first
        ├── NotAllowed
        ├── NobodyToAlert         nobody would hear of broken glass
        ├── KeyReused             an Idempotency-Key that came with another request before
        └── BadRequest

Each has a `code` that is part of the API. `detail` speaks to the person who can mend it, may name
settings and ids, and is written only to the ledger and to authorised API answers: never to logs,
metrics or Temporal.
"""

from __future__ import annotations


class GatewayError(Exception):
    """Something went wrong that we have a name for."""

    code = "gateway_error"
    is_transient = False

    def __init__(self, detail: str = "") -> None:
        """Keep the detail: what happened, to which item, what to do."""
        super().__init__(detail)
        self.detail = detail


class TransientError(GatewayError):
    """The same call may succeed later."""

    code = "transient"
    is_transient = True


class SourceUnreachable(TransientError):
    """The source does not answer."""

    code = "source_unreachable"


class SourcePaused(TransientError):
    """A person paused the source: nothing is taken in until it goes on."""

    code = "source_paused"


class DestinationPaused(TransientError):
    """A person paused the destination: what is meant for it waits until it goes on."""

    code = "destination_paused"
    retry_after_seconds = 30.0


class DestinationUnavailable(TransientError):
    """The department's system does not answer, or asks us to come back later."""

    code = "destination_unavailable"

    def __init__(self, detail: str = "", retry_after_seconds: float | None = None) -> None:
        """`retry_after_seconds`: the target's own wish (RFC 9110 section 10.2.3), if it has one."""
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class MailRelayUnavailable(TransientError):
    """The SMTP relay does not answer, or answered 4xx (RFC 5321 section 4.2.1)."""

    code = "mail_relay_unavailable"

    def __init__(self, detail: str = "", retry_after_seconds: float | None = None) -> None:
        """`retry_after_seconds`: when its turn comes, where it waits for our own pace."""
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class AnswerLost(TransientError):
    """It may have been sent: the connection was lost between our last byte and the answer."""

    code = "answer_lost"
    retry_after_seconds: float | None = None
    """How long to wait before the same bytes go once more; None leaves it to whoever tries again."""


class ScannerUnavailable(TransientError):
    """The virus scanner does not answer: nothing is read, or sent on, until it does."""

    code = "scanner_unavailable"


class SiemUnavailable(TransientError):
    """The receiver of the audit trail does not answer: what it lacks waits in the ledger."""

    code = "siem_unavailable"


class StoreUnavailable(TransientError):
    """The ledger or the byte store does not answer."""

    code = "store_unavailable"


class Unexpected(TransientError):
    """A fault that we have no name for. Only borders make it, and the detail holds the type, not the words."""

    code = "unexpected"


class UnderWay(TransientError):
    """Another attempt is speaking at this moment; come back when its claim is over."""

    code = "under_way"

    def __init__(self, seconds: float) -> None:
        """`seconds`: until the claim is certainly over."""
        super().__init__("another attempt is under way")
        self.retry_after_seconds = max(1.0, seconds)


class NoticesWait(TransientError):
    """As many notices as the overall limit allows have gone out; come back when there is room."""

    code = "notices_wait"

    def __init__(self, at_most: int, within_minutes: int, seconds: float) -> None:
        """`seconds`: until there is room for this one."""
        super().__init__(
            f"{at_most} notices went out in {within_minutes} minutes: it waits for its turn (the limit `overall`)"
        )
        self.at_most = at_most
        self.within_minutes = within_minutes
        self.retry_after_seconds = max(1.0, seconds)


class SmsWaits(TransientError):
    """No text message leaves at this hour; come back in the morning."""

    code = "sms_waits"

    def __init__(self, sends_from: str, sends_until: str, seconds: float) -> None:
        """`seconds`: until the next one may leave."""
        super().__init__(f"text messages leave from {sends_from} until {sends_until}: it waits for the morning")
        self.retry_after_seconds = max(1.0, seconds)


class PermanentError(GatewayError):
    """The same call fails again until somebody changes something."""

    code = "permanent"


class UnreadableError(PermanentError):
    """A delivery cannot be read: its item is quarantined, with its bytes."""

    code = "unreadable"


class MalformedMail(UnreadableError):
    """The bytes are no mail that we or the library can take apart."""

    code = "malformed_mail"


class TooLarge(UnreadableError):
    """Larger than the limit for reading; it is kept whole."""

    code = "too_large"


class Infected(UnreadableError):
    """The virus scanner found something; the detail names its signature."""

    code = "infected"


class TooLargeToScan(UnreadableError):
    """The virus scanner could not look at the whole of it."""

    code = "too_large_to_scan"


class PagesLost(UnreadableError):
    """A scan file was split, and its pages are not each in one letter or one remainder."""

    code = "pages_lost"


class NoLetter(UnreadableError):
    """A scan file holds nothing but separators and empty pages: a person looks whether that is so."""

    code = "no_letter"


class EmptyFile(UnreadableError):
    """The file holds no bytes."""

    code = "empty_file"


class NotAScan(UnreadableError):
    """The bytes are no PDF, TIFF, JPEG or PNG."""

    code = "not_a_scan"


class ScanLocked(UnreadableError):
    """The PDF asks for a password."""

    code = "scan_locked"


class ScanDamaged(UnreadableError):
    """The scan file, or one page of it, is broken."""

    code = "scan_damaged"


class TooManyPages(UnreadableError):
    """The scan file holds more pages than are read at once."""

    code = "too_many_pages"


class PictureTooLarge(UnreadableError):
    """A picture says that it has more pixels than are unpacked; nothing of it was."""

    code = "picture_too_large"


class OutOfTime(UnreadableError):
    """Reading one page took longer than it may."""

    code = "out_of_time"


class CallLogUnknown(UnreadableError):
    """The file is in no format of call records that we know; its bytes are kept."""

    code = "call_log_unknown"


class CallLogMostlyBad(UnreadableError):
    """More than half of a call log's rows cannot be used: is it in the right format? The others are in the register."""

    code = "call_log_mostly_bad"


class ReaderDied(UnreadableError):
    """Reading began three times and never ended: the process died or the time was up."""

    code = "reader_died"


class CredentialsRefused(PermanentError):
    """The server does not accept the user name or password."""

    code = "credentials_refused"


class FolderMissing(PermanentError):
    """The mailbox folder, or the folder on disk, is not there."""

    code = "folder_missing"


class DestinationRefused(PermanentError):
    """The department's system says no, and will say no again."""

    code = "destination_refused"


class ConfidentialityForbids(PermanentError):
    """The item is stricter than the destination may hold: it is not sent there."""

    code = "confidentiality_forbids"


class RecipientRefused(PermanentError):
    """The mail server says 5xx to the recipient or the message (RFC 5321 section 4.2.1)."""

    code = "recipient_refused"


class MessageTooLarge(RecipientRefused):
    """The message is larger than the mail server takes (RFC 1870)."""

    code = "message_too_large"


class BytesMissing(PermanentError):
    """The ledger knows the delivery, the byte store does not hold its bytes, or other bytes."""

    code = "bytes_missing"


Path = tuple[str | int, ...]
"""Where something stands in a document: keys, and indexes counted from 0."""


class ConfigurationInvalid(PermanentError):
    """The configuration document has faults; `faults` lists each with its place."""

    code = "configuration_invalid"

    def __init__(self, faults: list[str], places: list[tuple[Path, str]] | None = None) -> None:
        """`faults`: one sentence each, starting with file and line. `places`: each as path in the document and sentence."""
        super().__init__("\n".join(faults))
        self.faults = faults
        self.places = places or []

    @classmethod
    def at(cls, places: list[tuple[Path, str]]) -> ConfigurationInvalid:
        """Return the error for faults at places, of which no line is known."""
        return cls([f"{place_of(path)}{words}" for path, words in places], places)


def place_of(path: Path) -> str:
    """Return the path as people read it, with a colon; empty for the whole document."""
    return f"{'.'.join(str(step) for step in path)}: " if path else ""


class PreconditionFailed(PermanentError):
    """What the caller has seen is no longer how it stands (RFC 9110 section 13.1.1)."""

    code = "precondition_failed"


class OverlayInvalid(PermanentError):
    """An emergency overlay names what the configuration in force no longer has."""

    code = "overlay_invalid"


class PatternInvalid(PermanentError):
    """A pattern or word of a rule cannot be used; the detail quotes it."""

    code = "pattern_invalid"


class SettingsInvalid(PermanentError):
    """A setting of the installation is missing or wrong; the detail names it."""

    code = "settings_invalid"


class NotFound(PermanentError):
    """There is no such thing, or the caller may not know of it."""

    code = "not_found"


class Conflict(PermanentError):
    """The action makes no sense in the item's present status, or somebody else was first."""

    code = "conflict"


class NobodyToAlert(PermanentError):
    """Nobody would hear of broken glass, so none is broken."""

    code = "nobody_to_alert"


class NotAllowed(PermanentError):
    """The caller is known but may not do this."""

    code = "not_allowed"


class KeyReused(PermanentError):
    """The Idempotency-Key came with another request before; nothing was taken in."""

    code = "idempotency_key_reused"


class BadRequest(PermanentError):
    """The request's own words are wrong."""

    code = "bad_request"
