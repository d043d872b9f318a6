"""Small promises of the reading that the corpus does not show."""

from __future__ import annotations

import subprocess
import sys

import pytest

from adapters.email.reading.charset import codec_of, decoded
from adapters.email.reading.part_name import safe_name
from adapters.email.reading.read import read_mail
from adapters.language import language_of
from inbox.ports import Reader
from inbox.reading import TEXT_LIMIT, AddressedAs

READER: Reader = read_mail
"""Type checkers hold the port's promise here."""

TOP = b"From: sanne@postbus.example\nTo: Gemeente@Havendam.example\n"


def test_without_own_addresses_nobody_knows_how_we_were_addressed() -> None:
    assert read_mail(TOP + b"\n").addressed_as is AddressedAs.unknown


def test_mail_that_a_colleague_sent_on_was_addressed_to_us() -> None:
    raw = b"From: sanne@postbus.example\nTo: raad@havendam.example\nResent-To: loket@havendam.example\n\n"

    reading = read_mail(raw, own_addresses=frozenset({"loket@havendam.example"}))

    assert reading.addressed_as is AddressedAs.to
    assert reading.recipients == ("raad@havendam.example",)


def test_topmost_return_path_counts() -> None:
    raw = b"Return-Path: <echt@Postbus.EXAMPLE>\nReturn-Path: <>\n" + TOP + b"\n"

    assert read_mail(raw).return_path == "echt@postbus.example"


def test_long_text_is_cut_with_a_remark() -> None:
    reading = read_mail(TOP + b"\n" + b"lang " * TEXT_LIMIT)

    assert TEXT_LIMIT - 1 <= len(reading.text) <= TEXT_LIMIT
    assert "text_cut" in reading.remarks


def test_nearest_hundred_answered_mails_are_kept() -> None:
    references = b" ".join(b"<%d@postbus.example>" % at for at in range(150))

    ids = read_mail(TOP + b"References: " + references + b"\nIn-Reply-To: <7@postbus.example>\n\n").reply_to_ids

    assert len(ids) == 100
    assert ids[-2:] == ("149@postbus.example", "7@postbus.example")


def test_message_id_without_brackets_is_taken() -> None:
    assert read_mail(TOP + b"Message-ID: abc@postbus.example\n\n").message_id == "abc@postbus.example"


def test_answer_to_a_person_s_name_is_no_identifier() -> None:
    assert read_mail(TOP + b"In-Reply-To: Your message of Monday to jan@x.example\n\n").reply_to_ids == ()


def test_date_without_zone_is_taken_as_utc() -> None:
    sent_at = read_mail(TOP + b"Date: Mon, 5 Jan 2026 09:15:00 -0000\n\n").sent_at

    assert sent_at is not None
    assert sent_at.isoformat() == "2026-01-05T09:15:00+00:00"


def test_header_values_are_kept_decoded_and_in_order() -> None:
    reading = read_mail(TOP + b"X-Zaak: =?utf-8?q?E=C3=A9n?=\nx-zaak:  twee\n\n")

    assert reading.headers["x-zaak"] == ("Eén", "twee")


@pytest.mark.parametrize(
    ("written", "safe"),
    [
        ("foto.jpg", "foto.jpg"),
        ("", "attachment-3.bin"),
        ("..", "attachment-3.bin"),
        ("a/b\\c.pdf", "c.pdf"),
        ("map/", "attachment-3.bin"),
        (".htaccess", "htaccess"),
        ("con.txt", "_con.txt"),
        ("NUL", "_NUL"),
        ("a\x00b\x1b\u202e.pdf", "ab.pdf"),
        ("cafe\u0301.pdf", "café.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 300 + "." + "y" * 50, "x" * 200),
        ("naam. . .", "naam"),
        ("\ud800.pdf", "pdf"),
    ],
)
def test_part_name_is_safe(written: str, safe: str) -> None:
    assert safe_name(written, "application/octet-stream", 3) == safe


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "unicode_escape", "raw-unicode-escape", "zlib", "rot13", "hex", "undefined"]
)
def test_codec_that_is_no_character_set_is_unknown(label: str) -> None:
    assert codec_of(label) is None


def test_utf_8_cut_in_the_middle_of_a_letter_stays_utf_8() -> None:
    text, is_true = decoded("geïnformeerd en getroffen café".encode()[:-1], "utf-8")

    assert text == "geïnformeerd en getroffen caf\ufffd"
    assert not is_true


def test_language_is_not_told_from_addresses_and_quotes() -> None:
    assert (
        language_of("> Dear council, I would like to know more\nhttps://example.example/this-is-english\nDank u") == ""
    )


def test_heavy_libraries_are_loaded_only_when_needed() -> None:
    program = (
        "import sys, adapters.email.reading.read as r\n"
        "r.read_mail(b'From: a@b.example\\n\\nkort')\n"
        "print([m for m in ('lingua', 'inscriptis', 'lxml') if m in sys.modules])"
    )

    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert printed.strip() == "[]"
