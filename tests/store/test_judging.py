"""What comes of calls once they are quiet, in a real ledger on both engines."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from adapters.intake.document import facts_and_text
from inbox.actions import Action
from inbox.call import Direction, Leg, Outcome
from inbox.calls.words import moment_words
from inbox.errors import SettingsInvalid
from inbox.item import ForwardState
from inbox.ports import Delivered
from store.acting import Request, act
from store.call_tables import call_backs, calls, shared_lines
from store.deciding import hints, standing
from store.forwarding import claim_forward, forward_row, settle_delivered
from store.ledger import Ledger
from store.reading import item_row
from store.tables import deliveries, links
from tests.inbox.samples import reading
from tests.ringing import AT, JAN, OURS, PIET, Ringing, answered, dialled_back, leg, parts_for, ringing_town
from tests.store.making import intent, was_linked, was_read
from workflows.deciding import link_item
from workflows.judging import judge_quiet

WITH_CATEGORY = "calls: {category: lantaarn}\n"
WITHHELD = {"caller": ""}


@pytest.fixture
async def town(ledger: Ledger, tmp_path: Path) -> Ringing:
    """Give a town in which calls that no rule decides are about lamps."""
    return await ringing_town(ledger, tmp_path, document=WITH_CATEGORY)


async def verdicts(town: Ringing) -> dict[str, str]:
    return {row.call_key: row.verdict for row in await town.rows(calls)}


async def delivered(town: Ringing, item_id: str) -> None:
    """Let the department have it."""
    for forward in (await standing(town.ledger, item_id)).forwards:
        await claim_forward(town.ledger, forward.forward_id)
        await settle_delivered(town.ledger, await forward_row(town.ledger, forward.forward_id), Delivered("Z-1"))


@pytest.mark.parametrize("outcome", [Outcome.missed, Outcome.abandoned, Outcome.voicemail, Outcome.after_hours])
async def test_who_was_not_answered_is_called_back_by_a_date(town: Ringing, outcome: Outcome) -> None:
    await town.judged(leg("c1", outcome=outcome, queue="Vergunningen", choice="2"))
    call, item = await town.call("c1"), await town.item()
    assert (call.verdict, call.item_id, call.quiet_from) == ("call_back", item.item_id, None)
    assert (item.received_at, item.channel, item.held_because) == (AT, "phone", None)
    back = await town.back(item.item_id)
    assert (back.number, back.open_number, back.calls_count, back.first_at) == (JAN, JAN, 1, AT)
    after = await town.advanced(item.item_id)
    assert (after.status, after.subject) == ("forwarding", after.subject)
    assert after.reading["call"]["queue"] == "Vergunningen"
    stands = await standing(town.ledger, item.item_id)
    [assigned] = stands.assignments
    # The queue's name is no word of the caller: no rule about permits fires.
    assert (assigned.category, assigned.rule) == ("lantaarn", None)
    assert assigned.due_on is not None
    [forward] = stands.forwards
    fields = {field["name"]: field["value"] for field in forward.handover["fields"]}
    assert (fields["phone"], fields["queue"], fields["menu_choice"]) == (JAN, "Vergunningen", "2")
    assert "06 12 34 56 78" in forward.handover["excerpt"]


async def test_the_document_is_durable_part_of_its_log_and_says_everything(town: Ringing) -> None:
    await town.judged(leg("c1", queue="Vergunningen"))
    item = await town.item()
    [delivery] = await town.rows(deliveries, deliveries.c.delivery_id == item.delivery_id)
    raw = await town.parts.bytes.get(delivery.delivery_id)
    [log] = await town.rows(deliveries, deliveries.c.part_of.is_(None))
    assert (delivery.part_of, delivery.size_bytes) == (log.delivery_id, len(raw))
    assert delivery.sha256 in delivery.position
    assert delivery.confirmed_at is not None
    facts, text = facts_and_text(raw)
    assert facts.subject == "Terugbelverzoek: gemiste oproep van 06 12 34 56 78 (wachtrij Vergunningen)"
    assert facts.call is not None
    assert (facts.call.calls, facts.phone) == (1, JAN)
    assert f"Moment: {moment_words(AT, ZoneInfo('Europe/Amsterdam'))}" in text
    assert "Gewacht: 1 minuut en 0 seconden" in text
    assert message_from_bytes(raw, policy=policy.default)["subject"] == facts.subject


@pytest.mark.parametrize(
    ("rang", "verdict"),
    [
        (answered("c1"), "registered"),
        (dialled_back("c1"), "registered"),
        (leg("c1", direction=Direction.outbound), "registered"),
        (leg("c1", direction=Direction.unknown), "registered"),
        (leg("c1", outcome=Outcome.busy), "registered"),
        (leg("c1", outcome=Outcome.failed), "registered"),
        (leg("c1", outcome=Outcome.abandoned, ended_at=AT + timedelta(seconds=9)), "counted"),
        (leg("c1", **WITHHELD), "counted"),
        (leg("c1", outcome=Outcome.abandoned, ended_at=AT + timedelta(seconds=10)), "call_back"),
        (leg("c1", outcome=Outcome.missed, ended_at=AT + timedelta(seconds=1)), "call_back"),
        (leg("c1", direction=Direction.internal, caller="201"), "call_back"),
    ],
)
async def test_each_call_has_its_verdict_and_a_reason(town: Ringing, rang: Leg, verdict: str) -> None:
    await town.judged(rang)
    call = await town.call("c1")
    assert call.verdict == verdict
    assert call.because
    assert len(await town.items()) == (verdict == "call_back")


async def test_a_voicemail_without_a_number_goes_to_triage(town: Ringing) -> None:
    await town.judged(leg("c1", outcome=Outcome.voicemail, recording="C:\\vm\\msg0001.wav", **WITHHELD))
    item = await town.item()
    assert (await town.advanced(item.item_id)).status == "triage"
    assert (await town.back(item.item_id)).open_number is None
    assert "onbekend nummer" in (await town.item()).subject


async def test_what_is_called_back_is_configuration(ledger: Ledger, tmp_path: Path) -> None:
    document = "calls: {call_back_on: [busy], abandoned_from_seconds: 30}\n"
    town = await ringing_town(ledger, tmp_path, document=document)
    await town.judged(leg("c1"), leg("c2", 1, caller=PIET, outcome=Outcome.busy))
    assert await verdicts(town) == {"c1": "registered", "c2": "call_back"}
    assert (await town.advanced((await town.item()).item_id)).status == "triage"


RULES = """
  - {id: stop, when: {queue: Enquete, call_outcome: answered}, category: lantaarn}
  - {id: verkeerd, when: {call_outcome: [failed]}, file: verkeerd verbonden}
  - {id: onderling, when: {call_direction: internal}, file: onderling gebeld}
  - {id: bouw, when: {queue: bouwen, dialled: "14099"}, category: vergunning}
