"""Sources that are made, changed, paused and let go on while mail comes in, at a real mailbox and in several processes.

Invariant 1 and 2 hold through all of it: nothing is lost, nothing is taken twice.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.api.app import make_api
from gateway.bootstrap import assembled
from gateway.settings import Settings, SourceSettings
from gateway.source_desk import SourceDesk
from gateway.source_trying import Trying
from inbox.channel import Channel
from inbox.errors import SettingsInvalid
from store.keys import Role, make_key
from store.reconciling import reconcile
from store.source_definitions import Wished, change_source, define_source, pause_source, resume_source
from store.sources import source_row
from store.tables import deliveries, sources, sweeps
from tests.mails import mail
from tests.running import Town, until
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox, letter
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.smtp_server import SmtpServer
from tests.servers.temporal import Temporal

MAILS = 40


@pytest.fixture
def second(dovecot: Dovecot) -> Mailbox:
    """Give another mailbox, of which the settings file says nothing."""
    return Mailbox(dovecot, f"{uuid.uuid4().hex}@gemeente.test")


def wished(box: Mailbox, **changes: Any) -> Wished:
    """Return a live source at the mailbox."""
    imap = box.settings().model_dump(mode="json", exclude_unset=True)
    said = {"id": "bezwaar", "mode": "live", "sweep_seconds": 30, "imap": imap, **changes}
    source = SourceSettings.model_validate(said)
    return Wished("bezwaar", Channel.email, source.mode, source.live_from, said)


@pytest.fixture
def make_pair(
    town_settings: Callable[..., Settings],
    mailbox: Mailbox,
    second: Mailbox,
    smtp_server: SmtpServer,
    temporal_server: Temporal,
) -> Callable[[], Town]:
    """Give a maker of towns at one ledger that may use the second mailbox' password, each with its own Temporal."""
    settings = town_settings().model_copy(update={"source_secret_roots": (Path(second.server.password_file).parent,)})
    return lambda: Town(settings, mailbox, smtp_server, temporal_server, temporal_server.fresh_namespace())


async def kept(town: Town, source_id: str = "bezwaar") -> Counter[str]:
    return Counter(row.position for row in await town.rows(deliveries, deliveries.c.source_id == source_id))


async def test_a_source_that_is_made_over_the_api_is_read_without_a_restart(
    make_pair: Callable[[], Town], second: Mailbox
) -> None:
    first = make_pair()
    settings = first.settings
    async with assembled(settings, migrates=True) as parts:
        first.parts = parts
        transport = httpx.ASGITransport(make_api(parts, desk=SourceDesk(settings)))
        key = await make_key(parts.ledger, "Beheer", Role.admin)
        headers = {"Authorization": f"Bearer {key}"}
        imap = {
            "host": LOOPBACK,
            "port": second.server.port,
            "tls": "none",
            "user": second.user,
            "passwordFile": str(second.server.password_file),
            "addresses": ["bezwaar@gemeente.test"],
        }
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client, first.working():
            live = {"mode": "live", "liveFrom": "2000-01-01T00:00:00Z", "sweepSeconds": 30}
            body = {"sourceId": "bezwaar", **live, "imap": imap}
            tried = await client.post("/v1/sources/try", headers=headers, json=body)
            assert tried.json() == {"works": True, "code": "ok", "detail": "0 messages there now; nothing was touched"}
            made = await client.post("/v1/sources", headers=headers, json=body)
            assert made.status_code == 201, made.text
            second.deliver(mail("Lantaarn over de API"))
            await first.until_status("Lantaarn over de API", "forwarded")
            told = (await client.get("/v1/sources/bezwaar", headers=headers)).json()
            assert (told["keptCount"], told["isConfigured"], told["trouble"]) == (1, True, None)
            assert "bezwaar@gemeente.test" in parts.identity.own_addresses

            paused = await client.post("/v1/sources/bezwaar/pause", headers=headers, json={"reason": "verhuizing"})
            assert paused.status_code == 200
            assert paused.json()["healthy"] is False
            # Whatever is in hand ends within seconds; from then on nobody looks.
            await asyncio.sleep(4)
            second.deliver(mail("Lantaarn tijdens de pauze", "Er ligt een omgewaaide boom op het fietspad."))
            await asyncio.sleep(4)
            assert second.subjects() == ["Lantaarn tijdens de pauze"]
            resumed = await client.post("/v1/sources/bezwaar/resume", headers=headers, json={})
            assert resumed.status_code == 200

            async def both_kept() -> bool:
                return sum((await kept(first)).values()) == 2

            await until(both_kept, "what came meanwhile is taken in", 15)
            await first.until_status("Lantaarn tijdens de pauze", "forwarded")
        assert sum((await kept(first)).values()) == 2


