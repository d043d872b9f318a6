"""What the API shows of a raised flag, in a list of flags and on its item."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gateway.api.shapes import Moment, Shape
from inbox.item import HeldBecause, Status
from store.flags import SILENT_WHILE


class AlertsAccount(Shape):
    """What became of the alerts about a flag."""

    rounds: int = Field(description="So often all were alerted.")
    sent: int = Field(description="Mails that the relay took.")
    waiting: int = Field(description="On their way: the relay does not answer, or is asked this moment.")
    failed: int = Field(description="Refused for good: is the address right?")
    sent_at: Moment | None = Field(description="When the relay took the last one.")
    next_at: Moment | None = Field(description="When all are alerted next, unless somebody accepts.")
    trouble_code: str | None = Field(description="What stands in the way of one that is not sent.")
    silent_because: HeldBecause | None = Field(
        description="Why nobody is alerted: nothing of the item leaves the house until it is released."
    )


class FlagLine(Shape):
    """One flag that was raised on an item."""

    flag_id: str
    flag: str = Field(description="Its key in the configuration.", examples=["acuut-gevaar"])
    name: str = Field(examples=["acuut gevaar"])
    item_id: str
    reference: str = Field(examples=["7K3M-9QXA-D"])
    item_status: Status
    raised_at: Moment
    configuration_version: int = Field(description="The version that raised it.")
    alerts: AlertsAccount
    accepted_at: Moment | None = Field(description="Null: nobody has taken it up.")
    accepted_by: str | None
    accept_reason: str


def flag_line(row: Any) -> FlagLine:
    """Return what the API shows of a raised flag's row, as `store.flags.list_flags` gives it."""
    return FlagLine(
        flag_id=row.flag_id,
        flag=row.flag,
        name=row.name,
        item_id=row.item_id,
        reference=row.reference,
        item_status=row.item_status,
        raised_at=row.raised_at,
        configuration_version=row.version,
        alerts=AlertsAccount(
            rounds=row.rounds,
            sent=row.sent,
            waiting=row.unsent,
            failed=row.failed,
            sent_at=row.sent_at,
            next_at=row.alert_at,
            trouble_code=row.trouble_code,
            silent_because=row.held_because if row.held_because in SILENT_WHILE else None,
        ),
        accepted_at=row.accepted_at,
        accepted_by=row.accepted_by,
        accept_reason=row.accept_reason,
    )
