"""Why a mail did not arrive, in words for a person: from the enhanced status code alone (RFC 3463).

A server's own words may quote addresses and mail, and go nowhere but to the ledger.
"""

from __future__ import annotations

import re

_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])", re.ASCII)
_MEANINGS = {
    "5.1.1": "the address does not exist",
    "5.1.10": "the address does not exist",
    "5.1.2": "the domain of the address does not exist or takes no mail",
    "5.1.3": "the address is not written as an address is",
    "5.1.6": "the mailbox has moved",
    "5.2.1": "the mailbox is closed",
    "5.2.2": "the mailbox is full",
    "4.2.2": "the mailbox is full",
    "5.2.3": "the message is larger than the mailbox takes",
    "5.3.4": "the message is larger than their mail server takes",
    "4.4.7": "their mail server did not take it in time",
    "5.4.4": "no mail server was found for the domain of the address",
    "5.4.6": "mail for the address goes round in a circle",
}
_SUBJECTS = {
    "1": "there is something wrong with the address",
    "2": "the mailbox takes no mail",
    "3": "their mail server cannot take it",
    "4": "their mail server could not be reached",
    "5": "their mail server did not understand ours",
    "6": "their mail server cannot take the message in this form",
    "7": "their mail server refuses it by its own rules",
}


def enhanced_status(words: str) -> str:
    """Return the first enhanced status code in a server's words, or nothing."""
    found = _STATUS.search(words)
    return found[0] if found else ""


def meaning(status: str) -> str:
    """Return what a status code says, with the code: `the mailbox is full (5.2.2)`; never a server's own words."""
    if not _STATUS.fullmatch(status):
        return "no reason was given"
    kind, subject, _ = status.split(".")
    words = _MEANINGS.get(status) or _SUBJECTS.get(subject)
    if words is None:
        return f"status {status}"
    if kind == "4" and status not in _MEANINGS:
        words = f"{words}, for too long"
    return f"{words} ({status})"
