"""Relays, departments and mailboxes that fail, and what the sender and the ledger see of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from inbox.errors import StoreUnavailable, UnderWay
from store.forwarding import settle_delivered
from store.noticing import settle_notice
from store.tables import forwards, notices, sources, tasks
from tests.mails import mail
from tests.running import Town, until
from tests.servers.smtp_server import DROP
from workflows import acknowledging, attempts, forwarding
from workflows.acknowledging import acknowledge
from workflows.forwarding import forward


async def test_a_relay_that_is_down_delays_no_forwarding(town: Town) -> None:
    town.relay.fails["greeting"] = "421 4.3.2 down"
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
        [notice] = await town.notices(item.item_id)
        assert notice.state == "intended"
        town.relay.fails.clear()
        assert (await town.until_told(item.item_id)).state == "sent"
    assert len(town.mail_to("jan@inwoner.test")) == 1


async def test_a_lost_answer_to_the_last_dot_sends_the_same_bytes_once_more_and_is_counted(town: Town) -> None:
    """Invariant 6: rendered once; identical copies only in that window, counted."""
    town.relay.fails["final"] = DROP
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))

    async def doubted() -> Any:
        rows = await town.items()
        told = await town.notices(rows[0].item_id) if rows else []
        return told and told[0].doubts >= 1

    async with town.working():
        await until(doubted, "the notice is in doubt")
        town.relay.fails.clear()
        item = await town.until_status("Bezwaar", "forwarded")
        notice = await town.until_told(item.item_id)
    assert (notice.state, notice.doubts) == ("sent", 1)
    assert [taken.message for taken in town.relay.taken] == [town.relay.dropped[0].message]


async def test_answers_that_stay_lost_end_in_doubt_after_four_identical_copies(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = (0.1, 0.3, 0.5)
    monkeypatch.setattr(attempts, "_PAUSES_AFTER_DOUBTS", pauses)
    town.relay.fails["final"] = DROP
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
        notice = await town.until_told(item.item_id)
    assert notice.state == "in_doubt"
    assert [row.kind for row in await town.rows(tasks, tasks.c.item_id == notice.item_id)] == ["undelivered"]
    assert len({taken.message for taken in town.relay.dropped}) == 1
    moments = [taken.at for taken in town.relay.dropped]
    assert [later - earlier >= pause for earlier, later, pause in zip(moments, moments[1:], pauses, strict=False)] == [
        True
    ] * 3


async def test_what_the_relay_took_is_written_down_also_when_the_ledger_is_away_for_a_moment(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be in doubt, and go out once more."""
    refused: list[str] = []

    def away_at_first(settle: Any) -> Any:
        async def settles(*arguments: Any, **named: Any) -> None:
            if len(refused) < 6:
                refused.append(settle.__name__)
                raise StoreUnavailable("planted")
            await settle(*arguments, **named)

        return settles

    monkeypatch.setattr(acknowledging, "settle_notice", away_at_first(settle_notice))
    monkeypatch.setattr(forwarding, "settle_delivered", away_at_first(settle_delivered))
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        item = await town.until_status("Lantaarn kapot", "forwarded")
        notice = await town.until_told(item.item_id)
    [row] = await town.forwards(item.item_id)
    assert len(refused) == 6
    assert (notice.state, notice.doubts, notice.attempts) == ("sent", 0, 1)
    assert (row.state, row.doubts, row.attempts) == ("delivered", 0, 1)
    assert len(town.relay.taken) == 2


async def test_a_sender_address_that_is_refused_is_shown_and_forwarding_goes_on(town: Town) -> None:
    town.relay.fails["RCPT"] = "550 5.1.1 no such user"
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
        notice = await town.until_told(item.item_id)
    assert (notice.state, notice.trouble_code) == ("failed", "recipient_refused")
    assert "550 5.1.1 no such user" in notice.trouble_detail


