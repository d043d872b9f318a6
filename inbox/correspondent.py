"""Who is to hear from us about a message, and on which ground: not always who sent it.

A colleague passes on what a resident wrote to them, a form on the website sends what a person typed. The person is then
the correspondent: their message is routed, and they are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from inbox.configuration.model import Configuration, WebForm
from inbox.duplicates.participant import has_verdict, is_authenticated, is_refuted
from inbox.reading import ForwardBasis, Forwarded, Reading, Sender

_LONGEST_WAY = timedelta(days=366)
"""A colleague passes on what is older than this without a date of its own: its servers' clocks prove nothing any more."""

_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,255}")
_LINES_LIMIT = 400
"""Lines of a form that are looked at."""
_NAME_LIMIT = 200

REFUTED = "our own mail server found that the sender is not whom the message names"
CLAIMED = "a colleague passed it on, and only words in it say who wrote it"


class Basis(StrEnum):
    """What shows who the correspondent is."""

    sender = "sender"
    """They sent the message themselves."""
    web_form = "web_form"
    """A form of ours names them."""
    attached = "attached"
    """A colleague passed on their message itself (message/rfc822)."""
    inline = "inline"
    """A colleague passed on their words; who they are is only claimed."""
    vouched = "vouched"
    """A person of ours says so."""
    refuted = "refuted"
    """They are named as the sender, and our own border says that it is not them."""

    @property
    def is_passed_on(self) -> bool:
        """A colleague is between us and them."""
        return self in {Basis.attached, Basis.inline}


@dataclass(frozen=True)
class Correspondent:
    """Who is to hear from us."""

    person: Sender
    basis: Basis
    colleague: Sender | None = None
    """Who passed it on."""
    received_at: datetime | None = None
    """When a server of ours first took the message that was passed on, aware UTC; None when that is not proven."""


def correspondent(
    reading: Reading,
    received_at: datetime,
    configuration: Configuration,
    trusted_authserv_ids: frozenset[str],
    vouched_address: str | None = None,
) -> Correspondent:
    """Return who is to hear from us. Pure: same input, same answer.

    `received_at`: when this message reached us. `vouched_address`: of whom a person of ours says that they wrote it.
    Whoever only pretends to be a colleague or a form is refuted, where our own border checks it.
    """
    found = _found(reading, received_at, configuration, trusted_authserv_ids)
    if vouched_address is None:
        return found
    return replace(found, person=Sender(address=vouched_address, name=found.person.name), basis=Basis.vouched)


def _found(
    reading: Reading, received_at: datetime, configuration: Configuration, trusted_authserv_ids: frozenset[str]
) -> Correspondent:
    if is_refuted(reading, trusted_authserv_ids):
        return Correspondent(reading.sender, Basis.refuted)
    form = _form_of(reading, configuration)
    if form is not None:
        return Correspondent(_named_in(form, reading), Basis.web_form)
    passed_on = reading.forwarded
    if (
        passed_on is None
        or reading.is_automatic
        or not _is_proven_colleague(reading, configuration, trusted_authserv_ids)
    ):
        return Correspondent(reading.sender, Basis.sender)
    if passed_on.basis is ForwardBasis.attached:
        first = _first_proven(passed_on, received_at, configuration)
        return Correspondent(passed_on.sender, Basis.attached, reading.sender, first)
    return Correspondent(passed_on.sender, Basis.inline, reading.sender)


def speaking(reading: Reading, spoken_by: Correspondent) -> Reading:
    """Return the reading as if the correspondent had sent it: so it is routed, told and handed over."""
    changes: dict[str, object] = {"sender": spoken_by.person}
    passed_on = reading.forwarded
    match spoken_by.basis:
        case Basis.sender:
            return reading
        case Basis.refuted:
            changes["may_not_because"] = (*reading.may_not_because, REFUTED)
        case Basis.web_form:
            # The form's mail was never theirs: there is no thread to answer in.
            changes |= {"is_automatic": False, "automatic_evidence": (), "may_not_because": ()}
            changes |= {"message_id": "", "reply_to_ids": ()}
        case Basis.vouched:
            changes["may_not_because"] = ()
        case Basis.attached if passed_on is not None:
            changes |= {"may_not_because": passed_on.may_not_because, "message_id": passed_on.message_id}
            changes |= {"reply_to_ids": ()}
        case _:
            changes |= {"may_not_because": (CLAIMED,), "message_id": "", "reply_to_ids": ()}
    because = changes.get("may_not_because", reading.may_not_because)
    return reading.model_copy(update={**changes, "may_acknowledge": not because})


def is_colleague(address: str, configuration: Configuration | None) -> bool:
    """Say whether the address is in one of our own domains, or below it."""
    host = address.lower().rpartition("@")[2]
    domains = configuration.organisation.own_domains if configuration else ()
    return any(host == domain.lower() or host.endswith(f".{domain.lower()}") for domain in domains)


def _is_proven_colleague(reading: Reading, configuration: Configuration, trusted_authserv_ids: frozenset[str]) -> bool:
    """Say whether a colleague sent it. What came in over our border, which then wrote what it found, must be proven:
    whoever passes for a colleague could name anybody as the one to be told.
    """
    if not is_colleague(reading.sender.address, configuration):
        return False
    came_over_border = has_verdict(reading, trusted_authserv_ids)
    return not came_over_border or is_authenticated(reading, trusted_authserv_ids)


def _form_of(reading: Reading, configuration: Configuration) -> WebForm | None:
    address = reading.sender.address.lower()
    forms = (form for form in configuration.web_forms if address in {known.lower() for known in form.addresses})
    return next(forms, None)


def _named_in(form: WebForm, reading: Reading) -> Sender:
    """Return the person whom a field of the form names, else whom Reply-To does; empty when neither is anybody."""
    found = _ADDRESS.search(_value(reading.text, form.email_label)) if form.email_label else None
    address = found[0] if found else next(iter(reading.reply_to), "")
    if address.lower() == reading.sender.address.lower():
        address = ""
    return Sender(address=address, name=_value(reading.text, form.name_label)[:_NAME_LIMIT])


def _value(text: str, label: str) -> str:
    """Return what stands behind the label, on its line or the next; empty when it is not there."""
    if not label:
        return ""
    lines = [line.strip(" \t*|>") for line in text.split("\n", _LINES_LIMIT)[:_LINES_LIMIT]]
    wanted = label.strip().rstrip(":").casefold()
    for position, line in enumerate(lines):
        written, colon, value = line.partition(":")
        if written.strip(" \t*|").casefold() != wanted:
            continue
        if value.strip(" \t*|"):
            return value.strip(" \t*|")
        behind = next((below for below in lines[position + 1 :] if below), "")
        # An empty field is followed by the next label.
        return "" if colon and behind.endswith(":") else behind
    return ""


def _first_proven(passed_on: Forwarded, received_at: datetime, configuration: Configuration) -> datetime | None:
    moments = _moments_at_ours(passed_on, configuration)
    return min((at for at in moments if received_at - _LONGEST_WAY <= at < received_at), default=None)


def _moments_at_ours(passed_on: Forwarded, configuration: Configuration) -> Iterator[datetime]:
    organisation = configuration.organisation
    domains = [domain.lower() for domain in organisation.own_domains]
    domains += [host.lower().removeprefix("*.") for host in organisation.mail_hosts if host.startswith("*.")]
    hosts = {host.lower() for host in organisation.mail_hosts}
    for hop in passed_on.trace:
        if hop.at is not None and (hop.by in hosts or any(f".{hop.by}".endswith(f".{domain}") for domain in domains)):
            yield hop.at
