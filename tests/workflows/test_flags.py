"""Flags: raised once, alerted and again until somebody accepts, never shown to the sender."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from inbox.alert_id import alert_message_id
from inbox.errors import AnswerLost, MailRelayUnavailable, RecipientRefused
from inbox.item import HeldBecause
from inbox.ports import Claim, Envelope, MailSender, NoticeMail
from store.alerting import claim_alert, due_alerts
from store.audit_tables import audit
from store.configurations import publish
from store.deciding import standing
from store.flag_tables import flag_alerts, raised_flags
from store.ledger import Ledger, now
from tests.configuration import SMALL_TOWN, with_flags
from tests.gateway.api.world import MARK, Headers, World, make_world
from tests.running import until
from workflows import alert_sending, alerting
from workflows.alert_sending import send_alerts
from workflows.alerting import alert_for_ever, alert_round
from workflows.deciding import decide_item


@dataclass
class Relay:
    """Takes mail, or fails as it is told: before the claim, or after it."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    before: Exception | None = None
    after: Exception | None = None

    async def send(self, envelope: Envelope, message: bytes, claim: Claim) -> str:
        if self.before is not None:
            raise self.before
        await claim()
        self.taken.append((envelope.rcpt_to[0], message))
        if self.after is not None:
            raise self.after
        return "250 taken"

    async def check(self) -> None:
        """Nothing to check."""


@pytest.fixture
def relay() -> Relay:
    return Relay()


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path, relay: Relay) -> AsyncIterator[World]:
    made = await make_world(ledger, tmp_path)
    await publish(ledger, with_flags(SMALL_TOWN).replace("FOLDER", str(tmp_path / "forwarded")), "test")
    made.parts.sender = cast("MailSender", relay)
    async with made.client:
        yield made


@pytest.fixture
async def admin(world: World) -> Headers:
    return await world.key(name="Beheer")


async def flagged(world: World, words: str = "Ik ben in gevaar", **changes: Any) -> str:
    return await world.launched("Lantaarn", f"{words}, de lantaarn is kapot. {MARK}", **changes)


async def later(world: World, minutes: int = 5) -> None:
    """Let time pass for all flags and alerts."""
    async with world.ledger.begin() as connection:
        back = timedelta(minutes=minutes)
        for row in (await connection.execute(select(raised_flags))).all():
            at = row.alert_at - back if row.alert_at else None
            await connection.execute(
                update(raised_flags).where(raised_flags.c.flag_id == row.flag_id).values(alert_at=at)
            )
        for row in (await connection.execute(select(flag_alerts))).all():
            claimed = row.claimed_at - back if row.claimed_at else None
            await connection.execute(
                update(flag_alerts)
                .where(flag_alerts.c.alert_id == row.alert_id)
                .values(try_at=row.try_at - back, claimed_at=claimed)
            )


async def look(world: World) -> None:
    """Do once what the loop does."""
    await alert_round(world.parts)
    await send_alerts(world.parts)


async def alerts(world: World) -> list[Any]:
    async with world.ledger.read() as connection:
        query = select(flag_alerts).order_by(flag_alerts.c.round, flag_alerts.c.rcpt_to)
        return list((await connection.execute(query)).all())


async def test_all_who_are_named_are_alerted_without_a_word_of_the_sender(
    world: World, relay: Relay, admin: Headers
) -> None:
    item_id = await flagged(world)
    await look(world)
    row = await world.row(item_id)
    assert sorted(address for address, _ in relay.taken) == ["crisis@gemeente.test", "piket@gemeente.test"]
    [line] = (await world.get("/flags", admin)).json()["flags"]
    for _, message in relay.taken:
        text = message.decode()
        for word in ("acuut gevaar", row.reference, "Klantcontactcentrum", f"/v1/flags/{line['flagId']}/accept"):
            assert word in text.replace("=\r\n", "")
        for word in (MARK, "jan@inwoner.test", "in gevaar,", "kapot"):
            assert word not in text.replace("=\r\n", "")
        assert "Auto-Submitted: auto-generated" in text
    assert (line["flag"], line["itemId"], line["alerts"]["sent"], line["alerts"]["rounds"]) == ("acuut", item_id, 2, 1)
    assert (await world.get(f"/items/{item_id}", admin)).json()["flags"] == [line]


