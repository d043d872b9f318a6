"""When pictures of a mail are read like post, and what their words add."""

from __future__ import annotations

import pytest

from inbox.attached_scans import SCAN_POOR, SCAN_READ, SCAN_UNREAD, may_hold_scans, with_scans
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.letter_facts import confidentiality_of
from inbox.reading import ATTACHED_TEXT_LIMIT, LetterField, Part, Reading

MAIL = Reading(channel=Channel.email, text="Zie bijlage.")


def scan(text: str, *remarks: str, language: str = "nl") -> Reading:
    return Reading(channel=Channel.post, text=text, language=language, remarks=remarks)


@pytest.mark.parametrize(
    ("media_type", "size_bytes", "remarks", "is_one"),
    [
        ("image/jpeg", 300_000, (), True),
        ("image/png", 40_000, (), True),
        ("image/tiff", 9_000, (), True),
        ("image/heic", 300_000, (), True),
        ("image/heic", 6_000, (), False),
        ("image/png", 6_000, (), False),
        ("image/gif", 300_000, (), False),
        ("application/pdf", 300_000, ("attachment_without_text",), True),
        ("application/pdf", 300_000, (), False),
        ("application/zip", 300_000, ("attachment_without_text",), False),
    ],
)
def test_what_may_show_a_letter(media_type: str, size_bytes: int, remarks: tuple[str, ...], is_one: bool) -> None:
    part = Part(name="bijlage", media_type=media_type, size_bytes=size_bytes)
    assert may_hold_scans(MAIL.model_copy(update={"parts": (part,), "remarks": remarks})) is is_one


def test_words_stand_behind_those_of_documents_in_order() -> None:
    mail = MAIL.model_copy(update={"attached_text": "Uit het document.", "remarks": ("attachment_without_text",)})
    read = with_scans(mail, [scan("Blad een."), scan("Blad twee.")])
    assert read.attached_text == "Uit het document.\n\nBlad een.\n\nBlad twee."
    assert read.remarks == ("attachment_without_text", SCAN_READ)
    assert (read.text, read.language) == ("Zie bijlage.", "nl")


@pytest.mark.parametrize("remark", ["poor_scan", "handwriting"])
def test_what_was_read_too_poorly_is_not_guessed_at(remark: str) -> None:
    read = with_scans(MAIL, [scan("ik maak bezw4ar", remark)])
    assert (read.attached_text, read.remarks, read.language) == ("", (SCAN_POOR,), "")


def test_a_picture_that_nobody_could_read_is_told() -> None:
    read = with_scans(MAIL, [None, scan("Blad twee."), None])
    assert (read.attached_text, read.remarks) == ("Blad twee.", (SCAN_UNREAD, SCAN_READ))


def test_no_mail_grows_without_end() -> None:
    read = with_scans(MAIL, [scan("woord " * ATTACHED_TEXT_LIMIT)] * 3)
    assert len(read.attached_text) == ATTACHED_TEXT_LIMIT
    assert "attached_text_cut" in read.remarks


def test_the_mails_own_language_stays() -> None:
    read = with_scans(MAIL.model_copy(update={"language": "en"}), [scan("Een brief.")])
    assert read.language == "en"


def test_a_mark_on_the_picture_makes_the_mail_confidential_even_where_its_words_are_poor() -> None:
    mark = LetterField(name="marked", value="vertrouwelijk", page=1, box=(0, 0, 1, 1), confidence=0.5)
    other = LetterField(name="iban", value="NL20INGB0001234567", page=1, box=(0, 0, 1, 1), confidence=0.99)
    marked = scan("ik maak bezw4ar", "poor_scan").model_copy(update={"fields": (mark, other)})
    read = with_scans(MAIL, [marked])
    assert read.fields == (mark,)
    assert confidentiality_of(read) is Confidentiality.vertrouwelijk


def test_what_a_machine_wrote_shows_no_letter() -> None:
    banner = Part(name="banner.jpg", media_type="image/jpeg", size_bytes=300_000)
    assert not may_hold_scans(MAIL.model_copy(update={"parts": (banner,), "is_automatic": True}))
