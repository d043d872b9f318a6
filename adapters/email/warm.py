"""A process that has loaded everything and forks one reader for each mail: milliseconds instead of a second.

One conversation, as seen from the fork: on `talk` a JSON line with limits and own addresses, then the mail to its end;
back comes the answer to its end. On `watch` the reader's exit status comes as words; when the other side of `watch` is
closed, also by its death, the reader is killed.

    worker ── control ──> nursery ── fork ──> keeper ── fork ──> reader
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable

_CONTROL = 0
"""The nursery's standard input is its control socket: its end is the nursery's."""


def nurse(converse: Callable[[frozenset[str]], None], warm_up: Callable[[], None]) -> None:
    """Fork a reader for each pair of sockets that comes in, until the other side is gone.

    `converse(own_addresses)` reads the mail from standard input and answers on standard output. `warm_up` loads what
    readers need; it must leave no thread behind, since a fork would lose it.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are not waited for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's interrupt is the worker's to handle
    warm_up()
    gc.collect()
    gc.freeze()
    control = socket.socket(fileno=os.dup(_CONTROL))
    while True:
        word, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not word or len(descriptors) != 2:
            return
        talk, watch = descriptors
        if os.fork() == 0:
            control.close()
            os.close(_CONTROL)
            _keep(talk, watch, converse)
        os.close(talk)
        os.close(watch)


def _keep(talk: int, watch: int, converse: Callable[[frozenset[str]], None]) -> None:
    """Fork the reader, kill it when the worker lets go, and say how it ended. Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ended, alive = os.pipe()
    reader = os.fork()
    if reader == 0:
        os.close(ended)
        os.close(watch)
        _read(talk, converse)
    os.close(alive)
    os.close(talk)
    ready, _, _ = select.select([ended, watch], [], [])
    if ended not in ready:
        os.kill(reader, signal.SIGKILL)
    _, status = os.waitpid(reader, 0)
    with contextlib.suppress(OSError):  # nobody may listen any more
        os.write(watch, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _read(talk: int, converse: Callable[[frozenset[str]], None]) -> None:
    """Be the reader: standard input and output are the conversation. Never returns."""
    code = 1
    try:
        os.dup2(talk, 0)
        os.dup2(talk, 1)
        os.close(talk)
        asked = json.loads(sys.stdin.buffer.readline())
        memory_bytes, cpu_seconds = asked["memory_bytes"], asked["cpu_seconds"]
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        converse(frozenset(asked["own_addresses"]))
        sys.stdout.flush()
        code = 0
    finally:
        # Also on a fault: the nursery's own stack must not go on in here.
        os._exit(code)