async def test_they_are_alerted_again_until_somebody_accepts(world: World, relay: Relay, admin: Headers) -> None:
    item_id = await flagged(world)
    await look(world)
    await look(world)
    assert len(relay.taken) == 2
    await later(world)
    await look(world)
    assert len(relay.taken) == 4
    assert b"herhaling 1" in relay.taken[-1][1]
    [line] = (await world.get("/flags", admin)).json()["flags"]
    accepted = await world.post(f"/flags/{line['flagId']}/accept", admin, reason="ik bel nu")
    assert (accepted.status_code, accepted.json()["acceptedBy"]) == (200, "Beheer")
    await later(world, 60)
    await look(world)
    assert len(relay.taken) == 4
    assert (await world.get("/flags", admin)).json()["flags"] == []
    [done] = (await world.get("/flags", admin, accepted=True)).json()["flags"]
    assert (done["acceptReason"], done["alerts"]["nextAt"]) == ("ik bel nu", None)
    twice = await world.post(f"/flags/{line['flagId']}/accept", admin)
    assert (twice.status_code, twice.json()["code"]) == (409, "conflict")
    async with world.ledger.read() as connection:
        [entry] = (await connection.execute(select(audit).where(audit.c.kind == "flag.accepted"))).all()
    assert (entry.actor, entry.reason, entry.about["item"]) == ("Beheer", "ik bel nu", item_id)
    assert [event.kind for event in await world.events(item_id)].count("flag_raised") == 1


