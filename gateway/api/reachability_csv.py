"""The figures of reachability for a spreadsheet (RFC 4180)."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from gateway.api.reachability_shapes import FiguresOf, ReachabilityReport

MEDIA_TYPE = "text/csv"

_FIRST = ("queue", "department", "hour", "day")
_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))[^\S\t\r\n]*(?=[=@+-])")
"""What stands before that which a spreadsheet would carry out. Where a comma is the decimal sign, as in Dutch, it begins a
cell at each `;`, and takes no notice of our quotes."""

_NUMBER = re.compile(r"[+-]?[0-9]+")


def as_csv(report: ReachabilityReport) -> str:
    """Return a line with the names, and one for each cell; names and values as in JSON, null empty. No total."""
    names = [*_FIRST, *(name for name in FiguresOf.model_fields if name not in _FIRST)]
    to = io.StringIO()
    writer = csv.writer(to, lineterminator="\r\n")
    writer.writerow([FiguresOf.model_fields[name].alias or name for name in names])
    for cell in report.figures:
        values = cell.model_dump(mode="json")
        writer.writerow([safe(values[name]) for name in names])
    return to.getvalue()


def safe(value: Any) -> Any:
    """Return the value as a spreadsheet shows it and never carries it out."""
    if isinstance(value, bool):
        return str(value).lower()
    # The names of queues come from elsewhere.
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    return _FORMULA.sub(r"\g<0>'", value)
