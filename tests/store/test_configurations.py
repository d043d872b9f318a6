"""Published configurations: numbered, immutable, compiled once."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from unittest.mock import AsyncMock

import pytest

import store.configurations
from inbox.errors import ConfigurationInvalid, SettingsInvalid, StoreUnavailable
from inbox.routing.compiled import CompiledConfiguration
from store.configurations import Configurations, publish
from store.installation import has_deliveries, installation_id
from store.ledger import Ledger
from store.tables import configurations
from tests.configuration import SMALL_TOWN
from tests.store.making import kept, rows

OTHER_TOWN = SMALL_TOWN.replace("Proefstad", "Anderstad")


async def test_the_same_document_is_stored_once(ledger: Ledger) -> None:
    assert [await publish(ledger, SMALL_TOWN, "x") for _ in range(3)] == [1, 1, 1]
    assert len(await rows(ledger, configurations)) == 1


async def test_going_back_is_a_new_version_with_the_old_words(ledger: Ledger) -> None:
    assert [await publish(ledger, one, "x") for one in (SMALL_TOWN, OTHER_TOWN, SMALL_TOWN)] == [1, 2, 3]


async def test_ten_processes_that_publish_at_once_make_one_version(ledger: Ledger, neighbour: Ledger) -> None:
    assert set(await asyncio.gather(*(publish(one, SMALL_TOWN, "x") for one in (ledger, neighbour) * 5))) == {1}


async def test_two_documents_published_at_once_get_two_numbers(ledger: Ledger, neighbour: Ledger) -> None:
    made = await asyncio.gather(publish(ledger, SMALL_TOWN, "x"), publish(neighbour, OTHER_TOWN, "y"))
    assert sorted(made) == [1, 2]


async def test_a_document_with_a_fault_is_not_stored(ledger: Ledger) -> None:
    with pytest.raises(ConfigurationInvalid):
        await publish(ledger, SMALL_TOWN + "x: y\n", "x")
    assert await rows(ledger, configurations) == []


async def test_without_any_document_the_setting_is_named(ledger: Ledger) -> None:
    with pytest.raises(SettingsInvalid, match="`configuration`"):
        await Configurations(ledger).current()


async def test_a_version_is_compiled_once_until_there_is_a_newer_one(ledger: Ledger, neighbour: Ledger) -> None:
    held = Configurations(ledger)
    await publish(ledger, SMALL_TOWN, "x")
    first = await held.current()
    assert await held.current() is first
    await publish(neighbour, OTHER_TOWN, "y")
    second = await held.current()
    assert (first.version, second.version) == (1, 2)
    assert second.document.organisation.name == "Gemeente Anderstad"
    assert await held.current() is second


async def test_however_many_ask_and_give_up_a_version_is_compiled_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(ledger, SMALL_TOWN, "x")
    compiles, real = [], store.configurations._compiled

    def slow(*of: Any) -> CompiledConfiguration:
        compiles.append(of)
        time.sleep(0.5)
        return real(*of)

    monkeypatch.setattr(store.configurations, "_compiled", slow)
    held = Configurations(ledger)
    # As steps of the line do, that have less time than a large document takes.
    gave_up = await asyncio.gather(*(asyncio.wait_for(held.current(), 0.2) for _ in range(20)), return_exceptions=True)
    assert {type(one) for one in gave_up} == {TimeoutError}
    assert len({id(one) for one in await asyncio.gather(*(held.current() for _ in range(20)))}) == 1
    assert len(compiles) == 1


async def test_a_version_that_could_not_be_loaded_is_loaded_at_the_next_call(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(ledger, SMALL_TOWN, "x")
    held = Configurations(ledger)
    with monkeypatch.context() as broken:
        broken.setattr(store.configurations, "running_overlays", AsyncMock(side_effect=StoreUnavailable("away")))
        with pytest.raises(StoreUnavailable):
            await held.current()
    assert (await held.current()).version == 1


async def test_what_was_published_comes_back_letter_for_letter(ledger: Ledger) -> None:
    document = f"# é ß 👍\r\n{SMALL_TOWN}"
    await publish(ledger, document, "settings file")
    [row] = await rows(ledger, configurations)
    assert (row.document, row.published_by) == (document, "settings file")


async def test_an_installation_has_one_id_however_many_ask_for_it_first(ledger: Ledger, neighbour: Ledger) -> None:
    made = await asyncio.gather(*(installation_id(one) for one in (ledger, neighbour) * 5))
    assert len(set(made)) == 1


async def test_an_installation_knows_whether_it_ever_kept_anything(ledger: Ledger) -> None:
    assert not await has_deliveries(ledger)
    await kept(ledger)
    assert await has_deliveries(ledger)
