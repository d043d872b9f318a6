"""The audit trail: what is removed, changed, moved or cut off shows, and what is erased still verifies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.errors import BadRequest
from store import audit_checks
from store.audit import AuditEntry, write_audit
from store.audit_chain import chain_figures, seal
from store.audit_checks import Broken, Verdict, verify_audit
from store.audit_digests import BEGINNING, commitment_of, field_digest, link_of
from store.audit_erasing import erase_audit
from store.audit_exports import hold_export
from store.audit_tables import audit, audit_exports, audit_head
from store.ledger import Ledger
from tests.store.making import rows, unguarded

MARK = "Geheimwoord-7731"
Tamper = Callable[[AsyncConnection], Awaitable[Any]]


async def written(ledger: Ledger, count: int = 10) -> None:
    for number in range(1, count + 1):
        async with ledger.begin() as connection:
            entry = AuditEntry("Karin", "item.seen", f"item/{number}", f"{MARK} {number}", about={"count": number})
            await write_audit(connection, entry)


async def sealed(ledger: Ledger, count: int = 10) -> None:
    await written(ledger, count)
    while await seal(ledger):
        pass


async def tampered(ledger: Ledger, tamper: Tamper) -> Verdict:
    async with ledger.begin() as connection, unguarded(connection):
        await tamper(connection)
    return await verify_audit(ledger)


def entry(place: int) -> Any:
    return audit.c.sequence == place


async def row_at(connection: AsyncConnection, place: int) -> Any:
    return (await connection.execute(select(audit).where(entry(place)))).one()


async def test_a_trail_as_it_was_written_verifies(ledger: Ledger) -> None:
    assert await verify_audit(ledger) == Verdict(0, 0, 0, None, BEGINNING)
    await sealed(ledger)
    await written(ledger, 3)
    found = await verify_audit(ledger)
    assert (found.sealed, found.waiting, found.erased, found.broken) == (10, 3, 0, None)
    assert await chain_figures(ledger) == (10, 3)


async def test_words_that_no_engine_holds_verify_as_they_are_kept(ledger: Ledger) -> None:
    async with ledger.begin() as connection:
        odd = {"b": ["é\x00", 1.5, None], "a": {"\ud800": True}}
        await write_audit(connection, AuditEntry("K\x00" * 150, "item.seen", "item/\x00", "\ud800 €", None, 3, odd))
    await seal(ledger)
    assert (await verify_audit(ledger)).broken is None


async def test_entries_written_and_sealed_at_once_stand_in_one_chain(ledger: Ledger, neighbour: Ledger) -> None:
    async def sealing(one: Ledger) -> None:
        for _ in range(15):
            await seal(one, 3)

    await asyncio.gather(
        *(written(one, 10) for one in (ledger, neighbour) * 2), *(sealing(one) for one in (ledger, neighbour) * 2)
    )
    while await seal(ledger):
        pass
    found = await verify_audit(neighbour)
    assert (found.sealed, found.waiting, found.broken) == (40, 0, None)


async def test_what_is_rolled_back_was_never_in_the_trail(ledger: Ledger) -> None:
    async def broken_off() -> None:
        async with ledger.begin() as connection:
            await write_audit(connection, AuditEntry("Karin", "item.seen", "item/1"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken_off()
    await sealed(ledger, 2)
    assert (await verify_audit(ledger)).sealed == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "Piet"),
        ("kind", "item.listed"),
        ("subject", "item/9"),
        ("reason", "zomaar"),
        ("from_version", 7),
        ("to_version", 7),
        ("about", {"count": 99}),
        ("reason_salt", "00" * 16),
        ("digests", " ".join(["ab" * 32] * 4)),
        ("commitment", "ab" * 32),
        ("chain", "ab" * 32),
    ],
)
async def test_a_changed_entry_is_named(ledger: Ledger, column: str, value: Any) -> None:
    await sealed(ledger)
    found = await tampered(ledger, lambda c: c.execute(update(audit).where(entry(4)).values({column: value})))
    assert found.broken is not None
    assert (found.broken.sequence, found.sealed) == (4, 3)
    assert MARK not in found.broken.what


async def test_an_entry_changed_with_all_its_digests_is_named(ledger: Ledger) -> None:
    await sealed(ledger)

    async def forge(connection: AsyncConnection) -> None:
        row = dict((await row_at(connection, 4))._mapping)
        others = row["digests"].split(" ")[1:]
        row |= {"actor": "Piet", "digests": " ".join([field_digest("actor", "Piet", row["actor_salt"]), *others])}
        row["commitment"] = commitment_of(row)
        await connection.execute(update(audit).where(entry(4)).values(row))

    found = await tampered(ledger, forge)
    assert found.broken is not None
    assert found.broken.sequence == 4
    assert "does not follow" in found.broken.what


async def test_a_chain_written_anew_to_its_end_is_known_by_what_was_exported(ledger: Ledger) -> None:
    await sealed(ledger)
    exported = {row.sequence: row.chain for row in await rows(ledger, audit)}

    async def forge(connection: AsyncConnection) -> None:
        await connection.execute(delete(audit).where(entry(4)))
        link = (await row_at(connection, 3)).chain
        for place in range(4, 10):
            row = await row_at(connection, place + 1)
            link = link_of(link, place, row.entry_id, row.commitment)
            await connection.execute(update(audit).where(entry(place + 1)).values(sequence=place, chain=link))
        await connection.execute(update(audit_head).values(sequence=9, chain=link))

    assert (await tampered(ledger, forge)).broken is None
    known = await verify_audit(ledger, exported)
    assert known.broken is not None
    assert known.broken.sequence == 4


@pytest.mark.parametrize("place", [1, 4, 10])
async def test_a_removed_entry_is_named_wherever_it_stood(ledger: Ledger, place: int) -> None:
    await sealed(ledger)
    found = await tampered(ledger, lambda c: c.execute(delete(audit).where(entry(place))))
    assert found.broken is not None
    assert (found.broken.sequence, found.broken.entry_id) == (place, None)


async def test_a_cut_tail_is_named_also_when_the_head_was_set_back(ledger: Ledger) -> None:
    await sealed(ledger)
    await hold_export(ledger, "siem", "one", timedelta(seconds=1))

    async def cut(connection: AsyncConnection) -> None:
        last = await row_at(connection, 10)
        await connection.execute(update(audit_exports).values(sequence=10, chain=last.chain))
        await connection.execute(delete(audit).where(audit.c.sequence > 7))
        kept = await row_at(connection, 7)
        await connection.execute(update(audit_head).values(sequence=7, chain=kept.chain))

    found = await tampered(ledger, cut)
    assert found.broken == Broken(8, None, "entry 8 is missing: the chain had 10 entries")


async def test_everything_removed_is_named(ledger: Ledger) -> None:
    await sealed(ledger, 3)
    found = await tampered(ledger, lambda c: c.execute(delete(audit)))
    assert found.broken == Broken(1, None, "entry 1 is missing: the chain had 3 entries")


async def test_a_removed_head_is_noticed(ledger: Ledger) -> None:
    await sealed(ledger, 3)
    found = await tampered(ledger, lambda c: c.execute(delete(audit_head)))
    assert found.broken is not None


async def test_swapped_entries_are_named(ledger: Ledger) -> None:
    await sealed(ledger)

    async def swap(connection: AsyncConnection) -> None:
        one, two = await row_at(connection, 4), await row_at(connection, 6)
        columns = [c.name for c in audit.c if c.name not in ("entry_id", "sequence", "chain")]
        for place, other in ((4, two), (6, one)):
            values = {name: other._mapping[name] for name in columns}
            await connection.execute(update(audit).where(entry(place)).values(values))

    found = await tampered(ledger, swap)
    assert found.broken is not None
    assert found.broken.sequence == 4


async def test_entries_that_changed_places_are_named(ledger: Ledger) -> None:
    await sealed(ledger)

    async def reorder(connection: AsyncConnection) -> None:
        for old, new in ((4, 100), (6, 4), (100, 6)):
            await connection.execute(update(audit).where(entry(old)).values(sequence=new))

    found = await tampered(ledger, reorder)
    assert found.broken is not None
    assert found.broken.sequence == 4


async def test_an_entry_changed_before_it_has_its_place_is_named(ledger: Ledger) -> None:
    await written(ledger, 3)
    first = (await rows(ledger, audit))[0].entry_id
    found = await tampered(
        ledger, lambda c: c.execute(update(audit).where(audit.c.entry_id == first).values(reason="anders"))
    )
    assert found.broken == Broken(None, first, "its `reason` is not what was written")


async def test_what_is_erased_is_gone_and_the_chain_still_verifies(ledger: Ledger) -> None:
    await sealed(ledger)
    async with ledger.begin() as connection:
        erased = await erase_audit(
            connection, "Beheer", "verzoek", subject="item/4", fields=("reason", "about", "actor")
        )
    assert erased == 1
    async with ledger.begin() as connection:
        assert await erase_audit(connection, "Beheer", subject="item/4") == 0
    while await seal(ledger):
        pass
    found = await verify_audit(ledger)
    assert (found.sealed, found.erased, found.broken) == (11, 1, None)
    [row] = [row for row in await rows(ledger, audit) if row.sequence == 4]
    assert (row.actor, row.reason, row.about, row.reason_salt, row.subject) == (None, None, None, None, "item/4")
    assert f"{MARK} 4" not in str(await rows(ledger, audit))


async def test_what_is_erased_while_the_trail_is_checked_is_no_harm(
    ledger: Ledger, neighbour: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sealed(ledger)
    told = audit_checks._erasures

    async def erased_right_after(connection: AsyncConnection) -> set[tuple[int, str]]:
        found = await told(connection)
        async with neighbour.begin() as other:
            assert await erase_audit(other, "Beheer", subject="item/4") == 1
        return found

    monkeypatch.setattr(audit_checks, "_erasures", erased_right_after)
    assert (await verify_audit(ledger)).broken is None


async def test_entries_are_erased_by_their_ids_before_they_have_a_place(ledger: Ledger) -> None:
    await written(ledger, 3)
    ids = [row.entry_id for row in await rows(ledger, audit)]
    async with ledger.begin() as connection:
        assert await erase_audit(connection, "Beheer", entry_ids=ids[:2]) == 2
    await seal(ledger)
    found = await verify_audit(ledger)
    assert (found.sealed, found.erased, found.broken) == (4, 2, None)


async def test_an_erasure_that_nothing_tells_of_is_named(ledger: Ledger) -> None:
    await sealed(ledger)
    async with ledger.begin() as connection:  # the guard lets it pass, as it does an erasure of ours
        await connection.execute(update(audit).where(entry(4)).values(reason=None, reason_salt=None))
    found = await verify_audit(ledger)
    assert found.broken is not None
    assert (found.broken.sequence, found.broken.what) == (
        4,
        "its `reason` is gone, and no entry tells of an erasure",
    )


async def test_words_put_where_something_was_erased_are_named(ledger: Ledger) -> None:
    await sealed(ledger)
    async with ledger.begin() as connection:
        await erase_audit(connection, "Beheer", subject="item/4")
    found = await tampered(ledger, lambda c: c.execute(update(audit).where(entry(4)).values(reason="anders")))
    assert found.broken is not None
    assert found.broken.sequence == 4


async def test_who_erased_what_is_never_erased(ledger: Ledger) -> None:
    await sealed(ledger, 2)
    for _ in range(2):
        async with ledger.begin() as connection:
            ids = [row.entry_id for row in await rows(ledger, audit)]
            await erase_audit(connection, "Beheer", entry_ids=ids)
    while await seal(ledger):
        pass
    assert (await verify_audit(ledger)).broken is None
    with pytest.raises(BadRequest):
        async with ledger.begin() as connection:
            await erase_audit(connection, "Beheer", subject="item/1", fields=("kind",))


@pytest.mark.parametrize(
    "change",
    [
        delete(audit),
        update(audit).values(reason="anders"),
        update(audit).values(kind="x"),
        update(audit).values(commitment="ab" * 32),
        update(audit).values(sequence=audit.c.sequence + 100),
        update(audit).values(sequence=None),
        update(audit).values(reason=None),
        update(audit).values(reason_salt=None),
        update(audit).values(about={"count": 0}),
    ],
)
async def test_the_ledger_refuses_to_change_or_remove_an_entry(ledger: Ledger, change: Any) -> None:
    await sealed(ledger, 2)
    with pytest.raises(DBAPIError, match="only grows"):
        async with ledger.begin() as connection:
            await connection.execute(change)
    assert (await verify_audit(ledger)).sealed == 2
