"""Rows per second of call logs into calls, against the bare csv or json reading of the same bytes; and the memory it takes."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from typing import IO

from adapters.phone.reading.asterisk import Asterisk
from adapters.phone.reading.column_map import ColumnMap
from adapters.phone.reading.csv_map import CsvMap
from adapters.phone.reading.cucm import Cucm
from adapters.phone.reading.format import CallFormat, RowSettings
from adapters.phone.reading.freeswitch_csv import FreeswitchCsv
from adapters.phone.reading.freeswitch_json import FreeswitchJson
from adapters.phone.reading.teams import Teams
from adapters.phone.reading.three_cx import ThreeCx
from inbox.call import Leg
from inbox.calls.grouping import group
from tests.bench import call_logs
from tests.bench.row import Row, in_turn

_ROWS = 20_000
_FEW, _MANY = 10_000, 1_000_000

MAPPED = CsvMap("csv by a map", ColumnMap.model_validate({"columns": {name: name for name in call_logs.MAPPED_NAMES}}))
LOGS: tuple[tuple[CallFormat, Callable[[], Iterator[str]], str], ...] = (
    (Asterisk(), call_logs.asterisk_rows, ","),
    (MAPPED, call_logs.mapped_rows, ";"),
    (FreeswitchCsv(), call_logs.freeswitch_rows, ","),
    (ThreeCx(), call_logs.three_cx_rows, ","),
    (Cucm(), call_logs.cucm_rows, ","),
    (FreeswitchJson(), call_logs.freeswitch_objects, ""),
    (Teams(), call_logs.teams_objects, ""),
)
"""Each format, a log of it, and what separates its columns: nothing where it is JSON."""


class Generated(io.RawIOBase):
    """A log of so many rows that is nowhere: made while it is read."""

    def __init__(self, count: int, made: Callable[[], Iterator[str]]) -> None:
        self._rows = islice(made(), count)

    def read(self, size: int = -1, /) -> bytes:
        """Return a thousand rows, nothing at the end; `size` is how much is hoped for."""
        return "".join(islice(self._rows, 1000)).encode()


def read_all(known: CallFormat, content: IO[bytes]) -> int:
    """Return how many calls the rows come to; none is kept."""
    return sum(1 for _ in group(row for _, row in known.rows(content, RowSettings()) if isinstance(row, Leg)))


def rows() -> Iterator[Row]:
    """Yield a row for each format, and one for the memory of a long log."""
    for known, made, delimiter in LOGS:
        yield speed(known, made, delimiter, _ROWS)
    how = f"largest memory of the reading process for {_MANY} rows; yardstick: {_FEW}; made while they are read"
    yield Row("memory of reading call records", peak_mib(_MANY), peak_mib(_FEW), "MiB", "<= 1.2", how)


def speed(known: CallFormat, made: Callable[[], Iterator[str]], delimiter: str, count: int) -> Row:
    """Return the rows per second of a log of so many rows."""
    with tempfile.TemporaryFile() as log:
        for part in iter(Generated(count, made).read, b""):
            log.write(part)

        def ours() -> None:
            log.seek(0)
            if read_all(known, log) < count // 2 - 1:  # one less with two header lines
                raise AssertionError(f"{known.name}: not all rows came to calls")

        def bare() -> None:
            log.seek(0)
            if delimiter:
                text = io.TextIOWrapper(log, "utf-8", newline="")
                for _ in csv.reader(text, delimiter=delimiter):
                    pass
                text.detach()
            else:
                for line in log:
                    json.loads(line)

        mine, yardstick = in_turn(ours, bare)
    bare_reading = "csv.reader" if delimiter else "json.loads of each line"
    how = f"{count} rows, two to a call, grouped; yardstick: {bare_reading} over the same bytes, nothing understood"
    return Row(f"read call records: {known.name}", count / mine, count / yardstick, "rows/s", ">= 0.1", how)


_CHILD = """
import re, sys
from pathlib import Path
from tests.bench import calls
name, count = sys.argv[1], int(sys.argv[2])
known, made, _ = next(log for log in calls.LOGS if log[0].name == name)
calls.read_all(known, calls.Generated(count, made))
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def peak_mib(count: int, name: str = "asterisk") -> float:
    """Return the largest memory of a process that reads so many rows of that format."""
    ran = subprocess.run([sys.executable, "-c", _CHILD, name, str(count)], check=True, capture_output=True, text=True)
    return int(ran.stdout) / 1024
