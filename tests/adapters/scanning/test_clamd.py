"""The scanner, against a real clamd with one signature of our own."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.scanning.clamd import Clamd as Scanner
from adapters.scanning.settings import ClamdSettings
from inbox.errors import ScannerUnavailable, TooLargeToScan
from tests.servers.clamd import MARKER, SIGNATURE, STREAM_MAX_BYTES, Clamd
from tests.servers.ports import LOOPBACK, free_port


def scanner(clamd: Clamd, **changes: object) -> Scanner:
    """Return a scanner that asks the daemon over TCP."""
    return Scanner(ClamdSettings.model_validate({"host": LOOPBACK, "port": clamd.port, **changes}))


def attached(content: bytes) -> bytes:
    """Return a mail with the content in an attachment, in base64."""
    return (
        b"From: jan@inwoner.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nZie de bijlage.\r\n"
        b'--b\r\nContent-Type: application/octet-stream; name="brief.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.encodebytes(content)
        + b"--b--\r\n"
    )


async def test_a_clean_mail_has_nothing_and_an_infected_one_its_signatures_name(clamd: Clamd) -> None:
    asked = scanner(clamd)
    assert await asked.scan(attached(b"niets")) is None
    assert await asked.scan(b"") is None
    assert await asked.scan(b"Subject: x\r\n\r\n" + MARKER) == SIGNATURE
    assert await asked.scan(attached(b"x" * 1000 + MARKER)) == SIGNATURE


async def test_what_stands_across_two_pieces_is_found(clamd: Clamd) -> None:
    piece = 256 << 10
    for before in (piece - 5, piece - len(MARKER), piece, 2 * piece - 1):
        assert await scanner(clamd).scan(b"x" * before + MARKER) == SIGNATURE


async def test_a_socket_on_this_machine_does_as_well(clamd: Clamd) -> None:
    asked = Scanner(ClamdSettings(socket=clamd.socket))
    assert await asked.scan(MARKER) == SIGNATURE
    assert (await asked.check()).startswith("ClamAV 1")


async def test_many_at_once_each_get_their_own_answer(clamd: Clamd) -> None:
    asked = scanner(clamd)
    found = await asyncio.gather(*(asked.scan(MARKER if number % 3 else b"niets") for number in range(60)))
    assert found == [SIGNATURE if number % 3 else None for number in range(60)]


async def test_what_is_too_large_is_said_whoever_notices(clamd: Clamd) -> None:
    with pytest.raises(TooLargeToScan, match="StreamMaxLength"):
        await scanner(clamd).scan(b"x" * (STREAM_MAX_BYTES + 1))
    # It answers and closes while most is still unsaid.
    for asked in (scanner(clamd), Scanner(ClamdSettings(socket=clamd.socket))):
        for _ in range(20):
            with pytest.raises(TooLargeToScan, match="StreamMaxLength"):
                await asked.scan(b"x" * (16 << 20))
    with pytest.raises(TooLargeToScan, match="max_stream_bytes"):
        await scanner(clamd, max_stream_bytes=10).scan(b"x" * 11)
    assert await scanner(clamd, max_stream_bytes=10).scan(b"x" * 10) is None


async def test_nobody_there_names_the_setting() -> None:
    nobody = Scanner(ClamdSettings(host=LOOPBACK, port=free_port()))
    with pytest.raises(ScannerUnavailable, match="check `clamd`"):
        await nobody.scan(b"x")
    with pytest.raises(ScannerUnavailable, match="check `clamd`"):
        await nobody.check()
    with pytest.raises(ScannerUnavailable, match="check `clamd`"):
        await Scanner(ClamdSettings(socket=Path("/nowhere/clamd.sock"))).scan(b"x")


Speaks = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def pretending(speaks: Speaks) -> AsyncIterator[Scanner]:
    """Give a scanner in front of something that is no good clamd."""
    speaking: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        speaking.append(task)
        try:
            await speaks(reader, writer)
        finally:
            if not writer.is_closing():
                writer.transport.abort()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Scanner(ClamdSettings(host=LOOPBACK, port=port, timeout_seconds=0.5))
    for task in speaking:
        task.cancel()
    await asyncio.gather(*speaking, return_exceptions=True)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"stream: ",
        b"stream: Can't allocate memory ERROR\0",
        b"OK FOUND?\0",
        b"stream: OKAY\0",
        b"HTTP/1.1 400\r\n\r\n",
        b"\xff" * 9000,
    ],
    ids=["nothing", "half", "error", "nonsense", "nearly", "http", "endless"],
)
async def test_only_a_whole_ok_is_clean(answer: bytes) -> None:
    async def speaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0\0\0\0")
        writer.write(answer)
        writer.close()

    async with pretending(speaks) as asked:
        with pytest.raises(ScannerUnavailable):
            await asked.scan(b"x")


async def test_a_part_that_was_not_looked_at_is_no_virus_and_not_clean() -> None:
    async def speaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0\0\0\0")
        writer.write(b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0")
        writer.close()

    async with pretending(speaks) as asked:
        with pytest.raises(TooLargeToScan, match="MaxFileSize"):
            await asked.scan(b"x")


async def test_a_silent_one_is_left_in_time_also_while_it_takes_nothing() -> None:
    async def speaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with pretending(speaks) as asked:
        for raw in (b"x", b"x" * (64 << 20)):
            with pytest.raises(ScannerUnavailable, match="timeout_seconds"):
                await asked.scan(raw)


def test_one_place_is_named() -> None:
    for settings in ({}, {"host": "clamd", "socket": "/run/clamd.sock"}, {"host": "a/b"}, {"host": "x", "port": 0}):
        with pytest.raises(ValidationError):
            ClamdSettings.model_validate(settings)
