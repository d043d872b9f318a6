"""What `gateway config` prints, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from inbox.configuration.difference import Difference, Kind, leaves
from inbox.configuration.finding import Finding
from inbox.configuration.model import Configuration

_SIGNS = {Kind.added: "+", Kind.removed: "-", Kind.changed: "~", Kind.moved: ">"}
_LONGEST_VALUE = 70


def version_words(row: Any) -> str:
    """Return a version in one line."""
    approved = f", approved by {row.approved_by}" if row.approved_by else ""
    reason = f": {row.reason}" if row.reason else ""
    to = f" to {row.rolled_back_to}" if row.rolled_back_to else ""
    by = f"{row.origin.replace('_', ' ')}{to}, {row.published_by}{approved}"
    return f"{row.version:>4}  {row.published_at:%Y-%m-%d %H:%M}  {by}{reason}"


def difference_words(found: Difference) -> str:
    """Return what differs: a line, and below it a line for each value that changed."""
    return "\n".join(_lines(found))


def _lines(found: Difference) -> Iterator[str]:
    name = " ".join(filter(None, (found.part, found.key)))
    if found.kind is Kind.moved:
        yield f"> {name}: from place {found.old_position} to {found.new_position}"
        return
    place = f" (place {found.new_position})" if found.kind is Kind.added and found.new_position else ""
    yield f"{_SIGNS[found.kind]} {name}{place}"
    if found.kind is Kind.changed:
        for path, old, new in leaves(found.old, found.new):
            label = ".".join(str(step) for step in path)
            yield f"    {label + ': ' if label else ''}{_value(old)} -> {_value(new)}"


def _value(value: Any) -> str:
    if value is None:
        return "(default)"
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(written.split())
    return line if len(line) <= _LONGEST_VALUE else line[: _LONGEST_VALUE - 1] + "…"


def finding_place(finding: Finding, configuration: Configuration) -> str:
    """Return where a finding stands, as a person finds it: rules by their id."""
    part, key, *rest = finding.path
    name = f"rule `{configuration.rules[int(key)].id}`" if part == "rules" else f"{part}.{key}"
    return ", ".join([name, *([".".join(map(str, rest))] if rest else [])])
