"""How a promised day was counted agrees with the promise."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from inbox.configuration.model import Norm, Unit
from inbox.norms.counting import counted
from inbox.norms.promise import promise
from tests.inbox.samples import compiled, moments

TOWN = compiled()
norms = st.builds(Norm, within=st.integers(1, 60), unit=st.sampled_from(Unit))


@given(norms, moments)
def test_the_days_add_up_to_the_promised_day(norm: Norm, received_at: datetime) -> None:
    found = counted(norm, received_at, TOWN.days, TOWN.zone)
    assert found.due_on == promise(norm, received_at, TOWN.days, TOWN.zone).due_on
    assert all(not TOWN.days.is_working_day(day.on) for day in found.skipped)
    if norm.unit is Unit.working_days:
        assert (found.due_on - found.received_on).days == norm.within + len(found.skipped)
    else:
        assert found.ends_on + timedelta(days=len(found.skipped)) == found.due_on
