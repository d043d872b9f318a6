"""The reading child of the tests: as the real one, save for mails that are made to hurt it.

`python -m tests.workflows.poison_child`, started by `adapters.email.bounded.ChildProcess`.
"""

from __future__ import annotations

import os
import signal
import sys

from adapters.email.bounded import serve
from adapters.email.reading.read import read_mail
from inbox.reading import Reading

KILLS = b"vergif: dood het proces"
EATS = b"vergif: eet geheugen"
NEVER_ENDS = b"vergif: houdt nooit op"
FLOODS = b"vergif: antwoordt zonder einde"


def read(raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
    """Read, in whatever process this is; each mark hurts in its own way."""
    if KILLS in raw:
        os.kill(os.getpid(), signal.SIGKILL)
    if EATS in raw:
        hoard = []
        try:
            while True:
                hoard.append(bytearray(64 << 20))
        except MemoryError:
            os.abort()  # as a library does that was not written to be refused memory
    while NEVER_ENDS in raw:
        pass
    while FLOODS in raw:
        sys.stdout.write("x" * (1 << 20))
    return read_mail(raw, own_addresses=own_addresses)


if __name__ == "__main__":
    serve(read)