async def test_reminders_of_many_flags_hold_up_no_new_one(
    world: World, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await flagged(world)
    await look(world)
    await later(world, 10)
    new = await flagged(world)
    monkeypatch.setattr(alerting, "_FLAGS_AT_ONCE", 2)
    await alert_round(world.parts)
    await alert_round(world.parts)
    relay.taken.clear()
    monkeypatch.setattr(alert_sending, "_ALERTS_AT_ONCE", 2)
    await send_alerts(world.parts)
    reference = (await world.row(new)).reference.encode()
    assert len(relay.taken) == 2
    assert all(reference in message for _, message in relay.taken)


async def test_the_sender_reads_the_flags_own_text_and_never_of_the_flag(world: World) -> None:
    stands = await standing(world.ledger, await flagged(world))
    [notice] = stands.notices
    assert "Bel 112" in notice.body
    assert notice.told_due_on is None
    said = f"{notice.subject}\n{notice.body}\n{notice.message.decode()}".lower()
    assert "acuut" not in said
    assert "flag" not in said
    for forward in stands.forwards:
        assert "signaal: acuut gevaar" in forward.handover["labels"]
        assert forward.handover["priority"] == "high"
        # As the sender: no date was told.
        assert forward.handover["promise"] is None


async def test_a_flag_without_a_text_leaves_the_acknowledgement_as_it_is(world: World) -> None:
    [notice] = (await standing(world.ledger, await flagged(world, "Ik ben journalist"))).notices
    assert "antwoordt u uiterlijk" in notice.body
    assert "pers" not in notice.message.decode().lower()


async def test_what_is_only_observed_alerts_nobody_until_it_is_released(
    world: World, relay: Relay, admin: Headers
) -> None:
    for reason in (HeldBecause.observe, HeldBecause.before_live_from):
        await world.decided("Lantaarn", "Ik ben in gevaar", held_because=reason)
    await look(world)
    assert relay.taken == []
    lines = (await world.get("/flags", admin)).json()["flags"]
    assert {line["alerts"]["silentBecause"] for line in lines} == {"observe", "before_live_from"}
    await world.do("release", lines[0]["itemId"], admin)
    await look(world)
    assert len(relay.taken) == 2


async def test_what_waits_for_a_person_is_alerted_all_the_same(world: World, relay: Relay) -> None:
    await world.decided("Lantaarn", "Ik ben in gevaar", held_because=HeldBecause.rule)
    await look(world)
    assert len(relay.taken) == 2


async def test_an_item_that_is_decided_again_or_ends_raises_nothing_twice_and_stops_nothing(
    world: World, relay: Relay, admin: Headers
) -> None:
    item_id = await flagged(world)
    await world.deliver(item_id)
    await world.do("reroute", item_id, admin, category="vergunning")
    await world.drive(item_id)
    await world.do("discard", item_id, admin)
    await look(world)
    async with world.ledger.read() as connection:
        assert len((await connection.execute(select(raised_flags))).all()) == 1
    # Only an acceptance says that somebody looks after the danger.
    assert len(relay.taken) == 2


async def test_a_relay_that_is_away_is_tried_again_and_shown(world: World, relay: Relay, admin: Headers) -> None:
    await flagged(world)
    relay.before = MailRelayUnavailable("nobody answers")
    await look(world)
    [line] = (await world.get("/flags", admin)).json()["flags"]
    assert (line["alerts"]["waiting"], line["alerts"]["troubleCode"]) == (2, "mail_relay_unavailable")
    page = (await world.client.get("/v1/metrics", headers=admin)).text
    assert "gateway_flags_open 1.0" in page
    assert 'gateway_flag_alerts{state="intended"} 2.0' in page
    # While the first round is on its way, no second one is piled on top of it.
    for _ in range(3):
        await later(world)
        await look(world)
    assert len(await alerts(world)) == 2
    relay.before = None
    await later(world)
    await look(world)
    assert len(relay.taken) == 2


async def test_one_refused_address_keeps_the_others_from_nothing(world: World, relay: Relay, admin: Headers) -> None:
    await flagged(world, "Ik ben journalist")
    relay.before = RecipientRefused("550 no such user")
    await look(world)
    [line] = (await world.get("/flags", admin)).json()["flags"]
    assert (line["alerts"]["failed"], line["alerts"]["waiting"]) == (1, 0)
    relay.before = None
    await later(world)
    await look(world)
    assert [address for address, _ in relay.taken] == ["woordvoerder@gemeente.test"]


async def test_killed_between_claim_and_send_the_same_bytes_go_once_more(world: World, relay: Relay) -> None:
    await flagged(world, "Ik ben journalist")
    await alert_round(world.parts)
    [alert] = await due_alerts(world.ledger, world.parts.claim_lasts, 10)
    await claim_alert(world.ledger, alert)  # and dies here
    await send_alerts(world.parts)
    assert relay.taken == []
    await later(world, 2)
    await send_alerts(world.parts)
    await send_alerts(world.parts)
    [stored] = await alerts(world)
    assert relay.taken == [("woordvoerder@gemeente.test", stored.message)]
    assert (stored.state, stored.doubts) == ("sent", 1)


@pytest.mark.parametrize(
    ("ahead", "is_dead"),
    [
        pytest.param(timedelta(seconds=1), False, id="another claimed it while we looked"),
        pytest.param(timedelta(days=1), True, id="the clock was set back since"),
    ],
)
async def test_a_claim_ahead_of_our_clock(world: World, ahead: timedelta, is_dead: bool) -> None:
    await flagged(world, "Ik ben journalist")
    await alert_round(world.parts)
    [alert] = await due_alerts(world.ledger, world.parts.claim_lasts, 10)
    await claim_alert(world.ledger, alert)
    async with world.ledger.begin() as connection:
        await connection.execute(update(flag_alerts).values(claimed_at=now() + ahead))
    assert bool(await due_alerts(world.ledger, world.parts.claim_lasts, 10)) == is_dead


async def test_a_lost_answer_doubles_an_alert_at_most_as_often_as_is_counted(world: World, relay: Relay) -> None:
    await flagged(world, "Ik ben journalist")
    relay.after = AnswerLost("the connection broke")
    for _ in range(6):
        await alert_round(world.parts)
        await send_alerts(world.parts)
        async with world.ledger.begin() as connection:
            await connection.execute(update(flag_alerts).values(try_at=now() - timedelta(seconds=1)))
    [stored] = await alerts(world)
    assert (stored.state, stored.doubts) == ("in_doubt", 4)
    assert len(relay.taken) == 4
    assert len({message for _, message in relay.taken}) == 1


async def test_what_was_accepted_is_not_said_after_an_outage(world: World, relay: Relay, admin: Headers) -> None:
    await flagged(world, "Ik ben journalist")
    relay.before = MailRelayUnavailable("nobody answers")
    await look(world)
    [line] = (await world.get("/flags", admin)).json()["flags"]
    await world.post(f"/flags/{line['flagId']}/accept", admin)
    relay.before = None
    await later(world)
    await look(world)
    assert relay.taken == []
    assert [alert.state for alert in await alerts(world)] == ["withheld"]


async def test_two_workers_alert_once(world: World, relay: Relay) -> None:
    await flagged(world)
    await alert_round(world.parts)
    due = await due_alerts(world.ledger, world.parts.claim_lasts, 10)
    assert len(due) == 2
    await send_alerts(world.parts)
    for alert in due:
        with pytest.raises(Exception, match="being sent, or no longer wanted"):
            await claim_alert(world.ledger, alert)
    assert len(relay.taken) == 2


async def test_one_alert_that_cannot_be_made_keeps_no_other_from_anybody(
    world: World, relay: Relay, admin: Headers
) -> None:
    render = world.parts.notices

    def some(notice: NoticeMail) -> tuple[Envelope, bytes]:
        if notice.to_address.startswith("piket"):
            raise AttributeError("group")
        return render(notice)

    world.parts.notices = some
    await flagged(world)
    await flagged(world, "Een journalist vraagt iets")
    await look(world)
    told = ["crisis@gemeente.test", "woordvoerder@gemeente.test"]
    assert sorted(address for address, _ in relay.taken) == told
    lines = (await world.get("/flags", admin)).json()["flags"]
    [line] = [line for line in lines if line["flag"] == "acuut"]
    assert (line["alerts"]["failed"], line["alerts"]["troubleCode"]) == (1, "unexpected")
    world.parts.notices = render
    await later(world)
    await look(world)
    assert "piket@gemeente.test" in [address for address, _ in relay.taken]


async def test_a_recipient_who_hangs_delays_no_other_flag(
    world: World, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerting, "_LOOKS_EVERY_SECONDS", 0.05)
    at_piket, send = asyncio.Event(), relay.send

    async def hangs(envelope: Envelope, message: bytes, claim: Claim) -> str:
        assert envelope.is_urgent
        if envelope.rcpt_to[0].startswith("piket"):
            at_piket.set()
            await asyncio.Event().wait()
        return await send(envelope, message, claim)

    monkeypatch.setattr(relay, "send", hangs)
    loop = asyncio.create_task(alert_for_ever(world.parts))
    try:
        await flagged(world)
        await asyncio.wait_for(at_piket.wait(), 10)
        await flagged(world, "Een journalist vraagt iets")

        async def is_told() -> bool:
            return "woordvoerder@gemeente.test" in [address for address, _ in relay.taken]

        await until(is_told, "the other flag's people are alerted")
    finally:
        loop.cancel()
        await asyncio.wait([loop])


async def test_a_relay_that_says_when_its_turn_comes_is_asked_then(world: World, relay: Relay) -> None:
    await flagged(world, "Ik ben journalist")
    relay.before = MailRelayUnavailable("it waits for its turn", 20.0)
    await look(world)
    [stored] = await alerts(world)
    assert timedelta(seconds=15) < stored.try_at - now() <= timedelta(seconds=20)


async def test_what_a_killed_worker_claimed_is_tried_again_within_a_minute(world: World, relay: Relay) -> None:
    await flagged(world, "Ik ben journalist")
    await alert_round(world.parts)
    [alert] = await due_alerts(world.ledger, world.parts.claim_lasts, 10)
    await claim_alert(world.ledger, alert)  # and dies here
    async with world.ledger.begin() as connection:
        await connection.execute(update(flag_alerts).values(claimed_at=now() - timedelta(seconds=45)))
    await send_alerts(world.parts)
    await send_alerts(world.parts)
    assert len(relay.taken) == 1


@pytest.mark.parametrize("is_answer", [False, True])
async def test_an_alert_that_comes_back_and_an_answer_to_one_raise_nothing(world: World, is_answer: bool) -> None:
    ours = alert_message_id(str(uuid4()), "gemeente.test")
    item_id = await world.read("Signaal", "Ik ben in gevaar", **({} if is_answer else {"message_id": ours}))
    if is_answer:
        row = await world.row(item_id)
        await world.change(item_id, reading={**row.reading, "reply_to_ids": [ours]})
    await decide_item(world.parts, await world.row(item_id))
    assert not (await world.row(item_id)).flags
    async with world.ledger.read() as connection:
        assert (await connection.execute(select(raised_flags))).all() == []
