"""Delivery reports in plain words, as servers write that send no RFC 3464 part."""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapters.email.reading.addresses import addr_spec
from adapters.email.reading.clean import one_line
from adapters.email.reading.limits import DIAGNOSTIC_LIMIT, REPORTED_LIMIT
from inbox.reading import ReportedRecipient

_SEARCHED_CHARACTERS = 8_000
"""The server's own words stand in front."""

_OPENING = re.compile(
    # qmail and what descends from it (qmail-1.03, QSBMF)
    r"Hi\. This is the .{1,80}? at "
    r"|I'm afraid I wasn't able to deliver"
    # Exim and what imitates it, Zoho among them
    r"|This message was created automatically by (?:the )?(?:mail delivery software|mail system)"
    r"|A message that you sent could not be delivered to"
    # Exchange 5.5 to 2003
    r"|Your message did not reach some or all of the intended recipients"
    # Postfix, sendmail, and services that copy their words
    r"|This is the mail system at host "
    r"|I'm sorry to have to inform you that your message could not"
    r"|The original message was received at "
    r"|(?:Your|The following) message (?:to .{1,320}? )?(?:could not|couldn't|was not|wasn't) (?:be )?delivered",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"warning message only|do not need to (?:resend|do anything)|has not (?:yet )?been delivered|will keep trying"
    r"|delivery attempts will continue|delivery (?:is|has been) delayed|still (?:being )?(?:tried|trying)",
    re.IGNORECASE,
)
_GAVE_UP = re.compile(
    r"permanent error|permanent fatal error|given up|not going to try again|retry timeout exceeded"
    r"|will not be retried|could ?n(?:o|')t be delivered",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"^-{2,}[ ]?(?:Below this line is a copy of the message|This is a copy of (?:the|your) message"
    r"|(?:The |Start of )?(?:original|returned) (?:message|headers)|The header of the original message).*$"
    r"|^(?:Original message headers|Received message):?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = r"[^\s<>()\[\],;:\"']{1,64}@[a-z0-9.-]{1,255}"
_RECIPIENT = re.compile(
    # `<weg@x>:` (qmail, Postfix), `weg@x, ERROR CODE :550` (Zoho), `'weg@x' on 5-1-2026 9:15` (Exchange), or the
    # address alone on its line, indented (Exim, sendmail)
    rf"^[ \t]*(?:<(?P<angle>{_ADDRESS})>|'(?P<quoted>{_ADDRESS})'(?= on )|(?P<bare>{_ADDRESS}))"
    r"(?P<rest>[:,].{0,500}| on .{1,60}|[ \t]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")


@dataclass(frozen=True)
class TextReport:
    """`returned`: what follows the line that announces the copy; empty when none is sent back."""

    recipients: tuple[ReportedRecipient, ...]
    returned: str


def text_report(text: str) -> TextReport | None:
    """Return what a mail server's words say, or None where they are none that are known. Ask only of a mail server.

    An address counts where it stands at the head of its own line, as servers write them. A delay is no failure; words
    that say that the server gave up outweigh a temporary status.
    """
    copy = _COPY.search(text)
    words = text[: copy.start() if copy else len(text)][:_SEARCHED_CHARACTERS]
    if not _OPENING.search(words[:1_000]):
        return None
    found = list(_RECIPIENT.finditer(words))[:REPORTED_LIMIT]
    recipients: dict[str, ReportedRecipient] = {}
    for number, match in enumerate(found, start=1):
        end = found[number].start() if number < len(found) else len(words)
        address = addr_spec(match["angle"] or match["quoted"] or match["bare"])
        if not address:
            continue
        reason = f"{match['rest'].strip(' ,:')} {words[match.end() : end].strip().partition(chr(10) * 2)[0]}"
        status = _STATUS.search(reason)
        recipients.setdefault(
            address,
            ReportedRecipient(
                address=address,
                action=_action(words, status[0] if status else ""),
                status=status[0] if status else "",
                diagnostic=one_line(reason, DIAGNOSTIC_LIMIT),
            ),
        )
    return TextReport(tuple(recipients.values()), text[copy.end() :].lstrip("\n") if copy else "")


def _action(words: str, status: str) -> str:
    if _DELAYED.search(words):
        return "delayed"
    return "delayed" if status.startswith("4") and not _GAVE_UP.search(words) else "failed"
