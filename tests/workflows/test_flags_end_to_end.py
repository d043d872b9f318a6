"""The real worker, relay and Temporal: whoever is to be alerted is, within a minute, and again until somebody accepts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import update

from inbox.confidentiality import Confidentiality
from store.flag_tables import raised_flags
from store.flags import accept_flag
from store.ledger import now
from store.listing import Scope
from tests.configuration import SMALL_TOWN, with_flags
from tests.gateway.api.world import World
from tests.mails import mail
from tests.running import until
from workflows import alerting

ALL = Scope(None, Confidentiality.geheim)


async def test_an_alert_leaves_within_a_minute_comes_again_and_ends_when_it_is_accepted(
    make_town: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerting, "_LOOKS_EVERY_SECONDS", 0.2)
    town = await make_town(document=with_flags(SMALL_TOWN))
    town.mailbox.deliver(mail("Lantaarn", "Ik ben in gevaar bij de lantaarn, help mij."))
    began = asyncio.get_running_loop().time()
    async with town.working():

        async def alerted(times: int) -> bool:
            return all(
                len(town.mail_to(address)) == times for address in ("piket@gemeente.test", "crisis@gemeente.test")
            )

        await until(lambda: alerted(1), "both are alerted")
        assert asyncio.get_running_loop().time() - began < 60
        async with town.ledger.begin() as connection:
            await connection.execute(update(raised_flags).values(alert_at=now()))
        await until(lambda: alerted(2), "both are alerted again")
        [flag] = await town.rows(raised_flags)
        await accept_flag(town.ledger, flag.flag_id, ALL, "Piket", "wij bellen")
        async with town.ledger.begin() as connection:
            await connection.execute(update(raised_flags).values(alert_at=now()))
        item = await town.until_status("Lantaarn", "forwarded")
        notice = await town.until_told(item.item_id)
        await asyncio.sleep(1.0)
        assert await alerted(2)
    assert "Bel 112" in notice.body
    assert all(b"acuut" not in message for message in town.mail_to(notice.rcpt_to))


async def test_an_alert_needs_no_temporal(make_town: Callable[..., Any], tmp_path: Path) -> None:
    """Only the loop runs, as in a worker whose Temporal went away after the decision."""
    town = await make_town(document=with_flags(SMALL_TOWN))
    await World(town.parts, cast("httpx.AsyncClient", None), tmp_path).decided("Lantaarn", "Ik ben in gevaar")
    loop = asyncio.create_task(alerting.alert_for_ever(town.parts))
    try:

        async def alerted() -> bool:
            return len(town.mail_to("piket@gemeente.test")) == 1

        await until(alerted, "the alert arrives")
    finally:
        loop.cancel()
        await asyncio.wait([loop])
