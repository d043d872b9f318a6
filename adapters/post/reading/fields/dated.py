"""When a letter was written, stamped as received, and posted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from adapters.post.reading.fields.closing import is_closing, is_salutation
from adapters.post.reading.fields.dates import Written, dates_in
from adapters.post.reading.fields.evidence import Spot, found, unreadable
from adapters.post.reading.fields.labels import label_at, labelled
from adapters.post.reading.fields.lines import Line, Lines
from inbox.letter_facts import ENVELOPE_WORDS
from inbox.reading import LetterField

_AHEAD = timedelta(days=1)
"""A letter written after midnight on the way, or dated for the day of delivery."""
_STAMPS = 5
"""Stamps of one letter that are looked at: two that differ say already that none is sure."""
_OLD = timedelta(days=400)
"""A letter older than that is rather a year misread, or a copy: taken with less confidence."""
_HEAD = 450
"""Thousandths of the height above which the date of a letter stands."""
_WITH_PLACE, _ALONE, _OF_SEVERAL, _IF_OLD = 0.98, 0.96, 0.8, 0.7
_IN_PROSE = 0.8
"""Sureness; `_OF_SEVERAL` also where nothing says that it is a letter: on an envelope it is the postmark's date."""

_BEFORE = re.compile(
    r"(?:['’]?[^\W\d_][\w'’.-]{1,25}(?: [\w'’-]{1,20}){0,3}[,.:]? ?(?:de[nr]? |d\.d\. ?|op )?)?"
    r"(?:(?:maan|dins|woens|donder|vrij|zater|zon)dag,? ?|(?:mon|tues|wednes|thurs|fri|satur|sun)day,? ?)?"
)
"""Place and day of the week before a date: `Bergen op Zoom, dinsdag `."""
_STAMP = re.compile(
    r"(?:datum )?(?:ingekomen|ing[e3]k\.|ontvangen|ontvangst|binnengekomen|received)(?: op| d\.d\.| on)? ?(?P<mark>[:.;])? ?",
    re.IGNORECASE,
)
_POSTMARK = re.compile(r"(?:datum )?(?:poststempel|postmerk|postmark|date stamp)\b[ :.]*", re.IGNORECASE)
_CARRIER = re.compile(r"\b(?:postnl|sandd|port betaald|port payé)\b", re.IGNORECASE)
_PROSE_WORDS = 6
"""Words of a line that is one of a text's: "ontvangen op 3 november" may begin another."""


def dates_of(lines: Lines, received_on: date) -> Iterator[LetterField]:
    """Yield `written_on` and `posted_on`, each at most once, and each `stamped_on`, as ISO 8601 dates.

    A date more than a day after receipt, or one that no calendar has, is unreadable.
    """
    stamps = list(_stamps(lines))
    stamped = {spot.line for spot, _written in stamps}
    yield from (_field("stamped_on", stamp, received_on) for stamp in stamps[:_STAMPS])
    posted = next(_postmarks(lines), None)
    if posted:
        yield _field("posted_on", posted, received_on)
        stamped.add(posted[0].line)
    yield from _written_on(lines, stamped, received_on)


def _written_on(lines: Lines, stamped: set[Line], received_on: date) -> Iterator[LetterField]:
    for _kind, line, spot in labelled(lines, frozenset(["date"])):
        if line in stamped or line.page != lines.first_page:
            continue
        written = next(dates_in(spot.value), None)
        if written:
            yield _field("written_on", (_part(spot, written), written), received_on)
        else:
            yield unreadable("written_on", spot.line, spot.start, spot.end)
        return
    alone = [pair for line in lines.on_first_page() if line not in stamped for pair in _alone(lines, line)]
    if not alone:
        return
    has_letter = any(is_salutation(line.text) or is_closing(line.text) for line in lines.all)
    days = {written.day for _spot, written in alone}
    spot, written = alone[0]
    if len(days) > 1 or not has_letter:
        spot = Spot(spot.value, spot.line, spot.start, spot.end, min(spot.sure, _OF_SEVERAL))
    yield _field("written_on", (spot, written), received_on)


def _alone(lines: Lines, line: Line) -> Iterator[tuple[Spot, Written]]:
    """Yield the date of a line in the head that says nothing but place and date."""
    if line.top > _HEAD or len(line.text) > 80 or label_at(line.text):
        return
    above = lines.above(line)
    if above and label_at(above.text):
        # "Uw brief van" stands over it: another letter's date.
        return
    for written in dates_in(line.text):
        before = _BEFORE.fullmatch(line.text[: written.start])
        if before and not line.text[written.end :].strip(" .,"):
            sure = (_WITH_PLACE if before[0] else _ALONE) * written.sure
            yield Spot("", line, written.start, written.end, sure), written


def _stamps(lines: Lines) -> Iterator[tuple[Spot, Written]]:
    """Yield the dates of stamps: the word and the date alone on their line, or the date on the next."""
    for line in lines.all:
        stamp = _STAMP.match(line.text) if len(line.text) <= 60 else None
        if stamp is None:
            continue
        place = _IN_PROSE if _is_in_prose(lines, line) else 1.0
        rest = line.text[stamp.end() :]
        if rest.strip(" .:|"):
            written = next(dates_in(rest), None)
            if written and written.start <= 3 and len(rest) - written.end <= 25:
                spot = Spot(
                    "", line, stamp.end() + written.start, stamp.end() + written.end, 0.98 * place * written.sure
                )
                yield spot, written
            continue
        for other in (lines.beside(line), lines.below(line, next_line=3)):
            written = next(dates_in(other.text), None) if other and len(other.text) <= 40 else None
            if other and written and written.start <= 3:
                yield Spot("", other, written.start, written.end, 0.96 * place * written.sure), written
                break


def _is_in_prose(lines: Lines, line: Line) -> bool:
    """Say whether the line may be part of a text: a stamp stands by itself."""
    return any(other and len(other.words) >= _PROSE_WORDS for other in (lines.above(line), lines.below(line)))


def _postmarks(lines: Lines) -> Iterator[tuple[Spot, Written]]:
    words: dict[int, int] = {}
    for line in lines.all:
        words[line.page] = words.get(line.page, 0) + len(line.words)
    for line in lines.all:
        label = _POSTMARK.match(line.text)
        carrier = None if label else _CARRIER.search(line.text)
        if label is None and (carrier is None or words[line.page] > ENVELOPE_WORDS):
            continue
        for other in (line, lines.beside(line), lines.below(line)):
            written = next(dates_in(other.text), None) if other and len(other.text) <= 60 else None
            if other and written:
                sure = (0.95 if label else 0.85) * written.sure
                yield Spot("", other, written.start, written.end, sure), written
                return


def _part(spot: Spot, written: Written) -> Spot:
    start = spot.start + max(0, spot.line.text[spot.start :].find(spot.value))
    return Spot("", spot.line, start + written.start, start + written.end, spot.sure * written.sure)


def _field(name: str, pair: tuple[Spot, Written], received_on: date) -> LetterField:
    spot, written = pair
    day = written.day
    if day is None or day > _latest(received_on):
        return unreadable(name, spot.line, spot.start, spot.end)
    sure = spot.sure * (_IF_OLD if (received_on - day) > _OLD else 1.0)
    return found(name, Spot(day.isoformat(), spot.line, spot.start, spot.end, sure))


def _latest(received_on: date) -> date:
    return received_on + _AHEAD if received_on < date.max else received_on
