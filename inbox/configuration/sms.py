"""What must hold of text messages: short enough in every case, and nothing in them of the matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from inbox.acknowledge.sms_length import LONGEST_MESSAGES, messages_in
from inbox.configuration.model import (
    CALL_TEXTS,
    PLACEHOLDER,
    SMS_CALL_BACK,
    SMS_CALL_SEEN,
    SMS_CORRECTION,
    SMS_DATED,
    SMS_RECEIPT_ONLY,
    SMS_TEXTS,
    TEXT_MESSAGES,
    Configuration,
    Text,
)
from inbox.norms.promise import date_words

_ALLOWED = frozenset({"organisation", "reference", "date", "received_on", "phone", "website"})
"""A number that was misread, or that somebody else answers, must not tell what a letter or a call is about."""
_DATED = (SMS_DATED, SMS_CORRECTION, SMS_CALL_BACK)
_UNDATED = (SMS_RECEIPT_ONLY, SMS_CALL_SEEN)
_NEEDED_BY_POST = frozenset(SMS_TEXTS)
_NEEDED_BY_CALLS = frozenset({*CALL_TEXTS, SMS_CORRECTION})
_LONGEST_DATE = date_words(date(2026, 9, 24))
"""No day and month have longer names."""
_LONGEST_REFERENCE = "7K3M-9QXA-D"

Fault = tuple[tuple[str | int, ...], str]


def sms_faults(configuration: Configuration) -> Iterator[Fault]:
    """Yield each fault of the text messages as (path in the document, sentence)."""
    sms = configuration.sms
    if sms.sends_from >= sms.sends_until:
        yield ("sms", "sends_until"), "is not later than `sends_from`: no text message would ever leave"
    for key in TEXT_MESSAGES:
        text = configuration.texts.get(key)
        if text is not None:
            yield from _text(configuration, key, text)
        elif sms.acknowledges_post and key in _NEEDED_BY_POST:
            yield ("texts",), f"`{key}` is missing: `sms.acknowledges_post` needs it"
        elif sms.acknowledges_calls and key in _NEEDED_BY_CALLS:
            yield ("texts",), f"`{key}` is missing: `sms.acknowledges_calls` needs it"


def _text(configuration: Configuration, key: str, text: Text) -> Iterator[Fault]:
    named = set(PLACEHOLDER.findall(text.body))
    if "reference" not in named:
        yield ("texts", key, "body"), "does not name the {reference}"
    if key in _DATED and "date" not in named:
        yield ("texts", key, "body"), "is used where a date is promised and does not name the {date}"
    if key in _UNDATED and "date" in named:
        yield ("texts", key, "body"), "is used where no date may be promised and names {date}"
    for word in sorted(named - _ALLOWED):
        yield ("texts", key, "body"), f"names {{{word}}}: a text message may say no more than {_allowed()}"
    messages = messages_in(_longest(configuration, text.body))
    if messages > LONGEST_MESSAGES:
        many = f"becomes {messages} text messages when it is filled in: at most {LONGEST_MESSAGES}"
        yield (
            ("texts", key, "body"),
            f"{many}, which is 306 plain characters, or 134 when one is not plain (as ë is not)",
        )


def _allowed() -> str:
    return ", ".join(f"{{{word}}}" for word in sorted(_ALLOWED))


def _longest(configuration: Configuration, body: str) -> str:
    """Return the text as long as it can become."""
    organisation = configuration.organisation
    values = {
        "organisation": organisation.name,
        "reference": _LONGEST_REFERENCE,
        "date": _LONGEST_DATE,
        "received_on": _LONGEST_DATE,
        "phone": organisation.phone,
        "website": organisation.website,
    }
    return PLACEHOLDER.sub(lambda found: values.get(found[1], ""), body).strip()
