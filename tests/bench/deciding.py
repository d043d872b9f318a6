"""How the cost of deciding grows with rules, against searching the same words in one expression."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.load import load_configuration
from inbox.reading import Reading
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import decide
from inbox.routing.phrases import normalised
from store.ledger import now
from tests.bench.row import Row, in_turn
from tests.configuration import SMALL_TOWN

_RULES = 500
_TIMES = 20


def rows() -> Iterator[Row]:
    """Yield the row for 500 rules of which none holds."""
    words = [f"onderwerp{number}" for number in range(_RULES)]
    rules = "".join(
        f"  - {{id: r{n}, when: {{words: [{word}*]}}, category: lantaarn}}\n" for n, word in enumerate(words)
    )
    compiled = CompiledConfiguration(load_configuration(SMALL_TOWN.partition("rules:\n")[0] + "rules:\n" + rules), 1)
    text = "Wij hebben een vraag over de nieuwe bestrating in onze straat en over het onderwerp parkeren. " * 20
    reading = Reading(channel=Channel.email, subject="Een vraag", text=text)
    received_at = now()
    each = [re2.compile(f" {word}[^ ]* ") for word in words]

    def ours() -> None:
        for _ in range(_TIMES):
            decide(reading, "bench", Confidentiality.intern, received_at, compiled)

    def bare() -> None:
        for _ in range(_TIMES):
            subject, body = normalised(reading.subject), normalised(text)
            for expression in each:
                _ = expression.search(subject) or expression.search(body)

    mine, yardstick = in_turn(ours, bare)
    yield Row(
        "decide by 500 rules",
        1000 * mine / _TIMES,
        1000 * yardstick / _TIMES,
        "ms per item",
        "<= 3",
        "no rule holds, so that all are tried and explained; yardstick: the same RE2 searches without trace",
    )
