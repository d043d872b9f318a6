"""Single values: which are taken, which are put right, and which are unreadable."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from adapters.post.reading.fields.bsn import is_bsn, masked
from adapters.post.reading.fields.dates import dates_in
from adapters.post.reading.fields.iban import is_iban
from adapters.post.reading.fields.letter_fields import letter_fields
from adapters.post.reading.fields.phone import e164
from adapters.post.reading.fields.postcode import postcodes_in
from inbox.reading import LetterField
from tests.adapters.post.reading.letters import BODY, OURS, RECEIVED_ON
from tests.adapters.post.reading.typesetting import Put, typeset


def fields_of(*puts: Put) -> dict[str, LetterField]:
    return {field.name: field for field in letter_fields(typeset(list(puts)), RECEIVED_ON, OURS)}


def test_evidence_is_where_the_value_stands() -> None:
    field = fields_of(Put(110, 200, "Betreft: kapotte lamp"), Put(600, 900, "Telefoon: 0168-123456", page=3))
    assert field["subject"].page == 1
    assert field["phone"].page == 3
    left, top, right, bottom = field["subject"].box
    assert (left, top, bottom) == (110 + 9 * 9 - 2, 200, 210)
    assert right > left


@pytest.mark.parametrize(
    ("written", "value", "is_repaired"),
    [
        ("4761 AB", "4761 AB", False),
        ("4761AB Zevenbergen", "4761 AB", False),
        ("NL-4761 AB", "4761 AB", False),
        ("476l AB", "4761 AB", True),
        ("476O AB", "4760 AB", True),
        ("4761-AB", "4761 AB", True),
        ("4761 A0", "4761 AO", True),
        ("0761 AB", "", False),
        ("4761 SS", "", False),
        ("4761 SA", "", False),
    ],
)
def test_postcodes(written: str, value: str, is_repaired: bool) -> None:
    (found,) = postcodes_in(written)
    assert found.value == value
    assert (found.sure < 0.9) == is_repaired


@pytest.mark.parametrize("written", ["47S1 AB", "47 61 AB", "14761 AB", "4761 ABC", "4OOl AB", "€4761 AB", "1.4761 AB"])
def test_what_is_no_postcode(written: str) -> None:
    assert [found.value for found in postcodes_in(written) if found.value] == []


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("3 november 2026", date(2026, 11, 3)),
        ("3 nov. '26", date(2026, 11, 3)),
        ("03-11-2026", date(2026, 11, 3)),
        ("3.11.26", date(2026, 11, 3)),
        ("2026-11-03", date(2026, 11, 3)),
        ("November 3, 2026", date(2026, 11, 3)),
        ("3rd November 2026", date(2026, 11, 3)),
        ("3. März 2026", date(2026, 3, 3)),
        ("3november2026", date(2026, 11, 3)),
        ("12 mrt 2026", date(2026, 3, 12)),
        ("31 november 2026", None),
        ("30-02-2026", None),
    ],
)
def test_dates(written: str, day: date | None) -> None:
    assert [found.day for found in dates_in(f"Zevenbergen, {written} ")] == [day]


@pytest.mark.parametrize("written", ["3 stoelen 2026", "0168-123456", "1-2-3", "2026-0871", "12345-11-2026", "10.11"])
def test_what_is_no_date(written: str) -> None:
    assert list(dates_in(written)) == []


@pytest.mark.parametrize(("written", "day"), [("l2 november 2026", 12), ("3 novernber 2026", 3), ("O3-11-2026", 3)])
def test_a_date_put_right_is_never_of_high_confidence(written: str, day: int) -> None:
    (found,) = dates_in(written)
    assert found.day == date(2026, 11, day)
    assert found.sure < 0.9


def test_a_letter_from_the_future_has_no_date() -> None:
    tomorrow, later = (fields_of(Put(110, 200, f"Datum: {day} november 2026"))["written_on"] for day in (13, 14))
    assert tomorrow.value == "2026-11-13"
    assert (later.value, later.confidence) == ("", 0.2)


def test_a_letter_of_years_ago_is_doubted() -> None:
    old = fields_of(Put(110, 200, "Datum: 3 november 2016"))["written_on"]
    assert old.value == "2016-11-03"
    assert old.confidence < 0.9


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0168-123456", "+31168123456"),
        ("06 1234 5678", "+31612345678"),
        ("+31 (0)6 12345678", "+31612345678"),
        ("0031 168 123456", "+31168123456"),
        ("+32 3 123 45 67", "+3231234567"),
        ("14 0168", ""),
        ("0800-1234", ""),
        ("0900 1234567", ""),
        ("0168-12345", ""),
        ("112", ""),
    ],
)
def test_telephone_numbers(written: str, number: str) -> None:
    assert e164(written) == number


def test_short_numbers_are_no_telephone_fields() -> None:
    assert "phone" not in fields_of(Put(110, 200, "Telefoon 14 0168\nTel. 0900-1234\nFax 0168-123457"))


def test_account_numbers_hold_modulo_97() -> None:
    assert is_iban("NL91ABNA0417164300")
    assert is_iban("BE68539007547034")
    assert not is_iban("NL91ABNA0417164301")
    assert not is_iban("NL91ABNA04171643")


def test_a_misread_account_number_is_put_right_only_when_the_check_holds() -> None:
    right, wrong = (
        fields_of(Put(110, 200, f"IBAN: {number}"))["iban"]
        for number in ("NL91 ABNA O417 l643 00", "NL91 ABNA O417 l643 01")
    )
    assert right.value == "NL91ABNA0417164300"
    assert right.confidence < 0.9
    assert (wrong.value, wrong.confidence) == ("", 0.2)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("info@dewit.example", "info@dewit.example"),
        ("E-mail: J.Jansen@DeWit.example", "j.jansen@dewit.example"),
        ("info @ dewit.example", ""),
        ("info@dewit. example", ""),
        ("info@dewit.nI", ""),
        ("jan. devries@dewit.example", ""),
    ],
)
def test_an_email_address_is_taken_as_it_stands_or_not_at_all(written: str, value: str) -> None:
    field = fields_of(Put(110, 200, written))["email"]
    assert field.value == value
    assert (field.confidence >= 0.9) == bool(value)


def test_an_ending_that_nobody_uses_is_doubted() -> None:
    assert fields_of(Put(110, 200, "E-mail: info@dewit.con"))["email"].confidence < 0.9


def test_trade_register_numbers_have_eight_digits() -> None:
    assert fields_of(Put(110, 200, "KvK-nummer: 20123456"))["kvk"].value == "20123456"
    assert fields_of(Put(110, 200, "KvK 2012345"))["kvk"].value == ""
    assert fields_of(Put(110, 200, "K.v.K. Breda nr. 20l23456"))["kvk"].value == ""


@pytest.mark.parametrize("number", ["123456782", "999990342", "111222333"])
def test_service_numbers_pass_the_test_of_eleven(number: str) -> None:
    assert is_bsn(number)
    assert not is_bsn(f"{number[:-1]}{(int(number[-1]) + 1) % 10}")
    assert masked(f"Mijn BSN is {number}.") == "Mijn BSN is *********."


@pytest.mark.parametrize(
    "text",
    [
        "000000000",
        "06 12345678",
        "0168-123456",
        "3-11-2026 5",
        "NL91 ABNA 0417 1643 00",
        "1234567821",
        "076 503 12 34\n06 1",
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert masked(text) == text


def test_a_garbled_number_behind_its_label_is_masked_too() -> None:
    assert masked("Burgerservicenummer: I2345678Z") == "Burgerservicenummer: *********"


def test_our_own_reference_is_known_by_its_check_character() -> None:
    known = fields_of(Put(110, 200, "Betreft: uw bericht 3JZ9-J6GM-B"))
    other = fields_of(Put(110, 200, "Uw kenmerk: 3JZ9-J6GM-A"))
    misread = fields_of(Put(110, 200, "Uw kenmerk: 3jz9-j6gm-b"))
    assert known["known_reference"].value == misread["known_reference"].value == "3JZ9-J6GM-B"
    assert "our_reference" not in misread
    assert "known_reference" not in other


def test_ours_and_theirs_are_seen_from_us() -> None:
    fields = fields_of(Put(110, 200, "Uw kenmerk: 2026-118   Ons kenmerk: AB/7"))
    assert fields["our_reference"].value == "2026-118"
    assert fields["their_reference"].value == "AB/7"


@pytest.mark.parametrize(
    "sentence", ["vertrouwelijk met mijn gegevens om te gaan en mij persoonlijk te bellen", "Dit is persoonlijk leed"]
)
def test_a_sentence_is_no_mark(sentence: str) -> None:
    assert "marked" not in fields_of(Put(110, 300, sentence))


def test_a_sentence_about_receipt_is_no_stamp() -> None:
    fields = fields_of(Put(110, 300, "ontvangen heb ik uw brief van 3 november 2026 pas gisteren"))
    assert "stamped_on" not in fields


def test_without_knowing_ourselves_the_window_tells_who_is_addressed() -> None:
    puts = [
        Put(620, 50, "Gemeente Moerland\nRaadhuisplein 1\n4797 DE Willemstad"),
        Put(110, 170, "Gemeente Zevenbergen\nPostbus 10\n4760 AA Zevenbergen"),
        Put(110, 340, f"Geachte collega,\n\n{BODY}"),
    ]
    fields = {field.name: field.value for field in letter_fields(typeset(puts), RECEIVED_ON)}
    assert fields["postcode"] == "4797 DE"
    assert fields["addressee"] == "Gemeente Zevenbergen"


def test_one_weak_word_makes_the_whole_value_doubtful() -> None:
    (page,) = typeset([Put(110, 200, "Ons kenmerk: AB 2026 118")])
    words = tuple(word if word.text != "2026" else replace(word, confidence=0.4) for word in page.words)
    (field,) = letter_fields([type(page)(1, words)], RECEIVED_ON)
    assert field.value == "AB 2026 118"
    assert field.confidence == pytest.approx(0.99 * 0.4, abs=0.001)


@pytest.mark.parametrize(
    "line",
    [
        "Mijn buurman, de heer Jansen (06-12345678), heeft elke nacht de muziek hard aan",
        "U kunt daarover bellen met mijn zus, mobiel 06-12345678, zij weet er meer van",
    ],
)
def test_a_number_in_a_sentence_may_be_anybodys(line: str) -> None:
    phone = fields_of(Put(110, 500, line))["phone"]
    assert phone.value == "+31612345678"
    # Below what anybody is told at: a stranger would hear of the letter.
    assert phone.confidence <= 0.85


@pytest.mark.parametrize("line", ["06-12345678", "Tel. 06-12345678", "Dorpsstraat 4, 4791 AB Havendam, 06-12345678"])
def test_a_number_that_stands_by_itself_is_the_senders(line: str) -> None:
    phone = fields_of(Put(110, 200, line))["phone"]
    assert phone.confidence >= 0.9
