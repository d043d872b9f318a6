"""When a letter came in: the stamp of the post room counts when it is sure, and nothing else moves a term."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inbox.channel import Channel
from inbox.reading import LetterField, Page, PageSource, Reading
from inbox.receipt import DATE_STAMP, STAMP_UNSURE, Receipt, receipt_of

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SCANNED_AT = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
"""Half past midnight of the 27th in Amsterdam."""


def page(number: int, words: int, *remarks: str) -> Page:
    source = PageSource.ocr if words else PageSource.blank
    return Page(number=number, read_from=source, confidence=0.95, words=words, remarks=remarks)


def stamp(day: str, confidence: float = 0.94, on_page: int = 1) -> LetterField:
    return LetterField(name="stamped_on", value=day, page=on_page, box=(1, 2, 3, 4), confidence=confidence)


def received(*stamps: LetterField, pages: tuple[Page, ...] = (page(1, 200),)) -> Receipt:
    reading = Reading(channel=Channel.post, fields=stamps, pages=pages)
    return receipt_of(reading, SCANNED_AT, "source", AMSTERDAM)


def left(*, remarks: tuple[str, ...] = ()) -> Receipt:
    return Receipt(SCANNED_AT, "source", remarks)


def noon(day: int) -> Receipt:
    return Receipt(datetime(2026, 11, day, 11, tzinfo=UTC), DATE_STAMP)


def test_without_a_stamp_the_scan_is_the_receipt() -> None:
    assert received() == left()


def test_a_sure_stamp_of_an_earlier_day_is_the_receipt_at_noon_there() -> None:
    assert received(stamp("2026-11-12")) == noon(12)


def test_noon_is_the_zones_own_in_summer_too() -> None:
    reading = Reading(channel=Channel.post, fields=(stamp("2026-07-01"),), pages=(page(1, 200),))
    scanned_at = datetime(2026, 7, 3, 9, tzinfo=UTC)
    assert receipt_of(reading, scanned_at, "kept", AMSTERDAM).received_at == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_on_the_day_of_the_stamp_the_scans_moment_stays() -> None:
    """The day is that of the organisation's zone: in UTC it is still the 26th."""
    assert received(stamp("2026-11-27")) == left()
    assert received(stamp("2026-11-26")) == noon(26)


@pytest.mark.parametrize(
    "stamps",
    [
        pytest.param([stamp("2026-11-28")], id="tomorrow"),
        pytest.param([stamp("2026-11-12", 0.89)], id="poorly read"),
        pytest.param([stamp("2026-11-27", 0.6)], id="poorly read, of the day itself"),
        pytest.param([stamp("", 0.2)], id="not a date"),
        pytest.param([stamp("2026-11-12"), stamp("2026-11-13")], id="two that differ"),
        pytest.param([stamp("2026-11-12"), stamp("", 0.2)], id="one that cannot be read"),
        pytest.param([stamp("2026-09-27")], id="61 days old"),
        pytest.param([stamp("1926-11-12")], id="another century"),
    ],
)
def test_a_stamp_that_is_not_believed_is_left_with_a_remark(stamps: list[LetterField]) -> None:
    assert received(*stamps) == left(remarks=(STAMP_UNSURE,))


def test_the_oldest_stamp_that_is_believed_is_sixty_days_old() -> None:
    assert received(stamp("2026-09-28")).basis == DATE_STAMP


def test_a_stamp_upon_a_copy_that_was_sent_along_is_not_ours() -> None:
    pages = (page(1, 200), page(2, 150))
    assert received(stamp("2026-11-12", on_page=2), pages=pages) == left()
    assert received(stamp("2026-11-20"), stamp("2026-11-12", on_page=2), pages=pages) == noon(20)


def test_a_stamp_on_the_envelope_behind_the_letter_counts() -> None:
    assert received(stamp("2026-11-12", on_page=2), pages=(page(1, 200), page(2, 30, "envelope"))) == noon(12)
    assert received(stamp("2026-11-12", on_page=2), pages=(page(1, 200), page(2, 30))) == left()


def test_an_envelope_in_front_does_not_hide_the_letters_own_stamp() -> None:
    pages = (page(1, 30, "envelope"), page(2, 200), page(3, 200))
    assert received(stamp("2026-11-12", on_page=2), pages=pages) == noon(12)
    assert received(stamp("2026-11-12", on_page=3), pages=pages) == left()


def test_an_empty_page_before_it_does_not_hide_the_first() -> None:
    assert received(stamp("2026-11-12", on_page=2), pages=(page(1, 0), page(2, 200))) == noon(12)
