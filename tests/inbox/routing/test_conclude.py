"""What a follow-up comes to: its parent's matters, looked at first when it raises a flag."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inbox.confidentiality import Confidentiality
from inbox.configuration.load import load_configuration
from inbox.configuration.rule import Priority
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.conclude import DecidingFacts, ParentFacts, ParentMatter, conclude
from tests.configuration import SMALL_TOWN, with_flags
from tests.inbox.samples import RECEIVED_AT, reading

TOWN = CompiledConfiguration(load_configuration(with_flags(SMALL_TOWN)), 1)


@pytest.mark.parametrize(
    ("subject", "priority"), [("Nog iets", Priority.normal), ("Ik ben in gevaar, lantaarn", Priority.high)]
)
def test_a_follow_up_that_raises_a_flag_goes_first_to_its_parents_department(subject: str, priority: Priority) -> None:
    matter = ParentMatter("vergunning", "vergunningen", Priority.normal, is_statutory=False, is_completed=False)
    parent = ParentFacts("7K3M-9QXA-D", False, Confidentiality.zaakvertrouwelijk, (matter,))
    facts = DecidingFacts(reading(subject), "", Confidentiality.zaakvertrouwelijk, RECEIVED_AT, parent=parent)
    outcome = conclude(facts, TOWN, frozenset(), datetime.now(UTC))
    assert outcome.joins
    assert [(one.department, one.priority) for one in outcome.matters] == [("vergunningen", priority)]
