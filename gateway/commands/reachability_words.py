"""Figures of reachability as `gateway reachability` prints them: JSON lines, or a table."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from inbox.calls.counted import CountedAs
from inbox.calls.period import Period
from inbox.calls.reachability import Dimension, Reachability
from inbox.calls.reached import Reached

_COUNTS = (
    ("missed", CountedAs.missed),
    ("abandoned", CountedAs.abandoned),
    ("(short)", CountedAs.abandoned_short),
    ("voicemail", CountedAs.voicemail),
    ("busy", CountedAs.busy),
    ("closed", CountedAs.after_hours),
    ("failed", CountedAs.failed),
)
"""Heading → what it counts."""


def _document(reached: Reached) -> dict[str, object]:
    return {
        "offered": reached.offered,
        "measured": reached.measured,
        "answered": reached.answered,
        **{str(counted_as): count for counted_as, count in reached.counts.items()},
        "average_wait_s": reached.answered_waits.average_s,
        "longest_wait_s": reached.answered_waits.longest_s,
        "average_wait_of_offered_s": reached.offered_waits.average_s,
        "longest_wait_of_offered_s": reached.offered_waits.longest_s,
        "share_answered": reached.share_answered,
        "share_within_norm": reached.share_within_norm,
        "norm_seconds": reached.norm_seconds,
        "norm_share": reached.norm_share,
        "is_norm_met": reached.is_norm_met,
    }


def print_lines(found: Reachability, days: Period) -> None:
    """Write a line for each cell, and one for all together."""
    for cell in found.cells():
        place = {"queue": cell.queue, "department": cell.department, "hour": cell.hour, "day": cell.day}
        write_line({name: value for name, value in place.items() if value is not None} | _document(cell.reached))
    period_told = {"from": days.first, "to": days.last}
    rest = {"unknown_queues": found.unknown_queues, "not_counted": found.not_ours}
    write_line({"total": True, **period_told, **_document(found.total()), **rest})


def write_line(document: dict[str, object]) -> None:
    """Write one JSON document."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")


def print_table(found: Reachability, days: Period, by: Sequence[Dimension], zone: ZoneInfo) -> None:
    """Write a table for people, what the configuration does not know, and what was not counted."""
    names = [str(dimension) for dimension in by]
    if Dimension.queue in by and Dimension.department not in by:
        names.append(str(Dimension.department))
    table = Table(title=f"Reachability, {days.first} to {days.last} ({zone.key})")
    for name in names:
        table.add_column(name)
    for heading in ("offered", "answered", "%", "in time", "%", "norm", *(heading for heading, _ in _COUNTS)):
        table.add_column(heading, justify="right")
    for heading in ("wait", "longest", "of offered", "longest"):
        table.add_column(heading, justify="right")
    for cell in found.cells():
        # Names come from the telephone system: as text, never as markup.
        table.add_row(*(Text(_said(getattr(cell, name))) for name in names), *_row(cell.reached))
    table.add_section()
    table.add_row("all", *("" for _ in names[1:]), *_row(found.total()))
    Console(soft_wrap=True).print(table)
    if unknown := found.unknown_queues:
        sys.stdout.write(
            f"not in `calls.queues` of the configuration: {', '.join(name or '(none)' for name in unknown)}\n"
        )
    if found.not_ours is not None:
        sys.stdout.write(f"not counted, as nobody rang us: {found.not_ours} calls\n")


def _said(value: object) -> str:
    if isinstance(value, int):
        return f"{value:02d}-{value + 1:02d}"
    return str(value) or "(unknown)"


def _row(reached: Reached) -> list[str]:
    counts = [str(reached.counts[counted_as]) for _, counted_as in _COUNTS]
    in_time = str(reached.counts[CountedAs.answered_within_norm])
    waits = (reached.answered_waits, reached.offered_waits)
    return [
        str(reached.offered),
        str(reached.answered),
        _percent(reached.share_answered),
        in_time,
        _percent(reached.share_within_norm),
        _norm(reached),
        *counts,
        *(_seconds(value) for wait in waits for value in (wait.average_s, wait.longest_s)),
    ]


def _norm(reached: Reached) -> str:
    if reached.is_norm_met is None:
        return ""
    within = f" in {reached.norm_seconds} s" if reached.norm_seconds is not None else ""
    return f"{_percent(reached.norm_share)}{within}: {'met' if reached.is_norm_met else 'NOT MET'}"


def _percent(share: float | None) -> str:
    return f"{share:.1%}" if share is not None else ""


def _seconds(value: float | None) -> str:
    return f"{value:.0f} s" if value is not None else ""
