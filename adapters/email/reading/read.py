"""From raw bytes to a Reading (RFC 5322, 2045 to 2047)."""

from __future__ import annotations

import re

from adapters.email.reading.attached_words import attached_words, has_documents
from adapters.email.reading.automatic import automation
from adapters.email.reading.clean import one_line
from adapters.email.reading.entity import Entity, read_entity
from adapters.email.reading.fields import FIELD_LINE, Fields
from adapters.email.reading.forwarded import forwarded
from adapters.email.reading.identifiers import message_id, reply_to_ids
from adapters.email.reading.limits import HEADER_FIELDS_KEPT, HEADER_VALUE_KEPT, READ_LIMIT_BYTES, SUBJECT_LIMIT
from adapters.email.reading.moment import sent_at
from adapters.email.reading.new_words import new_words
from adapters.email.reading.parts import parts
from adapters.email.reading.people import addressing, reply_to, return_path, sender
from adapters.email.reading.quote_marks import unmarked
from adapters.email.reading.remarks import Remark, Remarks
from adapters.email.reading.report import delivery_report
from adapters.email.reading.trace import trace
from adapters.email.reading.words import mail_words
from adapters.language import language_of
from inbox.addressed_to import addressed_to
from inbox.channel import Channel
from inbox.errors import MalformedMail, TooLarge
from inbox.ports import WantsChild
from inbox.reading import Reading

# Nothing below is known to raise any of these; should it, one mail is quarantined and the gateway goes on.
_FOREIGN_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)

_MARK_AND_BLANK = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*+(?:From [^\r\n]*+[\r\n]++)?")
_KNOWN_FIELD = re.compile(
    rb"^(?:from|to|cc|subject|date|received|return-path|delivered-to|message-id|mime-version|content-type|reply-to"
    rb"|sender|dkim-signature)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_SEARCHED_BYTES = 16 * 1024
"""How far we look for a header when the bytes do not begin with one."""


def read_mail(raw: bytes, *, own_addresses: frozenset[str] = frozenset()) -> Reading:
    """Return what can be understood from one mail as it came, headers first. Same bytes, same Reading.

    Any bytes give a Reading or an UnreadableError, in time and memory linear in their length; whatever is broken inside
    is a remark. Every string can be stored as UTF-8 without NUL. `own_addresses`: ours, lower case; without them
    `addressed_as` is unknown.

    Raises MalformedMail when the bytes are empty or hold no header, TooLarge above READ_LIMIT_BYTES.
    """
    return _read(raw, own_addresses, opens_documents=True)


def _read(raw: bytes, own_addresses: frozenset[str], *, opens_documents: bool) -> Reading:
    if len(raw) > READ_LIMIT_BYTES:
        raise TooLarge(
            f"The mail is {len(raw)} bytes and only {READ_LIMIT_BYTES} are read. It is kept whole: open it in a mail "
            "program and route it by hand."
        )
    try:
        return _reading(bytes(raw), own_addresses, opens_documents=opens_documents)
    except _FOREIGN_ERRORS as error:
        # Only the kind: its words may quote the mail.
        raise MalformedMail(
            f"Reading stopped at {type(error).__name__}. Open the bytes in a mail program and route them by hand; "
            "report the kind of error as a fault of the gateway."
        ) from None


def opened(raw: bytes, remarks: Remarks) -> Entity:
    """Return the mail with its parts, none of them decoded yet. Raises MalformedMail when it is empty or has no header."""
    if b"\n" not in raw:
        # Line ends of old Macintoshes; in a mail with proper ones a lone return is no line end.
        raw = raw.replace(b"\r", b"\n")
    return read_entity(raw, remarks, _header_start(raw, remarks))


def read_light_mail(raw: bytes, *, own_addresses: frozenset[str] = frozenset()) -> Reading:
    """Return what `read_mail` returns, where a crash would hurt. Raises WantsChild for mail with documents to open."""
    return _read(raw, own_addresses, opens_documents=False)


def _reading(raw: bytes, own_addresses: frozenset[str], *, opens_documents: bool) -> Reading:
    remarks = Remarks()
    mail = opened(raw, remarks)
    if not opens_documents and has_documents(mail):
        raise WantsChild
    fields = mail.fields
    wrote = sender(fields, remarks)
    recipients, addressed_as = addressing(fields, own_addresses, remarks)
    subject = fields.words("subject", SUBJECT_LIMIT)
    path = return_path(fields, remarks)
    marked = mail_words(mail, remarks)
    text = unmarked(marked)
    own_words = "" if Remark.text_of_attached_message in remarks else new_words(marked)
    passed_on = forwarded(mail, subject, marked, own_words)
    decided = automation(mail, wrote, subject, path, own_words)
    return Reading(
        channel=Channel.email,
        sender=wrote,
        recipients=recipients,
        addressed_as=addressed_as,
        subject=subject,
        text=text,
        new_text=own_words,
        attached_text=attached_words(mail, remarks),
        forwarded=passed_on,
        language=language_of(passed_on.text if passed_on else own_words or text)
        or language_of(text)
        or language_of(subject),
        parts=parts(mail, remarks),
        message_id=message_id(fields),
        sent_at=sent_at(fields.first("date"), remarks),
        is_automatic=decided.is_automatic,
        automatic_evidence=decided.automatic_evidence,
        may_acknowledge=decided.may_acknowledge,
        may_not_because=decided.may_not_because,
        report=delivery_report(mail, wrote, path, text),
        addressed_to=addressed_to(subject, own_words),
        reply_to=reply_to(fields, remarks),
        trace=trace(fields),
        reply_to_ids=reply_to_ids(fields),
        return_path=path,
        headers=_kept_headers(fields, remarks),
        remarks=remarks.codes(),
    )


_VERDICTS = ("authentication-results", "arc-authentication-results")


def _header_start(raw: bytes, remarks: Remarks) -> int:
    """Return where the header begins, behind a byte order mark, empty lines and an mbox line."""
    if not raw or raw.isspace():
        raise MalformedMail("The mail is empty. Look for the message in the mailbox itself, or ask the sender again.")
    start = _end_of(_MARK_AND_BLANK.match(raw))
    if FIELD_LINE.match(raw, start):
        return start
    known = _KNOWN_FIELD.search(raw, start, start + _SEARCHED_BYTES)
    if known is None:
        raise MalformedMail(
            "The bytes hold no mail header (RFC 5322). Download them, see what they are, and enter the message by hand "
            "if it is one."
        )
    remarks.add(Remark.broken_header)
    return known.start()


def _end_of(found: re.Match[bytes] | None) -> int:
    return found.end() if found else 0


def _kept_headers(fields: Fields, remarks: Remarks) -> dict[str, tuple[str, ...]]:
    """Return what rules may look at: the topmost fields, decoded and bounded."""
    kept: dict[str, tuple[str, ...]] = {}
    for position, (name, value) in enumerate(fields):
        if position == HEADER_FIELDS_KEPT:
            remarks.add(Remark.header_cut)
            break
        # A verdict holds no encoded words (RFC 8601 section 2.2): decoding would let a stranger's address write one.
        is_verdict = name in _VERDICTS
        text = one_line(value, HEADER_VALUE_KEPT) if is_verdict else fields.decoded(value, HEADER_VALUE_KEPT)
        kept[name] = (*kept.get(name, ()), text)
    return kept
