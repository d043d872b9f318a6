"""Whether a machine wrote a mail, and whether it may be answered: two decisions, each with its evidence.

A machine is never answered (RFC 3834 section 2). But a mail may also ask for no answer without being a machine's:
people write through mailing lists, and Exchange puts X-Auto-Response-Suppress on what people write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.email.reading.absence import is_absence_notice
from adapters.email.reading.automatic_names import is_absence, is_challenge, machine_name
from adapters.email.reading.comments import without_comments
from adapters.email.reading.entity import Entity
from adapters.email.reading.fields import Fields
from adapters.email.reading.identifiers import reply_to_ids
from adapters.email.reading.mail_reports import is_about_mail
from inbox.reading import Sender

LOOP_HEADER = "X-Inbox-Gateway-Loop"
"""On every mail that a gateway sends, this one or another. Whether it is ours shows only with our key."""


@dataclass(frozen=True)
class Evidence:
    """One reason. `is_machine`: it shows that a machine wrote the mail; any evidence forbids an answer."""

    words: str
    is_machine: bool = True


@dataclass(frozen=True)
class Automation:
    """The two decisions. The evidence names header and keyword, never the sender's own words."""

    is_automatic: bool
    automatic_evidence: tuple[str, ...]
    may_acknowledge: bool
    may_not_because: tuple[str, ...]


def automation(mail: Entity, sender: Sender, subject: str, return_path: str | None, words: str) -> Automation:
    """Decide from the header, and where that shows no machine from the sender's own `words`.

    What shows a machine also forbids an answer.
    """
    found = list(dict.fromkeys(_evidence(mail, sender, subject, return_path)))
    if not any(evidence.is_machine for evidence in found):
        found += _words(mail.fields, subject, words)
    machine = tuple(evidence.words for evidence in found if evidence.is_machine)
    return Automation(
        is_automatic=bool(machine),
        automatic_evidence=machine,
        may_acknowledge=not found,
        may_not_because=tuple(evidence.words for evidence in found),
    )


def _evidence(mail: Entity, sender: Sender, subject: str, return_path: str | None) -> Iterator[Evidence]:
    fields = mail.fields
    if fields.all(LOOP_HEADER.lower()):
        yield Evidence(f"{LOOP_HEADER} is present: a gateway sent it")
    yield from _auto_submitted(fields)
    if return_path == "":
        yield Evidence("Return-Path: <>")
    yield from _report(mail)
    yield from _precedence(fields)
    yield from _list(fields)
    yield from _suppress(fields)
    yield from _vendor(fields)
    yield from _names(sender, return_path)
    if is_absence(subject):
        yield Evidence("Subject begins as an automatic reply does")
    if is_challenge(subject):
        yield Evidence("Subject asks to confirm a mail before it is delivered")
    if is_about_mail(mail, subject):
        yield Evidence("it is a DMARC or TLS report")
    if not sender.address:
        yield Evidence("there is no sender address", is_machine=False)


def _words(fields: Fields, subject: str, words: str) -> list[Evidence]:
    is_answer = bool(reply_to_ids(fields)) or _ANSWER.match(subject) is not None
    return [Evidence("the words are an automatic reply")] if is_absence_notice(words, is_answer=is_answer) else []


_ANSWER = re.compile(r"(?:re|antw|aw|rép|sv|betr)(?:\[\d+\])?\s?:", re.IGNORECASE)

_AUTO_SUBMITTED = ("auto-generated", "auto-replied", "auto-notified")
_REPORTS = ("delivery-status", "disposition-notification", "feedback-report", "tlsrpt")


def _auto_submitted(fields: Fields) -> Iterator[Evidence]:
    """RFC 3834 section 5: a keyword, then parameters or comments; everything but `no` is a machine."""
    for value in fields.all("auto-submitted"):
        keyword = _keyword(value)
        if keyword != "no":
            yield Evidence(f"Auto-Submitted: {_known(keyword, _AUTO_SUBMITTED)}")


