"""From a mail that arrives to the acknowledgement that the relay took, beside a bare IDLE that hears of the same mail."""

from __future__ import annotations

import asyncio
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

from imapclient import IMAPClient

from tests.bench.row import Row
from tests.bench.town import BenchTown, bench_town
from tests.mails import mail
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.ports import open_folder

_COUNT = 40
_WARM_UP = 3
_PAUSE_SECONDS = (0.05, 0.6)
_LASTS_AT_MOST_SECONDS = 30.0
_HEARS_WITHIN_SECONDS = 3.0
_LOOKS_SECONDS = 0.005


def rows() -> Iterator[Row]:
    """Yield the median and the 95th percentile."""
    pairs = asyncio.run(_measured())
    ours, bare = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    how = (
        f"{_COUNT} mails by LMTP, one by one; from their delivery to the relay's 250; yardstick: the moment at which a"
        " bare imapclient IDLE on the same mailbox hears of the mail. Kept, read, decided and told lies in between"
    )
    yield Row(
        "mail arrived to acknowledged",
        _ms(statistics.median(ours)),
        _ms(statistics.median(bare)),
        "ms, median",
        "",
        how,
    )
    yield Row("mail arrived to acknowledged", _ms(_p95(ours)), _ms(_p95(bare)), "ms, 95th percentile", "", how)


def _ms(seconds: float) -> float:
    return 1000 * seconds


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def _measured() -> list[tuple[float, float]]:
    with ExitStack() as stack:
        server = Dovecot(stack.enter_context(open_folder("bench-dovecot")))
        stack.callback(server.kill)
        server.start()
        mailbox = Mailbox(server, f"{uuid4().hex}@gemeente.test")
        imap = mailbox.settings(addresses=["info@gemeente.test"]).model_dump(mode="json")
        source = {"id": "info", "mode": "live", "live_from": "2000-01-01T00:00:00Z", "imap": imap}
        ear = stack.enter_context(_Ear(mailbox))
        async with bench_town((source,)) as town:
            for _ in range(_WARM_UP):
                await _one(town, mailbox, ear)
            pairs: list[tuple[float, float]] = []
            while len(pairs) < _COUNT:
                pair = await _one(town, mailbox, ear)
                if pair is not None:
                    pairs.append(pair)
            return pairs


async def _one(town: BenchTown, mailbox: Mailbox, ear: _Ear) -> tuple[float, float] | None:
    """Deliver a mail; return the seconds until it was acknowledged, and until IDLE told of it.

    None when the gateway had taken the mail away before the server told the other one of it.
    """
    await asyncio.sleep(random.uniform(*_PAUSE_SECONDS))
    address = f"{uuid4().hex}@inwoner.test"
    heard = ear.times()
    letter = mail(f"Lantaarn kapot {uuid4().hex}", sender=f"Jan <{address}>")
    started = time.perf_counter()
    await asyncio.to_thread(mailbox.deliver, letter)
    told_at = await _until(lambda: town.relay.taken_at(address))
    try:
        heard_at = await _until(lambda: ear.after(heard), _HEARS_WITHIN_SECONDS)
    except TimeoutError:
        return None
    return told_at - started, heard_at - started


async def _until(asked: Callable[[], float | None], seconds: float = _LASTS_AT_MOST_SECONDS) -> float:
    async with asyncio.timeout(seconds):
        while (answer := await asyncio.to_thread(asked)) is None:  # noqa: ASYNC110  another process tells
            await asyncio.sleep(_LOOKS_SECONDS)
    return answer


class _Ear:
    """A bare IDLE on the mailbox, in a thread of its own; use it with `with`."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._client: IMAPClient = mailbox.server.client(mailbox.user, "INBOX")
        self._heard: list[float] = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> _Ear:
        self._client.idle()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(5)
        self._client.shutdown()

    def times(self) -> int:
        """Return how often it heard of a mail."""
        return len(self._heard)

    def after(self, times: int) -> float | None:
        """Return when it heard of the next one, or None."""
        return self._heard[times] if len(self._heard) > times else None

    def _listen(self) -> None:
        while not self._ends.is_set():
            answers = self._client.idle_check(timeout=1)
            if any(answer[1] == b"EXISTS" for answer in answers if len(answer) > 1):
                self._heard.append(time.perf_counter())
