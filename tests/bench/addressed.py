"""How many letters get an address for an envelope, and how many of these addresses are another's, by confidence."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from adapters.post.reading.plan import ScanPlan
from adapters.post.reading.read import read_scan
from adapters.post.reading.settings import PageReaderSettings
from inbox.acknowledge.on_paper import paper_address
from inbox.reading import Reading
from tests.bench.batches import OURS, RECEIVED_ON
from tests.bench.row import Row
from tests.letters.degrade import DAMAGES, degraded
from tests.letters.files import as_tiff
from tests.letters.letter import Letter, held_out, letters
from tests.letters.typeset import typeset

_SEED = 41_000
"""Nothing was chosen by pictures of this seed."""
_BARS = (0.80, 0.82, 0.84, 0.85, 0.86, 0.88, 0.90)
_HOW = (
    "signed letters, whole and with each damage. Right: street or box with number and postcode with city are exactly the "
    "letter's own, and the name has the sender's surname and no word that is not in the sender's block or signature "
    "(capitals, spaces and punctuation aside); without title, first name, department or c/o a postman finds the same "
    "person"
)


@dataclass(frozen=True)
class Told:
    """One letter as it was read."""

    letter: Letter
    damage: str
    reading: Reading


def rows() -> Iterator[Row]:
    """Yield for each bar how many addresses of how many letters are sure, and how many of these are wrong."""
    for whose, of in (("held-out letters", held_out()), ("letters", letters())):
        told = list(read(list(of.values()), _SEED))
        for bar in _BARS:
            addressed = [(one, lines) for one in told if (lines := paper_address(one.reading, bar=bar))]
            wrong = [(one, lines) for one, lines in addressed if not reaches(lines, one.letter)]
            named = "; ".join(f"{one.letter.name} {one.damage}: {', '.join(lines)}" for one, lines in wrong)
            yield Row(f"{whose} surely addressed from {bar:.2f}", len(addressed), len(told), "letters", "", _HOW)
            yield Row(
                f"{whose} wrongly addressed from {bar:.2f}", len(wrong), len(addressed), "letters", "",
                f"{_HOW}; wrong: {named or 'none'}",
            )  # fmt: skip


def read(of: Sequence[Letter], seed: int) -> Iterator[Told]:
    """Yield each letter as it is read, undamaged and with each damage, each with a seed of its own from this one on."""
    asked = [(letter, damage) for letter in of for damage in ("", *DAMAGES)]
    plan = ScanPlan(pages=PageReaderSettings(at_once=1), ours=OURS).as_one()

    def reading_of(number: int) -> Reading:
        letter, damage = asked[number]
        names = (damage,) if damage else ()
        pages = [degraded(page.image, *names, seed=seed + number) for page in typeset(letter)]
        return read_scan(as_tiff(pages), RECEIVED_ON, plan).letters[0]

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as readers:
        for (letter, damage), reading in zip(asked, readers.map(reading_of, range(len(asked))), strict=True):
            yield Told(letter, damage, reading)


def reaches(lines: Sequence[str], letter: Letter) -> bool:
    """Say whether a postman who has only these lines brings an envelope to the letter's sender, and to nobody else."""
    name, street, town = lines
    true_street, true_town = letter.address_lines or ("", "")
    surname = letter.truth.surname or letter.truth.sender_name.rpartition(" ")[2]
    own = {word for line in (*letter.sender, letter.signed) for word in _words(line)}
    return (
        _squeezed(street) == _squeezed(true_street)
        and _squeezed(town) == _squeezed(true_town)
        and (_squeezed(surname) in _squeezed(name) or _squeezed(name) == _squeezed(letter.signed))
        and _is_made_of(_squeezed(name), own)
    )


def _words(line: str) -> list[str]:
    return re.findall(r"[^\W_]+", line.casefold())


def _squeezed(line: str) -> str:
    """Return letters and digits alone, a space only between two numbers."""
    joined = " ".join(_words(line))
    return re.sub(r"(?<!\d) | (?!\d)", "", joined)


def _is_made_of(squeezed: str, words: set[str]) -> bool:
    """Say whether it is a row of these words and nothing else."""
    reached = {0}
    for place in range(len(squeezed)):
        if place in reached:
            reached |= {place + len(word) for word in words if squeezed.startswith(word, place)}
    return len(squeezed) in reached
