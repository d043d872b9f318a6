"""The table that fills as items move."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from gateway.demo.expected import Sample, Stands, differences

_SUBJECT_LENGTH = 38


def table_of(sample: Sample, stand: dict[str, list[Stands]]) -> Table:
    """Return one row per item, and one for each delivery that has not been seen yet."""
    table = Table(title="Gemeente Moerdijk: van binnenkomst naar afdeling", header_style="bold", pad_edge=False)
    for name in ("reference", "subject", "status", "category", "department", "promised", "sender told", ""):
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    for delivery in sample.deliveries:
        found = stand.get(delivery.file, [])
        is_right = bool(found) and not differences(delivery, found)
        for one in found:
            outcome = one.outcome
            table.add_row(
                one.reference,
                Text(one.subject[:_SUBJECT_LENGTH] or "(no subject)"),
                outcome.status + (f" ({outcome.link})" if outcome.link and outcome.status != outcome.link else ""),
                outcome.category or "",
                outcome.department or "",
                one.due_on,
                outcome.acknowledgement or "",
                Text("✓", style="green") if is_right else Text("…", style="yellow"),
            )
        if not found:
            table.add_row(
                "", Text(delivery.file.rpartition("/")[2][:_SUBJECT_LENGTH], style="dim"), "", "", "", "", "", ""
            )
    return table
