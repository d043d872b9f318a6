"""When a letter was received: by the post room's date stamp, else by its scan. Pure; terms count from the answer.

A post room may be days behind with scanning. The law and our norms count from the day on which the paper came in, and
that is what the stamp says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from inbox.letter_facts import ENVELOPE_SIDE, HIGH
from inbox.reading import LetterField, Page, Reading

DATE_STAMP = "date_stamp"
"""The basis of a receipt that a stamp states."""
STAMP_UNSURE = "stamp_unsure"
"""Remark of a letter with a stamp that was not believed: a person looks when it came in."""
OLDEST_STAMP = timedelta(days=60)
"""A post room that stood still for a summer is weeks behind, not months. An older date is rather a month or year
misread, or the stamp of somebody else upon a copy: from there a term would be over before anybody had seen the letter."""


@dataclass(frozen=True)
class Receipt:
    """When a letter came in, and what shows it."""

    received_at: datetime
    """Aware UTC."""
    basis: str
    """`date_stamp`, or what the scan file's own moment rests on."""
    remarks: tuple[str, ...] = ()
    """For its reading: `stamp_unsure`."""


def receipt_of(reading: Reading, scanned_at: datetime, scanned_basis: str, zone: ZoneInfo) -> Receipt:
    """Return the letter's receipt. Without a stamp, and on the day of the stamp itself, it is the moment of the scan.

    Of an earlier day nobody knows the hour: it is noon in the organisation's zone, so that no other zone makes another
    day of it. A stamp that is poorly read, lies in the future or too far back, and two that differ, are left, with a
    remark. `scanned_at`: aware.
    """
    stamps = list(_stamps(reading))
    if not stamps:
        return Receipt(scanned_at, scanned_basis)
    scanned_on = scanned_at.astimezone(zone).date()
    stamped_on = _believed(stamps, scanned_on)
    if stamped_on is None:
        return Receipt(scanned_at, scanned_basis, (STAMP_UNSURE,))
    if stamped_on == scanned_on:
        return Receipt(scanned_at, scanned_basis)
    return Receipt(datetime.combine(stamped_on, time(12), tzinfo=zone).astimezone(UTC), DATE_STAMP)


def _believed(stamps: list[LetterField], scanned_on: date) -> date | None:
    """Return the day that all stamps say; None when they differ, or are not to be believed."""
    if len({stamp.value for stamp in stamps}) > 1 or any(stamp.confidence < HIGH for stamp in stamps):
        return None
    try:
        day = date.fromisoformat(stamps[0].value)
    except ValueError:
        return None
    return day if timedelta(0) <= scanned_on - day <= OLDEST_STAMP else None


def _stamps(reading: Reading) -> Iterator[LetterField]:
    """Yield the stamps of the paper itself: those on later pages are mostly another's, on a copy sent along."""
    counting = set(_outer_pages(reading.pages))
    return (field for field in reading.fields if field.name == "stamped_on" and field.page in counting)


def _outer_pages(pages: tuple[Page, ...]) -> Iterator[int]:
    """Yield the numbers of the letter's first page, and of each side of an envelope that was scanned with it."""
    sides = [page.number for page in pages if ENVELOPE_SIDE in page.remarks]
    own = (page.number for page in pages if page.words and page.number not in sides)
    yield from sides
    yield from islice(own, 1)
