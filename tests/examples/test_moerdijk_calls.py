"""A day on the telephone of the sample: the figures are those that its README promises, and its numbers are invented."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from adapters.phone.reading.asterisk import Asterisk
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.registry import FORMATS, recognise
from inbox.call import Call, Leg
from inbox.calls.counted import CountedAs, Counting
from inbox.calls.grouping import group
from inbox.calls.reachability import Dimension, Reachability
from inbox.configuration.load import load_configuration
from inbox.routing.compiled import CompiledConfiguration

EXAMPLE = Path(__file__).parents[2] / "examples" / "moerdijk"
LOG = EXAMPLE / "phone" / "calls.csv"


def calls() -> list[Call]:
    with LOG.open("rb") as content:
        rows = [row for _, row in Asterisk().rows(content, RowSettings())]
    legs = [row for row in rows if isinstance(row, Leg)]
    assert len(legs) == len(rows) == 87
    return list(group(legs))


def figures(*by: Dimension) -> Reachability:
    document = (EXAMPLE / "configuration.yaml").read_text(encoding="utf-8")
    compiled = CompiledConfiguration(load_configuration(document, "moerdijk"), 1)
    found = Reachability(Counting(compiled.document.calls, compiled.zone, compiled.days), by)
    for call in calls():
        found.add(call)
    return found


def test_the_log_is_known_by_its_content() -> None:
    known = recognise(LOG.read_bytes(), FORMATS)
    assert known is not None
    assert known.name == "asterisk"


def test_the_figures_are_those_of_the_readme() -> None:
    readme = (EXAMPLE / "phone" / "README.md").read_text(encoding="utf-8")
    found = figures(Dimension.queue)
    cells = {cell.queue: cell for cell in found.cells()}
    assert (set(cells), found.unknown_queues) == ({"vergunningen", "burgerzaken", "openbare-ruimte", "14 0168"}, [])
    for name, cell in cells.items():
        if not cell.reached.measured:
            continue
        counts = cell.reached.counts
        met = "met" if cell.reached.is_norm_met else "not met"
        shown = [
            f"`{name}`",
            *map(str, (cell.reached.offered, cell.reached.answered, counts[CountedAs.answered_within_norm])),
            f"{cell.reached.share_within_norm:.1%}",
            f"{cell.reached.norm_share:.0%} in {cell.reached.norm_seconds} s: {met}",
            *(str(counts[CountedAs(what)] or "") for what in ("missed", "abandoned", "abandoned_short", "voicemail")),
        ]
        assert re.sub(r" +", " ", f"| {' | '.join(shown)} | |") in readme, shown
    assert cells["14 0168"].reached.counts[CountedAs.after_hours] == 4
    assert found.not_ours == 3


def test_each_hour_of_the_day_adds_up_to_it() -> None:
    by_hour = figures(Dimension.hour)
    hours = {cell.hour: cell.reached.offered for cell in by_hour.cells()}
    assert sum(hours.values()) == by_hour.total().offered == 54
    assert hours[22] == hours[7] == 0


def test_every_number_is_one_of_those_that_are_nobody_s() -> None:
    callers = Counter(call.caller for call in calls() if call.direction == "in")
    invented = re.compile(r"|\+31612345[67]\d\d|\+3116[58]1234\d\d|\+31761234500")
    assert [number for number in callers if not invented.fullmatch(number)] == []
    assert (callers["+31612345601"], callers["+31761234500"], callers[""]) == (3, 3, 4)
