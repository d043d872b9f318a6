"""Sources: what a sweep saw is written down whole, and nobody's start is in another's way (invariants 3 and 14)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from inbox.channel import Channel
from inbox.errors import CredentialsRefused, SourceUnreachable
from inbox.ports import Sighting
from store.ledger import Ledger
from store.sources import (
    compact,
    expand,
    finish_sweep,
    list_sources,
    note_trouble,
    record_look,
    register_source,
    sign_of_life,
    source_row,
)
from store.tables import sweeps
from tests.inbox.samples import quick
from tests.store.making import rows

SPACE = "imap://info@mail.test/INBOX;UIDVALIDITY=17"
NUMBERS = st.lists(st.integers(0, 4_294_967_295).map(str), unique=True, max_size=30)
NAMES = st.lists(
    st.text(max_size=8) | st.sampled_from(["", "007", "²", "٣", "1:3", "1,2", "a\nb", "[", "\x00"]), unique=True
)


def see(*positions: str, space: str = SPACE, following: str = "") -> Sighting:
    return Sighting(space, positions, following)


async def registered(ledger: Ledger, mode: str = "live", live_from: datetime | None = None) -> None:
    await register_source(ledger, "info", Channel.email, mode, live_from)


def test_runs_of_numbers_are_short() -> None:
    assert compact(map(str, [3, 1, 2, 9, 11, 10])) == "1:3,9:11"
    assert compact(map(str, range(1, 100_001))) == "1:100000"
    assert compact([]) == ""


@given(NUMBERS | NAMES)
@example([""])
@example(["1:3"])
@example(["5" * 5000, "7"])
@quick
def test_what_was_seen_can_be_read_back_exactly(positions: list[str]) -> None:
    assert sorted(expand(compact(positions))) == sorted(positions)


async def test_hostile_names_are_seen_and_read_back_from_the_ledger(ledger: Ledger) -> None:
    names = ["a\x00b.pdf", "half \ud800.pdf", "twee\nregels", "é", ""]
    await registered(ledger)
    await record_look(ledger, "info", see(*names))
    [sweep] = await rows(ledger, sweeps)
    assert expand(sweep.saw) == sorted(names)
    assert sweep.saw_count == 5


async def test_a_sweep_that_sees_the_same_is_the_same_row_seen_again(ledger: Ledger) -> None:
    await registered(ledger)
    first = await record_look(ledger, "info", see("1", "2", following="3"))
    await finish_sweep(ledger, "info", first, [], is_whole=True)
    again = await record_look(ledger, "info", see("2", "1", following="3"))
    [row] = await rows(ledger, sweeps)
    assert again == first
    assert row.seen_again_at > row.looked_at


async def test_anything_new_or_unfinished_is_a_row_of_its_own(ledger: Ledger) -> None:
    await registered(ledger)
    unfinished = await record_look(ledger, "info", see("1"))
    first = await record_look(ledger, "info", see("1"))
    await finish_sweep(ledger, "info", first, [], is_whole=True)
    others = [
        await record_look(ledger, "info", see("1", "2")),
        await record_look(ledger, "info", see("1", space="imap://other")),
        await record_look(ledger, "info", see("1", following="9")),
    ]
    assert len({unfinished, first, *others}) == 5


async def test_what_vanished_before_it_was_kept_is_named(ledger: Ledger) -> None:
    await registered(ledger)
    sweep = await record_look(ledger, "info", see("1", "2", "3"))
    await finish_sweep(ledger, "info", sweep, ["3", "2"], is_whole=True)
    [row] = await rows(ledger, sweeps)
    assert expand(row.vanished) == ["2", "3"]
    source = await source_row(ledger, "info")
    assert row.finished_at == source.swept_at == source.read_at


async def test_ten_processes_that_start_at_once_register_one_source(ledger: Ledger, neighbour: Ledger) -> None:
    await asyncio.gather(*(registered(one) for one in (ledger, neighbour) * 5))
    assert [row.source_id for row in await list_sources(ledger)] == ["info"]


async def test_going_live_without_a_date_is_live_from_then_on(ledger: Ledger) -> None:
    await registered(ledger, "observe")
    observed = await source_row(ledger, "info")
    await registered(ledger, "live")
    live = await source_row(ledger, "info")
    await registered(ledger, "live")
    assert live.live_from > observed.live_from
    assert (await source_row(ledger, "info")).live_from == live.live_from
    assert live.made_at == observed.made_at


async def test_a_date_of_its_own_wins_and_going_back_to_observe_keeps_it(ledger: Ledger) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    await registered(ledger, "live", since)
    await registered(ledger, "observe")
    row = await source_row(ledger, "info")
    assert (row.mode, row.live_from) == ("observe", since)


async def test_trouble_is_news_once_until_it_changes_or_passes(ledger: Ledger) -> None:
    await registered(ledger)
    away, refused = SourceUnreachable("no answer"), CredentialsRefused("wrong password")
    assert [
        await note_trouble(ledger, "info", error) for error in (None, away, away, refused, refused, None, None)
    ] == [
        False,
        True,
        False,
        True,
        False,
        True,
        False,
    ]


async def test_trouble_counts_since_its_beginning_whatever_it_becomes(ledger: Ledger) -> None:
    await registered(ledger)
    await note_trouble(ledger, "info", SourceUnreachable("no answer"))
    since = (await source_row(ledger, "info")).trouble_since
    await note_trouble(ledger, "info", SourceUnreachable("still \x00\ud800 no answer"))
    row = await source_row(ledger, "info")
    assert row.trouble_since == since
    assert row.trouble_detail.startswith("still")
    await note_trouble(ledger, "info", None)
    assert (await source_row(ledger, "info")).trouble_since is None


async def test_trouble_of_a_source_that_is_gone_is_no_news(ledger: Ledger) -> None:
    assert not await note_trouble(ledger, "gone", SourceUnreachable("no answer"))
    await sign_of_life(ledger, "gone")
    assert await source_row(ledger, "gone") is None
