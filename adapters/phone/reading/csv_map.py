"""Any CSV, by a map of its columns: how most telephony suites export their calls."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import IO, NamedTuple

from adapters.phone.reading.column_map import Column, ColumnMap
from adapters.phone.reading.csv_records import Record, records
from adapters.phone.reading.durations import seconds
from adapters.phone.reading.fault import ORDER, TIME, VALUE, Fault
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.leg_times import LegTimes, Told, in_order
from adapters.phone.reading.legs import legs
from adapters.phone.reading.local_clock import LocalClock
from adapters.phone.reading.numbers import written
from adapters.phone.reading.picking import Pick, picker
from inbox.call import BadRow, Direction, Leg, Outcome

_HEADER_WITHIN = 20
"""Records in which a header is looked for: exports begin with a title or a period."""
_HALF_A_DAY = timedelta(hours=12)
_NO_HEADER = Fault("row_columns", "No header before it names the columns of the map.")


class CsvMap:
    """One kind of CSV; see `CallFormat`. Its name is the one that the settings give it.

    Without a header that names the mapped columns every row is bad (`row_columns`). A header may come again, with its
    columns in another order, where files were laid one behind the other.
    """

    def __init__(self, name: str, column_map: ColumnMap) -> None:
        self.name = name
        self._map = column_map

    def recognises(self, beginning: bytes) -> bool:
        """Say whether a header names every mapped column. Without a header no file is surely of this kind."""
        columns = _columns(self._map)
        if not self._map.has_header or not any(isinstance(column, str) for column in columns.values()):
            return False
        found = records(io.BytesIO(beginning), self._map.dialect())
        return any(
            isinstance(record, Record) and _places(columns, record.fields) is not None
            for record in islice(found, _HEADER_WITHIN)
        )

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield each row in order; see `CallFormat.rows`."""
        return legs(records(content, self._map.dialect()), _Reading(self._map, settings).leg)


def _columns(column_map: ColumnMap) -> dict[str, Column]:
    columns: dict[str, Column | None] = column_map.columns.model_dump()
    return {fact: column for fact, column in columns.items() if column is not None}


def _places(columns: dict[str, Column], header: list[str]) -> dict[str, int] | None:
    """Return where each fact stands, from 0; None when the header does not name them all."""
    names = {name.strip().casefold(): place for place, name in enumerate(header)}
    places: dict[str, int] = {}
    for fact, column in columns.items():
        place = column - 1 if isinstance(column, int) else names.get(column.strip().casefold())
        if place is None:
            return None
        places[fact] = place
    return places


class _Facts(NamedTuple):
    """What a row says, as it is written; empty for a fact that no column holds. See `Columns`."""

    started_on: str
    started_at: str
    answered_at: str
    ended_at: str
    call: str
    leg: str
    duration: str
    waited: str
    talked: str
    direction: str
    caller: str
    dialled: str
    queue: str
    choice: str
    agent: str
    outcome: str
    recording: str


_IDENTITY = tuple(
    map(_Facts._fields.index, ("started_on", "started_at", "caller", "dialled", "queue", "agent", "direction"))
)
"""What makes a row a call of its own where nothing names the call."""


