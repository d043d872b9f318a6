"""Infected mail goes nowhere; a scanner that is away lets everything wait and nothing be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from inbox.actions import Action
from inbox.errors import TooLargeToScan
from store.acting import Request, act
from tests.mails import mail
from tests.running import Town, until
from tests.servers.clamd import MARKER, SIGNATURE, STREAM_MAX_BYTES, Clamd
from tests.servers.ports import LOOPBACK, open_folder
from workflows.scanning import NOT_SCANNED

INFECTED = MARKER.decode()
PROVEN = b"Authentication-Results: mx.gemeente.test; dmarc=pass header.from=inwoner.test\r\n"


@pytest.fixture
def own_clamd() -> Iterator[Clamd]:
    """Give a scanner that does not run yet, and that may be ended."""
    with open_folder("clamd") as folder:
        server = Clamd(folder)
        yield server
        server.kill()


@pytest.fixture
async def town(make_town: Callable[..., Any], clamd: Clamd) -> Town:
    """Give a town with a scanner; nothing runs yet."""
    made: Town = await make_town(
        clamd={"host": LOOPBACK, "port": clamd.port}, trusted_authserv_ids=["mx.gemeente.test"]
    )
    return made


async def quarantined(town: Town, count: int = 1) -> list[Any]:
    """Wait until so many items are quarantined and each has its notice, or the reason why not."""

    async def settled() -> Any:
        found = [row for row in await town.items() if row.status == "quarantined"]
        told = [notice for row in found for notice in await town.notices(row.item_id) if notice.settled_at]
        return found if len(found) == len(told) == count else None

    rows: list[Any] = await until(settled, f"{count} items are quarantined and settled")
    return rows


async def test_infected_mail_is_set_aside_with_its_signature_and_goes_nowhere(town: Town) -> None:
    town.mailbox.deliver(
        mail("Lantaarn besmet", INFECTED), PROVEN + mail("Lantaarn bewezen", INFECTED), mail("Lantaarn schoon")
    )
    async with town.working():
        clean = await town.until_status("Lantaarn schoon", "forwarded")
        found = {row.subject: row for row in await quarantined(town, 2)}
        await town.until_told(clean.item_id)
    assert {row.quarantine_code for row in found.values()} == {"infected"}
    assert {row.quarantine_detail for row in found.values()} == {f"found: {SIGNATURE}"}
    for row in found.values():
        assert await town.forwards(row.item_id) == []
        assert row.readings_begun == 0
    # Its sender could be anybody, so that only a proven one is told.
    (forged,) = await town.notices(found["Lantaarn besmet"].item_id)
    (proven,) = await town.notices(found["Lantaarn bewezen"].item_id)
    assert (forged.state, proven.state, proven.kind) == ("withheld", "sent", "looked_at")
    assert "its sender is not proven" in forged.withheld_because[0]
    assert not any(MARKER in taken.message for taken in town.relay.taken)


async def test_retry_scans_again(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn besmet", INFECTED))
    async with town.working():
        (row,) = await quarantined(town)
        await act(town.ledger, Request(item_id=row.item_id, action=Action.retry, actor="Beheer", reason="nog eens"))

        async def again() -> Any:
            return [event.kind for event in await town.events(row.item_id)].count("quarantined") == 2

        await until(again, "it was scanned again")
    (row,) = await town.items()
    assert row.quarantine_code == "infected"
    assert await town.forwards(row.item_id) == []


async def test_a_scanner_that_is_away_holds_readings_up_and_nothing_else(
    make_town: Callable[..., Any], own_clamd: Clamd
) -> None:
    town: Town = await make_town(clamd={"host": LOOPBACK, "port": own_clamd.port})
    town.mailbox.deliver(mail("Lantaarn een"), mail("Lantaarn besmet", INFECTED))

    async def in_trouble() -> Any:
        from store.tables import failures

        rows = await town.rows(failures, failures.c.code == "scanner_unavailable")
        return len(await town.items()) == 2 and len({row.subject_id for row in rows}) == 2

    async with town.working():
        await until(in_trouble, "both were kept, and wait")
        # Intake goes on.
        town.mailbox.deliver(mail("Lantaarn twee"))

        async def kept() -> Any:
            return len(await town.items()) == 3

        await until(kept, "the third is kept")
        assert {(row.status, row.readings_begun) for row in await town.items()} == {("received", 0)}
        assert town.relay.taken == []
        own_clamd.start()
        await town.until_status("Lantaarn een", "forwarded")
        await town.until_status("Lantaarn twee", "forwarded")
        await quarantined(town)


@pytest.mark.parametrize("too_large", ["hold", "pass"])
async def test_what_cannot_be_scanned_is_held_or_passes_marked(
    make_town: Callable[..., Any], clamd: Clamd, too_large: str
) -> None:
    town: Town = await make_town(clamd={"host": LOOPBACK, "port": clamd.port, "too_large": too_large})
    town.mailbox.deliver(mail("Lantaarn groot", "Een regel. " * (STREAM_MAX_BYTES // 10)))
    async with town.working():
        if too_large == "hold":
            (row,) = await quarantined(town)
            assert row.quarantine_code == TooLargeToScan.code
        else:
            row = await town.until_status("Lantaarn groot", "forwarded")
            assert NOT_SCANNED in row.reading["remarks"]


async def test_a_scan_that_takes_long_moves_to_where_large_mails_are_read(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.scanning._HERE_SECONDS", 0.0)
    town.mailbox.deliver(mail("Lantaarn traag"))
    async with town.working():
        row = await town.until_status("Lantaarn traag", "forwarded")
    assert row.readings_begun == 1
    assert town.parts is not None
    assert town.parts.scanning is not None
    assert town.parts.scanning.slow == {}
