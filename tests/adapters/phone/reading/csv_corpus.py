"""The corpora of CSV call logs, and how each is read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import yaml

from adapters.phone.reading.asterisk import Asterisk
from adapters.phone.reading.column_map import ColumnMap
from adapters.phone.reading.csv_map import CsvMap
from adapters.phone.reading.format import CallFormat, RowSettings
from inbox.call import BadRow, Leg
from inbox.calls.grouping import group

CORPORA = Path(__file__).parents[3] / "corpora" / "phone"
FILES = sorted([*(CORPORA / "asterisk").glob("*.csv"), *(CORPORA / "csv").glob("*.csv")])


def format_of(file: Path) -> CallFormat:
    if file.parent.name == "asterisk":
        return Asterisk()
    document = yaml.safe_load(file.with_suffix(".map.yaml").read_text(encoding="utf-8"))
    return CsvMap("suite", ColumnMap.model_validate(document))


def rows(known: CallFormat, content: bytes) -> list[tuple[int, Leg | BadRow]]:
    return list(known.rows(io.BytesIO(content), RowSettings()))


def calls(found: list[tuple[int, Leg | BadRow]]) -> list[dict[str, Any]]:
    documents = []
    for call in group(row for _, row in found if isinstance(row, Leg)):
        document = call.as_json() | {"legs": len(call.legs)}
        document["is_ambiguous"] = any(leg.is_ambiguous for leg in call.legs)
        documents.append(document)
    return sorted(documents, key=lambda one: (one["started_at"], one["call_key"]))


def outcome(file: Path) -> dict[str, Any]:
    """Give what comes out of a file: its calls by start, and line and code of each bad row."""
    found = rows(format_of(file), file.read_bytes())
    bad = [{"line": row.line, "code": row.code} for _, row in found if isinstance(row, BadRow)]
    return {"calls": calls(found), "bad_rows": bad}


def expected(file: Path) -> dict[str, Any]:
    return json.loads(Path(f"{file}.expected.json").read_text(encoding="utf-8"))
