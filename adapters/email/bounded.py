"""Reading a large or suspect mail in a child process."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from adapters.email.forked import Forked, failed
from adapters.email.warm import nurse
from inbox.errors import UnreadableError
from inbox.ports import Reader
from inbox.reading import Reading


@dataclass(frozen=True)
class ChildProcess(Forked):
    """Reads each mail in a process of its own. The port's ChildReader."""

    program: str = "adapters.email.bounded"

    async def __call__(self, raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        """Read in a child process with limits on time and memory.

        Raises what the reader raises, and ReaderDied when the child was killed, or its time or its answer's room was up.
        """
        answer = json.loads(await self.answer(raw, own_addresses))
        if "error" in answer:
            raise failed(answer)
        return Reading.model_validate(answer["reading"])


_SAMPLE = b"""From: a@voorbeeld.example
Subject: Warm
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<p>De lantaarnpaal voor ons huis is kapot en er ligt een tegel los.</p>
"""


def serve(read: Reader) -> None:
    """In the child: be the warm process whose forks read one mail each with this reader."""

    def converse(own_addresses: frozenset[str]) -> None:
        """Answer `{"reading": …}` or `{"error", "detail"}`."""
        try:
            reading = read(sys.stdin.buffer.read(), own_addresses=own_addresses)
            answer: dict[str, object] = {"reading": reading.model_dump(mode="json")}
        except UnreadableError as error:
            answer = {"error": error.code, "detail": error.detail}
        sys.stdout.write(json.dumps(answer))

    def warm_up() -> None:
        read(_SAMPLE, own_addresses=frozenset())

    nurse(converse, warm_up)


def main() -> None:
    """Serve with the reader of mail."""
    from adapters.email.reading.read import read_mail

    serve(read_mail)


if __name__ == "__main__":
    main()
