"""What a simulation found, for a spreadsheet (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from gateway.api.reachability_csv import MEDIA_TYPE, safe
from gateway.api.simulation_shapes import SimulatedItemLine, SimulatedOutcome

__all__ = ["MEDIA_TYPE", "as_csv"]

_SIDE = ("category", "department", "due_on", "priority", "flags", "labels", "held", "filed", "rule", "because")


def as_csv(lines: Iterable[SimulatedItemLine], *, with_names: bool) -> str:
    """Return one line for each item. `with_names`: the names of the columns come first."""
    to = io.StringIO()
    writer = csv.writer(to, lineterminator="\r\n")
    if with_names:
        sides = [f"{side}_{name}" for side in ("before", "after") for name in _SIDE]
        writer.writerow(["item_id", "file", "reference", "subject", "changes", *sides])
    for line in lines:
        because = [
            "; ".join(
                f"{one.rule}: {step.because}" if step.because else one.rule
                for one in line.trace
                if (step := one.before if side == 0 else one.after) is not None and step.holds
            )
            for side in (0, 1)
        ]
        row = [line.item_id, line.file, line.reference, line.subject, " ".join(line.changes)]
        row += [*_side(line.before), because[0], *_side(line.after), because[1]]
        writer.writerow([safe(value) for value in row])
    return to.getvalue()


def _side(outcome: SimulatedOutcome) -> list[str | None]:
    return [
        _joined(matter.category for matter in outcome.matters),
        _joined(matter.department for matter in outcome.matters),
        _joined(matter.due_on or "" for matter in outcome.matters),
        _joined(str(matter.priority) for matter in outcome.matters),
        _joined(outcome.flags),
        _joined(outcome.labels),
        outcome.hold_reason or outcome.held_because,
        outcome.filed_because,
        _joined(matter.rule or "" for matter in outcome.matters),
    ]


def _joined(values: Iterable[str]) -> str:
    return " ".join(value for value in values if value)
