"""Fingerprints: what is one message, and what only looks like it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from inbox.channel import Channel
from inbox.duplicates.fingerprint import fingerprint
from inbox.reading import Part, Reading, Sender
from tests.inbox.samples import RECEIVED_AT, quick, reading, readings

PART = Part(name="brief.pdf", media_type="application/pdf", size_bytes=10, sha256="ab" * 32)


def message(**changes: Any) -> Reading:
    facts = {"message_id": "a@inwoner.test", "sent_at": RECEIVED_AT, "parts": (PART,), **changes}
    return reading(facts.pop("subject", "Vraag"), facts.pop("text", "Hoe laat?"), **facts)


def test_the_same_message_twice_has_one_fingerprint() -> None:
    assert fingerprint(message()) == fingerprint(message())


def test_what_only_the_way_here_changes_does_not_count() -> None:
    other_way = message(
        headers={"received": ("from elsewhere",)}, recipients=("b@gemeente.test",), return_path="bounce@inwoner.test"
    )
    assert fingerprint(other_way) == fingerprint(message())


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Vraag "},
        {"text": "Hoe laat"},
        {"message_id": "b@inwoner.test"},
        {"sent_at": RECEIVED_AT + timedelta(seconds=1)},
        {"sender": Sender(address="piet@inwoner.test")},
        {"channel": Channel.post},
        {"parts": ()},
        {"parts": (PART, PART)},
        {"parts": (PART.model_copy(update={"sha256": "cd" * 32}),)},
        {"parts": (PART.model_copy(update={"size_bytes": 11}),)},
    ],
    ids=str,
)
def test_a_reused_message_id_with_anything_else_changed_is_another_message(changes: dict[str, Any]) -> None:
    assert fingerprint(message(**changes)) != fingerprint(message())


def test_words_do_not_slide_from_one_field_into_the_next() -> None:
    assert fingerprint(message(subject="a", text="b")) != fingerprint(message(subject="a b", text=""))
    assert fingerprint(message(subject='a", "b', text="")) != fingerprint(message(subject="a", text="b"))


def test_the_order_of_attachments_does_not_count() -> None:
    other = PART.model_copy(update={"sha256": "cd" * 32})
    assert fingerprint(message(parts=(PART, other))) == fingerprint(message(parts=(other, PART)))


def test_without_message_id_and_date_nothing_is_a_copy() -> None:
    assert fingerprint(message(message_id="", sent_at=None)) is None
    assert fingerprint(message(message_id="")) is not None
    assert fingerprint(message(sent_at=None)) is not None


def test_two_letters_with_the_same_printed_words_are_two() -> None:
    """A hundred people may sign one printed objection by hand."""
    printed = Reading(channel=Channel.post, subject="Bezwaar", text="Ik maak bezwaar.", sent_at=RECEIVED_AT)
    assert fingerprint(printed) is None


@given(readings)
@quick
def test_any_reading_has_the_same_fingerprint_after_it_was_stored(read: Reading) -> None:
    stored = Reading.model_validate(read.model_dump(mode="json"))
    assert fingerprint(stored) == fingerprint(read)


def test_half_a_character_raises_nothing() -> None:
    assert fingerprint(message(subject="\ud800")) != fingerprint(message(subject="\udfff"))
