"""Work on a large or suspect mail in a child process: what kills it or never ends, kills only the child."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import dataclass, field

from adapters.email.nursery import Nursery
from inbox.errors import MalformedMail, ReaderDied, TooLarge, UnreadableError

_PIECE_BYTES = 1 << 20
_NAMED = {error.code: error for error in (MalformedMail, TooLarge, UnreadableError)}
_END_SECONDS = 10.0
"""A killed child is gone at once; its keeper says so."""


@dataclass(frozen=True)
class Forked:
    """Asks each mail's question in a process of its own, forked from a warm one."""

    program: str
    """The module that runs in the child: it hands its work to `nurse`."""
    seconds: float = 120
    cpu_seconds: int = 90
    memory_bytes: int = 3 << 30
    """Address space, not memory in use: the language model alone maps a few hundred MB."""
    answer_bytes: int = 64 << 20
    """The longest answer that is taken."""
    _nurseries: dict[str, Nursery] = field(default_factory=dict, init=False, repr=False, compare=False)

    async def answer(self, raw: bytes, own_addresses: frozenset[str] = frozenset()) -> bytes:
        """Return what the child says of the mail, within limits on time and memory.

        Raises ReaderDied when the child was killed, or its time or its answer's room was up.
        """
        nursery = self._nurseries.setdefault(self.program, Nursery(self.program))
        output, ended = await self._asked(nursery, raw, own_addresses)
        if ended is None:
            # Not the child died but what forks it, perhaps before it did: a mail cannot do that.
            output, ended = await self._asked(nursery, raw, own_addresses)
        if ended != 0:
            raise ReaderDied(f"the reading process ended with {ended}")
        return output

    async def _asked(self, nursery: Nursery, raw: bytes, own_addresses: frozenset[str]) -> tuple[bytes, int | None]:
        """Return the answer of one reader and how it ended; afterwards it is gone. Raises ReaderDied."""
        talk, watch = await asyncio.to_thread(nursery.reader)
        watch.setblocking(False)
        try:
            async with asyncio.timeout(self.seconds):
                output = await self._converse(talk, raw, own_addresses)
                return output, await _ended(watch)
        except TimeoutError:
            raise ReaderDied(f"reading took longer than {self.seconds:g} seconds") from None
        finally:
            await _let_go(watch)

    async def _converse(self, talk: socket.socket, raw: bytes, own_addresses: frozenset[str]) -> bytes:
        """Say the mail and take the answer up to its longest. Raises ReaderDied."""
        asked = {"memory_bytes": self.memory_bytes, "cpu_seconds": self.cpu_seconds, "own_addresses": [*own_addresses]}
        answers, says = await asyncio.open_unix_connection(sock=talk)
        # Both at once: a child that answers before it has read everything would wait for us as we for it.
        saying = asyncio.create_task(_say(says, json.dumps(asked).encode() + b"\n", raw))
        output = bytearray()
        try:
            while chunk := await _heard(answers):
                output += chunk
                if len(output) > self.answer_bytes:
                    raise ReaderDied(f"the reading is longer than {self.answer_bytes} bytes")
        finally:
            saying.cancel()
            await asyncio.wait([saying])
            says.close()
        return bytes(output)


async def _say(says: asyncio.StreamWriter, *words: bytes) -> None:
    try:
        for part in words:
            whole = memoryview(part)
            # In pieces: written at once, a mail of 100 MB would stand in memory three times.
            for start in range(0, len(whole), _PIECE_BYTES):
                says.write(whole[start : start + _PIECE_BYTES])
                await says.drain()
        says.write_eof()
    except (ConnectionError, OSError):
        return  # it died, or has heard enough: its exit code says which


async def _heard(answers: asyncio.StreamReader) -> bytes:
    try:
        return await answers.read(_PIECE_BYTES)
    except ConnectionError:
        return b""  # it died before it had heard everything


async def _ended(watch: socket.socket) -> int | None:
    """Return the exit code of the reader once it ended, None when nobody can say."""
    try:
        said = await asyncio.get_running_loop().sock_recv(watch, 16)
    except ConnectionError:
        return None
    return int(said) if said else None


async def _let_go(watch: socket.socket) -> None:
    """End the reader if it still runs: afterwards it is gone."""
    try:
        watch.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(_END_SECONDS):
            while await asyncio.get_running_loop().sock_recv(watch, 16):
                pass
    except (OSError, TimeoutError):
        pass  # it had ended before
    finally:
        watch.close()


def failed(answer: dict[str, str]) -> UnreadableError:
    """Return the error that a child met and named as `{"error", "detail"}`."""
    return _NAMED.get(answer["error"], UnreadableError)(answer["detail"])
