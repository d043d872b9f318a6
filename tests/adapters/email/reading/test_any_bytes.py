"""Any bytes give a Reading or an UnreadableError, and every Reading can be stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.email.reading.limits import (
    ADDRESS_LIMIT,
    HEADER_FIELDS_KEPT,
    HEADER_VALUE_KEPT,
    MESSAGE_ID_LIMIT,
    NAME_LIMIT,
    RECIPIENT_LIMIT,
    REPLY_TO_LIMIT,
    SUBJECT_LIMIT,
)
from adapters.email.reading.read import read_mail
from adapters.email.reading.remarks import Remark
from inbox.addressed_to import ADDRESSED_TO_LIMIT, ADDRESSEE_NAME_LIMIT
from inbox.errors import UnreadableError
from inbox.reading import TEXT_LIMIT, Reading

CORPUS = [path.read_bytes() for path in sorted((Path(__file__).parents[3] / "corpus" / "email").glob("*.eml"))]
OWN = frozenset({"gemeente@havendam.example"})

FRAGMENTS = [
    b"From: ", b"To: ", b"Subject: ", b"Date: ", b"Content-Type: ", b"Content-Disposition: attachment; filename",
    b"Content-Transfer-Encoding: base64\n", b"Message-ID: <", b"References: ", b"multipart/mixed; boundary=a",
    b"text/html; charset=", b"text/plain; format=flowed", b"message/rfc822", b"=?utf-8?q?", b"=?utf-8?b?", b"?=",
    b"utf-7", b"utf-16", b"idna", b"*0*=utf-8''%ff", b"\n--a\n", b"\n--a--\n", b"\n\n", b"\r\n", b"\n ", b"\n\t",
    b'"', b"\\", b"<", b">", b"(", b")", b"@", b",", b";", b":", b"=", b"\x00", b"\xff", b"\xe2\x80\xae",
    b"\xed\xa0\x80", b"+2AA-", b"&#0;", b"<p>", b"<table>", b"<!--", b"<style>", b"../", b"Auto-Submitted: ",
    b"List-Id: ", b"9" * 40, b"t.a.v. ", b"Beste ", b"mevrouw ", b"Jansen",
]  # fmt: skip
"""What mails are made of, so that random ones reach every branch."""


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_a_reading_or_an_unreadable_error(raw: bytes) -> None:
    assert_readable_or_refused(raw)


@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=6)), max_size=60).map(b"".join))
@settings(max_examples=400, deadline=None)
def test_any_mixture_of_fragments_gives_a_reading_or_an_unreadable_error(raw: bytes) -> None:
    assert_readable_or_refused(raw)
    assert_readable_or_refused(b"Subject: x\n" + raw)


@st.composite
def mutilated_mails(draw: st.DrawFn) -> bytes:
    """Give a mail of the corpus: cut, with bytes changed, lines doubled, or another mail put inside."""
    raw = draw(st.sampled_from(CORPUS))[:20_000]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw)))
        match draw(st.sampled_from(["cut", "change", "insert", "double", "drop", "graft"])):
            case "cut":
                raw = raw[:at]
            case "change":
                raw = raw[:at] + draw(st.binary(min_size=1, max_size=3)) + raw[at + 1 :]
            case "insert":
                raw = raw[:at] + draw(st.sampled_from(FRAGMENTS)) + raw[at:]
            case "double":
                end = raw.find(b"\n", at) + 1
                raw = raw[:end] + raw[at:end] * draw(st.integers(1, 50)) + raw[end:]
            case "drop":
                raw = raw[:at] + raw[at + draw(st.integers(1, 200)) :]
            case "graft":
                raw = raw[:at] + draw(st.sampled_from(CORPUS))[:20_000] + raw[at:]
    return raw


@given(mutilated_mails())
@settings(max_examples=500, deadline=None)
def test_mutilated_mail_gives_a_reading_or_an_unreadable_error(raw: bytes) -> None:
    assert_readable_or_refused(raw)


@given(mutilated_mails())
@settings(max_examples=50, deadline=None)
def test_same_bytes_give_the_same_reading(raw: bytes) -> None:
    assert outcome(raw) == outcome(raw)


def outcome(raw: bytes) -> Reading | str:
    try:
        return read_mail(raw, own_addresses=OWN)
    except UnreadableError as error:
        return error.detail


def assert_readable_or_refused(raw: bytes) -> None:
    reading = outcome(raw)
    if isinstance(reading, str):
        # A foreign error was turned into MalformedMail: quarantined, but a fault of ours all the same.
        assert "Reading stopped" not in reading
        return
    assert "\\u0000" not in reading.model_dump_json()
    for text in strings(json.loads(reading.model_dump_json())):
        assert "\x00" not in text
        text.encode("utf-8")
    assert_bounded(reading)
    assert reading.may_acknowledge is (not reading.may_not_because)
    assert reading.is_automatic is bool(reading.automatic_evidence)
    assert set(reading.automatic_evidence) <= set(reading.may_not_because)
    assert set(reading.remarks) <= {remark.value for remark in Remark}


def assert_bounded(reading: Reading) -> None:
    assert len(reading.text) <= TEXT_LIMIT
    assert len(reading.subject) <= SUBJECT_LIMIT
    assert "\n" not in reading.subject
    assert len(reading.sender.name) <= NAME_LIMIT
    assert len(reading.recipients) <= RECIPIENT_LIMIT
    for address in (*reading.recipients, reading.sender.address):
        assert len(address) <= ADDRESS_LIMIT
        assert address == "" or "@" in address
        assert not set(address.rpartition("@")[2]) & set(" \n\r\t<>,;")
    assert len(reading.addressed_to) <= ADDRESSED_TO_LIMIT
    assert all(0 < len(name) <= ADDRESSEE_NAME_LIMIT and "\n" not in name for name in reading.addressed_to)
    assert len(reading.message_id) <= MESSAGE_ID_LIMIT
    assert len(reading.reply_to_ids) <= REPLY_TO_LIMIT
    assert sum(map(len, reading.headers.values())) <= HEADER_FIELDS_KEPT
    assert all(len(value) <= HEADER_VALUE_KEPT for values in reading.headers.values() for value in values)
    for part in reading.parts:
        assert 0 < len(part.name) <= NAME_LIMIT
        assert not set(part.name) & set("/\\\n\r\x00\u202e")
        assert part.name not in (".", "..")


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
