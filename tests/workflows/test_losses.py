"""Workers lost, ledgers of both kinds: what was kept goes on, and the source is told last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.mails import mail
from tests.running import Town, until
from tests.servers.postgres import Postgres


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
            file = town.settings.bytes_root() / found[0][:2] / found[0] if found else None
            seen.append((found is not None, file is not None and file.stat().st_size == found[1]))
            confirm(position)

        connection.confirm = look_first
        return connection

    monkeypatch.setattr(source, "open", watched)
    town.mailbox.deliver(mail("Lantaarn een"), mail("Lantaarn twee"))
    async with town.working():
        await town.until_status("Lantaarn twee", "forwarded")
    assert seen == [(True, True), (True, True)]
