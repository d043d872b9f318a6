"""What a reading process leaves behind: processes of its group, and files in the folder for temporary ones."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path


def readers(parent: int | None = None) -> list[int]:
    """Return the process groups of the readers that a process (by default this one) has started and that still run."""
    parent = parent or os.getpid()
    return [number for number, state, of, _ in processes() if of == parent and state not in "ZX" and _reads(number)]


def is_gone(group: int, seconds: float = 5.0) -> bool:
    """Return whether nobody of the group runs, now or soon."""
    until = time.monotonic() + seconds
    while any(of == group and state not in "ZX" for _, state, _, of in processes()):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def processes() -> Iterator[tuple[int, str, int, int]]:
    """Yield number, state, parent and group of every process."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            said = file.read_text(errors="replace")
        except OSError:
            continue
        state, parent, group = said[said.rindex(")") + 2 :].split()[:3]
        yield int(file.parent.name), state, int(parent), int(group)


def _reads(number: int) -> bool:
    try:
        said = Path(f"/proc/{number}/cmdline").read_text(errors="replace")
    except OSError:
        return False
    return "adapters.post" in said
