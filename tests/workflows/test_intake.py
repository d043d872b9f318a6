"""What is handed in goes the way of every message: read, decided, acknowledged, forwarded with its original."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest

from gateway.api.app import make_api
from inbox.attached_scans import SCAN_READ
from store.keys import Role, make_key
from store.tables import deliveries
from tests.configuration import SMALL_TOWN, with_flags
from tests.letters.degrade import degraded
from tests.letters.files import as_jpeg
from tests.letters.letter import letters
from tests.letters.typeset import typeset
from tests.running import Town, until
from tests.servers.clamd import MARKER, Clamd
from tests.servers.ports import LOOPBACK

TEXT = "De lantaarn voor ons huis is kapot."


@pytest.fixture
async def town(make_town: Callable[..., Any]) -> Town:
    """Give a town with a website and a desk; nothing runs yet."""
    made: Town = await make_town(hands_in={"website": "web", "balie": "desk"})
    return made


@asynccontextmanager
async def writing(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the API for whoever hands in."""
    assert town.parts is not None
    key = await make_key(town.ledger, "Website", Role.intake, sources=["website", "balie"])
    transport = httpx.ASGITransport(make_api(town.parts))
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test", headers=headers) as client:
        yield client


async def hand_in(
    client: httpx.AsyncClient, key: str, *files: tuple[str, bytes, str], **changes: Any
) -> httpx.Response:
    item = {"channel": "web", "sender": {"email": "jan@inwoner.test"}, "subject": key, "text": TEXT, **changes}
    form: list[Any] = [("item", (None, json.dumps(item).encode(), "application/json"))]
    form += [("attachments", file) for file in files]
    return await client.post("/v1/items", headers={"Idempotency-Key": key}, files=form)


async def test_a_form_is_answered_with_its_promise_acknowledged_and_forwarded_with_its_original(town: Town) -> None:
    async with writing(town) as client, town.working():
        answer = await hand_in(client, "form", ("foto.txt", b"bijlage", "text/plain"))
        assert answer.status_code == 202
        row = await town.until_status("form", "forwarded")
        notice = await town.until_told(row.item_id)
        told = (await hand_in(client, "form", ("foto.txt", b"bijlage", "text/plain"))).json()
    assert told["isDecided"] is True
    assert told["promise"]["words"] == "binnen 5 werkdagen"
    assert (notice.state, notice.rcpt_to) == ("sent", "jan@inwoner.test")
    [acknowledged] = town.mail_to("jan@inwoner.test")
    assert told["reference"].encode() in acknowledged
    [forwarded] = town.mail_to("kcc@afdeling.test")
    message = message_from_bytes(forwarded, policy=policy.default)
    [enclosed] = [part for part in message.walk() if part.get_content_type() == "message/rfc822"]
    original = enclosed.get_payload(0)
    assert TEXT in original.get_body().get_content()
    assert [part.get_content() for part in original.iter_attachments()] == ["bijlage"]
    assert len(await town.items()) == 1


async def test_a_website_names_no_date_where_a_flag_tells_the_sender_something_else(
    make_town: Callable[..., Any],
) -> None:
    town: Town = await make_town(document=with_flags(SMALL_TOWN), hands_in={"website": "web", "balie": "desk"})
    words = {"nood": f"Ik ben in gevaar. {TEXT}", "pers": f"Ik ben journalist. {TEXT}"}
    told = {}
    async with writing(town) as client, town.working():
        for key, text in words.items():
            await hand_in(client, key, text=text)
            await town.until_status(key, "forwarded")
            told[key] = (await hand_in(client, key, text=text)).json()
    assert (told["nood"]["isDecided"], told["nood"]["promise"]) == (True, None)
    assert told["pers"]["promise"]["words"] == "binnen 5 werkdagen"


async def test_who_gives_no_address_is_not_told_and_goes_to_the_department_all_the_same(town: Town) -> None:
    async with writing(town) as client, town.working():
        await hand_in(client, "balie", channel="desk", sender={"name": "Piet", "phone": "06 12345678"})
        row = await town.until_status("balie", "forwarded")
    assert (row.channel, row.sender_address) == ("desk", "")
    [notice] = await town.notices(row.item_id)
    assert notice.state == "withheld"


async def test_the_answer_comes_while_nothing_works_and_the_item_goes_on_afterwards(town: Town) -> None:
    async with writing(town) as client:
        answer = await hand_in(client, "stil")
        assert (answer.status_code, answer.json()["isDecided"]) == (202, False)
        async with town.working():
            await town.until_status("stil", "forwarded")


async def test_what_is_infected_is_set_aside_and_goes_nowhere(make_town: Callable[..., Any], clamd: Clamd) -> None:
    town: Town = await make_town(
        clamd={"host": LOOPBACK, "port": clamd.port}, hands_in={"website": "web", "balie": "desk"}
    )
    async with writing(town) as client, town.working():
        answer = await hand_in(client, "besmet", ("virus.com", MARKER, "application/octet-stream"))
        assert answer.status_code == 202

        async def set_aside() -> Any:
            return [row for row in await town.items() if row.status == "quarantined"]

        [row] = await until(set_aside, "the infected one is quarantined")
        assert row.quarantine_code == "infected"
        assert (await hand_in(client, "schoon")).status_code == 202
        await town.until_status("schoon", "forwarded")
    assert await town.forwards(row.item_id) == []
    assert not any(MARKER in taken.message for taken in town.relay.taken)
    assert len(await town.rows(deliveries)) == 2


async def test_a_photographed_objection_on_a_form_is_routed_as_one(make_town: Callable[..., Any]) -> None:
    town: Town = await make_town(hands_in={"website": "web", "balie": "desk"}, post={"reads_attached": True})
    photograph = as_jpeg(degraded(typeset(letters()["objection"])[0].image, "skewed", seed=4))
    async with writing(town) as client, town.working():
        answer = await hand_in(client, "foto", ("foto.jpg", photograph, "image/jpeg"), text="Zie bijlage.")
        assert answer.status_code == 202
        row = await town.until_status("foto", "forwarded")
        await town.until_told(row.item_id)
    assert SCAN_READ in row.reading["remarks"]
    [forward] = await town.forwards(row.item_id)
    assert forward.department == "juridisch"
