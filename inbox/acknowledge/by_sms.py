"""The mobile number at which whoever wrote on paper, or rang, can be told in a text message."""

from __future__ import annotations

from collections.abc import Collection

from inbox.acknowledge.to_caller import may_not_text
from inbox.call import CallFacts
from inbox.channel import Channel
from inbox.configuration.model import TRIAGE, Configuration
from inbox.mobile_number import as_e164, is_mobile
from inbox.reading import Reading

_SURE = 0.9
"""Confidence from which a number is believed."""


def by_sms(reading: Reading, configuration: Configuration, *, categories: Collection[str]) -> str:
    """Return the number (E.164) at which the sender of a letter, or a caller, is told; empty when they are told in another
    way, or not at all.

    E-mail comes first where an address is stated, and what the law wants confirmed in writing is never told so (Awb 6:14,
    9:6): of a letter, neither what may still turn out to be that: triage, and an envelope that nobody opened. Of several
    mobile numbers in a letter none is surely the sender's; ours never is.
    """
    if reading.call is not None:
        return _caller(reading, reading.call, configuration, categories)
    if not configuration.sms.acknowledges_post or reading.channel is not Channel.post:
        return ""
    if reading.sender.address or reading.is_envelope or not _may_be_said_so(categories, configuration):
        return ""
    sure = {field.value for field in reading.fields if field.name == "phone" and field.confidence >= _SURE}
    numbers = {number for number in sure if is_mobile(number)} - {as_e164(configuration.organisation.phone)}
    return numbers.pop() if len(numbers) == 1 else ""


def _caller(reading: Reading, call: CallFacts, configuration: Configuration, categories: Collection[str]) -> str:
    known = configuration.categories
    is_statutory = any(known[key].statutory for key in categories if key in known)
    if reading.sender.address or is_statutory or may_not_text(call, configuration):
        return ""
    return call.caller


def _may_be_said_so(categories: Collection[str], configuration: Configuration) -> bool:
    known = configuration.categories
    return bool(categories) and all(key != TRIAGE and key in known and not known[key].statutory for key in categories)
