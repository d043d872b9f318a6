"""Local times of one source, many of them: a log tells the same minute again and again."""

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
_SECONDS = {f"{second:02}": timedelta(seconds=second) for second in range(60)}


class LocalClock:
    """Reads the moments of one file, in the formats given (of `strptime`, or `epoch`, `epoch_ms`), tried in order."""

    def __init__(self, zone: ZoneInfo, formats: Sequence[str] = (ISO_SECONDS,)) -> None:
        self._zone = zone
        self._formats = tuple(formats)
        self._is_iso_first = bool(self._formats) and self._formats[0] == ISO_SECONDS
        self._minute = lru_cache(maxsize=4096)(self._minute_of)

    def moment(self, text: str) -> tuple[datetime, bool] | None:
        """Return the moment in UTC and whether the local time exists twice; None when no format fits. See `times.local`.

        None, too, outside the years 1990 to 2099: no call log is that old, and nobody rings from the future.
        """
        if self._is_iso_first and len(text) == 19 and text[16] == ":":
            second = _SECONDS.get(text[17:])
            minute = self._minute(text[:16])
            if second is not None and minute is not None:
                return minute[0] + second, minute[1]
        for form in self._formats:
            told = self._in_format(text, form)
            if told is not None and _YEARS[0] <= told[0].year < _YEARS[1]:
                return told
        return None

    def _in_format(self, text: str, form: str) -> tuple[datetime, bool] | None:
        if form not in (EPOCH, EPOCH_MS):
            return local(text, self._zone, (form,))
        since_1970 = epoch(text.strip(), 1000 if form == EPOCH_MS else 1)
        return (since_1970, False) if since_1970 is not None else None

    def _minute_of(self, text: str) -> tuple[datetime, bool] | None:
        """Return the beginning of a minute, in whose years offsets are whole minutes."""
        told = local(f"{text}:00", self._zone, (ISO_SECONDS,))
        return told if told is not None and _YEARS[0] <= told[0].year < _YEARS[1] else None
