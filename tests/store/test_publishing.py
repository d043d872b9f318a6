"""Drafts and publications in the ledger, with a second process beside: nothing is lost, nothing is numbered twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from operator import eq

import pytest
from sqlalchemy import select, update

from inbox.configuration.parts import with_part
from inbox.errors import ConfigurationInvalid, Conflict, NotFound, PreconditionFailed
from store.audit_tables import audit
from store.configurations import Configurations, FileStanding, publish, publish_file, roll_back, version_rows
from store.draft_tables import publications
from store.drafts import Draft, change_draft, draft_document, make_draft, read_draft, rebase_draft
from store.ledger import Ledger, now
from store.publications import Wish, approve_publication, request_publication, withdraw_publication
from store.versions import Origin
from tests.configuration import SMALL_TOWN
from tests.store.making import rows

OTHER_TOWN = SMALL_TOWN.replace("Proefstad", "Anderstad")
ANNE = "Anne"


async def edited(ledger: Ledger, days: int, by: str = "Anne") -> Draft:
    """Return a draft of what is in force that changes one thing."""
    draft = await make_draft(ledger, by)
    return await change_draft(
        ledger, draft.draft_id, by, lambda _: True, lambda c: with_part(c, "threads", {"reopen_within_days": days}), "x"
    )


async def published(ledger: Ledger, draft: Draft, **wish: object) -> object:
    return await request_publication(
        ledger,
        draft.draft_id,
        ANNE,
        Wish("omdat", **wish),
        lambda _: True,
        needs_second=False,  # type: ignore[arg-type]
    )


async def test_two_processes_that_change_one_draft_lose_nothing(ledger: Ledger, neighbour: Ledger) -> None:
    await publish(ledger, SMALL_TOWN, "x")
    draft = await make_draft(ledger, "Anne")

    async def adds(one: Ledger, number: int) -> int:
        """Add a text, reading again for as long as somebody else was first."""
        for turn in range(50):
            seen = (await read_draft(one, draft.draft_id)).version
            try:
                await change_draft(
                    one, draft.draft_id, "x", partial(eq, seen),
                    lambda c: with_part(c, "texts", {**c["texts"], f"t{number}": {"body": "x"}}), "texts",
                )  # fmt: skip
            except PreconditionFailed:
                continue
            return turn
        raise AssertionError("never came to it")

    await asyncio.gather(*(adds((ledger, neighbour)[number % 2], number) for number in range(6)))
    done = await read_draft(ledger, draft.draft_id)
    assert {f"t{number}" for number in range(6)} <= done.content["texts"].keys()
    assert done.version == 7
    assert len([row for row in await rows(ledger, audit) if row.kind == "draft.changed"]) == 6


async def test_what_is_due_is_numbered_once_whoever_looks_first(ledger: Ledger, neighbour: Ledger) -> None:
    await publish(ledger, SMALL_TOWN, "x")
    await published(ledger, await edited(ledger, 3), at=now() + timedelta(hours=1))
    due = now() - timedelta(seconds=1)
    async with ledger.begin() as connection:
        await connection.execute(update(publications).values(at=due))
    looking = [Configurations(one) for one in (ledger, neighbour) * 4]
    found = await asyncio.gather(*(one.current() for one in looking))
    assert {(one.version, one.document.threads.reopen_within_days) for one in found} == {(2, 3)}
    assert [(row.version, row.published_by) for row in await version_rows(ledger, None, 9)] == [(2, "Anne"), (1, "x")]
    async with ledger.read() as connection:
        told = (await connection.execute(select(audit).where(audit.c.kind == "version.published"))).all()
    assert [(row.from_version, row.to_version) for row in told] == [(None, 1), (1, 2)]


async def test_a_draft_and_a_file_published_at_once_do_not_pass_each_other(ledger: Ledger, neighbour: Ledger) -> None:
    await publish(ledger, SMALL_TOWN, "x")
    draft = await edited(ledger, 3)
    file, drafted = await asyncio.gather(
        publish_file(neighbour, OTHER_TOWN, "town.yaml"), published(ledger, draft), return_exceptions=True
    )
    if file is FileStanding.in_force:
        assert isinstance(drafted, Conflict)
    else:
        assert file is FileStanding.overtaken
    assert len(await version_rows(ledger, None, 9)) == 2


async def test_the_file_is_published_until_something_else_is(ledger: Ledger) -> None:
    assert await publish_file(ledger, SMALL_TOWN, "f") is FileStanding.in_force
    assert await publish_file(ledger, OTHER_TOWN, "f") is FileStanding.in_force
    await roll_back(ledger, 1, "Anne", "terug")
    assert await publish_file(ledger, OTHER_TOWN, "f") is FileStanding.overtaken
    assert await publish_file(ledger, SMALL_TOWN, "f") is FileStanding.in_force
    assert len(await version_rows(ledger, None, 9)) == 3


async def test_what_is_scheduled_stands_before_the_file(ledger: Ledger) -> None:
    await publish_file(ledger, SMALL_TOWN, "f")
    await published(ledger, await edited(ledger, 3), at=now() + timedelta(hours=1))
    assert await publish_file(ledger, OTHER_TOWN, "f") is FileStanding.overtaken
    with pytest.raises(Conflict, match="scheduled"):
        await publish(ledger, OTHER_TOWN, "x", origin=Origin.command)
    assert await publish(ledger, OTHER_TOWN, "x", origin=Origin.command, withdraws_scheduled=True) == 2


async def test_only_the_request_that_was_looked_at_is_approved(ledger: Ledger) -> None:
    await publish(ledger, SMALL_TOWN, "x")
    draft = await edited(ledger, 9)

    async def requests(wish: Wish) -> str:
        row = await request_publication(ledger, draft.draft_id, ANNE, wish, lambda _: True, needs_second=True)
        return str(row.publication_id)

    looked_at = await requests(Wish("later", at=now() + timedelta(days=9)))
    await withdraw_publication(ledger, draft.draft_id, ANNE)
    waits = await requests(Wish("nu"))
    with pytest.raises(Conflict, match="another request waits"):
        await approve_publication(ledger, draft.draft_id, "Bert", partial(eq, draft.version), publication_id=looked_at)
    assert len(await version_rows(ledger, None, 9)) == 1
    row = await approve_publication(ledger, draft.draft_id, "Bert", lambda _: True, publication_id=waits)
    assert row.version == 2


async def test_a_document_made_from_an_older_version_does_not_undo_what_came_since(ledger: Ledger) -> None:
    await publish(ledger, SMALL_TOWN, "x")
    uploaded = with_part((await make_draft(ledger, "Bert")).content, "limits", {"per_thread": []})
    await published(ledger, await edited(ledger, 3))
    draft = await make_draft(ledger, "Bert", content=uploaded, from_version=1)
    assert draft.from_version == 1
    with pytest.raises(Conflict, match="rebase the draft first"):
        await published(ledger, draft)
    taken = await rebase_draft(ledger, draft.draft_id, "Bert", lambda _: True, keeps_own=False)
    assert (taken.from_version, taken.content["threads"]) == (2, {"reopen_within_days": 3})
    assert taken.content["limits"] == {"per_thread": []}


DATED = SMALL_TOWN.replace("  - id: lantaarn\n", "  - id: lantaarn\n    note: 2026-11-27\n")


async def test_whatever_was_published_decides_from_then_on(ledger: Ledger) -> None:
    deciding = Configurations(ledger)

    async def note() -> str:
        rules = (await deciding.current()).document.rules
        return next(rule.note for rule in rules if rule.id == "lantaarn")

    assert await publish(ledger, DATED, "x") == 1
    assert await note() == "2026-11-27"
    await publish_file(ledger, DATED.replace("-11-27", "-11-28"), "f")
    assert await note() == "2026-11-28"
    draft = await make_draft(ledger, ANNE)
    for rule in draft.content["rules"]:
        rule["note"] = "a\x85b"
    draft = await change_draft(ledger, draft.draft_id, ANNE, lambda _: True, lambda _: draft.content, "document")
    await published(ledger, draft)
    assert await note() == "a\x85b"
    await roll_back(ledger, 1, ANNE, "terug")
    assert await note() == "2026-11-27"
    await roll_back(ledger, 3, ANNE, "en weer")
    assert await note() == "a\x85b"


async def test_a_draft_that_is_wrong_says_where(ledger: Ledger) -> None:
    await publish(ledger, SMALL_TOWN, "x")
    draft = await make_draft(ledger, "Anne", content={"rules": [{"id": "x"}]})
    with pytest.raises(ConfigurationInvalid) as invalid:
        await draft_document(ledger, draft.draft_id)
    assert (("rules", 0, "when"), "is missing") in invalid.value.places
    with pytest.raises(ConfigurationInvalid):
        await published(ledger, draft)
    assert await rows(ledger, publications) == []
    with pytest.raises(NotFound):
        await draft_document(ledger, "geen")
