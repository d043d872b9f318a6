"""Mails that kill the process that reads them."""

from __future__ import annotations

import os
import signal

from inbox.errors import ReaderDied
from inbox.ports import ChildReader, Reader
from inbox.reading import Reading

POISON = b"vergif-voor-de-lezer"
"""Stands in the body: the header alone may be read."""


def kill_on_poison(reader: Reader) -> Reader:
    """Return the reader, whose process dies by SIGKILL when the bytes hold the mark."""

    def read(raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        if POISON in raw:
            os.kill(os.getpid(), signal.SIGKILL)
        return reader(raw, own_addresses=own_addresses)

    return read


def child_dies_on_poison(reader: ChildReader) -> ChildReader:
    """Return the child reader, which finds its child dead when the bytes hold the mark."""

    async def read(raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        if POISON in raw:
            raise ReaderDied("the reading process ended with -9")
        return await reader(raw, own_addresses=own_addresses)

    return read
