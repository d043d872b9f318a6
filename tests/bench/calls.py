"""Rows per second of call logs into calls, against the bare csv reading of the same bytes; and the memory that takes."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import IO

from adapters.phone.reading.asterisk import Asterisk
from adapters.phone.reading.column_map import ColumnMap
from adapters.phone.reading.csv_map import CsvMap
from adapters.phone.reading.format import CallFormat, RowSettings
from inbox.call import Leg
from inbox.calls.grouping import group
from tests.bench.row import Row, in_turn

_ROWS = 20_000
_FEW, _MANY = 10_000, 1_000_000
_NAMES = ("call", "started_at", "answered_at", "ended_at", "caller", "dialled", "queue", "agent")
_BEGAN = datetime(2026, 11, 2, 8, 0)  # noqa: DTZ001 - local times, as in a log


def asterisk_rows() -> Iterator[str]:
    """Yield rows without end: a call each seven seconds that rings one agent and is answered by another."""
    for call, start, answer, end in _calls():
        number, unique = f"06{12345000 + call % 900}", f"1763280000.{call * 2}"
        for part, (agent, answered, disposition) in enumerate((("201", "", "NO ANSWER"), ("202", answer, "ANSWERED"))):
            said = f'"{answered}"' if answered else ""
            yield (
                f'"","{number}","14010","from-trunk","""Jan Jansen"" <{number}>","PJSIP/trunk-{call:08x}",'
                f'"PJSIP/{agent}-{call:08x}","Queue","burgerzaken,t,,,120","{start}",{said},"{end}",180,0,'
                f'"{disposition}","DOCUMENTATION","{unique}","","","{unique}",{call * 2 + part}\n'
            )


def mapped_rows() -> Iterator[str]:
    """Yield the same calls as an export with a header."""
    yield ";".join(_NAMES) + "\n"
    for call, start, answer, end in _calls():
        for agent, answered in (("201", ""), ("202", answer)):
            yield f"c{call};{start};{answered};{end};06{12345000 + call % 900};14 010;Burgerzaken;{agent}\n"


def _calls() -> Iterator[tuple[int, str, str, str]]:
    start, call = _BEGAN, 0
    while True:
        moments = (start, start + timedelta(seconds=30), start + timedelta(seconds=180))
        yield (call, *(moment.isoformat(" ") for moment in moments))
        start, call = start + timedelta(seconds=7), call + 1


MAPPED = CsvMap("bench", ColumnMap.model_validate({"columns": {name: name for name in _NAMES}}))


class Generated(io.RawIOBase):
    """A log of so many rows that is nowhere: made while it is read."""

    def __init__(self, count: int) -> None:
        self._rows, self._left = asterisk_rows(), count

    def read(self, size: int = -1, /) -> bytes:
        """Return some hundred rows, nothing at the end; `size` is how much is hoped for."""
        rows = [next(self._rows) for _ in range(min(self._left, 1000))]
        self._left -= len(rows)
        return "".join(rows).encode()


def read_all(known: CallFormat, content: IO[bytes]) -> int:
    """Return how many calls the rows come to; none is kept."""
    return sum(1 for _ in group(row for _, row in known.rows(content, RowSettings()) if isinstance(row, Leg)))


def rows() -> Iterator[Row]:
    """Yield rows for each format, and for the memory of a long log."""
    yield _speed("read call records: Asterisk", Asterisk(), asterisk_rows, ",")
    yield _speed("read call records: csv by a map", MAPPED, mapped_rows, ";")
    how = f"largest memory of the reading process for {_MANY} rows; yardstick: {_FEW}; made while they are read"
    yield Row("memory of reading call records", _peak_mib(_MANY), _peak_mib(_FEW), "MiB", "<= 1.2", how)


def _speed(name: str, known: CallFormat, made: Callable[[], Iterator[str]], delimiter: str) -> Row:
    generated = made()
    content = "".join(next(generated) for _ in range(_ROWS)).encode()

    def bare() -> None:
        for _ in csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""), delimiter=delimiter):
            pass

    mine, yardstick = in_turn(lambda: read_all(known, io.BytesIO(content)), bare)
    how = f"{_ROWS} rows, two to a call, grouped; yardstick: csv.reader over the same bytes, nothing understood"
    return Row(name, _ROWS / mine, _ROWS / yardstick, "rows/s", ">= 0.1", how)


_CHILD = """
import re, sys
from pathlib import Path
from tests.bench import calls
calls.read_all(calls.Asterisk(), calls.Generated(int(sys.argv[1])))
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def _peak_mib(count: int) -> float:
    ran = subprocess.run([sys.executable, "-c", _CHILD, str(count)], check=True, capture_output=True, text=True)
    return int(ran.stdout) / 1024
