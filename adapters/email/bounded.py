"""Reading a large or suspect mail in a child process: what kills it or never ends, kills only the child."""

from __future__ import annotations

import asyncio
import json
import resource
import sys

from inbox.errors import MalformedMail, ReaderDied, TooLarge, UnreadableError
from inbox.reading import Reading

_SECONDS = 120
_CPU_SECONDS = 90
_MEMORY_BYTES = 3 << 30
"""Address space, not memory in use: the language model alone maps a few hundred MB."""

_NAMED = {error.code: error for error in (MalformedMail, TooLarge, UnreadableError)}


async def read_in_child(raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
    """Read in a child process with limits on time and memory.

    Raises what the reader raises, and ReaderDied when the child was killed or its time was up.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "adapters.email.bounded",
        *sorted(own_addresses),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate(raw)
    except TimeoutError:
        raise ReaderDied(f"reading took longer than {_SECONDS} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ReaderDied(f"the reading process ended with {process.returncode}")
    answer = json.loads(output)
    if "error" in answer:
        raise _NAMED.get(answer["error"], UnreadableError)(answer["detail"])
    return Reading.model_validate(answer["reading"])


def main() -> None:
    """Read one mail from standard input; write `{"reading": …}` or `{"error", "detail"}` to standard output."""
    from adapters.email.reading.read import read_mail

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        reading = read_mail(sys.stdin.buffer.read(), own_addresses=frozenset(sys.argv[1:]))
        answer: dict[str, object] = {"reading": reading.model_dump(mode="json")}
    except UnreadableError as error:
        answer = {"error": error.code, "detail": error.detail}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