class _Reading:
    """Makes legs of the rows of one file."""

    def __init__(self, column_map: ColumnMap, settings: RowSettings) -> None:
        self._clock = LocalClock(settings.zone, column_map.time_formats)
        # No word means nothing.
        self._directions = {"": None} | {word.casefold(): found for word, found in column_map.directions.items()}
        self._outcomes = {"": None} | {word.casefold(): found for word, found in column_map.outcomes.items()}
        self._region = settings.region
        self._columns = _columns(column_map)
        self._has_header = column_map.has_header
        self._count = 0
        """Columns of the last header; 0 where there is none."""
        self._least = 0
        """Columns without which no row can be read."""
        self._pick: Pick | None = None
        """None before the first header."""
        if not self._has_header:
            self._take_header([])

    def leg(self, record: Record) -> Leg | Fault | None:
        """Return the leg of a row; None for a header."""
        fields = record.fields
        facts = self._facts(fields)
        # No header says when it began.
        started = facts and self._moment(facts.started_on, facts.started_at)
        if facts is None or started is None:
            return self._unstarted(record)
        if not self._has_count(fields):
            return self._miscounted(record)
        return self._leg(facts, started)

    def _facts(self, fields: list[str]) -> _Facts | None:
        if self._pick is None or len(fields) < self._least:
            return None
        return _Facts._make(map(str.strip, self._pick(fields)))

    def _moment(self, day: str, text: str) -> Told | None:
        return self._clock.moment(f"{day} {text}" if day and text else text)

    def _unstarted(self, record: Record) -> Fault | None:
        """Take the row for a header, if it is one; else say what is wrong with it."""
        if self._has_header and self._take_header(record.fields):
            return None
        if self._pick is None:
            return _NO_HEADER
        return TIME if self._has_count(record.fields) else self._miscounted(record)

    def _take_header(self, header: list[str]) -> bool:
        places = _places(self._columns, header)
        if places is None:
            return False
        self._count, self._least = len(header), max(places.values()) + 1
        self._pick = picker(places, _Facts._fields)
        return True

    def _has_count(self, fields: list[str]) -> bool:
        """Say whether it has as many columns as the header, or one more that is empty; without a header, all that are mapped."""
        count = len(fields)
        if not self._count:
            return count >= self._least
        return count == self._count or (count == self._count + 1 and not fields[-1])

    def _miscounted(self, record: Record) -> Fault:
        return record.miscounted(str(self._count or self._least))

    def _leg(self, facts: _Facts, started: Told) -> Leg | Fault:
        direction, outcome = facts.direction.casefold(), facts.outcome.casefold()
        if direction not in self._directions or outcome not in self._outcomes:
            return VALUE
        said = self._outcomes[outcome]
        times = self._times(facts, started, said)
        if isinstance(times, Fault):
            return times
        return Leg(
            call_key=facts.call or _digest(facts[place] for place in _IDENTITY),
            leg_key=facts.leg or _digest(facts),
            started_at=times.started_at,
            answered_at=times.answered_at if said is None or said is Outcome.answered else None,
            ended_at=times.ended_at,
            direction=self._directions[direction] or Direction.unknown,
            caller=written(facts.caller, self._region),
            dialled=written(facts.dialled, self._region),
            queue=facts.queue,
            choice=facts.choice,
            agent=facts.agent,
            outcome=said,
            recording=facts.recording,
            is_ambiguous=times.is_ambiguous,
        )

    def _times(self, facts: _Facts, started: Told, outcome: Outcome | None) -> LegTimes | Fault:
        """Return the moments, with what durations tell of those that no column holds."""
        day = facts.started_on
        answered, ended = self._moment(day, facts.answered_at), self._moment(day, facts.ended_at)
        if (facts.answered_at and answered is None) or (facts.ended_at and ended is None):
            return TIME
        if day:
            answered, ended = _next_day(started, answered), _next_day(started, ended)
        duration = None
        if facts.duration or facts.waited or facts.talked:
            lengths = [seconds(text) if text else None for text in (facts.duration, facts.waited, facts.talked)]
            if lengths.count(None) != (facts.duration, facts.waited, facts.talked).count(""):
                return TIME
            if any(length is not None and length < 0 for length in lengths):
                return ORDER
            duration = lengths[0]
            answered, ended = _inferred(started, answered, ended, lengths, outcome)
        return in_order(started, answered, ended, duration) or ORDER


def _next_day(started: Told, told: Told | None) -> Told | None:
    """Return a time of day after midnight as one of the day after; a small step back stays what it is: an error."""
    if told is not None and started[0] - told[0] > _HALF_A_DAY:
        return told[0] + timedelta(days=1), told[1]
    return told


def _inferred(
    started: Told, answered: Told | None, ended: Told | None, lengths: Iterable[float | None], outcome: Outcome | None
) -> tuple[Told | None, Told | None]:
    """Return answer and end as `duration`, `waited` and `talked` (seconds) give them where no column does."""
    duration, waited, talked = (None if length is None else timedelta(seconds=length) for length in lengths)
    may_answer = outcome is Outcome.answered or (outcome is None and bool(talked))
    if answered is None and may_answer and waited is not None:
        answered = _after(started, waited)
    if ended is None and duration is not None:
        ended = _after(started, duration)
    if ended is None and answered is not None and talked is not None:
        ended = _after(answered, talked)
    if ended is None and waited is not None and not may_answer:
        ended = _after(started, waited)
    if answered is None and may_answer and talked is not None and ended is not None:
        answered = _after(ended, -talked)
    return answered, ended


def _after(told: Told, length: timedelta) -> Told:
    return told[0] + length, told[1]


def _digest(texts: Iterable[str]) -> str:
    return hashlib.blake2b("\x1f".join(texts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