async def test_pausing_and_changing_in_the_middle_of_traffic_loses_and_doubles_nothing(
    make_pair: Callable[[], Town], second: Mailbox
) -> None:
    """Two gateways at one ledger, each with its own workers, as two processes are."""
    town, other = make_pair(), make_pair()
    settings = town.settings
    stop = asyncio.Event()

    async def deliver() -> None:
        for number in range(MAILS):
            await asyncio.to_thread(second.deliver, mail(f"Lantaarn {number}"))
            await asyncio.sleep(0.2)
        stop.set()

    async def meddle(ledger: Any) -> int:
        version, rounds = 1, 0
        while not stop.is_set():
            await pause_source(ledger, "bezwaar", "Anja", "even niet")
            await asyncio.sleep(1.5)
            await resume_source(ledger, "bezwaar", "Anja")
            version = await change_source(ledger, wished(second, sweep_seconds=30 + version), version, "Bert")
            await asyncio.sleep(2.5)
            rounds += 1
        return rounds

    async with assembled(settings, migrates=True) as one, assembled(settings, migrates=True) as two:
        town.parts, other.parts = one, two
        await define_source(one.ledger, wished(second), "Beheer")
        async with town.working(), other.working():
            _, rounds = await asyncio.gather(deliver(), meddle(one.ledger))
            assert rounds >= 2

            async def all_told() -> bool:
                rows = await town.rows(deliveries, deliveries.c.source_id == "bezwaar")
                # A reader that is stopped between the move and the note of it leaves the note to the next sweep.
                return len(rows) == MAILS and second.subjects() == [] and all(row.confirmed_at for row in rows)

            await until(all_told, "everything is kept, told, and noted as told", 120)
        report = await reconcile(one.ledger, one.bytes, settles=timedelta(0), pause=timedelta(0))
        assert [difference.kind for difference in report.differences] == []
        assert max((await kept(town)).values()) == 1
        assert [row.vanished for row in await town.rows(sweeps) if row.vanished] == []
        assert sorted(second.subjects("Verwerkt")) == sorted(f"Lantaarn {number}" for number in range(MAILS))
        # A pause and a change are no trouble of the source.
        assert (await source_row(one.ledger, "bezwaar")).trouble_code is None


async def test_a_pause_of_the_settings_files_source_holds_over_a_restart(make_town: Callable[..., Any]) -> None:
    town: Town = await make_town()
    await pause_source(town.ledger, "info", "Anja", "storing")
    async with assembled(town.settings, migrates=True) as parts:
        assert parts.sources["info"].is_paused
        await resume_source(town.ledger, "info", "Anja")

        async def goes_on() -> bool:
            return not parts.sources["info"].is_paused

        await until(goes_on, "the other process goes on", 10)


async def test_an_id_in_a_settings_file_that_was_made_over_the_api_is_refused_at_start(
    make_town: Callable[..., Any], second: Mailbox
) -> None:
    town: Town = await make_town()
    await define_source(town.ledger, wished(second), "Beheer")
    twice = SourceSettings.model_validate({"id": "bezwaar", "imap": second.settings().model_dump(mode="json")})
    settings = town.settings.model_copy(update={"sources": (*town.settings.sources, twice)})
    with pytest.raises(SettingsInvalid, match="`bezwaar` was made over the API"):
        async with assembled(settings, migrates=True):
            pytest.fail("it started")


async def test_a_source_that_cannot_be_here_is_in_trouble_and_the_others_go_on(
    make_town: Callable[..., Any], second: Mailbox
) -> None:
    """Made where other folders of secrets are allowed: this process must not open the file."""
    town: Town = await make_town()
    await define_source(town.ledger, wished(second), "Beheer")
    async with assembled(town.settings, migrates=True) as parts:
        assert set(parts.sources) == {"info"}
        [row] = await town.rows(sources, sources.c.source_id == "bezwaar")
        assert (row.trouble_code, "`imap.password_file`" in row.trouble_detail) == ("settings_invalid", True)


async def _tried(box: Mailbox, **imap: Any) -> tuple[str, str, float]:
    settings = box.settings().model_copy(update=imap)
    started = time.monotonic()
    tried = await Trying().source(SourceSettings(id="bezwaar", imap=settings))
    return tried.code, tried.detail, time.monotonic() - started


@pytest.mark.parametrize(
    ("changes", "code", "names"),
    [
        ({"password_file": None, "password_env": "SOURCE_WRONG"}, "credentials_refused", "password_env"),
        ({"password_file": None, "password_env": "SOURCE_ABSENT"}, "settings_invalid", "password_env"),
        ({"host": "imap.invalid", "tls": "implicit"}, "source_unreachable", "host"),
        ({"port": 0}, "source_unreachable", "port"),
        ({"folder": "Bestaat niet"}, "folder_missing", "folder"),
        ({"tls": "implicit"}, "source_unreachable", "tls"),
        ({"tls": "starttls"}, "source_unreachable", "tls"),
    ],
    ids=str,
)
async def test_a_try_tells_in_one_sentence_what_is_wrong_and_leaves_no_trace(
    second: Mailbox, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], code: str, names: str
) -> None:
    monkeypatch.setenv("SOURCE_WRONG", "niet-het-wachtwoord")
    second.deliver(letter("Blijft liggen"))
    if "port" in changes:
        changes = {"port": free_port()}
    told, detail, seconds = await _tried(second, **changes)
    assert (told, names in detail) == (code, True), detail
    assert "\n" not in detail
    assert "niet-het-wachtwoord" not in detail
    assert seconds < 30
    assert second.subjects() == ["Blijft liggen"]
    assert second.flags() == [set()]


async def test_a_try_that_works_leaves_no_trace_either(second: Mailbox) -> None:
    second.deliver(letter("Blijft liggen"))
    code, detail, _ = await _tried(second)
    assert (code, detail) == ("ok", "1 messages there now; nothing was touched")
    assert (second.subjects(), second.flags()) == (["Blijft liggen"], [set()])
