"""Words of strangers that an engine would refuse: they must never cost a message, nor a list that it stands in.

Senders write subjects and addresses, servers write replies, departments' systems write ids and refusals, people write
reasons. PostgreSQL holds no NUL and no half of a character; as JSON it would store them, and then fail every query
that looks into that column.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.actions import Action
from inbox.confidentiality import Confidentiality
from inbox.errors import DestinationRefused, MalformedMail, RecipientRefused
from inbox.item import NoticeState
from inbox.ports import Delivered, Taken
from inbox.reading import Part, Reading, Sender
from store.deciding import standing
from store.events import record_failure
from store.forwarding import claim_forward, forward_row, settle_delivered, settle_failed
from store.ledger import Ledger
from store.listing import Filter, Scope, list_items
from store.noticing import claim_notice, notice_row, settle_notice
from store.reading import commit_reading, item_row, quarantine
from store.storable import storable, storable_json
from store.tables import events, failures, forward_steps
from tests.inbox.samples import quick, reading
from tests.store.making import deliver, do, kept, rows, was_forwarded, was_launched, was_linked

HOSTILE = ["a\x00b", "a\ud800\udfffb\\u0000\x00", "a\u2028\x1bb👍"]
EVERYTHING = Scope(None, Confidentiality.zeer_geheim)


@pytest.fixture(params=HOSTILE, ids=ascii)
def word(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stored(text: str) -> str:
    return "".join("\ufffd" if letter == "\x00" or "\ud800" <= letter <= "\udfff" else letter for letter in text)


def hostile(word: str) -> Reading:
    return reading(
        word,
        word,
        sender=Sender(address=f"{word}@x.test", name=word),
        message_id=word,
        recipients=(word,),
        reply_to_ids=(word,),
        parts=(Part(name=word, media_type=word, size_bytes=1),),
        headers={"x-wie": (word,)},
        language=word,
    )


async def test_a_reading_is_kept_and_the_list_that_it_stands_in_can_be_read(ledger: Ledger, word: str) -> None:
    item_id = await kept(ledger)
    await commit_reading(ledger, item_id, hostile(word))
    row = await item_row(ledger, item_id)
    [listed] = await list_items(ledger, EVERYTHING, Filter(), 10, None)
    assert row.subject == listed.item.subject == stored(word)
    assert row.reading["text"] == row.reading["headers"]["x-wie"][0] == listed.item.language == stored(word)
    assert Reading.model_validate(row.reading).sender.name == stored(word)


async def test_an_item_of_a_hostile_sender_goes_all_the_way(ledger: Ledger, word: str) -> None:
    item_id = await was_launched(ledger)
    forward = (await standing(ledger, item_id)).forwards[0]
    await claim_forward(ledger, forward.forward_id)
    delivered = Delivered(remote_id=word, remote_reply=f"200 {word}")
    await settle_delivered(ledger, await forward_row(ledger, forward.forward_id), delivered)
    after = await forward_row(ledger, forward.forward_id)
    assert (after.state, after.remote_id) == ("delivered", stored(word))
    assert stored(word) in (await rows(ledger, forward_steps, forward_steps.c.step == "delivered"))[0].detail


async def test_a_relays_reply_and_refusal_are_settled(ledger: Ledger, word: str) -> None:
    """Else the same notice would be sent again and again (invariant 6)."""
    sent, refused = [(await standing(ledger, await was_launched(ledger))).notices[0] for _ in range(2)]
    for notice in (sent, refused):
        await claim_notice(ledger, notice.notice_id)
    await settle_notice(ledger, sent, NoticeState.sent, taken=Taken(f"250 {word}"))
    await settle_notice(ledger, refused, NoticeState.failed, error=RecipientRefused(f"550 {word}"))
    assert (await notice_row(ledger, sent.notice_id)).remote_reply == f"250 {stored(word)}"
    assert (await notice_row(ledger, refused.notice_id)).trouble_detail == f"550 {stored(word)}"


async def test_a_destinations_refusal_a_quarantine_and_a_failure_are_written_down(ledger: Ledger, word: str) -> None:
    forward = (await standing(ledger, await was_launched(ledger))).forwards[0]
    await settle_failed(ledger, forward, DestinationRefused(word))
    unreadable = await kept(ledger)
    await quarantine(ledger, unreadable, MalformedMail(word), hostile(word))
    await record_failure(ledger, unreadable, ValueError(word))
    assert (await forward_row(ledger, forward.forward_id)).trouble_detail == stored(word)
    assert (await item_row(ledger, unreadable)).quarantine_detail == stored(word)
    assert stored(word) in (await rows(ledger, failures))[0].detail


async def test_a_persons_reason_is_written_down(ledger: Ledger, word: str) -> None:
    item_id = await was_forwarded(ledger)
    await do(ledger, Action.reroute, item_id, reason=word)
    await do(ledger, Action.discard, item_id, reason=word)
    await do(ledger, Action.reopen, item_id, reason=word)
    await do(ledger, Action.link, item_id, reason=word, other_item_id=await was_linked(ledger))
    found = await rows(ledger, events, events.c.actor == "Zaakstad")
    assert {row.reason for row in found} == {stored(word)}


async def test_what_is_very_long_fits(ledger: Ledger) -> None:
    item_id = await kept(ledger)
    long = reading(
        "o" * 100_000,
        "t" * 200_000,
        sender=Sender(address=f"{'a' * 100_000}@x.test", name="n" * 100_000),
        message_id="m" * 1_000_000,
        recipients=tuple(f"{number}@x.test" for number in range(10_000)),
        reply_to_ids=("r" * 100_000,) * 20,
    )
    await commit_reading(ledger, item_id, long)
    row = await item_row(ledger, item_id)
    assert len(row.sender_address) > 100_000
    assert len(row.reading["message_id"]) == 1_000_000
    await record_failure(ledger, item_id, ValueError("x" * 1_000_000))
    assert len((await rows(ledger, failures))[0].detail) == 4000


async def test_a_very_long_reply_is_cut_and_settled(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    stands = await standing(ledger, item_id)
    await settle_notice(ledger, stands.notices[0], NoticeState.sent, taken=Taken("x" * 1_000_000))
    await deliver(ledger, stands.forwards[0].forward_id, "z" * 100_000)
    await settle_failed(ledger, stands.forwards[1], DestinationRefused("y" * 1_000_000))
    assert len((await notice_row(ledger, stands.notices[0].notice_id)).remote_reply) == 500
    assert max(len(row.detail) for row in await rows(ledger, forward_steps)) <= 2000


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=20))
@quick
def test_any_text_becomes_one_that_can_be_stored_and_stays_what_it_was_otherwise(text: str) -> None:
    made = storable(text)
    assert made == stored(text)
    assert "\x00" not in made.encode().decode()
    assert storable(made) == made


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(exclude_categories=[]), max_size=8)
    | st.sampled_from(["\\u0000", "\\\\u0000\x00", '"\x00"', "\\", "\\\x00"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
    max_leaves=8,
)  # fmt: skip


def cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return stored(value)
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    if isinstance(value, dict):
        return {stored(key): cleaned(one) for key, one in value.items()}
    return value


@given(VALUES)
@quick
def test_any_value_becomes_json_that_can_be_stored_and_means_the_same_otherwise(value: Any) -> None:
    written = storable_json(value)
    assert written.encode()
    assert json.loads(written) == cleaned(value)
