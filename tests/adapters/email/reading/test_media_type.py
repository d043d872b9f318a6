"""What a part is, by its content, and when it lies about that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.reading.media_type import is_dangerous_lie, told_by_content

PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 60
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


@pytest.mark.parametrize(
    ("declared", "name", "head"),
    [
        ("application/pdf", "rekening.pdf", PROGRAM),
        ("application/octet-stream", "rekening.pdf", PROGRAM),
        ("image/png", "setup.exe", PROGRAM),
        ("application/pdf", "a.pdf", b"\x7fELF\x02\x01\x01\x00"),
        ("text/plain", "leesmij.txt", b"#!/bin/sh\n"),
        ("application/octet-stream", "rekening.pdf.exe", b"niets"),
        ("application/zip", "foto.JPG.scr ", b"PK\x03\x04"),
        ("application/pdf", "factuur.pdf", b"  <!DOCTYPE HTML><script>"),
    ],
)
def test_program_that_calls_itself_harmless_lies(declared: str, name: str, head: bytes) -> None:
    assert is_dangerous_lie(declared, name, head)


@pytest.mark.parametrize(
    ("declared", "name", "head"),
    [
        ("application/x-msdownload", "setup.exe", PROGRAM),
        ("application/octet-stream", "setup.exe", PROGRAM),
        ("image/jpeg", "foto.jpg", PNG),
        ("text/plain", "mz.txt", b"MZ is een afkorting."),
        ("application/octet-stream", "v1.2.exe", b"niets"),
        ("application/pdf", "kapot.pdf", b""),
        ("text/html", "pagina.html", b"<html>"),
    ],
)
def test_honest_or_harmless_part_does_not_lie(declared: str, name: str, head: bytes) -> None:
    assert not is_dangerous_lie(declared, name, head)


@pytest.mark.parametrize(
    ("declared", "name", "head", "told"),
    [
        ("application/octet-stream", "scan", b"%PDF-1.7\n", "application/pdf"),
        ("application/octet-stream", "scan", b"\n\n%PDF-1.7\n", "application/pdf"),
        ("image/jpeg", "foto.jpg", PNG, "image/png"),
        ("application/pdf", "a.pdf", PROGRAM, "application/x-msdownload"),
        ("application/octet-stream", "onbekend", b"\x01\x02\x03", "application/octet-stream"),
        ("application/vnd.eigen+zip", "a.eigen", b"PK\x03\x04" + b"\x00" * 30, "application/vnd.eigen+zip"),
        ("text/plain", "a.txt", b"hallo", "text/plain"),
        ("application/octet-stream", "lijst.csv", b"a\x00b", "application/octet-stream"),
    ],
)
def test_content_tells_where_the_label_does_not(declared: str, name: str, head: bytes, told: str) -> None:
    assert told_by_content(declared, name, head) == told


@given(st.text(max_size=30), st.text(max_size=30), st.binary(max_size=600))
def test_any_part_has_a_media_type(declared: str, name: str, head: bytes) -> None:
    assert isinstance(told_by_content(declared, name, head), str)
    assert is_dangerous_lie(declared, name, head) in (True, False)
