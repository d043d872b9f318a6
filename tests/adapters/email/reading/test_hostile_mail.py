"""Mail that is made to hurt costs bounded time, and loses nothing but itself."""

from __future__ import annotations

import time

import pytest

from adapters.email.reading.limits import ENTITY_LIMIT, READ_LIMIT_BYTES, RECIPIENT_LIMIT
from adapters.email.reading.read import read_mail
from inbox.errors import MalformedMail, TooLarge

TOP = b"From: sanne@postbus.example\nSubject: Vraag\n"
HTML = TOP + b"Content-Type: text/html; charset=utf-8\n\n"
MIXED = TOP + b"Content-Type: multipart/mixed; boundary=a\n\n"

HOSTILE_PART = b"--a\nContent-Disposition: attachment; filename=x\n\nx\n"

SECONDS = 4.0
"""Each takes well below one second on a small machine; a quadratic step would take minutes."""


def nested(levels: int) -> bytes:
    opening = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (at, at) for at in range(levels))
    return TOP + opening + b"\nhallo\n"


HOSTILE = {
    "ten thousand levels": nested(10_000),
    "ten thousand attached levels": TOP + b"Content-Type: message/rfc822\n\n" * 10_000,
    "a hundred thousand fields": TOP + b"X-A: b\n" * 100_000 + b"\nhallo",
    "a line of a megabyte": TOP + b"X-A: " + b"a" * 2**20 + b"\n\nhallo",
    "a name of a megabyte": TOP + b"a" * 2**20 + b": b\n\nhallo",
    "folded for ever": TOP + b"X-A: b\n" + b" \n" * 500_000 + b"\nhallo",
    "quotes": b"From: " + b'"' * 60_000 + b"\n\nhallo",
    "escaped quotes": b"From: " + b'"\\' * 30_000 + b"\n\nhallo",
    "comments": b"From: " + b"(" * 60_000 + b"\n\nhallo",
    "commas": b"From: " + b"a," * 30_000 + b"\n\nhallo",
    "colons": b"To: " + b"a:;" * 20_000 + b"\n\nhallo",
    "at signs": b"From: " + b"@ " * 30_000 + b"\n\nhallo",
    "unended encoded words": b"Subject: " + b"=?a?q?" * 10_000 + b"\n\nhallo",
    "parameters": TOP + b"Content-Type: text/plain" + b";a*0*=b" * 8_000 + b"\n\nhallo",
    "boundaries": MIXED + b"\n--a" * 1_000_000,
    "near boundaries": MIXED + b"\n--aX" * 1_000_000,
    "many parts": MIXED + b"--a\n\nhallo\n" * 100_000 + b"--a--",
    "combining letters": MIXED
    + (b'--a\nContent-Disposition: attachment; filename="a' + b"\xcc\x81\xcc\x96" * 2_000 + b'"\n\nhallo\n') * 200,
    "base64 padding": TOP + b"Content-Transfer-Encoding: base64\n\n" + b"YQ==" * 1_000_000,
    "spaces": TOP + b"\n" + b" " * 4_000_000 + b"hallo",
    "empty lines": TOP + b"\n" * 8_000_000,
    "flowed": TOP + b"Content-Type: text/plain; format=flowed\n\n" + b"> a \n>> b \n" * 200_000,
    "surrogates": TOP + b"Content-Type: text/plain; charset=utf-7\n\n" + b"+2AA-" * 400_000,
    "deep html": HTML + b"<div>" * 100_000 + b"hallo",
    "wide html": HTML + b"<p>hallo" * 100_000,
    "large table": HTML + b"<table>" + b"<tr><td>a<td>b" * 10_000 + b"<tr><td>" + b"x" * 100_000,
    "margins": HTML + b'<p style="margin-top:99999em;padding-left:99999em">x' * 10_000,
    "hidden html": HTML + b'<p style="display:none">x</p>y' * 25_000,
    "unended scripts": HTML + b"<script>" * 100_000,
    "unended comments": HTML + b"<!--" * 200_000,
    "entities": HTML + b"&#0;&#xD800;&#1114112;" * 40_000,
    "embedded file": HTML + b'<img src="data:image/png;base64,' + b"A" * 3_000_000 + b'">hallo',
    "references": TOP + b"References: " + b"<a@b> " * 10_000 + b"\n\nhallo",
    "uuencode beginnings": TOP + b"\n" + b"begin 644 a\n" * 300_000,
    "uuencode without end": TOP + b"\n" + b"begin 644 a\n#AAAA\n" * 200_000,
    "tnef attributes": TOP
    + b"Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22\x01\x00"
    + (b"\x02\x02\x90\x06\x00" + b"\x00" * 6) * 300_000,
    "tnef properties": TOP
    + b"Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22\x01\x00\x01\x03\x90\x06\x00\xff\xff\xff\x00"
    + b"\xff" * 4
    + b"\x01\x00\x01\x00" * 500_000,
    "invitation": TOP + b"Content-Type: text/calendar\n\n" + b'A;"' * 500_000,
    "received comments": TOP + b"Received: " + b"((;" * 20_000 + b"\n\nhallo",
    "styles": HTML + b'<p style="font-size:0;color:#fff;background:#fff">x' * 20_000,
    "filler": HTML + "\u200c \u034f".encode() * 200_000,
    "report": TOP + b"Return-Path: <>\nContent-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 300_000,
    "report in words": TOP
    + b"Return-Path: <>\n\nThis message was created automatically by mail delivery software\n"
    + b"a@b.example\n" * 300_000,
    "date": TOP + b"Date: " + b"(" * 30_000 + b"\n\nhallo",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_mail_is_read_in_bounded_time(raw: bytes) -> None:
    begun = time.process_time()

    reading = read_mail(raw)

    assert time.process_time() - begun < SECONDS
    assert "\x00" not in reading.model_dump_json()
    assert len(reading.parts) <= ENTITY_LIMIT


def test_mail_above_the_limit_is_too_large() -> None:
    with pytest.raises(TooLarge) as raised:
        read_mail(TOP + b"\n" + b"x" * READ_LIMIT_BYTES)

    assert "by hand" in raised.value.detail


def test_words_behind_a_bomb_of_headers_are_still_read() -> None:
    reading = read_mail(TOP + b"X-A: b\n" * 100_000 + b"\nDe lamp is kapot.")

    assert reading.subject == "Vraag"
    assert reading.text == "De lamp is kapot."
    assert "header_cut" in reading.remarks


def test_parts_beyond_the_limit_are_left_out_with_a_remark_and_the_words_stay() -> None:
    reading = read_mail(MIXED + b"--a\n\nDe lamp is kapot.\n" + HOSTILE_PART * 2 * ENTITY_LIMIT + b"--a--")

    assert len(reading.parts) <= ENTITY_LIMIT
    assert "too_many_parts" in reading.remarks
    assert reading.text == "De lamp is kapot."


def test_recipients_beyond_the_limit_are_left_out_with_a_remark() -> None:
    named = b",".join(b"a%d@x.example" % number for number in range(2 * RECIPIENT_LIMIT))
    reading = read_mail(b"From: sanne@postbus.example\nTo: " + named + b"\n\nhallo")

    assert len(reading.recipients) == RECIPIENT_LIMIT
    assert "recipients_cut" in reading.remarks


def test_detail_of_a_refusal_holds_no_word_of_the_mail() -> None:
    with pytest.raises(MalformedMail) as raised:
        read_mail(b"Geheime woorden zonder kop\n")

    assert "Geheim" not in raised.value.detail
    assert raised.value.__cause__ is None
