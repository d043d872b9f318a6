"""The corpus, damaged at random: each mail gives a reading or a named error, within time and memory.

A sample here; `make test-long` makes MUTATIONS of them. A failure names the seed, which makes the same mail again.
"""

from __future__ import annotations

import os
import random
import resource
import time

import pytest

from tests.adapters.email.reading.test_any_bytes import CORPUS, FRAGMENTS, assert_readable_or_refused

MUTATIONS = int(os.environ.get("INBOX_TEST_MUTATIONS", "400"))
BATCHES = 8
SECONDS = 4.0
MEMORY_FACTOR = 6
FREE_BYTES = 64 * 1024 * 1024
"""What any reading may take: the models and parsers that stay loaded, and the words of a small mail many times over."""


def mutated(seed: int) -> bytes:
    """Return a mail of the corpus after one to eight accidents."""
    dice = random.Random(seed)
    raw = bytearray(dice.choice(CORPUS)[:50_000])
    for _ in range(dice.randint(1, 8)):
        accident = dice.choice([flipped, cut, repeated, dropped, inserted, grafted, swapped])
        raw = accident(raw, dice)
    return bytes(raw)


def flipped(raw: bytearray, dice: random.Random) -> bytearray:
    for _ in range(dice.randint(1, 20)):
        if raw:
            raw[dice.randrange(len(raw))] = dice.randrange(256)
    return raw


def cut(raw: bytearray, dice: random.Random) -> bytearray:
    return raw[: dice.randint(0, len(raw))]


def repeated(raw: bytearray, dice: random.Random) -> bytearray:
    at, size = dice.randint(0, len(raw)), dice.randint(1, 80)
    return raw[:at] + raw[at : at + size] * dice.randint(2, 200) + raw[at:]


def dropped(raw: bytearray, dice: random.Random) -> bytearray:
    at = dice.randint(0, len(raw))
    return raw[:at] + raw[at + dice.randint(1, 400) :]


def inserted(raw: bytearray, dice: random.Random) -> bytearray:
    at = dice.randint(0, len(raw))
    return raw[:at] + dice.choice(FRAGMENTS) * dice.choice([1, 1, 2, 50]) + raw[at:]


def grafted(raw: bytearray, dice: random.Random) -> bytearray:
    at, other = dice.randint(0, len(raw)), dice.choice(CORPUS)[:50_000]
    return raw[:at] + other[dice.randint(0, len(other)) :] + raw[at:]


def swapped(raw: bytearray, dice: random.Random) -> bytearray:
    lines = raw.split(b"\n")
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return bytearray(b"\n".join(lines))


@pytest.fixture(scope="module")
def warm() -> None:
    """Load what stays loaded, so that no mutation is charged for it."""
    for raw in CORPUS:
        assert_readable_or_refused(raw)


def high_water_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("batch", range(BATCHES))
def test_damaged_mail_gives_a_reading_or_a_named_error(batch: int) -> None:
    for seed in range(batch, MUTATIONS, BATCHES):
        raw = mutated(seed)
        before_bytes, begun = high_water_bytes(), time.process_time()

        assert_readable_or_refused(raw)

        assert time.process_time() - begun < SECONDS, f"seed {seed}"
        assert high_water_bytes() - before_bytes < FREE_BYTES + MEMORY_FACTOR * len(raw), f"seed {seed}"
