"""What is taken of a log piece by piece holds the very legs of the whole log, in every format that is written line by line."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.phone.log_reader import LogReader
from adapters.phone.settings import CallReadingSettings
from inbox.call import BadRow, Leg
from tests.call_folder import GrowingLogs
from tests.scan_folder import ScanFolder

CORPORA = Path(__file__).parents[3] / "corpora/phone"


def legs_of(reader: LogReader, name: str, content: bytes) -> tuple[dict[tuple[str, str], Leg], list[bytes]]:
    """Return the legs by their keys, and the bytes of bad rows."""
    rows = [row for _, row in reader.rows(name, BytesIO(content))]
    legs = {(row.call_key, row.leg_key): row for row in rows if isinstance(row, Leg)}
    return legs, [row.raw for row in rows if isinstance(row, BadRow)]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("asterisk/newer-columns.csv", "asterisk"),
        ("asterisk/damaged.csv", "asterisk"),
        ("3cx/cdr.log", "3cx"),
        ("3cx/socket.log", "3cx"),
        ("freeswitch-csv/example.csv", "freeswitch-csv"),
        ("freeswitch-json/lines-with-a-cut-one.jsonl", "freeswitch-json"),
        ("teams/calling-plan.jsonl", "teams"),
        ("cucm/cdr_MOERDIJK_02_202603020900_1001", "cucm"),
        ("csv/suite.csv", "suite"),
    ],
)
@pytest.mark.parametrize("lines_at_once", [1, 2, 3])
def test_pieces_give_the_legs_of_the_whole(on_disk: ScanFolder, path: str, name: str, lines_at_once: int) -> None:
    said: dict[str, Any] = {}
    if name == "suite":
        said = {"csv": {"suite": yaml.safe_load((CORPORA / "csv/suite.map.yaml").read_text(encoding="utf-8"))}}
    reader = LogReader(CallReadingSettings.model_validate(said), {})
    # What comes behind a second line of names, in another order, needs a file of its own.
    whole = (CORPORA / path).read_bytes().partition(b"Van;Naar;Gespreks-ID")[0]
    logs = GrowingLogs(on_disk)
    lines = whole.splitlines(keepends=True)
    for start in range(0, len(lines), lines_at_once):
        logs.append("cdr", b"".join(lines[start : start + lines_at_once]))
        logs.sweep()
    found: dict[tuple[str, str], Leg] = {}
    bad: list[bytes] = []
    for piece in logs.taken:
        legs, bad_rows = legs_of(reader, name, piece)
        found |= legs
        bad += bad_rows
    legs, bad_rows = legs_of(reader, name, whole)
    assert found == legs
    assert {row.strip() for row in bad} == {row.strip() for row in bad_rows}
