"""One sweep over a real mailbox, in a process of its own: `python -m tests.keep_once FACTS [STEPS]`.

FACTS: JSON with `ledger`, `bytes`, and `imap` settings. STEPS: a file to which each step that must be in order is
written as it happens, for where no tracer is installed.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.email.imap import ImapSource
from adapters.email.imap_session import ImapSession
from adapters.email.settings import ImapSettings
from store.byte_folder import ByteFolder
from store.ledger import Ledger
from tests.memory_source import sweepable, swept


async def keep(facts: dict[str, Any], steps: Path | None) -> None:
    """Keep everything in the mailbox."""
    ledger = Ledger(facts["ledger"])
    source = ImapSource("info", ImapSettings.model_validate(facts["imap"]), observes=False)
    parts = await sweepable(ledger, ByteFolder(Path(facts["bytes"])), source)
    if steps is not None:
        _record(ledger, steps)
    await swept(parts)
    await ledger.close()


def _record(ledger: Ledger, steps: Path) -> None:
    """Write down each step under keep: what makes something durable after it was done, the others before."""

    def write(*words: object) -> None:
        with steps.open("a", encoding="utf-8") as file:
            file.write(json.dumps([str(word) for word in words]) + "\n")

    def afterwards(work: Callable[..., Any], words: Callable[..., tuple[object, ...]]) -> Callable[..., Any]:
        def done(*arguments: Any, **options: Any) -> Any:
            said = words(*arguments)
            answer = work(*arguments, **options)
            write(*said)
            return answer

        return done

    def beforehand(work: Callable[..., Any], words: Callable[..., tuple[object, ...]]) -> Callable[..., Any]:
        def done(*arguments: Any, **options: Any) -> Any:
            write(*words(*arguments))
            return work(*arguments, **options)

        return done

    def synced(descriptor: int) -> tuple[object, ...]:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        return "folder" if is_folder else "file", Path(f"/proc/self/fd/{descriptor}").readlink()

    os.fsync = afterwards(os.fsync, synced)
    os.link = afterwards(os.link, lambda _, target: ("name", target))  # type: ignore[assignment]
    Path.stat = afterwards(Path.stat, lambda path: ("look", path))  # type: ignore[method-assign]
    ImapSession.move_to = beforehand(ImapSession.move_to, lambda _, uid, folder: ("told", uid))  # type: ignore[method-assign]
    dialect = ledger.engine.sync_engine.dialect
    # A commit returns when the log of the ledger is synced: `synchronous=FULL`, which tests/store/test_ledger.py holds.
    dialect.do_commit = afterwards(dialect.do_commit, lambda _: ("ledger",))  # type: ignore[method-assign]


if __name__ == "__main__":
    asyncio.run(keep(json.loads(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
