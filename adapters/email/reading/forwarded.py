"""A message that somebody passed on inside this one: attached whole, or as words under headers in words."""

from __future__ import annotations

import re

from adapters.email.reading.addresses import mailboxes
from adapters.email.reading.automatic import automation
from adapters.email.reading.clean import one_line
from adapters.email.reading.entity import Entity, read_entity
from adapters.email.reading.header_block import HeaderBlock
from adapters.email.reading.identifiers import message_id
from adapters.email.reading.limits import RECIPIENT_LIMIT, SUBJECT_LIMIT
from adapters.email.reading.moment import moment_of
from adapters.email.reading.new_words import new_words
from adapters.email.reading.people import addressing, return_path, sender
from adapters.email.reading.quotation import Kind, beginning
from adapters.email.reading.quote_marks import unmarked
from adapters.email.reading.remarks import Remarks
from adapters.email.reading.trace import trace
from adapters.email.reading.words import mail_words
from adapters.email.reading.written_moment import written_moment
from inbox.reading import TEXT_LIMIT, ForwardBasis, Forwarded, Sender

_FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]\n]{1,40}\]\s*){0,3}(?:fwd?|doorgestuurd|doorst|doorsturen|wg|tr|rv)\s?(?:\[\d{1,3}\])?\s?:",
    re.IGNORECASE,
)
_LITTLE_TEXT = 500
"""Characters above an attached message with which it is still passed on: `Zie bijgaand, hoort dit bij jullie?`"""

_ATTACHED = "message/rfc822"
_QUOTE_PREFIX = re.compile(r"^[ \t]{0,3}>[ \t]?")
_MAILTO = re.compile(r"<mailto:[^<>]{1,320}>|\[mailto:([^\[\]]{1,320})\]", re.IGNORECASE)
_VALUE_LIMIT = 8_000
_NESTED_LIMIT_BYTES = 4 * 1024 * 1024
"""Of an attached message its header and words are read here; its files were counted with those of the mail."""


def forwarded(mail: Entity, subject: str, marked: str, own_words: str) -> Forwarded | None:
    """Return the message that this mail passes on, or None: a reply that quotes is no forward. Never raises.

    `marked`: the words of the mail with their marks; `own_words`: its new words. Of several attached messages none is
    *the* message, and what was said of one would be said of a stranger.
    """
    if mail.media_type == "multipart/report":
        return None
    is_named = _FORWARD_SUBJECT.match(subject) is not None
    attached = [leaf for leaf in mail.leaves() if leaf.media_type == _ATTACHED]
    if len(attached) == 1 and (is_named or len(own_words) <= _LITTLE_TEXT):
        return _attached(attached[0])
    return None if attached else _inline(marked, is_named=is_named)


def _attached(leaf: Entity) -> Forwarded | None:
    remarks = Remarks()
    content, _ = leaf.content(_NESTED_LIMIT_BYTES)
    inner = read_entity(content.lstrip(b"\r\n"), remarks)
    if not len(inner.fields):
        return None
    wrote = sender(inner.fields, remarks)
    recipients, _ = addressing(inner.fields, frozenset(), remarks)
    subject = inner.fields.words("subject", SUBJECT_LIMIT)
    marked = mail_words(inner, remarks)
    text = new_words(marked)
    decided = automation(inner, wrote, subject, return_path(inner.fields, remarks), text)
    return Forwarded(
        basis=ForwardBasis.attached,
        sender=wrote,
        recipients=recipients,
        subject=subject,
        text=text or unmarked(marked),
        message_id=message_id(inner.fields),
        sent_at=moment_of(inner.fields.first("date")),
        trace=trace(inner.fields),
        may_not_because=decided.may_not_because,
    )


def _inline(marked: str, *, is_named: bool) -> Forwarded | None:
    """Return what stands under the first beginning in the mail, when that is a forward's.

    Behind the attribution of a reply everything is quoted, also a forward that was answered.
    """
    lines = [_QUOTE_PREFIX.sub("", line) for line in unmarked(marked).split("\n")]
    for at in range(len(lines)):
        found = beginning(lines, at)
        if found is None or (found.kind is Kind.attribution and not found.is_sure):
            continue
        if found.block is None or found.kind is Kind.attribution:
            return None
        if found.kind is not Kind.forward and not is_named:
            return None
        return _in_words(found.block, "\n".join(lines[found.end :]))
    return None


def _in_words(block: HeaderBlock, behind: str) -> Forwarded:
    subject = one_line(block.values.get("subject", ""), SUBJECT_LIMIT)
    recipients = [address for kind in ("to", "cc") for _, address in _people(block.values.get(kind, "")) if address]
    name, address = next(iter(_people(block.values["from"])), ("", ""))
    return Forwarded(
        basis=ForwardBasis.inline,
        sender=Sender(address=address, name=name),
        recipients=tuple(dict.fromkeys(recipients))[:RECIPIENT_LIMIT],
        subject=subject,
        text=(new_words(behind) or behind.strip())[:TEXT_LIMIT],
        sent_at=written_moment(block.values.get("sent", "")),
    )


def _people(value: str) -> list[tuple[str, str]]:
    """Return names and addresses; Outlook writes `Jan <jan@x<mailto:jan@x>>` and `Jan [mailto:jan@x]`."""
    plain = _MAILTO.sub(lambda found: f"<{found[1]}>" if found[1] else "", value[:_VALUE_LIMIT])
    return [(mailbox.name, mailbox.address) for mailbox in mailboxes(plain, Remarks())]
