"""A worker process whose readers are those of `poison_child`: a poisoned mail kills whichever process reads it.

`python -m tests.workflows.poison_worker SETTINGS TEMPORAL_ADDRESS NAMESPACE`
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from adapters.email.bounded import ChildProcess
from gateway.bootstrap import assembled
from gateway.settings import find_settings
from inbox.channel import Channel
from tests.workflows.poison_child import read
from workflows.client import connect
from workflows.worker import work


async def run(settings: Path, address: str, namespace: str) -> None:
    """Work until killed."""
    async with assembled(find_settings(settings), migrates=False) as parts:
        parts.readers = {Channel.email: read}
        parts.child_readers = {Channel.email: ChildProcess(program="tests.workflows.poison_child")}
        client = await connect(address, namespace, tls=False, ca_file=None, certificate_file=None, key_file=None)
        await work(parts, client)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), *sys.argv[2:]))
