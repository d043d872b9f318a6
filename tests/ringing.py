"""A town whose telephone rings: calls in a real register, real bytes, and the judging of what is quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select

from adapters.email.notice import MailNotices
from adapters.email.reading.read import read_light_mail
from adapters.intake.document import as_message
from adapters.intake.reader import SubmissionReader
from inbox.call import Direction, Leg, Outcome
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.ports import CallLogReader, MailSender, Recordings
from store.byte_folder import ByteFolder
from store.call_tables import call_backs, call_logs, calls
from store.configurations import Configurations, publish
from store.events import lock_item
from store.keeping import keep_all
from store.ledger import Ledger
from store.registering import register_rows
from store.sources import register_source
from store.tables import events, items
from tests.configuration import SMALL_TOWN
from tests.store.making import delivery
from workflows.advancing import advance
from workflows.judging import judge_quiet
from workflows.parts import CallRegister, ConfiguredCalls, Identity, Parts

AT = (datetime.now(UTC) - timedelta(hours=9)).replace(minute=30, second=0, microsecond=0)
"""So lately that no promise has passed, so long ago that nothing here is ahead of us, and never near midnight."""

JAN = "+31612345678"
PIET = "+31687654321"
US = "14099"
OURS = "telefoon"
"""Id of the source."""


@dataclass
class Ringing:
    """What a test asks of the town."""

    ledger: Ledger
    parts: Parts

    async def rings(self, *legs: Leg, is_observed: bool = False) -> None:
        """Let a log bring these rows; the calls are quiet at once."""
        new = delivery(is_call_log=True, channel=Channel.phone, source_id=OURS, is_observed=is_observed)
        made = await keep_all(self.ledger, [new])
        async with self.ledger.read() as connection:
            query = select(call_logs).where(call_logs.c.delivery_id == made[new.position])
            log = (await connection.execute(query)).one()
        await register_rows(self.ledger, log, list(enumerate(legs, start=1)), timedelta())

    async def judged(self, *legs: Leg, is_observed: bool = False) -> None:
        """Let them ring, and judge."""
        await self.rings(*legs, is_observed=is_observed)
        await self.judge()

    async def judge(self) -> None:
        """Judge whatever is quiet."""
        await judge_quiet(self.parts, OURS, lambda: None)

    async def rows(self, table: Any, *where: Any) -> list[Any]:
        """Return the table's rows."""
        async with self.ledger.read() as connection:
            return list((await connection.execute(select(table).where(*where))).all())

    async def call(self, key: str) -> Any:
        """Return the row of the call with this key."""
        [row] = await self.rows(calls, calls.c.call_key == key)
        return row

    async def items(self) -> list[Any]:
        """Return the items that were made of calls, oldest first."""
        return sorted(await self.rows(items, items.c.source_id == OURS), key=lambda row: row.made_at)

    async def item(self) -> Any:
        """Return the one item that was made of calls."""
        [row] = await self.items()
        return row

    async def back(self, item_id: str) -> Any:
        """Return the call-back of the item."""
        [row] = await self.rows(call_backs, call_backs.c.item_id == item_id)
        return row

    async def kinds(self, item_id: str) -> list[str]:
        """Return the kinds of the item's events, in order."""
        found = await self.rows(events, events.c.item_id == item_id)
        return [row.kind for row in sorted(found, key=lambda row: row.event_id)]

    async def advanced(self, item_id: str) -> Any:
        """Read, link, decide and launch the item, as the drive does; return its row."""
        await advance(self.parts, item_id)
        async with self.ledger.begin() as connection:
            return await lock_item(connection, item_id)


def leg(key: str, minute: float = 0, **changes: Any) -> Leg:
    """Return a missed call by Jan so many minutes after `AT`, which lasted a minute."""
    starts = AT + timedelta(minutes=minute)
    facts: dict[str, Any] = {
        "call_key": key,
        "leg_key": "1",
        "started_at": starts,
        "ended_at": starts + timedelta(seconds=60),
        "direction": Direction.inbound,
        "caller": JAN,
        "dialled": US,
        "outcome": Outcome.missed,
    }
    return Leg(**{**facts, **changes})


def answered(key: str, minute: float = 0, **changes: Any) -> Leg:
    """Return the same, answered after ten seconds."""
    at = AT + timedelta(minutes=minute, seconds=10)
    return leg(key, minute, **{"answered_at": at, "outcome": Outcome.answered, **changes})


def dialled_back(key: str, minute: float = 0, **changes: Any) -> Leg:
    """Return a call of ours to Jan that they answered."""
    return answered(
        key, minute, **{"direction": Direction.outbound, "caller": "+31991234567", "dialled": JAN, **changes}
    )


def parts_for(ledger: Ledger, folder: Path, recordings: Recordings | None = None) -> Parts:
    """Return what judging, and an item's way to its intents, need; nothing is sent."""
    configured = {OURS: ConfiguredCalls("live", Confidentiality.zaakvertrouwelijk)}
    return Parts(
        ledger=ledger,
        bytes=ByteFolder(folder / "bytes"),
        configurations=Configurations(ledger),
        readers={Channel.phone: SubmissionReader(read_light_mail), Channel.email: read_light_mail},
        child_readers={},
        notices=MailNotices("kcc@gemeente.test", "Gemeente Proefstad", "bounce@gemeente.test"),
        sender=cast("MailSender", None),
        systems={},
        identity=Identity(b"x" * 32, "gemeente.test", frozenset({"info@gemeente.test"})),
        calls=CallRegister(cast("CallLogReader", None), as_message, configured, recordings=recordings),
    )


async def ringing_town(
    ledger: Ledger,
    folder: Path,
    *,
    mode: str = "live",
    live_from: datetime = datetime(2000, 1, 1, tzinfo=UTC),
    document: str = "",
    rules: str = "",
    recordings: Recordings | None = None,
) -> Ringing:
    """Return a town on an empty ledger. `document`, `rules`: what its configuration says besides the small town's."""
    await register_source(ledger, OURS, Channel.phone, mode, live_from)
    await publish(ledger, configured(document, rules), "test")
    return Ringing(ledger, parts_for(ledger, folder, recordings))


def configured(document: str, rules: str = "") -> str:
    """Return the small town's configuration with more at its end. `rules`: rules that come first."""
    return (SMALL_TOWN.replace("rules:\n", f"rules:\n{rules}", 1) if rules else SMALL_TOWN) + document
