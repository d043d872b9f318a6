"""Which rule decided, and which would have been next: by its place, for the routes of one overlay share a name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.confidentiality import Confidentiality
from inbox.configuration.load import load_configuration
from inbox.configuration.overlay import Overlay, Running
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.explain import Explanation, explain_decision
from tests.configuration import SMALL_TOWN, with_flags
from tests.inbox.samples import RECEIVED_AT, reading

BURNS: dict[str, Any] = {"when": {"words": ["brand"]}, "category": "triage"}
SMOKES: dict[str, Any] = {"when": {"words": ["rook"]}, "category": "vergunning"}
SHOUTS: dict[str, Any] = {"when": {"words": ["brand"]}, "flag": "acuut"}


def explained(subject: str, *routed: dict[str, Any]) -> Explanation:
    overlay = Overlay.model_validate({"routed": routed})
    running = Running("een", datetime.now(UTC) + timedelta(days=1), overlay)
    compiled = CompiledConfiguration(load_configuration(with_flags(SMALL_TOWN)), 1, (running,))
    return explain_decision(reading(subject), "", Confidentiality.zaakvertrouwelijk, RECEIVED_AT, compiled)


@pytest.mark.parametrize(
    ("subject", "routed", "rule", "behind"),
    [
        ("rook en lantaarn", (BURNS, SMOKES), "overlay:een", ["lantaarn"]),
        ("brand, rook en lantaarn", (BURNS, SMOKES), "overlay:een", ["overlay:een", "lantaarn"]),
        ("brand en lantaarn", (SHOUTS, SMOKES), "lantaarn", []),
        ("iets anders", (BURNS, SMOKES), None, []),
    ],
)
def test_the_route_that_decided_is_not_next_as_well_and_one_that_did_not_hold_decided_nothing(
    subject: str, routed: tuple[dict[str, Any], ...], rule: str | None, behind: list[str]
) -> None:
    told = explained(subject, *routed)
    assert told.rule == rule == told.decision.matters[0].rule
    assert [one.rule for one in told.next] == behind
