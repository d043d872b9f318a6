"""Whether a sender may be told by e-mail, beyond what the message itself says."""

from __future__ import annotations

import re

from inbox.configuration.model import Configuration
from inbox.correspondent import is_colleague
from inbox.reading import Reading

_WRITABLE = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,255}")
"""An addr-spec without quoting (RFC 5321 section 4.5.3.1 lengths): anything stranger is not written to."""


def may_not_tell(reading: Reading, own_addresses: frozenset[str], configuration: Configuration | None) -> list[str]:
    """Return the reasons not to send this sender any notice, as sentences; none means that it may be sent.

    RFC 3834 section 2; `own_addresses`: the addresses of our sources and of our own outgoing mail, lower case.
    """
    reasons = list(reading.may_not_because)
    if not reading.may_acknowledge and not reasons:
        reasons.append("the message asks for no answer")
    address = reading.sender.address.lower()
    if not address:
        reasons.append("there is no sender address")
        return reasons
    if not _WRITABLE.fullmatch(address):
        reasons.append("the sender address is not one that we can write to")
    if address in own_addresses:
        reasons.append("the sender is one of our own mailboxes")
    if is_colleague(address, configuration):
        reasons.append("the sender is a colleague")
    return reasons
