"""Whether a sender may be told by e-mail, beyond what the message itself says."""

from __future__ import annotations

from inbox.configuration.model import Configuration
from inbox.reading import Reading


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
    if address in own_addresses:
        reasons.append("the sender is one of our own mailboxes")
    domains = configuration.organisation.own_domains if configuration else ()
    host = address.rpartition("@")[2]
    if any(host == domain.lower() or host.endswith(f".{domain.lower()}") for domain in domains):
        reasons.append("the sender is a colleague")
    return reasons
