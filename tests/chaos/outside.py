"""The truth outside the gateway: what the relay took, what the departments hold. No ledger is asked."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from tests.chaos.surroundings import Surroundings

SENDER = re.compile(r"m(\d{5})@inwoner\.test")


@dataclass
class Accepted:
    """One message, each time that the relay took it: identical copies have one Message-ID."""

    message_id: str
    letter: int
    moments: list[float] = field(default_factory=list)
    unanswered: set[float] = field(default_factory=set)
    """The moments at which the sender never heard that it was taken."""
    bodies: set[bytes] = field(default_factory=set)


@dataclass
class Outside:
    """Everything that reached somebody."""

    told: dict[int, list[Accepted]] = field(default_factory=lambda: defaultdict(list))
    """Acknowledgements and receipts that a letter's sender got, by letter."""
    other_notices: list[Accepted] = field(default_factory=list)
    """Corrections and the like."""
    handed: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """Forward id → kind of target, by letter, in an acting or an informed place."""
    mailed: list[Accepted] = field(default_factory=list)
    """Forwards and withdrawals that went by mail."""
    unknown: list[str] = field(default_factory=list)
    """What belongs to no letter."""


def look_outside(surroundings: Surroundings) -> Outside:
    """Read every mailbox of the residents and the departments, the web service and the folders."""
    outside = Outside()
    by_id: dict[str, Accepted] = {}
    relay = surroundings.relay
    # What arrived whole and was never answered was taken as well.
    for taken in sorted([*relay.taken, *relay.dropped], key=lambda taken: taken.at):
        message = message_from_bytes(taken.message, policy=policy.default)
        assert isinstance(message, EmailMessage)
        identity = str(message["Message-ID"]).strip("<>")
        is_new = identity not in by_id
        accepted = by_id.setdefault(identity, Accepted(identity, _letter(message, taken.rcpt_to)))
        accepted.moments.append(taken.at)
        accepted.unanswered |= {taken.at} if taken in relay.dropped else set()
        accepted.bodies.add(taken.message)
        if is_new:
            _sort(outside, accepted, message)
    for identity, event in surroundings.department.held.items():
        _hand(outside, identity, json.dumps(event), "webhook")
    for file in _documents(surroundings):
        _hand(outside, file[0], json.dumps(file[1]), "folder")
    return outside


def _sort(outside: Outside, accepted: Accepted, message: EmailMessage) -> None:
    identity = accepted.message_id
    if identity.startswith("gw-forward."):
        outside.mailed.append(accepted)
        if not identity.partition("@")[0].endswith(".withdrawal"):
            outside.handed[accepted.letter][str(message["X-Inbox-Gateway-Forward"])] = "mailbox"
    elif ".acknowledgement-" in identity or ".looked-at-" in identity:
        outside.told[accepted.letter].append(accepted)
    elif identity.startswith("gw."):
        outside.other_notices.append(accepted)
    else:
        outside.unknown.append(identity)
    if not accepted.letter and not identity.partition("@")[0].endswith(".withdrawal"):
        outside.unknown.append(identity)


def _hand(outside: Outside, identity: str, words: str, target: str) -> None:
    if identity.endswith(".withdrawn"):
        return
    found = SENDER.search(words)
    if found is None:
        outside.unknown.append(identity)
        return
    outside.handed[int(found[1])][identity] = target


def _documents(surroundings: Surroundings) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in surroundings.forwarded.rglob("*.json"):
        yield path.stem, json.loads(path.read_bytes())


def _letter(message: EmailMessage, recipients: tuple[str, ...]) -> int:
    """Return the number of the letter that a message is about, 0 when it names none."""
    for address in recipients:
        if found := SENDER.fullmatch(address):
            return int(found[1])
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            original = cast("EmailMessage", part.get_content())
            if found := SENDER.search(str(original["From"])):
                return int(found[1])
    return 0
