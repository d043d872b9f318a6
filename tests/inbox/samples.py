"""Readings, configurations and facts for the tests of the inside."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import yaml
from hypothesis import settings
from hypothesis import strategies as st

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.load import load_configuration
from inbox.configuration.model import Configuration
from inbox.plan import AssignmentFacts, ItemFacts
from inbox.reading import AddressedAs, LetterField, Part, Reading, Sender
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import Decision, choose, decide
from inbox.routing.explain import Explanation, explain_decision
from tests.configuration import SMALL_TOWN

quick = settings(max_examples=60, deadline=None)
"""For properties: enough to find what is common; a busy machine is no fault."""

RECEIVED_AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
"""A Monday morning."""


def reading(subject: str = "", text: str = "", *, address: str = "jan@inwoner.test", **changes: Any) -> Reading:
    """Return a reading of a mail."""
    sender = changes.pop("sender", Sender(address=address, name="Jan"))
    return Reading(channel=changes.pop("channel", Channel.email), sender=sender, subject=subject, text=text, **changes)


def letter_field(name: str, value: str, confidence: float = 0.95) -> LetterField:
    """Return something that a letter says of itself, on its first page."""
    return LetterField(name=name, value=value, page=1, box=(100, 100, 300, 120), confidence=confidence)


def document(**changes: Any) -> dict[str, Any]:
    """Return the small town's document as plain values; `rules=[…]` and the like replace whole parts."""
    written: dict[str, Any] = yaml.safe_load(SMALL_TOWN)
    return {**written, **changes}


def town(**changes: Any) -> Configuration:
    """Return the small town, checked; arguments replace parts of the document."""
    return load_configuration(yaml.safe_dump(document(**changes), allow_unicode=True, sort_keys=False))


def compiled(**changes: Any) -> CompiledConfiguration:
    """Return the small town as version 7; arguments replace parts of the document."""
    return CompiledConfiguration(town(**changes), 7)


def decided(read: Reading, by: CompiledConfiguration, received_at: datetime = RECEIVED_AT) -> Decision:
    """Decide by a configuration, for the source `info`."""
    return decide(read, "info", Confidentiality.zaakvertrouwelijk, received_at, by)


def explained(read: Reading, by: CompiledConfiguration, received_at: datetime = RECEIVED_AT) -> Explanation:
    """Explain how `decided` decides."""
    return explain_decision(read, "info", Confidentiality.zaakvertrouwelijk, received_at, by)


def item_facts(read: Reading, **changes: Any) -> ItemFacts:
    """Return what planning needs to know of an item."""
    facts: dict[str, Any] = {
        "item_id": "5e0a1d2c-0000-4000-8000-000000000001",
        "reference": "7K3M-9QXA-D",
        "channel": read.channel,
        "media_type": "message/rfc822",
        "received_at": RECEIVED_AT,
        "received_basis": "source",
        "confidentiality": Confidentiality.zaakvertrouwelijk,
        "reading": read,
        "adds_to": None,
    }
    return ItemFacts(**{**facts, **changes})


def assignment_facts(category: str, by: CompiledConfiguration, **changes: Any) -> AssignmentFacts:
    """Return what planning needs to know of an assignment of this category."""
    matched = choose(category, RECEIVED_AT, by, rule=None)
    facts: dict[str, Any] = {
        "assignment_id": "5e0a1d2c-0000-4000-8000-000000000002",
        "category": category,
        "department": matched.department,
        "priority": matched.priority,
        "answer": matched.answer,
        "round": 1,
        "promise": matched.promise,
    }
    return AssignmentFacts(**{**facts, **changes})


WORDS = ["bezwaar", "Vergunning", "lantaarn", "Één", "ＡＢＣ", "ﬁets", "ß", "İ", " ", "\n", "-", "*", "/", "\x00", "👍"]
"""What makes matching hard, so that random texts reach every branch."""

texts = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=8).map("".join)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(1990, 1, 1), date(2090, 1, 1))

readings = st.builds(
    Reading,
    channel=st.sampled_from(Channel),
    sender=st.builds(Sender, address=texts, name=texts),
    recipients=st.lists(texts, max_size=3).map(tuple),
    addressed_as=st.sampled_from(AddressedAs),
    subject=texts,
    text=texts,
    language=st.sampled_from(["", "nl", "en", "ﬁ"]),
    fields=st.lists(
        st.builds(
            letter_field,
            st.sampled_from(["marked", "addressee_kind", "stamped_on"]),
            st.sampled_from(["", "persoonlijk"]),
        ).filter(lambda field: not (field.name == "addressee_kind" and field.value)),
        max_size=2,
    ).map(tuple),
    is_envelope=st.booleans(),
    parts=st.lists(
        st.builds(Part, name=texts, media_type=texts, size_bytes=st.integers(0, 2**40), sha256=texts), max_size=2
    ).map(tuple),
    message_id=texts,
    sent_at=st.none() | moments,
    is_automatic=st.booleans(),
    reply_to_ids=st.lists(texts, max_size=3).map(tuple),
    headers=st.dictionaries(
        st.sampled_from(["list-unsubscribe", "x-spam", "subject", ""]), st.lists(texts, max_size=2).map(tuple)
    ),
)
"""Any reading at all."""