async def test_a_relay_that_says_later_is_asked_again_and_the_sender_is_told_once(town: Town) -> None:
    """Greylisting: a 4xx is never the end."""
    town.relay.fails["RCPT"] = "451 4.7.1 greylisted, come back later"
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")

        async def refused() -> Any:
            [row] = await town.notices(item.item_id)
            return row if row.trouble_code else None

        troubled = await until(refused, "the relay has said later")
        assert (troubled.state, troubled.trouble_code) == ("intended", "mail_relay_unavailable")
        del town.relay.fails["RCPT"]
        notice = await town.until_told(item.item_id)
    assert (notice.state, notice.doubts) == ("sent", 0)
    assert len(town.mail_to("jan@inwoner.test")) == 1


async def test_a_departments_folder_that_is_away_is_tried_again_and_gets_it_once(town: Town, tmp_path: Path) -> None:
    place = tmp_path / "forwarded"
    shutil.rmtree(place)
    place.write_text("not a folder")
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarding")
        assert (await town.until_told(item.item_id)).state == "sent"

        async def tried() -> bool:
            return "attempt_failed" in await town.steps((await town.forwards(item.item_id))[0].forward_id)

        await until(tried, "an attempt failed")
        place.unlink()
        place.mkdir()
        await town.until_status("Bezwaar", "forwarded")
    assert len(list(place.glob("juridisch/*.eml"))) == 1


async def test_wrong_credentials_are_shown_once_and_mended_without_a_restart(
    make_town: Callable[..., Any], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("TOWN_PASSWORD", "wrong")
    town: Town = await make_town(imap={"password_env": "TOWN_PASSWORD"})
    town.mailbox.deliver(mail("Lantaarn kapot"))

    async def trouble() -> Any:
        async with town.ledger.read() as connection:
            return (await connection.execute(select(sources))).one().trouble_code

    async with town.working():
        assert await until(trouble, "the trouble is shown") == "credentials_refused"
        monkeypatch.setenv("TOWN_PASSWORD", town.mailbox.server.password_file.read_text().strip())
        await town.until_status("Lantaarn kapot", "forwarded")
        assert await trouble() is None


async def test_a_missing_folder_names_the_setting(make_town: Callable[..., Any]) -> None:
    town: Town = await make_town(imap={"folder": "Bestaat niet"})

    async def trouble() -> Any:
        async with town.ledger.read() as connection:
            return (await connection.execute(select(sources))).one().trouble_detail

    async with town.working():
        assert "folder" in await until(trouble, "the trouble is shown")


async def test_a_forward_in_doubt_is_looked_up_before_it_is_repeated(town: Town, tmp_path: Path) -> None:
    """Invariant 7, and a worker that died between the destination's yes and the ledger."""
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
    [row] = await town.forwards(item.item_id)
    [document] = (tmp_path / "forwarded" / "juridisch").glob("*.json")
    written_at = document.stat().st_mtime_ns
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    async with town.ledger.begin() as connection:
        await connection.execute(
            update(forwards)
            .where(forwards.c.forward_id == row.forward_id)
            .values(state="sending", claimed_at=long_ago, settled_at=None, remote_id="")
        )
    assert town.parts is not None
    assert await forward(town.parts, row.forward_id) == "delivered"
    assert document.stat().st_mtime_ns == written_at
    assert (await town.forwards(item.item_id))[0].doubts == 1


async def test_an_attempt_that_may_still_speak_is_not_joined_by_another(town: Town) -> None:
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
        notice = await town.until_told(item.item_id)
    async with town.ledger.begin() as connection:
        await connection.execute(
            update(notices)
            .where(notices.c.notice_id == notice.notice_id)
            .values(state="sending", claimed_at=datetime.now(UTC), settled_at=None)
        )
    assert town.parts is not None
    with pytest.raises(UnderWay):
        await acknowledge(town.parts, notice.notice_id)
    assert len(town.mail_to("jan@inwoner.test")) == 1
