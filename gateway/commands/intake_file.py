"""A file of submissions: CSV or JSON lines, such as the notes of an area-table evening. Every fault is named by its line."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from gateway.api.faults import fault_of
from gateway.api.submission_shapes import NewItem
from inbox.channel import Channel
from inbox.submission import Submission
from workflows.receiving import Wanted

FILE_BYTES = 50 << 20
LINES_AT_MOST = 20_000
"""All of them stand in one transaction."""

_IN_SENDER = {"name", "email", "phone"}
_COLUMNS = {"channel", "subject", "text", "occurredAt", "ownReference", *_IN_SENDER}


@dataclass(frozen=True)
class Line:
    """What one line hands in."""

    number: int
    """From 1; of a row that goes on over several lines, the first."""
    submission: Submission


@dataclass(frozen=True)
class LineFault:
    """What is wrong in one line. Never what stands there."""

    number: int
    words: str


@dataclass(frozen=True)
class _Into:
    """Where it is handed in."""

    channel: Channel
    zone: ZoneInfo
    text_characters: int


def lines_of(
    content: bytes, channel: Channel, zone: ZoneInfo, text_characters: int
) -> tuple[list[Line], list[LineFault]]:
    """Return what the file hands in, and all its faults. `channel`: of the source; a line may say no other.

    `zone`: of moments in CSV that name none. `text_characters`: of one text.
    """
    into = _Into(channel, zone, text_characters)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [LineFault(content.count(b"\n", 0, error.start) + 1, "is not UTF-8")]
    rows = _json_rows if text.lstrip().startswith("{") else _csv_rows
    lines: list[Line] = []
    faults: list[LineFault] = []
    for found in rows(text, into):
        if isinstance(found, LineFault):
            faults.append(found)
        else:
            lines.append(found)
    if len(lines) > LINES_AT_MOST:
        faults.append(LineFault(lines[LINES_AT_MOST].number, f"a file holds at most {LINES_AT_MOST} of them: split it"))
    if not lines and not faults:
        faults.append(LineFault(1, "the file hands in nothing"))
    return lines, faults


def wanted_of(lines: list[Line], write: Callable[[Submission], bytes]) -> list[Wanted]:
    """Return each line under a key that follows from its content and how often it stood before: a file that comes again
    hands in nothing twice, and two people who say the same are two.
    """
    seen: Counter[str] = Counter()
    wanted = []
    for line in lines:
        digest = hashlib.sha256(write(line.submission)).hexdigest()
        seen[digest] += 1
        wanted.append(Wanted(f"file:{digest}:{seen[digest]}", line.submission))
    return wanted


def _json_rows(text: str, into: _Into) -> Iterator[Line | LineFault]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield from _checked(number, into, lambda line=line: NewItem.model_validate_json(line))  # type: ignore[misc]


def _csv_rows(text: str, into: _Into) -> Iterator[Line | LineFault]:
    first = text.partition("\n")[0]
    # Dutch spreadsheets separate by semicolons, since the comma stands in numbers.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=first.count), strict=True)
    number = 1
    try:
        columns = [name.strip() for name in next(rows)]
        faults = _column_faults(columns)
        yield from faults
        if faults:
            return
        number = rows.line_num + 1
        for row in rows:
            if any(cell.strip() for cell in row):
                yield from _row(number, columns, row, into)
            number = rows.line_num + 1
    except StopIteration:
        return
    except csv.Error:
        yield LineFault(number, "is no CSV: a quotation mark is not closed, or a cell is too long")


def _column_faults(columns: list[str]) -> list[LineFault]:
    known = ", ".join(sorted(_COLUMNS))
    if "text" not in columns or len(set(columns)) < len(columns) or not _COLUMNS.issuperset(columns):
        return [LineFault(1, f"names columns, each once: `text`, and any of {known}")]
    return []


def _row(number: int, columns: list[str], row: list[str], into: _Into) -> Iterator[Line | LineFault]:
    if len(row) != len(columns):
        yield LineFault(number, f"has {len(row)} cells, and the first line names {len(columns)}")
        return
    cells = {name: cell for name, cell in zip(columns, row, strict=True) if cell.strip()}
    document: dict[str, Any] = {name: cell for name, cell in cells.items() if name not in _IN_SENDER}
    document["sender"] = {name: cell for name, cell in cells.items() if name in _IN_SENDER}
    document.setdefault("channel", into.channel)
    if "occurredAt" in document:
        document["occurredAt"] = _aware(document["occurredAt"], into.zone)
    yield from _checked(number, into, lambda: NewItem.model_validate(document))


def _aware(written: str, zone: ZoneInfo) -> datetime | str:
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        return written
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _checked(number: int, into: _Into, made: Callable[[], NewItem]) -> Iterator[Line | LineFault]:
    try:
        asked = made()
    except ValidationError as error:
        for found in error.errors(include_input=False):
            fault = fault_of({**found, "loc": ("body", *found["loc"])})
            place = (fault.location.pointer or "").strip("/").replace("/", ".")
            yield LineFault(number, f"`{place}`: {fault.detail}" if place else fault.detail)
        return
    if asked.channel is not into.channel:
        yield LineFault(number, f"`channel`: the source takes in `{into.channel}` only")
    elif asked.source is not None:
        yield LineFault(number, "`source`: is named on the command line")
    elif len(asked.text) > into.text_characters:
        yield LineFault(number, f"`text`: should have at most {into.text_characters} characters")
    else:
        yield Line(number, asked.submission())
