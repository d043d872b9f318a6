"""A letter that the post room stamped: its terms run from the stamp, however late it was scanned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from inbox.errors import UnreadableError
from inbox.norms.promise import date_words
from store.reading import quarantine
from store.tables import deliveries
from tests.letters.envelopes import stamp
from tests.letters.files import as_pdf
from tests.letters.letter import letters
from tests.letters.typeset import typeset
from tests.running import Town
from tests.workflows.test_post import PostRoom, settled
from workflows.unfolding import unfold

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def room(tmp_path: Path) -> PostRoom:
    return PostRoom(tmp_path)


def days_ago(days: int) -> date:
    return datetime.now(AMSTERDAM).date() - timedelta(days=days)


def stamped(name: str, *days: date) -> bytes:
    image = typeset(letters()[name])[0].image.copy()
    for row, day in enumerate(days):
        stamp(image, day, left=1250, top=560 + 200 * row)
    return as_pdf([image])


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=AMSTERDAM).astimezone(UTC)


async def letter_row(town: Town, item: Any) -> Any:
    [row] = await town.rows(deliveries, deliveries.c.delivery_id == item.delivery_id)
    return row


async def test_promise_and_receipt_run_from_the_stamp(make_town: Callable[..., Any], room: PostRoom) -> None:
    """The lamp is promised within five working days: of the stamp, not of the scan."""
    day = days_ago(3)
    town: Town = await make_town(**room.settings())
    assert town.parts is not None
    async with town.working():
        room.scan("late.pdf", stamped("pavement", day))
        [item] = await settled(town, 1)
    letter = await letter_row(town, item)
    assert item.received_at == letter.received_at == noon(day)
    assert letter.received_basis == "date_stamp"
    [file] = await town.rows(deliveries, deliveries.c.delivery_id == letter.part_of)
    assert file.received_basis == "source"
    assert file.received_at.astimezone(AMSTERDAM).date() == days_ago(0)
    days = (await town.parts.configurations.current()).days
    [forward] = [row for row in await town.forwards(item.item_id) if row.role == "acting"]
    assert forward.handover["promise"]["due_on"] == days.after(day, 5).isoformat()
    assert forward.handover["received_basis"] == "date_stamp"
    assert days.after(day, 5) != days.after(days_ago(0), 5)
    [notice] = await town.notices(item.item_id)
    assert notice.told_due_on == days.after(day, 5)
    assert f"ontvangen op {date_words(day)}" in " ".join(notice.body.split())


async def test_a_term_of_the_law_runs_from_the_stamp_too(make_town: Callable[..., Any], room: PostRoom) -> None:
    day = days_ago(20)
    town: Town = await make_town(**room.settings())
    async with town.working():
        room.scan("objection.pdf", stamped("objection", day))
        [item] = await settled(town, 1)
    [forward] = await town.forwards(item.item_id)
    assert forward.handover["category"] == "bezwaar"
    assert datetime.fromisoformat(forward.handover["received_at"]) == noon(day)
    [notice] = await town.notices(item.item_id)
    assert date_words(day) in notice.body


async def test_what_lay_too_long_to_be_promised_goes_its_way_all_the_same(
    make_town: Callable[..., Any], room: PostRoom
) -> None:
    """To hold it until somebody looks would make it later still."""
    town: Town = await make_town(**room.settings())
    async with town.working():
        room.scan("very late.pdf", stamped("pavement", days_ago(30)))
        [item] = await settled(town, 1)
    assert (item.status, item.held_because) == ("forwarded", None)
    [notice] = await town.notices(item.item_id)
    assert (notice.state, notice.told_due_on) == ("sent", None)
    assert date_words(days_ago(30)) in notice.body


async def test_stamps_that_differ_move_nothing_and_the_department_is_told_to_look(
    make_town: Callable[..., Any], room: PostRoom
) -> None:
    town: Town = await make_town(**room.settings())
    async with town.working():
        room.scan("two.pdf", stamped("objection", days_ago(5), days_ago(4)))
        [item] = await settled(town, 1)
    assert item.received_at.astimezone(AMSTERDAM).date() == days_ago(0)
    assert "stamp_unsure" in item.reading["remarks"]
    [forward] = await town.forwards(item.item_id)
    assert "stamp_unsure" in forward.handover["labels"]


async def test_a_letter_that_is_read_again_keeps_its_own_day_and_its_files_day(
    make_town: Callable[..., Any], room: PostRoom
) -> None:
    """A stamp of the day of the scan itself is no date in the future, though the letter was received before."""
    town: Town = await make_town(**room.settings())
    assert town.parts is not None
    day = days_ago(6)
    async with town.working():
        room.scan("again.pdf", stamped("objection", day))
        [item] = await settled(town, 1)
    async with town.ledger.begin() as connection:
        await connection.exec_driver_sql("UPDATE items SET reading = NULL, status = 'received', fingerprint = NULL")
    await quarantine(town.ledger, item.item_id, UnreadableError("as if a person let it be read again"), None)
    async with town.ledger.begin() as connection:
        await connection.exec_driver_sql("UPDATE items SET status = 'received'")
    asked: list[date] = []
    [(channel, unfolds)] = town.parts.unfolders.items()

    async def watched(raw: bytes, *, received_on: date, **others: Any) -> Any:
        asked.append(received_on)
        return await unfolds(raw, received_on=received_on, **others)

    town.parts.unfolders = {channel: watched}
    await unfold(town.parts, item.item_id)
    assert asked == [days_ago(0)]
    [item] = await town.items()
    assert item.reading is not None
    letter = await letter_row(town, item)
    assert (item.received_at, letter.received_at, letter.received_basis) == (noon(day), noon(day), "date_stamp")
