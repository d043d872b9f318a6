"""Reads call logs in the format that their source names, or that their content shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO

from adapters.phone.reading.registry import recognise
from adapters.phone.settings import CallReadingSettings
from inbox.call import BadRow, Leg


class LogReader:
    """The port's CallLogReader. Stateless; any number of logs at once."""

    def __init__(self, settings: CallReadingSettings, named: Mapping[str, str]) -> None:
        """`named`: source → the format that its settings name."""
        self._formats = settings.formats()
        # The first of a name, as everywhere: those of the settings stand before ours.
        self._by_name = {known.name: known for known in reversed(self._formats)}
        self._rows = settings.rows()
        self._named = dict(named)

    def format_of(self, source_id: str, beginning: bytes) -> str | None:
        """Return the source's own format; else that of a log that begins so, None when it is surely of none."""
        if source_id in self._named:
            return self._named[source_id]
        known = recognise(beginning, self._formats)
        return known.name if known is not None else None

    def rows(self, format_name: str, content: IO[bytes]) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield (line, leg) or (line, bad row) for each row, in order."""
        return self._by_name[format_name].rows(content, self._rows)
