"""Who wrote to whom."""

from __future__ import annotations

from adapters.email.reading.addresses import Mailbox, addr_spec, mailboxes
from adapters.email.reading.clean import one_line
from adapters.email.reading.fields import Fields
from adapters.email.reading.limits import ADDRESS_LIMIT, RECIPIENT_LIMIT, REPLY_TO_LIMIT
from adapters.email.reading.remarks import Remark, Remarks
from inbox.reading import AddressedAs, Sender


def sender(fields: Fields, remarks: Remarks) -> Sender:
    """Return the first mailbox of From that has an address; else its words as the name, or nobody."""
    named = [mailbox for value in fields.all("from") for mailbox in mailboxes(value, remarks)]
    if not any(mailbox.address for mailbox in named):
        named = _whole_encoded(fields, remarks) or named
    addressed = [mailbox for mailbox in named if mailbox.address]
    if len({mailbox.address for mailbox in addressed}) > 1:
        remarks.add(Remark.several_senders)
    if not addressed:
        remarks.add(Remark.no_from)
    first = next(iter(addressed or named), Mailbox("", ""))
    return Sender(address=first.address, name=first.name)


def _whole_encoded(fields: Fields, remarks: Remarks) -> list[Mailbox]:
    """Return the mailboxes of mailers that encode the address with the name, which RFC 2047 section 5 forbids."""
    values = [value for value in fields.all("from") if "=?" in value]
    decoded = [fields.decoded(value, 2 * ADDRESS_LIMIT) for value in values]
    found = [mailbox for value in decoded for mailbox in mailboxes(value, remarks) if mailbox.address]
    if found:
        remarks.add(Remark.broken_header)
    return found


def addressing(fields: Fields, own_addresses: frozenset[str], remarks: Remarks) -> tuple[tuple[str, ...], AddressedAs]:
    """Return the addresses of To and Cc in order, each once, and where one of ours stands among them.

    Resent fields tell where ours stands too (RFC 5230 section 4.5): a colleague sent the mail on.
    """
    to, cc = _addresses(fields, "to", remarks), _addresses(fields, "cc", remarks)
    everybody = list(dict.fromkeys([*to, *cc]))
    if len(everybody) > RECIPIENT_LIMIT:
        remarks.add(Remark.recipients_cut)
    to += _addresses(fields, "resent-to", remarks)
    cc += _addresses(fields, "resent-cc", remarks)
    return tuple(everybody[:RECIPIENT_LIMIT]), _addressed_as(to, cc, {own.lower() for own in own_addresses})


def _addressed_as(to: list[str], cc: list[str], own: set[str]) -> AddressedAs:
    if not own:
        return AddressedAs.unknown
    if any(address.lower() in own for address in to):
        return AddressedAs.to
    if any(address.lower() in own for address in cc):
        return AddressedAs.cc
    return AddressedAs.bcc


def reply_to(fields: Fields, remarks: Remarks) -> tuple[str, ...]:
    """Return the addresses of Reply-To (RFC 5322 section 3.6.2), in order, each once, at most REPLY_TO_LIMIT."""
    return tuple(dict.fromkeys(_addresses(fields, "reply-to", remarks)))[:REPLY_TO_LIMIT]


def return_path(fields: Fields, remarks: Remarks) -> str | None:
    """Return the envelope sender of the topmost Return-Path (RFC 5321 section 4.4): "" for `<>`, None where absent."""
    values = fields.all("return-path")
    if not values:
        return None
    inside = values[0].strip().removeprefix("<").removesuffix(">").strip()
    if not inside:
        return ""
    address = addr_spec(inside) or next((mailbox.address for mailbox in mailboxes(values[0], remarks)), "")
    # A local name without a domain is still not the null path.
    return address or one_line(inside, ADDRESS_LIMIT)


def _addresses(fields: Fields, name: str, remarks: Remarks) -> list[str]:
    return [mailbox.address for value in fields.all(name) for mailbox in mailboxes(value, remarks) if mailbox.address]
