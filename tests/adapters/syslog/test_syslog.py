"""Syslog: messages that a strict receiver takes, over each transport, and errors that name the setting."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.syslog.message import syslog_message
from adapters.syslog.settings import SyslogSettings
from adapters.syslog.syslog import Syslog
from inbox.audited import AuditedEntry
from inbox.errors import SettingsInvalid, SiemUnavailable
from tests.servers.dovecot import make_certificates
from tests.servers.ports import free_port
from tests.servers.siem import MESSAGE, parameters, siem

AT = datetime(2026, 11, 27, 9, 30, 0, 123456, UTC)
ENTRY = AuditedEntry(1, AT, "Karin", "item.seen", "item/1", None, None, {"count": 1}, "ab" * 32)


def entries(count: int) -> list[AuditedEntry]:
    return [replace(ENTRY, sequence=number) for number in range(1, count + 1)]


def over(transport: str, port: int, **more: object) -> Syslog:
    settings = {"host": "127.0.0.1", "port": port, "transport": transport, "timeout_seconds": 2, **more}
    return Syslog(SyslogSettings.model_validate(settings))


def test_a_message_has_the_form_of_the_standard() -> None:
    assert syslog_message(ENTRY, "poort", 32473).decode() == (
        "<110>1 2026-11-27T09:30:00.123456Z poort inbox-gateway - item.seen"
        ' [meta sequenceId="1"][audit@32473 sequence="1" actor="Karin" kind="item.seen" subject="item/1"'
        f' about="{{\\"count\\": 1}}" chain="{"ab" * 32}"] item.seen:item/1'
    )


def test_a_change_weighs_more_than_a_look_and_names_its_versions() -> None:
    change = replace(ENTRY, kind="version.published", from_version=3, to_version=4)
    written = syslog_message(change, "poort", 1).decode()
    assert written.startswith("<109>1 ")
    assert (parameters(written)["fromVersion"], parameters(written)["toVersion"]) == ("3", "4")


@given(st.text(), st.text(), st.text())
def test_whatever_stands_in_an_entry_the_message_can_be_read(actor: str, subject: str, host: str) -> None:
    plain = [word.encode(errors="replace").decode() for word in (actor, subject, host)]
    written = syslog_message(replace(ENTRY, actor=plain[0], subject=plain[1]), plain[2], 32473).decode()
    assert "\n" not in written
    found = parameters(written)
    assert found["actor"] == "".join(" " if ord(sign) < 32 or ord(sign) == 127 else sign for sign in plain[0])


def test_a_long_list_is_left_out_and_counted() -> None:
    about = {"count": 200, "itemIds": ["3f0a5d7e-4a4b-4a55-9a53-0d4c7a9d1c2e"] * 200}
    written = syslog_message(replace(ENTRY, about=about), "poort", 32473)
    assert len(written) < 2048
    assert parameters(written.decode())["count"] == "200"
    assert "about" not in parameters(written.decode())


def test_what_was_erased_is_left_out() -> None:
    erased = replace(ENTRY, actor=None, subject=None, about=None)
    assert {"actor", "subject", "about"}.isdisjoint(parameters(syslog_message(erased, "", 1).decode()))


async def test_entries_come_over_tcp_in_order() -> None:
    async with siem() as server:
        syslog = over("tcp", server.port)
        await syslog.send(entries(300))
        await syslog.send(entries(2))
        await syslog.close()
        await asyncio.sleep(0.1)
    assert server.sequences == [*range(1, 301), 1, 2]


async def test_entries_come_over_tls_only_to_a_receiver_that_is_trusted(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    async with siem(tmp_path) as server:
        syslog = over("tls", server.port, ca_file=tmp_path / "ca.pem")
        await syslog.send(entries(3))
        assert await syslog.check() == f"127.0.0.1:{server.port}, tls"
        with pytest.raises(SiemUnavailable, match="certificate is not trusted"):
            await over("tls", server.port).send(entries(1))
        with pytest.raises(SettingsInvalid, match="ca_file"):
            await over("tls", server.port, ca_file=tmp_path / "none.pem").send(entries(1))
        await asyncio.sleep(0.1)
    assert server.sequences == [1, 2, 3]


async def test_entries_come_over_udp_one_in_each_datagram() -> None:
    heard: list[bytes] = []

    class Listens(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            heard.append(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Listens, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    await over("udp", port).send(entries(3))
    for _ in range(100):
        if len(heard) == 3:
            break
        await asyncio.sleep(0.01)
    transport.close()
    assert [MESSAGE.fullmatch(data.decode()) is not None for data in heard] == [True] * 3


async def test_nobody_there_is_told_with_the_setting() -> None:
    with pytest.raises(SiemUnavailable, match=r"audit\.syslog"):
        await over("tcp", free_port()).check()


async def test_a_receiver_that_does_not_take_the_bytes_is_not_believed() -> None:
    async with siem() as server:
        server.reads.clear()
        syslog = over("tcp", server.port, timeout_seconds=0.2)
        with pytest.raises(SiemUnavailable, match="does not answer"):
            await syslog.send(entries(60_000))


async def test_that_a_receiver_hung_up_meanwhile_is_told_and_then_it_is_called_again() -> None:
    async with siem() as server:
        syslog = over("tcp", server.port)
        await syslog.send(entries(1))
        await asyncio.sleep(0.1)
        await server.stop()
        await server.start()
        await asyncio.sleep(0.1)
        with pytest.raises(SiemUnavailable, match="hung up"):
            await syslog.send(entries(2))
        await syslog.send(entries(2))
        await asyncio.sleep(0.1)
        await syslog.close()
    assert server.sequences == [1, 1, 2]


@pytest.mark.parametrize(
    "wrong", [{"host": "a/b"}, {"port": 0}, {"transport": "smoke"}, {"transport": "tcp", "ca_file": "x"}]
)
def test_settings_of_another_shape_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SyslogSettings.model_validate({"host": "siem.test", **wrong})
