"""Any CSV, by a map of its columns: how most telephony suites export their calls."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import IO, TypeVar

from adapters.phone.reading.column_map import Column, ColumnMap
from adapters.phone.reading.csv_records import Record, records
from adapters.phone.reading.durations import seconds
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.leg_times import DISORDER, Told, in_order
from adapters.phone.reading.local_clock import LocalClock
from adapters.phone.reading.numbers import written
from inbox.call import BadRow, Direction, Leg, Outcome

_Meaning = TypeVar("_Meaning")

_HEADER_WITHIN = 20
"""Records in which a header is looked for: exports begin with a title or a period."""
_HALF_A_DAY = timedelta(hours=12)
_DURATIONS = ("duration", "waited", "talked")
_IDENTITY = ("started_on", "started_at", "caller", "dialled", "queue", "agent", "direction")
"""What makes a row a call of its own where nothing names the call."""


class CsvMap:
    """One kind of CSV; see `CallFormat`. Its name is the one that the settings give it.

    Without a header that names the mapped columns every row is bad (`row_columns`). A header may come again, with its
    columns in another order, where files were laid one behind the other.
    """

    def __init__(self, name: str, column_map: ColumnMap) -> None:
        self.name = name
        self._map = column_map
        columns: dict[str, Column | None] = column_map.columns.model_dump()
        self._columns: dict[str, Column] = {fact: column for fact, column in columns.items() if column is not None}
        self._directions = {word.casefold(): direction for word, direction in column_map.directions.items()}
        self._outcomes = {word.casefold(): outcome for word, outcome in column_map.outcomes.items()}

    def recognises(self, beginning: bytes) -> bool:
        """Say whether a header names every mapped column. Without a header no file is surely of this kind."""
        if not self._map.has_header or not any(isinstance(column, str) for column in self._columns.values()):
            return False
        found = records(io.BytesIO(beginning), self._map.dialect())
        return any(
            isinstance(record, Record) and self._places(record.fields) is not None
            for record in islice(found, _HEADER_WITHIN)
        )

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield each row in order; see `CallFormat.rows`."""
        row = _Row(self._map, self._directions, self._outcomes, settings)
        places = None if self._map.has_header else self._places([])
        count = 0
        for record in records(content, self._map.dialect()):
            if isinstance(record, BadRow):
                yield record.line, record
            elif places is None or not row.has_start(record, places):
                header = self._places(record.fields) if self._map.has_header else None
                if header is not None:
                    places, count = header, len(record.fields)
                elif places is None:
                    yield record.line, record.bad("row_columns", "No header before it names the columns of the map.")
                else:
                    yield record.line, _unstarted(record, places, count)
            elif not _has_count(record, places, count):
                yield record.line, record.miscounted(str(count or max(places.values()) + 1))
            else:
                yield record.line, row.leg(record, {fact: record.fields[place] for fact, place in places.items()})

    def _places(self, header: list[str]) -> dict[str, int] | None:
        """Return where each fact stands, from 0; None when the header does not name them all."""
        names = {name.strip().casefold(): place for place, name in enumerate(header)}
        places: dict[str, int] = {}
        for fact, column in self._columns.items():
            place = column - 1 if isinstance(column, int) else names.get(column.strip().casefold())
            if place is None:
                return None
            places[fact] = place
        return places


def _has_count(record: Record, places: Mapping[str, int], count: int) -> bool:
    """Say whether it has as many columns as the header, or one more that is empty; without a header, all that are mapped."""
    has = len(record.fields)
    if not count:
        return has > max(places.values())
    return has == count or (has == count + 1 and not record.fields[-1])


def _unstarted(record: Record, places: Mapping[str, int], count: int) -> BadRow:
    if not _has_count(record, places, count):
        return record.miscounted(str(count or max(places.values()) + 1))
    return record.bad("row_time", "`started_at` is in none of the formats of `time_formats`.")


