"""Sources that are made over the API: one definition, compared and set; any source paused and let go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.errors import Conflict, NotFound
from store.audit_tables import audit
from store.call_tables import calls
from store.keeping import NewDelivery, keep
from store.ledger import Ledger
from store.source_definitions import (
    Wished,
    change_source,
    define_source,
    definition_row,
    end_source,
    pause_source,
    resume_source,
    standing_sources,
)
from store.sources import register_source, source_row
from store.tables import deliveries, sources

WISHED = Wished("bezwaar", Channel.email, "observe", None, {"id": "bezwaar", "imap": {"host": "imap.test"}})


async def _audited(ledger: Ledger) -> list[Any]:
    async with ledger.read() as connection:
        return list((await connection.execute(select(audit).order_by(audit.c.entry_id))).all())


async def test_a_source_is_made_changed_and_ended_and_each_is_audited(ledger: Ledger) -> None:
    assert await define_source(ledger, WISHED, "Beheer") == 1
    made = await source_row(ledger, "bezwaar")
    assert (made.channel, made.mode, made.kept_count) == ("email", "observe", 0)
    elsewhere = {"id": "bezwaar", "imap": {"host": "imap2.test", "user": "bezwaar"}}
    assert await change_source(ledger, replace(WISHED, mode="live", settings=elsewhere), 1, "Anja") == 2
    [definition] = (await standing_sources(ledger)).definitions
    assert (definition.version, definition.made_by, definition.changed_by) == (2, "Beheer", "Anja")
    await end_source(ledger, "bezwaar", 2, "Beheer")
    assert (await standing_sources(ledger)).definitions == []
    entries = await _audited(ledger)
    assert [entry.kind for entry in entries] == ["source.made", "source.changed", "source.ended"]
    assert {entry.subject for entry in entries} == {"source/bezwaar"}
    assert [(entry.from_version, entry.to_version) for entry in entries] == [(None, 1), (1, 2), (2, None)]
    assert entries[0].about == {"mode": "observe", "settings": WISHED.settings}
    changed = {
        "imap.host": {"from": "imap.test", "to": "imap2.test"},
        "imap.user": {"from": None, "to": "bezwaar"},
    }
    assert entries[1].about == {"version": 2, "fromMode": "observe", "mode": "live", "changed": changed}


async def test_going_live_counts_from_that_moment(ledger: Ledger) -> None:
    await define_source(ledger, WISHED, "Beheer")
    before = (await source_row(ledger, "bezwaar")).live_from
    await change_source(ledger, replace(WISHED, mode="live"), 1, "Beheer")
    live = (await source_row(ledger, "bezwaar")).live_from
    assert live > before
    chosen = datetime(2026, 1, 1, tzinfo=UTC)
    await change_source(ledger, replace(WISHED, mode="live", live_from=chosen), 2, "Beheer")
    assert (await source_row(ledger, "bezwaar")).live_from == chosen


@pytest.mark.parametrize("happens", ["ended and made again", "read elsewhere", "changed"])
async def test_what_came_before_a_place_went_live_stays_of_before(ledger: Ledger, happens: str) -> None:
    live = replace(WISHED, mode="live", place="imap://a@imap.test:993/INBOX")
    await define_source(ledger, live, "Beheer")
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    async with ledger.begin() as connection:
        await connection.execute(update(sources).values(live_from=long_ago))
    if happens == "ended and made again":
        await end_source(ledger, "bezwaar", 1, "Beheer")
        await define_source(ledger, live, "Beheer")
    elif happens == "read elsewhere":
        await change_source(ledger, replace(live, place="imap://b@imap.test:993/INBOX"), 1, "Beheer")
    else:
        await change_source(ledger, replace(live, settings={"id": "bezwaar"}), 1, "Beheer")
    assert ((await source_row(ledger, "bezwaar")).live_from == long_ago) == (happens == "changed")


async def test_a_source_of_a_settings_file_that_is_read_elsewhere_is_live_from_then(ledger: Ledger) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    await register_source(ledger, "info", Channel.email, "live", long_ago, "imap://a@imap.test:993/INBOX")
    await register_source(ledger, "info", Channel.email, "live", None, "imap://a@imap.test:993/INBOX")
    assert (await source_row(ledger, "info")).live_from == long_ago
    await register_source(ledger, "info", Channel.email, "live", None, "imap://b@imap.test:993/INBOX")
    assert (await source_row(ledger, "info")).live_from > long_ago


async def test_two_sources_are_not_read_at_one_place(ledger: Ledger) -> None:
    one = replace(WISHED, place="folder:/logs")
    other = replace(one, source_id="ander")
    await define_source(ledger, one, "Beheer")
    with pytest.raises(Conflict, match="`bezwaar` is read there"):
        await define_source(ledger, other, "Beheer")
    await define_source(ledger, replace(other, place="folder:/elders"), "Beheer")
    with pytest.raises(Conflict, match="`bezwaar` is read there"):
        await change_source(ledger, other, 1, "Beheer")
    await end_source(ledger, "bezwaar", 1, "Beheer")
    await change_source(ledger, other, 1, "Beheer")


async def test_of_two_who_change_one_version_one_wins_and_nothing_is_audited_of_the_other(
    ledger: Ledger, neighbour: Ledger
) -> None:
    await define_source(ledger, WISHED, "Beheer")
    outcomes = await asyncio.gather(
        change_source(ledger, replace(WISHED, mode="live"), 1, "Anja"),
        change_source(neighbour, replace(WISHED, settings={"id": "bezwaar"}), 1, "Bert"),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "int"]
    assert (await definition_row(ledger, "bezwaar")).version == 2
    assert [entry.kind for entry in await _audited(ledger)] == ["source.made", "source.changed"]


async def test_of_two_who_make_one_id_one_wins(ledger: Ledger, neighbour: Ledger) -> None:
    outcomes = await asyncio.gather(
        define_source(ledger, WISHED, "Anja"), define_source(neighbour, WISHED, "Bert"), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "int"]


async def test_an_id_of_the_settings_file_is_not_taken(ledger: Ledger) -> None:
    await register_source(ledger, "bezwaar", Channel.email, "live", None)
    with pytest.raises(Conflict, match="settings file"):
        await define_source(ledger, WISHED, "Beheer")
    assert await definition_row(ledger, "bezwaar") is None


async def test_a_source_does_not_become_one_of_another_channel(ledger: Ledger) -> None:
    await define_source(ledger, WISHED, "Beheer")
    with pytest.raises(Conflict, match="channel email"):
        await change_source(ledger, replace(WISHED, channel=Channel.post), 1, "Beheer")
    await end_source(ledger, "bezwaar", 1, "Beheer")
    with pytest.raises(Conflict, match="channel email"):
        await define_source(ledger, replace(WISHED, channel=Channel.post), "Beheer")


async def test_a_source_that_kept_something_is_paused_before_it_is_ended(ledger: Ledger) -> None:
    await define_source(ledger, WISHED, "Beheer")
    async with ledger.begin() as connection:
        await connection.execute(update(sources).values(kept_count=3))
    with pytest.raises(Conflict, match="kept 3 deliveries"):
        await end_source(ledger, "bezwaar", 1, "Beheer")
    await pause_source(ledger, "bezwaar", "Beheer", "de afdeling verhuist")
    await end_source(ledger, "bezwaar", 1, "Beheer")
    row = await source_row(ledger, "bezwaar")
    assert (row.kept_count, row.paused_at) == (3, None)
    assert await define_source(ledger, WISHED, "Beheer") == 3  # its tags are not used twice


async def test_any_source_is_paused_once_and_goes_on_once(ledger: Ledger) -> None:
    await register_source(ledger, "info", Channel.email, "live", None)
    await pause_source(ledger, "info", "Anja", "de server wordt verhuisd")
    row = await source_row(ledger, "info")
    assert (row.paused_by, row.pause_reason) == ("Anja", "de server wordt verhuisd")
    assert (await standing_sources(ledger)).paused == {"info"}
    with pytest.raises(Conflict, match="already, by Anja"):
        await pause_source(ledger, "info", "Bert", "ook")
    # A restart registers it again: it stays paused.
    await register_source(ledger, "info", Channel.email, "live", None)
    assert (await standing_sources(ledger)).paused == {"info"}
    await resume_source(ledger, "info", "Bert", "klaar")
    with pytest.raises(Conflict, match="not paused"):
        await resume_source(ledger, "info", "Bert")
    assert [(entry.kind, entry.reason) for entry in await _audited(ledger)] == [
        ("source.paused", "de server wordt verhuisd"),
        ("source.resumed", "klaar"),
    ]


@pytest.mark.parametrize("ended", [False, True])
async def test_what_is_not_there_is_neither_changed_nor_paused(ledger: Ledger, ended: bool) -> None:
    if ended:
        await define_source(ledger, WISHED, "Beheer")
        await end_source(ledger, "bezwaar", 1, "Beheer")
    for version in (1, 2):
        with pytest.raises(NotFound):
            await change_source(ledger, WISHED, version, "Beheer")
        with pytest.raises(NotFound):
            await end_source(ledger, "bezwaar", version, "Beheer")
    with pytest.raises(NotFound):
        await pause_source(ledger, "bezwaar", "Beheer", "weg")


async def test_a_source_whose_calls_are_not_judged_is_not_ended(ledger: Ledger) -> None:
    phone = replace(WISHED, channel=Channel.phone, settings={"id": "bezwaar", "call_push": {}})
    await define_source(ledger, phone, "Beheer")
    moment = datetime.now(UTC)
    said = dict.fromkeys(("caller", "dialled", "queue", "choice", "recording", "because"), "")
    counted = {"waited_s": 0, "talked_s": 0, "legs_count": 1, "version": 1, "is_observed": False}
    counted["confidentiality"] = int(Confidentiality.zaakvertrouwelijk)
    known = {"call_id": "een", "source_id": "bezwaar", "call_key": "1", "direction": "in", "outcome": "missed"}
    moments = {"started_at": moment, "changed_at": moment, "quiet_from": moment}
    async with ledger.begin() as connection:
        await connection.execute(insert(calls).values(**known, **said, **counted, **moments))
    with pytest.raises(Conflict, match="1 calls wait"):
        await end_source(ledger, "bezwaar", 1, "Beheer")
    async with ledger.begin() as connection:
        await connection.execute(update(calls).values(quiet_from=None))
    await end_source(ledger, "bezwaar", 1, "Beheer")


async def test_a_source_whose_scan_files_are_not_taken_apart_is_not_ended(ledger: Ledger) -> None:
    await define_source(ledger, replace(WISHED, channel=Channel.post), "Beheer")
    scan = NewDelivery(
        source_id="bezwaar",
        channel=Channel.post,
        key_space="folder:/scans",
        position="een.pdf",
        sha256="0" * 64,
        size_bytes=1,
        media_type="application/pdf",
        received_at=datetime.now(UTC),
        received_basis="source",
        confidentiality=Confidentiality.intern,
        held_because=None,
        is_observed=False,
    )
    assert await keep(ledger, scan) is not None
    await pause_source(ledger, "bezwaar", "Beheer", "de scanner gaat weg")
    with pytest.raises(Conflict, match="1 scan files wait"):
        await end_source(ledger, "bezwaar", 1, "Beheer")
    async with ledger.begin() as connection:
        await connection.execute(update(deliveries).values(letter_count=1))
    await end_source(ledger, "bezwaar", 1, "Beheer")
