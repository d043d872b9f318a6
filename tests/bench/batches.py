"""Whole scan files: whether each batch splits exactly, and how right the fields of its letters are."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

from adapters.post.reading.fields.ours import Ours
from adapters.post.reading.letter import HIGH
from adapters.post.reading.plan import ScanPlan
from adapters.post.reading.read import read_scan
from adapters.post.reading.settings import PageReaderSettings
from inbox.reading import LetterField
from tests.bench.row import Row
from tests.letters.batches import batches
from tests.letters.degrade import degraded
from tests.letters.files import as_tiff
from tests.letters.letter import Letter, letters
from tests.letters.typeset import typeset

_DAMAGES = ("", "skewed", "salt_and_pepper", "gaussian", "fax", "folded")
_SEED = 700
RECEIVED_ON = date(2026, 11, 23)
OURS = Ours(postcodes=frozenset(["4790 AA"]), names=("Gemeente Havendam",), domains=frozenset(["havendam.example"]))


def rows() -> Iterator[Row]:
    """Yield how many batches split exactly; then precision and recall of each field; then what high confidence is worth."""
    tally = _Tally()
    exact, count = 0, 0
    for batch in batches():
        plan = ScanPlan(marks=batch.marks, split_at=batch.split_at, is_duplex=batch.is_duplex, ours=OURS)
        read = read_scan(as_tiff(list(batch.images())), RECEIVED_ON, plan)
        count += 1
        if read.split.letters == batch.letters:
            exact += 1
            for name, reading in zip(batch.names, read.letters, strict=True):
                tally.count(letters()[name], reading.fields)
    how = "batches of the test letters, on sheets with bars, QR codes, empty sheets, fed any way round, damaged"
    yield Row("batches split exactly", exact, count, "batches", ">= 1", how)
    _count_single_letters(tally)
    yield from tally.rows()


def _count_single_letters(tally: _Tally) -> None:
    asked = [(letter, damage) for damage in _DAMAGES for letter in letters().values()]
    plan = ScanPlan(pages=PageReaderSettings(at_once=1), ours=OURS)

    def fields_of(number: int) -> tuple[LetterField, ...]:
        letter, damage = asked[number]
        names = (damage,) if damage else ()
        pages = [degraded(page.image, *names, seed=_SEED + number) for page in typeset(letter)]
        return read_scan(as_tiff(pages), RECEIVED_ON, plan.as_one()).letters[0].fields

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as readers:
        for (letter, _), fields in zip(asked, readers.map(fields_of, range(len(asked))), strict=True):
            tally.count(letter, fields)


@dataclass
class _Tally:
    """Counts of values by field, over letters."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    high_right: int = 0
    high: int = 0
    letters: int = 0
    mistakes: list[str] = field(default_factory=list)
    """Of high confidence."""

    def count(self, letter: Letter, fields: Iterable[LetterField]) -> None:
        truth = _truth(letter)
        read = {(one.name, one.value): one.confidence for one in fields if one.value and one.name in _NAMES}
        self.letters += 1
        for (name, value), confidence in read.items():
            is_right = value in truth[name]
            (self.right if is_right else self.wrong)[name] += 1
            if confidence >= HIGH:
                self.high += 1
                self.high_right += is_right
                if not is_right:
                    self.mistakes.append(f"{letter.name}: {name} {value!r} {confidence}")
        for name, values in truth.items():
            self.missed[name] += bool(values) and not any((name, value) in read for value in values)

    def rows(self) -> Iterator[Row]:
        how = f"{self.letters} letters as they were read, in four layouts, whole and damaged"
        for name in _NAMES:
            right = self.right[name]
            values = f"% of {right + self.missed[name]}"
            precision = 100 * right / max(1, right + self.wrong[name])
            recall = 100 * right / max(1, right + self.missed[name])
            yield Row(f"field {name}, precision", precision, 100, f"% of {right + self.wrong[name]}", "", how)
            yield Row(f"field {name}, recall", recall, 100, values, "", how)
        share = 100 * self.high_right / max(1, self.high)
        wrong = f"{how}; wrong: {'; '.join(self.mistakes) or 'none'}"
        yield Row(f"fields of confidence {HIGH} or more, right", share, 100, f"% of {self.high}", ">= 0.98", wrong)


_NAMES = (
    "sender_name", "postcode", "house_number", "written_on", "subject", "our_reference", "their_reference", "email",
    "phone", "iban", "kvk",
)  # fmt: skip


def _truth(letter: Letter) -> dict[str, set[str]]:
    """Return the values by field that are right; none where the letter says nothing."""
    truth = letter.truth
    said = {
        # With or without a title in front, and as it stands above the address or below the letter.
        "sender_name": {truth.sender_name, letter.sender[0], letter.signed},
        "postcode": {truth.postcode},
        "house_number": {_number(truth.house_number)},
        "written_on": {truth.written_on},
        "subject": {truth.subject},
        "our_reference": {truth.your_reference},
        "their_reference": {truth.our_reference},
        "email": {truth.email},
        "phone": {_international(truth.phone)},
        "iban": {truth.iban},
        "kvk": {truth.kvk},
    }
    return {name: values - {""} for name, values in said.items()}


def _number(written: str) -> str:
    """Return a house number without its addition or its range's end: those are a field of their own."""
    found = re.match(r"\d+", written)
    return found[0] if found else ""


def _international(phone: str) -> str:
    digits = "".join(sign for sign in phone if sign.isdigit())
    return f"+31{digits[1:]}" if digits else ""