"""


async def test_who_rings_while_the_telephone_is_not_answered_rang_after_hours(ledger: Ledger, tmp_path: Path) -> None:
    """Most telephone systems call that missed: the rules, and whoever calls back, should know."""
    yesterday = (AT - timedelta(days=1)).strftime("%a").lower()
    document = f"calls: {{category: lantaarn, opening: {{{yesterday}: {{opens: '00:00', closes: '00:01'}}}}}}\n"
    town = await ringing_town(ledger, tmp_path, document=document)
    at_once = leg("at-once", 5, outcome=Outcome.abandoned, ended_at=AT + timedelta(minutes=5, seconds=4), caller=PIET)
    await town.judged(leg("c1"), at_once)
    assert (await verdicts(town)) == {"c1": "call_back", "at-once": "counted"}
    item = await town.advanced((await town.item()).item_id)
    assert item.reading["call"]["outcome"] == "after_hours"
    assert "buiten openingstijd" in item.subject


async def test_rules_say_more_about_calls(ledger: Ledger, tmp_path: Path) -> None:
    town = await ringing_town(ledger, tmp_path, rules=RULES)
    await town.judged(
        answered("asked", queue="enquete"),
        answered("plain", queue="Bouwen"),
        leg("wrong", outcome=Outcome.failed),
        leg("own", direction=Direction.internal, caller="201"),
        leg("build", caller=PIET, queue="Bouwen"),
    )
    assert await verdicts(town) == {
        "asked": "call_back",
        "plain": "registered",
        "wrong": "call_back",
        "own": "call_back",
        "build": "call_back",
    }
    became = {}
    for key in ("asked", "wrong", "own", "build"):
        row = await town.advanced((await town.call(key)).item_id)
        categories = [each.category for each in (await standing(ledger, row.item_id)).assignments]
        became[key] = row.filed_because or categories[0]
    assert became == {
        "asked": "lantaarn",
        "wrong": "verkeerd verbonden",
        "own": "onderling gebeld",
        "build": "vergunning",
    }
    # Who was answered is not to be called back, and no later call joins it.
    assert await town.rows(call_backs, call_backs.c.item_id == (await town.call("asked")).item_id) == []


async def test_several_calls_of_one_run_are_one_item_with_a_count(town: Ringing) -> None:
    await town.judged(leg("c3", 30), leg("c1", 0), leg("c2", 10), leg("other", 5, caller=PIET))
    [item] = [row for row in await town.items() if row.received_at == AT]
    assert {(await town.call(key)).item_id for key in ("c1", "c2", "c3")} == {item.item_id}
    back = await town.back(item.item_id)
    assert (back.calls_count, back.first_at, back.latest_at) == (3, AT, AT + timedelta(minutes=30))
    facts, text = facts_and_text(await town.parts.bytes.get(item.delivery_id))
    assert facts.call is not None
    assert (facts.call.calls, facts.call.started_at) == (3, AT + timedelta(minutes=30))
    assert "Aantal oproepen: 3" in text
    assert len(await town.items()) == 2


async def test_later_calls_raise_the_count_and_what_was_forwarded_is_not_sent_again(town: Ringing) -> None:
    await town.judged(leg("c1"))
    item = await town.item()
    await town.advanced(item.item_id)
    await delivered(town, item.item_id)
    await town.judged(leg("c2", 240), leg("c0", -3))
    assert (await town.item()).status == "forwarded"
    back = await town.back(item.item_id)
    assert (back.calls_count, back.first_at) == (3, AT - timedelta(minutes=3))
    assert back.latest_at == AT + timedelta(minutes=240)
    assert (await town.kinds(item.item_id)).count("called_again") == 2
    await town.advanced(item.item_id)
    assert len((await standing(town.ledger, item.item_id)).forwards) == 1


async def test_after_the_window_or_the_end_of_the_item_a_call_is_a_new_item(town: Ringing) -> None:
    await town.judged(leg("c1"))
    first = await town.item()
    await town.judged(leg("c2", 241))
    assert len(await town.items()) == 2
    assert [row.open_number for row in sorted(await town.rows(call_backs), key=lambda row: row.first_at)] == [None, JAN]
    # Both are of Jan, and both end when Jan is spoken to.
    await town.judged(answered("a", 300))
    assert [row.status for row in await town.items()] == ["completed", "completed"]
    assert (await town.call("a")).item_id == first.item_id
    await town.judged(leg("c3", 310))
    third = (await town.items())[-1]
    await town.advanced(third.item_id)
    await delivered(town, third.item_id)
    await act(town.ledger, Request(Action.complete, third.item_id, "kcc"))
    await town.judged(leg("c4", 320))
    assert len(await town.items()) == 4


@pytest.mark.parametrize("spoken", [answered("a", 20), dialled_back("a", 20)])
@pytest.mark.parametrize("stage", ["received", "launched", "delivered"])
async def test_a_later_conversation_settles_the_call_back_wherever_it_stands(
    town: Ringing, spoken: Leg, stage: str
) -> None:
    await town.judged(leg("c1"))
    item = await town.item()
    if stage != "received":
        await town.advanced(item.item_id)
    if stage == "delivered":
        await delivered(town, item.item_id)
    await town.judged(spoken)
    call = await town.call("a")
    assert (call.verdict, call.item_id) == ("settled", item.item_id)
    after = await town.advanced(item.item_id)
    assert after.status == "completed"
    assert "settled_by_call" in await town.kinds(item.item_id)
    back = await town.back(item.item_id)
    assert (back.settled_by, back.open_number) == (call.call_id, None)
    assert back.settled_at == AT + timedelta(minutes=20, seconds=10)
    forwards = [row.state for row in (await standing(town.ledger, item.item_id)).forwards]
    expected = {"received": [], "launched": [ForwardState.cancelled], "delivered": [ForwardState.withdrawing]}
    assert forwards == expected[stage]
    notices = (await standing(town.ledger, item.item_id)).notices
    assert all(notice.state == "withheld" for notice in notices)


@pytest.mark.parametrize("is_held", [True, False])
async def test_a_call_back_in_triage_or_held_is_settled_too(ledger: Ledger, tmp_path: Path, is_held: bool) -> None:
    town = await ringing_town(ledger, tmp_path, mode="observe" if is_held else "live")
    await town.judged(leg("c1"))
    item = await town.advanced((await town.item()).item_id)
    assert item.status == ("received" if is_held else "triage")
    await town.judged(answered("a", 20))
    assert (await town.item()).status == "completed"


async def test_a_conversation_that_is_judged_first_settles_the_earlier_call_at_once(town: Ringing) -> None:
    await town.judged(dialled_back("a", 20))
    await town.judged(leg("before", 10), leg("after", 30))
    call = await town.call("before")
    assert (call.verdict, call.item_id) == ("settled", None)
    assert (await town.call("after")).item_id == (await town.item()).item_id


@pytest.mark.parametrize(
    "rang",
    [
        answered("a", -20),
        answered("a", 20, caller=PIET),
        dialled_back("a", 20, outcome=Outcome.missed, answered_at=None),
        dialled_back("a", 20, ended_at=AT + timedelta(minutes=20, seconds=10)),
        answered("a", 20, direction=Direction.unknown),
    ],
)
async def test_what_is_no_later_conversation_with_that_number_settles_nothing(town: Ringing, rang: Leg) -> None:
    await town.judged(leg("c1"))
    await town.judged(rang)
    assert (await town.item()).status == "received"


async def test_who_rings_again_after_a_conversation_is_still_called_back(town: Ringing) -> None:
    await town.judged(leg("c1"), leg("c2", 30))
    await town.judged(answered("a", 10))
    assert (await town.item()).status == "received"
    assert (await town.call("a")).verdict == "registered"


async def test_who_was_spoken_to_before_anything_left_is_told_nothing(town: Ringing) -> None:
    await town.judged(leg("c1"))
    item = await town.item()
    town.parts.speaks = False
    with pytest.raises(SettingsInvalid):
        await town.advanced(item.item_id)
    assert (await town.item()).status == "forwarding"
    await town.judged(answered("a", 20))
    town.parts.speaks = True
    assert (await town.advanced(item.item_id)).status == "completed"
    stands = await standing(town.ledger, item.item_id)
    assert stands.forwards == []
    [notice] = stands.notices
    assert notice.withheld_because[0] == "the caller was spoken to before they could be told"


async def test_what_a_person_made_statutory_or_split_is_only_noted(town: Ringing) -> None:
    for action, number in ((Action.reroute, JAN), (Action.split, PIET)):
        await town.judged(leg(action, caller=number))
        item_id = (await town.call(action)).item_id
        await town.advanced(item_id)
        category = "bezwaar" if action is Action.reroute else "vergunning"
        await act(town.ledger, Request(action, item_id, "kcc", "blijkt iets anders", chosen=intent(category)))
        await town.judged(answered(f"a {action}", 20, caller=number))
        row = await town.advanced(item_id)
        assert row.status == "forwarding"
        assert "caller_was_spoken_to" in await town.kinds(item_id)
        assert (await town.back(item_id)).settled_by == (await town.call(f"a {action}")).call_id
        # The next call is not lost in it.
        await town.judged(leg(f"again {action}", 40, caller=number))
        assert (await town.call(f"again {action}")).item_id not in (None, item_id)


async def test_a_late_row_that_shows_an_answer_settles_its_own_item(town: Ringing) -> None:
    await town.judged(leg("c1"))
    item = await town.item()
    await town.judged(answered("c1", 0.5, leg_key="2"))
    call = await town.call("c1")
    assert (call.outcome, call.verdict, call.item_id) == ("answered", "settled", item.item_id)
    assert (await town.item()).status == "completed"
    await town.judged(leg("c1", 3, leg_key="3"))
    assert ((await town.call("c1")).verdict, len(await town.items())) == ("settled", 1)


async def test_a_late_answer_settles_its_own_item_also_without_a_number_and_on_a_shared_line(
    ledger: Ledger, tmp_path: Path
) -> None:
    town = await ringing_town(ledger, tmp_path, document=f"calls: {{shared_lines: ['{JAN}']}}\n")
    await town.judged(leg("shared"), leg("withheld", 1, outcome=Outcome.voicemail, **WITHHELD), leg("other", 2))
    await town.judged(answered("shared", 0.5, leg_key="2"), answered("withheld", 1.5, leg_key="2", **WITHHELD))
    ended = {row.item_id for row in await town.items() if row.status == "completed"}
    assert ended == {(await town.call(key)).item_id for key in ("shared", "withheld")}
    assert await verdicts(town) == {"shared": "settled", "withheld": "settled", "other": "call_back"}


async def test_an_item_of_several_calls_stays_when_an_earlier_one_was_answered_after_all(town: Ringing) -> None:
    await town.judged(leg("c1"), leg("c2", 30))
    item = await town.item()
    await town.judged(answered("c1", 0.5, leg_key="2"))
    assert (await town.item()).status == "received"
    assert (await town.back(item.item_id)).calls_count == 1
    assert (await town.call("c1")).verdict == "registered"


async def test_a_late_row_of_a_missed_call_makes_no_second_item(town: Ringing) -> None:
    await town.judged(leg("c1"))
    await town.judged(leg("c1", 1, leg_key="2"))
    assert len(await town.items()) == 1
    assert (await town.back((await town.item()).item_id)).calls_count == 1
    assert (await town.call("c1")).quiet_from is None


@pytest.mark.parametrize("learned", [True, False])
async def test_calls_over_a_shared_line_are_items_of_their_own(ledger: Ledger, tmp_path: Path, learned: bool) -> None:
    written = [] if learned else [JAN]
    town = await ringing_town(ledger, tmp_path, document=f"calls: {{shared_lines: {written}}}\n")
    if learned:
        day = 24 * 60
        await town.judged(*(answered(f"{at}", at) for at in (-3 * day, 0.2 - 3 * day, -day, 0.2 - day)))
        assert [row.number for row in await town.rows(shared_lines)] == [JAN]
    await town.judged(leg("c1"), leg("c2", 1))
    assert len(await town.items()) == 2
    await town.judged(leg("c3", 2), answered("a", 20))
    assert [row.status for row in await town.items()] == ["received"] * 3
    assert {row.open_number for row in await town.rows(call_backs)} == {None}
    await town.judged(leg("c4", 10))
    assert len(await town.items()) == 4


async def test_overlap_on_one_day_and_quick_redials_make_no_shared_line(town: Ringing) -> None:
    day = 24 * 60
    await town.judged(*(leg(f"{at}", at) for at in (0, 0.2, 0.3, 0.4, day, day + 1, 2 * day - 5 * day, 1 - 3 * day)))
    assert await town.rows(shared_lines) == []


async def test_a_town_may_choose_to_learn_no_shared_lines(ledger: Ledger, tmp_path: Path) -> None:
    town = await ringing_town(ledger, tmp_path, document="calls: {learns_shared_lines: false}\n")
    day = 24 * 60
    await town.judged(*(leg(f"{at}", at) for at in (0, 0.2, -day, 0.2 - day)))
    assert await town.rows(shared_lines) == []


async def test_what_was_observed_or_is_older_than_live_waits_for_a_person(ledger: Ledger, tmp_path: Path) -> None:
    town = await ringing_town(ledger, tmp_path, live_from=AT + timedelta(minutes=5), document=WITH_CATEGORY)
    await town.judged(leg("old"), leg("new", 10))
    held = {key: (await town.call(key)).item_id for key in ("old", "new")}
    because = {row.item_id: row.held_because for row in await town.items()}
    assert [because[held[key]] for key in ("old", "new")] == ["before_live_from", None]
    await town.judged(leg("seen", 11, caller=PIET), is_observed=True)
    assert (await town.items())[-1].held_because == "observe"
    # Who rings now is not held up behind what is held.
    await town.judged(leg("now", 12, caller=PIET))
    assert (await town.items())[-1].held_because is None
    await town.judged(leg("once more", 13, caller=PIET))
    assert (await town.call("once more")).item_id == (await town.call("now")).item_id


async def test_recordings_at_hand_are_attached_and_others_named(ledger: Ledger, tmp_path: Path) -> None:
    class Recorded:
        async def fetch(self, source_id: str, recording: str) -> bytes | None:
            assert source_id == OURS
            return b"RIFF" if recording.endswith("1.wav") else None

    town = await ringing_town(ledger, tmp_path, recordings=Recorded())
    voicemail: dict[str, Any] = {"outcome": Outcome.voicemail}
    await town.judged(
        leg("c1", recording="/var/vm/msg1.wav", **voicemail),
        leg("c2", 1, recording="https://pbx.test/vm/msg2.wav?key=1", **voicemail),
    )
    item = await town.advanced((await town.item()).item_id)
    assert [(part["name"], part["media_type"]) for part in item.reading["parts"]] == [("msg1.wav", "audio/wav")]
    assert "Opname: msg1.wav (bijgevoegd)" in item.reading["text"]
    assert "Opname: msg2.wav (staat in de telefooncentrale)" in item.reading["text"]


async def test_who_also_mailed_that_day_is_linked_as_a_hint(town: Ringing, tmp_path: Path) -> None:
    async def mailed(text: str, minutes: float) -> str:
        at = AT + timedelta(minutes=minutes)
        read = reading("Vraag", text, message_id=f"{uuid4()}@inwoner.test")
        return await was_linked(town.ledger, read, received_at=at)

    theirs = await mailed("Bel mij op 06 - 1234 56 78, of anders mijn buurman.", 0)
    await mailed("Mijn nummer is 06 12 34 56 79.", 0)
    await mailed("Bel mij op 0612345678", -49 * 60)
    await town.judged(leg("c1"), leg("c2", caller=PIET))
    item = await town.advanced((await town.call("c1")).item_id)
    [link] = await town.rows(links)
    assert (link.item_id, link.other_item_id, link.kind, link.reason) == (
        item.item_id,
        theirs,
        "may_belong_to",
        "the same number",
    )
    reference = (await item_row(town.ledger, theirs)).reference
    assert await hints(town.ledger, item.item_id) == [f"may_belong_to {reference}"]
    [forward] = (await standing(town.ledger, item.item_id)).forwards
    assert f"may_belong_to {reference}" in forward.handover["labels"]
    # What was looked through is known; the numbers of others are no hint.
    assert len(town.parts.calls.named_numbers) == 2


async def test_who_mails_after_the_call_is_linked_to_the_open_call_back(town: Ringing) -> None:
    await town.judged(leg("c1"), leg("c2", caller=PIET))
    await town.judged(answered("a", 20, caller=PIET))
    call_back = (await town.call("c1")).item_id
    text = "Ik belde net al. Mijn nummer is 06-12345678, dat van mijn buurman 06-87654321."
    item_id = await was_read(town.ledger, reading("Vraag", text), received_at=AT + timedelta(minutes=10))
    for _ in range(2):
        await link_item(town.parts, await item_row(town.ledger, item_id))
    [link] = await town.rows(links)
    assert (link.item_id, link.other_item_id, link.kind) == (item_id, call_back, "may_belong_to")
    later = await was_read(town.ledger, reading("Vraag", text, message_id="2@x"), received_at=AT + timedelta(days=2))
    await link_item(town.parts, await item_row(town.ledger, later))
    assert len(await town.rows(links)) == 1


async def test_two_who_judge_at_once_make_one_item_of_each_caller(town: Ringing, tmp_path: Path) -> None:
    neighbour = Ledger(town.ledger.engine.url.render_as_string(hide_password=False))
    other = parts_for(neighbour, tmp_path)
    numbers = [f"+316{number}" for number in range(11111111, 11111121)]
    try:
        for minute in range(3):
            await town.rings(*(leg(f"{number} {minute}", minute * 10, caller=number) for number in numbers))
            await asyncio.gather(*(judge_quiet(parts, OURS, lambda: None) for parts in (town.parts, other) * 2))
    finally:
        await neighbour.close()
    backs = await town.rows(call_backs)
    assert sorted(row.number for row in backs) == numbers
    assert {row.calls_count for row in backs} == {3}
    assert len(await town.items()) == len(numbers)


class Cut(BaseException):
    """The process ends here."""


async def test_a_crash_between_bytes_and_ledger_is_repeated_and_loses_nothing(town: Ringing) -> None:
    await town.rings(leg("c1"))

    def cut() -> None:
        raise Cut

    with pytest.raises(Cut):
        await judge_quiet(town.parts, OURS, cut)
    assert await town.items() == []
    assert (await town.call("c1")).verdict is None
    # Another row comes meanwhile: the words change, and the bytes that lie there are not taken for them.
    await town.judged(leg("c2", 1))
    item = await town.item()
    facts, _ = facts_and_text(await town.parts.bytes.get(item.delivery_id))
    assert facts.call is not None
    assert facts.call.calls == 2


async def test_calls_of_one_caller_are_judged_together_however_many_others_ring(town: Ringing) -> None:
    others = [leg(f"o{n}", n / 10, caller=f"+3161{n:07}") for n in range(160)]
    await town.judged(leg("c1"), *others, leg("c2", 60))
    facts, _ = facts_and_text(await town.parts.bytes.get(await delivery_of_call(town, "c1")))
    assert facts.call is not None
    assert facts.call.calls == 2
    assert len(await town.items()) == 161


async def delivery_of_call(town: Ringing, key: str) -> str:
    item = await item_row(town.ledger, (await town.call(key)).item_id)
    return str(item.delivery_id)
