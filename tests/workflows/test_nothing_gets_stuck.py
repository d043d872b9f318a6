"""Sequences in which a message could be stuck, doubled or wrongly told without anybody noticing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from inbox.actions import Action
from inbox.errors import Conflict, MailRelayUnavailable, MalformedMail
from inbox.ports import Envelope
from store.configurations import publish
from store.tables import forwards, notices
from tests.configuration import SMALL_TOWN
from tests.mails import mail
from tests.running import Town, until
from tests.workflows.test_actions import do
from workflows import drive
from workflows.names import item_workflow_id
from workflows.sweeping import Sweep


async def decided(town: Town, subject: str) -> Any:
    async def is_decided() -> Any:
        row = await town.item(subject)
        return row if row is not None and row.decided_version else None

    return await until(is_decided, "it is decided")


async def has_round(town: Town, item_id: str, number: int) -> Any:
    async def there() -> Any:
        return [row for row in await town.forwards(item_id) if row.round == number]

    return await until(there, f"round {number} has begun")


async def test_a_department_that_cannot_be_told_holds_up_the_next_one_for_hours_only(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        item = await town.until_status("Lantaarn kapot", "forwarded")
        await town.until_told(item.item_id)
    town.relay.fails["greeting"] = "421 4.3.2 gone for ever"
    await do(town, Action.reroute, item.item_id, "bezwaar")
    async with town.ledger.begin() as connection:
        await connection.execute(update(forwards).values(made_at=datetime.now(UTC) - timedelta(hours=5)))
    async with town.working():
        await has_round(town, item.item_id, 2)
    [first, *_] = await town.forwards(item.item_id)
    assert (first.state, first.trouble_code) == ("failed", "mail_relay_unavailable")


async def test_an_item_whose_category_is_no_longer_configured_goes_to_triage(
    make_town: Callable[..., Any], tmp_path: Path
) -> None:
    town: Town = await make_town(live_from="2100-01-01T00:00:00Z")
    town.mailbox.deliver(mail("Lantaarn kapot"))
    document = SMALL_TOWN.replace("FOLDER", str(tmp_path / "forwarded")).replace("  lantaarn:\n", "  straatlicht:\n")
    async with town.working():
        item = await decided(town, "Lantaarn kapot")
        await publish(town.ledger, document.replace("category: lantaarn", "category: straatlicht"), "tester")
        await do(town, Action.release, item.item_id)
        await town.until_status("Lantaarn kapot", "triage")
        assert (await town.until_told(item.item_id)).state == "sent"


async def test_an_informed_destination_that_is_down_holds_up_no_triage(town: Town, tmp_path: Path) -> None:
    (tmp_path / "forwarded" / "archief").write_text("not a folder")
    town.mailbox.deliver(mail("Aanvraag vergunning"))
    async with town.working():
        item = await town.until_status("Aanvraag vergunning", "forwarded")
        await do(town, Action.return_, item.item_id)
        await town.until_status("Aanvraag vergunning", "triage")
        await has_round(town, item.item_id, 2)


async def test_the_notice_of_a_quarantined_item_survives_a_lost_workflow(town: Town) -> None:
    def unreadable(raw: bytes, *, own_addresses: frozenset[str]) -> Any:
        raise MalformedMail("no")

    assert town.parts is not None
    town.parts.readers = dict.fromkeys(town.parts.readers, unreadable)
    town.relay.fails["greeting"] = "421 4.3.2 down"
    town.mailbox.deliver(mail("Lantaarn kapot"))

    async def aside() -> Any:
        rows = await town.items()
        return rows[0] if rows and await town.notices(rows[0].item_id) else None

    async with town.working() as client:
        item = await until(aside, "it is quarantined")
        await client.get_workflow_handle(item_workflow_id(item.item_id)).terminate()
    town.relay.fails.clear()
    async with town.working():
        assert (await town.until_told(item.item_id)).state == "sent"


async def test_a_promise_that_has_passed_before_it_could_be_told_is_not_told(town: Town) -> None:
    town.relay.fails["greeting"] = "421 4.3.2 down"
    town.mailbox.deliver(mail("Lantaarn kapot"))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    async with town.working():
        item = await town.until_status("Lantaarn kapot", "forwarding")

        async def tried() -> Any:
            return [row for row in await town.notices(item.item_id) if row.trouble_code]

        await until(tried, "an attempt failed")
        async with town.ledger.begin() as connection:
            await connection.execute(update(notices).values(told_due_on=yesterday))
        town.relay.fails.clear()

        async def told() -> Any:
            return [row for row in await town.notices(item.item_id) if row.state == "sent"]

        await until(told, "the sender is told what is still true")
    assert [row.state for row in await town.notices(item.item_id)].count("withheld") == 1
    assert len(town.mail_to("jan@inwoner.test")) == 1


async def test_an_item_that_is_discarded_while_its_notice_is_being_said_is_not_told_later(town: Town) -> None:
    assert town.parts is not None
    relay, discarded = town.parts.sender, False

    class Sender:
        async def send(self, envelope: Envelope, message: bytes, claim: Any) -> str:
            nonlocal discarded
            if envelope.rcpt_to == ("jan@inwoner.test",) and not discarded:
                discarded = True
                await claim()
                await do(town, Action.discard, (await town.items())[0].item_id)
                raise MailRelayUnavailable("451 later")
            return await relay.send(envelope, message, claim)

        async def check(self) -> None:
            return

    town.parts.sender = Sender()
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "discarded")
        assert (await town.until_told(item.item_id)).state == "withheld"
    assert town.mail_to("jan@inwoner.test") == []


async def test_a_follow_up_of_a_held_mail_is_told_for_itself(make_town: Callable[..., Any]) -> None:
    live_from = datetime.now(UTC) + timedelta(seconds=5)
    town: Town = await make_town(live_from=live_from.isoformat(), trusted_authserv_ids=["mx.gemeente.test"])
    proven = "Authentication-Results: mx.gemeente.test; dmarc=pass header.from=inwoner.test\r\n"
    town.mailbox.deliver(mail("Aanvraag vergunning", message_id="<een@inwoner.test>", headers=proven))
    async with town.working():
        first = await decided(town, "Aanvraag vergunning")
        assert first.held_because == "before_live_from"
        await asyncio.sleep(max(0.0, (live_from - datetime.now(UTC)).total_seconds()) + 1)
        thread = "References: <een@inwoner.test>\r\n"
        town.mailbox.deliver(mail("Nog niets gehoord over mijn vergunning", headers=proven + thread))
        second = await town.until_status("Nog niets gehoord over mijn vergunning", "forwarded")
        assert (await town.until_told(second.item_id)).state == "sent"


async def test_one_conflict_does_not_end_the_drive(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def deadlock(*_: Any) -> Any:
        raise Conflict("deadlock")

    monkeypatch.setattr(drive.Mark, "renew", deadlock)
    assert town.parts is not None
    town.parts.sources.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await drive.Drive(town.parts, None).run()  # type: ignore[arg-type]


async def test_a_source_is_told_only_while_the_bytes_are_there(town: Town) -> None:
    """Invariant 1, when a crash or a lost file came between the commit and the word to the source."""
    from concurrent.futures import ThreadPoolExecutor

    assert town.parts is not None
    town.mailbox.deliver(mail("Lantaarn kapot"))
    configured = town.parts.sources["info"]
    sizes = town.parts.bytes.sizes

    async def lost(identities: Sequence[str]) -> dict[str, int | None]:
        for identity in identities:
            for file in town.settings.bytes_root().rglob(identity):
                file.unlink()
        return await sizes(identities)

    own: set[str] = set()
    with ThreadPoolExecutor(1) as executor:
        connection = configured.source.open()
        town.parts.bytes.sizes = lost  # type: ignore[method-assign]
        with pytest.raises(Exception, match="bytes are not there"):
            await Sweep(town.parts, configured, connection, executor, set(), own).run(lambda: None)
        with pytest.raises(Exception, match="bytes are not there"):
            await Sweep(town.parts, configured, connection, executor, set(), own).run(lambda: None)
        assert town.mailbox.subjects() == ["Lantaarn kapot"]
        town.parts.bytes.sizes = sizes  # type: ignore[method-assign]
        await Sweep(town.parts, configured, connection, executor, set(), own).run(lambda: None)
        connection.close()
    assert town.mailbox.subjects("Verwerkt") == ["Lantaarn kapot"]
    [item] = await town.items()
    assert await town.parts.bytes.get(item.delivery_id)
