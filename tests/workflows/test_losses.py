"""Temporal lost, workers lost: the ledger drives everything on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.mails import mail
from tests.running import Town, until
from tests.servers.ports import open_folder
from tests.servers.postgres import Postgres
from tests.servers.temporal import Temporal
from workflows.names import item_workflow_id


async def test_an_emptied_temporal_loses_and_doubles_nothing(make_town: Callable[..., Any]) -> None:
    town: Town = await make_town()
    with open_folder("temporal") as folder:
        town.temporal = Temporal(folder)
        town.temporal.start()
        town.namespace = "default"
        try:
            town.relay.fails["greeting"] = "421 4.3.2 down"
            town.mailbox.deliver(mail("Lantaarn een"))
            async with town.working():
                await town.until_status("Lantaarn een", "forwarding")
            town.temporal.forget()
            town.relay.fails.clear()
            town.mailbox.deliver(mail("Lantaarn twee"))
            async with town.working():
                first = await town.until_status("Lantaarn een", "forwarded")
                second = await town.until_status("Lantaarn twee", "forwarded")
                for item in (first, second):
                    assert (await town.until_told(item.item_id)).state == "sent"
        finally:
            town.temporal.stop()
    assert len(town.mail_to("kcc@afdeling.test")) == 2
    assert len(town.mail_to("jan@inwoner.test")) == 2


async def test_a_terminated_workflow_is_noticed_and_the_item_goes_on(town: Town) -> None:
    town.relay.fails["greeting"] = "421 4.3.2 down"
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working() as client:
        item = await town.until_status("Lantaarn kapot", "forwarding")
        await client.get_workflow_handle(item_workflow_id(item.item_id)).terminate()
    town.relay.fails.clear()
    async with town.working():
        await town.until_status("Lantaarn kapot", "forwarded")
    assert len(town.mail_to("kcc@afdeling.test")) == 1


async def test_mail_that_comes_while_nothing_runs_is_there_when_it_runs_again(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn een"))
    async with town.working():
        await town.until_status("Lantaarn een", "forwarded")
    town.mailbox.deliver(mail("Lantaarn twee"))
    async with town.working():
        await town.until_status("Lantaarn twee", "forwarded")


async def test_the_whole_line_runs_on_postgresql(make_town: Callable[..., Any], postgres: Postgres) -> None:
    town: Town = await make_town(ledger_url=postgres.fresh_database())
    same = mail("Aanvraag vergunning", message_id="<een@inwoner.test>")
    town.mailbox.deliver(same, same, mail("Bezwaar", "Ik maak bezwaar."))

    async def done() -> Any:
        rows = await town.items()
        return rows if sorted(row.status for row in rows) == ["forwarded", "forwarded", "linked"] else None

    async with town.working():
        for item in await until(done, "all stand where they must"):
            if item.status == "forwarded":
                assert (await town.until_told(item.item_id)).state == "sent"
    assert len(town.mail_to("jan@inwoner.test")) == 2


async def test_bytes_and_row_are_there_before_the_source_is_told(town: Town, monkeypatch: Any) -> None:
    """Each confirm finds the bytes on disk and the row in the ledger (invariant 1)."""
    assert town.parts is not None
    seen: list[tuple[bool, bool]] = []
    source = town.parts.sources["info"].source
    opened = source.open

    def watched() -> Any:
        connection = opened()
        confirm = connection.confirm

        def look_first(position: str) -> None:
            import sqlite3

            database = Path(town.settings.var) / "ledger.sqlite"
            with sqlite3.connect(database) as ledger:
                found = ledger.execute(
                    "select d.delivery_id, d.size_bytes from deliveries d join items i using (delivery_id)"
                    " where d.position = ?",
                    (position,),
                ).fetchone()
            ledger.close()
            file = town.settings.bytes_root() / found[0][:2] / found[0][2:4] / found[0] if found else None
            seen.append((found is not None, file is not None and file.stat().st_size == found[1]))
            confirm(position)

        connection.confirm = look_first
        return connection

    monkeypatch.setattr(source, "open", watched)
    town.mailbox.deliver(mail("Lantaarn een"), mail("Lantaarn twee"))
    async with town.working():
        await town.until_status("Lantaarn twee", "forwarded")
    assert seen == [(True, True), (True, True)]