def _report(mail: Entity) -> Iterator[Evidence]:
    """Delivery (RFC 3464), disposition (RFC 8098), feedback (RFC 5965) and TLS (RFC 8460) reports."""
    declared = _keyword(mail.fields.first("content-type"))
    if declared == "multipart/report":
        kind = _known(_keyword(mail.parameters.get("report-type", "")), _REPORTS)
        yield Evidence(f"Content-Type: multipart/report; report-type={kind}")
    elif declared.removeprefix("message/") in _REPORTS:
        yield Evidence(f"Content-Type: {declared}")


def _precedence(fields: Fields) -> Iterator[Evidence]:
    for name in ("Precedence", "X-Precedence"):
        for value in fields.all(name.lower()):
            keyword = _keyword(value).replace("-", "_")
            if keyword in ("bulk", "junk", "auto_reply", "list"):
                # People write to lists too.
                yield Evidence(f"{name}: {keyword}", is_machine=keyword != "list")


_LIST_FIELDS = ("List-Id", "List-Unsubscribe", "List-Post", "List-Help", "List-Subscribe", "List-Owner", "List-Archive")


def _list(fields: Fields) -> Iterator[Evidence]:
    """RFC 2369 and 2919. Where the list takes postings, a person may have written; a newsletter is a machine's."""
    takes_postings = any("<" in value for value in fields.all("list-post"))
    for name in _LIST_FIELDS:
        if fields.all(name.lower()):
            yield Evidence(f"{name} is present", is_machine=not takes_postings)


def _suppress(fields: Fields) -> Iterator[Evidence]:
    """MS-OXCMAIL 2.1.3.2.20: a wish not to be answered automatically. People's mail has it too."""
    for value in fields.all("x-auto-response-suppress"):
        for wish in re.split(r"[\s,;]+", value[:200]):
            if wish.lower() in ("all", "autoreply", "oof"):
                yield Evidence(f"X-Auto-Response-Suppress: {wish}", is_machine=False)


_MARKERS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Autoresponse",
    "X-AutoReply-From",
    "X-Mail-Autoreply",
    "X-Autogenerated",
    "X-FC-MachineGenerated",
    "X-Failed-Recipients",
    "X-Loop",
)
"""Present with anything but a no: a machine."""

_DENIALS = frozenset({"no", "false", "0", "none"})


def _vendor(fields: Fields) -> Iterator[Evidence]:
    for name in _MARKERS:
        if any(_keyword(value) not in _DENIALS for value in fields.all(name.lower())):
            yield Evidence(f"{name} is present")
    if fields.all("x-ignorevacation"):
        yield Evidence("X-Ignorevacation is present", is_machine=False)
    if fields.all("x-rt-loop-prevention"):
        # A ticket system sent it, perhaps a person's words.
        yield Evidence("X-RT-Loop-Prevention is present", is_machine=False)
    if any(_keyword(value) == "autoresponder" for value in fields.all("delivered-to")):
        yield Evidence("Delivered-To: autoresponder")
    if any(_keyword(value) == "notification" for value in fields.all("x-amazon-mail-relay-type")):
        yield Evidence("X-AMAZON-MAIL-RELAY-TYPE: notification")


def _names(sender: Sender, return_path: str | None) -> Iterator[Evidence]:
    # `From: MAILER-DAEMON` has no domain and so no address; its words are then in the name.
    written = (("From", sender.address or sender.name), ("Return-Path", return_path or ""))
    for name, address in written:
        known = machine_name(address)
        if known and (name == "From" or known.counts_in_path):
            yield Evidence(f"{name} is {known.label}", is_machine=known.is_machine)


_KEYWORD = re.compile(r"\s*+([a-z0-9_./+-]{1,60})", re.IGNORECASE)


def _keyword(value: str) -> str:
    """Return the first word in lower case, without comments and parameters."""
    found = _KEYWORD.match(without_comments(value))
    return found[1].lower() if found else ""


def _known(keyword: str, words: tuple[str, ...]) -> str:
    """Keep the evidence free of words that the sender made up."""
    return keyword if keyword in words else "(other)"
