"""Local times of one source, many of them: a log tells the same hour again and again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from adapters.phone.reading.times import ISO_SECONDS, epoch, local

EPOCH = "epoch"
"""Instead of a format: seconds since 1970-01-01 UTC."""
EPOCH_MS = "epoch_ms"

_YEARS = (1990, 2100)
_INTO_HOUR = {
    f":{minute:02}:{second:02}": timedelta(minutes=minute, seconds=second)
    for minute in range(60)
    for second in range(60)
}
_LAST = max(_INTO_HOUR)
_LONGEST = 64
"""Characters of a moment: longer ones are not remembered, since anybody may have written them."""


class LocalClock:
    """Reads the moments of one file, in the formats given (of `strptime`, or `epoch`, `epoch_ms`), tried in order."""

    def __init__(self, zone: ZoneInfo, formats: Sequence[str] = (ISO_SECONDS,)) -> None:
        self._zone = zone
        self._formats = tuple(formats)
        self._hour = lru_cache(maxsize=4096)(self._hour_of)

    def moment(self, text: str) -> tuple[datetime, bool] | None:
        """Return the moment in UTC and whether the local time exists twice; None when no format fits. See `times.local`.

        None, too, outside the years 1990 to 2099: no call log is that old, and nobody rings from the future.
        """
        # The hour is looked up and the rest added: forty times as fast as strptime.
        rest = _INTO_HOUR.get(text[-6:])
        if rest is not None and len(text) <= _LONGEST and (hour := self._hour(text[:-6])):
            return hour[0] + rest, hour[1]
        told = self._told(text) if text else None
        return told[0] if told else None

    def _told(self, text: str) -> tuple[tuple[datetime, bool], str] | None:
        """Return the moment, and the format in which it is written."""
        for form in self._formats:
            told = self._in_format(text, form)
            if told is not None and _YEARS[0] <= told[0].year < _YEARS[1]:
                return told, form
        return None

    def _in_format(self, text: str, form: str) -> tuple[datetime, bool] | None:
        if form not in (EPOCH, EPOCH_MS):
            return local(text, self._zone, (form,))
        since_1970 = epoch(text.strip(), 1000 if form == EPOCH_MS else 1)
        return (since_1970, False) if since_1970 is not None else None

    def _hour_of(self, text: str) -> tuple[datetime, bool] | None:
        """Return the beginning of an hour; None where no minutes and seconds follow, or the clock is changed within it."""
        first, last = self._told(f"{text}:00:00"), self._told(f"{text}{_LAST}")
        if first is None or last is None or first[1] != last[1] or not first[1].endswith("%H:%M:%S"):
            return None
        (began, is_twice), (ended, _) = first[0], last[0]
        is_whole = ended - began == _INTO_HOUR[_LAST] and is_twice == last[0][1]
        return first[0] if is_whole else None