class _Row:
    """Makes legs of the rows of one file."""

    def __init__(
        self,
        column_map: ColumnMap,
        directions: Mapping[str, Direction],
        outcomes: Mapping[str, Outcome],
        settings: RowSettings,
    ) -> None:
        self._clock = LocalClock(settings.zone, column_map.time_formats)
        self._directions = directions
        self._outcomes = outcomes
        self._region = settings.region

    def has_start(self, record: Record, places: Mapping[str, int]) -> bool:
        """Say whether the row says when it began, as no header does."""
        if max(places.values()) >= len(record.fields):
            return False
        facts = {fact: record.fields[places[fact]] for fact in ("started_on", "started_at") if fact in places}
        return self._moment(facts, "started_at") is not None

    def _moment(self, facts: Mapping[str, str], fact: str) -> Told | None:
        text = facts[fact].strip()
        return self._clock.moment(f"{facts['started_on'].strip()} {text}" if "started_on" in facts else text)

    def leg(self, record: Record, facts: dict[str, str]) -> Leg | BadRow:
        """Return the leg of a row that has a start."""
        started = self._moment(facts, "started_at")
        later = {fact: self._moment(facts, fact) for fact in ("answered_at", "ended_at") if facts.get(fact, "").strip()}
        lasted = {fact: seconds(facts[fact]) for fact in _DURATIONS if facts.get(fact, "").strip()}
        if started is None or None in later.values() or None in lasted.values():
            return record.bad(
                "row_time", "A moment is in none of the formats of `time_formats`, or a duration is none."
            )
        direction, outcome = _word(self._directions, facts, "direction"), _word(self._outcomes, facts, "outcome")
        if direction is None or outcome is None:
            unknown = "directions" if direction is None else "outcomes"
            return record.bad("row_value", f"Holds a word that `{unknown}` does not name.")
        if any(length is not None and length < 0 for length in lasted.values()):
            return record.bad("row_order", DISORDER)
        is_by_day = "started_on" in facts
        times = _times(
            started,
            _next_day(started, later.get("answered_at"), is_by_day=is_by_day),
            _next_day(started, later.get("ended_at"), is_by_day=is_by_day),
            {fact: timedelta(seconds=length) for fact, length in lasted.items() if length is not None},
            outcome[0],
        )
        in_turn = in_order(*times, lasted.get("duration"))
        if in_turn is None:
            return record.bad("row_order", DISORDER)
        call_key, leg_key = _keys(facts)
        return Leg(
            call_key=call_key,
            leg_key=leg_key,
            started_at=in_turn.started_at,
            answered_at=in_turn.answered_at if outcome[0] in (None, Outcome.answered) else None,
            ended_at=in_turn.ended_at,
            direction=direction[0] or Direction.unknown,
            caller=written(facts.get("caller", ""), self._region),
            dialled=written(facts.get("dialled", ""), self._region),
            queue=facts.get("queue", "").strip(),
            choice=facts.get("choice", "").strip(),
            agent=facts.get("agent", "").strip(),
            outcome=outcome[0],
            recording=facts.get("recording", "").strip(),
            is_ambiguous=in_turn.is_ambiguous,
        )


def _word(meanings: Mapping[str, _Meaning], facts: Mapping[str, str], fact: str) -> tuple[_Meaning | None] | None:
    """Return what the word means, nothing where there is no word; None when nobody named it."""
    word = facts.get(fact, "").strip().casefold()
    if not word:
        return (None,)
    return (meanings[word],) if word in meanings else None


def _next_day(started: Told, told: Told | None, *, is_by_day: bool) -> Told | None:
    """Return a time of day after midnight as one of the day after; a small step back stays what it is: an error."""
    if told is not None and is_by_day and started[0] - told[0] > _HALF_A_DAY:
        return told[0] + timedelta(days=1), told[1]
    return told


def _times(
    started: Told, answered: Told | None, ended: Told | None, lasted: Mapping[str, timedelta], outcome: Outcome | None
) -> tuple[Told, Told | None, Told | None]:
    """Return the three moments, with what durations tell of those that no column holds."""
    talked, waited = lasted.get("talked"), lasted.get("waited")
    may_answer = outcome is Outcome.answered or (outcome is None and bool(talked))
    if answered is None and may_answer and waited is not None:
        answered = _after(started, waited)
    if ended is None and "duration" in lasted:
        ended = _after(started, lasted["duration"])
    if ended is None and answered is not None and talked is not None:
        ended = _after(answered, talked)
    if ended is None and waited is not None and not may_answer:
        ended = _after(started, waited)
    if answered is None and may_answer and talked is not None and ended is not None:
        answered = _after(ended, -talked)
    return started, answered, ended


def _after(told: Told, length: timedelta) -> Told:
    return told[0] + length, told[1]


def _keys(facts: Mapping[str, str]) -> tuple[str, str]:
    call_key, leg_key = facts.get("call", "").strip(), facts.get("leg", "").strip()
    if not call_key:
        call_key = _digest(facts.get(fact, "") for fact in _IDENTITY)
    return call_key, leg_key or _digest(facts.values())


def _digest(texts: Iterable[str]) -> str:
    return hashlib.blake2b("\x1f".join(texts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
