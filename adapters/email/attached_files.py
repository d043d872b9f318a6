"""Taking the files that may show a letter out of a mail, in a child process.

The child answers with a line `{"sizes": [bytes, …]}` and the files behind it, or with `{"error", "detail"}`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from adapters.email.forked import Forked, failed
from adapters.email.warm import nurse
from inbox.errors import ReaderDied, UnreadableError

_SAMPLE = b"Subject: Warm\n\nDe lantaarnpaal is kapot.\n"


@dataclass(frozen=True)
class AttachedFiles(Forked):
    """Takes the scans out of mails, each in a process of its own. The port's ScanFiles."""

    program: str = "adapters.email.attached_files"

    async def __call__(self, raw: bytes) -> tuple[bytes, ...]:
        """Return the files that may show a letter, in order.

        Raises UnreadableError when the mail cannot be read; ReaderDied when the child was killed, its time or its answer's
        room was up, or its answer is not one.
        """
        line, _, contents = (await self.answer(raw)).partition(b"\n")
        answer = json.loads(line)
        if "error" in answer:
            raise failed(answer)
        files: list[bytes] = []
        start = 0
        for size in answer["sizes"]:
            files.append(contents[start : start + size])
            start += size
        if start != len(contents):
            raise ReaderDied(f"the files of the mail take {len(contents)} bytes, and not the {start} that were said")
        return tuple(files)


def main() -> None:
    """In the child: be the warm process whose forks take the files out of one mail each."""
    from adapters.email.reading.read import read_mail
    from adapters.email.reading.scan_files import scan_files

    def converse(_own_addresses: frozenset[str]) -> None:
        files: list[bytes] = []
        answer: dict[str, object]
        try:
            files = scan_files(sys.stdin.buffer.read())
            answer = {"sizes": [len(file) for file in files]}
        except UnreadableError as error:
            answer = {"error": error.code, "detail": error.detail}
        out = sys.stdout.buffer
        out.write(json.dumps(answer).encode() + b"\n")
        for file in files:
            out.write(file)

    def warm_up() -> None:
        read_mail(_SAMPLE)
        scan_files(_SAMPLE)

    nurse(converse, warm_up)


if __name__ == "__main__":
    main()
