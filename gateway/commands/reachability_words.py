"""Figures of reachability as `gateway reachability` prints them: JSON lines, or a table."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from inbox.calls.counted import CountedAs
from inbox.calls.period import Period
from inbox.calls.reachability import Dimension, Reachability
from inbox.calls.reached import Reached, Waits

_LOST = (
    ("missed", CountedAs.missed),
    ("abandoned", CountedAs.abandoned),
    ("short", CountedAs.abandoned_short),
    ("voicemail", CountedAs.voicemail),
    ("busy", CountedAs.busy),
    ("closed", CountedAs.after_hours),
    ("failed", CountedAs.failed),
)
"""Heading → what it counts, where there is any: a table of twenty columns fits on no screen."""

_NAMELESS = {Dimension.queue: "(other numbers)", Dimension.department: "(unknown)"}
"""Dimension → what stands where the configuration knows none."""

_WIDEST = 1_000
"""A table is as wide as what is in it: a name that is cut off names nothing."""


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
    total = found.total()
    lost = [(heading, counted_as) for heading, counted_as in _LOST if total.counts[counted_as]]
    table = Table(box=box.SIMPLE, show_footer=True)
    for number, dimension in enumerate(by):
        table.add_column(str(dimension), footer="all" if number == 0 else "")
    for heading, footer in zip(_headings(lost), _row(total, lost), strict=True):
        table.add_column(heading, footer=footer, justify="right")
    for cell in found.cells():
        # Names come from the telephone system: as text, never as markup.
        table.add_row(
            *(Text(_said(dimension, getattr(cell, dimension))) for dimension in by), *_row(cell.reached, lost)
        )
    sys.stdout.write(f"Reachability, {days.first} to {days.last} ({zone.key})\n")
    Console(width=_WIDEST, soft_wrap=True).print(table)
    sys.stdout.write("percentages are of what was offered without short: they weigh in the norm\n")
    if unknown := found.unknown_queues:
        sys.stdout.write(
            f"not in `calls.queues` of the configuration: {', '.join(name or '(other numbers)' for name in unknown)}\n"
        )
    if found.not_ours is not None:
        sys.stdout.write(f"not counted, as nobody rang us: {found.not_ours} calls\n")


def _said(dimension: Dimension, value: object) -> str:
    if isinstance(value, int):
        return f"{value:02d}-{value + 1:02d}"
    return str(value) or _NAMELESS[dimension]


def _headings(lost: Sequence[tuple[str, CountedAs]]) -> list[str]:
    return ["offered", "answered", "in time", "norm", *(heading for heading, _ in lost), "wait, longest", "of offered"]


def _row(reached: Reached, lost: Sequence[tuple[str, CountedAs]]) -> list[str]:
    return [
        str(reached.offered),
        f"{reached.answered}{_percent(reached.share_answered)}",
        f"{reached.counts[CountedAs.answered_within_norm]}{_percent(reached.share_within_norm)}",
        _norm(reached),
        *(str(reached.counts[counted_as]) for _, counted_as in lost),
        _seconds(reached.answered_waits),
        _seconds(reached.offered_waits),
    ]


def _norm(reached: Reached) -> str:
    if reached.norm_share is None:
        return ""
    within = f" in {reached.norm_seconds} s" if reached.norm_seconds is not None else ""
    return f"{reached.norm_share:.1%}{within}: {'met' if reached.is_norm_met else 'NOT MET'}"


def _percent(share: float | None) -> str:
    return f" {share:>6.1%}" if share is not None else ""


def _seconds(waits: Waits) -> str:
    return f"{waits.average_s:.0f}, {waits.longest_s:.0f} s" if waits.known else ""
