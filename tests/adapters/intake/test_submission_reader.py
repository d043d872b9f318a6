"""A submission is read as it was written, whatever stands in it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.email.bounded import ChildProcess
from adapters.email.reading.read import read_mail
from adapters.intake.document import as_message, facts_and_text, safe_name
from adapters.intake.reader import SubmissionChild, SubmissionReader
from inbox.channel import INTAKE_CHANNELS, Channel
from inbox.duplicates.fingerprint import fingerprint
from inbox.errors import UnreadableError
from inbox.reading import Reading
from inbox.submission import Attached, Submission

FULL = Submission(
    channel=Channel.desk,
    subject="Lantaarn: kapot = ja?",
    name='Zoë "de" Vries, <x@y.test>',
    address="zoe@Inwoner.TEST",
    phone="06 12345678",
    occurred_at=datetime(2026, 11, 16, 9, 0, tzinfo=UTC),
    own_reference="2026-00417",
    text="De lantaarn voor ons huis is kapot.\n\n> Op maandag schreef u:\n--\nVan: iemand@anders.test",
    attachments=(Attached(name="nota.txt", media_type="text/plain", content=b"De stoep ligt ook los."),),
)

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)


def read(raw: bytes) -> Reading:
    return SubmissionReader(read_mail)(raw, own_addresses=frozenset())


def test_what_was_handed_in_is_what_is_read() -> None:
    reading = read(as_message(FULL))
    assert (reading.channel, reading.subject, reading.text) == (Channel.desk, FULL.subject, FULL.text)
    assert (reading.sender.name, reading.sender.address) == (FULL.name, "zoe@inwoner.test")
    assert reading.new_text == FULL.text
    assert {field.name: field.value for field in reading.fields} == {
        "phone": "06 12345678",
        "their_reference": "2026-00417",
    }
    assert reading.language == "nl"
    assert reading.attached_text == "De stoep ligt ook los."
    assert [(part.name, part.size_bytes) for part in reading.parts] == [("nota.txt", 22)]
    assert (reading.is_automatic, reading.may_acknowledge, reading.forwarded, reading.headers) == (
        False,
        True,
        None,
        {},
    )


@pytest.mark.parametrize("channel", INTAKE_CHANNELS)
def test_every_channel_that_hands_in_has_a_reading_of_its_own(channel: Channel) -> None:
    assert read(as_message(Submission(channel=channel, text="Hallo"))).channel is channel


def test_the_same_submission_gives_the_same_bytes() -> None:
    assert as_message(FULL) == as_message(FULL.model_copy())
    assert as_message(FULL) != as_message(FULL.model_copy(update={"own_reference": "2026-00418"}))


def test_two_people_who_say_the_same_at_the_same_moment_are_no_copies() -> None:
    assert fingerprint(read(as_message(FULL))) is None


def test_a_mail_program_shows_who_and_how() -> None:
    message = message_from_bytes(as_message(FULL), policy=policy.default)
    body = message.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").startswith("Kanaal: balie\nNaam: Zoë")
    assert str(message["subject"]) == FULL.subject


def test_its_bytes_are_ascii_lines_that_every_relay_carries() -> None:
    raw = as_message(FULL.model_copy(update={"subject": "é" * 300, "name": "n" * 300, "own_reference": "ü" * 300}))
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")


@settings(max_examples=100, deadline=None)
@given(words, words, words, st.binary(max_size=300), words)
def test_no_words_leave_their_place(text: str, subject: str, name: str, content: bytes, file_name: str) -> None:
    made = Submission(
        channel=Channel.web,
        text=text,
        subject=subject,
        name=name,
        address="a@b.test",
        attachments=(Attached(name=file_name, media_type="image/png", content=content),),
    )
    raw = as_message(made)
    facts, found = facts_and_text(raw)
    assert (found, facts.subject, facts.name) == (text, subject, name)
    message = message_from_bytes(raw, policy=policy.default)
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == [content]
    assert set(message.keys()) <= {"X-Intake", "From", "Subject", "MIME-Version", "Content-Type"}


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=2000), st.binary(max_size=50).map(lambda cut: as_message(FULL)[: -len(cut) * 9 or None])
    )
)
def test_any_bytes_give_a_reading_or_an_error_of_ours(raw: bytes) -> None:
    try:
        facts_and_text(raw)
    except UnreadableError as error:
        assert "Lantaarn" not in error.detail


@given(words)
def test_a_file_name_is_safe_wherever_it_is_written(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= 100
    assert not set(safe) & set('/\\:*?"<>|\u202e\u200b')
    assert safe not in {".", ".."}


async def test_a_large_one_is_read_in_a_child_as_it_is_read_here() -> None:
    raw = as_message(FULL)
    async with asyncio.timeout(60):
        there = await SubmissionChild(ChildProcess())(raw, own_addresses=frozenset())
    assert there == read(raw)


async def test_its_header_alone_says_whom_to_tell() -> None:
    head = as_message(FULL).replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n"
    reading = read(head)
    assert (reading.sender.address, reading.text) == ("zoe@inwoner.test", "")
