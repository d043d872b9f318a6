"""The words of attached documents, and what a document may not do to us."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.email.bounded import ChildProcess
from adapters.email.reading.documents import PAGES_LIMIT, Unread, docx_words, odt_words, pdf_words
from adapters.email.reading.read import read_light_mail, read_mail
from inbox.ports import WantsChild
from inbox.reading import ATTACHED_TEXT_LIMIT
from tests.adapters.email.reading.documents import docx, odt, pdf, with_documents, zipped

PDF, ODT = "application/pdf", "application/vnd.oasis.opendocument.text"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OBJECTION = "Ik maak bezwaar tegen uw besluit."


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("brief.pdf", PDF, pdf(OBJECTION)),
        ("brief.pdf", "application/octet-stream", pdf(OBJECTION)),
        ("brief.docx", DOCX, docx(OBJECTION)),
        ("brief.odt", ODT, odt(OBJECTION)),
        ("brief.txt", "text/plain", OBJECTION.encode()),
        ("brief.html", "text/html", f"<p>{OBJECTION}<script>x</script>".encode()),
        ("brief.csv", "text/csv", OBJECTION.encode()),
    ],
)
def test_words_of_a_document_are_read_beside_those_of_the_mail(name: str, media_type: str, content: bytes) -> None:
    reading = read_mail(with_documents((name, media_type, content)))

    assert reading.attached_text == OBJECTION
    assert reading.text == "Zie bijlage."
    assert reading.remarks == ()


async def test_a_mail_with_documents_is_left_to_the_child_which_reads_the_same() -> None:
    raw = with_documents(("brief.pdf", PDF, pdf(OBJECTION)))

    with pytest.raises(WantsChild):
        read_light_mail(raw)
    assert await ChildProcess()(raw, own_addresses=frozenset()) == read_mail(raw)


def test_a_mail_without_documents_is_read_in_our_own_process() -> None:
    raw = with_documents(("foto.jpg", "image/jpeg", b"\xff\xd8\xff"))

    assert read_light_mail(raw) == read_mail(raw)


@pytest.mark.parametrize(
    ("name", "media_type", "content", "remark"),
    [
        ("scan.pdf", PDF, pdf(""), "attachment_without_text"),
        ("brief.pdf", PDF, pdf(OBJECTION, is_locked=True), "attachment_locked"),
        ("brief.docx", DOCX, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "attachment_locked"),
        ("brief.odt", ODT, odt(OBJECTION, is_locked=True), "attachment_locked"),
        ("brief.pdf", PDF, b"geen pdf", "attachment_broken"),
        ("brief.docx", DOCX, docx(OBJECTION)[:-30], "attachment_broken"),
        ("brief.docx", DOCX, zipped({"iets.xml": b"<a/>"}), "attachment_broken"),
        ("brief.docx", DOCX, docx(xml=b"<w:document"), "attachment_broken"),
    ],
)  # fmt: skip
def test_a_document_without_words_is_a_remark(name: str, media_type: str, content: bytes, remark: str) -> None:
    reading = read_mail(with_documents((name, media_type, content)))

    assert reading.attached_text == ""
    assert reading.remarks == (remark,)


def test_an_archive_that_unpacks_to_gigabytes_is_refused_before_it_does() -> None:
    began = time.process_time()

    assert docx_words(docx(xml=bytes(100 << 20)), ATTACHED_TEXT_LIMIT) is Unread.too_large
    assert time.process_time() - began < 5


@pytest.mark.parametrize("entity", ['"vergif"', 'SYSTEM "file:///etc/hostname"'])
def test_a_document_that_defines_entities_is_refused(entity: str) -> None:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = f'<!DOCTYPE d [<!ENTITY e {entity}>]><w:d xmlns:w="{word}"><w:t>goed &e;</w:t></w:d>'

    assert docx_words(docx(xml=xml.encode()), ATTACHED_TEXT_LIMIT) is Unread.broken


def test_only_so_many_pages_and_characters_are_read() -> None:
    pages = pdf_words(pdf(*(f"blad{number}." for number in range(PAGES_LIMIT + 5))), ATTACHED_TEXT_LIMIT)
    reading = read_mail(with_documents(("lang.docx", DOCX, docx("lang " * ATTACHED_TEXT_LIMIT))))

    assert isinstance(pages, str)
    assert f"blad{PAGES_LIMIT - 1}." in pages
    assert f"blad{PAGES_LIMIT}." not in pages
    assert len(reading.attached_text) <= ATTACHED_TEXT_LIMIT
    assert "attached_text_cut" in reading.remarks


def test_of_many_documents_the_first_are_read() -> None:
    reading = read_mail(with_documents(*((f"{number}.txt", "text/plain", b"woord") for number in range(25))))

    assert reading.attached_text.count("woord") == 20
    assert reading.remarks == ("attached_text_cut",)


@pytest.mark.parametrize("kind", [docx, odt, pdf])
@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_damaged_document_gives_words_or_a_reason(kind: object, data: st.DataObject) -> None:
    whole = kind(OBJECTION)  # type: ignore[operator]
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=20)) + whole[at + data.draw(st.integers(0, 40)) :]

    for words in (docx_words, odt_words, pdf_words):
        assert isinstance(words(damaged, ATTACHED_TEXT_LIMIT), str | Unread)
