"""Reading a large or suspect mail in a child process: what kills it or never ends, kills only the child."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from dataclasses import dataclass

from inbox.errors import MalformedMail, ReaderDied, TooLarge, UnreadableError
from inbox.ports import Reader
from inbox.reading import Reading

_PIECE_BYTES = 1 << 20
_NAMED = {error.code: error for error in (MalformedMail, TooLarge, UnreadableError)}


@dataclass(frozen=True)
class ChildProcess:
    """Reads each mail in a process of its own. The port's ChildReader."""

    seconds: float = 120
    cpu_seconds: int = 90
    memory_bytes: int = 3 << 30
    """Address space, not memory in use: the language model alone maps a few hundred MB."""
    answer_bytes: int = 64 << 20
    """The longest answer that is taken; a reading is a few times as long as the words of its mail at most."""
    program: str = "adapters.email.bounded"
    """The module that runs in the child: it hands its reader to `serve`."""

    async def __call__(self, raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        """Read in a child process with limits on time and memory.

        Raises what the reader raises, and ReaderDied when the child was killed, or its time or its answer's room was up.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self.program,
            str(self.memory_bytes),
            str(self.cpu_seconds),
            *sorted(own_addresses),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(self.seconds):
                output = await self._converse(process, raw)
        except TimeoutError:
            raise ReaderDied(f"reading took longer than {self.seconds:g} seconds") from None
        finally:
            if process.returncode is None:
                process.kill()
                # What it still wanted to say is thrown away: asyncio waits for the end of its pipes as well.
                while await process.stdout.read(_PIECE_BYTES):
                    pass
                await process.wait()
        if process.returncode != 0:
            raise ReaderDied(f"the reading process ended with {process.returncode}")
        return _understood(output)

    async def _converse(self, process: asyncio.subprocess.Process, raw: bytes) -> bytes:
        """Say the mail, take the answer up to its longest, and wait for the end. Raises ReaderDied."""
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(raw)
        output = bytearray()
        try:
            # Both at once: a child that answers before it has read everything would wait for us as we for it.
            saying = asyncio.create_task(_say(process.stdin))
            while chunk := await process.stdout.read(_PIECE_BYTES):
                output += chunk
                if len(output) > self.answer_bytes:
                    raise ReaderDied(f"the reading is longer than {self.answer_bytes} bytes")
        finally:
            saying.cancel()
            await asyncio.wait([saying])
        await process.wait()
        return bytes(output)


async def _say(stdin: asyncio.StreamWriter) -> None:
    try:
        await stdin.drain()
    except ConnectionError:
        return  # it died, or has heard enough: its exit code says which
    finally:
        stdin.close()


def _understood(output: bytes) -> Reading:
    answer = json.loads(output)
    if "error" in answer:
        raise _NAMED.get(answer["error"], UnreadableError)(answer["detail"])
    return Reading.model_validate(answer["reading"])


def serve(read: Reader) -> None:
    """In the child: read one mail from standard input; write `{"reading": …}` or `{"error", "detail"}`."""
    memory_bytes, cpu_seconds = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        reading = read(sys.stdin.buffer.read(), own_addresses=frozenset(sys.argv[3:]))
        answer: dict[str, object] = {"reading": reading.model_dump(mode="json")}
    except UnreadableError as error:
        answer = {"error": error.code, "detail": error.detail}
    sys.stdout.write(json.dumps(answer))


def main() -> None:
    """Serve with the reader of mail."""
    from adapters.email.reading.read import read_mail

    serve(read_mail)


if __name__ == "__main__":
    main()
